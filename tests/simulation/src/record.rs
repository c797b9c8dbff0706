//! What a provider knows of one customer, and what it says when it is asked.

use jiff::Timestamp;
use journey::status::Snapshot;
use journey::{Journey, Newest, Occasion, Purpose};

use crate::bayou::Account;
use crate::case::Customer;
use crate::leap;
use crate::light::{self, Shows};

/// A customer at their provider.
#[derive(Debug)]
pub(crate) enum Record {
    Leap(leap::Record),
    Bayou(Account),
    Light(light::Account),
}

/// An answer, as far as it says whether a message may go.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Said {
    Leap {
        complete: bool,
    },
    Bayou {
        /// Was a login ever accepted?
        ever: bool,
        /// Does the connection stand?
        stands: bool,
        /// When the login was last accepted.
        signed_in_at: Option<Timestamp>,
    },
    Light(Shows),
}

/// What a message asks its customer for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Asks {
    pub(crate) purpose: Purpose,
    pub(crate) occasion: Option<Occasion>,
    /// Since when.
    pub(crate) since: Timestamp,
}

impl Asks {
    pub(crate) fn of(journey: &Journey) -> Self {
        Asks {
            purpose: journey.purpose,
            occasion: journey.occasion,
            since: journey.opened_at,
        }
    }
}

impl Said {
    /// Bayou does not know the customer.
    pub(crate) const NOBODY: Said = Said::Bayou {
        ever: false,
        stands: false,
        signed_in_at: None,
    };

    /// Does it tell of a login at Bayou, however long ago?
    pub(crate) fn was_connected(self) -> bool {
        matches!(self, Said::Bayou { ever: true, .. })
    }

    /// Does it tell of a connection to Bayou that stands?
    pub(crate) fn stands(self) -> bool {
        matches!(self, Said::Bayou { stands: true, .. })
    }

    /// May anything follow this answer?
    pub(crate) fn is_open(&self) -> bool {
        match self {
            Said::Leap { complete } => !complete,
            Said::Bayou { .. } => true,
            Said::Light(shows) => !shows.is_final(),
        }
    }

    /// Does the customer still have to do what a message asks for?
    pub(crate) fn leaves(self, asks: Asks) -> bool {
        match (self, asks.purpose, asks.occasion) {
            (Said::Leap { complete }, ..) => !complete,
            (Said::Light(shows), ..) => shows.known && !shows.is_final() && !shows.canceled,
            (Said::Bayou { ever, .. }, Purpose::Enroll, _) => !ever,
            (Said::Bayou { stands, .. }, Purpose::Reconnect, Some(Occasion::Lost(_)) | None) => !stands,
            (
                Said::Bayou { signed_in_at, .. },
                Purpose::Reconnect,
                Some(Occasion::Expected | Occasion::ConsentEnds(_)),
            ) => signed_in_at.is_none_or(|at| at <= asks.since),
        }
    }
}

impl Record {
    pub(crate) fn of(customer: &Customer) -> Self {
        match (customer.bayou, customer.light) {
            (Some(ways), _) => Record::Bayou(Account::new(ways)),
            (None, Some(ways)) => Record::Light(light::Account::new(ways)),
            (None, None) => Record::Leap(leap::Record::new(customer.contact.reference.clone())),
        }
    }

    pub(crate) fn leap(&self) -> Option<&leap::Record> {
        match self {
            Record::Leap(record) => Some(record),
            Record::Bayou(_) | Record::Light(_) => None,
        }
    }

    pub(crate) fn account(&self) -> Option<&Account> {
        match self {
            Record::Leap(_) | Record::Light(_) => None,
            Record::Bayou(account) => Some(account),
        }
    }

    pub(crate) fn enrolment(&self) -> Option<&light::Account> {
        match self {
            Record::Leap(_) | Record::Bayou(_) => None,
            Record::Light(account) => Some(account),
        }
    }

    pub(crate) fn status(&self, now: i64) -> (Snapshot, Said) {
        match self {
            Record::Leap(record) => {
                let snapshot = record.status(now);
                let complete = snapshot.is_complete(None);
                (snapshot, Said::Leap { complete })
            }
            Record::Bayou(account) => (account.status(now), account.said(now)),
            Record::Light(account) => (account.status(now), account.said(now)),
        }
    }

    pub(crate) fn newest(&self, now: i64) -> Newest {
        self.account().map(|account| account.newest(now)).unwrap_or_default()
    }
}
