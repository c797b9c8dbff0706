//! What invented customers really did, and when, by the program's own time: what a run is judged by.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::{Arc, Mutex, MutexGuard, OnceLock};
use std::time::Instant;

use anyhow::{Context, ensure};
use jiff::{SignedDuration, Timestamp};
use serde_json::Value;

use crate::load::Wire;
use crate::world::lock;

/// The program's time, as read once, and counted on from there.
#[derive(Clone, Copy)]
pub(crate) struct Told {
    at: Timestamp,
    read: Instant,
    speed: u32,
}

impl Told {
    /// Asks the program for its time.
    pub(crate) async fn read(address: SocketAddr, speed: u32) -> anyhow::Result<Self> {
        let (status, body) = Wire::connect(address).await?.get("/healthz").await?;
        ensure!(status == 200, "the program's health was answered {status}");
        let now = serde_json::from_slice::<Value>(&body)?;
        let at = time(now.get("now"))?;
        Ok(Told {
            at,
            read: Instant::now(),
            speed,
        })
    }

    /// The program's time now.
    pub(crate) fn now(self) -> Timestamp {
        let real = SignedDuration::try_from(self.read.elapsed()).unwrap_or(SignedDuration::MAX);
        let passed = real.checked_mul(i32::try_from(self.speed).unwrap_or(i32::MAX));
        self.at
            .saturating_add(passed.unwrap_or(SignedDuration::MAX))
            .unwrap_or(self.at)
    }
}

/// Reads a time out of JSON.
pub(crate) fn time(value: Option<&Value>) -> anyhow::Result<Timestamp> {
    value
        .and_then(Value::as_str)
        .and_then(|text| text.parse().ok())
        .context("a time is missing")
}

/// One customer.
#[derive(Clone, Copy, Default)]
pub(crate) struct Customer {
    /// When they first opened their link.
    pub(crate) started: Option<Timestamp>,
    /// When they last tried to log in at the utility.
    pub(crate) tried: Option<Timestamp>,
    /// Whether that failed.
    pub(crate) failed: bool,
    /// When they finished.
    pub(crate) finished: Option<Timestamp>,
    /// When the program had acknowledged the webhook that says so.
    pub(crate) told: Option<Timestamp>,
    /// When the last webhook of theirs was acknowledged.
    pub(crate) seen: Option<Timestamp>,
}

/// All customers by number, and the provider's two indexes.
#[derive(Clone, Default)]
pub(crate) struct Book(Arc<Shared>);

#[derive(Default)]
struct Shared {
    clock: OnceLock<Told>,
    pages: Mutex<Pages>,
}

/// The inside of the book.
#[derive(Default)]
pub(crate) struct Pages {
    pub(crate) customers: Vec<Customer>,
    /// Who started, in order of time.
    pub(crate) starts: VecDeque<(Timestamp, u32)>,
    /// Who tried a utility, in order of time.
    pub(crate) tries: VecDeque<(Timestamp, u32)>,
}

impl Book {
    /// From now on, times are known.
    pub(crate) fn begin(&self, clock: Told) {
        // A second beginning changes nothing: the program's clock goes on over a restart.
        let _ = self.0.clock.set(clock);
    }

    /// The program's time; the beginning of time before it is known.
    pub(crate) fn now(&self) -> Timestamp {
        self.0.clock.get().map_or(Timestamp::UNIX_EPOCH, |clock| clock.now())
    }

    pub(crate) fn pages(&self) -> MutexGuard<'_, Pages> {
        lock(&self.0.pages)
    }

    /// A customer opens the link.
    pub(crate) fn starts(&self, number: u32) {
        let now = self.now();
        let mut pages = self.pages();
        let customer = pages.customer(number);
        if customer.started.is_none() {
            customer.started = Some(now);
            pages.starts.push_back((now, number));
        }
    }

    /// A customer tries to log in, and fails or not.
    pub(crate) fn tries(&self, number: u32, failed: bool) {
        let now = self.now();
        let mut pages = self.pages();
        let customer = pages.customer(number);
        (customer.tried, customer.failed) = (Some(now), failed);
        pages.tries.push_back((now, number));
    }

    /// A customer finishes.
    pub(crate) fn finishes(&self, number: u32) {
        let now = self.now();
        let mut pages = self.pages();
        let customer = pages.customer(number);
        (customer.tried, customer.failed) = (Some(now), false);
        customer.finished = customer.finished.or(Some(now));
        pages.tries.push_back((now, number));
    }

    /// The program has acknowledged a webhook of a customer.
    pub(crate) fn acknowledged(&self, number: u32, says_finished: bool) {
        let now = self.now();
        let mut pages = self.pages();
        let customer = pages.customer(number);
        customer.seen = Some(now);
        if says_finished {
            customer.told = customer.told.or(Some(now));
        }
    }
}

impl Pages {
    /// A customer's line, made when it is first asked for.
    pub(crate) fn customer(&mut self, number: u32) -> &mut Customer {
        let place = number as usize;
        if self.customers.len() <= place {
            self.customers.resize(place + 1, Customer::default());
        }
        #[allow(clippy::indexing_slicing, reason = "made a line above")]
        &mut self.customers[place]
    }
}
