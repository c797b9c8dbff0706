//! Messages that were compiled before.

use journey::Diagnosis;
use journey::contact::Locale;

use super::{builtin, everything_known, variables};
use crate::{MessageName, MessageText, RenderError, Templates, TrialError};

fn opened() -> Templates {
    Templates::open(builtin().texts().map(|(name, text)| (name, text.clone())))
}

#[test]
fn an_opened_message_is_the_compiled_one() {
    let (compiled, opened) = (builtin(), opened());
    assert!(compiled.texts().eq(opened.texts()));
    assert!(opened.names().eq(MessageName::all(&Locale::ALL)));
    opened.check().unwrap();
    for sample in compiled.gallery(3) {
        let variables = variables(sample.locale, sample.diagnosis, sample.touch, everything_known());
        assert_eq!(compiled.render(&variables), opened.render(&variables));
    }
}

#[test]
fn a_name_reads_as_it_is_written() {
    for name in MessageName::all(&Locale::ALL) {
        assert_eq!(MessageName::parse(&name.to_string()), Some(name));
        assert_eq!(MessageName::try_from(String::from(name)), Ok(name));
    }
    for other in [
        "",
        "en",
        "en/",
        "fr/not_started",
        "en/not_started/x",
        "EN/not_started",
        "not_started",
    ] {
        assert_eq!(MessageName::parse(other), None, "{other}");
    }
}

#[test]
fn what_is_not_liquid_harms_one_message_alone() {
    let (locale, broken) = (Locale::En, Diagnosis::Cancelled);
    let texts = builtin();
    let templates = Templates::open(texts.texts().map(|(name, text)| {
        let mut text = text.clone();
        if name.diagnosis == broken {
            text.html = "{{ resume_url".to_owned();
        }
        (name, text)
    }));
    let render = |diagnosis| templates.render(&variables(locale, diagnosis, 1, everything_known()));
    assert_eq!(render(broken), Err(RenderError::Liquid));
    assert!(render(Diagnosis::NotStarted).is_ok());
    let fault = templates.check().unwrap_err();
    assert_eq!((fault.name.to_string().as_str(), fault.part), ("en/cancelled", "html"));
}

#[test]
fn a_trial_finds_what_only_some_touches_leave_out() {
    let brand = super::brand();
    opened().try_out(&brand, 3).unwrap();
    let name = MessageName {
        locale: Locale::Es,
        diagnosis: Diagnosis::MfaFailed,
    };
    let trial = |html: &str| {
        let text = MessageText {
            subject: "{{ brand }}".to_owned(),
            html: html.to_owned(),
            text: "{{ resume_url }} {{ unsubscribe_url }} {{ postal_address }}".to_owned(),
            sms: String::new(),
            push_title: String::new(),
            push: String::new(),
        };
        Templates::open([(name, text)]).try_out(&brand, 3)
    };
    let (part, what) = ("html", "unsubscribe_url");
    trial("{{ resume_url }} {{ unsubscribe_url }} {{ postal_address }}").unwrap();
    assert_eq!(
        trial("{{ resume_url }} {% if touch == 1 %}{{ unsubscribe_url }}{% endif %} {{ postal_address }}"),
        Err(TrialError::LeavesOut { name, part, what })
    );
    // A tag that compiled messages do not have.
    assert!(matches!(
        trial("{% for a in (1..9) %}{% endfor %}"),
        Err(TrialError::NotLiquid(_))
    ));
    let why = RenderError::Liquid;
    assert_eq!(
        trial("{{ no_such_variable }}"),
        Err(TrialError::NotFilledIn { name, why })
    );
}
