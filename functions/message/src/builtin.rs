//! The templates that come with the program.

macro_rules! templates {
    (shared: [$($shared:literal),* $(,)?], each_locale: [$($name:literal),* $(,)?] $(,)?) => {
        &[
            $(($shared, include_str!(concat!("../templates/", $shared))),)*
            $((concat!("en/", $name), include_str!(concat!("../templates/en/", $name))),)*
            $((concat!("es/", $name), include_str!(concat!("../templates/es/", $name))),)*
        ]
    };
}

/// Every built-in file: its path below the templates' folder, and its text.
pub(crate) const FILES: &[(&str, &str)] = templates! {
    shared: ["head.mjml", "header.mjml"],
    each_locale: [
        "closing.mjml",
        "closing.txt",
        "footer.mjml",
        "footer.txt",
        "login_help.mjml",
        "login_help.txt",
        "phone_at_hand.mjml",
        "phone_at_hand.txt",
        "sms.txt",
        "push_title.txt",
        "push.txt",
        "not_started.mjml",
        "not_started.txt",
        "agreements_unanswered.mjml",
        "agreements_unanswered.txt",
        "agreement_declined.mjml",
        "agreement_declined.txt",
        "utility_not_connected.mjml",
        "utility_not_connected.txt",
        "credentials_invalid.mjml",
        "credentials_invalid.txt",
        "mfa_failed.mjml",
        "mfa_failed.txt",
        "cancelled.mjml",
        "cancelled.txt",
        "login_failed.mjml",
        "login_failed.txt",
        "required_utilities_missing.mjml",
        "required_utilities_missing.txt",
        "wrong_utility.mjml",
        "wrong_utility.txt",
        "utility_down.mjml",
        "utility_down.txt",
        "provider_down.mjml",
        "provider_down.txt",
        "invited.mjml",
        "invited.txt",
        "repeated_returns.mjml",
        "repeated_returns.txt",
        "password_changed.mjml",
        "password_changed.txt",
        "mfa_expired.mjml",
        "mfa_expired.txt",
        "access_lost.mjml",
        "access_lost.txt",
        "renewal_due.mjml",
        "renewal_due.txt",
        "consent_ending.mjml",
        "consent_ending.txt",
        "consent_ended.mjml",
        "consent_ended.txt",
    ],
};
