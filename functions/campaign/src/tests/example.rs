//! The example is the standard campaign.

use std::path::Path;

use journey::Campaign;
use journey::contact::Locale;

use super::{SENDER, load, with_sender};
use crate::{EXAMPLE, LoadedCampaign};

#[test]
fn the_example_is_the_standard_campaign() {
    let example = load(EXAMPLE).unwrap();
    assert_eq!(
        Campaign {
            version: "standard".to_owned(),
            ..example.rules
        },
        Campaign::standard()
    );
    assert_eq!(example.warnings, []);
    assert_eq!(example.brand.brand, "Example Energy");
    assert_eq!(example.brand.minutes_needed, 5);
}

#[test]
fn a_sender_alone_is_the_standard_campaign_too() {
    let alone = load(SENDER).unwrap();
    assert_eq!(
        Campaign {
            version: "standard".to_owned(),
            ..alone.rules
        },
        Campaign::standard()
    );
    assert_eq!(alone.locales.offered, Locale::ALL);
    let example = load(EXAMPLE).unwrap();
    assert_eq!(
        (alone.brand, alone.sender, alone.locales),
        (example.brand, example.sender, example.locales)
    );
}

#[test]
fn every_key_is_in_the_example() {
    // Whatever the reader asks for stands in the example, shown or commented: a key, or a section with its keys.
    let blocks = EXAMPLE.split("\n\n").map(|block| match block.find("# [[") {
        Some(section) => vec![&block[section..]],
        None => block
            .lines()
            .filter(|line| line.starts_with("# ") && line.contains(" = \""))
            .collect(),
    });
    for commented in blocks.flatten() {
        let lines = commented.lines().map(|line| line.trim_start_matches("# "));
        let uncommented = EXAMPLE.replacen(commented, &lines.collect::<Vec<_>>().join("\n"), 1);
        match load(&uncommented) {
            Ok(_) => {}
            Err(errors) => assert!(!errors.contains("no such key"), "{errors}"),
        }
    }
    for key in [
        "name",
        "hand_back_after",
        "reopen_after",
        "max_episodes",
        "default_zones",
        "after",
        "until",
        "channels",
        "version",
        "holdout",
        "first_after",
        "weight",
        "start",
        "end",
        "per_day",
        "per_week",
        "one_series_per_inbox",
        "rule",
        "day",
        "because",
        "sunday",
        "agreement_declined",
        "wrong_utility",
        "session_closed",
        "direct_to_utility_unlisted",
        "every",
        "late_after",
        "late_every",
        "give_up_after",
        "identity",
        "starts_soon_days",
        "furthest_start_days",
        "late_after_business_hours",
        "business_hours",
        "window_grace",
        "claim_lease",
        "retry_after",
        "confirm_after",
        "outage_wait",
        "default",
        "offered",
        "templates",
        "brand",
        "minutes_needed",
        "from",
        "reply_to",
        "postal_address",
        "support_email",
    ] {
        let shown = [format!("{key} = "), format!("# {key} = ")];
        assert!(
            EXAMPLE
                .lines()
                .any(|line| shown.iter().any(|shown| line.starts_with(shown.as_str()))),
            "{key}"
        );
    }
}

#[test]
fn what_is_written_is_what_is_loaded() {
    let loaded = with_sender(
        r#"
        name = "spring"
        default_zones = ["America/Chicago"]
        max_episodes = 2
        [[touch]]
        after = "30m"
        until = "2h"
        [[touch]]
        after = "1d 2h"
        until = "2d"
        [experiment]
        version = "x"
        holdout = "2.5%"
        [[experiment.arm]]
        name = "a"
        first_after = "10m"
        [[experiment.arm]]
        name = "b"
        first_after = "90 minutes"
        weight = 3
        [hours.email]
        start = "08:00"
        end = "21:00"
        [policies]
        agreement_declined = "stop"
        direct_to_utility_unlisted = "hold"
        [enrollment]
        identity = "remind"
        starts_soon_days = 5
        late_after_business_hours = 40
        business_hours = "09:00-17:00"
        [locales]
        default = "es"
        offered = ["es"]
        [messages]
        brand = "Sunhome"
        [utilities.display_names]
        "PG&E: Pacific Gas and Electric" = "PGE"
        "#,
    )
    .unwrap();
    let rules = &loaded.rules;
    let hours = |n| jiff::SignedDuration::from_hours(n);
    let minutes = |n| jiff::SignedDuration::from_mins(n);
    let touches: Vec<_> = rules.touches.iter().map(|touch| (touch.after, touch.until)).collect();
    assert_eq!(touches, [(minutes(30), hours(2)), (hours(26), hours(48))]);
    assert_eq!(rules.experiment.holdout_per_10000, 250);
    assert_eq!(
        (rules.experiment.version.as_str(), rules.experiment.salt.as_str()),
        ("x", "x")
    );
    let arms: Vec<_> = rules
        .experiment
        .arms
        .iter()
        .map(|arm| (arm.name.as_str(), arm.first_after, arm.weight))
        .collect();
    assert_eq!(arms, [("a", minutes(10), 1), ("b", minutes(90), 3)]);
    assert!(!rules.email_hours.is_always());
    assert_eq!(rules.default_zones.len(), 1);
    assert_eq!(rules.max_episodes, 2);
    assert_eq!(rules.policies.agreement_declined, journey::campaign::FollowUp::Stop);
    assert_eq!(rules.policies.wrong_utility, journey::campaign::FollowUp::Stop);
    assert_eq!(
        rules.policies.direct_to_utility_unlisted,
        journey::campaign::Unlisted::Hold
    );
    let nine_to_five = (jiff::civil::time(9, 0, 0, 0), jiff::civil::time(17, 0, 0, 0));
    assert_eq!(
        rules.enrollment,
        journey::campaign::EnrollmentRule {
            identity: journey::campaign::FollowUp::Remind,
            starts_soon_days: 5,
            furthest_start_days: 90,
            late_after_business_hours: 40,
            business_hours: journey::BusinessHours::new(nine_to_five.0, nine_to_five.1).unwrap(),
        }
    );
    assert_eq!(
        (loaded.name.as_str(), loaded.brand.brand.as_str()),
        ("spring", "Sunhome")
    );
    assert_eq!(loaded.locales.pick(Locale::En), Locale::Es);
    assert!(
        loaded
            .utilities
            .find_by_display_name("pg&e: pacific gas and electric")
            .is_some()
    );
}

#[test]
fn arms_may_be_none() {
    let loaded = with_sender("[experiment]\narm = []\n").unwrap();
    assert_eq!(loaded.rules.experiment.arms, []);
}

#[test]
fn a_file_that_is_not_there_is_named() {
    let error = LoadedCampaign::load(Path::new("no-such-campaign.toml"))
        .unwrap_err()
        .to_string();
    assert!(error.starts_with("no-such-campaign.toml: cannot be read: "), "{error}");
}
