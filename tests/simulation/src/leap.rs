//! Leap: what a customer truly did, and what its API shows of it, perhaps later.

use journey::port::{ChangeFilter, ChangePage, ProviderError};
use journey::status::{
    Agreements, Answer, Connection, ConnectionStatus, Known, Snapshot, UtilityConnection, UtilityErrorCode,
    UtilityStatus,
};
use journey::{MeterFound, MeterKind, Reference, Unavailable};
use percent_encoding::percent_decode_str;

use crate::case::{Doing, HOUR, ts};

/// What the provider knows of one customer.
#[derive(Debug)]
pub(crate) struct Record {
    reference: Reference,
    truth: Option<Connection>,
    /// What the API shows, from when on.
    shown: Vec<(i64, Snapshot)>,
    pub(crate) meter: bool,
}

impl Record {
    pub(crate) fn new(reference: Reference) -> Self {
        Record {
            reference,
            truth: None,
            shown: Vec::new(),
            meter: false,
        }
    }

    /// Has the customer truly finished?
    pub(crate) fn is_complete(&self) -> bool {
        let truth = self.truth.as_ref();
        truth.is_some_and(|truth| truth.status == Known::Value(ConnectionStatus::Completed))
    }

    /// What an act does to the record, which the API shows from `shown_at` on.
    pub(crate) fn act(&mut self, doing: &Doing, now: i64, shown_at: i64) {
        let truth = self.truth.get_or_insert_with(|| Connection {
            id: format!("CAISO:{}", self.reference.expose()),
            region: "CAISO".to_owned(),
            started_at: Some(ts(now)),
            last_interaction_at: None,
            status: Known::Value(ConnectionStatus::NotStarted),
            utilities: Vec::new(),
            agreements: Agreements {
                prohibited_resource: Known::Value(Answer::NotAnswered),
                ..Agreements::default()
            },
        });
        let complete = truth.status == Known::Value(ConnectionStatus::Completed);
        let answered = Known::Value(Answer::Completed);
        match doing {
            Doing::Step if !complete => {
                truth.status = Known::Value(ConnectionStatus::Partial);
                truth.agreements.prohibited_resource = answered;
            }
            Doing::LoginReached if !complete => try_utility(truth, now, UtilityStatus::NotConnected, None),
            Doing::LoginFailed(code) if !complete => try_utility(truth, now, UtilityStatus::Error, error(*code)),
            Doing::LoginSucceeded if !complete => try_utility(truth, now, UtilityStatus::Connected, None),
            Doing::Complete => {
                truth.status = Known::Value(ConnectionStatus::Completed);
                truth.last_interaction_at = Some(ts(now));
            }
            Doing::Anew => {
                truth.status = Known::Value(ConnectionStatus::Partial);
                truth.last_interaction_at = Some(ts(now));
                truth.utilities.clear();
            }
            _ => {}
        }
        let records = vec![truth.clone()];
        // What is shown later was done later: a record never goes back.
        let shown_at = self.shown.last().map_or(shown_at, |(at, _)| shown_at.max(*at));
        self.shown.push((shown_at, Snapshot::Leap(records)));
    }

    pub(crate) fn status(&self, now: i64) -> Snapshot {
        let shown = self.shown.iter().rev().find(|(at, _)| *at <= now);
        shown.map(|(_, snapshot)| snapshot.clone()).unwrap_or_default()
    }

    pub(crate) fn meters(&self) -> Vec<MeterFound> {
        let meter = MeterFound {
            kind: MeterKind::UtilityMeter,
            created_by_partner: false,
            authorized_by_reference: true,
            archived: false,
            created_at: None,
        };
        self.meter.then_some(meter).into_iter().collect()
    }
}

fn try_utility(truth: &mut Connection, now: i64, status: UtilityStatus, error: Option<Known<UtilityErrorCode>>) {
    truth.status = Known::Value(match status {
        UtilityStatus::Error => ConnectionStatus::Error,
        UtilityStatus::NotConnected | UtilityStatus::Connected => ConnectionStatus::Partial,
    });
    truth.agreements.prohibited_resource = Known::Value(Answer::Completed);
    truth.last_interaction_at = Some(ts(now));
    truth.utilities = vec![UtilityConnection {
        name: "PG&E: Pacific Gas and Electric".to_owned(),
        required: true,
        status: Known::Value(status),
        error,
        started_at: Some(ts(now)),
        last_interaction_at: Some(ts(now)),
    }];
}

fn error(code: u8) -> Option<Known<UtilityErrorCode>> {
    Some(match code {
        0 => Known::Value(UtilityErrorCode::TechnicalError),
        1 => Known::Value(UtilityErrorCode::UtilityError),
        2 => Known::Value(UtilityErrorCode::UserCanceled),
        3 => Known::Value(UtilityErrorCode::UserInvalidCredentials),
        4 => Known::Value(UtilityErrorCode::AuthMfaError),
        5 => Known::Other("A_NEW_CODE".to_owned()),
        _ => return None,
    })
}

/// A page's token: a place, so that pages shift when records come in between, in characters that a URL reserves.
fn token(place: usize) -> String {
    format!("{place}+/=")
}

/// One page of what changed. `page` is as it stands in the URL; a token that nobody gave is refused.
pub(crate) fn changes<'a>(
    records: impl Iterator<Item = &'a Record>,
    size: usize,
    filter: ChangeFilter,
    since: jiff::Timestamp,
    page: Option<&str>,
    now: i64,
) -> Result<ChangePage, ProviderError> {
    let mut matching: Vec<_> = records
        .flat_map(|record| {
            let snapshot = record.status(now);
            let shown = snapshot.connections().to_vec();
            shown.into_iter().map(move |shown| (record.reference.clone(), shown))
        })
        .filter_map(|(reference, shown)| {
            let at = match filter {
                ChangeFilter::Started => shown.started_at,
                ChangeFilter::LastInteraction => shown.last_interaction_at,
            };
            at.filter(|at| *at >= since).map(|at| (at, reference, shown))
        })
        .collect();
    matching.sort_by_key(|(at, _, _)| *at);
    let from = match page.map(|page| percent_decode_str(page).decode_utf8_lossy()) {
        None => 0,
        Some(given) => {
            let place = given.strip_suffix("+/=").and_then(|place| place.parse().ok());
            place.ok_or_else(|| failure(5, now))?
        }
    };
    let more = matching.len() > from + size;
    let on_page = matching.into_iter().skip(from).take(size);
    Ok(ChangePage {
        changes: on_page
            .map(|(_, reference, shown)| (reference, Snapshot::Leap(vec![shown])))
            .collect(),
        next: more.then(|| token(from + size)),
        unreadable: 0,
    })
}

/// A way in which the API fails.
pub(crate) fn failure(number: u32, now: i64) -> ProviderError {
    let (why, wait) = match number % 6 {
        0 => (Unavailable::Unreachable, None),
        1 => (Unavailable::RateLimited, Some(10 * 60_000)),
        2 => (Unavailable::RateLimited, None),
        3 => (Unavailable::Unauthorized, None),
        4 => (Unavailable::BudgetSpent, Some(HOUR / 60)),
        _ => (Unavailable::Failing, None),
    };
    ProviderError {
        why,
        retry_at: wait.map(|wait| ts(now + wait)),
    }
}

impl Record {
    /// Has the API ever shown it?
    pub(crate) fn was_shown(&self) -> bool {
        !self.shown.is_empty()
    }
}
