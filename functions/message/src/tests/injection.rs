//! Nothing that a customer, a partner or a provider writes can become markup, Liquid, or a header.

use journey::Diagnosis;
use journey::contact::Locale;

use super::{builtin, everything_known, variables};
use crate::{RenderError, Variables};

fn hostile(text: &str) -> Variables {
    let mut variables = variables(Locale::En, Diagnosis::Cancelled, 1, everything_known());
    variables.first_name = Some(text.to_owned());
    variables.brand.brand = text.to_owned();
    variables.brand.sender_name = text.to_owned();
    variables.brand.postal_address = text.to_owned();
    variables.brand.support_email = Some(text.to_owned());
    variables.utility.name = Some(text.to_owned());
    variables.utility.phone = Some(text.to_owned());
    variables
}

#[test]
fn values_are_escaped_in_html() {
    let templates = builtin();
    for text in [
        "<b onclick=\"x\">",
        "\"><script>alert(1)</script>",
        "' onmouseover='x",
        "<!--",
        "]]>",
        "&lt;b&gt;",
    ] {
        let html = templates.render(&hostile(text)).unwrap().html;
        let harmless = templates.render(&hostile("harmless")).unwrap().html;
        for mark in ["<", ">", "\"", "'"] {
            assert_eq!(
                html.matches(mark).count(),
                harmless.matches(mark).count(),
                "{mark} of {text}"
            );
        }
    }
}

#[test]
fn values_are_never_read_as_liquid() {
    let templates = builtin();
    for text in ["{{ resume_url }}", "{% if touch == 1 %}x{% endif %}", "{{", "{% raw %}"] {
        let message = templates.render(&hostile(text)).unwrap();
        for part in [&message.html, &message.text] {
            assert!(part.contains(text), "{text}");
        }
        assert_eq!(message.html.matches("/r/abc").count(), 1);
    }
}

#[test]
fn values_never_begin_a_line_or_a_header() {
    let templates = builtin();
    let text = "Ana\r\nBcc: all@example.com\r\n\r\nbody";
    let mut variables = hostile(text);
    variables.diagnosis = Diagnosis::CredentialsInvalid;
    let message = templates.render(&variables).unwrap();
    assert!(!message.subject.contains(['\r', '\n']));
    assert!(!message.text.lines().any(|line| line.starts_with("Bcc:")));
    assert!(!message.text.contains('\r'));
}

#[test]
fn a_subject_is_one_short_line_whatever_the_values() {
    let templates = super::compile(&[(
        "en/cancelled.mjml",
        &include_str!("../../templates/en/cancelled.mjml")
            .replace("<mj-title>", "<mj-title>{{ brand }} &amp; {{ utility_name }}"),
    )])
    .unwrap();
    let message = templates.render(&hostile("a\u{2028}b\r\nSubject: <x> & y")).unwrap();
    assert!(
        message
            .subject
            .starts_with("a b Subject: <x> & y & a b Subject: <x> & y"),
        "{}",
        message.subject
    );
    assert!(message.html.contains("<title>a b Subject: &lt;x&gt; &amp; y &amp; a b"));
    let long = templates.render(&hostile(&"x".repeat(10_000))).unwrap();
    assert_eq!(long.subject.chars().count(), 150);
}

#[test]
fn required_links_must_be_links_and_known_ones_are_dropped_otherwise() {
    let templates = builtin();
    let mut wrong = variables(Locale::En, Diagnosis::Cancelled, 1, everything_known());
    wrong.resume_url = "javascript:alert(1)".to_owned();
    assert_eq!(templates.render(&wrong), Err(RenderError::NotALink("resume_url")));
    let mut wrong = variables(Locale::En, Diagnosis::Cancelled, 1, everything_known());
    wrong.unsubscribe_url = "http://example.com/u/x".to_owned();
    assert_eq!(templates.render(&wrong), Err(RenderError::NotALink("unsubscribe_url")));
    let mut wrong = variables(Locale::En, Diagnosis::CredentialsInvalid, 1, everything_known());
    wrong.utility.forgot_password_url = Some("javascript:alert(1)".to_owned());
    wrong.utility.forgot_username_url = None;
    let message = templates.render(&wrong).unwrap();
    assert!(!message.html.contains("javascript:"));
    assert!(message.text.contains("https://utility.example/login?a=b&c=d"));
}

#[test]
fn a_diagnosis_without_a_message_has_none() {
    let silent = variables(Locale::En, Diagnosis::Ineligible, 1, everything_known());
    assert_eq!(builtin().render(&silent), Err(RenderError::NoTemplate));
}
