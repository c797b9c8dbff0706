//! The rules a campaign sets: touches, windows, arms, hours, caps, policies.
//!
//! These are checked values. The campaign *file* and its errors live in the `campaign` crate.

use std::sync::Arc;

use jiff::SignedDuration;
use jiff::tz::TimeZone;
use law::Law;
use serde::{Deserialize, Serialize};

use crate::business_hours::BusinessHours;
use crate::connection::Series;
use crate::experiment::Experiment;
use crate::hours::SendingHours;
use crate::incident::IncidentRule;
use crate::link_hosts::LinkHosts;

/// A checked campaign.
#[derive(Clone, Debug, PartialEq)]
pub struct Campaign {
    /// Names this text of the campaign: it changes with every change of the file or a template.
    pub version: String,
    /// The reminders, in order; between 1 and [`Campaign::MAX_TOUCHES`].
    pub touches: Vec<TouchRule>,
    /// The experiment on the first delay, and the holdout.
    pub experiment: Experiment,
    /// From the last touch to the handing back.
    pub hand_back_after: SignedDuration,
    /// A window stays open this much longer, since a scheduler may be a minute late.
    pub window_grace: SignedDuration,
    /// How long a claim may go unanswered before its outcome counts as unknown.
    pub claim_lease: SignedDuration,
    /// The first wait after a failed status check; it grows with the time already waited.
    pub retry_after: SignedDuration,
    /// From a provisional completion to its confirmation.
    pub confirm_after: SignedDuration,
    /// A failed utility or provider gets this long to recover before a customer is asked to try again.
    pub outage_wait: SignedDuration,
    /// A customer who comes back this long after the handing back starts a new episode.
    pub reopen_after: SignedDuration,
    /// At most this many episodes of reminders for one reference.
    pub max_episodes: u16,
    /// When e-mail may go out, in every zone the person may be in.
    pub email_hours: SendingHours,
    /// When somebody can be at the phone for the code of a utility's second factor: if these hours come within a
    /// touch's window, e-mail waits for them.
    pub code_hours: SendingHours,
    /// When texts, pushes and events may go out, where the law allows a text: it may be stricter, never looser.
    pub sms_hours: SendingHours,
    /// The law, with what this campaign adds to it.
    pub law: Arc<Law>,
    /// The zones to respect for a person of whom no zone is known.
    pub default_zones: Vec<TimeZone>,
    /// The most that one inbox gets.
    pub caps: Caps,
    /// What to do where the provider leaves the choice to us.
    pub policies: Policies,
    /// The search for the meter after the completion.
    pub meter: MeterRule,
    /// What holds where customers share their data for good, and may lose the connection.
    pub sharing: Sharing,
    /// What holds where customers enrol in an electricity plan.
    pub enrollment: EnrollmentRule,
    /// When a utility's reminders wait because too many customers stall there.
    pub incident: IncidentRule,
    /// Where links may lead, besides the provider's and our own pages.
    pub link_hosts: LinkHosts,
}

impl Campaign {
    /// The most touches an episode may have: the provider's guide knows three; a stored journey
    /// keeps one record each.
    pub const MAX_TOUCHES: usize = 6;

    /// May any of its touches go by this channel?
    #[must_use]
    pub fn sends_by(&self, channel: Channel) -> bool {
        let mut rules = Series::ALL.into_iter().flat_map(|series| self.series(series));
        rules.any(|rule| rule.channels.contains(&channel))
    }

    /// The reminders of a series, in order.
    #[must_use]
    pub fn series(&self, series: Series) -> &[TouchRule] {
        match series {
            Series::DropOff => &self.touches,
            Series::Invitation => &self.sharing.invitation,
            Series::Reconnect => &self.sharing.reconnect,
            Series::Renewal => &self.sharing.renewal,
            Series::ConsentEnd => &self.sharing.consent_end,
        }
    }
}

/// One reminder: when it is due and until when it may go, both counted from the abandonment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct TouchRule {
    /// Due this long after the abandonment. For the first touch the experiment's arm may say otherwise.
    pub after: SignedDuration,
    /// Not later than this after the abandonment.
    pub until: SignedDuration,
    /// The channels to try, in order.
    pub channels: Vec<Channel>,
}

/// What holds where customers share their data for good (docs/bayou.md, sections 1 and 9).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Sharing {
    /// For those who were invited and never followed the link; may be empty.
    pub invitation: Vec<TouchRule>,
    /// For those whose connection was lost, counted from when we heard of it.
    pub reconnect: Vec<TouchRule>,
    /// Before a consent ends, and after it, counted from so long before it as `consent_end_lead` says; may be empty.
    pub consent_end: Vec<TouchRule>,
    /// From the first notice to the end of the consent.
    pub consent_end_lead: SignedDuration,
    /// Customers of utilities that always ask for a second factor are asked to renew the connection so long after it
    /// was made; none leaves them until it is lost. Whether a customer can renew early is not documented (U5).
    pub renew_after: Option<SignedDuration>,
    /// The reminders for that, counted from then.
    pub renewal: Vec<TouchRule>,
    /// Does the experiment, with its holdout, hold for lost connections as well?
    pub reconnect_experiment: bool,
    /// From this many visits without success on a customer is shown how to find a lost login, and the way without one.
    pub returns: u16,
    /// The first data of a utility that is said to be instant are late after this.
    pub instant_within: SignedDuration,
    /// Those of another are late so long after the stated time.
    pub slow_grace: SignedDuration,
    /// The time of those that state none.
    pub unstated: SignedDuration,
    /// How often the newest data of a connected customer are asked for.
    pub look_every: SignedDuration,
    /// Intervals have silently stopped when none is newer than this.
    pub intervals_stale_after: SignedDuration,
    /// Bills have when the newest was issued so long ago.
    pub bills_stale_after: SignedDuration,
}

/// What holds where customers enrol in an electricity plan (docs/light.md).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnrollmentRule {
    /// What to do where only the identity is not verified: whether that blocks an enrolment is not documented.
    pub identity: FollowUp,
    /// From when on a customer may be told that the chosen start is near.
    pub starts_soon_days: u16,
    /// A start further ahead is refused by ERCOT, so another plan is to be chosen (90 days, by the protocols of 2008).
    pub furthest_start_days: u16,
    /// Service that is not there after so many business hours is late. The guide says 2 to 72, and not which hours of
    /// which days count.
    pub late_after_business_hours: u16,
    /// Which hours count, on workdays that are no federal holidays, in Texas.
    pub business_hours: BusinessHours,
}

/// A way to reach a person.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Channel {
    /// E-mail.
    #[default]
    Email,
    /// A text message.
    Sms,
    /// A push notification of the partner's own app.
    Push,
    /// No message of ours: the partner is told that one is due (`touch.due`), and sends it.
    Event,
}

impl Channel {
    /// Every channel.
    pub const ALL: [Channel; 4] = [Channel::Email, Channel::Sms, Channel::Push, Channel::Event];

    /// The name used in files and metrics.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Channel::Email => "email",
            Channel::Sms => "sms",
            Channel::Push => "push",
            Channel::Event => "event",
        }
    }

    /// Is it e-mail? What is stored of it names no channel, since it was the only one once.
    #[must_use]
    pub fn is_email(&self) -> bool {
        *self == Channel::Email
    }
}

/// The most that one inbox gets, over all channels, journeys and references that share it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Caps {
    /// Messages in any 24 hours.
    pub per_day: u16,
    /// Messages in any 7 days.
    pub per_week: u16,
    /// While one reference's series runs, another reference of the same inbox gets nothing.
    pub one_series_per_inbox: bool,
}

/// What to do where the provider leaves the choice to the partner.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Policies {
    /// A declined agreement (docs/leap.md, trap 23).
    pub agreement_declined: FollowUp,
    /// Another utility than the requested one was connected (trap 22).
    pub wrong_utility: FollowUp,
    /// A session that the customer closed (trap 23).
    pub session_closed: FollowUp,
    /// A direct-to-utility customer whom the provider's record does not list (unknown in the contract).
    pub direct_to_utility_unlisted: Unlisted,
}

/// Follow up, or not.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum FollowUp {
    /// Send the reminders.
    Remind,
    /// Stop: it was the customer's decision.
    Stop,
}

/// What to rely on for customers whom the provider's record does not list.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unlisted {
    /// The webhooks alone.
    TrustWebhooks,
    /// Nothing: no record, no message.
    Hold,
}

/// When to look for a completed customer's meter.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct MeterRule {
    /// The first look, after the completion.
    pub first_after: SignedDuration,
    /// Then every so often, until it is late.
    pub every: SignedDuration,
    /// Late from here on: operators are told.
    pub late_after: SignedDuration,
    /// Once late, every so often.
    pub late_every: SignedDuration,
    /// No further looks.
    pub give_up_after: SignedDuration,
}

impl Campaign {
    /// The campaign of the design, as a start: touches at 45 min, 20 h and 68 h; the first delay
    /// tested at 5, 15, 30 and 60 min against each other and a 10 % holdout.
    #[must_use]
    pub fn standard() -> Self {
        let (minutes, hours) = (SignedDuration::from_mins, SignedDuration::from_hours);
        let touch = |after, until| TouchRule {
            after,
            until,
            channels: vec![Channel::Email],
        };
        Campaign {
            version: "standard".to_owned(),
            touches: vec![
                touch(minutes(45), hours(1)),
                touch(hours(20), hours(24)),
                touch(hours(68), hours(72)),
            ],
            experiment: Experiment::standard(),
            hand_back_after: hours(24),
            window_grace: minutes(5),
            claim_lease: minutes(3),
            retry_after: minutes(1),
            confirm_after: minutes(5),
            outage_wait: hours(6),
            reopen_after: hours(7 * 24),
            max_episodes: 4,
            email_hours: SendingHours::always(),
            code_hours: SendingHours {
                start: jiff::civil::time(8, 0, 0, 0),
                end: Some(jiff::civil::time(21, 0, 0, 0)),
            },
            sms_hours: SendingHours::always(),
            law: Law::current(),
            default_zones: [
                "America/New_York",
                "America/Chicago",
                "America/Denver",
                "America/Phoenix",
                "America/Los_Angeles",
            ]
            .iter()
            .filter_map(|name| TimeZone::get(name).ok())
            .collect(),
            caps: Caps {
                per_day: 2,
                per_week: 5,
                one_series_per_inbox: true,
            },
            policies: Policies {
                agreement_declined: FollowUp::Remind,
                wrong_utility: FollowUp::Stop,
                session_closed: FollowUp::Remind,
                direct_to_utility_unlisted: Unlisted::TrustWebhooks,
            },
            meter: MeterRule {
                first_after: hours(24),
                every: hours(24),
                late_after: hours(72),
                late_every: hours(7 * 24),
                give_up_after: hours(8 * 7 * 24),
            },
            sharing: Sharing::standard(),
            enrollment: EnrollmentRule::standard(),
            incident: IncidentRule::standard(),
            link_hosts: LinkHosts::default(),
        }
    }
}

impl EnrollmentRule {
    /// No reminder for the identity alone; near is three days; late after 72 business hours of 08:00 to 18:00, which is
    /// about the seven business days that a switch may take.
    #[must_use]
    pub fn standard() -> Self {
        EnrollmentRule {
            identity: FollowUp::Stop,
            starts_soon_days: 3,
            furthest_start_days: 90,
            late_after_business_hours: 72,
            business_hours: BusinessHours::standard(),
        }
    }
}

impl Sharing {
    /// A gentle invitation after one day and four; reminders of a lost connection at once, after one day, three and
    /// seven; notices 30, 7 and 1 days before a consent ends, and one after it; no early renewal (docs/bayou.md, 9.3).
    #[must_use]
    pub fn standard() -> Self {
        let hours = SignedDuration::from_hours;
        let touch = |after, until| TouchRule {
            after: hours(after),
            until: hours(until),
            channels: vec![Channel::Email],
        };
        let day = 24;
        Sharing {
            invitation: vec![touch(day, 2 * day), touch(4 * day, 5 * day)],
            reconnect: vec![
                touch(0, 6),
                touch(day, 2 * day),
                touch(3 * day, 4 * day),
                touch(7 * day, 8 * day),
            ],
            consent_end: vec![
                touch(0, 2 * day),
                touch(23 * day, 25 * day),
                touch(29 * day, 30 * day),
                touch(30 * day, 32 * day),
            ],
            consent_end_lead: hours(30 * day),
            renew_after: None,
            renewal: vec![touch(0, 2 * day), touch(5 * day, 7 * day)],
            reconnect_experiment: false,
            returns: 2,
            instant_within: SignedDuration::from_secs(60),
            slow_grace: hours(2),
            unstated: hours(day),
            look_every: hours(day),
            intervals_stale_after: hours(3 * day),
            bills_stale_after: hours(45 * day),
        }
    }
}
