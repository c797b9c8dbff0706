//! What becomes of SES's events: over a store on disk, with events as SES makes them.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::sync::atomic::AtomicUsize;

use feedback::handle;
use journey::port::{Commit, CommitError, CommitJourney, FindContact, InboxClaim};
use journey::send_tag::SendTags;
use journey::{Campaign, DeliveryProblem, IdKey, JourneyId, Note, SkipReason, Touch, TouchRecord};
use serde_json::{Value, json};
use support::{Failing, Fails, Place, address, bridged, config, journey_id, notified, record, send_key, tags, tags_by};

#[tokio::test]
async fn an_unknown_send_is_resolved_by_any_event_that_shows_it_went_out() {
    for kind in ["Send", "Delivery", "DeliveryDelay", "Open"] {
        for payload in [
            bridged(&record(kind, tags())),
            notified(&[record(kind, tags()).to_string()]),
        ] {
            let place = Place::unknown().await;
            place.take(&payload).await.unwrap();
            let TouchRecord::Sent { at, message_id, .. } = place.touch().await else {
                panic!("{kind}: {:?}", place.touch().await)
            };
            assert_eq!(at.to_string(), "2026-07-01T16:45:03.123Z");
            assert!(message_id.starts_with("0100019abcdef01"));
            assert_eq!(place.counted("feedback.resolved_unknown"), 1);
            let version = place.stored().await.version;
            place.take(&payload).await.unwrap();
            assert_eq!(place.stored().await.version, version, "a duplicate wrote");
            assert_eq!(place.counted("feedback.resolved_unknown"), 1);
        }
    }
}

#[tokio::test]
async fn what_is_known_to_be_sent_costs_no_write() {
    let place = Place::sent().await;
    let version = place.stored().await.version;
    for kind in ["Send", "Delivery", "DeliveryDelay", "Open"] {
        place.take(&bridged(&record(kind, tags()))).await.unwrap();
    }
    assert_eq!(place.stored().await.version, version);
    for counter in [
        "feedback.send",
        "feedback.delivery",
        "feedback.delay",
        "feedback.engagement",
    ] {
        assert_eq!(place.counted(counter), 1, "{counter}");
    }
}

/// Most events tell of what is known, and are paid for one by one.
#[tokio::test]
async fn what_is_settled_costs_one_read() {
    let mut earlier = send_key();
    earlier.episode = 0;
    let mut of_an_earlier_episode = json!({ "ses:configuration-set": ["rekindle"] });
    for (name, value) in SendTags::of(&support::id_key(), &earlier) {
        of_an_earlier_episode[name] = json!([value]);
    }
    for (place, tags, steps) in [
        (Place::unknown().await, tags(), 4),
        (Place::sent().await, tags(), 1),
        (Place::unknown().await, of_an_earlier_episode, 1),
    ] {
        let counting = Failing {
            store: &place.store,
            at: usize::MAX,
            how: Fails::Before,
            steps: AtomicUsize::new(0),
        };
        let payload = bridged(&record("Send", tags));
        handle(&counting, &config(), &Campaign::standard(), None, &payload)
            .await
            .unwrap();
        assert_eq!(place.counted("feedback.send"), 1, "it was believed");
        assert_eq!(counting.steps.into_inner(), steps);
    }
}

#[tokio::test]
async fn a_hard_bounce_closes_the_inbox_before_a_claim_that_is_in_flight() {
    let place = Place::sent().await;
    let version = |known: Option<journey::contact::Known>| known.unwrap().inbox.version;
    let seen = version(place.store.contact_of(&journey_id()).await.unwrap());
    place.take(&bridged(&record("Bounce", tags()))).await.unwrap();
    assert!(place.is_suppressed().await);
    assert!(!place.has_opted_out().await, "a bounce is no wish of the person's");
    assert_eq!(place.counted("feedback.bounce_permanent"), 1);
    let stored = place.stored().await;
    let told = Note::DeliveryProblem {
        touch: Touch(1),
        what: DeliveryProblem::Bounced,
    };
    assert_eq!(stored.journey.history.back().unwrap().note, told);

    let claim = Commit {
        journey: &stored.journey,
        expected: stored.version,
        contact: None,
        claim: Some(InboxClaim {
            address: &address(support::ADDRESS),
            expected: seen,
            key: &send_key(),
            at: stored.journey.opened_at,
        }),
        visited: None,
    };
    assert!(matches!(
        place.store.commit_journey(claim).await,
        Err(CommitError::VersionConflict)
    ));
}

/// Sent to the very address of a customer: what comes of it is nobody's.
#[tokio::test]
async fn what_becomes_of_a_test_message_closes_no_inbox() {
    let place = Place::sent().await;
    let before = place.state().await;
    let mut key = send_key();
    key.journey = JourneyId::of_test("2026-11-22T04:00:00Z".parse().unwrap());
    let mut tags = tags();
    for (name, value) in SendTags::of(&support::id_key(), &key) {
        tags[name] = json!([value]);
    }
    for kind in ["Send", "Delivery", "Bounce", "Complaint", "Reject"] {
        place.take(&bridged(&record(kind, tags.clone()))).await.unwrap();
    }
    assert!(!place.is_suppressed().await && !place.has_opted_out().await);
    assert_eq!(place.state().await, before);
}

#[tokio::test]
async fn a_forwarded_bounce_closes_the_inbox_that_we_wrote_to() {
    let place = Place::sent().await;
    let mut forwarded = record("Bounce", tags());
    forwarded["bounce"]["bouncedRecipients"] = json!([{ "emailAddress": "bea@example.net" }]);
    place.take(&bridged(&forwarded)).await.unwrap();
    assert!(place.is_suppressed().await);
}

#[tokio::test]
async fn an_address_with_a_name_in_front_is_the_same_inbox() {
    for written in ["ana@example.com", "Ana <ana@example.com>", "<ana@example.com>"] {
        let place = Place::sent().await;
        let mut bounce = record("Bounce", tags());
        bounce["mail"]["destination"] = json!([]);
        bounce["bounce"]["bouncedRecipients"] = json!([{ "emailAddress": written }]);
        place.take(&bridged(&bounce)).await.unwrap();
        assert!(place.is_suppressed().await, "{written}");
    }
}

#[tokio::test]
async fn a_soft_bounce_is_only_counted() {
    for soft in ["Transient", "Undetermined"] {
        let place = Place::sent().await;
        let before = place.state().await;
        let mut bounce = record("Bounce", tags());
        bounce["bounce"]["bounceType"] = json!(soft);
        place.take(&bridged(&bounce)).await.unwrap();
        assert_eq!(place.state().await, before);
        assert_eq!(place.counted("feedback.bounce_transient"), 1);
    }
}

#[tokio::test]
async fn a_complaint_opts_the_person_out_and_its_withdrawal_does_not() {
    let place = Place::sent().await;
    let mut withdrawn = record("Complaint", tags());
    withdrawn["complaint"]["complaintFeedbackType"] = json!("not-spam");
    let before = place.state().await;
    place.take(&bridged(&withdrawn)).await.unwrap();
    assert_eq!(place.state().await, before);
    assert_eq!(
        (place.counted("feedback.not_spam"), place.counted("feedback.complaint")),
        (1, 0)
    );

    place.take(&bridged(&record("Complaint", tags()))).await.unwrap();
    assert!(place.is_suppressed().await && place.has_opted_out().await);
    assert_eq!(place.counted("feedback.complaint"), 1);
}

#[tokio::test]
async fn a_complaint_that_comes_again_does_not_undo_a_later_change_of_mind() {
    use journey::contact::OptOut;
    use journey::port::Suppress;
    let place = Place::sent().await;
    let complaint = bridged(&record("Complaint", tags()));
    place.take(&complaint).await.unwrap();
    let now = place.stored().await.journey.opened_at;
    place
        .store
        .set_opted_out(&journey_id(), &OptOut::NOTHING, now)
        .await
        .unwrap();
    let before = place.state().await;
    place.take(&complaint).await.unwrap();
    assert_eq!(place.state().await, before);
    assert!(!place.has_opted_out().await);
}

#[tokio::test]
async fn what_ses_did_not_send_is_skipped_or_where_it_counted_as_sent_noted() {
    for (kind, what) in [
        ("Reject", DeliveryProblem::Rejected),
        ("Rendering Failure", DeliveryProblem::RenderingFailed),
    ] {
        for open in [Place::claimed().await, Place::unknown().await] {
            open.take(&bridged(&record(kind, tags()))).await.unwrap();
            let touch = open.touch().await;
            assert!(
                matches!(
                    touch,
                    TouchRecord::Skipped {
                        why: SkipReason::Refused,
                        ..
                    }
                ),
                "{touch:?}"
            );
            assert!(!open.is_suppressed().await);
        }
        let sent = Place::sent().await;
        sent.take(&bridged(&record(kind, tags()))).await.unwrap();
        assert!(matches!(sent.touch().await, TouchRecord::Sent { .. }));
        let note = sent.stored().await.journey.history.back().unwrap().note.clone();
        let touch = Touch(1);
        assert_eq!(note, Note::DeliveryProblem { touch, what });
        assert!(note.is_alert());
    }
}

#[tokio::test]
async fn what_is_foreign_is_counted_and_changes_nothing() {
    let good = || bridged(&record("Bounce", tags()));
    let edited = |pointer: &str, value: Value| {
        let mut payload = good();
        *payload.pointer_mut(pointer).unwrap() = value;
        payload
    };
    let theirs = IdKey::new(*b"another invented key of 32 bytes").unwrap();
    let mut doubled = tags();
    doubled["attempt"] = json!(["1", "2"]);
    let mut other_topic = notified(&[record("Bounce", tags()).to_string()]);
    other_topic["Records"][0]["Sns"]["TopicArn"] = json!("arn:aws:sns:us-west-2:210987654321:x");
    let foreign = [
        ("source", edited("/source", json!("my.ses"))),
        ("account", edited("/account", json!("210987654321"))),
        (
            "configuration set",
            edited("/detail/mail/tags/ses:configuration-set", json!(["other"])),
        ),
        ("no tags", bridged(&record("Bounce", json!({})))),
        ("another journey", edited("/detail/mail/tags/touch", json!(["2"]))),
        ("forged", edited("/detail/mail/tags/proof", json!(["a".repeat(26)]))),
        ("another deployment's", bridged(&record("Bounce", tags_by(&theirs)))),
        ("doubled", bridged(&record("Bounce", doubled))),
        ("topic", other_topic),
    ];
    for (why, payload) in foreign {
        let place = Place::unknown().await;
        let before = place.state().await;
        place.take(&payload).await.unwrap();
        assert_eq!(place.state().await, before, "{why}");
        assert_eq!(place.counted("feedback.foreign"), 1, "{why}");
        assert_eq!(place.counted("feedback.bounce_permanent"), 0, "{why}");
    }
    let place = Place::unknown().await;
    place.take(&good()).await.unwrap();
    assert!(place.is_suppressed().await, "only the edits made them foreign");
}

#[tokio::test]
async fn a_topic_that_is_not_configured_brings_nothing() {
    let place = Place::unknown().await;
    let mut config = config();
    config.topic_arn = None;
    let payload = notified(&[record("Send", tags()).to_string()]);
    handle(&place.ports(), &config, &Campaign::standard(), None, &payload)
        .await
        .unwrap();
    assert!(matches!(place.touch().await, TouchRecord::Unknown { .. }));
    assert_eq!(place.counted("feedback.foreign"), 1);
}

#[tokio::test]
async fn what_cannot_be_read_is_counted_and_not_asked_for_again() {
    let mut no_facts = record("Bounce", tags());
    no_facts.as_object_mut().unwrap().remove("bounce");
    let mut no_time = record("Send", tags());
    no_time["mail"].as_object_mut().unwrap().remove("timestamp");
    let mut no_detail = bridged(&record("Send", tags()));
    no_detail.as_object_mut().unwrap().remove("detail");
    for payload in [
        json!({}),
        json!(null),
        json!([1, 2]),
        json!({ "Records": [{}] }),
        no_detail,
        bridged(&no_facts),
        bridged(&no_time),
        bridged(&record("Teleported", tags())),
        notified(&["Successfully validated SNS topic for Amazon SES event publishing.".to_owned()]),
    ] {
        let place = Place::unknown().await;
        let before = place.state().await;
        place.take(&payload).await.unwrap();
        assert_eq!(place.state().await, before, "{payload}");
        assert_eq!(place.counted("feedback.malformed"), 1, "{payload}");
    }
}

#[tokio::test]
async fn what_is_not_about_a_message_is_left_alone() {
    let place = Place::unknown().await;
    for name in [
        "Advisor Recommendation Status Open",
        "Sending Status Disabled",
        "AWS API Call via CloudTrail",
    ] {
        let mut advice = bridged(&record("Send", tags()));
        advice["detail-type"] = json!(name);
        advice["detail"] = json!({ "version": "1.0.0", "data": {} });
        place.take(&advice).await.unwrap();
    }
    for counter in ["feedback.malformed", "feedback.foreign", "feedback.send"] {
        assert_eq!(place.counted(counter), 0, "{counter}");
    }
}

#[tokio::test]
async fn each_record_stands_for_itself() {
    let place = Place::unknown().await;
    let payload = notified(&[
        "no JSON".to_owned(),
        record("Bounce", json!({})).to_string(),
        record("Delivery", tags()).to_string(),
    ]);
    place.take(&payload).await.unwrap();
    assert!(matches!(place.touch().await, TouchRecord::Sent { .. }));
    let counted = |name| place.counted(name);
    assert_eq!(
        (
            counted("feedback.malformed"),
            counted("feedback.foreign"),
            counted("feedback.delivery")
        ),
        (1, 1, 1)
    );
}

#[tokio::test]
async fn a_store_that_fails_at_any_step_is_made_good_by_the_next_delivery() {
    for kind in ["Send", "Bounce", "Complaint", "Reject"] {
        let payload = bridged(&record(kind, tags()));
        let whole = Place::unknown().await;
        whole.take(&payload).await.unwrap();
        let expected = whole.state().await;
        let mut failures = 0;
        for how in [Fails::Before, Fails::After] {
            for at in 0.. {
                let place = Place::unknown().await;
                let failing = Failing {
                    store: &place.store,
                    at,
                    how,
                    steps: AtomicUsize::new(0),
                };
                let first = handle(&failing, &config(), &Campaign::standard(), None, &payload).await;
                if failing.steps.into_inner() <= at {
                    first.unwrap();
                    break;
                }
                let error = first.unwrap_err();
                assert_eq!((error.failed, error.events), (1, 1));
                failures += 1;
                place.take(&payload).await.unwrap();
                assert_eq!(place.state().await, expected, "{kind}, step {at} fails {how:?}");
            }
        }
        assert!(failures >= 6, "{kind}: only {failures} steps");
    }
}
