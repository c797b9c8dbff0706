//! The key questions to a provider of utility data (docs/bayou.md, section 1), answered for the partner's own customers.

use serde::Serialize;

use crate::figures::{Figures, FirstData, Waits};
use crate::words::{share, spread};

/// What the providers' APIs do not show, each with its reason.
pub const UNAVAILABLE: [(&str, &str); 6] = [
    (
        "credential_step",
        "unavailable: not in the API. How long the utility takes to check a login (the target is 5 s) happens inside \
         Bayou's form. From our link to the accepted login is customer time, and includes it",
    ),
    (
        "steps_in_the_form",
        "unavailable: not in the API. Wrong passwords, codes asked for and pages left are not told",
    ),
    (
        "mfa_method",
        "unavailable: not in the API. Nothing marks a customer who has a second factor; who ever had \
         mfa_factor_has_expired is a lower bound, and the utility's class is the directory's, not the customer's",
    ),
    (
        "expiry_ahead",
        "unavailable: not in the API. A loss is told after it happened, and no event says that one is coming",
    ),
    (
        "bill_issued_at",
        "unavailable: not in the API. A bill has a day of issue and no time, so its way to us is known to a day",
    ),
    (
        "connected_before",
        "unavailable: who was connected before we knew of them has no measured time to data; nor has a customer \
         whom a look found connected, where the API does not say since when",
    ),
];

/// A key question, answered.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub struct Answer {
    /// `Q1` to `Q8`.
    pub id: &'static str,
    /// The question.
    pub question: &'static str,
    /// The answer, from the figures.
    pub answer: String,
    /// What the figures cannot say.
    pub unknown: &'static str,
}

const QUESTIONS: [(&str, &str, &str); 8] = [
    (
        "Q1",
        "Is the way to a connection fast and straightforward?",
        "Where in the form a customer stopped is not in the API. Customer time counts from the last visit before the login",
    ),
    (
        "Q2",
        "How long does the credential step take, per utility (5 s or less)?",
        "Not in the API; customer time (Q1, and by utility below) includes it and is mostly the customer's own",
    ),
    (
        "Q3",
        "Is the utilities' second factor fully supported?",
        "Who has one is not in the API: an expired one is a lower bound, the class is the directory's word on the utility",
    ),
    (
        "Q4",
        "What becomes of customers who cannot recall their login?",
        "A wrong password is not in the API: coming back without getting through stands in for it",
    ),
    (
        "Q5",
        "How is the end of access noticed, and repaired?",
        "A loss is told after the fact. It counts from when we learned of it, which may be a day after it happened",
    ),
    (
        "Q6",
        "How long from the login to bills and intervals, by utility (60 s or less)?",
        "Where no webhook told, the time is that of our look: an upper bound. Not measured: who connected before we knew",
    ),
    (
        "Q7",
        "How often are data refreshed (about once every day)?",
        "We look once a day, so data may be newer than we know. A connection that is lost still counts here",
    ),
    (
        "Q8",
        "How long from a bill's issue to its data?",
        "The time of issue is not in the API, only the day: right to a day",
    ),
];

/// The eight answers, of Bayou's customers.
pub(crate) fn answers(bayou: Option<&Figures>) -> Vec<Answer> {
    let answers = match bayou {
        Some(figures) => given(figures),
        None => core::array::from_fn(|_| "No customer of Bayou's yet.".to_owned()),
    };
    QUESTIONS
        .into_iter()
        .zip(answers)
        .map(|((id, question, unknown), answer)| Answer {
            id,
            question,
            answer,
            unknown,
        })
        .collect()
}

fn given(figures: &Figures) -> [String; 8] {
    let (funnel, lost, refresh) = (&figures.funnel, &figures.reauthorization, &figures.refresh);
    let returned = figures.messages.by_diagnosis.get("repeated_returns");
    [
        format!(
            "{} customers: {} followed the link, {} connected. Customer time {}.",
            funnel.customers,
            funnel.link_followed,
            funnel.connected,
            spread(&figures.customer_time)
        ),
        "Unavailable: not in the API.".to_owned(),
        format!(
            "At least {} had a second factor that expired.",
            share(lost.mfa_at_least)
        ),
        format!(
            "{} gave a bill or the account by hand; {} messages went to customers who came back without getting through.",
            funnel.fallback_given,
            returned.copied().unwrap_or_default()
        ),
        match lost.per_100_in_30_days {
            Some(rate) => format!(
                "{} lost: {rate} per 100 connected in 30 days, {} found by a look. Repaired {}; {} still open.",
                lost.losses,
                lost.found,
                spread(&lost.repair.time),
                lost.repair.open
            ),
            None => format!("{} lost, and nobody connected yet.", lost.losses),
        },
        format!(
            "Bills {}. Intervals {}.",
            first(&figures.bills),
            first(&figures.intervals)
        ),
        format!(
            "Newest interval within 24 h: {}; when we last looked: {}. Stopped silently: bills of {}, intervals of {}.",
            share(refresh.fresh_within_24h),
            share(refresh.fresh_when_looked),
            refresh.bills_stale,
            refresh.intervals_stale
        ),
        match figures.bill_to_data.p50_s {
            Some(_) => format!("From the day of issue: {}.", spread(&figures.bill_to_data)),
            None => "No bill since the first delivery yet.".to_owned(),
        },
    ]
}

fn first(data: &FirstData) -> String {
    let waits = &data.all;
    format!(
        "{}, {}, {} not there yet",
        spread(&waits.time),
        within(waits),
        waits.awaited
    )
}

/// `in 60 s 7 of 10 (70 %), at most 9: 3 found by a look`.
fn within(waits: &Waits) -> String {
    let certain = format!("in 60 s {}", share(waits.within_60s));
    if waits.found == 0 {
        return certain;
    }
    let most = waits.within_60s_at_most.part;
    format!("{certain}, at most {most} ({} found by a look)", waits.found)
}
