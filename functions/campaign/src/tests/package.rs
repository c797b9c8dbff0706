//! Packages: what goes in comes out, and what no check has made is refused.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use expect_test::expect;
use jiff::Timestamp;
use journey::port::PushedCampaign;
use journey::{Campaign, UtilityCode};
use message::Templates;
use serde_json::{Value, json};

use super::{SENDER, load, with_sender};
use crate::{EXAMPLE, Head, LoadedCampaign, Package, PackageError, Running};

/// A campaign in which as little as possible is standard.
fn unusual() -> LoadedCampaign {
    with_sender(
        r#"
        name = "spring"
        default_zones = ["america/chicago", "UTC"]
        max_episodes = 2
        reopen_after = "10d 30s"
        [[touch]]
        after = "30m 1s"
        until = "2h"
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
        end = "21:30"
        [caps]
        per_day = 1
        one_series_per_inbox = false
        [policies]
        agreement_declined = "stop"
        direct_to_utility_unlisted = "hold"
        [meter]
        every = "30h"
        [enrollment]
        identity = "remind"
        starts_soon_days = 0
        furthest_start_days = 60
        late_after_business_hours = 24
        business_hours = "09:00-17:30"
        [advanced]
        retry_after = "90s"
        [locales]
        default = "es"
        offered = ["es"]
        [messages]
        brand = "Sunhome"
        minutes_needed = 7
        [utilities.display_names]
        "PG&E:  Pacific Gas and Electric" = "PGE"
        "#,
    )
    .unwrap()
}

fn moment() -> Timestamp {
    "2026-07-01T20:00:00Z".parse().unwrap()
}

fn pushed(loaded: &LoadedCampaign) -> PushedCampaign {
    loaded.package().to_pushed(moment()).unwrap()
}

fn messages(pushed: &PushedCampaign) -> impl Iterator<Item = (&str, &str)> {
    pushed
        .messages
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()))
}

/// Every message of every touch, about a utility and about none, as one text.
fn rendered(templates: &Templates, head: &Head) -> String {
    let pge = UtilityCode::parse("PGE").unwrap();
    let touches = u16::try_from(head.rules.touches.len()).unwrap();
    let mut all = String::new();
    for sample in templates.gallery(touches) {
        for utility in [None, Some(&pge)] {
            let message = templates
                .render(&sample.variables(&head.brand, &head.utilities, utility))
                .unwrap();
            all += &format!("{sample:?}\n{}\n{}\n{}\n", message.subject, message.html, message.text);
        }
    }
    all
}

fn same(loaded: LoadedCampaign, opened: &Running) {
    let loaded = loaded.into_running();
    assert_eq!(opened.head.rules, loaded.head.rules);
    assert_eq!(opened.head.name, loaded.head.name);
    assert_eq!(opened.head.brand, loaded.head.brand);
    assert_eq!(opened.head.sender, loaded.head.sender);
    assert_eq!(opened.head.locales, loaded.head.locales);
    assert_eq!(
        opened.head.utilities.added_display_names(),
        loaded.head.utilities.added_display_names()
    );
    let expected = rendered(&loaded.templates, &loaded.head);
    assert!(expected.len() > 200_000, "the messages are there");
    assert!(expected == rendered(&opened.templates, &opened.head), "byte by byte");
}

#[test]
fn a_package_is_the_campaign_that_it_was_made_of() {
    for text in [EXAMPLE.to_owned(), SENDER.to_owned()] {
        let loaded = load(&text).unwrap();
        let opened = Package::from_json(&loaded.package().to_json().unwrap())
            .unwrap()
            .open()
            .unwrap();
        same(loaded, &opened);
    }
    let loaded = unusual();
    assert_ne!(
        loaded.rules,
        Campaign {
            version: loaded.rules.version.clone(),
            ..Campaign::standard()
        }
    );
    let opened = Package::from_json(&loaded.package().to_json().unwrap())
        .unwrap()
        .open()
        .unwrap();
    assert!(
        opened
            .head
            .utilities
            .find_by_display_name("pg&e: pacific gas AND electric")
            .is_some()
    );
    same(loaded, &opened);
}

#[test]
fn its_parts_are_the_same_campaign() {
    let loaded = load(EXAMPLE).unwrap();
    let pushed = pushed(&loaded);
    assert_eq!(pushed.version, loaded.rules.version);
    assert_eq!(pushed.pushed_at, moment());
    assert_eq!(pushed.messages.len(), 52);
    assert!(pushed.messages.iter().any(|(name, _)| name == "en/not_started"));
    let again = Package::from_parts(&pushed.head, messages(&pushed)).unwrap();
    assert_eq!(again, loaded.package());
    assert_eq!(again.to_pushed(moment()).unwrap(), pushed);
    assert_eq!(Head::open(&pushed.head).unwrap().rules, loaded.rules);
    let opened = Running::open(&pushed.head, messages(&pushed)).unwrap();
    same(loaded, &opened);
}

#[test]
fn a_version_names_what_came_of_the_files() {
    let mut loaded = load(EXAMPLE).unwrap();
    let version = crate::version::version(EXAMPLE, &loaded);
    assert_eq!(version, loaded.rules.version);
    loaded.rules.retry_after = jiff::SignedDuration::from_secs(61);
    assert_ne!(version, crate::version::version(EXAMPLE, &loaded));
}

#[test]
fn the_stored_head_is_readable() {
    let head: Value = serde_json::from_str(&pushed(&unusual()).head).unwrap();
    let mut shown = head["rules"].clone();
    shown["format"] = head["format"].clone();
    shown["display_names"] = head["display_names"].clone();
    shown.as_object_mut().unwrap().remove("policies");
    expect![[r#"{"caps":{"one_series_per_inbox":false,"per_day":1,"per_week":5},"claim_lease":"PT3M","code_hours":{"end":"21:00:00","start":"08:00:00"},"confirm_after":"PT5M","default_zones":["America/Chicago","UTC"],"display_names":{"PG&E:  Pacific Gas and Electric":"PGE"},"email_hours":{"end":"21:30:00","start":"08:00:00"},"enrollment":{"business_closes":"17:30:00","business_opens":"09:00:00","furthest_start_days":60,"identity":"remind","late_after_business_hours":24,"starts_soon_days":0},"experiment":{"arms":[{"first_after":"PT10M","name":"a","weight":1},{"first_after":"PT1H30M","name":"b","weight":3}],"holdout_per_10000":250,"salt":"x","version":"x"},"format":6,"hand_back_after":"PT24H","incident":{"faults":5,"look_again":"PT30M","paused":[],"percent":90,"stalls":20,"within":"PT3H"},"law":{},"max_episodes":2,"meter":{"every":"PT30H","first_after":"PT24H","give_up_after":"PT1344H","late_after":"PT72H","late_every":"PT168H"},"outage_wait":"PT6H","reopen_after":"PT240H30S","retry_after":"PT1M30S","sharing":{"bills_stale_after":"PT1080H","consent_end":[{"after":"PT0S","channels":["email"],"until":"PT48H"},{"after":"PT552H","channels":["email"],"until":"PT600H"},{"after":"PT696H","channels":["email"],"until":"PT720H"},{"after":"PT720H","channels":["email"],"until":"PT768H"}],"consent_end_lead":"PT720H","instant_within":"PT1M","intervals_stale_after":"PT72H","invitation":[{"after":"PT24H","channels":["email"],"until":"PT48H"},{"after":"PT96H","channels":["email"],"until":"PT120H"}],"look_every":"PT24H","reconnect":[{"after":"PT0S","channels":["email"],"until":"PT6H"},{"after":"PT24H","channels":["email"],"until":"PT48H"},{"after":"PT72H","channels":["email"],"until":"PT96H"},{"after":"PT168H","channels":["email"],"until":"PT192H"}],"reconnect_experiment":false,"renew_after":null,"renewal":[{"after":"PT0S","channels":["email"],"until":"PT48H"},{"after":"PT120H","channels":["email"],"until":"PT168H"}],"returns":2,"slow_grace":"PT2H","unstated":"PT24H"},"sms_hours":{"end":null,"start":"00:00:00"},"touches":[{"after":"PT30M1S","channels":["email"],"until":"PT2H"}],"window_grace":"PT5M"}"#]]
    .assert_eq(&sorted(&shown).to_string());
}

/// The same with every object's keys in order, whatever order this build keeps them in.
fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let fields: BTreeMap<&String, Value> = fields.iter().map(|(key, value)| (key, sorted(value))).collect();
            Value::Object(fields.into_iter().map(|(key, value)| (key.clone(), value)).collect())
        }
        Value::Array(items) => items.iter().map(sorted).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

/// What is said of the example's package after one change to its JSON.
fn refusal(change: impl FnOnce(&mut Value)) -> String {
    static EXAMPLES: LazyLock<Value> =
        LazyLock::new(|| serde_json::from_str(&load(EXAMPLE).unwrap().package().to_json().unwrap()).unwrap());
    let mut package = EXAMPLES.clone();
    change(&mut package);
    let refused = Package::from_json(&sorted(&package).to_string()).and_then(|package| package.check());
    let text = refused.unwrap_err().to_string();
    // What Liquid's parser says is drawn on several lines.
    text.lines().next().unwrap().to_owned()
}

#[test]
fn what_no_check_has_made_is_refused() {
    let refusals = [
        refusal(|p| p["format"] = json!(7)),
        refusal(|p| p["head"]["format"] = json!(7)),
        refusal(|p| drop(p.as_object_mut().unwrap().remove("format"))),
        refusal(|p| p["head"]["rules"]["touches"][1]["after"] = json!("soon")),
        refusal(|p| p["head"]["rules"]["quiet_days"] = json!(["sunday"])),
        refusal(|p| p["head"]["version"] = json!("../other")),
        refusal(|p| p["head"]["rules"]["default_zones"] = json!(["Mars/Olympus"])),
        refusal(|p| p["head"]["rules"]["default_zones"] = json!([""])),
        refusal(|p| p["head"]["rules"]["default_zones"] = json!([])),
        refusal(|p| p["head"]["rules"]["touches"] = json!([])),
        refusal(|p| p["head"]["rules"]["touches"][0]["until"] = json!("PT1M")),
        refusal(|p| p["head"]["rules"]["experiment"]["arms"][0]["weight"] = json!(0)),
        refusal(|p| p["head"]["rules"]["retry_after"] = json!("-PT1M")),
        refusal(|p| p["head"]["rules"]["sharing"]["reconnect"][0]["until"] = json!("PT0S")),
        refusal(|p| p["head"]["rules"]["sharing"]["renew_after"] = json!("PT0S")),
        refusal(|p| p["head"]["rules"]["sharing"]["look_every"] = json!("-PT1M")),
        refusal(|p| p["head"]["rules"]["enrollment"]["business_closes"] = json!("08:00:00")),
        refusal(|p| p["head"]["rules"]["enrollment"]["late_after_business_hours"] = json!(0)),
        refusal(|p| p["head"]["rules"]["email_hours"] = json!({"start": "20:00:00", "end": "08:00:00"})),
        refusal(|p| p["head"]["rules"]["sms_hours"] = json!({"start": "18:00:00", "end": "10:00:00"})),
        refusal(|p| p["head"]["locales"]["offered"] = json!(["es"])),
        refusal(|p| p["head"]["brand"]["postal_address"] = json!(" ")),
        refusal(|p| drop(p["messages"].as_object_mut().unwrap().remove("es/cancelled"))),
        refusal(|p| p["head"]["messages"].as_array_mut().unwrap().truncate(3)),
        refusal(|p| p["messages"]["en/hello"] = p["messages"]["en/cancelled"].clone()),
        refusal(|p| p["messages"]["en/cancelled"]["html"] = json!("{% if first_name %}")),
        refusal(|p| p["messages"]["en/cancelled"]["subject"] = json!(" ")),
        refusal(|p| p["messages"]["en/cancelled"]["text"] = json!("{{ resume_url }} {{ postal_address }}")),
        refusal(|p| p["messages"]["en/cancelled"]["html"] = json!("{{ resume_url }} {{ unsubscribe_url }}")),
    ];
    expect![[r#"
        the campaign package has format 7, and this program reads format 6: bring the older of the two up to date, then push the campaign again
        the campaign package has format 7, and this program reads format 6: bring the older of the two up to date, then push the campaign again
        not a campaign package: missing field `format` at line 1 column 1195768
        not a campaign package: head.rules.touches[1].after: failed to parse input in the "friendly" duration format: expected duration to start with a unit value (a decimal integer) after an optional sign, but no integer was found at line 1 column 3718
        not a campaign package: head.rules.quiet_days: unknown field `quiet_days`, expected one of `touches`, `experiment`, `hand_back_after`, `window_grace`, `claim_lease`, `retry_after`, `confirm_after`, `outage_wait`, `reopen_after`, `max_episodes`, `email_hours`, `code_hours`, `sms_hours`, `law`, `default_zones`, `caps`, `policies`, `meter`, `sharing`, `enrollment`, `incident`, `link_hosts` at line 1 column 2591
        the campaign package cannot be used: `version` is not 1 to 64 letters, digits, `-`, `.` and `_`
        the campaign package cannot be used: `Mars/Olympus` is not a time zone known here
        the campaign package cannot be used: `` is not a time zone known here
        the campaign package cannot be used: it has no `default_zones`
        the campaign package cannot be used: it has too few or too many `touches`
        the campaign package cannot be used: it has a touch without a window or a channel
        the campaign package cannot be used: it has an arm without a delay or a weight
        the campaign package cannot be used: `rules.retry_after` is not a time to come
        the campaign package cannot be used: it has a series under `sharing` with too many touches, or with one without a window or a channel
        the campaign package cannot be used: it has a `sharing.renew_after` that is not a time to come
        the campaign package cannot be used: `rules.sharing.look_every` is not a time to come
        the campaign package cannot be used: it has business hours under `enrollment` that end before they start
        the campaign package cannot be used: it has an `enrollment` that is late or refused at once
        the campaign package cannot be used: it has `email_hours` that end before they start
        the campaign package cannot be used: it has `sms_hours` that end before they start
        the campaign package cannot be used: `locales.default` is not among those offered
        the campaign package cannot be used: the sender's name, address or postal address is empty
        the campaign package cannot be used: the message es/cancelled is missing
        the campaign package cannot be used: the message en/utility_not_connected is missing
        not a campaign package: messages.en/hello: not the name of a message; one is a language and a reason for stopping, such as `en/not_started` at line 1 column 199741
        the html of en/cancelled is not Liquid: liquid:  --> 1:20
        the subject of the message en/cancelled does not show `subject`
        the text of the message en/cancelled does not show `unsubscribe_url`
        the html of the message en/cancelled does not show `postal_address`"#]]
    .assert_eq(&refusals.join("\n"));
    assert!(Package::from_json("<html>").is_err());
}

#[test]
fn what_is_too_large_to_be_stored_is_refused() {
    let large = |bytes: usize| "x".repeat(bytes);
    let refusals = [
        refusal(|p| {
            let html = p["messages"]["en/cancelled"]["html"].as_str().unwrap().to_owned();
            p["messages"]["en/cancelled"]["html"] = json!(html + &large(370_000));
        }),
        refusal(|p| p["head"]["sender"]["name"] = json!(large(400_000))),
        refusal(|p| p["messages"]["en/cancelled"]["html"] = json!(large(5_000_000))),
        // Each message by itself would fit.
        refusal(|p| {
            for message in p["messages"].as_object_mut().unwrap().values_mut() {
                message["html"] = json!(message["html"].as_str().unwrap().to_owned() + &large(200_000));
            }
        }),
    ];
    let digits = |text: String| text.replace(|c: char| c.is_ascii_digit(), "0");
    expect![[r#"
        the message en/cancelled has 000000 bytes, and at most 000000 can be stored
        the campaign without its messages has 000000 bytes, and at most 000000 can be stored
        the campaign package has 0000000 bytes, and at most 0000000 can be stored
        the campaign package has 00000000 bytes, and at most 0000000 can be stored"#]]
    .assert_eq(&digits(refusals.join("\n")));
}

#[test]
fn parts_that_do_not_belong_together_are_refused() {
    let one = pushed(&load(EXAMPLE).unwrap());
    let error =
        |head: &str, messages: &[(&str, &str)]| Running::open(head, messages.iter().copied()).unwrap_err().to_string();
    let all: Vec<_> = messages(&one).collect();
    let twice = [all.as_slice(), &all[..1]].concat();
    let named_otherwise = [&[("en/cancelled.json", all[0].1)], &all[1..]].concat();
    let spanish = pushed(&unusual());
    let refusals = [
        error(&one.head, &all[1..]),
        error(&one.head, &twice),
        error(&one.head, &named_otherwise),
        error(&spanish.head, &all),
        error(&one.head, &[("en/cancelled", "{}")]),
        error(&one.head.replacen("\"format\":6", "\"format\":7", 1), &all),
    ];
    expect![[r#"
        the campaign package cannot be used: the message en/not_started is missing
        the campaign package cannot be used: it has the message en/not_started twice
        not a campaign package: message en/cancelled.json: not a message's name
        the campaign package cannot be used: the message en/not_started does not belong to it
        not a campaign package: message en/cancelled: missing field `subject` at line 1 column 2
        the campaign package has format 7, and this program reads format 6: bring the older of the two up to date, then push the campaign again"#]]
    .assert_eq(&refusals.join("\n"));
    assert!(matches!(
        Head::open(&one.head.replacen("\"format\":6", "\"format\":7", 1)),
        Err(PackageError::Format(7))
    ));
}
