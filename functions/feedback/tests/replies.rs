//! What people answer to texts, as SNS brings it.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use feedback::NotTaken;
use journey::campaign::Channel;
use journey::contact::{Locale, OptOut, Permission, SuppressedFor};
use journey::port::{Suppress, SuppressAddress};
use journey::{AddressId, Keyword, PhoneNumber, SendOutcome};
use serde_json::{Value, json};
use support::{Place, brand, id_key, journey_id};

/// What a person answers, published at this time.
fn replied_at(words: &str, at: &str) -> Value {
    let message = json!({
        "originationNumber": NUMBER,
        "destinationNumber": "+18335550100",
        "messageKeyword": "KEYWORD_8335550100",
        "messageBody": words,
        "inboundMessageId": "cae173d2-66b9-564c-8309-21f858e9fb84",
        "previousPublishedMessageId": "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY",
    });
    json!({"Records": [{"Sns": {"TopicArn": support::REPLIES, "Timestamp": at, "Message": message.to_string()}}]})
}

fn replied(words: &str) -> Value {
    replied_at(words, "2026-07-01T16:50:00.000Z")
}

const NUMBER: &str = "+12025550123";

fn number() -> AddressId {
    AddressId::of_number(&id_key(), &PhoneNumber::new(NUMBER).unwrap())
}

async fn closed(place: &Place) -> Vec<SuppressedFor> {
    let known = place.with_number(NUMBER).await;
    let number = known.number.unwrap();
    number.suppressed.reasons().map(|(why, _)| why).collect()
}

fn answer(locale: Locale) -> String {
    format!("{NUMBER} {}", brand().help(locale))
}

#[tokio::test]
async fn a_stop_closes_the_number_for_everything_and_a_start_opens_it() {
    let place = Place::sent().await;
    assert_eq!(closed(&place).await, []);
    for _ in 0..2 {
        place.take(&replied("STOP.")).await.unwrap();
        assert_eq!(closed(&place).await, [SuppressedFor::Stop], "twice is once");
    }
    let known = place.with_number(NUMBER).await;
    // The person has no app.
    for channel in [Channel::Email, Channel::Sms, Channel::Event] {
        assert_eq!(known.permission(channel), Permission::OptedOut, "{}", channel.as_str());
    }
    for (words, counter) in [
        ("HELP", "reply.help"),
        ("AYUDA", "reply.help"),
        ("who?", "reply.not_understood"),
    ] {
        place.take(&replied(words)).await.unwrap();
        assert_eq!(closed(&place).await, [SuppressedFor::Stop]);
        assert!(place.counted(counter) > 0, "{counter}");
    }
    place
        .take(&replied_at("start", "2026-07-01T16:50:00.001Z"))
        .await
        .unwrap();
    assert_eq!(closed(&place).await, []);
    assert_eq!((place.counted("reply.stop"), place.counted("reply.start")), (2, 1));
}

/// SNS keeps no order, and may deliver twice.
#[tokio::test]
async fn a_start_that_is_older_than_a_stop_opens_nothing() {
    let start = replied_at("START", "2026-07-01T16:52:00.000Z");
    let stops = ["2026-07-01T16:51:00.000Z", "2026-07-01T16:53:00.000Z"].map(|at| replied_at("STOP", at));
    for order in [[0, 1], [1, 0]] {
        let place = Place::sent().await;
        for stop in order {
            place.take(&stops[stop]).await.unwrap();
            place.take(&start).await.unwrap();
        }
        assert_eq!(closed(&place).await, [SuppressedFor::Stop], "{order:?}");
        place.take(&start).await.unwrap();
        assert_eq!(closed(&place).await, [SuppressedFor::Stop], "{order:?}, once more");
    }
    // What nobody can compare errs on the side of peace.
    let place = Place::sent().await;
    for reply in [&stops[0], &start, &stops[0]] {
        place.take(reply).await.unwrap();
    }
    assert_eq!(closed(&place).await, [SuppressedFor::Stop]);
}

/// A time that is missing, cannot be read, or has not come yet is that of the receipt.
#[tokio::test]
async fn no_stop_is_lost_to_its_time() {
    for at in [json!(null), json!("yesterday"), json!(1), json!("9999-01-01T00:00:00Z")] {
        let place = Place::sent().await;
        let mut stop = replied("STOP");
        stop["Records"][0]["Sns"]["Timestamp"] = at.clone();
        place.take(&stop).await.unwrap();
        assert_eq!(closed(&place).await, [SuppressedFor::Stop], "{at}");
        place.take(&replied("START")).await.unwrap();
        assert_eq!(closed(&place).await, [SuppressedFor::Stop], "{at}: it came later");
        let mut start = replied("START");
        start["Records"][0]["Sns"]["Timestamp"] = at.clone();
        // The clock counts milliseconds.
        tokio::time::sleep(std::time::Duration::from_millis(2)).await;
        place.take(&start).await.unwrap();
        assert_eq!(closed(&place).await, [], "{at}");
    }
}

#[tokio::test]
async fn help_is_answered_once_in_the_language_of_its_word() {
    for (words, locale) in [
        ("HELP", Locale::En),
        ("help", Locale::En),
        (" Help! ", Locale::En),
        ("help me please", Locale::En),
        ("INFO", Locale::En),
        ("\"info\"?", Locale::En),
        ("AYUDA", Locale::Es),
        ("\u{a1}Ayuda!", Locale::Es),
    ] {
        assert_eq!(Keyword::read(words), Some(Keyword::Help(locale)), "{words}");
        let place = Place::sent().await;
        for _ in 0..3 {
            place.take(&replied(words)).await.unwrap();
        }
        assert_eq!(place.phone.answers(), [answer(locale)], "{words}");
        assert_eq!(
            (place.counted("reply.help"), place.counted("reply.help_answered")),
            (3, 1)
        );
        assert_eq!(closed(&place).await, [], "who asks has said nothing else");
    }
}

#[tokio::test]
async fn who_asks_in_a_language_that_is_not_offered_is_answered_in_the_campaign_s() {
    for (words, offered) in [("AYUDA", Locale::En), ("HELP", Locale::Es)] {
        let place = Place::sent().await;
        place.take_as(&replied(words), &[offered]).await.unwrap();
        assert_eq!(place.phone.answers(), [answer(offered)]);
    }
}

/// A machine at the other end must not be kept talking: nothing else is answered, and not our own words.
#[tokio::test]
async fn nothing_but_a_word_for_help_is_answered() {
    let place = Place::sent().await;
    for words in [
        "who?",
        "thanks",
        "helpful",
        "START",
        "STOP",
        "",
        "help, stop",
        &brand().help(Locale::En),
    ] {
        place.take(&replied(words)).await.unwrap();
    }
    assert_eq!(place.phone.answers(), [""; 0]);
}

/// Whatever has closed the number, here or on the sender's own list.
#[tokio::test]
async fn a_number_that_is_closed_gets_no_answer() {
    let place = Place::sent().await;
    place.take(&replied("please stop texting me")).await.unwrap();
    place.take(&replied("HELP")).await.unwrap();
    assert_eq!(place.phone.answers(), [""; 0]);

    let place = Place::sent().await;
    place.with_number(NUMBER).await;
    let out = OptOut::of([Channel::Sms]);
    let at = "2026-07-01T16:45:00Z".parse().unwrap();
    assert!(place.store.set_opted_out(&journey_id(), &out, at).await.unwrap());
    place.take(&replied("HELP")).await.unwrap();
    assert_eq!(place.phone.answers(), [""; 0]);

    let place = Place::sent().await;
    place.phone.then(SendOutcome::OptedOut);
    place.take(&replied("HELP")).await.unwrap();
    assert_eq!(
        (place.counted("reply.help"), place.counted("reply.help_answered")),
        (1, 0)
    );
    assert!(
        place.store.suppression(&number()).await.unwrap().is_open(),
        "the next reminder asks the list itself"
    );
}

/// An event that is refused comes again.
#[tokio::test]
async fn what_was_surely_not_sent_is_tried_again_and_nothing_else() {
    let refused = SendOutcome::Refused {
        why: "an invented reason".to_owned(),
    };
    for (outcome, tries) in [(SendOutcome::Throttled, 2), (SendOutcome::Ambiguous, 1), (refused, 1)] {
        let place = Place::sent().await;
        place.phone.then(outcome.clone());
        let first = place.take(&replied("HELP")).await;
        match first {
            Err(error) => assert!(tries == 2 && matches!(error.first, NotTaken::Unanswered), "{outcome:?}"),
            Ok(()) => assert_eq!(tries, 1, "{outcome:?}"),
        }
        place.take(&replied("HELP")).await.unwrap();
        assert_eq!(place.phone.answers().len(), tries, "{outcome:?}");
    }
}

#[tokio::test]
async fn a_number_whose_keywords_answer_help_is_left_to_them() {
    let place = Place::sent().await;
    place.take_without_help(&replied("HELP")).await.unwrap();
    assert_eq!(place.phone.answers(), [""; 0]);
    assert_eq!(place.counted("reply.help"), 1);
}

#[tokio::test]
async fn an_answer_by_another_topic_or_from_another_country_is_foreign() {
    let place = Place::sent().await;
    let mut elsewhere = replied("STOP");
    elsewhere["Records"][0]["Sns"]["TopicArn"] = json!("arn:aws:sns:us-west-2:210987654321:x");
    let mut abroad = replied("STOP");
    abroad["Records"][0]["Sns"]["Message"] = json!(r#"{"originationNumber":"+442079460123","messageBody":"STOP"}"#);
    for payload in [elsewhere, abroad] {
        place.take(&payload).await.unwrap();
    }
    assert_eq!(closed(&place).await, []);
    assert_eq!((place.counted("feedback.foreign"), place.counted("reply.stop")), (2, 0));
    let mut no_words = replied("STOP");
    no_words["Records"][0]["Sns"]["Message"] = json!(r#"{"originationNumber":"+12025550123"}"#);
    place.take(&no_words).await.unwrap();
    assert_eq!(place.counted("feedback.malformed"), 1);
}
