//! Customers who click, at a steady rate over many connections, with everything that goes wrong on the way.

use std::collections::VecDeque;
use std::net::SocketAddr;
use std::sync::atomic::{AtomicBool, AtomicU32, AtomicU64, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use anyhow::{bail, ensure};
use hdrhistogram::Histogram;
use tokio::task::JoinSet;

use crate::book::Book;
use crate::load::{HEADER, SECRET, Wire};
use crate::world::lock;

/// Customers who begin in a second, whatever the rate: each leads to several messages, which would fill the disk.
/// At a higher rate each of them clicks more.
pub(crate) const ARRIVALS: f64 = 40.0;

/// Customers in the middle of their session, on each connection.
const AT_ONCE: usize = 16;

/// When those who come back come back, in real time: after the second reminder.
const BACK_AFTER: Duration = Duration::from_secs(270);

/// How long a connection waits for a program that is not there.
const TRY_AGAIN: Duration = Duration::from_millis(20);

/// What all connections share.
pub(crate) struct Load {
    pub(crate) address: SocketAddr,
    pub(crate) connections: u32,
    /// Webhooks a second, all connections together.
    pub(crate) rate: f64,
    pub(crate) book: Book,
    pub(crate) tally: Arc<Tally>,
}

/// What came of it so far.
pub(crate) struct Tally {
    pub(crate) next_customer: AtomicU32,
    pub(crate) over: AtomicBool,
    pub(crate) accepted: AtomicU64,
    pub(crate) doubled: AtomicU64,
    pub(crate) malformed: AtomicU64,
    pub(crate) unauthorized: AtomicU64,
    /// Deliveries that got no answer, or 503, and were made again.
    pub(crate) again: AtomicU64,
    /// How long answers took since the last look, in microseconds.
    took: Mutex<Histogram<u64>>,
}

impl Tally {
    pub(crate) fn new() -> anyhow::Result<Self> {
        Ok(Tally {
            next_customer: AtomicU32::new(0),
            over: AtomicBool::new(false),
            accepted: AtomicU64::new(0),
            doubled: AtomicU64::new(0),
            malformed: AtomicU64::new(0),
            unauthorized: AtomicU64::new(0),
            again: AtomicU64::new(0),
            took: Mutex::new(Histogram::new(3)?),
        })
    }

    /// The times since the last look.
    pub(crate) fn take_times(&self) -> anyhow::Result<Histogram<u64>> {
        Ok(std::mem::replace(&mut *lock(&self.took), Histogram::new(3)?))
    }
}

/// How a customer's session ends. One in ten each, by number.
#[derive(Clone, Copy, PartialEq, Eq)]
enum End {
    /// Finishes, and the webhook says so.
    Finishes,
    /// Finishes, and no webhook ever tells.
    FinishesUnheard,
    /// Fails at the login, and is not seen again.
    Fails,
    /// Stops at the login, and finishes in another session.
    ComesBack,
    /// Stops at the login.
    Stops,
}

impl End {
    fn of(customer: u32) -> Self {
        match customer % 10 {
            0 | 1 => End::Finishes,
            2 => End::FinishesUnheard,
            3..=5 => End::Fails,
            6 | 7 => End::ComesBack,
            _ => End::Stops,
        }
    }
}

/// A customer's session: so many webhooks, and how far they have come.
struct Session {
    customer: u32,
    /// The second session's webhooks have other identifiers.
    second: bool,
    steps: u32,
    done: u32,
}

const CREATED: (&str, &str) = ("connect_session.updated", r#""status":"CREATED""#);
const UPDATED: (&str, &str) = ("connect_session.updated", r#""status":"UPDATED""#);
const COMPLETED: (&str, &str) = ("connect_session.updated", r#""status":"COMPLETED""#);
const INITIATED: (&str, &str) = (
    "connect_session.authorization_updated",
    r#""utility_name":"PGE","status":"INITIATED""#,
);
const FAILED: (&str, &str) = (
    "connect_session.authorization_updated",
    r#""utility_name":"PGE","status":"FAILED""#,
);

impl Session {
    /// The next webhook: its place in the session, and what it says; the book hears of it first. None when it is lost.
    fn next(&mut self, book: &Book) -> Option<(u32, (&'static str, &'static str))> {
        let (customer, last) = (self.customer, self.steps - 1);
        // Of one customer in seven, the first two come in the wrong order, and so do the last two.
        let swapped = customer % 7 == 0 && !self.second && self.steps >= 4;
        let step = match self.done {
            0 if swapped => 1,
            1 if swapped => 0,
            n if swapped && n == last => last - 1,
            n if swapped && n == last - 1 => last,
            n => n,
        };
        self.done += 1;
        book.starts(customer);
        let end = if self.second { End::Finishes } else { End::of(customer) };
        let says = match step {
            0 => CREATED,
            n if n == last => match end {
                End::Finishes => {
                    book.finishes(customer);
                    COMPLETED
                }
                End::FinishesUnheard => {
                    book.finishes(customer);
                    return None;
                }
                End::Fails => {
                    book.tries(customer, true);
                    FAILED
                }
                End::ComesBack | End::Stops => UPDATED,
            },
            n if n == last - 1 => {
                book.tries(customer, false);
                INITIATED
            }
            _ => UPDATED,
        };
        Some((step + if self.second { 1_000_000 } else { 0 }, says))
    }

    fn is_over(&self) -> bool {
        self.done >= self.steps
    }
}

/// Delivers until the tally says that it is over.
pub(crate) async fn deliver(load: Arc<Load>) -> anyhow::Result<()> {
    let mut connections = JoinSet::new();
    for number in 0..load.connections {
        connections.spawn(Connection::run(Arc::clone(&load), number));
    }
    while let Some(ended) = connections.join_next().await {
        ended??;
    }
    Ok(())
}

struct Connection {
    load: Arc<Load>,
    wire: Wire,
    sessions: VecDeque<Session>,
    /// Who comes back, and when.
    back: VecDeque<(Instant, u32)>,
    steps: u32,
}

impl Connection {
    async fn run(load: Arc<Load>, number: u32) -> anyhow::Result<()> {
        let wire = Wire::connect(load.address).await?;
        // Some return, and some deliveries are made twice or are no webhooks at all.
        let steps = (load.rate / ARRIVALS * 0.9).round().max(4.0) as u32;
        let mut connection = Connection {
            wire,
            sessions: VecDeque::new(),
            back: VecDeque::new(),
            steps,
            load,
        };
        // The first ones are somewhere in their sessions, so that not all of them end together.
        for place in 0..AT_ONCE {
            let spread = number as usize + place * connection.load.connections as usize;
            let all = AT_ONCE * connection.load.connections as usize;
            let steps = (steps as usize * (spread + 1) / all).max(4) as u32;
            connection.begin(steps);
        }
        connection.clicks().await
    }

    fn begin(&mut self, steps: u32) {
        self.sessions.push_back(Session {
            customer: self.load.tally.next_customer.fetch_add(1, Ordering::Relaxed),
            second: false,
            steps,
            done: 0,
        });
    }

    async fn clicks(&mut self) -> anyhow::Result<()> {
        let pause = Duration::from_secs_f64(f64::from(self.load.connections) / self.load.rate);
        let mut due = Instant::now();
        loop {
            // Who has begun goes to the end of the session, so that it is known what must become of them.
            let over = self.load.tally.over.load(Ordering::Relaxed);
            if self.back.front().is_some_and(|(at, _)| *at <= Instant::now() && !over)
                && let Some((_, customer)) = self.back.pop_front()
            {
                self.sessions.push_back(Session {
                    customer,
                    second: true,
                    steps: 4,
                    done: 0,
                });
            }
            let Some(mut session) = self.sessions.pop_front() else {
                return Ok(());
            };
            due += pause;
            if let Some(early) = due.checked_duration_since(Instant::now()) {
                tokio::time::sleep(early).await;
            } else if due.elapsed() > Duration::from_secs(1) {
                // After an outage the rate is the same as before: nobody has waited to click.
                due = Instant::now();
            }
            if over {
                session.steps = session.steps.min(session.done + 2).max(session.done + 1);
            }
            if let Some((step, says)) = session.next(&self.load.book) {
                due += pause * self.webhook(session.customer, step, says).await?;
            }
            if !session.is_over() {
                self.sessions.push_back(session);
            } else if !over {
                if !session.second && End::of(session.customer) == End::ComesBack {
                    self.back.push_back((Instant::now() + BACK_AFTER, session.customer));
                }
                if !session.second {
                    self.begin(self.steps);
                }
            }
        }
    }

    /// Delivers one webhook until it is acknowledged; some twice, some with a forgery or some rubbish before it.
    /// Answers how many deliveries there were beyond one.
    async fn webhook(&mut self, customer: u32, step: u32, (kind, rest): (&str, &str)) -> anyhow::Result<u32> {
        let body = format!(
            r#"{{"webhook_event_id":"{customer:08x}-2656-42bc-822c-{step:012x}","payload":{{"webhook_event_type":"{kind}","partner_reference":"site-ca-{customer:08}",{rest}}}}}"#,
        );
        let tally = Arc::clone(&self.load.tally);
        let draw = customer.wrapping_mul(31).wrapping_add(step.wrapping_mul(7)) % 64;
        let mut beyond = 0;
        match draw {
            1 => {
                let torn = body.get(..body.len() / 2).unwrap_or_default();
                let status = self.exchange(&request(SECRET, torn)).await?;
                ensure!(status == 400, "half a webhook was answered {status}");
                tally.malformed.fetch_add(1, Ordering::Relaxed);
                beyond += 1;
            }
            2 => {
                let status = self.exchange(&request("a-wrong-invented-secret", &body)).await?;
                ensure!(status == 401, "a wrong secret was answered {status}");
                tally.unauthorized.fetch_add(1, Ordering::Relaxed);
                beyond += 1;
            }
            _ => {}
        }
        let whole = request(SECRET, &body);
        let times = if matches!(draw, 3 | 4) { 2 } else { 1 };
        for time in 0..times {
            let status = self.exchange(&whole).await?;
            ensure!(status == 200, "a webhook was answered {status}");
            tally.accepted.fetch_add(1, Ordering::Relaxed);
            if time > 0 {
                tally.doubled.fetch_add(1, Ordering::Relaxed);
                beyond += 1;
            } else {
                self.load.book.acknowledged(customer, rest == COMPLETED.1);
            }
        }
        Ok(beyond)
    }

    /// Sends until there is an answer other than 503, as the provider would.
    async fn exchange(&mut self, request: &str) -> anyhow::Result<u16> {
        let began = Instant::now();
        loop {
            let sent = Instant::now();
            match self.wire.exchange(request.as_bytes()).await {
                Ok(status) if status != 503 => {
                    let micros = u64::try_from(sent.elapsed().as_micros())?;
                    lock(&self.load.tally.took).record(micros)?;
                    return Ok(status);
                }
                Ok(_) | Err(_) => {}
            }
            self.load.tally.again.fetch_add(1, Ordering::Relaxed);
            loop {
                if began.elapsed() > Duration::from_secs(60) {
                    bail!("the program was away for a minute");
                }
                tokio::time::sleep(TRY_AGAIN).await;
                if let Ok(wire) = Wire::connect(self.load.address).await {
                    self.wire = wire;
                    break;
                }
            }
        }
    }
}

fn request(secret: &str, body: &str) -> String {
    format!(
        "POST /webhooks/leap HTTP/1.1\r\nhost: localhost\r\n{HEADER}: {secret}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(customer: u32, steps: u32) -> Vec<Option<(u32, &'static str)>> {
        let mut session = Session {
            customer,
            second: false,
            steps,
            done: 0,
        };
        let book = Book::default();
        let mut said = Vec::new();
        while !session.is_over() {
            said.push(session.next(&book).map(|(step, (_, rest))| (step, rest)));
        }
        said
    }

    #[test]
    fn each_step_is_told_once_in_whatever_order() {
        for customer in 0..70 {
            let lost = usize::from(End::of(customer) == End::FinishesUnheard);
            let mut steps: Vec<u32> = told(customer, 6).into_iter().flatten().map(|(step, _)| step).collect();
            steps.sort_unstable();
            assert_eq!(steps, (0..6 - lost as u32).collect::<Vec<_>>(), "customer {customer}");
        }
    }

    #[test]
    fn one_in_seven_is_told_in_the_wrong_order() {
        let told = told(70, 4);
        assert_eq!(told[0].map(|(_, rest)| rest), Some(UPDATED.1));
        assert_eq!(told[1].map(|(_, rest)| rest), Some(CREATED.1));
        assert_eq!(told[2].map(|(_, rest)| rest), Some(COMPLETED.1));
        assert_eq!(told[3].map(|(_, rest)| rest), Some(INITIATED.1));
    }
}
