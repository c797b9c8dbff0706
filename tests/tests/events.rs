//! The payloads in `events/<function>/`, for `sam local invoke`: each is what its trigger sends, and means
//! what its name says. They belong to one invented customer, under the invented secrets below.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::PathBuf;

use aws::ScheduledFire;
use aws_lambda_events::apigw::ApiGatewayV2httpRequest;
use contacts::ContactInput;
use data_encoding::BASE64;
use journey::contact::SuppressedFor;
use journey::link::{BadLink, LinkKey, LinkKind, SESSION_COOKIE};
use journey::port::SuppressAddress;
use journey::{
    AddressId, Event, IdKey, Journey, JourneyId, Milestone, Phase, PhoneNumber, Provider, Purpose, Reference, SendTags,
    ToldBy, TouchRecord, UtilityCode, stored,
};
use serde_json::Value;
use tests::{Ports, Stage, World, poll_once};
use webhook::{
    Envelope, LightHook, Parsed, ParsedLight, Secret, Secrets, SignatureEncoding, SignatureForm, SignatureHash,
    SigningKey, Unusable, parse_leap, parse_light,
};

const IDENTITY_KEY: &[u8] = b"an invented key of 32 bytes long";
const WEBHOOK_SECRET: &str = "an-invented-webhook-secret";
const API_TOKEN: &str = "an-invented-api-token";
const REFERENCE: &str = "site-ca-0001";
const LIGHT_SECRET: &str = "an-invented-light-secret";
const ACCOUNT: &str = "00000000-0000-4000-8000-000000000001";

fn project(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)
}

/// The payloads of a function by the names of their files; exactly these must be there.
fn events<const N: usize>(function: &str, names: [&str; N]) -> BTreeMap<String, Value> {
    let events: BTreeMap<String, Value> = fs::read_dir(project("events").join(function))
        .unwrap()
        .map(|entry| {
            let path = entry.unwrap().path();
            let payload = serde_json::from_slice(&fs::read(&path).unwrap());
            let payload = payload.unwrap_or_else(|error| panic!("{}: {error}", path.display()));
            (path.file_stem().unwrap().to_str().unwrap().to_owned(), payload)
        })
        .collect();
    let found: BTreeSet<&str> = events.keys().map(String::as_str).collect();
    assert_eq!(found, BTreeSet::from(names), "events/{function}");
    events
}

fn id_key() -> IdKey {
    IdKey::new(IDENTITY_KEY).unwrap()
}

fn customer() -> JourneyId {
    let reference = Reference::new(REFERENCE).unwrap();
    JourneyId::new(&id_key(), Provider::Leap, Purpose::Enroll, &reference)
}

/// The journey of Light's account.
fn enrolling() -> JourneyId {
    let reference = Reference::new(ACCOUNT).unwrap();
    JourneyId::new(&id_key(), Provider::Light, Purpose::Enroll, &reference)
}

/// An HTTP payload as the type that the functions take it in, and its body.
fn http(name: &str, payload: &Value) -> (ApiGatewayV2httpRequest, Vec<u8>) {
    let request: ApiGatewayV2httpRequest =
        serde_json::from_value(payload.clone()).unwrap_or_else(|error| panic!("{name}: {error}"));
    let route = request.route_key.clone().unwrap();
    let template = fs::read_to_string(project("template.yaml")).unwrap();
    let is_routed = template.lines().any(|line| line.trim() == format!("RouteKey: {route}"));
    assert!(is_routed || route == "$default", "{name}: the API has no route {route}");
    let method = request.request_context.http.method.as_str();
    assert!(
        route == "$default" || route.starts_with("ANY ") || route.starts_with(method),
        "{name}: {method} does not come by {route}"
    );
    let body = request.body.clone().unwrap_or_default();
    let body = if request.is_base64_encoded {
        BASE64.decode(body.as_bytes()).unwrap()
    } else {
        body.into_bytes()
    };
    (request, body)
}

fn header<'a>(request: &'a ApiGatewayV2httpRequest, name: &str) -> &'a str {
    request.headers.get(name).map_or("", |value| value.to_str().unwrap())
}

#[test]
fn webhooks() {
    let events = events(
        "webhook",
        [
            "base64",
            "completed",
            "duplicate",
            "function_url",
            "good",
            "late",
            "light",
            "light_forged",
            "light_unsigned",
            "login_failed",
            "malformed",
            "meter_created",
            "reserved",
            "secret_twice",
            "unauthorized",
            "unknown_status",
        ],
    );
    let secrets = Secrets {
        current: Secret::new(WEBHOOK_SECRET).unwrap(),
        other: None,
    };
    let mut ids = BTreeMap::new();
    for (name, payload) in &events {
        let (request, body) = http(name, payload);
        if name.starts_with("light") {
            of_light(name, &request, &body);
            continue;
        }
        let given = header(&request, "x-rekindle-key").as_bytes();
        let is_let_in = secrets.check(&[given]).is_ok();
        assert_eq!(
            is_let_in,
            !["unauthorized", "secret_twice"].contains(&name.as_str()),
            "{name}"
        );
        assert_eq!(header(&request, "content-type"), "application/json", "{name}");
        let parsed = match parse_leap(&body) {
            Ok(parsed) => parsed,
            Err(_) => {
                assert_eq!(name, "malformed");
                continue;
            }
        };
        let (reference, delivered) = match parsed {
            Parsed::Event {
                reference, delivered, ..
            } => (reference, delivered),
            Parsed::Unusable(why) => {
                assert_eq!((name.as_str(), why), ("unknown_status", Unusable::UnknownStatus));
                continue;
            }
        };
        let expected = match name.as_str() {
            "good" | "duplicate" | "late" | "reserved" | "unauthorized" | "secret_twice" => Event::SessionOpened,
            "base64" => Event::StepReached,
            "function_url" => Event::SessionClosed,
            "completed" => Event::SessionCompleted,
            "login_failed" => Event::LoginFailed {
                utility: UtilityCode::parse("PGE"),
            },
            "meter_created" => Event::MeterAnnounced {
                kind: Some(journey::MeterKind::UtilityMeter),
            },
            other => panic!("{other} is not known"),
        };
        assert_eq!(delivered.event, expected, "{name}");
        let of_a_test = reference.expose().starts_with("leap-test-");
        assert_eq!(of_a_test, name == "reserved");
        assert!(of_a_test || reference.expose() == REFERENCE, "{name}");
        ids.insert(
            name.as_str(),
            (delivered.id.unwrap(), request.request_context.time_epoch),
        );
    }
    assert_eq!(ids["good"].0, ids["duplicate"].0, "a duplicate has the same identifier");
    assert_ne!(ids["good"].0, ids["late"].0);
    assert!(ids["late"].1 > ids["completed"].1, "the late one comes after the end");
}

/// Signed as `tests/tools/invoke_all.py` deploys it.
fn of_light(name: &str, request: &ApiGatewayV2httpRequest, body: &[u8]) {
    let hook = LightHook {
        keys: vec![SigningKey::new(LIGHT_SECRET).unwrap()],
        signature: SignatureForm {
            header: "light-signature".parse().unwrap(),
            hash: SignatureHash::Sha256,
            encoding: SignatureEncoding::Hex,
            prefix: String::new(),
        },
        envelope: Envelope {
            event_type: "type".to_owned(),
            account: "account_uuid".to_owned(),
            event_id: None,
        },
    };
    let given = request.headers.get("light-signature").map(|value| value.as_bytes());
    let given: Vec<&[u8]> = given.into_iter().collect();
    assert_eq!(hook.check(&given, body).is_ok(), name == "light", "{name}");
    let Ok(ParsedLight::Event {
        reference, delivered, ..
    }) = parse_light(body, &hook.envelope)
    else {
        panic!("{name}: no event")
    };
    assert_eq!(reference.expose(), ACCOUNT, "{name}");
    let requested = Event::EnrollmentProgressed {
        what: Milestone::PlanRequested,
        by: ToldBy::Webhook,
        dates: None,
    };
    assert_eq!(delivered.event, requested, "{name}");
}

#[test]
fn timers() {
    let events = events("touchpoint", ["duplicate", "good", "late", "malformed", "unknown"]);
    let read = |name: &str| serde_json::from_value::<ScheduledFire>(events[name].clone());
    let good = read("good").unwrap();
    assert_eq!(good.journey, customer());
    assert_eq!(read("duplicate").unwrap(), good);
    let late = read("late").unwrap();
    assert_eq!(late.journey, customer());
    assert!(late.generation < good.generation, "a generation that is over");
    assert_ne!(read("unknown").unwrap().journey, customer());
    assert!(read("malformed").is_err());
}

#[test]
fn minutes() {
    for function in ["reconcile", "meter-check"] {
        let events = events(function, ["duplicate", "good", "late"]);
        for (name, event) in &events {
            assert_eq!(event["source"], "aws.events", "{function}/{name}");
            assert_eq!(event["detail-type"], "Scheduled Event");
            event["time"].as_str().unwrap().parse::<jiff::Timestamp>().unwrap();
        }
        assert_eq!(events["good"], events["duplicate"]);
        assert!(events["late"]["time"].as_str() < events["good"]["time"].as_str());
    }
}

#[test]
fn what_became_of_mails() {
    let events = events(
        "feedback",
        [
            "bounce",
            "bounce_late",
            "bounce_soft",
            "complaint",
            "delivery",
            "delivery_delay",
            "duplicate",
            "foreign",
            "forged",
            "malformed",
            "other_account",
            "reject",
            "rendering_failure",
            "send",
            "text_help",
            "text_stop",
        ],
    );
    let events: BTreeMap<String, Value> = events
        .into_iter()
        .filter(|(name, _)| !name.starts_with("text_"))
        .collect();
    for (name, event) in &events {
        assert_eq!(event["source"], "aws.ses", "{name}");
        let detail = &event["detail"];
        let tags = &detail["mail"]["tags"];
        let tag = |name: &str| tags[name][0].as_str().map(str::to_owned);
        let key = SendTags::verify(&id_key(), &tag);
        let is_ours = key.as_ref().is_some_and(|key| key.journey == customer());
        assert_eq!(
            is_ours,
            !["foreign", "forged", "malformed"].contains(&name.as_str()),
            "{name}"
        );
        // What the rule of template.yaml lets through.
        let is_matched = event["account"] == "123456789012" && tags["ses:configuration-set"][0] == "rekindle";
        assert_eq!(
            is_matched,
            !["foreign", "other_account", "malformed"].contains(&name.as_str()),
            "{name}"
        );
        if name != "malformed" {
            detail["mail"]["timestamp"]
                .as_str()
                .unwrap()
                .parse::<jiff::Timestamp>()
                .unwrap();
        }
    }
    let types: BTreeMap<&str, &str> = events
        .iter()
        .map(|(name, event)| (name.as_str(), event["detail"]["eventType"].as_str().unwrap()))
        .collect();
    for (name, kind) in [
        ("send", "Send"),
        ("delivery", "Delivery"),
        ("bounce", "Bounce"),
        ("complaint", "Complaint"),
        ("reject", "Reject"),
        ("rendering_failure", "Rendering Failure"),
        ("delivery_delay", "DeliveryDelay"),
    ] {
        assert_eq!(types[name], kind);
    }
    assert_eq!(events["bounce"], events["duplicate"]);
    assert_eq!(events["bounce"]["detail"]["bounce"]["bounceType"], "Permanent");
    assert_eq!(events["bounce_soft"]["detail"]["bounce"]["bounceType"], "Transient");
    let tags = &events["forged"]["detail"]["mail"]["tags"];
    assert_eq!(
        tags["journey"][0],
        customer().as_str(),
        "it names our customer, and proves nothing"
    );
    assert_eq!(tags["proof"][0].as_str().unwrap().len(), 26);
}

/// Taken by the function's own code, as SNS hands them over.
#[test]
fn what_people_answer_to_texts() {
    let config = feedback::Config {
        id_key: id_key(),
        account: "123456789012".to_owned(),
        configuration_set: "rekindle".to_owned(),
        topic_arn: None,
        // As template.yaml names it.
        replies_topic_arn: Some("arn:aws:sns:us-west-2:123456789012:rekindle-text-replies".to_owned()),
    };
    let number = AddressId::of_number(&id_key(), &PhoneNumber::new("+12025550123").unwrap());
    let (folder, stage) = (project("events/feedback"), Stage::with(&toml::Table::new()));
    for (name, counter, stopped_at) in [
        ("text_stop", "reply.stop", Some("2026-11-23T10:45:00Z")),
        ("text_help", "reply.help", None),
    ] {
        let payload: Value = serde_json::from_slice(&fs::read(folder.join(format!("{name}.json"))).unwrap()).unwrap();
        let world = World::new(&stage.rules, "2026-11-23T10:47:00Z".parse().unwrap(), 10);
        let ports = Ports {
            world: &world,
            stage: &stage,
        };
        let taken = feedback::handle(&ports, &config, &stage.rules, None, &payload);
        poll_once(taken).unwrap().unwrap();
        assert_eq!(world.counted(counter), 1, "{name}");
        let closed = poll_once(ports.suppression(&number)).unwrap().unwrap();
        let expected: Option<jiff::Timestamp> = stopped_at.map(|at| at.parse().unwrap());
        assert_eq!(closed.since(SuppressedFor::Stop), expected, "{name}");
    }
}

#[test]
fn the_partner_s_calls() {
    let events = events(
        "contacts",
        [
            "campaign_versions",
            "delete",
            "delete_duplicate",
            "enrollment_open",
            "enrollment_reset",
            "enrollment_session",
            "enrollment_support",
            "enrollment_wrong_fields",
            "get",
            "journey",
            "list",
            "openapi",
            "put",
            "put_decoded",
            "put_duplicate",
            "put_encoded",
            "put_if_absent",
            "put_light",
            "malformed",
            "put_wrong_fields",
            "unauthorized",
        ],
    );
    for (name, payload) in &events {
        let (request, body) = http(name, payload);
        let token = header(&request, "authorization")
            .strip_prefix("Bearer ")
            .unwrap_or_default();
        assert_eq!(
            token == API_TOKEN,
            !["openapi", "unauthorized"].contains(&name.as_str()),
            "{name}"
        );
        if request.request_context.http.method.as_str() != "PUT" {
            continue;
        }
        let contact = serde_json::from_slice::<ContactInput>(&body);
        assert_eq!(contact.is_err(), name == "malformed", "{name}");
        let Ok(contact) = contact else { continue };
        let checked = contact.check(
            Provider::Leap,
            Reference::new(REFERENCE).unwrap(),
            jiff::Timestamp::MAX,
            &journey::LinkHosts::default(),
        );
        assert_eq!(checked.is_err(), name == "put_wrong_fields", "{name}");
    }
    let opened = |name: &str| {
        let mut person: Value = serde_json::from_str(events[name]["body"].as_str().unwrap()).unwrap();
        let last_name = person.as_object_mut().unwrap().remove("last_name").unwrap();
        last_name.as_str().unwrap().trim().to_owned()
    };
    assert_eq!(opened("enrollment_open"), "Example");
    assert_eq!(opened("enrollment_wrong_fields"), "");
    let support = events["enrollment_support"]["body"].as_str().unwrap();
    assert_eq!(support, "{\"matter\":\"switch_hold\"}");
    for name in ["enrollment_reset", "enrollment_session", "enrollment_support"] {
        let path = events[name]["rawPath"].as_str().unwrap();
        assert!(path.starts_with(&format!("/enrollments/{ACCOUNT}")), "{path}");
    }
    assert_eq!(events["put"]["body"], events["put_duplicate"]["body"]);
    assert_eq!(events["put_if_absent"]["headers"]["if-none-match"], "*");
    // An HTTP API hands over the path decoded, a function URL as it came: both name the same reference.
    assert_eq!(events["put_decoded"]["rawPath"], "/contacts/leap/site ca:0002");
    assert_eq!(events["put_encoded"]["rawPath"], "/contacts/leap/site%20ca%3A0002");
}

#[test]
fn what_customers_open() {
    let events = events(
        "pages",
        [
            "malformed",
            "opted_in_again",
            "preferences",
            "resume",
            "resume_acted",
            "resume_acted_duplicate",
            "resume_forged",
            "resume_late",
            "unsubscribe",
            "unsubscribe_base64",
        ],
    );
    let links = LinkKey::new(id_key().derive("link"));
    let now: jiff::Timestamp = "2026-11-23T10:45:00Z".parse().unwrap();
    for (name, payload) in &events {
        let (request, body) = http(name, payload);
        let path = request.raw_path.clone().unwrap();
        let (kind, token) = path.trim_start_matches('/').split_once('/').unwrap();
        let kind = if kind == "r" {
            LinkKind::Resume
        } else {
            LinkKind::Unsubscribe
        };
        let expected = match name.as_str() {
            "malformed" | "resume_forged" => Err(BadLink::Forged),
            "resume_late" => Err(BadLink::Expired),
            _ => Ok(customer()),
        };
        assert_eq!(links.verify(kind, token, now), expected, "{name}");
        let form = String::from_utf8(body).unwrap();
        match name.as_str() {
            "unsubscribe" | "unsubscribe_base64" => assert_eq!(form, "List-Unsubscribe=One-Click"),
            "opted_in_again" => assert_eq!(form, "save=1&channel=email"),
            _ => assert_eq!(form, ""),
        }
    }
}

#[test]
fn what_is_enrolled_in() {
    let events = events(
        "enroll",
        [
            "address",
            "address_typed",
            "api_address_search",
            "api_enrollment",
            "api_preflight",
            "api_unauthorized",
            "foreign",
            "malformed",
            "no_session",
            "script",
            "session_over",
            "start",
        ],
    );
    let links = LinkKey::new(id_key().derive("link"));
    let now: jiff::Timestamp = "2026-11-23T10:45:00Z".parse().unwrap();
    for (name, payload) in &events {
        let request: ApiGatewayV2httpRequest = serde_json::from_value(payload.clone()).unwrap();
        if name == "malformed" {
            // No gateway sends it.
            assert!(BASE64.decode(request.body.unwrap().as_bytes()).is_err());
            continue;
        }
        let (request, _) = http(name, payload);
        let cookie = request.cookies.iter().flatten().next();
        let cookie = cookie.map(|cookie| cookie.strip_prefix(&format!("{SESSION_COOKIE}=")).unwrap_or(cookie));
        let bearer = header(&request, "authorization").strip_prefix("Bearer ");
        let expected = match name.as_str() {
            "no_session" | "script" | "api_preflight" => None,
            "session_over" => Some(Err(BadLink::Expired)),
            "api_unauthorized" => Some(Err(BadLink::Forged)),
            _ => Some(Ok(enrolling())),
        };
        let verify = |token: &str| links.verify(LinkKind::Enroll, token, now);
        assert_eq!(cookie.or(bearer).map(verify), expected, "{name}");
        let is_foreign = header(&request, "sec-fetch-site") == "cross-site";
        assert_eq!(is_foreign, name == "foreign", "{name}");
    }
}

/// The journey of an item in an image, and what the item says beside it.
fn image(image: &Value) -> Option<Journey> {
    let id = image["pk"]["S"].as_str().unwrap().strip_prefix("J#").unwrap();
    let record = image["r"]["S"].as_str().unwrap();
    // The record leaves out the name, which the key has.
    let record = format!("{{\"id\":\"{id}\",{}", record.strip_prefix('{')?);
    let journey = stored::decode(record.as_bytes()).unwrap();
    let number = |name: &str| image[name]["N"].as_str().map(|text| text.parse::<i64>().unwrap());
    let timer = journey.timer.as_ref();
    assert_eq!(number("u"), timer.map(|timer| timer.due.as_millisecond()));
    assert_eq!(number("z"), timer.map(|timer| timer.closes.as_millisecond()));
    assert_eq!(number("g"), timer.map(|timer| i64::from(timer.generation)));
    Some(journey)
}

#[test]
fn the_table_s_stream() {
    let events = events(
        "announce",
        [
            "completed",
            "duplicate",
            "expired",
            "late",
            "malformed",
            "sent",
            "started",
        ],
    );
    let mut after: BTreeMap<&str, Option<Journey>> = BTreeMap::new();
    for (name, event) in &events {
        for record in event["Records"].as_array().unwrap() {
            assert_eq!(record["eventSource"], "aws:dynamodb", "{name}");
            let change = &record["dynamodb"];
            assert_eq!(change["StreamViewType"], "NEW_AND_OLD_IMAGES");
            assert_eq!(change["Keys"]["pk"]["S"], format!("J#{}", customer()), "{name}");
            change["SequenceNumber"].as_str().unwrap().parse::<u128>().unwrap();
            let images = ["OldImage", "NewImage"].map(|side| change.get(side));
            let expected = match record["eventName"].as_str().unwrap() {
                "INSERT" => [false, true],
                "MODIFY" => [true, true],
                "REMOVE" => [true, false],
                other => panic!("{name}: {other}"),
            };
            assert_eq!(images.map(|side| side.is_some()), expected, "{name}");
            if let [_, Some(new)] = images {
                after.insert(name, image(new));
            }
            if let [Some(old), _] = images {
                assert!(image(old).is_some(), "{name}");
            }
        }
    }
    let journey = |name: &str| after[name].as_ref().unwrap();
    assert!(matches!(journey("started").phase, Phase::Live));
    assert!(matches!(journey("sent").touches[0], TouchRecord::Sent { .. }));
    assert!(matches!(journey("completed").phase, Phase::Completed { .. }));
    let expired = &events["expired"]["Records"][0];
    assert_eq!(expired["userIdentity"]["principalId"], "dynamodb.amazonaws.com");
    // A stream repeats from a place where it has stopped before: the same records, with the same names.
    let names = |event: &str| {
        let records = events[event]["Records"].as_array().unwrap().iter();
        records.map(|record| record["eventID"].clone()).collect::<Vec<_>>()
    };
    assert_eq!(names("duplicate"), [names("started"), names("sent")].concat());
    let first = events["malformed"]["Records"][0]["dynamodb"]["NewImage"].clone();
    assert_eq!(
        image(&first),
        None,
        "one record that nobody can read, before one that all can"
    );
}

#[test]
fn everybody_in_them_is_invented() {
    let mut open: Vec<Value> = Vec::new();
    let mut files = 0;
    for folder in fs::read_dir(project("events")).unwrap() {
        for file in fs::read_dir(folder.unwrap().path()).unwrap() {
            open.push(serde_json::from_slice(&fs::read(file.unwrap().path()).unwrap()).unwrap());
            files += 1;
        }
    }
    assert!(files > 50, "the walk works");
    while let Some(value) = open.pop() {
        match value {
            Value::String(text) => {
                for (at, _) in text.match_indices('@') {
                    assert!(text[at..].starts_with("@example.com"), "{text}");
                }
            }
            Value::Array(items) => open.extend(items),
            Value::Object(entries) => open.extend(entries.into_iter().map(|(_, value)| value)),
            Value::Null | Value::Bool(_) | Value::Number(_) => {}
        }
    }
}
