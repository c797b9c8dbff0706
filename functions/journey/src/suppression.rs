//! Why an inbox must not be written to: each reason stands for itself, and goes by its own way alone.

use std::collections::BTreeMap;

use jiff::Timestamp;
use serde::{Deserialize, Serialize};

/// Why an inbox is closed.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum SuppressedFor {
    /// The person opted out, on our pages or with the partner. The person may take it back.
    OptOut,
    /// The address does not exist, or refuses mail for good.
    Bounce,
    /// Somebody called a message spam.
    Complaint,
    /// The number answered STOP to us: it ends every channel. START from the number takes it back.
    Stop,
    /// The number is on the list of opt-outs that the sender of texts keeps.
    SenderList,
}

impl SuppressedFor {
    /// Every reason.
    pub const ALL: [SuppressedFor; 5] = [
        SuppressedFor::OptOut,
        SuppressedFor::Bounce,
        SuppressedFor::Complaint,
        SuppressedFor::Stop,
        SuppressedFor::SenderList,
    ];

    /// The word that explanations and records use.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            SuppressedFor::OptOut => "opt_out",
            SuppressedFor::Bounce => "bounce",
            SuppressedFor::Complaint => "complaint",
            SuppressedFor::Stop => "stop",
            SuppressedFor::SenderList => "sender_list",
        }
    }
}

/// What closes an inbox, and since when; nothing, when it is open. It never expires.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(from = "Written")]
pub struct Suppression(BTreeMap<SuppressedFor, Timestamp>);

impl Suppression {
    /// Is the inbox open?
    #[must_use]
    pub fn is_open(&self) -> bool {
        self.0.is_empty()
    }

    /// Since when it is closed for this reason.
    #[must_use]
    pub fn since(&self, why: SuppressedFor) -> Option<Timestamp> {
        self.0.get(&why).copied()
    }

    /// Is it closed for a reason that the person's own opting in does not take back?
    #[must_use]
    pub fn is_closed_by_others(&self) -> bool {
        self.0.keys().any(|why| *why != SuppressedFor::OptOut)
    }

    /// Closes it for one more reason. Answers whether that is news.
    ///
    /// The first time counts; of a STOP the last, because a START takes back only what was said before it.
    pub fn close(&mut self, why: SuppressedFor, at: Timestamp) -> bool {
        let since = self.since(why);
        let is_news = since.is_none_or(|since| why == SuppressedFor::Stop && since < at);
        if is_news {
            self.0.insert(why, at);
        }
        is_news
    }

    /// Takes one reason back; the others stay. Answers whether that is news.
    pub fn lift(&mut self, why: SuppressedFor) -> bool {
        self.0.remove(&why).is_some()
    }

    /// Takes one reason back if it was given before `at`; the others stay. Answers whether that is news.
    pub fn lift_earlier(&mut self, why: SuppressedFor, at: Timestamp) -> bool {
        self.since(why).is_some_and(|since| since < at) && self.lift(why)
    }

    /// Every reason, with its time.
    pub fn reasons(&self) -> impl Iterator<Item = (SuppressedFor, Timestamp)> {
        self.0.iter().map(|(why, since)| (*why, *since))
    }
}

/// The forms in which it is stored. A lone time is how it was once: it counts as an opt-out.
#[derive(Deserialize)]
#[serde(untagged)]
enum Written {
    Reasons(BTreeMap<SuppressedFor, Timestamp>),
    Since(Option<Timestamp>),
}

impl From<Written> for Suppression {
    fn from(written: Written) -> Self {
        match written {
            Written::Reasons(reasons) => Suppression(reasons),
            Written::Since(since) => Suppression(since.map(|at| (SuppressedFor::OptOut, at)).into_iter().collect()),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    #[test]
    fn each_reason_is_lifted_by_itself() {
        let mut inbox = Suppression::default();
        assert!(inbox.is_open());
        for why in SuppressedFor::ALL {
            assert!(inbox.close(why, at(1)));
            let is_stop = why == SuppressedFor::Stop;
            assert_eq!(
                inbox.close(why, at(2)),
                is_stop,
                "the first time counts, of a STOP the last"
            );
            assert!(!inbox.close(why, at(2)) && !inbox.close(why, at(1)));
            assert_eq!(inbox.since(why), Some(at(if is_stop { 2 } else { 1 })));
        }
        assert!(inbox.lift(SuppressedFor::OptOut));
        assert!(!inbox.lift(SuppressedFor::OptOut));
        assert!(!inbox.is_open() && inbox.is_closed_by_others());
        for why in SuppressedFor::ALL {
            inbox.lift(why);
        }
        assert!(inbox.is_open());
    }

    #[test]
    fn a_start_takes_back_what_was_said_before_it() {
        let why = SuppressedFor::Stop;
        let mut inbox = Suppression::default();
        inbox.close(why, at(1));
        inbox.close(why, at(3));
        for second in [0, 2, 3] {
            assert!(!inbox.lift_earlier(why, at(second)), "a STOP came after it, or with it");
        }
        assert!(inbox.lift_earlier(why, at(4)) && inbox.is_open());
        assert!(!inbox.lift_earlier(why, at(4)));
    }

    #[test]
    fn it_is_stored_with_its_reasons_and_a_lone_time_is_an_opt_out() {
        let mut inbox = Suppression::default();
        inbox.close(SuppressedFor::Bounce, at(0));
        inbox.close(SuppressedFor::SenderList, at(1));
        let stored = serde_json::to_string(&inbox).unwrap();
        assert_eq!(
            stored,
            r#"{"bounce":"1970-01-01T00:00:00Z","sender_list":"1970-01-01T00:00:01Z"}"#
        );
        assert_eq!(serde_json::from_str::<Suppression>(&stored).unwrap(), inbox);
        let once: Suppression = serde_json::from_str("\"1970-01-01T00:00:01Z\"").unwrap();
        assert_eq!(once.since(SuppressedFor::OptOut), Some(at(1)));
        assert!(serde_json::from_str::<Suppression>("null").unwrap().is_open());
    }

    #[test]
    fn a_reason_is_written_as_it_is_named() {
        for why in SuppressedFor::ALL {
            assert_eq!(serde_json::to_value(why).unwrap(), why.as_str());
        }
    }
}
