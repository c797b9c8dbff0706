//! A case: one seed, a few customers, one campaign, and the kinds of faults that may happen.

use std::collections::BTreeMap;
use std::sync::{Arc, OnceLock};

use jiff::SignedDuration;
use jiff::civil::Time;
use jiff::tz::TimeZone;
use journey::campaign::{Caps, Channel, EnrollmentRule, FollowUp, Sharing, TouchRule};
use journey::contact::{Consent, Contact, Locale, OptOut};
use journey::{
    Campaign, DataKind, Experiment, Flow, LossReason, PhoneNumber, Provider, PushEndpoint, Reference, SendingHours,
};
use law::State;
use rand::{Rng, RngExt};

use crate::bayou::{Forged, Ways};
use crate::enrolling;
use crate::fault::{Kind, Kinds, Stream, draw};
use crate::light::{self, Enrolling};
use crate::moment::{Upon, coincidences};
use crate::sharing::{self, Share};

pub(crate) const SECOND: i64 = 1_000;
pub(crate) const MINUTE: i64 = 60 * SECOND;
pub(crate) const HOUR: i64 = 60 * MINUTE;
pub(crate) const DAY: i64 = 24 * HOUR;

/// Milliseconds of virtual time as a timestamp.
pub(crate) fn ts(ms: i64) -> jiff::Timestamp {
    jiff::Timestamp::from_millisecond(ms).unwrap()
}

/// Where cases begin: an ordinary week, and the weeks in which clocks go forward and back.
const BEGINS: [i64; 3] = [1_781_481_600_000, 1_772_668_800_000, 1_793_232_000_000];

/// What a customer, or the partner for them, does.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Doing {
    Open,
    Step,
    LoginReached,
    LoginFailed(u8),
    LoginSucceeded,
    Close,
    Complete,
    /// After a completion, all over again.
    Anew,
    /// The meter is there, and a webhook says so or none does.
    Meter {
        announced: bool,
    },
    Put(Box<Contact>),
    OptOut,
    OptIn,
    Erase,
    /// The last mail bounces, or is complained of.
    Bounce,
    /// At Bayou: comes through one of our links,
    FollowLink,
    /// signs in, for the first time or again,
    Authenticate,
    /// loses the connection,
    Lose(LossReason),
    /// has the first data of a kind,
    Ready(DataKind),
    /// and has another bill.
    NewBill,
    /// Somebody else sends a webhook in Bayou's name.
    Forged(Forged),
    /// At Light.
    Enrol(Enrolling),
}

/// When an act is done.
#[derive(Clone, Copy, Debug)]
pub(crate) enum When {
    At(i64),
    /// At a moment that only the case itself brings about.
    Upon(Upon),
}

/// One act.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) when: When,
    pub(crate) doing: Doing,
}

impl Act {
    /// Its time, if it has one of its own.
    pub(crate) fn at(&self) -> Option<i64> {
        match self.when {
            When::At(at) => Some(at),
            When::Upon(_) => None,
        }
    }
}

/// One customer.
#[derive(Debug)]
pub(crate) struct Customer {
    pub(crate) contact: Contact,
    /// In the order of their times; then those that wait for a moment.
    pub(crate) acts: Vec<Act>,
    /// Does the provider list the customer at all?
    pub(crate) listed: bool,
    /// How their record is, if they are Bayou's.
    pub(crate) bayou: Option<Ways>,
    /// How their account is, if they are Light's.
    pub(crate) light: Option<light::Ways>,
    /// Does the provider deliver a webhook again that was not answered 2xx?
    pub(crate) redelivers: bool,
}

/// One case.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) seed: u64,
    pub(crate) begins: i64,
    pub(crate) faults_end: i64,
    pub(crate) ends: i64,
    pub(crate) customers: Vec<Customer>,
    pub(crate) campaign: usize,
    /// Another campaign takes over.
    pub(crate) then: Option<(i64, usize)>,
    pub(crate) kinds: Kinds,
    /// Do people, and other invocations, meet its moments?
    pub(crate) racy: bool,
    /// How often a fault happens where it may, of 1,000.
    pub(crate) rate: u32,
    /// Can the sender's record be asked, as on one machine?
    pub(crate) answers_look_ups: bool,
    pub(crate) page_size: usize,
    /// Is the table's stream read as well?
    pub(crate) streamed: bool,
    /// So long after the last act, and the last fault, everything is at rest.
    pub(crate) rests_after: i64,
}

/// The campaigns that cases choose from.
pub(crate) fn campaigns() -> &'static [Arc<Campaign>] {
    static CAMPAIGNS: OnceLock<Vec<Arc<Campaign>>> = OnceLock::new();
    CAMPAIGNS.get_or_init(|| {
        let (minutes, hours) = (SignedDuration::from_mins, SignedDuration::from_hours);
        let touch = |after, until, channels: &[Channel]| TouchRule {
            after,
            until,
            channels: channels.to_vec(),
        };
        let day = |start, end| SendingHours {
            start: Time::constant(start, 0, 0, 0),
            end: Some(Time::constant(end, 0, 0, 0)),
        };
        let everybody = Experiment {
            holdout_per_10000: 0,
            arms: Vec::new(),
            ..Experiment::standard()
        };
        let plain = Campaign {
            version: "plain".to_owned(),
            experiment: everybody.clone(),
            ..Campaign::standard()
        };
        let arms = Campaign {
            version: "arms".to_owned(),
            ..Campaign::standard()
        };
        let texts = Campaign {
            version: "texts".to_owned(),
            touches: vec![
                touch(minutes(45), hours(12), &[Channel::Sms, Channel::Email]),
                touch(hours(20), hours(30), &[Channel::Email, Channel::Sms]),
                touch(hours(44), hours(72), &[Channel::Sms, Channel::Email]),
            ],
            email_hours: day(8, 20),
            sharing: Sharing {
                reconnect: vec![
                    touch(hours(0), hours(6), &[Channel::Sms, Channel::Email]),
                    touch(hours(24), hours(40), &[Channel::Email, Channel::Sms]),
                ],
                consent_end: vec![
                    touch(hours(0), hours(20), &[Channel::Email]),
                    touch(hours(40), hours(48), &[Channel::Sms, Channel::Email]),
                ],
                consent_end_lead: hours(48),
                reconnect_experiment: true,
                ..Sharing::standard()
            },
            enrollment: EnrollmentRule {
                late_after_business_hours: 20,
                starts_soon_days: 5,
                ..EnrollmentRule::standard()
            },
            ..plain.clone()
        };
        let overlapping = Campaign {
            version: "overlapping".to_owned(),
            touches: vec![
                touch(minutes(30), hours(30), &[Channel::Email]),
                touch(hours(6), hours(40), &[Channel::Push, Channel::Email]),
                touch(hours(12), hours(48), &[Channel::Email]),
                touch(hours(47), hours(72), &[Channel::Email, Channel::Push]),
            ],
            email_hours: day(9, 17),
            caps: Caps {
                per_day: 1,
                per_week: 3,
                one_series_per_inbox: false,
            },
            sharing: Sharing {
                invitation: vec![
                    touch(hours(2), hours(40), &[Channel::Email]),
                    touch(hours(20), hours(60), &[Channel::Push, Channel::Email]),
                ],
                reconnect: vec![
                    touch(hours(0), hours(30), &[Channel::Email]),
                    touch(hours(6), hours(40), &[Channel::Push, Channel::Email]),
                    touch(hours(12), hours(60), &[Channel::Email]),
                ],
                ..Sharing::standard()
            },
            enrollment: EnrollmentRule {
                late_after_business_hours: 9,
                furthest_start_days: 20,
                ..EnrollmentRule::standard()
            },
            ..plain.clone()
        };
        let mut strict = Campaign {
            version: "strict".to_owned(),
            touches: vec![
                touch(minutes(15), hours(4), &[Channel::Email, Channel::Sms]),
                touch(hours(30), hours(60), &[Channel::Sms]),
            ],
            hand_back_after: hours(6),
            sharing: Sharing {
                invitation: Vec::new(),
                consent_end: Vec::new(),
                renew_after: Some(hours(50)),
                renewal: vec![touch(hours(0), hours(10), &[Channel::Email, Channel::Sms])],
                look_every: hours(12),
                ..Sharing::standard()
            },
            ..plain.clone()
        };
        strict.enrollment.identity = FollowUp::Remind;
        strict.policies.session_closed = FollowUp::Stop;
        strict.policies.agreement_declined = FollowUp::Stop;
        [plain, arms, texts, overlapping, strict].map(Arc::new).to_vec()
    })
}

/// Faults that matter only together, and would seldom be.
const TOGETHER: [&[Kind]; 8] = [
    &[Kind::TimerTwice, Kind::Slow],
    &[Kind::TimerTwice, Kind::Killed, Kind::StoreFails],
    &[Kind::SenderSilent, Kind::Killed, Kind::EventsUnreliable],
    &[Kind::SenderSilent, Kind::SenderRefuses, Kind::TimerTwice],
    &[Kind::ContactChanges, Kind::Slow],
    &[Kind::ContactChanges, Kind::Bounces, Kind::TimerTwice],
    &[Kind::WebhookReordered, Kind::WebhookTwice, Kind::WebhookLate],
    &[Kind::WebhookLost, Kind::ProviderLags, Kind::ProviderFails],
];

const ZONES: [Option<&str>; 6] = [
    None,
    Some("America/New_York"),
    Some("America/Los_Angeles"),
    Some("America/Phoenix"),
    Some("Pacific/Honolulu"),
    Some("America/Denver"),
];

/// The zone of this name, if it is one of theirs.
pub(crate) fn zone(name: &str) -> Option<TimeZone> {
    static READ: OnceLock<BTreeMap<&str, TimeZone>> = OnceLock::new();
    let read = || {
        let named = ZONES.into_iter().flatten();
        named.map(|name| (name, TimeZone::get(name).unwrap())).collect()
    };
    READ.get_or_init(read).get(name).cloned()
}

impl Case {
    /// The case of a seed, with no other kinds of faults than these.
    pub(crate) fn of(seed: u64, allowed: Kinds) -> Self {
        let random = &mut draw(seed, Stream::Case, 0, 0);
        let begins = BEGINS[random.random_range(0..BEGINS.len())] + random.random_range(0..5 * DAY);
        // A swarm: some cases have no faults at all, most have some kinds, some have all.
        let drawn = match random.random_range(0..10) {
            0 => Kinds::NONE,
            1 => Kinds::ALL,
            2..=5 => Kinds::from_bits(random.random::<u32>() & random.random::<u32>()),
            _ => Kinds::from_bits(random.random()),
        };
        let racy = random.random();
        // Some faults matter only together.
        let together = TOGETHER[random.random_range(0..TOGETHER.len())];
        let themed = racy && drawn != Kinds::NONE && random.random();
        let drawn = if themed {
            together.iter().fold(drawn, |kinds, kind| kinds.or(Kinds::only(*kind)))
        } else {
            drawn
        };
        let few = allowed != Kinds::ALL;
        let kinds = if few { allowed } else { drawn };
        let rate = [10, 30, 100, 250][random.random_range(if themed { 2..4 } else { 0..4 })];
        let campaign = random.random_range(0..campaigns().len());
        let other = random.random_range(0..campaigns().len());
        let changes = begins + random.random_range(0..4 * DAY);
        let number = [1, 1, 1, 2, 2, 3, 4][random.random_range(0..7)];
        let shared_inbox = random.random_ratio(1, 3);
        let faults_end = begins + random.random_range(6 * HOUR..6 * DAY);
        let answers_look_ups = random.random();
        let page_size = random.random_range(1..4);
        let enrolling = enrolling::Share::of(seed);
        let share = Share::of(seed);
        let number = if share.alone || enrolling.alone { 0 } else { number };
        let sharing = if enrolling.alone { 0 } else { share.number };
        let leaps = (0..number).map(|index| customer(seed, index, begins, kinds, racy, shared_inbox));
        let bayous = (number..number + sharing).map(|index| sharing::customer(seed, index, begins, kinds, racy, share));
        let first = number + sharing;
        let lights = (first..first + enrolling.number)
            .map(|index| enrolling::customer(seed, index, begins, kinds, racy, enrolling));
        let customers: Vec<_> = leaps.chain(bayous).chain(lights).collect();
        let acts = customers.iter().flat_map(|customer| &customer.acts);
        let times = acts.filter_map(|act| act.at());
        let consents = customers.iter().filter_map(|customer| customer.contact.sharing_ends_at);
        let times = times.chain(consents.map(|ends| ends.as_millisecond()));
        let rests_after = if sharing + enrolling.number == 0 {
            6 * DAY
        } else {
            RESTS_AFTER
        };
        let ends = times.chain([faults_end]).max().unwrap_or(begins) + rests_after;
        Case {
            seed,
            begins,
            faults_end,
            ends,
            customers,
            campaign,
            then: (kinds.has(Kind::CampaignChanges) && other != campaign).then_some((changes, other)),
            kinds,
            racy,
            rate,
            answers_look_ups,
            page_size,
            streamed: seed.is_multiple_of(8),
            rests_after,
        }
    }
}

/// The longest series of Bayou's customers has eight days, its hand-back one or two more, and a loss that no webhook
/// told of is found within one. Light's need no longer.
const RESTS_AFTER: i64 = 13 * DAY;

fn customer(seed: u64, index: u8, begins: i64, kinds: Kinds, racy: bool, shared_inbox: bool) -> Customer {
    let random = &mut draw(seed, Stream::Customer, u64::from(index), 0);
    let inbox = if shared_inbox && index == 1 { 0 } else { index };
    let contact = contact_of(random, seed, index, inbox);
    let flow = contact.flow;
    let begun = begins + random.random_range(2 * MINUTE..DAY);
    let mut acts = Vec::new();
    // The partner knows its customers before they come, but for some imported late, and some never.
    let changing = kinds.has(Kind::ContactChanges);
    match random.random_range(0..10) {
        0 if changing => {}
        1 if changing => put(&mut acts, begun + random.random_range(0..3 * DAY), &contact),
        _ => put(&mut acts, begins + 1, &contact),
    }
    let mut at = begun;
    let mut completed = false;
    for _ in 0..random.random_range(1..4) {
        if completed && random.random_ratio(3, 4) {
            break;
        }
        visit(random, &mut acts, &mut at, flow, &mut completed);
        at += [5 * MINUTE, HOUR, DAY, 2 * DAY][random.random_range(0..4)] + random.random_range(0..HOUR);
    }
    if completed && random.random_ratio(4, 5) {
        let announced = random.random();
        let at = at + random.random_range(0..2 * DAY);
        acts.push(Act {
            when: When::At(at),
            doing: Doing::Meter { announced },
        });
    }
    if changing {
        for _ in 0..random.random_range(0..3) {
            let at = begun + random.random_range(0..4 * DAY);
            change(random, &mut acts, at, &contact);
        }
    }
    acts.sort_by_key(|act| act.at());
    if racy {
        coincidences(random, &mut acts, &contact, kinds);
    }
    Customer {
        contact,
        acts,
        listed: flow != Flow::DirectToUtility || random.random(),
        bayou: None,
        light: None,
        redelivers: true,
    }
}

/// A person with some ways to be written to.
pub(crate) fn contact_of(random: &mut impl Rng, seed: u64, index: u8, inbox: u8) -> Contact {
    let texted = random.random_ratio(1, 2);
    let flow = [Flow::Connect, Flow::Connect, Flow::Unknown, Flow::DirectToUtility][random.random_range(0..4)];
    // Drawn apart, so that what was found before there were places keeps its seed.
    let place = &mut draw(seed, Stream::Customer, u64::from(inbox), 1);
    let area_code = AREA_CODES[place.random_range(0..AREA_CODES.len())];
    let has_app = draw(seed, Stream::Customer, u64::from(inbox), 2).random_ratio(1, 2);
    Contact {
        provider: Provider::Leap,
        reference: Reference::new(format!("site-{index}")).unwrap(),
        email: random
            .random_ratio(9, 10)
            .then(|| format!("person-{inbox}@example.com")),
        phone: texted.then(|| PhoneNumber::new(&format!("+1{area_code}555010{inbox}")).unwrap()),
        push: has_app.then(|| PushEndpoint::new(&format!("{ENDPOINTS}/device-{inbox}")).unwrap()),
        consent: random.random_ratio(3, 4).then(consent).into_iter().collect(),
        first_name: Some("Ana".to_owned()),
        locale: Locale::En,
        zone: ZONES[random.random_range(0..ZONES.len())].map(str::to_owned),
        state: place.random_ratio(1, 3).then(|| state(place)),
        flow,
        region: random.random_ratio(1, 2).then(|| "CAISO".to_owned()),
        classification: Default::default(),
        utility: None,
        sharing_ends_at: None,
        link: None,
        opted_out: OptOut::NOTHING,
    }
}

/// Where the app's endpoints are.
const ENDPOINTS: &str = "arn:aws:sns:us-east-1:123456789012:endpoint/APNS/example-app";

/// Numbers of the District of Columbia, California, Rhode Island, Hawaii, and of nowhere.
const AREA_CODES: [u16; 6] = [202, 202, 213, 401, 808, 800];

fn state(random: &mut impl Rng) -> State {
    let states: Vec<State> = State::all().collect();
    states[random.random_range(0..states.len())]
}

fn consent() -> (Channel, Consent) {
    let consent = Consent {
        at: jiff::Timestamp::UNIX_EPOCH,
        source: "the sign-up page".to_owned(),
        version: "2026-03 sign-up form".to_owned(),
        wording: None,
    };
    (Channel::Sms, consent)
}

pub(crate) fn put(acts: &mut Vec<Act>, at: i64, contact: &Contact) {
    let (when, doing) = (When::At(at), Doing::Put(Box::new(contact.clone())));
    acts.push(Act { when, doing });
}

/// Stored again with another zone.
pub(crate) fn moved(random: &mut impl Rng, contact: &Contact) -> Doing {
    Doing::Put(Box::new(Contact {
        zone: ZONES[random.random_range(0..ZONES.len())].map(str::to_owned),
        ..contact.clone()
    }))
}

/// Stored again with another address, and without the consent to texts.
pub(crate) fn readdressed(contact: &Contact) -> Doing {
    Doing::Put(Box::new(Contact {
        email: Some("other@example.com".to_owned()),
        consent: std::collections::BTreeMap::new(),
        ..contact.clone()
    }))
}

pub(crate) fn change(random: &mut impl Rng, acts: &mut Vec<Act>, at: i64, contact: &Contact) {
    let doing = match random.random_range(0..7) {
        0 | 1 => Doing::OptOut,
        2 => Doing::OptIn,
        3 => Doing::Erase,
        4 => moved(random, contact),
        5 => readdressed(contact),
        _ => Doing::Put(Box::new(contact.clone())),
    };
    let when = When::At(at);
    acts.push(Act { when, doing });
}

fn visit<R: Rng>(random: &mut R, acts: &mut Vec<Act>, at: &mut i64, flow: Flow, completed: &mut bool) {
    let mut act = |random: &mut R, doing| {
        let when = When::At(*at);
        acts.push(Act { when, doing });
        *at += random.random_range(2 * SECOND..4 * MINUTE);
    };
    if *completed {
        act(random, Doing::Anew);
        *completed = false;
    }
    if flow == Flow::DirectToUtility {
        act(random, Doing::LoginReached);
        if random.random() {
            let code = random.random_range(0..7);
            act(random, Doing::LoginFailed(code));
        }
        if random.random_ratio(1, 3) {
            act(random, Doing::LoginSucceeded);
            act(random, Doing::Complete);
            *completed = true;
        }
        return;
    }
    act(random, Doing::Open);
    for _ in 0..random.random_range(0..4) {
        act(random, Doing::Step);
    }
    if random.random() {
        act(random, Doing::LoginReached);
        match random.random_range(0..6) {
            0..=2 => {
                let code = random.random_range(0..7);
                act(random, Doing::LoginFailed(code));
            }
            3 | 4 => {
                act(random, Doing::LoginSucceeded);
                if random.random_ratio(3, 4) {
                    act(random, Doing::Complete);
                    *completed = true;
                }
            }
            _ => {}
        }
    }
    if !*completed && random.random_ratio(1, 3) {
        act(random, Doing::Close);
    }
}
