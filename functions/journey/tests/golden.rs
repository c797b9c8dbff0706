//! The stored record of a typical journey: its size, and that what is written today stays readable.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use expect_test::expect;
use journey::stored::{Unreadable, decode, encode};
use journey::{Event, SendOutcome};

use support::provider::partial;
use support::{MORNING, Story, code, meter};

/// Six webhooks at the opening, three touches, then the completion and the meter.
fn typical() -> Story {
    let utility = || Some(code("SDGE"));
    let story = Story::new()
        .campaign(|c| c.experiment = journey::Campaign::standard().experiment)
        .webhook(Event::SessionOpened)
        .later("40s")
        .webhook(Event::StepReached)
        .later("35s")
        .webhook(Event::StepReached)
        .later("20s")
        .webhook(Event::LoginReached { utility: utility() })
        .later("50s")
        .webhook(Event::LoginFailed { utility: utility() })
        .later("30s")
        .webhook(Event::SessionClosed);
    let mut story = story.fire();
    for _ in 0..3 {
        while story
            .effects
            .iter()
            .all(|effect| !matches!(effect, journey::Effect::Recheck { .. }))
        {
            story = story.fire();
        }
        story = story.status(partial(MORNING)).later("1s");
        // As long as those of a real sender.
        let message_id = format!(
            "0100019abcdef01{}-0c5a7a1e-2b1d-4c58-9a77-1f2e3d4c5b6a-000000",
            story.orders.len()
        );
        story = story.outcome(SendOutcome::Accepted { message_id });
    }
    story.later("2h").webhook(Event::SessionCompleted).meters(vec![meter()])
}

#[test]
fn a_typical_record_fits_one_write_unit() {
    let story = typical();
    story.clone().stands(expect![
        "Completed(Session, sure, arrived) | no timer | sent, sent, sent"
    ]);
    let size = encode(&story.journey).len();
    println!("a typical record has {size} bytes");
    assert!(size <= 1_024, "{size} bytes");
}

#[test]
fn a_typical_record_reads_as_it_did() {
    let bytes = encode(&typical().journey);
    expect![[r#"{"v":5,"id":"4bdnk4jxh5htmoy5xs52htyax4","pr":"leap","pu":"enroll","ep":1,"fl":"connect","ph":{"c":[252176000,"session",false,{"a":338576000}]},"ms":["so","sr","lr","lf","sc"],"se":[1,1],"at":1782921600000,"li":252176000,"di":"un","ut":"SDGE","ar":{"v":"first-delay-1","a":"30min","d":1800,"p":2250},"to":[{"s":[1976000,"~AQABmrze8BEMWnoeKx1MWJp3Hy49TFtqAAAA"]},{"s":[72176000,"~AQABmrze8BIMWnoeKx1MWJp3Hy49TFtqAAAA"]},{"s":[244976000,"~AQABmrze8BMMWnoeKx1MWJp3Hy49TFtqAAAA"]}],"ge":6,"ev":"AAAAAAAAAAEAAAAAAAAAAgAAAAAAAAADAAAAAAAAAAQAAAAAAAAABQAAAAAAAAAGAAAAAAAAAAc","hi":[[0,{"op":"30min"}],[0,{"li":"so"}],[40,{"li":"sr"}],[75,{"li":"sr"}],[95,{"li":"lr"}],[145,{"li":"lf"}],[175,{"li":"sc"}],[1975,{"cw":[1,"un",1800,"2026-11-21 CA 09:32"]}],[1976,{"se":1}],[72175,{"cw":[2,"un",72000,"2026-11-21 CA 05:02"]}],[72176,{"se":2}],[244975,{"cw":[3,"un",244800,"2026-11-21 CA 05:02"]}],[244976,{"se":3}],[252176,{"co":"session"}],[338576,"ma"]]}"#]].assert_eq(std::str::from_utf8(&bytes).unwrap());
}

#[test]
fn what_did_not_happen_takes_no_room() {
    let sessionless = Story::new().webhook(Event::LinkFollowed);
    let text = String::from_utf8(encode(&sessionless.journey)).unwrap();
    for absent in ["\"se\"", "\"di\"", "\"ut\"", "\"rf\""] {
        assert!(!text.contains(&format!("{absent}:")), "{absent} in {text}");
    }
}

#[test]
fn records_of_former_shapes_stay_readable() {
    // Written on the day each shape was fixed; they must never be changed to fit a new program.
    for (version, written, touches) in [
        (1, include_str!("golden/journey-v1.json"), "sent, sent, sent"),
        (2, include_str!("golden/journey-v2.json"), "sent, texted, sent"),
        (3, include_str!("golden/journey-v3.json"), "sent, sent, sent"),
        (4, include_str!("golden/journey-v4.json"), "sent, sent, sent"),
    ] {
        let written = written.trim_end();
        let journey = decode(written.as_bytes()).unwrap();
        let again = written.replacen(&format!("\"v\":{version}"), "\"v\":5", 1);
        assert_eq!(std::str::from_utf8(&encode(&journey)).unwrap(), again);
        assert_eq!(support::phase(&journey.phase), "Completed(Session, sure, arrived)");
        assert_eq!(support::touches(&journey), touches);
    }
}

#[test]
fn a_hold_of_hours_does_not_crowd_out_the_history() {
    // The provider is away for all of touches 2 and 3; how it all began must still be there.
    let mut story = Story::new()
        .webhook(Event::SessionOpened)
        .fire()
        .status(partial(MORNING))
        .accepted();
    while story.journey.is_live() {
        story = story.fire();
        if story
            .effects
            .iter()
            .any(|effect| matches!(effect, journey::Effect::Recheck { .. }))
        {
            story = story.unavailable(journey::Unavailable::Failing);
        }
    }
    let told = format!("{:?}", story.journey.history);
    assert!(told.contains("Opened"));
    assert!(told.contains("Sent { touch: Touch(1) }"), "{told}");
    assert!(told.contains("Skipped { touch: Touch(2)"), "{told}");
}

#[test]
fn foreign_records_are_named() {
    let newer = String::from_utf8(encode(&typical().journey))
        .unwrap()
        .replacen("\"v\":5", "\"v\":6", 1);
    assert!(matches!(decode(newer.as_bytes()), Err(Unreadable::Newer(6))));
    assert!(matches!(decode(b"[]"), Err(Unreadable::Shape(_))));
    // A field that a later version adds is no harm to this one.
    let wider = String::from_utf8(encode(&typical().journey))
        .unwrap()
        .replacen('{', "{\"zz\":0,", 1);
    assert_eq!(decode(wider.as_bytes()).unwrap(), typical().journey);
}

#[test]
fn no_record_contains_what_names_a_person() {
    let text = String::from_utf8(encode(&typical().journey)).unwrap();
    for personal in ["site-ca-0001", "example.com", "555-01"] {
        assert!(!text.contains(personal), "{personal}");
    }
    let hidden = format!("{:?}", typical().journey);
    assert!(!hidden.contains("site-ca-0001"));
}
