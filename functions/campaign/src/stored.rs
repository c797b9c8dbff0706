//! The form in which a checked campaign is stored: JSON, converted by hand to what runs.
//!
//! A field that is not known is refused, not skipped: a function that does not know a rule would break it.
//! So every change of these shapes raises [`FORMAT`].

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use jiff::SignedDuration;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use journey::campaign::{Caps, Channel, EnrollmentRule, FollowUp, MeterRule, Policies, Sharing, TouchRule, Unlisted};
use journey::contact::Locale;
use journey::{Arm, BusinessHours, Campaign, Experiment, IncidentRule, LinkHosts, SendingHours, UtilityCode};
use law::{Closure, Law, Override};
use message::{Brand, MessageName};
use serde::{Deserialize, Serialize};
use utilities::Directory;

use crate::package::PackageError;
use crate::running::{Head, Locales, Sender};

/// The number of these shapes.
pub(crate) const FORMAT: u32 = 6;

/// Everything of a campaign but its words.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct HeadDocument {
    pub(crate) format: u32,
    pub(crate) version: String,
    name: String,
    rules: RulesDocument,
    brand: BrandDocument,
    sender: SenderDocument,
    locales: LocalesDocument,
    display_names: BTreeMap<String, UtilityCode>,
    /// The messages that belong to this head.
    messages: Vec<MessageName>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct RulesDocument {
    touches: Vec<TouchDocument>,
    experiment: ExperimentDocument,
    hand_back_after: SignedDuration,
    window_grace: SignedDuration,
    claim_lease: SignedDuration,
    retry_after: SignedDuration,
    confirm_after: SignedDuration,
    outage_wait: SignedDuration,
    reopen_after: SignedDuration,
    max_episodes: u16,
    email_hours: HoursDocument,
    code_hours: HoursDocument,
    sms_hours: HoursDocument,
    law: LawDocument,
    default_zones: Vec<String>,
    caps: CapsDocument,
    policies: PoliciesDocument,
    meter: MeterDocument,
    sharing: SharingDocument,
    enrollment: EnrollmentDocument,
    incident: IncidentDocument,
    #[serde(default, skip_serializing_if = "LinkHosts::is_empty")]
    link_hosts: LinkHosts,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct TouchDocument {
    after: SignedDuration,
    until: SignedDuration,
    channels: Vec<Channel>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ExperimentDocument {
    version: String,
    salt: String,
    holdout_per_10000: u16,
    arms: Vec<ArmDocument>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct ArmDocument {
    name: String,
    first_after: SignedDuration,
    weight: u32,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct HoursDocument {
    start: Time,
    end: Option<Time>,
}

/// What the campaign adds to the law.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LawDocument {
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    overrides: Vec<Override>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    closed: Vec<Closure>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct CapsDocument {
    per_day: u16,
    per_week: u16,
    one_series_per_inbox: bool,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct PoliciesDocument {
    agreement_declined: FollowUp,
    wrong_utility: FollowUp,
    session_closed: FollowUp,
    direct_to_utility_unlisted: Unlisted,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct MeterDocument {
    first_after: SignedDuration,
    every: SignedDuration,
    late_after: SignedDuration,
    late_every: SignedDuration,
    give_up_after: SignedDuration,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SharingDocument {
    invitation: Vec<TouchDocument>,
    reconnect: Vec<TouchDocument>,
    consent_end: Vec<TouchDocument>,
    consent_end_lead: SignedDuration,
    renew_after: Option<SignedDuration>,
    renewal: Vec<TouchDocument>,
    reconnect_experiment: bool,
    returns: u16,
    instant_within: SignedDuration,
    slow_grace: SignedDuration,
    unstated: SignedDuration,
    look_every: SignedDuration,
    intervals_stale_after: SignedDuration,
    bills_stale_after: SignedDuration,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct EnrollmentDocument {
    identity: FollowUp,
    starts_soon_days: u16,
    furthest_start_days: u16,
    late_after_business_hours: u16,
    business_opens: Time,
    business_closes: Time,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct IncidentDocument {
    within: SignedDuration,
    stalls: u32,
    percent: u16,
    faults: u32,
    look_again: SignedDuration,
    paused: BTreeSet<UtilityCode>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct BrandDocument {
    brand: String,
    sender_name: String,
    postal_address: String,
    support_email: Option<String>,
    minutes_needed: u16,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct SenderDocument {
    name: String,
    from: String,
    reply_to: Option<String>,
    postal_address: String,
    support_email: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct LocalesDocument {
    default: Locale,
    offered: Vec<Locale>,
}

impl HeadDocument {
    /// The head of a checked campaign.
    #[cfg(feature = "check")]
    pub(crate) fn of(campaign: &crate::LoadedCampaign) -> Self {
        let (brand, sender) = (campaign.brand.clone(), campaign.sender.clone());
        HeadDocument {
            format: FORMAT,
            version: campaign.rules.version.clone(),
            name: campaign.name.clone(),
            rules: RulesDocument::of(&campaign.rules),
            brand: BrandDocument {
                brand: brand.brand,
                sender_name: brand.sender_name,
                postal_address: brand.postal_address,
                support_email: brand.support_email,
                minutes_needed: brand.minutes_needed,
            },
            sender: SenderDocument {
                name: sender.name,
                from: sender.from,
                reply_to: sender.reply_to,
                postal_address: sender.postal_address,
                support_email: sender.support_email,
            },
            locales: LocalesDocument {
                default: campaign.locales.default,
                offered: campaign.locales.offered.clone(),
            },
            display_names: campaign.utilities.added_display_names().clone(),
            messages: campaign.templates.names().collect(),
        }
    }

    /// What runs, and the names of the messages that belong to it.
    pub(crate) fn open(self) -> Result<(Head, Vec<MessageName>), PackageError> {
        let wrong = |what: String| Err(PackageError::Wrong(what));
        let plain = |c: char| c.is_ascii_alphanumeric() || c == '-' || c == '.' || c == '_';
        if self.version.is_empty() || self.version.len() > 64 || !self.version.chars().all(plain) {
            return wrong("`version` is not 1 to 64 letters, digits, `-`, `.` and `_`".to_owned());
        }
        if !self.locales.offered.contains(&self.locales.default) {
            return wrong("`locales.default` is not among those offered".to_owned());
        }
        if let Some(name) = MessageName::all(&self.locales.offered).find(|name| !self.messages.contains(name)) {
            return wrong(format!("the message {name} is missing"));
        }
        let (brand, sender) = (self.brand, self.sender);
        if [&brand.postal_address, &brand.sender_name, &sender.from]
            .iter()
            .any(|text| text.trim().is_empty())
        {
            return wrong("the sender's name, address or postal address is empty".to_owned());
        }
        let rules = self.rules.open(self.version)?;
        let head = Head {
            name: self.name,
            utilities: Directory::builtin().with_display_names(self.display_names),
            brand: Brand {
                brand: brand.brand,
                sender_name: brand.sender_name,
                postal_address: brand.postal_address,
                support_email: brand.support_email,
                minutes_needed: brand.minutes_needed,
                link_hosts: rules.link_hosts.clone(),
            },
            rules,
            sender: Sender {
                name: sender.name,
                from: sender.from,
                reply_to: sender.reply_to,
                postal_address: sender.postal_address,
                support_email: sender.support_email,
            },
            locales: Locales {
                default: self.locales.default,
                offered: self.locales.offered,
            },
        };
        Ok((head, self.messages))
    }
}

impl RulesDocument {
    #[cfg(feature = "check")]
    fn of(rules: &Campaign) -> Self {
        let (policies, meter) = (&rules.policies, &rules.meter);
        let arm = |arm: &Arm| ArmDocument {
            name: arm.name.clone(),
            first_after: arm.first_after,
            weight: arm.weight,
        };
        // A zone without a name cannot come out of a campaign file; an empty name is refused at the opening.
        let zone = |zone: &TimeZone| zone.iana_name().unwrap_or_default().to_owned();
        RulesDocument {
            touches: TouchDocument::all(&rules.touches),
            experiment: ExperimentDocument {
                version: rules.experiment.version.clone(),
                salt: rules.experiment.salt.clone(),
                holdout_per_10000: rules.experiment.holdout_per_10000,
                arms: rules.experiment.arms.iter().map(arm).collect(),
            },
            hand_back_after: rules.hand_back_after,
            window_grace: rules.window_grace,
            claim_lease: rules.claim_lease,
            retry_after: rules.retry_after,
            confirm_after: rules.confirm_after,
            outage_wait: rules.outage_wait,
            reopen_after: rules.reopen_after,
            max_episodes: rules.max_episodes,
            email_hours: HoursDocument::of(&rules.email_hours),
            code_hours: HoursDocument::of(&rules.code_hours),
            sms_hours: HoursDocument::of(&rules.sms_hours),
            law: LawDocument::of(&rules.law),
            default_zones: rules.default_zones.iter().map(zone).collect(),
            caps: CapsDocument {
                per_day: rules.caps.per_day,
                per_week: rules.caps.per_week,
                one_series_per_inbox: rules.caps.one_series_per_inbox,
            },
            policies: PoliciesDocument {
                agreement_declined: policies.agreement_declined,
                wrong_utility: policies.wrong_utility,
                session_closed: policies.session_closed,
                direct_to_utility_unlisted: policies.direct_to_utility_unlisted,
            },
            meter: MeterDocument {
                first_after: meter.first_after,
                every: meter.every,
                late_after: meter.late_after,
                late_every: meter.late_every,
                give_up_after: meter.give_up_after,
            },
            sharing: SharingDocument::of(&rules.sharing),
            enrollment: EnrollmentDocument::of(&rules.enrollment),
            incident: IncidentDocument::of(&rules.incident),
            link_hosts: rules.link_hosts.clone(),
        }
    }

    fn open(self, version: String) -> Result<Campaign, PackageError> {
        self.sound()?;
        let zone = |name: &String| {
            TimeZone::get(name).map_err(|_| PackageError::Wrong(format!("`{name}` is not a time zone known here")))
        };
        let (policies, meter) = (self.policies, self.meter);
        Ok(Campaign {
            version,
            touches: TouchDocument::open_all(self.touches),
            experiment: Experiment {
                version: self.experiment.version,
                salt: self.experiment.salt,
                holdout_per_10000: self.experiment.holdout_per_10000,
                arms: self.experiment.arms.into_iter().map(ArmDocument::open).collect(),
            },
            hand_back_after: self.hand_back_after,
            window_grace: self.window_grace,
            claim_lease: self.claim_lease,
            retry_after: self.retry_after,
            confirm_after: self.confirm_after,
            outage_wait: self.outage_wait,
            reopen_after: self.reopen_after,
            max_episodes: self.max_episodes,
            email_hours: self.email_hours.open(),
            code_hours: self.code_hours.open(),
            sms_hours: self.sms_hours.open(),
            law: self.law.open(),
            default_zones: self.default_zones.iter().map(zone).collect::<Result<_, _>>()?,
            caps: Caps {
                per_day: self.caps.per_day,
                per_week: self.caps.per_week,
                one_series_per_inbox: self.caps.one_series_per_inbox,
            },
            policies: Policies {
                agreement_declined: policies.agreement_declined,
                wrong_utility: policies.wrong_utility,
                session_closed: policies.session_closed,
                direct_to_utility_unlisted: policies.direct_to_utility_unlisted,
            },
            meter: MeterRule {
                first_after: meter.first_after,
                every: meter.every,
                late_after: meter.late_after,
                late_every: meter.late_every,
                give_up_after: meter.give_up_after,
            },
            sharing: self.sharing.open(),
            enrollment: self.enrollment.open()?,
            incident: self.incident.open(),
            link_hosts: self.link_hosts,
        })
    }

    /// What the rules count on, whoever has written the package.
    fn sound(&self) -> Result<(), PackageError> {
        let durations = [
            ("hand_back_after", self.hand_back_after),
            ("window_grace", self.window_grace),
            ("claim_lease", self.claim_lease),
            ("retry_after", self.retry_after),
            ("confirm_after", self.confirm_after),
            ("outage_wait", self.outage_wait),
            ("reopen_after", self.reopen_after),
            ("meter.first_after", self.meter.first_after),
            ("meter.every", self.meter.every),
            ("meter.late_after", self.meter.late_after),
            ("meter.late_every", self.meter.late_every),
            ("meter.give_up_after", self.meter.give_up_after),
            ("sharing.consent_end_lead", self.sharing.consent_end_lead),
            ("sharing.instant_within", self.sharing.instant_within),
            ("sharing.slow_grace", self.sharing.slow_grace),
            ("sharing.unstated", self.sharing.unstated),
            ("sharing.look_every", self.sharing.look_every),
            ("sharing.intervals_stale_after", self.sharing.intervals_stale_after),
            ("sharing.bills_stale_after", self.sharing.bills_stale_after),
            ("incident.within", self.incident.within),
            ("incident.look_again", self.incident.look_again),
        ];
        let positive = |duration: SignedDuration| duration > SignedDuration::ZERO;
        let ends_later = |hours: &HoursDocument| hours.end.is_none_or(|end| hours.start < end);
        let (touches, arms) = (&self.touches, &self.experiment.arms);
        let sharing = &self.sharing;
        // A lost connection may be told at once, and a campaign may leave a series out.
        let right = |series: &Vec<TouchDocument>| {
            let one = |t: &TouchDocument| !t.after.is_negative() && t.after < t.until && !t.channels.is_empty();
            series.len() <= Campaign::MAX_TOUCHES && series.iter().all(one)
        };
        let facts = [
            (
                (1..=Campaign::MAX_TOUCHES).contains(&touches.len()),
                "has too few or too many `touches`",
            ),
            (
                touches
                    .iter()
                    .all(|t| positive(t.after) && t.after < t.until && !t.channels.is_empty()),
                "has a touch without a window or a channel",
            ),
            (
                arms.iter().all(|arm| positive(arm.first_after) && arm.weight > 0),
                "has an arm without a delay or a weight",
            ),
            (
                self.experiment.holdout_per_10000 <= 10_000,
                "holds out more than everybody",
            ),
            (
                [
                    &sharing.invitation,
                    &sharing.reconnect,
                    &sharing.consent_end,
                    &sharing.renewal,
                ]
                .into_iter()
                .all(right),
                "has a series under `sharing` with too many touches, or with one without a window or a channel",
            ),
            (
                sharing.renew_after.is_none_or(positive),
                "has a `sharing.renew_after` that is not a time to come",
            ),
            (
                self.enrollment.furthest_start_days > 0 && self.enrollment.late_after_business_hours > 0,
                "has an `enrollment` that is late or refused at once",
            ),
            (
                self.incident.stalls > 0 && self.incident.faults > 0 && self.incident.percent <= 100,
                "has an `incident` that is always there, or never",
            ),
            (!self.default_zones.is_empty(), "has no `default_zones`"),
            (
                ends_later(&self.email_hours),
                "has `email_hours` that end before they start",
            ),
            (
                ends_later(&self.code_hours),
                "has `code_hours` that end before they start",
            ),
            (
                ends_later(&self.sms_hours),
                "has `sms_hours` that end before they start",
            ),
        ];
        if let Some((name, _)) = durations.iter().find(|(_, duration)| !positive(*duration)) {
            return Err(PackageError::Wrong(format!("`rules.{name}` is not a time to come")));
        }
        match facts.iter().find(|(holds, _)| !holds) {
            Some((_, what)) => Err(PackageError::Wrong(format!("it {what}"))),
            None => Ok(()),
        }
    }
}

impl LawDocument {
    #[cfg(feature = "check")]
    fn of(law: &Law) -> Self {
        LawDocument {
            overrides: law.overrides().to_vec(),
            closed: law.closures().to_vec(),
        }
    }

    fn open(self) -> Arc<Law> {
        if self.is_empty() {
            return Law::current();
        }
        Arc::new(Law::current().with(self.overrides, self.closed))
    }

    fn is_empty(&self) -> bool {
        self.overrides.is_empty() && self.closed.is_empty()
    }
}

impl HoursDocument {
    #[cfg(feature = "check")]
    fn of(hours: &SendingHours) -> Self {
        HoursDocument {
            start: hours.start,
            end: hours.end,
        }
    }

    fn open(self) -> SendingHours {
        SendingHours {
            start: self.start,
            end: self.end,
        }
    }
}

impl TouchDocument {
    #[cfg(feature = "check")]
    fn all(rules: &[TouchRule]) -> Vec<Self> {
        let one = |touch: &TouchRule| TouchDocument {
            after: touch.after,
            until: touch.until,
            channels: touch.channels.clone(),
        };
        rules.iter().map(one).collect()
    }

    fn open_all(documents: Vec<Self>) -> Vec<TouchRule> {
        let one = |document: Self| TouchRule {
            after: document.after,
            until: document.until,
            channels: document.channels,
        };
        documents.into_iter().map(one).collect()
    }
}

impl SharingDocument {
    #[cfg(feature = "check")]
    fn of(rules: &Sharing) -> Self {
        SharingDocument {
            invitation: TouchDocument::all(&rules.invitation),
            reconnect: TouchDocument::all(&rules.reconnect),
            consent_end: TouchDocument::all(&rules.consent_end),
            consent_end_lead: rules.consent_end_lead,
            renew_after: rules.renew_after,
            renewal: TouchDocument::all(&rules.renewal),
            reconnect_experiment: rules.reconnect_experiment,
            returns: rules.returns,
            instant_within: rules.instant_within,
            slow_grace: rules.slow_grace,
            unstated: rules.unstated,
            look_every: rules.look_every,
            intervals_stale_after: rules.intervals_stale_after,
            bills_stale_after: rules.bills_stale_after,
        }
    }

    fn open(self) -> Sharing {
        Sharing {
            invitation: TouchDocument::open_all(self.invitation),
            reconnect: TouchDocument::open_all(self.reconnect),
            consent_end: TouchDocument::open_all(self.consent_end),
            consent_end_lead: self.consent_end_lead,
            renew_after: self.renew_after,
            renewal: TouchDocument::open_all(self.renewal),
            reconnect_experiment: self.reconnect_experiment,
            returns: self.returns,
            instant_within: self.instant_within,
            slow_grace: self.slow_grace,
            unstated: self.unstated,
            look_every: self.look_every,
            intervals_stale_after: self.intervals_stale_after,
            bills_stale_after: self.bills_stale_after,
        }
    }
}

impl EnrollmentDocument {
    #[cfg(feature = "check")]
    fn of(rule: &EnrollmentRule) -> Self {
        EnrollmentDocument {
            identity: rule.identity,
            starts_soon_days: rule.starts_soon_days,
            furthest_start_days: rule.furthest_start_days,
            late_after_business_hours: rule.late_after_business_hours,
            business_opens: rule.business_hours.opens(),
            business_closes: rule.business_hours.closes(),
        }
    }

    fn open(self) -> Result<EnrollmentRule, PackageError> {
        let Some(business_hours) = BusinessHours::new(self.business_opens, self.business_closes) else {
            let what = "it has business hours under `enrollment` that end before they start";
            return Err(PackageError::Wrong(what.to_owned()));
        };
        Ok(EnrollmentRule {
            identity: self.identity,
            starts_soon_days: self.starts_soon_days,
            furthest_start_days: self.furthest_start_days,
            late_after_business_hours: self.late_after_business_hours,
            business_hours,
        })
    }
}

impl IncidentDocument {
    #[cfg(feature = "check")]
    fn of(rule: &IncidentRule) -> Self {
        IncidentDocument {
            within: rule.within,
            stalls: rule.stalls,
            percent: rule.percent,
            faults: rule.faults,
            look_again: rule.look_again,
            paused: rule.paused.clone(),
        }
    }

    fn open(self) -> IncidentRule {
        IncidentRule {
            within: self.within,
            stalls: self.stalls,
            percent: self.percent,
            faults: self.faults,
            look_again: self.look_again,
            paused: self.paused,
        }
    }
}

impl ArmDocument {
    fn open(self) -> Arm {
        Arm {
            name: self.name,
            first_after: self.first_after,
            weight: self.weight,
        }
    }
}
