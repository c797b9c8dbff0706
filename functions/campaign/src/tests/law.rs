//! What a campaign may add to the law.

use expect_test::{Expect, expect};
use jiff::civil::{date, time};
use law::{Law, Whose, Window};

use super::with_sender;
use crate::Package;

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&with_sender(text).err().unwrap_or_default());
}

const OVERRIDE: &str = r#"
[[law.override]]
rule = "TX"
weekdays = "08:00-21:00"
sunday = "12:00-21:00"
until = 2027-06-30
because = "counsel's letter of 2026-11-02"

[[law.override]]
rule = "default"
open_on_holidays = true
max_per_24h = 2
texts_per_episode = 2
text_within = "60h"
until = "2027-06-30"
because = "counsel's letter of 2026-11-02"

[[law.closed]]
rule = "LA"
day = 2026-12-01
because = "proclamation 200 of the governor"
"#;

#[test]
fn an_override_is_a_rule_and_a_warning() {
    let loaded = with_sender(OVERRIDE).unwrap();
    let law = &loaded.rules.law;
    let [texas, default] = law.overrides() else {
        panic!("{:?}", law.overrides());
    };
    assert_eq!(texas.whose, "TX".parse().unwrap());
    let hours = |start, end| {
        Some(Window {
            start: time(start, 0, 0, 0),
            end: time(end, 0, 0, 0),
        })
    };
    assert_eq!(
        (texas.weekdays, texas.saturday, texas.sunday),
        (hours(8, 21), None, hours(12, 21))
    );
    assert_eq!((texas.until, texas.open_on_holidays), (date(2027, 6, 30), false));
    assert_eq!(
        (default.whose, default.max_per_24h, default.open_on_holidays),
        (Whose::Default, Some(2), true)
    );
    assert_eq!(law.text_limit_on(date(2027, 6, 30)).per_episode, 2);
    assert_eq!(law.text_limit_on(date(2027, 7, 1)).per_episode, 1);
    assert_eq!(law.closures().len(), 1);
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    expect![[r#"
        campaign.toml:2:1: law.override[1].rule: replaces the rule "TX" until 2027-06-30, since: counsel's letter of 2026-11-02
        campaign.toml:9:1: law.override[2].rule: replaces the rule "default" until 2027-06-30, since: counsel's letter of 2026-11-02"#]].assert_eq(&warnings.join("\n"));
    // It is stored, and comes back.
    let json = loaded.package().to_json().unwrap();
    let back = Package::from_json(&json).unwrap().open().unwrap().head.rules.law;
    assert_eq!(&back, law);
    assert_eq!(*with_sender("").unwrap().rules.law, *Law::current());
}

#[test]
fn an_override_says_whose_rule_what_until_when_and_why() {
    check(
        "[[law.override]]\nrule = \"Texas\"\nopen_on_holidays = true\n",
        expect![[r#"
            campaign.toml:1:1: law.override[1].because: is missing; write for example because = "counsel's letter of 2026-06-30"
            campaign.toml:1:1: law.override[1].until: is missing; write for example 2027-06-30
            campaign.toml:2:8: law.override[1].rule: must be default, US, or the postal code of a state, DC or PR, for example CA"#]],
    );
    check(
        "[[law.override]]\nrule = \"TX\"\nuntil = 2027-06-30\nbecause = \"a letter\"\n",
        expect![[
            r#"campaign.toml:1:1: law.override[1].rule: says nothing in place of the rule; write for example weekdays = "08:00-21:00""#
        ]],
    );
    check(
        "[[law.override]]\nrule = \"TX\"\nweekdays = \"21:00-08:00\"\nsunday = \"all day\"\nuntil = \"soon\"\nbecause = \"a letter\"\n",
        expect![[r#"
            campaign.toml:1:1: law.override[1].rule: says nothing in place of the rule; write for example weekdays = "08:00-21:00"
            campaign.toml:3:12: law.override[1].weekdays: "21:00-08:00" are no hours; write for example "08:00-21:00"
            campaign.toml:4:10: law.override[1].sunday: "all day" are no hours; write for example "08:00-21:00"
            campaign.toml:5:9: law.override[1].until: is not a date; write for example 2027-06-30"#]],
    );
    check(
        "[[law.override]]\nrule = \"TX\"\ntexts_per_episode = 2\nuntil = 2027-06-30\nbecause = \"a letter\"\n",
        expect![[
            r#"campaign.toml:1:1: law.override[1].rule: `texts_per_episode` and `text_within` belong to the rule "default": they are the carriers', not a state's"#
        ]],
    );
    check(
        "[[law.closed]]\nrule = \"LA\"\nday = 2026-02-30\n",
        expect!["campaign.toml:3:7: not TOML: invalid date, expected day between 01 and 28"],
    );
    check(
        "[[law.overide]]\nrule = \"TX\"\n",
        expect!["campaign.toml:1:7: law.overide: there is no such key (did you mean `override`?)"],
    );
}

#[test]
fn an_override_lets_a_touch_be_a_text_later() {
    let touch = "[[touch]]\nafter = \"50h\"\nuntil = \"60h\"\nchannels = [\"sms\"]\n[experiment]\narm = []\n";
    assert!(with_sender(touch).is_err());
    assert!(with_sender(&format!("{touch}{OVERRIDE}")).is_ok());
}
