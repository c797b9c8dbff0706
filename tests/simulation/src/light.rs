//! Light: a record of flags, of which some may be missing and some an older place's, and signed webhooks without a
//! beginning.

use data_encoding::HEXLOWER;
use hmac::{Hmac, KeyInit, Mac};
use jiff::civil::Date;
use jiff::tz::TimeZone;
use journey::enrollment::{LightAccount, LightLocation, PlanDates, SupportMatter};
use journey::status::Snapshot;
use journey::{DataKind, Milestone, Provider, Reference};
use serde_json::json;
use sha2::Sha256;
use webhook::{Envelope, LightHook, SignatureEncoding, SignatureForm, SignatureHash, SigningKey};

use crate::case::ts;
use crate::record::Said;
use crate::state::State;

const SECRET: &str = "an invented secret of some length";

/// What of one account's record is not documented, or differs between accounts.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Ways {
    /// Does Light know the account before its customer does anything?
    pub(crate) opened: bool,
    /// Is the object `enrollment` in the record?
    pub(crate) enrollment: bool,
    /// A flag that is never told: a step by its place, or 4 for the finalization.
    pub(crate) missing: Option<usize>,
    /// A place of before the journey, besides the one to come.
    pub(crate) old: Option<Old>,
    /// Are the account's flags that older place's?
    pub(crate) flags_of_old: bool,
    /// Does a place say of itself whether it is active?
    pub(crate) places_say: bool,
    /// Is the usage told by the account, and by its place?
    pub(crate) usage: [bool; 2],
    /// Do webhooks have an identifier of their own?
    pub(crate) identified: bool,
}

/// How a place of before stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Old {
    /// Power flows there.
    Active,
    /// Its service ended on this day.
    Ended(Date),
}

/// What happens to an enrolment.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Enrolling {
    /// The customer takes a step: on our pages, which record it, or at Light alone.
    Takes { what: Taking, ours: bool },
    /// Light finalizes, if everything is there;
    Finalize,
    /// power flows, or the usage of the past months comes, and a webhook says so or none does;
    Has { kind: DataKind, told: bool },
    /// the service is cancelled;
    Cancel { on: Date },
    /// an invoice could not be paid.
    Unpaid,
    /// The partner tells us of what is for support.
    Support(SupportMatter),
    /// Somebody else sends a webhook in Light's name, without its key.
    Forged(&'static str),
}

/// A step of the customer's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Taking {
    /// Looks at plans that may begin until then.
    Requests { latest: Date },
    /// Accepts one of them.
    Accepts { latest: Date, starts: Date },
    /// Says where the bills go.
    Bills,
    /// Adds a payment method.
    Pays,
    /// Is verified.
    Verifies,
}

impl Taking {
    /// What we call it.
    pub(crate) const fn milestone(self) -> Milestone {
        match self {
            Taking::Requests { .. } => Milestone::PlanRequested,
            Taking::Accepts { .. } => Milestone::PlanAccepted,
            Taking::Bills => Milestone::BillingAddressConfirmed,
            Taking::Pays => Milestone::PaymentMethodAdded,
            Taking::Verifies => Milestone::IdentityVerified,
        }
    }

    /// What our own pages know of the dates.
    pub(crate) const fn dates(self) -> Option<PlanDates> {
        let (latest, starts) = match self {
            Taking::Requests { latest } => (latest, None),
            Taking::Accepts { latest, starts } => (latest, Some(starts)),
            Taking::Bills | Taking::Pays | Taking::Verifies => return None,
        };
        Some(PlanDates {
            latest: Some(latest),
            starts,
        })
    }
}

/// The enrolment that is under way, or done.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
struct Enrolment {
    /// The steps: plan, billing address, payment, identity.
    steps: [bool; 4],
    /// The day of the start, once a plan is accepted.
    starts: Option<Date>,
    finalized: bool,
    active: bool,
    usage: bool,
    ends: Option<Date>,
}

/// Everything that an account has had.
#[derive(Clone, Debug, Default)]
struct Truth {
    /// The days on which the places of earlier enrolments ended.
    past: Vec<Date>,
    now: Enrolment,
}

/// One customer at Light.
#[derive(Debug)]
pub(crate) struct Account {
    ways: Ways,
    truth: Truth,
    ever_final: bool,
    ever_ended: bool,
    ever_took: [bool; 4],
    shown: Vec<(i64, Truth)>,
}

/// An answer of Light's, as far as nobody can read it in two ways.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Shows {
    /// Does it know the account?
    pub(crate) known: bool,
    /// The steps: plan, billing address, payment, identity.
    pub(crate) steps: [Option<bool>; 4],
    pub(crate) finalized: Option<bool>,
    pub(crate) canceled: bool,
    pub(crate) starts: Option<Date>,
    pub(crate) active: Option<bool>,
    pub(crate) usage: Option<bool>,
    /// A place of before is active, and nothing shows that there is another.
    pub(crate) only_old: bool,
}

impl Shows {
    /// Is nothing left to ask the customer for?
    pub(crate) fn is_final(self) -> bool {
        self.finalized == Some(true) || self.active == Some(true)
    }
}

impl Account {
    pub(crate) fn new(ways: Ways) -> Self {
        let truth = Truth::default();
        let shown = ways.opened.then(|| (i64::MIN, truth.clone()));
        Account {
            ways,
            truth,
            ever_final: false,
            ever_ended: false,
            ever_took: [false; 4],
            shown: shown.into_iter().collect(),
        }
    }

    /// What an act does to the account, which the API shows from `shown_at` on. Does Light tell of it?
    pub(crate) fn act(&mut self, what: Enrolling, shown_at: i64) -> bool {
        let now = &mut self.truth.now;
        let done = match what {
            Enrolling::Takes { what, .. } => {
                if let Some(ends) = now.ends {
                    self.truth.past.push(ends);
                    *now = Enrolment::default();
                }
                match what {
                    Taking::Requests { .. } => {}
                    // What is final is not chosen again.
                    Taking::Accepts { .. } if now.finalized => return false,
                    Taking::Accepts { starts, .. } => {
                        now.steps[0] = true;
                        now.starts = Some(starts);
                    }
                    Taking::Bills => now.steps[1] = true,
                    Taking::Pays => now.steps[2] = true,
                    Taking::Verifies => now.steps[3] = true,
                }
                for (ever, done) in self.ever_took.iter_mut().zip(now.steps) {
                    *ever |= done;
                }
                true
            }
            Enrolling::Finalize => {
                let ready = now.steps[..3] == [true; 3] && now.ends.is_none() && !now.finalized;
                now.finalized |= ready;
                self.ever_final |= ready;
                ready
            }
            Enrolling::Has { kind, told } => {
                let ready = now.finalized && now.ends.is_none();
                match kind {
                    DataKind::UsageHistory => now.usage |= ready,
                    _ => now.active |= ready,
                }
                ready && told
            }
            Enrolling::Cancel { on } => {
                let stands = now.steps[0] && now.ends.is_none();
                if stands {
                    now.ends = Some(on);
                    self.ever_ended = true;
                    now.active = false;
                }
                stands
            }
            Enrolling::Unpaid | Enrolling::Forged(_) | Enrolling::Support(_) => return true,
        };
        // What is shown later was done later: a record never goes back.
        let shown_at = self.shown.last().map_or(shown_at, |(at, _)| shown_at.max(*at));
        self.shown.push((shown_at, self.truth.clone()));
        done
    }

    fn at(&self, now: i64) -> Option<&Truth> {
        let shown = self.shown.iter().rev().find(|(at, _)| *at <= now);
        shown.map(|(_, truth)| truth)
    }

    pub(crate) fn status(&self, now: i64) -> Snapshot {
        Snapshot::Light(self.at(now).map(|truth| self.record(truth)))
    }

    fn record(&self, truth: &Truth) -> LightAccount {
        let Ways {
            enrollment, missing, ..
        } = self.ways;
        let Enrolment {
            steps,
            starts,
            finalized,
            active,
            usage,
            ends,
        } = truth.now;
        let old = self.ways.flags_of_old && (self.ways.old.is_some() || !truth.past.is_empty());
        let step = |step: usize| (enrollment && missing != Some(step)).then_some(old || steps[step]);
        let place = |starts_on, ends_on, active, usage| LightLocation {
            starts_on,
            ends_on,
            is_active: self.ways.places_say.then_some(active),
            has_usage_history: self.ways.usage[1].then_some(usage),
        };
        let mut locations = Vec::new();
        locations.extend(self.ways.old.map(|old| match old {
            Old::Active => place(None, None, true, true),
            Old::Ended(day) => place(None, Some(day), false, true),
        }));
        locations.extend(truth.past.iter().map(|day| place(None, Some(*day), false, false)));
        locations.extend(steps[0].then(|| place(starts, ends, active, usage)));
        LightAccount {
            has_accepted_plan: step(0),
            is_billing_address_confirmed: step(1),
            has_payment_method: step(2),
            is_identity_verified: step(3),
            is_enrollment_finalized: (enrollment && missing != Some(4)).then_some(old || finalized),
            is_service_active: enrollment.then_some(active || self.ways.old == Some(Old::Active)),
            has_usage_history: self.ways.usage[0].then_some(usage || old),
            locations,
        }
    }

    /// What the API shows, as far as it is surely about the enrolment under way.
    pub(crate) fn shows(&self, now: i64) -> Shows {
        self.at(now).map_or_else(Shows::default, |truth| self.read(truth))
    }

    fn read(&self, truth: &Truth) -> Shows {
        let has_place = truth.now.steps[0];
        let others = truth.past.len() + usize::from(self.ways.old.is_some());
        let (alone, Enrolment { steps, ends, .. }) = (others == 0, truth.now);
        let surely = |there: bool, flag: bool| (there && alone).then_some(flag);
        let mut said: [Option<bool>; 4] = core::array::from_fn(|step| {
            let there = self.ways.enrollment && self.ways.missing != Some(step);
            surely(there, steps[step])
        });
        // Accepting makes the place.
        // Which of two places is the new one, they alone can say.
        let told_apart = self.ways.places_say || !self.has_old_power();
        if has_place && ends.is_none() && !alone && told_apart {
            said[0] = Some(true);
        }
        let own = |says: bool, flag: bool| (says && has_place).then_some(flag);
        Shows {
            known: true,
            steps: said,
            finalized: surely(
                self.ways.enrollment && self.ways.missing != Some(4),
                truth.now.finalized,
            )
            .filter(|_| ends.is_none()),
            canceled: ends.is_some(),
            starts: truth.now.starts.filter(|_| has_place),
            active: own(self.ways.places_say, truth.now.active).or(surely(self.ways.enrollment, truth.now.active)),
            usage: own(self.ways.usage[1], truth.now.usage).or(surely(self.ways.usage[0], truth.now.usage)),
            only_old: self.ways.old == Some(Old::Active) && !has_place,
        }
    }

    pub(crate) fn said(&self, now: i64) -> Said {
        Said::Light(self.shows(now))
    }

    /// Since when has the API shown what it shows now, as far as this is concerned?
    pub(crate) fn since(&self, now: i64, what: impl Fn(Shows) -> bool) -> Option<i64> {
        let known = self.shown.iter().rev().filter(|(at, _)| *at <= now);
        let same = known.take_while(|(_, truth)| what(self.read(truth)));
        same.last().map(|(at, _)| *at)
    }

    /// Has the enrolment ever been final, whatever is shown of it?
    pub(crate) fn was_final(&self) -> bool {
        self.ever_final
    }

    /// Has the customer ever taken a step: plan, billing address, payment, identity?
    pub(crate) fn took(&self, step: usize) -> bool {
        self.ever_took[step]
    }

    /// Has one of two places ended, and nothing tells which?
    pub(crate) fn is_one_of_two(&self) -> bool {
        self.has_old_power() && self.ever_ended
    }

    /// Is there power at a place of before?
    pub(crate) fn has_old_power(&self) -> bool {
        self.ways.old == Some(Old::Active)
    }
}

/// The day it is in Texas.
pub(crate) fn day(now: i64) -> Date {
    ts(now).to_zoned(texas()).date()
}

/// The zone of ERCOT's calendar.
pub(crate) fn texas() -> TimeZone {
    static ZONE: std::sync::OnceLock<TimeZone> = std::sync::OnceLock::new();
    ZONE.get_or_init(|| TimeZone::get("America/Chicago").unwrap()).clone()
}

/// How the webhooks are signed and wrapped here: that is not documented, and configured.
pub(crate) fn hook() -> LightHook {
    LightHook {
        keys: vec![SigningKey::new(SECRET).unwrap()],
        signature: SignatureForm {
            header: webhook_header(),
            hash: SignatureHash::Sha256,
            encoding: SignatureEncoding::Hex,
            prefix: "sha256=".to_owned(),
        },
        envelope: Envelope {
            event_type: "type".to_owned(),
            account: "account.uuid".to_owned(),
            event_id: Some("id".to_owned()),
        },
    }
}

fn webhook_header() -> http::HeaderName {
    http::HeaderName::from_static("x-light-signature")
}

/// The signature of a body; somebody else's is of another key.
pub(crate) fn signature(body: &str, forged: bool) -> String {
    let key = if forged {
        "another secret of some length"
    } else {
        SECRET
    };
    let mut mac = Hmac::<Sha256>::new_from_slice(key.as_bytes()).unwrap();
    mac.update(body.as_bytes());
    format!("sha256={}", HEXLOWER.encode(&mac.finalize().into_bytes()))
}

/// The type of the webhook of an act, if it has one.
const fn kind(what: Enrolling) -> Option<&'static str> {
    Some(match what {
        Enrolling::Takes { what, .. } => match what {
            Taking::Requests { .. } => "enrollment.plan_requested",
            Taking::Accepts { .. } => "enrollment.plan_accepted",
            Taking::Bills => "account.billing_address_updated",
            Taking::Pays => "account.payment_method_added",
            Taking::Verifies => "enrollment.identity_updated",
        },
        Enrolling::Finalize => "enrollment.finalized",
        Enrolling::Has {
            kind: DataKind::UsageHistory,
            ..
        } => "location.usage_history_available",
        Enrolling::Has { .. } => "location.service_active",
        Enrolling::Cancel { .. } => "location.service_canceled",
        Enrolling::Unpaid => "account.payment_failed",
        Enrolling::Support(_) => return None,
        Enrolling::Forged(kind) => kind,
    })
}

/// A webhook's body: without an identifier of its own, it is its own.
pub(crate) fn body(what: Enrolling, reference: &Reference, identified: bool, customer: u8, act: u32) -> Option<String> {
    let account = json!({ "uuid": reference.expose() });
    let mut body = json!({ "type": kind(what)?, "account": account });
    if identified {
        body["id"] = State::event_id(customer, act).into();
    } else {
        body["sent"] = act.into();
    }
    Some(body.to_string())
}

/// Is a webhook of this kind one that begins a journey, where there is none?
pub(crate) const fn begins(what: Enrolling) -> bool {
    matches!(
        what,
        Enrolling::Takes {
            what: Taking::Requests { .. } | Taking::Accepts { .. } | Taking::Verifies,
            ..
        } | Enrolling::Finalize
    )
}

/// Whose accounts these are.
pub(crate) const PROVIDER: Provider = Provider::Light;
