//! The client against a server that records what it is asked and answers what the test says.

mod failures;
mod fixtures;
mod line;
mod meters;
mod paging;
mod stub;
mod webhooks;

use core::num::NonZeroU32;
use core::time::Duration;
use std::sync::{Arc, Mutex};

use jiff::Timestamp;
use journey::Reference;
use journey::port::Clock;
use url::Url;

use self::stub::Stub;
use super::{LeapClient, LeapConfig};
use crate::Secret;

/// An invented key, of the shape that Leap's examples have.
const KEY: &str = "AbCdEfGh01234567:an-invented-key";
const NOW: &str = "2026-07-02T12:00:00Z";

struct Hand(Mutex<Timestamp>);

impl Hand {
    fn at(text: &str) -> Arc<Self> {
        Arc::new(Hand(Mutex::new(time(text))))
    }

    fn set(&self, text: &str) {
        *self.0.lock().unwrap() = time(text);
    }
}

impl Clock for Hand {
    fn now(&self) -> Timestamp {
        *self.0.lock().unwrap()
    }
}

fn time(text: &str) -> Timestamp {
    text.parse().unwrap()
}

fn reference(text: &str) -> Reference {
    Reference::new(text).unwrap()
}

/// Settings that lose no time: attempts follow each other at once.
fn config(stub: &Stub) -> LeapConfig {
    let base = Url::parse(&stub.base_url).unwrap();
    let mut config = LeapConfig::new(base, Secret::new(KEY), NonZeroU32::new(6000).unwrap());
    config.backoff = Duration::from_millis(1);
    config
}

fn client(config: LeapConfig) -> LeapClient {
    LeapClient::new(config, Hand::at(NOW)).unwrap()
}

macro_rules! fixture {
    ($name:literal) => {
        include_str!(concat!("../../../../../tests/fixtures/leap/", $name, ".json"))
    };
}
use fixture;
