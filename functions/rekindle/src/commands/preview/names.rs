//! What the gallery calls things, for those who write the words.

use journey::Diagnosis;
use journey::campaign::Channel;
use journey::contact::Locale;

/// A diagnosis in plain words, and who gets its message.
pub(super) const fn diagnosis(diagnosis: Diagnosis) -> (&'static str, &'static str) {
    match diagnosis {
        Diagnosis::NotStarted => ("Opened the link, did nothing", "Clicked the link and took no step."),
        Diagnosis::AgreementsUnanswered => ("Left an agreement open", "Began, and has not answered an agreement."),
        Diagnosis::AgreementDeclined => (
            "Declined an agreement",
            "Said no. Gets a message only where the campaign's policy is to follow up.",
        ),
        Diagnosis::UtilityNotConnected => (
            "Stopped before signing in",
            "Reached the utility's sign-in and went no further. Most stop here.",
        ),
        Diagnosis::CredentialsInvalid => (
            "User name or password refused",
            "The utility did not accept the sign-in.",
        ),
        Diagnosis::MfaFailed => (
            "Security code failed",
            "The utility asked for a code, and it did not work.",
        ),
        Diagnosis::Cancelled => ("Cancelled at the utility", "Turned back on the utility's own page."),
        Diagnosis::LoginFailed => (
            "Sign-in failed, reason unknown",
            "The sign-in failed, and nobody says why.",
        ),
        Diagnosis::RequiredUtilitiesMissing => (
            "More accounts are needed",
            "Connected some of several required utilities.",
        ),
        Diagnosis::WrongUtility => (
            "Connected another utility",
            "Connected one that was not asked for. Only where the campaign's policy is to follow up.",
        ),
        Diagnosis::Ineligible => ("Cannot take part", "Gets no message."),
        Diagnosis::UtilityDown => ("The utility was down", "Could not go on, and can try again now."),
        Diagnosis::ProviderDown => (
            "The connection service was down",
            "Could not go on, and can try again now.",
        ),
        Diagnosis::NothingLeft => ("Nothing left to do", "Gets no message."),
        Diagnosis::AddressNeeded => (
            "No address yet",
            "Has an account, and has not found an address for a plan.",
        ),
        Diagnosis::PlanNotChosen => ("Plan not chosen", "Saw the plans of an address, and accepted none."),
        Diagnosis::PlanExpired => (
            "Plan expired",
            "Accepted a plan that can no longer begin as chosen. Chooses again.",
        ),
        Diagnosis::BillingAddressMissing => (
            "Billing address missing",
            "Accepted a plan, and has not said where the bills go. The payment method may be missing, too.",
        ),
        Diagnosis::PaymentMissing => ("Payment missing", "Accepted a plan, and added no payment method."),
        Diagnosis::IdentityMissing => (
            "Identity not verified",
            "All but the identity is done. Only where the campaign's policy is to follow up.",
        ),
        Diagnosis::Invited => ("Invited, never came", "Was invited, and has not followed the link."),
        Diagnosis::RepeatedReturns => (
            "Came back without success",
            "Came back more than once and did not get through: a lost login, perhaps.",
        ),
        Diagnosis::PasswordChanged => (
            "Connection lost: password",
            "Was connected; the utility's password has changed.",
        ),
        Diagnosis::MfaExpired => (
            "Connection lost: second step",
            "Was connected; the utility wants its second step again.",
        ),
        Diagnosis::AccessLost => ("Connection lost", "Was connected; nobody says why it stopped."),
        Diagnosis::RenewalDue => (
            "Connection to be renewed",
            "Is connected, and will soon have to sign in again. Only where the campaign asks for it.",
        ),
        Diagnosis::ConsentEnding => ("Consent ends soon", "Agreed to share data until a day that is near."),
        Diagnosis::ConsentEnded => ("Consent has ended", "Agreed to share data until a day that is past."),
        Diagnosis::Unrecognized => ("Not understood", "Gets no message."),
    }
}

/// A language by its own name.
pub(super) const fn locale(locale: Locale) -> &'static str {
    match locale {
        Locale::En => "English",
        Locale::Es => "Español",
    }
}

/// A channel, for those who know no abbreviations.
pub(super) const fn channel(channel: Channel) -> &'static str {
    match channel {
        Channel::Email => "E-mail",
        Channel::Sms => "Text message",
        Channel::Push => "App notification",
        Channel::Event => "Event to your own sender",
    }
}
