//! Stories of the deployed stack. They run side by side, on one deployment and one population.
//!
//! `cargo test -p stack` runs them; `tests/run` does. They need the binaries of
//! `cargo lambda build --release`, and the tools that `tests/run` installs.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stderr,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod bayou;
mod light;

use std::sync::OnceLock;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use jiff::{SignedDuration, Timestamp};
use journey::campaign::Channel;
use journey::port::{MessageLabel, SendText, Text};
use journey::{SendKey, SendOutcome};
use sandbox::{Customer, Habit, MeterArrival, Reaction};
use serde_json::{Value, json};
use stack::campaign::TEXTED;
use stack::internet::Fate;
use stack::mail::{Mail, Trouble};
use stack::{Stage, stage};

/// Most have done by then what they do when left alone.
const AT_FIRST: SignedDuration = SignedDuration::from_mins(38);

/// What the stories have agreed about customers before the first of them acts.
struct Cast {
    lost: &'static Customer,
    doubled: &'static Customer,
    reversed: &'static Customer,
    throttled: &'static Customer,
    hung: &'static Customer,
    opts_out: &'static Customer,
    texted: &'static Customer,
    stopped: &'static Customer,
    pushed: &'static Customer,
    announced: &'static Customer,
}

/// The stage with its customers gone through what they do when left alone.
fn begun() -> (&'static Stage, &'static Cast, tokio::runtime::Runtime) {
    static CAST: OnceLock<Cast> = OnceLock::new();
    let stage = stage();
    let runtime = tokio::runtime::Runtime::new().unwrap();
    let cast = CAST.get_or_init(|| {
        runtime.block_on(async {
            let quick = stage.customers(Habit::StopsAtUtilityLogin, "quick").await;
            let slow_finishers = stage.customers(Habit::FinishesAlone, "slow").await;
            let cast = Cast {
                lost: slow_finishers[0],
                doubled: quick[0],
                reversed: quick[1],
                throttled: quick[2],
                hung: quick[3],
                opts_out: quick[4],
                texted: quick[5],
                stopped: quick[6],
                pushed: quick[7],
                announced: quick[8],
            };
            give_number(stage, cast.texted, TEXTED).await;
            give_number(stage, cast.stopped, STOPPED).await;
            change_contact(stage, cast.pushed, |contact| {
                contact["push"] = json!(stack::stage::DEVICE)
            })
            .await;
            change_contact(stage, cast.announced, |contact| contact["email"] = json!(null)).await;
            stage.texts.opt_out(STOPPED);
            stage.internet.fate(&cast.lost.reference, Fate::LosesCompleted);
            stage.internet.fate(&cast.doubled.reference, Fate::Doubles);
            stage.internet.fate(&cast.reversed.reference, Fate::Reverses);
            stage.mail.trouble(&cast.throttled.email, Trouble::Throttles(2));
            stage.mail.trouble(&cast.hung.email, Trouble::AcceptsAndHangs);
            stage.leap.sandbox.add_population(stage.leap.population.clone());
            stage.tell(AT_FIRST).await;
            assert!(stage.internet.let_go(&cast.reversed.reference).await > 2);
            cast
        })
    });
    (stage, cast, runtime)
}

const STOPPED: &str = "+12025550124";

/// The partner tells of a number with its consent; its area code is all that says where the person is.
async fn give_number(stage: &Stage, customer: &Customer, number: &str) {
    change_contact(stage, customer, |contact| {
        contact["phone"] = json!(number);
        contact["consent"]["sms"] =
            json!({"at": "2026-06-30T16:00:00Z", "source": "sign-up page", "version": "2026-03 sign-up form"});
    })
    .await;
}

/// The partner changes a contact, and moves it to where the campaign has opened the law.
async fn change_contact(stage: &Stage, customer: &Customer, change: impl FnOnce(&mut Value)) {
    let path = format!("/contacts/leap/{}", stack::stage::encoded(&customer.reference));
    let (_, mut contact) = stage.call("GET", &path, None).await;
    contact["state"] = json!("DC");
    contact["zone"] = json!(null);
    contact["utility"] = json!(null);
    change(&mut contact);
    let (status, answer) = stage.call("PUT", &path, Some(&contact)).await;
    assert_eq!(status, 200, "{answer}");
}

/// May a text go at this time? Not in the last ten minutes of the overridden day, nor just before them.
fn may_be_texted(at: Timestamp) -> bool {
    let law = stack::campaign::around_the_clock();
    let places = law.places(&law::Evidence {
        area_code: Some(202),
        ..law::Evidence::default()
    });
    law.next_lawful(at, &places) == Some(at)
}

/// Leap's clock may leap over days only when nobody is on the way there any more.
static CAME_BACK: AtomicBool = AtomicBool::new(false);

fn phase(journey: &Value) -> &str {
    journey["phase"].as_str().unwrap()
}

fn touch_states(journey: &Value) -> Vec<&str> {
    let touches = journey["touches"].as_array().unwrap();
    touches.iter().map(|touch| touch["state"].as_str().unwrap()).collect()
}

fn kinds(events: &[Value]) -> Vec<&str> {
    events.iter().map(|event| event["type"].as_str().unwrap()).collect()
}

fn notes(journey: &Value) -> String {
    journey["timeline"].to_string()
}

async fn first_mail(stage: &Stage, customer: &Customer) -> Mail {
    stage
        .wait_for("the first mail", async || stage.mails_of(customer).into_iter().next())
        .await
}

#[test]
fn the_template_deploys_as_it_is() {
    let (stage, _, _) = begun();
    assert!(
        stage.transcript.contains("Successfully created/updated stack"),
        "{}",
        stage.transcript
    );
    eprintln!("{}", stage.transcript);
}

#[test]
fn a_reminded_customer_comes_back_through_the_link_and_hears_no_more() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let mut came_back = None;
        for customer in stage.leap.of_habit(Habit::StopsAtUtilityLogin) {
            let taken = [cast.doubled, cast.reversed, cast.throttled, cast.hung, cast.opts_out];
            let taken = taken
                .into_iter()
                .chain([cast.texted, cast.stopped, cast.pushed, cast.announced]);
            if taken.into_iter().any(|other| other.reference == customer.reference) {
                continue;
            }
            stage
                .until(&customer.reference, "past its first touch", |journey| {
                    !matches!(touch_states(journey)[0], "waiting" | "claimed")
                })
                .await;
            // One person has two references, and only one of them is reminded.
            let Some(mail) = stage.mails_of(customer).into_iter().next() else {
                continue;
            };
            assert_eq!(mail.headers["List-Unsubscribe-Post"], "List-Unsubscribe=One-Click");
            assert!(mail.headers["List-Unsubscribe"].contains("/u/"), "{:?}", mail.headers);
            assert_eq!((mail.tags["touch"].as_str(), mail.tags["attempt"].as_str()), ("1", "1"));
            let link = mail.link("/r/").expect("a resume link");
            let reaction = stage.leap.sandbox.read_mail(&customer.reference, 1, Some(link));
            if let Reaction::ComesBack { .. } = reaction {
                stage.tell(SignedDuration::from_mins(90)).await;
                let visits = stage.leap.sandbox.stats().visits;
                assert_eq!(visits.failed, [], "the resume page led nowhere");
                let truth = stage.leap.sandbox.truth();
                if truth[&customer.reference].completed_at.is_some() {
                    came_back = Some(customer);
                    break;
                }
            }
        }
        CAME_BACK.store(true, Ordering::SeqCst);
        let customer = came_back.expect("of so many customers one comes back");
        let journey = stage
            .until(&customer.reference, "completed", |journey| {
                phase(journey) == "completed"
            })
            .await;
        assert!(notes(&journey).contains("link_followed"), "{journey:#}");
        let sent = stage.mails_of(customer).len();
        tokio::time::sleep(Duration::from_secs(30)).await;
        assert_eq!(stage.mails_of(customer).len(), sent, "written to after the end");
    });
}

#[test]
fn who_finishes_before_the_first_touch_hears_nothing() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        for customer in stage.leap.of_habit(Habit::FinishesAlone) {
            let journey = stage
                .until(&customer.reference, "completed", |journey| {
                    phase(journey) == "completed"
                })
                .await;
            assert!(!touch_states(&journey).contains(&"sent"), "{journey:#}");
            assert_eq!(stage.mails_of(customer).len(), 0);
            if customer.reference != cast.lost.reference {
                assert!(notes(&journey).contains("\"evidence\":\"session\""), "{journey:#}");
            }
        }
    });
}

#[test]
fn a_lost_completion_is_found_by_the_reconciliation() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let journey = stage
            .until(&cast.lost.reference, "completed", |journey| {
                phase(journey) == "completed"
            })
            .await;
        assert!(
            notes(&journey).contains("\"drift\":{\"what\":\"completion\"}"),
            "{journey:#}"
        );
        assert_eq!(stage.mails_of(cast.lost).len(), 0);
    });
}

#[test]
fn direct_to_utility_customers_are_reminded_or_left_alone() {
    let (stage, _, runtime) = begun();
    runtime.block_on(async {
        let stops = stage.leap.of_habit(Habit::StopsDirectly).next().unwrap();
        let finishes = stage.leap.of_habit(Habit::FinishesDirectly).next().unwrap();
        let journey = stage
            .until(&finishes.reference, "completed", |journey| {
                phase(journey) == "completed"
            })
            .await;
        assert_eq!(journey["flow"], "direct_to_utility");
        first_mail(stage, stops).await;
        assert_eq!(stage.mails_of(finishes).len(), 0);
    });
}

#[test]
fn duplicate_and_reordered_deliveries_change_nothing() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        for customer in [cast.doubled, cast.reversed] {
            let journey = stage
                .until(&customer.reference, "handed back", |journey| {
                    phase(journey) == "handed_back"
                })
                .await;
            assert!(
                journey["milestones"].to_string().contains("login_reached"),
                "{journey:#}"
            );
            let mails = stage.mails_of(customer);
            let touches: Vec<_> = mails.iter().map(|mail| mail.tags["touch"].as_str()).collect();
            if customer.reference == cast.doubled.reference {
                assert_eq!(touches, ["1", "2"], "{journey:#}");
            } else {
                // Held for so long that the reconciliation may come first: the windows, which count from the
                // provider's own times, are over then, and nothing goes out late. Never anything twice.
                assert!(touches.is_empty() || touches == ["1", "2"], "{touches:?} {journey:#}");
            }
        }
    });
}

#[test]
fn a_throttled_send_goes_out_later_and_once() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let mail = first_mail(stage, cast.throttled).await;
        assert_eq!(mail.tags["attempt"], "3", "two attempts were throttled");
        assert!(stage.mail.throttled() >= 2);
        let journey = stage
            .until(&cast.throttled.reference, "sent", |journey| {
                touch_states(journey)[0] == "sent"
            })
            .await;
        assert!(notes(&journey).contains("retrying"), "{journey:#}");
        let firsts = stage.mails_of(cast.throttled);
        assert_eq!(firsts.iter().filter(|mail| mail.tags["touch"] == "1").count(), 1);
    });
}

#[test]
fn a_function_killed_in_mid_send_leaves_an_unknown_that_its_event_resolves() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        // SES has taken it and does not answer; then the machine under the function fails.
        let mail = first_mail(stage, cast.hung).await;
        // A kill ends every process of the function: nobody else may be in mid-send.
        for other in [cast.doubled, cast.texted, cast.stopped, cast.opts_out] {
            let decided = |journey: &Value| !matches!(touch_states(journey)[0], "waiting" | "claimed");
            stage.until(&other.reference, "past its first touch", decided).await;
        }
        let between = |journey: &Value| touch_states(journey)[0] != "claimed";
        stage
            .until(&cast.throttled.reference, "between two attempts", between)
            .await;
        assert!(
            stage.cloud.kill_function("rekindle-stage-touchpoint") > 0,
            "nothing was running"
        );
        let journey = stage
            .until(&cast.hung.reference, "unknown", |journey| {
                touch_states(journey)[0] == "unknown"
            })
            .await;
        assert!(notes(&journey).contains("send_unknown"), "{journey:#}");
        let of_touch_1 = || {
            let mails = stage.mails_of(cast.hung);
            mails.iter().filter(|mail| mail.tags["touch"] == "1").count()
        };
        assert_eq!(of_touch_1(), 1, "sent blindly a second time");
        // Somebody else's event says nothing.
        let mut forged = stage.ses_event(&mail, "Delivery", "Email Delivered");
        forged["detail"]["mail"]["tags"]["proof"] = json!(["aaaaaaaaaaaaaaaaaaaaaaaaaa"]);
        stage.invoke("feedback", &forged).await;
        let journey = stage.journey(&cast.hung.reference).await.unwrap();
        assert_eq!(touch_states(&journey)[0], "unknown", "a forged event was believed");
        // SES's own does.
        stage
            .invoke("feedback", &stage.ses_event(&mail, "Delivery", "Email Delivered"))
            .await;
        let journey = stage.journey(&cast.hung.reference).await.unwrap();
        assert_eq!(touch_states(&journey)[0], "sent", "{journey:#}");
        assert_eq!(of_touch_1(), 1);
    });
}

#[test]
fn who_never_comes_back_is_handed_back_on_the_bus_and_by_webhook() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let reference = &cast.doubled.reference;
        stage
            .until(reference, "handed back", |journey| phase(journey) == "handed_back")
            .await;
        let posted = stage
            .wait_for("the hand-back, posted", async || {
                let events = stage.partner.events_of(reference);
                kinds(&events).contains(&"journey.handed_back").then_some(events)
            })
            .await;
        let handed_back = |event: &&Value| event["type"] == "journey.handed_back";
        let heard = stage
            .wait_for("the hand-back, on the bus", async || {
                let events = stage.heard_on_the_bus(reference).await;
                let details = events.into_iter().map(|event| event["detail"].clone());
                details.into_iter().find(|event| handed_back(&event))
            })
            .await;
        let told = kinds(&posted);
        assert_eq!(told.first(), Some(&"journey.started"), "{told:?}");
        let sent = told.iter().filter(|kind| **kind == "touch.sent").count();
        assert_eq!(sent, stage.mails_of(cast.doubled).len(), "{told:?}");
        let posted = posted.iter().find(handed_back).unwrap();
        assert_eq!(posted, &heard, "the same event, with the same name, on both ways");
        assert_eq!(stage.partner.forged(), 0);
    });
}

#[test]
fn a_meter_is_seen_when_it_arrives_and_missed_when_it_is_late() {
    let (stage, _, runtime) = begun();
    runtime.block_on(async {
        let finishers = || stage.leap.of_habit(Habit::FinishesAlone);
        let arrives = finishers()
            .find(|customer| customer.meter != MeterArrival::Never)
            .unwrap();
        let never = stage
            .leap
            .population
            .customers()
            .iter()
            .filter(|customer| customer.meter == MeterArrival::Never)
            .find(|customer| matches!(customer.habit, Habit::FinishesAlone | Habit::FinishesDirectly));
        stage
            .until(&arrives.reference, "completed", |journey| phase(journey) == "completed")
            .await;
        // A day passes at Leap; the others' stories are over by then.
        let told = |kind: &'static str, reference: String| async move {
            stage
                .wait_for(kind, async || {
                    // It runs by itself every 5 minutes; here it need not be waited for.
                    stage.invoke("meter-check", &json!({})).await;
                    let events = stage.partner.events_of(&reference);
                    kinds(&events).contains(&kind).then_some(())
                })
                .await;
        };
        if let Some(never) = never {
            told("meter.late", never.reference.clone()).await;
        }
        stage
            .wait_for("the end of the others' stories", async || {
                CAME_BACK.load(Ordering::SeqCst).then_some(())
            })
            .await;
        stage.tell(SignedDuration::from_hours(82)).await;
        told("meter.arrived", arrives.reference.clone()).await;
    });
}

#[test]
fn one_click_ends_the_reminders() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let customer = cast.opts_out;
        let mail = first_mail(stage, customer).await;
        let link = mail.headers["List-Unsubscribe"].trim_matches(['<', '>']).to_owned();
        let http = reqwest::Client::new();
        // A scanner follows every link; that changes nothing.
        assert_eq!(http.get(&link).send().await.unwrap().status(), 200);
        let answer = http
            .post(&link)
            .header("content-type", "application/x-www-form-urlencoded")
            .body("List-Unsubscribe=One-Click")
            .send()
            .await
            .unwrap();
        assert_eq!(answer.status(), 200);
        let journey = stage
            .until(&customer.reference, "over", |journey| phase(journey) != "live")
            .await;
        assert_eq!(journey["email"], "opted_out");
        assert_eq!(stage.mails_of(customer).len(), 1);
    });
}

#[test]
fn a_text_goes_out_in_its_hours_and_mail_in_its_place_outside_them() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let customer = cast.texted;
        let journey = stage
            .until(&customer.reference, "reminded", |journey| {
                touch_states(journey)[0] == "sent"
            })
            .await;
        let texts = stage.cloud.texts_to(TEXTED).await;
        let of_touch_1 = stage
            .mails_of(customer)
            .iter()
            .filter(|mail| mail.tags["touch"] == "1")
            .count();
        let sent_at: Timestamp = journey["touches"][0]["at"].as_str().unwrap().parse().unwrap();
        if may_be_texted(sent_at) {
            assert_eq!(journey["touches"][0]["channel"], "sms", "{journey:#}");
            let told = journey["timeline"].to_string();
            assert!(told.contains("in DC; the campaign overrides default, US, DC"), "{told}");
            assert_eq!((texts.len(), of_touch_1), (1, 0));
            let body = texts[0]["Message"].as_str().unwrap();
            assert!(body.contains("/r/") && body.contains("STOP"), "{body}");
            let attributes = texts[0]["MessageAttributes"].to_string();
            for part in ["Transactional", stack::stage::ORIGINATION_NUMBER, "0.10"] {
                assert!(attributes.contains(part), "{attributes}");
            }
        } else {
            assert_eq!(journey["touches"][0]["channel"], "email", "{journey:#}");
            assert_eq!((texts.len(), of_touch_1), (0, 1));
            let timeline = journey["timeline"].as_array().unwrap();
            let passed = timeline.iter().map(|entry| &entry["note"]["channel_passed"]);
            let quiet = |note: &&Value| note["channel"] == "sms" && note["why"] == "quiet_hours";
            assert_eq!(passed.filter(quiet).count(), 1, "{journey:#}");
        }
        assert_eq!(journey["sms"], "allowed");
    });
}

/// The function's own adapter, on any day: what it sends is what the emulator has.
#[test]
fn a_text_is_read_back_and_who_answered_stop_gets_none() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let with_front = stage
            .cloud
            .environment_with(&[("AWS_ENDPOINT_URL_SNS", stage.texts.address())]);
        let config = aws::TextsConfig {
            origination_number: stack::stage::ORIGINATION_NUMBER.to_owned(),
            max_price: "0.10".to_owned(),
        };
        let texter = aws::Texter::new(aws::Clients::from_env(&with_front).unwrap().sns(), Some(config));
        let reference = journey::Reference::new(&*cast.texted.reference).unwrap();
        let text = |number: &str| Text {
            key: SendKey {
                journey: journey::JourneyId::parse("aaaaaaaaaaaaaaaaaaaaaaaaaa").unwrap(),
                episode: 1,
                touch: journey::Touch(1),
                attempt: 1,
                channel: Channel::Sms,
            },
            at: stack::leap::machine_now(),
            to: journey::PhoneNumber::new(number).unwrap(),
            body: "Example: go on here https://example.com/r/x & more. Responda STOP, señora".to_owned(),
            label: MessageLabel {
                provider: journey::Provider::Leap,
                reference: reference.clone(),
                diagnosis: journey::Diagnosis::NotStarted,
                locale: journey::contact::Locale::Es,
                arm: "quick".to_owned(),
            },
        };
        let other = "+12025550125";
        let SendOutcome::Accepted { message_id } = texter.send_text(&text(other)).await else {
            panic!("not accepted")
        };
        let kept = stage.cloud.texts_to(other).await;
        assert_eq!(kept.len(), 1, "{kept:?}");
        assert_eq!(kept[0]["MessageId"], message_id);
        assert_eq!(kept[0]["Message"], text(other).body);
        assert_eq!(texter.send_text(&text(STOPPED)).await, SendOutcome::OptedOut);
        assert!(stage.cloud.texts_to(STOPPED).await.is_empty());
        // And by the function: mail in its place; the number is closed for good.
        let journey = stage
            .until(&cast.stopped.reference, "reminded", |journey| {
                touch_states(journey)[0] == "sent"
            })
            .await;
        assert_eq!(journey["touches"][0]["channel"], "email", "{journey:#}");
        assert!(stage.cloud.texts_to(STOPPED).await.is_empty());
        let sent_at: Timestamp = journey["touches"][0]["at"].as_str().unwrap().parse().unwrap();
        if may_be_texted(sent_at) {
            assert_eq!(journey["sms"], "suppressed", "{journey:#}");
        }
    });
}

#[test]
fn a_push_goes_to_the_device_of_the_contact() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let journey = stage
            .until(&cast.pushed.reference, "reminded", |journey| {
                touch_states(journey)[0] == "sent"
            })
            .await;
        let pushes = stage.texts.pushes_to(stack::stage::DEVICE);
        let sent_at: Timestamp = journey["touches"][0]["at"].as_str().unwrap().parse().unwrap();
        assert_eq!(journey["push"], "allowed");
        if !may_be_texted(sent_at) {
            assert_eq!(journey["touches"][0]["channel"], "email", "{journey:#}");
            return assert!(pushes.is_empty());
        }
        assert_eq!(journey["touches"][0]["channel"], "push", "{journey:#}");
        assert_eq!(pushes.len(), 1, "{pushes:?}");
        let message: Value = serde_json::from_str(&pushes[0]["Message"]).unwrap();
        let of_google: Value = serde_json::from_str(message["GCM"].as_str().unwrap()).unwrap();
        let url = of_google["fcmV1Message"]["message"]["data"]["url"].as_str().unwrap();
        assert!(
            url.starts_with(stage.internet.address()) && url.contains("/r/"),
            "{url}"
        );
        let of_touch_1 = stage
            .mails_of(cast.pushed)
            .into_iter()
            .filter(|mail| mail.tags["touch"] == "1");
        assert_eq!(of_touch_1.count(), 0);
    });
}

#[test]
fn the_partner_is_told_to_write_to_whom_we_have_no_address_of() {
    let (stage, cast, runtime) = begun();
    runtime.block_on(async {
        let journey = stage
            .until(&cast.announced.reference, "reminded", |journey| {
                !matches!(touch_states(journey)[0], "waiting" | "claimed")
            })
            .await;
        let touch = &journey["touches"][0];
        if touch["state"] != "sent" {
            // In the ten minutes before midnight.
            assert!(
                !may_be_texted(touch["at"].as_str().unwrap().parse().unwrap()),
                "{journey:#}"
            );
            return;
        }
        assert_eq!(touch["channel"], "event", "{journey:#}");
        let due = stage
            .wait_for("the partner told", async || {
                let events = stage.partner.events_of(&cast.announced.reference);
                events.into_iter().find(|event| event["type"] == "touch.due")
            })
            .await;
        assert_eq!(due["data"]["permissions"]["email"], "no_address", "{due:#}");
        for (field, path) in [("resume_url", "/r/"), ("unsubscribe_url", "/u/")] {
            let url = due["data"][field].as_str().unwrap();
            assert!(url.starts_with(stage.internet.address()) && url.contains(path), "{url}");
        }
        let on_the_bus = stage
            .wait_for("the event on the bus", async || {
                let heard = stage.heard_on_the_bus(&cast.announced.reference).await;
                heard.into_iter().find(|event| event["detail-type"] == "touch.due")
            })
            .await;
        assert_eq!(on_the_bus["detail"], due);
    });
}

#[test]
fn every_webhook_was_answered_2xx_in_time() {
    let (stage, _, _) = begun();
    let answers = stage.internet.webhook_answers();
    assert!(answers.len() > 100, "{}", answers.len());
    // Two stories forge, and are sent away.
    let ours = answers
        .iter()
        .filter(|(path, _, _)| !path.ends_with(bayou::FORGED_SECRET) && !path.ends_with(light::FORGED));
    let bad: Vec<_> = ours.filter(|(_, status, _)| *status != 200).collect();
    assert!(bad.is_empty(), "{bad:?}");
}
