//! Leap's stand-in, with a clock that leaps over what would take hours.

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, Ordering};
use std::time::{Duration, SystemTime, UNIX_EPOCH};

use jiff::{SignedDuration, Timestamp};
use sandbox::{Clock, Customer, Habit, Population, Sandbox, SandboxConfig};

/// The stack's key at Leap.
pub const API_KEY: &str = "an-invented-key-of-the-stack";

/// The story begins so long ago: what customers do at first is over by now, and yet so young that each
/// reconciliation, which reads an hour again, still sees it.
const BEGAN_AGO: SignedDuration = SignedDuration::from_mins(40);

/// A clock that stands still but for its leaps. At first it is behind the machine's, later ahead of it.
#[derive(Clone, Debug)]
pub struct LeapingClock(Arc<AtomicI64>);

impl LeapingClock {
    fn leap_to(&self, moment: Timestamp) {
        self.0.fetch_max(moment.as_millisecond(), Ordering::SeqCst);
    }
}

impl Clock for LeapingClock {
    fn now(&self) -> Timestamp {
        Timestamp::from_millisecond(self.0.load(Ordering::SeqCst)).unwrap()
    }
}

/// The machine's time.
#[must_use]
pub fn machine_now() -> Timestamp {
    let since_1970 = SystemTime::now().duration_since(UNIX_EPOCH).unwrap();
    Timestamp::from_millisecond(i64::try_from(since_1970.as_millis()).unwrap()).unwrap()
}

/// Leap, and the customers who connect there.
pub struct Leap {
    /// The stand-in.
    pub sandbox: Sandbox,
    /// The customers.
    pub population: Population,
    clock: LeapingClock,
}

impl Leap {
    /// Starts it; nobody has arrived yet.
    pub async fn start() -> Self {
        let began = machine_now().checked_sub(BEGAN_AGO).unwrap();
        let clock = LeapingClock(Arc::new(AtomicI64::new(began.as_millisecond())));
        let sandbox = Sandbox::start(SandboxConfig::new(11, API_KEY), Arc::new(clock.clone()))
            .await
            .unwrap();
        let population = Population::generate(11, 120, began, SignedDuration::from_mins(1), sandbox.base_url());
        Leap {
            sandbox,
            population,
            clock,
        }
    }

    /// The customers of a habit, in the order of their numbers; none of those who opted out.
    pub fn of_habit(&self, habit: Habit) -> impl Iterator<Item = &Customer> {
        let all = self.population.customers().iter();
        all.filter(move |customer| customer.habit == habit && !customer.opted_out)
    }

    /// Tells the story until nothing more happens for `span` of its own time.
    pub async fn tell(&self, span: SignedDuration) {
        let end = self.clock.now().checked_add(span).unwrap();
        loop {
            self.sandbox.settle().await;
            match self.sandbox.next_action_at() {
                Some(next) if next <= end => self.clock.leap_to(next),
                Some(_) | None => break,
            }
            // Deliveries are answered in real time.
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
        self.clock.leap_to(end);
    }
}
