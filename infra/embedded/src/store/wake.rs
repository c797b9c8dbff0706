//! Wakes whoever sleeps until the next timer, when an earlier one is written.

use std::sync::atomic::{AtomicI64, Ordering};

use journey::Lane;
use tokio::sync::Notify;

/// One alarm for each lane.
#[derive(Default)]
pub(crate) struct Alarms {
    touchpoint: Alarm,
    meter: Alarm,
}

impl Alarms {
    pub(crate) fn of(&self, lane: Lane) -> &Alarm {
        match lane {
            Lane::Touchpoint => &self.touchpoint,
            Lane::Meter => &self.meter,
        }
    }
}

/// What a lane's sleeper sleeps for.
pub(crate) struct Alarm {
    notify: Notify,
    /// Milliseconds since 1970. The end of time while nobody sleeps: then every write rings, and a
    /// sleeper that looked just before it does not miss it.
    asleep_until: AtomicI64,
}

impl Default for Alarm {
    fn default() -> Self {
        Alarm {
            notify: Notify::new(),
            asleep_until: AtomicI64::new(i64::MAX),
        }
    }
}

impl Alarm {
    /// Says that the sleeper is about to look for what is due.
    pub(crate) fn about_to_look(&self) {
        self.asleep_until.store(i64::MAX, Ordering::SeqCst);
    }

    /// Says for what the sleeper will sleep, having looked.
    pub(crate) fn sleep_for(&self, due_ms: i64) {
        self.asleep_until.store(due_ms, Ordering::SeqCst);
    }

    /// Rings if this is earlier than what the sleeper sleeps for.
    pub(crate) fn written(&self, due_ms: i64) {
        if due_ms < self.asleep_until.load(Ordering::SeqCst) {
            self.notify.notify_one();
        }
    }

    /// Returns at the next ring, or at once if it rang since the last call.
    pub(crate) async fn rung(&self) {
        self.notify.notified().await;
    }
}
