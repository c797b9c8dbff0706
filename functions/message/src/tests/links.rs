//! Where links may lead: in every branch of a template, and in a message as it goes out.

use journey::contact::Locale;
use journey::{Diagnosis, LinkHosts};

use super::{builtin, compile, everything_known, variables};
use crate::{MessageText, RenderError, Templates, links};

const HTML: &str = include_str!("../../templates/en/cancelled.mjml");
const TEXT: &str = include_str!("../../templates/en/cancelled.txt");

/// The first foreign link of a compiled template.
fn foreign(html: &str) -> Option<String> {
    let hosts = LinkHosts::new(vec!["pages.sunhome.example".to_owned()]).unwrap();
    links::foreign(links::targets(html), &hosts, Some("help@sunhome.example"))
}

#[test]
fn a_template_links_to_allowed_hosts_alone() {
    for good in [
        "<a href=\"https://pages.sunhome.example/help\">help</a>",
        "<a href=\"https://pages.sunhome.example/?from={{ resume_url }}\">help</a>",
        "<a href=\"{{ resume_url }}?again\">again</a>",
        "<a href=\"{% if utility_login_url %}{{ utility_login_url }}{% else %}{{ resume_url }}{% endif %}\">in</a>",
        "<a href=\"mailto:{{ support_email }}?subject=Help\">us</a>",
        "<a href=\"mailto:help@sunhome.example\">us</a>",
        "<a href=\"tel:{{ utility_phone }}\">call</a>",
        "see https://pages.sunhome.example/help.",
        "see pages of ours, 24 / 7: no link",
    ] {
        assert_eq!(foreign(good), None, "{good}");
    }
    for bad in [
        "<a href=\"https://evil.example/help\">help</a>",
        "<a href=\"https://pages.sunhome.example.evil.example/\">help</a>",
        "<a href=\"https://pages.sunhome.example@evil.example/\">help</a>",
        "<a href=\"https://pages.sunhome.example:8443/\">help</a>",
        "<a href=\"http://pages.sunhome.example/\">help</a>",
        "<a href=\"//evil.example/\">help</a>",
        "<a href=\"/help\">help</a>",
        "<a href=\"https://{{ resume_url }}\">help</a>",
        "<a href=\"{{ resume_url }}.evil.example/\">help</a>",
        "<a href=\"{{ support_email }}\">help</a>",
        "<a href=\"javascript:alert(1)\">help</a>",
        "<a href=\"&#104;ttps://evil.example/\">help</a>",
        "<a href=\"{% if touch == 9 %}https://evil.example/{% else %}{{ resume_url }}{% endif %}\">in</a>",
        "{% if touch == 9 %}<a href='https://evil.example/'>in</a>{% endif %}",
        "<a href=\"mailto:someone@evil.example\">us</a>",
        "<a href=\"tel:+12025550123\">call</a>",
        "<img src=\"https://evil.example/open.gif\" />",
        "<p style=\"background: url(https://evil.example/open.gif)\">x</p>",
        "<p style=\"background: url(//evil.example/open.gif)\">x</p>",
        "see https://evil.example/help",
        "see www.evil.example",
    ] {
        assert!(foreign(bad).is_some(), "{bad}");
    }
}

#[test]
fn a_foreign_link_is_told_with_its_place() {
    let text = TEXT.replace("Try again:", "Try again:\nhttps://evil.example/x\n");
    let told = compile(&[("en/cancelled.txt", &text)]).map(drop).unwrap_err();
    let line = 1 + text.lines().position(|line| line.starts_with("https://evil")).unwrap();
    assert!(
        told.starts_with(&format!(
            "templates/en/cancelled.txt:{line}:1: `https://evil.example/x` leads to"
        )),
        "{told}"
    );
    let html = HTML.replace(
        "{{ resume_url }}",
        "{% if touch == 9 %}//evil.example{% else %}{{ resume_url }}{% endif %}",
    );
    let told = compile(&[("en/cancelled.mjml", &html)]).map(drop).unwrap_err();
    let line = 1 + html.lines().position(|line| line.contains("//evil")).unwrap();
    assert!(
        told.contains(&format!("templates/en/cancelled.mjml:{line}:45: ")),
        "{told}"
    );
    // A file that is included is named itself, and a text message is a text.
    let footer = include_str!("../../templates/en/footer.txt");
    let told = compile(&[("en/footer.txt", &format!("https://evil.example/y\n{footer}"))])
        .map(drop)
        .unwrap_err();
    assert!(
        told.lines()
            .all(|line| line.starts_with("templates/en/footer.txt:1:1: ")),
        "{told}"
    );
    let sms = include_str!("../../templates/en/sms.txt");
    let told = compile(&[("en/sms.txt", &format!("{sms} www.evil.example"))])
        .map(drop)
        .unwrap_err();
    assert!(told.starts_with("templates/en/sms.txt:"), "{told}");
}

/// Whoever has compiled them, and whatever was changed since.
#[test]
fn a_message_goes_out_with_allowed_links_alone() {
    let variables = |hosts: &[&str]| {
        let mut variables = variables(Locale::En, Diagnosis::CredentialsInvalid, 1, everything_known());
        variables.brand.link_hosts = LinkHosts::new(hosts.iter().map(|host| (*host).to_owned()).collect()).unwrap();
        variables
    };
    let builtin = builtin();
    let changed = |html: &str, text: &str, sms: &str| {
        Templates::open(builtin.texts().map(|(name, message)| {
            let more = MessageText {
                subject: message.subject.clone(),
                html: message.html.replace("</body>", &format!("{html}</body>")),
                text: format!("{}{text}", message.text),
                sms: format!("{}{sms}", message.sms),
                push_title: message.push_title.clone(),
                push: message.push.clone(),
            };
            (name, more)
        }))
    };
    let none = variables(&[]);
    let evil = variables(&["evil.example", ".evil.example"]);
    for (html, text) in [
        ("<a href=\"https://evil.example/\">x</a>", ""),
        ("<A HREF=https://evil.example/>x</a>", ""),
        (
            "<!--[if mso]><v:rect href=\"https://evil.example/\"></v:rect><![endif]-->",
            "",
        ),
        ("<p title=\"https://evil.example/\">x</p>", ""),
        ("<style>p { background: url('https://evil.example/x') }</style>", ""),
        ("<style>@import \"https://evil.example/x\";</style>", ""),
        ("https://evil.example/", ""),
        ("", "https://evil.example/"),
        ("", "(www.evil.example)"),
    ] {
        let templates = changed(html, text, "");
        assert_eq!(templates.render(&none), Err(RenderError::ForeignLink), "{html}{text}");
        assert!(templates.render(&evil).is_ok(), "{html}{text}");
    }
    for (html, text) in [
        ("<a href=\"https://evil.example:1/\">x</a>", ""),
        ("<a href=\"javascript:alert(1)\">x</a>", ""),
        ("<a href=\"{{ brand }}\">x</a>", ""),
        ("<a href=\"mailto:{{ first_name }}\">x</a>", ""),
        (
            "<meta http-equiv=\"refresh\" content=\"0;url=http://evil.example/\">",
            "",
        ),
        ("", "ftp://evil.example/"),
    ] {
        assert_eq!(
            changed(html, text, "").render(&evil),
            Err(RenderError::ForeignLink),
            "{html}{text}"
        );
    }
    assert_eq!(
        changed("", "", " http://evil.example").render_text(&evil),
        Err(RenderError::ForeignLink)
    );
    assert!(
        changed("<a href=\"https://connect.leap.energy?refId=1\">x</a>", "", "")
            .render(&none)
            .is_ok()
    );
    // Our own pages may be at this machine; nothing else may.
    let mut local = variables(&[]);
    local.resume_url = "http://127.0.0.1:8787/r/abc".to_owned();
    assert!(builtin.render(&local).is_ok());
    assert_eq!(
        changed("", "http://127.0.0.1:9/", "").render(&local),
        Err(RenderError::ForeignLink)
    );
}
