//! Bayou: flags that win over whatever a webhook says, no list of changes, and webhooks that anybody could have sent.

use journey::status::Snapshot;
use journey::{Customer, DataKind, LossReason, Newest, Reference, Velocity};

use crate::case::{Act, DAY, Doing, HOUR, When, ts};
use crate::record::Said;

/// What of one customer's record is not documented, or differs between utilities.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ways {
    /// Does the partner tell Bayou of the customer before we hear of them?
    pub(crate) created: bool,
    /// Does `has_filled_credentials` return to false when the connection breaks (U4)?
    pub(crate) forgets: bool,
    /// And is nothing left of the accounts either?
    pub(crate) forgets_accounts: bool,
    /// Does the record say when the login was accepted?
    pub(crate) dates: bool,
    pub(crate) velocity: Option<Velocity>,
    pub(crate) utility_has_intervals: Option<bool>,
    pub(crate) account_has_intervals: Option<bool>,
    /// Do new data stop to come, unnoticed?
    pub(crate) silent: bool,
}

/// What a webhook says that Bayou has not sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Forged {
    Connected,
    Lost,
    Ready(DataKind),
}

/// One customer at Bayou.
#[derive(Debug)]
pub(crate) struct Account {
    ways: Ways,
    truth: Customer,
    ever_connected: bool,
    /// What the API shows, from when on.
    shown: Vec<(i64, Customer)>,
}

impl Account {
    pub(crate) fn new(ways: Ways) -> Self {
        let truth = Customer {
            velocity: ways.velocity,
            utility_has_intervals: ways.utility_has_intervals,
            account_has_intervals: ways.account_has_intervals,
            ..Customer::default()
        };
        let shown = ways.created.then(|| (i64::MIN, truth.clone()));
        Account {
            ways,
            truth,
            ever_connected: false,
            shown: shown.into_iter().collect(),
        }
    }

    /// The customer signs in, for the first time or again.
    pub(crate) fn connect(&mut self, now: i64, shown_at: i64) {
        self.ever_connected = true;
        self.truth.has_filled_credentials = true;
        self.truth.is_currently_authenticated = true;
        self.truth.has_accounts = true;
        self.truth.connected_at = self.ways.dates.then(|| ts(now));
        self.show(shown_at);
    }

    /// The connection breaks, if it stands.
    pub(crate) fn lose(&mut self, shown_at: i64) -> bool {
        let stood = self.truth.is_currently_authenticated;
        if stood {
            self.truth.is_currently_authenticated = false;
            self.truth.has_filled_credentials &= !self.ways.forgets;
            self.truth.has_accounts &= !(self.ways.forgets && self.ways.forgets_accounts);
            self.show(shown_at);
        }
        stood
    }

    /// The first data of a kind are all found, if somebody has signed in.
    pub(crate) fn find(&mut self, kind: DataKind, shown_at: i64) -> bool {
        if self.ever_connected {
            match kind {
                DataKind::Bills => self.truth.bills_are_ready = true,
                DataKind::Intervals => self.truth.intervals_are_ready = true,
                DataKind::Service | DataKind::UsageHistory => {}
            }
            self.show(shown_at);
        }
        self.ever_connected
    }

    fn show(&mut self, shown_at: i64) {
        // What is shown later was done later: a record never goes back.
        let shown_at = self.shown.last().map_or(shown_at, |(at, _)| shown_at.max(*at));
        self.shown.push((shown_at, self.truth.clone()));
    }

    fn at(&self, now: i64) -> Option<&Customer> {
        let shown = self.shown.iter().rev().find(|(at, _)| *at <= now);
        shown.map(|(_, customer)| customer)
    }

    pub(crate) fn status(&self, now: i64) -> Snapshot {
        Snapshot::Bayou(self.at(now).cloned())
    }

    pub(crate) fn said(&self, now: i64) -> Said {
        self.at(now).map_or(Said::NOBODY, said)
    }

    /// Since when has the API shown what it shows now, as far as this is concerned?
    pub(crate) fn since(&self, now: i64, what: impl Fn(Said) -> bool) -> Option<i64> {
        let known = self.shown.iter().rev().filter(|(at, _)| *at <= now);
        let same = known.take_while(|(_, customer)| what(said(customer)));
        same.last().map(|(at, _)| *at)
    }

    /// Has a login ever been accepted, whatever is shown of it?
    pub(crate) fn ever_connected(&self) -> bool {
        self.ever_connected
    }

    /// A bill a month, and an interval an hour, unless they have stopped.
    pub(crate) fn newest(&self, now: i64) -> Newest {
        let of = |there: bool, age: i64| (there && !self.ways.silent).then(|| ts(now - age));
        Newest {
            bill: of(self.truth.bills_are_ready, 12 * DAY),
            interval: of(self.truth.intervals_are_ready, HOUR),
        }
    }
}

fn said(customer: &Customer) -> Said {
    let Customer {
        has_filled_credentials: filled,
        is_currently_authenticated: stands,
        bills_are_ready: bills,
        intervals_are_ready: intervals,
        has_accounts: accounts,
        ..
    } = *customer;
    Said::Bayou {
        ever: filled || stands || bills || intervals || accounts,
        stands,
        signed_in_at: customer.connected_at,
    }
}

/// A webhook's body. No identifier, no time of its own; both spellings of the customer's names are about (U2).
pub(crate) fn body(event: Sent, reference: &Reference, number: usize) -> String {
    let id = 12_345 + number;
    let reference = reference.expose();
    let names = |own: bool| {
        if own {
            format!(r#""customer_id":{id},"customer_external_id":"{reference}""#)
        } else {
            format!(r#""id":{id},"external_id":"{reference}""#)
        }
    };
    let (name, object) = match event {
        Sent::Connected { own, at, velocity } => {
            let on = at.map_or(String::new(), |at| {
                format!(r#","has_filled_credentials_on":"{}""#, ts(at))
            });
            let object = format!(
                r#"{},"utility":"con_edison","utility_data_velocity":"{velocity}","has_filled_credentials":true{on}"#,
                names(own)
            );
            ("customer_has_filled_credentials", object)
        }
        Sent::Lost(why) => {
            let why = match why {
                LossReason::Untold => "a_new_reason",
                LossReason::CredentialsInvalid | LossReason::MfaExpired => why.as_str(),
            };
            let link = "https://bayou.energy.example.com/companies/1/sign_up?key=ABC";
            let object = format!(r#"{},"reason":"{why}","onboarding_link":"{link}""#, names(false));
            ("customer_must_reauthenticate", object)
        }
        Sent::Ready { kind, own } => (
            match kind {
                DataKind::Bills => "bills_ready",
                DataKind::Intervals => "intervals_ready",
                DataKind::Service | DataKind::UsageHistory => return String::new(),
            },
            names(own),
        ),
        Sent::Bill(bill) => {
            let object = format!(
                r#""id":{bill},"external_id":null,"billed_on":"2026-06-03",{}"#,
                names(true)
            );
            ("new_bill", object)
        }
    };
    format!(r#"{{"event":"{name}","object":{{{object}}}}}"#)
}

/// What a webhook says.
pub(crate) enum Sent {
    Connected {
        own: bool,
        at: Option<i64>,
        velocity: &'static str,
    },
    Lost(LossReason),
    Ready {
        kind: DataKind,
        own: bool,
    },
    Bill(u32),
}

/// What Bayou, or somebody in its name, sends for an act.
pub(crate) fn sent(act: &Act, number: u32) -> Option<Sent> {
    let own = number.is_multiple_of(2);
    // An act whose time the case itself brings about cannot tell it.
    let at = match act.when {
        When::At(at) => Some(at),
        When::Upon(_) => None,
    };
    let velocity = ["instant", "24 hours", "soon"][number as usize % 3];
    Some(match &act.doing {
        Doing::Authenticate => Sent::Connected { own, at, velocity },
        Doing::Lose(why) => Sent::Lost(*why),
        Doing::Ready(kind) | Doing::Forged(Forged::Ready(kind)) => Sent::Ready { kind: *kind, own },
        Doing::NewBill => Sent::Bill(number),
        // It may tell of any time.
        Doing::Forged(Forged::Connected) => Sent::Connected {
            own,
            at: at.map(|at| at + (i64::from(number % 3) - 1) * 1_000 * DAY),
            velocity,
        },
        Doing::Forged(Forged::Lost) => Sent::Lost(LossReason::CredentialsInvalid),
        _ => return None,
    })
}
