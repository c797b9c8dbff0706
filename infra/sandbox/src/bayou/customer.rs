//! Who connects a utility account, and what they are like.

use jiff::{SignedDuration, Timestamp};

use crate::bayou::utilities::{FilledFlag, Utility};

/// A customer of the partner's, as the partner knows them, with the habit only the sandbox knows.
#[derive(Clone, Debug)]
pub struct Customer {
    /// What the partner calls them; Bayou's records and events carry it.
    pub external_id: String,
    /// An invented first name.
    pub first_name: String,
    /// An address at a domain reserved for examples.
    pub email: String,
    /// The language they read: `en` or `es`.
    pub locale: &'static str,
    /// The utility whose account they have.
    pub utility: &'static Utility,
    /// Whether the partner knows the utility; if not, the form asks for it.
    pub utility_is_told: bool,
    /// Whether they do not want to hear from the partner.
    pub opted_out: bool,
    /// What they do when left alone.
    pub habit: Habit,
    /// When they first open the form, if they do.
    pub arrives_at: Timestamp,
    /// Whether the partner's own program makes their record at Bayou when they arrive, should there
    /// be none. If not, they wait until somebody makes it.
    pub partner_creates: bool,
    /// Whether their account has interval data, where their utility has any.
    pub account_has_intervals: bool,
    /// How long after the first login new intervals stop, though nothing says so.
    pub intervals_stop_after: Option<SignedDuration>,
    /// How long after the first login they change their password at the utility.
    pub password_changes_after: Option<SignedDuration>,
    /// What they do once access is lost.
    pub repair: Repair,
    /// What `has_filled_credentials` says once access is lost, unless it is as at their utility.
    pub filled_flag: Option<FilledFlag>,
}

/// What a customer does once access is lost.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Repair {
    /// Logs in again after a reminder.
    AfterReminder,
    /// Logs in again after some days, without one.
    Alone,
    /// Does not log in again.
    Never,
}

/// What a customer does when left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Habit {
    /// Logs in within two minutes.
    ConnectsAtOnce,
    /// Logs in, and changes the password some weeks later.
    LosesAccess,
    /// Leaves at the login, and may come back.
    StopsAtLogin,
    /// Leaves at the login for good.
    LeavesForGood,
    /// Never opens the form, until a message makes them curious perhaps.
    NeverClicks,
    /// Enters wrong passwords, and leaves.
    WrongPassword,
    /// Enters wrong codes, and leaves.
    FailsSecondFactor,
    /// Meets an outage of the utility.
    MeetsOutage,
}

impl Habit {
    /// All habits.
    pub const ALL: [Self; 8] = [
        Self::ConnectsAtOnce,
        Self::LosesAccess,
        Self::StopsAtLogin,
        Self::LeavesForGood,
        Self::NeverClicks,
        Self::WrongPassword,
        Self::FailsSecondFactor,
        Self::MeetsOutage,
    ];

    /// What they do, in a few words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::ConnectsAtOnce => "connects at once",
            Self::LosesAccess => "connects, changes the password later",
            Self::StopsAtLogin => "stops at the login",
            Self::LeavesForGood => "stops at the login for good",
            Self::NeverClicks => "never opens the form",
            Self::WrongPassword => "enters wrong passwords",
            Self::FailsSecondFactor => "fails the second factor",
            Self::MeetsOutage => "meets an outage of the utility",
        }
    }

    /// How many in a thousand customers have this habit.
    pub(crate) fn weight(self) -> u32 {
        match self {
            Self::ConnectsAtOnce => 300,
            Self::LosesAccess => 100,
            Self::StopsAtLogin => 290,
            Self::LeavesForGood => 60,
            Self::NeverClicks => 100,
            Self::WrongPassword => 80,
            Self::FailsSecondFactor => 50,
            Self::MeetsOutage => 20,
        }
    }

    /// How likely somebody with this habit who has never connected comes back after the first,
    /// second and third reminder.
    pub(crate) fn returns_p(self) -> [f64; 3] {
        match self {
            // Whoever connects alone is rarely reminded, but the form may have waited for a record.
            Self::ConnectsAtOnce | Self::LosesAccess | Self::StopsAtLogin => [0.45, 0.25, 0.15],
            Self::WrongPassword | Self::MeetsOutage => [0.5, 0.3, 0.15],
            Self::FailsSecondFactor => [0.4, 0.25, 0.1],
            Self::NeverClicks => [0.15, 0.1, 0.05],
            Self::LeavesForGood => [0.0, 0.0, 0.0],
        }
    }
}
