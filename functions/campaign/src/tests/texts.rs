//! What a campaign may say of texts.

use expect_test::{Expect, expect};
use jiff::civil::time;
use journey::Campaign;
use journey::campaign::Channel;

use super::{SENDER, load, with_sender};
use crate::{CampaignFiles, LoadedCampaign, Package};

const TOUCH: &str = "[[touch]]\nafter = \"1h\"\nuntil = \"20h\"\nchannels = [\"sms\", \"email\"]\n\
                     [experiment]\narm = []\nholdout = \"10%\"\n";

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&with_sender(text).err().unwrap_or_default());
}

fn rules(text: &str) -> Campaign {
    with_sender(text).unwrap_or_else(|errors| panic!("{errors}")).rules
}

#[test]
fn a_touch_names_its_channels_in_order() {
    assert_eq!(rules(TOUCH).touches[0].channels, [Channel::Sms, Channel::Email]);
    assert!(rules(TOUCH).sends_by(Channel::Sms));
    assert!(!Campaign::standard().sends_by(Channel::Sms));
    let twice = TOUCH.replace("[\"sms\", \"email\"]", "[\"sms\", \"email\", \"sms\"]");
    assert_eq!(rules(&twice).touches[0].channels, [Channel::Sms, Channel::Email]);
}

#[test]
fn the_hours_of_texts_are_the_law_s_and_a_campaign_s_may_be_stricter() {
    assert!(rules("").sms_hours.is_always());
    let hours = rules("[hours.sms]\nstart = \"11:00\"\nend = \"17:30\"\n").sms_hours;
    assert_eq!((hours.start, hours.end), (time(11, 0, 0, 0), Some(time(17, 30, 0, 0))));
    // What is wider than the law changes nothing; what has no hour with it is a mistake.
    assert!(with_sender("[hours.sms]\nstart = \"06:00\"\nend = \"23:00\"\n").is_ok());
    assert!(with_sender("[hours.sms]\nstart = \"19:49\"\n").is_ok());
    check(
        "[hours.sms]\nstart = \"19:50\"\nend = \"22:00\"\n",
        expect![
            "campaign.toml:2:9: hours.sms: there is no hour in which these and the law let a text go; the law is kept in any case, so write only what is stricter"
        ],
    );
    check(
        "[hours.sms]\nstart = \"12:00\"\nend = \"11:00\"\n",
        expect!["campaign.toml:3:7: hours.sms.end: must be later than `start`; hours do not run over midnight"],
    );
}

#[test]
fn a_touch_that_is_due_after_two_days_has_no_text() {
    check(
        "[[touch]]\nafter = \"48h 1s\"\nuntil = \"72h\"\nchannels = [\"sms\"]\n[experiment]\narm = []\n",
        expect![[
            r#"campaign.toml:4:12: touch[1].channels: a text may go within "48h" of the abandonment, and this touch is due later; leave "sms" out"#
        ]],
    );
    let at_the_edge = "[[touch]]\nafter = \"48h\"\nuntil = \"72h\"\nchannels = [\"sms\"]\n[experiment]\narm = []\n";
    assert!(rules(at_the_edge).sends_by(Channel::Sms));
}

#[test]
fn a_sender_s_name_that_makes_texts_too_long_is_told_in_numbers() {
    let with_name = |text: &str, name: &str| load(&format!("{text}{}", SENDER.replace("Example Energy", name)));
    let accents = with_name(TOUCH, "Energía Ejemplo").unwrap_err();
    assert!(
        accents.contains("UCS-2 (because of `í`) in 4 segments") && accents.contains("at most 2 segments"),
        "{accents}"
    );
    let long = with_name(TOUCH, &"Example ".repeat(20)).unwrap_err();
    assert!(long.contains("places of GSM-7 in 3 segments"), "{long}");
    // Who sends no texts need not care.
    assert!(with_name("", "Energía Ejemplo").is_ok());
}

/// The answer to HELP has to say where to ask.
#[test]
fn who_sends_texts_should_give_a_support_address() {
    let warned = |text: &str| {
        let warnings = load(text).unwrap_or_else(|errors| panic!("{errors}")).warnings;
        warnings
            .iter()
            .any(|warning| warning.to_string().contains("sender.support_email is missing"))
    };
    assert!(warned(&format!("{TOUCH}{SENDER}")));
    assert!(!warned(&format!(
        "{TOUCH}{SENDER}support_email = \"help@example.com\"\n"
    )));
    assert!(!warned(SENDER), "who sends no texts is not asked for help");
}

#[test]
fn a_package_of_somebody_else_s_is_held_to_the_same() {
    let mut loaded = with_sender(TOUCH).unwrap();
    loaded.brand.sender_name = "Energía Ejemplo".to_owned();
    let refused = loaded.package().check().unwrap_err().to_string();
    assert!(refused.contains("in 4 segments"), "{refused}");
    let again = with_sender(TOUCH).unwrap().package();
    again.check().unwrap();
    let rules = Package::from_json(&again.to_json().unwrap())
        .unwrap()
        .open()
        .unwrap()
        .head
        .rules;
    assert_eq!(rules.touches[0].channels, [Channel::Sms, Channel::Email]);
    assert!(rules.sms_hours.is_always());
}

#[test]
fn a_text_must_say_who_writes_where_to_go_and_how_to_stop() {
    let mut files = CampaignFiles::single("campaign.toml", SENDER);
    let text = "{{ brand }}: {% if first_name %}{{ resume_url }} Reply STOP{% endif %}\n";
    files.templates.insert("en/sms.txt".to_owned(), text.to_owned());
    let errors = LoadedCampaign::check(&files).unwrap_err().to_string();
    for missing in ["`{{ sender_name }}`", "`{{ resume_url }}`", "does not say how to stop"] {
        assert!(errors.contains(missing), "{errors}");
    }
}
