//! What goes wrong: each fault has a kind and a name, so that a story can be told again without it.

use core::fmt;

use rand::SeedableRng;
use rand_pcg::Pcg64Mcg;

/// A kind of fault; each case draws which of them it has.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Kind {
    /// A webhook is never delivered.
    WebhookLost,
    /// Its first deliveries fail on the way: it comes by the provider's schedule, up to 6 h late.
    WebhookLate,
    /// It is delivered once more than needed, at once or much later.
    WebhookTwice,
    /// It is overtaken by others.
    WebhookReordered,
    /// A schedule never fires.
    TimerLost,
    /// It fires late: up to a minute, or hours after an outage.
    TimerLate,
    /// It fires twice, or calls the function twice at once.
    TimerTwice,
    /// A process dies before or after an effect.
    Killed,
    /// A call takes seconds, and may outlive its function.
    Slow,
    /// The store fails, before its effect or after it.
    StoreFails,
    /// The index of what is due shows an earlier state.
    IndexStale,
    /// A sender throttles.
    SenderThrottles,
    /// A sender refuses a message for good.
    SenderRefuses,
    /// A sender takes a message over, or does not, and never answers.
    SenderSilent,
    /// A message bounces, or the recipient complains.
    Bounces,
    /// The sender's events are lost, late, or come twice.
    EventsUnreliable,
    /// The provider's API fails: 429, 403, 500, a time-out.
    ProviderFails,
    /// The provider's record follows minutes late.
    ProviderLags,
    /// A function's clock is wrong by seconds.
    ClockSkewed,
    /// The contact changes in mid-flight: opts out, is erased, moves, comes late.
    ContactChanges,
    /// The campaign changes in mid-flight.
    CampaignChanges,
    /// Somebody else sends webhooks in the name of a provider that does not sign them.
    WebhookForged,
}

impl Kind {
    /// All of them.
    pub const ALL: [Kind; 22] = [
        Kind::WebhookLost,
        Kind::WebhookLate,
        Kind::WebhookTwice,
        Kind::WebhookReordered,
        Kind::TimerLost,
        Kind::TimerLate,
        Kind::TimerTwice,
        Kind::Killed,
        Kind::Slow,
        Kind::StoreFails,
        Kind::IndexStale,
        Kind::SenderThrottles,
        Kind::SenderRefuses,
        Kind::SenderSilent,
        Kind::Bounces,
        Kind::EventsUnreliable,
        Kind::ProviderFails,
        Kind::ProviderLags,
        Kind::ClockSkewed,
        Kind::ContactChanges,
        Kind::CampaignChanges,
        Kind::WebhookForged,
    ];

    /// The word for the command line and the summary.
    #[must_use]
    pub const fn word(self) -> &'static str {
        match self {
            Kind::WebhookLost => "webhook-lost",
            Kind::WebhookLate => "webhook-late",
            Kind::WebhookTwice => "webhook-twice",
            Kind::WebhookReordered => "webhook-reordered",
            Kind::TimerLost => "timer-lost",
            Kind::TimerLate => "timer-late",
            Kind::TimerTwice => "timer-twice",
            Kind::Killed => "killed",
            Kind::Slow => "slow",
            Kind::StoreFails => "store-fails",
            Kind::IndexStale => "index-stale",
            Kind::SenderThrottles => "sender-throttles",
            Kind::SenderRefuses => "sender-refuses",
            Kind::SenderSilent => "sender-silent",
            Kind::Bounces => "bounces",
            Kind::EventsUnreliable => "events-unreliable",
            Kind::ProviderFails => "provider-fails",
            Kind::ProviderLags => "provider-lags",
            Kind::ClockSkewed => "clock-skewed",
            Kind::ContactChanges => "contact-changes",
            Kind::CampaignChanges => "campaign-changes",
            Kind::WebhookForged => "webhook-forged",
        }
    }
}

/// A set of kinds.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Kinds(u32);

impl Kinds {
    /// None of them.
    pub const NONE: Kinds = Kinds(0);
    /// Every one.
    pub const ALL: Kinds = Kinds((1 << Kind::ALL.len()) - 1);

    /// One alone.
    #[must_use]
    pub const fn only(kind: Kind) -> Self {
        Kinds(1 << kind as u8)
    }

    /// Is it among them?
    #[must_use]
    pub const fn has(self, kind: Kind) -> bool {
        self.0 & (1 << kind as u8) != 0
    }

    /// Those in both.
    #[must_use]
    pub const fn and(self, other: Kinds) -> Self {
        Kinds(self.0 & other.0)
    }

    /// Those in either.
    pub(crate) const fn or(self, other: Kinds) -> Self {
        Kinds(self.0 | other.0)
    }

    pub(crate) const fn from_bits(bits: u32) -> Self {
        Kinds(bits).and(Kinds::ALL)
    }

    /// Reads `all`, `none`, or words parted by commas.
    ///
    /// # Errors
    /// The word that is none.
    pub fn parse(text: &str) -> Result<Self, String> {
        match text {
            "all" => Ok(Kinds::ALL),
            "none" => Ok(Kinds::NONE),
            words => words.split(',').try_fold(Kinds::NONE, |kinds, word| {
                let kind = Kind::ALL.into_iter().find(|kind| kind.word() == word);
                let kind = kind.ok_or_else(|| format!("no kind of fault: {word}"))?;
                Ok(Kinds(kinds.0 | Kinds::only(kind).0))
            }),
        }
    }
}

impl fmt::Display for Kinds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if *self == Kinds::ALL {
            return f.write_str("all");
        }
        let words: Vec<_> = Kind::ALL
            .into_iter()
            .filter(|kind| self.has(*kind))
            .map(Kind::word)
            .collect();
        f.write_str(if words.is_empty() { "none" } else { "" })?;
        f.write_str(&words.join(","))
    }
}

/// What an invocation is of.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
#[repr(u8)]
pub enum Of {
    /// `webhook`: act `a`, delivery `b`.
    Webhook = 1,
    /// `touchpoint`, of a journey: generation `a`, firing `b`.
    Fire,
    /// `reconcile`'s pass in minute `a`.
    Pass,
    /// `reconcile`'s sweep in minute `a`.
    Sweep,
    /// `meter-check` in minute `a`.
    Meters,
    /// `contacts` or `pages`: act `a`, attempt `b`.
    Contact,
    /// `feedback`: message `a`, event and delivery `b`.
    Feedback,
    /// `announce`: from record `a` on, attempt `b`.
    Announce,
}

/// The name of an invocation: the same in every telling of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Who {
    /// What it is of.
    pub of: Of,
    /// Which customer, or journey, it is for; 255 for all.
    pub customer: u8,
    /// The first number.
    pub a: u32,
    /// The second number.
    pub b: u16,
}

impl Who {
    /// An invocation for all customers.
    pub const ALL: u8 = 255;

    fn packed(self) -> u64 {
        u64::from(self.of as u8) << 56 | u64::from(self.customer) << 48 | u64::from(self.a) << 16 | u64::from(self.b)
    }
}

impl fmt::Display for Who {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Who { of, customer, a, b } = self;
        match of {
            Of::Webhook => write!(f, "webhook {customer}.{a}.{b}"),
            Of::Fire => write!(f, "touchpoint {customer}.{a}.{b}"),
            Of::Pass => write!(f, "reconcile {a}"),
            Of::Sweep => write!(f, "sweep {a}"),
            Of::Meters => write!(f, "meter-check {a}"),
            Of::Contact => write!(f, "contact {customer}.{a}.{b}"),
            Of::Announce => write!(f, "announce {a}.{b}"),
            Of::Feedback => write!(f, "feedback {customer}.{a}.{b}"),
        }
    }
}

/// One fault: its kind, and where.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Fault {
    /// Whom it hits.
    pub who: Who,
    /// At which of its calls; 0 when it is not at a call.
    pub call: u16,
    /// Its kind.
    pub kind: Kind,
}

/// What is drawn apart from the rest, so that removing one thing moves no other.
#[derive(Clone, Copy)]
pub(crate) enum Stream {
    /// The case: campaign, kinds of faults, times.
    Case = 1,
    /// What a customer does.
    Customer,
    /// What goes wrong with one call or delivery.
    Fault,
    /// How long one call takes.
    Latency,
    /// Bayou's customers, and what they do.
    Sharing,
    /// Light's.
    Enrolling,
}

/// The draws for one name. The name is the generator's seed; a small generator, since it is set up for each call.
pub(crate) fn draw(seed: u64, stream: Stream, who: u64, number: u64) -> Pcg64Mcg {
    // Neighbouring names must not draw alike: each word is spread over all bits (the finish of SplitMix64).
    let spread = |sum: u64, word: u64| {
        let mut sum = sum.wrapping_add(word).wrapping_add(0x9e37_79b9_7f4a_7c15);
        sum = (sum ^ (sum >> 30)).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        sum = (sum ^ (sum >> 27)).wrapping_mul(0x94d0_49bb_1331_11eb);
        sum ^ (sum >> 31)
    };
    let named = [stream as u64, who, number];
    Pcg64Mcg::seed_from_u64(named.into_iter().fold(spread(0, seed), spread))
}

/// The draws for an invocation's call.
pub(crate) fn draw_for(seed: u64, stream: Stream, who: Who, call: u16) -> Pcg64Mcg {
    draw(seed, stream, who.packed(), u64::from(call))
}
