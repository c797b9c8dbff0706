//! Faulty files, and what the author is told.

use expect_test::{Expect, expect};

use super::{SENDER, load, with_sender};

fn check(text: &str, expected: Expect) {
    expected.assert_eq(&with_sender(text).map(|_| String::new()).unwrap_or_else(|errors| errors));
}

fn warned(text: &str, expected: Expect) {
    let loaded = with_sender(text).unwrap();
    let warnings: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    expected.assert_eq(&warnings.join("\n"));
}

#[test]
fn broken_toml() {
    check(
        "[[touch]\nafter = \"45m\"\n",
        expect!["campaign.toml:1:9: not TOML: unclosed array table, expected `]`"],
    );
    check(
        "a = \nb = 1 2\n",
        expect![[r#"
        campaign.toml:1:5: not TOML: string values must be quoted, expected literal string
        campaign.toml:2:5: not TOML: string values must be quoted, expected literal string"#]],
    );
    check(
        "[caps]\nper_day = 2\nper_day = 3\n",
        expect!["campaign.toml:3:1: not TOML: duplicate key"],
    );
}

#[test]
fn keys() {
    check(
        "max_episode = 3\n",
        expect!["campaign.toml:1:1: max_episode: there is no such key (did you mean `max_episodes`?)"],
    );
    check(
        "[cap]\nper_day = 2\n",
        expect!["campaign.toml:1:2: cap: there is no such key (did you mean `caps`?)"],
    );
    check(
        "[experiment]\nhold_out = \"10%\"\n",
        expect!["campaign.toml:2:1: experiment.hold_out: there is no such key (did you mean `holdout`?)"],
    );
    check(
        "[hours.push]\nstart = \"08:00\"\n",
        expect!["campaign.toml:1:8: hours.push: there is no such key; here belong email, code, sms"],
    );
    check(
        "[policies]\nzzz = 1\n",
        expect![
            "campaign.toml:2:1: policies.zzz: there is no such key; here belong agreement_declined, wrong_utility, session_closed, direct_to_utility_unlisted"
        ],
    );
}

#[test]
fn kinds() {
    check(
        "touch = 3\n",
        expect!["campaign.toml:1:9: touch: 3 is not a list; write it in [brackets]"],
    );
    check(
        "caps = \"2\"\n",
        expect![[r#"campaign.toml:1:8: caps: "2" is not a section; write [caps] on a line of its own"#]],
    );
    check(
        "hand_back_after = 24\n",
        expect!["campaign.toml:1:19: hand_back_after: 24 is not a text; write it in quotes"],
    );
    check(
        "max_episodes = \"4\"\n",
        expect![[r#"campaign.toml:1:16: max_episodes: "4" is not a whole number from 1 to 100"#]],
    );
    check(
        "max_episodes = -1\n",
        expect!["campaign.toml:1:16: max_episodes: -1 is not a whole number from 1 to 100"],
    );
    check(
        "[caps]\none_series_per_inbox = \"yes\"\n",
        expect![[
            r#"campaign.toml:2:24: caps.one_series_per_inbox: "yes" is neither true nor false; write one of them, without quotes"#
        ]],
    );
}

#[test]
fn touches() {
    check(
        "[[touch]]\nafter = \"20x\"\nuntil = \"1h\"\n",
        expect![[
            r#"campaign.toml:2:9: touch[1].after: "20x" is not a duration; write for example "20h", "45m" or "3d""#
        ]],
    );
    check(
        "[[touch]]\nafter = \"45m\"\n",
        expect![[r#"campaign.toml:1:1: touch[1].until: is missing; write for example "45m""#]],
    );
    check(
        "[[touch]]\nafter = \"2h\"\nuntil = \"1h\"\n",
        expect![[r#"campaign.toml:3:9: touch[1].until: must be later than `after`, which is "2h""#]],
    );
    check(
        "[[touch]]\nafter = \"45m\"\nuntil = \"30m\"\n",
        expect![[r#"
        campaign.toml:3:9: touch[1].until: leaves no room for the experiment's arm "60min"; write [[experiment.arm]] with delays up to "30m"
        campaign.toml:3:9: touch[1].until: must be later than `after`, which is "45m""#]],
    );
    check(
        "[[touch]]\nafter = \"1m\"\nuntil = \"90d\"\n",
        expect![[r#"
        campaign.toml:2:9: touch[1].after: "1m" is out of range; write "5m" to "30d"
        campaign.toml:3:9: touch[1].until: "90d" is out of range; write "5m" to "30d""#]],
    );
    check(
        "[[touch]]\nafter = \"45m\"\nuntil = \"2h\"\n[[touch]]\nafter = \"1h\"\nuntil = \"3h\"\n",
        expect![[
            r#"campaign.toml:5:9: touch[2].after: must not be earlier than touch[1].until, which is "2h"; touches come in order"#
        ]],
    );
    check(
        "[[touch]]\nafter = \"45m\"\nuntil = \"2h\"\nchannels = [\"fax\"]\n",
        expect![[
            r#"campaign.toml:4:13: touch[1].channels[1]: "fax" is not known here; write "email" or "sms" or "push" or "event""#
        ]],
    );
    check(
        "[[touch]]\nafter = \"45m\"\nuntil = \"2h\"\nchannels = []\n",
        expect![[r#"campaign.toml:4:12: touch[1].channels: names no channel; write ["email"] or ["sms", "email"]"#]],
    );
    check(
        "touch = []\n",
        expect!["campaign.toml:1:1: touch: 0 touches; write 1 to 6"],
    );
    let seven = (1..=7)
        .map(|n| format!("[[touch]]\nafter = \"{n}d\"\nuntil = \"{n}d 1h\"\n"))
        .collect::<String>();
    check(&seven, expect!["campaign.toml:19:1: touch: 7 touches; write 1 to 6"]);
}

#[test]
fn experiments() {
    check(
        "[experiment]\nholdout = \"60%\"\n",
        expect![[r#"campaign.toml:2:11: experiment.holdout: "60%" is too much; write "0%" to "50%""#]],
    );
    check(
        "[experiment]\nholdout = 0.1\n",
        expect!["campaign.toml:2:11: experiment.holdout: 0.1 is not a text; write it in quotes"],
    );
    check(
        "[experiment]\nholdout = \"a tenth\"\n",
        expect![[
            r#"campaign.toml:2:11: experiment.holdout: "a tenth" is not a share; write for example "10%" or "2.5%""#
        ]],
    );
    let arm = |name: &str, after: &str, weight: u32| {
        format!("[[experiment.arm]]\nname = \"{name}\"\nfirst_after = \"{after}\"\nweight = {weight}\n")
    };
    check(
        &format!("{}{}", arm("a", "5m", 1), arm("a", "10m", 1)),
        expect![[r#"campaign.toml:6:8: experiment.arm[2].name: another arm is called "a" already; names must differ"#]],
    );
    check(
        &arm("holdout", "5m", 1),
        expect![[
            r#"campaign.toml:2:8: experiment.arm[1].name: "holdout" is kept for the reports; choose another name"#
        ]],
    );
    check(
        &format!("{}{}", arm("a", "1m", 1), arm("b", "61m", 1)),
        expect![[r#"
        campaign.toml:3:15: experiment.arm[1].first_after: "1m" is out of range; write "5m" to "30d"
        campaign.toml:7:15: experiment.arm[2].first_after: must lie in touch 1's window, which ends at "1h""#]],
    );
    check(
        &format!("{}{}", arm("a", "5m", 0), arm("b", "10m", 0)),
        expect!["campaign.toml:1:3: experiment.arm: all weights are 0; give at least one arm a weight"],
    );
    check(
        "[[experiment.arm]]\nweight = 1\n",
        expect![[r#"
        campaign.toml:1:1: experiment.arm[1].first_after: is missing; write for example "15m"
        campaign.toml:1:1: experiment.arm[1].name: is missing; write a name for the reports, for example "15min""#]],
    );
}

#[test]
fn hours_zones_and_caps() {
    check(
        "[hours.email]\nstart = \"21:00\"\nend = \"08:00\"\n",
        expect!["campaign.toml:3:7: hours.email.end: must be later than `start`; hours do not run over midnight"],
    );
    check(
        "[hours.email]\nstart = \"8\"\nend = \"25:00\"\n",
        expect![[r#"
        campaign.toml:2:9: hours.email.start: "8" is not a time of day; write for example "08:00" or "21:30"
        campaign.toml:3:7: hours.email.end: "25:00" is not a time of day; write for example "08:00" or "21:30""#]],
    );
    check(
        "[hours.email]\nstart = \"24:00\"\n",
        expect![[r#"campaign.toml:2:9: hours.email.start: "24:00" is the end of a day; a start is earlier"#]],
    );
    check(
        "default_zones = [\"America/New_Yrok\", \"EST5\"]\n",
        expect![[r#"
        campaign.toml:1:18: default_zones[1]: "America/New_Yrok" is not an IANA time zone (did you mean `America/New_York`?); write for example "America/New_York"
        campaign.toml:1:38: default_zones[2]: "EST5" is not an IANA time zone; write for example "America/New_York""#]],
    );
    check(
        "default_zones = []\n",
        expect![
            "campaign.toml:1:17: default_zones: names no zone; a person of whom no zone is known needs at least one"
        ],
    );
    check(
        "[caps]\nper_day = 4\nper_week = 3\n",
        expect!["campaign.toml:3:12: caps.per_week: must be at least `per_day`; a week of 3 would end a day of 4"],
    );
    check(
        "[caps]\nper_day = 0\n",
        expect!["campaign.toml:2:11: caps.per_day: 0 is not a whole number from 1 to 20"],
    );
}

#[test]
fn the_rest() {
    check(
        "[policies]\nagreement_declined = \"maybe\"\ndirect_to_utility_unlisted = \"trust\"\n",
        expect![[r#"
        campaign.toml:2:22: policies.agreement_declined: "maybe" is not known here; write "remind" or "stop"
        campaign.toml:3:30: policies.direct_to_utility_unlisted: "trust" is not known here; write "trust_webhooks" or "hold""#]],
    );
    check(
        "[meter]\nlate_after = \"1h\"\n",
        expect!["campaign.toml:2:14: meter.late_after: must not be earlier than `first_after`"],
    );
    check(
        "[advanced]\nwindow_grace = \"10s\"\n",
        expect![[r#"campaign.toml:2:16: advanced.window_grace: "10s" is out of range; write "1m" to "1h""#]],
    );
    check(
        "[locales]\ndefault = \"fr\"\n",
        expect![[r#"campaign.toml:2:11: locales.default: "fr" is not known here; write "en" or "es""#]],
    );
    check(
        "[locales]\ndefault = \"es\"\noffered = [\"en\"]\n",
        expect![[r#"campaign.toml:2:11: locales.default: "es" is not among those offered"#]],
    );
    check(
        "[messages]\nminutes_needed = 0\n",
        expect!["campaign.toml:2:18: messages.minutes_needed: 0 is not a whole number from 1 to 120"],
    );
    check(
        "[utilities.display_names]\n\"PG&E: Pacific\" = \"PG&E\"\n\"x\" = \"SGDE\"\n",
        expect![[r#"
        campaign.toml:2:19: utilities.display_names."PG&E: Pacific": "PG&E" is not the code of a utility (did you mean `PGE`?); write for example "PGE"
        campaign.toml:3:7: utilities.display_names."x": "SGDE" is not the code of a utility (did you mean `SDGE`?); write for example "PGE""#]],
    );
}

#[test]
fn senders() {
    let check =
        |text: &str, expected: Expect| expected.assert_eq(&load(text).map(|_| String::new()).unwrap_or_else(|e| e));
    check(
        "",
        expect![
            "campaign.toml:1:1: sender: is missing; the law asks for a true sender and a postal address in every message. Write [sender] with name, from and postal_address"
        ],
    );
    check(
        "[sender]\nname = \"A\"\n",
        expect![[r#"
        campaign.toml:1:1: sender.from: is missing; write for example "reminders@example.com"
        campaign.toml:1:1: sender.postal_address: is missing; write for example "100 Example Street, Springfield, CA 90000""#]],
    );
    check(
        "[sender]\nname = \"A\\nB\"\nfrom = \"A <a@b.example>\"\npostal_address = \"somewhere\"\n",
        expect![[r#"
        campaign.toml:2:8: sender.name: must be a text on one line, of at most 200 characters
        campaign.toml:3:8: sender.from: "A <a@b.example>" is not an e-mail address; write for example "reminders@example.com"
        campaign.toml:4:18: sender.postal_address: must be a whole postal address: street or box, place, state and code"#]],
    );
}

#[test]
fn several_faults_come_at_once() {
    check(
        "max_episodes = 0\n[[touch]]\nafter = \"soon\"\nuntil = \"1h\"\n[experiment]\nholdout = \"90%\"\n[cap]\nper_day = 1\n[policies]\nsession_closed = \"ask\"\n",
        expect![[r#"
            campaign.toml:1:16: max_episodes: 0 is not a whole number from 1 to 100
            campaign.toml:3:9: touch[1].after: "soon" is not a duration; write for example "20h", "45m" or "3d"
            campaign.toml:6:11: experiment.holdout: "90%" is too much; write "0%" to "50%"
            campaign.toml:7:2: cap: there is no such key (did you mean `caps`?)
            campaign.toml:10:18: policies.session_closed: "ask" is not known here; write "remind" or "stop""#]],
    );
}

#[test]
fn warnings() {
    warned("", expect![[""]]);
    warned(
        "[experiment]\nholdout = \"0%\"\narm = []\n",
        expect![[r#"
        campaign.toml:1:1: experiment.arm: fewer than two arms have a weight, so no delays are compared
        campaign.toml:2:11: experiment.holdout: nobody is held out, so nobody can tell whether reminders help"#]],
    );
    warned(
        "[hours.email]\nstart = \"08:00\"\nend = \"21:00\"\n",
        expect![[r#"
        campaign.toml:1:1: touch[1].until: its window lies wholly outside the sending hours for about 44 % of the day: who stops then does not get touch 1 by itself
        campaign.toml:1:1: touch[2].until: its window lies wholly outside the sending hours for about 29 % of the day: who stops then does not get touch 2 by itself
        campaign.toml:1:1: touch[3].until: its window lies wholly outside the sending hours for about 29 % of the day: who stops then does not get touch 3 by itself"#]],
    );
    warned(
        "default_zones = [\"America/New_York\", \"Asia/Tokyo\"]\n[hours.email]\nstart = \"09:00\"\nend = \"12:00\"\n",
        expect![
            "campaign.toml:1:17: default_zones: the sending hours of these zones never meet, so a person of whom no zone is known gets no message"
        ],
    );
    warned(
        "[caps]\nper_day = 1\nper_week = 2\n",
        expect!["campaign.toml:3:12: caps.per_week: 3 touches fall into one week, but the cap lets only 2 through"],
    );
}

#[test]
fn where_links_may_lead() {
    check(
        "[links]\nhosts = [\"help.example.com\", \"https://example.com\", \"*.example.com\", \"com\"]\n",
        expect![[r#"
            campaign.toml:2:30: links.hosts[2]: "https://example.com" is not a host; write for example "help.example.com", or ".example.com" for every host below it: in lower case, without https:// and path, an international name as "xn--..."
            campaign.toml:2:53: links.hosts[3]: "*.example.com" is not a host; write for example "help.example.com", or ".example.com" for every host below it: in lower case, without https:// and path, an international name as "xn--..."
            campaign.toml:2:70: links.hosts[4]: "com" is not a host; write for example "help.example.com", or ".example.com" for every host below it: in lower case, without https:// and path, an international name as "xn--...""#]],
    );
    let loaded = with_sender("[links]\nhosts = [\"help.example.com\", \".example.org\"]\n").unwrap();
    for hosts in [&loaded.rules.link_hosts, &loaded.brand.link_hosts] {
        assert_eq!(hosts.listed(), ["help.example.com", ".example.org"]);
    }
    let running = loaded.package().open().unwrap();
    assert_eq!(running.head.rules.link_hosts, loaded.rules.link_hosts);
    assert_eq!(running.head.brand.link_hosts, loaded.rules.link_hosts);
}

#[test]
fn the_sender_is_of_the_domain_that_its_mail_is_signed_for() {
    let with = |from: &str, domain: &str| {
        let own = format!("{SENDER}sending_domain = \"{domain}\"\n").replace("reminders@example.com", from);
        load(&own).map(|_| String::new()).unwrap_or_else(|errors| errors)
    };
    for (from, domain) in [
        ("reminders@example.com", "example.com"),
        ("reminders@mail.example.com", "example.com"),
        ("reminders@Example.COM", "EXAMPLE.com"),
    ] {
        assert_eq!(with(from, domain), "", "{from} {domain}");
    }
    for (from, domain) in [
        ("reminders@example.com", "mail.example.com"),
        ("reminders@evil-example.com", "example.com"),
        ("reminders@example.org", "example.com"),
        ("reminders@example.com", "com"),
        ("reminders@example.com", "x@example.com"),
    ] {
        let told = with(from, domain);
        assert!(told.contains("sender.sending_domain: "), "{from} {domain}: {told}");
    }
    let told = load(&SENDER.replace("reminders@example.com", "sunhome@gmail.com"))
        .map(drop)
        .unwrap_err();
    assert!(
        told.contains("sender.from: gmail.com signs only its own users' mail"),
        "{told}"
    );
}

#[test]
fn rules_of_an_enrollment() {
    let faults = |value: &str| format!("[enrollment]\n{value}\n");
    check(
        &faults(
            "identity = \"stop\"\nstarts_soon_days = 31\nfurthest_start_days = 0\nlate_after_business_hours = \"72h\"\n\
             business_hours = \"18:00-08:00\"\nrate = \"14.2\"",
        ),
        expect![[r#"
            campaign.toml:2:12: enrollment.identity: "stop" is not known here; write "ignore" or "remind"
            campaign.toml:3:20: enrollment.starts_soon_days: 31 is not a whole number from 0 to 30
            campaign.toml:4:23: enrollment.furthest_start_days: 0 is not a whole number from 1 to 365
            campaign.toml:5:29: enrollment.late_after_business_hours: "72h" is not a whole number from 1 to 255
            campaign.toml:6:18: enrollment.business_hours: "18:00-08:00" are no hours; write for example "08:00-21:00"
            campaign.toml:7:1: enrollment.rate: there is no such key; here belong identity, starts_soon_days, furthest_start_days, late_after_business_hours, business_hours"#]],
    );
    check(
        &faults("business_hours = \"08:00-08:30\""),
        expect!["campaign.toml:2:18: enrollment.business_hours: must be at least an hour of each day"],
    );
    check(
        &faults("business_hours = \"24:00\""),
        expect![[
            r#"campaign.toml:2:18: enrollment.business_hours: "24:00" are no hours; write for example "08:00-21:00""#
        ]],
    );
}
