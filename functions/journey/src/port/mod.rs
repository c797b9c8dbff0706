//! The ports: what the use cases need of the world. One small trait each, mirrored by one IAM statement.
//!
//! Architecture invariant: a function takes only the ports it uses, and errors say what the caller
//! can do, never which service spoke.

mod announcements;
mod campaigns;
mod contacts;
mod enrollment;
mod fallbacks;
mod journeys;
mod messages;
mod providers;

pub use announcements::{Announce, Announcement, CountOnce, DailyCount, ReadDailyCounts};
pub use campaigns::{CampaignVersion, KeepCampaign, LoadCampaign, PushedCampaign};
pub use contacts::{
    ContactPage, FindContact, KeepContact, ListContacts, PageError, Precondition, PutError, Suppress, SuppressAddress,
};
pub use enrollment::{Enroll, EnrollError, KeepAcceptance, OpenAccount, ReadAcceptances, Refusal, ResetEnrollment};
pub use fallbacks::{
    EraseFallback, HandOverBill, HandOverError, KeepFallback, PassOnFallback, TakeUpload, UploadForm, Uploaded,
};
pub use journeys::{
    ArmTimer, Commit, CommitError, CommitJourney, FindDue, FireTimer, InboxClaim, LoadJourney, ReadVisits, Versioned,
};
pub use messages::{AnswerText, Email, LookUpSend, MessageLabel, Push, SendEmail, SendPush, SendText, Text};
pub use providers::{
    ChangeFilter, ChangePage, FreshLink, KeepWatermark, ProviderError, ReadChanges, ReadNewest, ReadStatus, Resume,
    SearchMeters, Watermark,
};

pub use jiff::Timestamp;
pub use jiff::civil::Date;

/// The time of the program, possibly faster than the machine's.
pub trait Clock: Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// A store that could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Overloaded or out of reach: try again.
    #[error("the store is busy or out of reach")]
    Unavailable(#[source] Box<dyn core::error::Error + Send + Sync>),
    /// A record that cannot be read: kept as it is, for an operator.
    #[error("a stored record cannot be read")]
    Corrupt(#[source] Box<dyn core::error::Error + Send + Sync>),
}

/// What a measured value is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

/// Counts and measures for operators.
///
/// Names, labels and their values are fixed words: no personal data, no unbounded sets.
pub trait Count: Sync {
    /// Adds to a counter.
    fn count(&self, counter: &'static str, by: u64);

    /// Adds to a counter, and says more closely what was counted: `(label, value)`.
    ///
    /// An adapter that keeps plain totals leaves the labels out.
    fn count_labelled(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
        let _ = labels;
        self.count(counter, by);
    }

    /// Records one value of a distribution. An adapter that keeps plain totals counts how many there were.
    fn measure(&self, metric: &'static str, unit: Unit, value: f64) {
        let _ = (unit, value);
        self.count(metric, 1);
    }
}

impl<T: Count + Send> Count for std::sync::Arc<T> {
    fn count(&self, counter: &'static str, by: u64) {
        (**self).count(counter, by);
    }

    fn count_labelled(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
        (**self).count_labelled(counter, labels, by);
    }

    fn measure(&self, metric: &'static str, unit: Unit, value: f64) {
        (**self).measure(metric, unit, value);
    }
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;

    /// Plain totals, and no more.
    #[derive(Default)]
    struct Totals(Mutex<Vec<(&'static str, u64)>>);

    impl Count for Totals {
        fn count(&self, counter: &'static str, by: u64) {
            self.0.lock().unwrap().push((counter, by));
        }
    }

    /// All that is said, and nothing else.
    #[derive(Default)]
    struct Words(Mutex<Vec<String>>);

    impl Count for Words {
        fn count(&self, counter: &'static str, by: u64) {
            self.0.lock().unwrap().push(format!("{counter} {by}"));
        }

        fn count_labelled(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
            self.0.lock().unwrap().push(format!("{counter} {labels:?} {by}"));
        }

        fn measure(&self, metric: &'static str, unit: Unit, value: f64) {
            self.0.lock().unwrap().push(format!("{metric} {value} {unit:?}"));
        }
    }

    fn say_each(to: &impl Count) {
        to.count("webhook.accepted", 2);
        to.count_labelled("touch.sent", &[("channel", "sms")], 3);
        to.measure("send.status_age_ms", Unit::Milliseconds, 7.5);
    }

    #[test]
    fn who_keeps_totals_alone_counts_what_is_labelled_and_measured() {
        let totals = Totals::default();
        say_each(&totals);
        assert_eq!(
            *totals.0.lock().unwrap(),
            [("webhook.accepted", 2), ("touch.sent", 3), ("send.status_age_ms", 1)]
        );
    }

    #[test]
    fn a_shared_counter_passes_everything_on() {
        let words = Arc::new(Words::default());
        say_each(&words);
        assert_eq!(
            *words.0.lock().unwrap(),
            [
                "webhook.accepted 2",
                "touch.sent [(\"channel\", \"sms\")] 3",
                "send.status_age_ms 7.5 Milliseconds"
            ]
        );
    }
}
