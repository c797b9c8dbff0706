//! Who connects a utility account, and what they are like.

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

use crate::leap::utilities::Utility;
use crate::leap::vocabulary::ErrorCode;

/// A customer of the partner's, as the partner knows them, with the habit only the sandbox knows.
#[derive(Clone, Debug)]
pub struct Customer {
    /// What the partner calls them; it travels in their link and in every event.
    pub reference: String,
    /// An invented first name.
    pub first_name: String,
    /// An address at a domain reserved for examples.
    pub email: String,
    /// The language they read: `en` or `es`.
    pub locale: &'static str,
    /// The utility they are asked to connect.
    pub utility: &'static Utility,
    /// Whether it is a home or a business.
    pub classification: Classification,
    /// Which way their link takes.
    pub flow: Flow,
    /// Their own link at the provider, which starts a session when opened.
    pub link: String,
    /// Whether they do not want to hear from the partner.
    pub opted_out: bool,
    /// What they do when left alone.
    pub habit: Habit,
    /// When they first open their link, if they do.
    pub arrives_at: Timestamp,
    /// When their meter appears, should they complete.
    pub meter: MeterArrival,
    /// Another reference of the same person at the same utility account.
    pub(crate) also: Option<String>,
    pub(crate) requested: Vec<&'static Utility>,
    /// Links of the new shape request no utilities, and then none is flagged as required.
    pub(crate) requested_is_required: bool,
    pub(crate) generator_asked: bool,
    pub(crate) camel_case_generator: bool,
}

/// Whether a customer is a home or a business.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "SCREAMING_SNAKE_CASE")]
pub enum Classification {
    /// A home: one utility, usually.
    Residential,
    /// A business: all required utilities have to be connected.
    Commercial,
}

/// Which way a customer's link takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Flow {
    /// Leap Connect: agreements first, the utility last.
    Connect,
    /// Direct to the utility, which sends authorization events only.
    DirectToUtility,
}

/// When the meter of a customer appears after they have completed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum MeterArrival {
    /// So long after completion: 20 to 30 hours mostly, 80 sometimes.
    After(SignedDuration),
    /// Not at all.
    Never,
}

/// What a customer does when left alone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Habit {
    /// Answers the agreements and leaves at the utility's login, as most do.
    StopsAtUtilityLogin,
    /// Finishes within 3 to 20 minutes.
    FinishesAlone,
    /// Finishes, but takes more than the time after which reminders start.
    FinishesSlowly,
    /// Leaves with agreements unanswered.
    StopsAtAgreements,
    /// Opens the link and does no step.
    OpensOnly,
    /// Never opens the link, so that the provider knows nothing.
    NeverOpens,
    /// Declines the participation agreement, which closes the session.
    DeclinesAgreement,
    /// Enters a wrong password at the utility.
    WrongPassword,
    /// Fails the utility's second factor.
    FailsSecondFactor,
    /// Cancels at the utility.
    Cancels,
    /// Meets an outage of the utility.
    MeetsUtilityOutage,
    /// Meets an error of the provider.
    MeetsTechnicalError,
    /// Has an account that is not eligible.
    IsIneligible,
    /// Meets an error the provider gives no code for.
    MeetsUnexplainedError,
    /// Leaves one session at the utility's login and completes in a second one.
    CompletesInSecondSession,
    /// Connects another utility than the one asked for.
    ConnectsWrongUtility,
    /// Is a business that connects the first of two required utilities.
    LeavesSecondUtilityOut,
    /// Fills in a form where no utility has to be connected, and finishes.
    FinishesForm,
    /// Goes directly to the utility and leaves at its login.
    StopsDirectly,
    /// Goes directly to the utility and enters a wrong password.
    FailsDirectly,
    /// Goes directly to the utility and finishes.
    FinishesDirectly,
}

impl Habit {
    /// All habits.
    pub const ALL: [Self; 21] = [
        Self::StopsAtUtilityLogin,
        Self::FinishesAlone,
        Self::FinishesSlowly,
        Self::StopsAtAgreements,
        Self::OpensOnly,
        Self::NeverOpens,
        Self::DeclinesAgreement,
        Self::WrongPassword,
        Self::FailsSecondFactor,
        Self::Cancels,
        Self::MeetsUtilityOutage,
        Self::MeetsTechnicalError,
        Self::IsIneligible,
        Self::MeetsUnexplainedError,
        Self::CompletesInSecondSession,
        Self::ConnectsWrongUtility,
        Self::LeavesSecondUtilityOut,
        Self::FinishesForm,
        Self::StopsDirectly,
        Self::FailsDirectly,
        Self::FinishesDirectly,
    ];

    /// What they do, in a few words.
    #[must_use]
    pub const fn describe(self) -> &'static str {
        match self {
            Self::StopsAtUtilityLogin => "stops at the utility's login",
            Self::FinishesAlone => "finishes alone",
            Self::FinishesSlowly => "finishes alone, slowly",
            Self::StopsAtAgreements => "stops at the agreements",
            Self::OpensOnly => "opens the link, does nothing",
            Self::NeverOpens => "never opens the link",
            Self::DeclinesAgreement => "declines an agreement",
            Self::WrongPassword => "enters a wrong password",
            Self::FailsSecondFactor => "fails the second factor",
            Self::Cancels => "cancels at the utility",
            Self::MeetsUtilityOutage => "meets an outage of the utility",
            Self::MeetsTechnicalError => "meets a fault of the provider",
            Self::IsIneligible => "is not eligible",
            Self::MeetsUnexplainedError => "meets an unexplained error",
            Self::CompletesInSecondSession => "finishes in a second session",
            Self::ConnectsWrongUtility => "connects the wrong utility",
            Self::LeavesSecondUtilityOut => "a business, leaves a utility out",
            Self::FinishesForm => "fills in a form, finishes",
            Self::StopsDirectly => "direct to utility, stops",
            Self::FailsDirectly => "direct to utility, wrong password",
            Self::FinishesDirectly => "direct to utility, finishes",
        }
    }

    /// How many in a thousand customers have this habit.
    pub(crate) fn weight(self) -> u32 {
        match self {
            Self::StopsAtUtilityLogin => 370,
            Self::FinishesAlone => 210,
            Self::FinishesSlowly => 25,
            Self::StopsAtAgreements => 80,
            Self::OpensOnly => 30,
            Self::NeverOpens => 15,
            Self::DeclinesAgreement => 25,
            Self::WrongPassword => 55,
            Self::FailsSecondFactor => 25,
            Self::Cancels => 30,
            Self::MeetsUtilityOutage => 15,
            Self::MeetsTechnicalError => 10,
            Self::IsIneligible => 15,
            Self::MeetsUnexplainedError => 5,
            Self::CompletesInSecondSession => 30,
            Self::ConnectsWrongUtility => 10,
            Self::LeavesSecondUtilityOut => 10,
            Self::FinishesForm => 10,
            Self::StopsDirectly => 15,
            Self::FailsDirectly => 5,
            Self::FinishesDirectly => 10,
        }
    }

    pub(crate) fn flow(self) -> Flow {
        match self {
            Self::StopsDirectly | Self::FailsDirectly | Self::FinishesDirectly => Flow::DirectToUtility,
            Self::StopsAtUtilityLogin
            | Self::FinishesAlone
            | Self::FinishesSlowly
            | Self::StopsAtAgreements
            | Self::OpensOnly
            | Self::NeverOpens
            | Self::DeclinesAgreement
            | Self::WrongPassword
            | Self::FailsSecondFactor
            | Self::Cancels
            | Self::MeetsUtilityOutage
            | Self::MeetsTechnicalError
            | Self::IsIneligible
            | Self::MeetsUnexplainedError
            | Self::CompletesInSecondSession
            | Self::ConnectsWrongUtility
            | Self::LeavesSecondUtilityOut
            | Self::FinishesForm => Flow::Connect,
        }
    }

    /// How the utility answers somebody with this habit, if it turns them away; the code itself may
    /// be missing.
    pub(crate) fn failure(self) -> Option<Option<ErrorCode>> {
        match self {
            Self::WrongPassword | Self::FailsDirectly => Some(Some(ErrorCode::UserInvalidCredentials)),
            Self::FailsSecondFactor => Some(Some(ErrorCode::AuthMfaError)),
            Self::Cancels => Some(Some(ErrorCode::UserCanceled)),
            Self::MeetsUtilityOutage => Some(Some(ErrorCode::UtilityError)),
            Self::MeetsTechnicalError => Some(Some(ErrorCode::TechnicalError)),
            Self::IsIneligible => Some(Some(ErrorCode::UserIneligible)),
            Self::MeetsUnexplainedError => Some(None),
            Self::StopsAtUtilityLogin
            | Self::FinishesAlone
            | Self::FinishesSlowly
            | Self::StopsAtAgreements
            | Self::OpensOnly
            | Self::NeverOpens
            | Self::DeclinesAgreement
            | Self::CompletesInSecondSession
            | Self::ConnectsWrongUtility
            | Self::LeavesSecondUtilityOut
            | Self::FinishesForm
            | Self::StopsDirectly
            | Self::FinishesDirectly => None,
        }
    }

    /// How likely somebody with this habit comes back after the first, second and third reminder.
    pub(crate) fn returns_p(self) -> [f64; 3] {
        match self {
            Self::StopsAtUtilityLogin => [0.45, 0.25, 0.15],
            Self::StopsAtAgreements | Self::LeavesSecondUtilityOut => [0.35, 0.2, 0.1],
            Self::OpensOnly => [0.3, 0.2, 0.1],
            Self::DeclinesAgreement => [0.05, 0.03, 0.02],
            Self::WrongPassword
            | Self::FailsDirectly
            | Self::MeetsUtilityOutage
            | Self::MeetsTechnicalError
            | Self::MeetsUnexplainedError => [0.5, 0.3, 0.15],
            Self::FailsSecondFactor | Self::StopsDirectly => [0.4, 0.25, 0.1],
            Self::Cancels => [0.2, 0.1, 0.05],
            Self::ConnectsWrongUtility => [0.1, 0.05, 0.0],
            // Reminders cannot help the ineligible; the others need none.
            Self::IsIneligible
            | Self::NeverOpens
            | Self::FinishesAlone
            | Self::FinishesSlowly
            | Self::CompletesInSecondSession
            | Self::FinishesForm
            | Self::FinishesDirectly => [0.0, 0.0, 0.0],
        }
    }
}
