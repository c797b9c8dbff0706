//! What an operator reads: each decision in words.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests"
)]

use contacts::{explain, sentence};
use expect_test::expect;
use jiff::Timestamp;
use journey::campaign::Channel;
use journey::{
    Campaign, DeliveryProblem, Diagnosis, Drift, Event, Evidence, Flow, HoldReason, IdKey, Journey, JourneyId,
    MeterFollowUp, Milestone, Note, Phase, Provider, Purpose, Reference, SkipReason, StopReason, TimerWhy, Touch,
    TouchRecord, Unavailable, decide,
};

fn now() -> Timestamp {
    "2026-07-01T16:00:00Z".parse().unwrap()
}

/// On the way, with the first touch ahead.
fn begun() -> Journey {
    let key = IdKey::new(vec![7; 32]).unwrap();
    let reference = Reference::new("site-1").unwrap();
    let id = JourneyId::new(&key, Provider::Leap, Purpose::Enroll, &reference);
    let campaign = Campaign::standard();
    let empty = Journey::begin(id, Provider::Leap, Purpose::Enroll, Flow::Connect, now(), &campaign);
    decide(&empty, &Event::SessionOpened.into(), now(), &campaign).next
}

fn sentences(notes: impl IntoIterator<Item = Note>) -> String {
    notes.into_iter().map(|note| sentence(&note) + "\n").collect()
}

#[test]
fn every_decision_has_a_sentence() {
    let (touch, at) = (Touch(2), now());
    expect![[r#"
        Journey begun, in arm after_15m.
        The provider's record shows activity at 2026-07-01T16:00:00Z.
        The same webhook again: nothing new.
        After the end: session opened. It may be an old event, so it restarts nothing by itself.
        Told again that the customer finished.
        News of the meter, the data or the service: enrollment pending.
        The authorisation was not the end: the customer is still on the way.
        New activity after the end: episode 2 begins.
        The customer came back.
        A timer fired that is no longer the current one.
        Stopped at: utility not connected.
        Touch 2 does not go by text: there is no record of a consent to texts.
        Touch 2 sent.
        Touch 2 did not go out; it will be tried again inside its window.
        Nobody can say yet whether touch 2 went out; it is not sent again blindly.
        A late answer about touch 2: nothing to do.
        The provider's record has a value that this program does not know: nothing is sent, please look.
        Handed back to ordinary marketing.
        Meter not there yet (look 3).
        The meter is late: please look.
        The meter has arrived.
        The meter never arrived; no further looks.
        Found by the reconciliation: no webhook had told of this customer.
        Found by the reconciliation: no webhook had told that the customer finished.
    "#]]
    .assert_eq(&sentences([
        Note::Opened {
            arm: "after_15m".to_owned(),
        },
        Note::ProviderActivity { at },
        Note::Duplicate,
        Note::Absorbed {
            what: Milestone::SessionOpened,
        },
        Note::AlreadyCompleted,
        Note::MeterNews {
            what: "enrollment_pending".to_owned(),
        },
        Note::CompletionContradicted,
        Note::Reopened { episode: 2 },
        Note::CameBack,
        Note::StaleTimer,
        Note::Diagnosed {
            diagnosis: Diagnosis::UtilityNotConnected,
        },
        Note::ChannelPassed {
            touch,
            channel: Channel::Sms,
            why: SkipReason::NoConsent,
        },
        Note::Sent { touch },
        Note::Retrying { touch },
        Note::SendUnknown { touch },
        Note::LateAnswer { touch },
        Note::Unrecognized,
        Note::HandedBack,
        Note::MeterNotYet { checks: 3 },
        Note::MeterLate,
        Note::MeterArrived,
        Note::MeterGivenUp,
        Note::Drift { what: Drift::Journey },
        Note::Drift {
            what: Drift::Completion,
        },
    ]));
}

#[test]
fn a_claim_says_why_it_was_lawful() {
    let claimed = |proof: &str| Note::Claimed {
        touch: Touch(1),
        diagnosis: Diagnosis::LoginFailed,
        after_s: 60,
        channel: Channel::Sms,
        lawful: Some(proof.parse().unwrap()),
    };
    let claims = [
        "2026-11-21 CA 12:00",
        "2026-11-21 CA,NY 09:00-15:00 Pacific/Honolulu",
        "2026-11-21 - 09:30-15:30",
        "2026-11-21 TX 19:00-20:00 !default !TX",
    ];
    expect![[r#"
        Touch 1 goes out by text, 60 s after the abandonment, for login failed. Lawful by the rules of 2026-11-21: it was 12:00 there, in CA.
        Touch 1 goes out by text, 60 s after the abandonment, for login failed. Lawful by the rules of 2026-11-21: it was 09:00 to 15:00 there, in CA, NY, Pacific/Honolulu.
        Touch 1 goes out by text, 60 s after the abandonment, for login failed. Lawful by the rules of 2026-11-21: it was 09:30 to 15:30 there, in the whole country.
        Touch 1 goes out by text, 60 s after the abandonment, for login failed. Lawful by the rules of 2026-11-21: it was 19:00 to 20:00 there, in TX; the campaign overrides default, TX.
    "#]].assert_eq(&sentences(claims.map(claimed)));
}

#[test]
fn a_claim_says_how_long_after_the_customer_stopped() {
    let claimed = |(after_s, channel)| Note::Claimed {
        touch: Touch(1),
        diagnosis: Diagnosis::LoginFailed,
        after_s,
        channel,
        lawful: None,
    };
    let claims = [
        (119, Channel::Email),
        (120, Channel::Email),
        (7_199, Channel::Sms),
        (7_200, Channel::Sms),
        (72_060, Channel::Email),
    ];
    expect![[r#"
        Touch 1 goes out by e-mail, 119 s after the abandonment, for login failed.
        Touch 1 goes out by e-mail, 2 min after the abandonment, for login failed.
        Touch 1 goes out by text, 119 min after the abandonment, for login failed.
        Touch 1 goes out by text, 2 h 0 min after the abandonment, for login failed.
        Touch 1 goes out by e-mail, 20 h 1 min after the abandonment, for login failed.
    "#]]
    .assert_eq(&sentences(claims.map(claimed)));
}

#[test]
fn each_reason_has_words_of_its_own() {
    let (touch, until) = (Touch(1), now());
    let holds = [
        HoldReason::QuietHours,
        HoldReason::CodeHours,
        HoldReason::Status(Unavailable::Unreachable),
        HoldReason::Status(Unavailable::RateLimited),
        HoldReason::Status(Unavailable::BudgetSpent),
        HoldReason::Status(Unavailable::Unauthorized),
        HoldReason::Status(Unavailable::Failing),
        HoldReason::Status(Unavailable::UnknownContact),
        HoldReason::NotConfirmed,
        HoldReason::Outage,
        HoldReason::Incident,
        HoldReason::Cap,
        HoldReason::UnknownContact,
        HoldReason::Throttled,
    ];
    expect![[r#"
        Touch 1 waits until 2026-07-01T16:00:00Z: outside the hours in which this person may be written to.
        Touch 1 waits until 2026-07-01T16:00:00Z: signing in needs a code, so it waits for hours in which the phone is at hand.
        Touch 1 waits until 2026-07-01T16:00:00Z: the provider did not answer.
        Touch 1 waits until 2026-07-01T16:00:00Z: the provider asked us to slow down.
        Touch 1 waits until 2026-07-01T16:00:00Z: the budget of calls is spent for now.
        Touch 1 waits until 2026-07-01T16:00:00Z: the provider refuses our key; check it.
        Touch 1 waits until 2026-07-01T16:00:00Z: the provider failed.
        Touch 1 waits until 2026-07-01T16:00:00Z: the contact is not known.
        Touch 1 waits until 2026-07-01T16:00:00Z: the provider does not know the reference yet.
        Touch 1 waits until 2026-07-01T16:00:00Z: the utility or the provider had a fault and gets time to recover.
        Touch 1 waits until 2026-07-01T16:00:00Z: many customers do not get through at the utility, so its reminders wait.
        Touch 1 waits until 2026-07-01T16:00:00Z: the inbox has had enough for now.
        Touch 1 waits until 2026-07-01T16:00:00Z: the contact is not known yet.
        Touch 1 waits until 2026-07-01T16:00:00Z: the sender asked us to slow down.
    "#]]
    .assert_eq(&sentences(holds.map(|why| Note::Held { touch, why, until })));
    let skips = [
        SkipReason::Holdout,
        SkipReason::WindowClosed,
        SkipReason::Collapsed,
        SkipReason::QuietHours,
        SkipReason::StatusUnavailable,
        SkipReason::NotConfirmed,
        SkipReason::Outage,
        SkipReason::Incident,
        SkipReason::Cap,
        SkipReason::OtherSeries,
        SkipReason::UnknownContact,
        SkipReason::NoSender,
        SkipReason::NoAddress,
        SkipReason::NoConsent,
        SkipReason::UnknownPlace,
        SkipReason::TextedBefore,
        SkipReason::TooLateForText,
        SkipReason::OptedOut,
        SkipReason::Suppressed,
        SkipReason::NothingLeft,
        SkipReason::Unrecognized,
        SkipReason::Refused,
        SkipReason::Ended,
        SkipReason::Throttled,
    ];
    expect![[r#"
        Touch 1 not sent: this customer belongs to the holdout.
        Touch 1 not sent: its window had closed.
        Touch 1 not sent: a later touch was due as well, and only one goes out.
        Touch 1 not sent: its window closed in quiet hours.
        Touch 1 not sent: its window closed while the provider could not be asked.
        Touch 1 not sent: its window closed while the provider did not know the reference.
        Touch 1 not sent: its window closed while the utility or the provider had a fault.
        Touch 1 not sent: its window closed while many customers did not get through at the utility.
        Touch 1 not sent: its window closed under the inbox's cap.
        Touch 1 not sent: the same inbox is being reminded for another reference.
        Touch 1 not sent: the contact is not known.
        Touch 1 not sent: this deployment cannot send on the channel.
        Touch 1 not sent: there is no address or number.
        Touch 1 not sent: there is no record of a consent to texts.
        Touch 1 not sent: nobody knows in which state the person is, so no law can be kept.
        Touch 1 not sent: a text was sent in this episode, and carriers allow no second.
        Touch 1 not sent: the abandonment is too long ago for a text (48 hours).
        Touch 1 not sent: the person opted out.
        Touch 1 not sent: the address or number is suppressed.
        Touch 1 not sent: nothing is left for the customer to do.
        Touch 1 not sent: the provider's record has an unknown value.
        Touch 1 not sent: the sender refused it for good.
        Touch 1 not sent: the customer finished, or opted out, just before it would have gone out.
        Touch 1 not sent: the sender was overloaded until its window closed.
    "#]]
    .assert_eq(&sentences(skips.map(|why| Note::Skipped { touch, why })));
    let stops = [
        StopReason::Ineligible,
        StopReason::WrongUtility,
        StopReason::AgreementDeclined,
        StopReason::SessionClosed,
        StopReason::Erased,
    ];
    expect![[r#"
        No further reminders: the utility account cannot take part.
        No further reminders: another utility than the requested one was connected.
        No further reminders: an agreement was declined.
        No further reminders: the customer closed the session.
        No further reminders: the person was erased.
    "#]]
    .assert_eq(&sentences(stops.map(|why| Note::Stopped { why })));
    let problems = [
        DeliveryProblem::Bounced,
        DeliveryProblem::Complained,
        DeliveryProblem::Rejected,
        DeliveryProblem::RenderingFailed,
    ];
    expect![[r#"
        Touch 1: the inbox refuses mail for good, so it gets no more.
        Touch 1: the recipient called it spam, so nothing more is sent.
        Touch 1: the sender found something in the message that it does not send; please look.
        Touch 1: the sender could not make the message; please look.
    "#]]
    .assert_eq(&sentences(problems.map(|what| Note::DeliveryProblem { touch, what })));
    let unavailable = [Unavailable::Unreachable, Unavailable::Failing];
    expect![[r#"
        The meter search could not be asked: the provider did not answer.
        The meter search could not be asked: the provider failed.
    "#]]
    .assert_eq(&sentences(unavailable.map(|why| Note::MeterSearchUnavailable { why })));
}

#[test]
fn what_the_customer_did_and_what_comes_next_are_named() {
    let milestones = [
        Milestone::SessionOpened,
        Milestone::StepReached,
        Milestone::LoginReached,
        Milestone::LoginFailed,
        Milestone::LoginSucceeded,
        Milestone::SessionClosed,
        Milestone::LinkFollowed,
        Milestone::MeterAnnounced,
    ];
    expect![[r#"
        Sign of life: session opened.
        Sign of life: step reached.
        Sign of life: login reached.
        Sign of life: login failed.
        Sign of life: login succeeded.
        Sign of life: session closed.
        Sign of life: link followed.
        Sign of life: meter announced.
    "#]]
    .assert_eq(&sentences(milestones.map(|what| Note::SignOfLife { what })));
    let evidence = [
        Evidence::Status,
        Evidence::Session,
        Evidence::Authorization,
        Evidence::Meter,
    ];
    expect![[r#"
        Finished, by the provider's record.
        Finished, by the session's own webhook.
        Finished, by the utility's authorisation.
        Finished, by the meter.
    "#]]
    .assert_eq(&sentences(evidence.map(|evidence| Note::Completed { evidence })));
    let due = now();
    let timers = [
        TimerWhy::Touch,
        TimerWhy::ClaimExpired,
        TimerWhy::Confirm,
        TimerWhy::HandBack,
        TimerWhy::Meter,
    ];
    expect![[r#"
        Next: touch at 2026-07-01T16:00:00Z.
        Next: claim expired at 2026-07-01T16:00:00Z.
        Next: confirm at 2026-07-01T16:00:00Z.
        Next: hand back at 2026-07-01T16:00:00Z.
        Next: meter at 2026-07-01T16:00:00Z.
    "#]]
    .assert_eq(&sentences(timers.map(|why| Note::TimerSet { due, why })));
}

#[test]
fn an_explanation_says_where_the_customer_stands() {
    let explained = explain(&begun(), None);
    expect![[r#"
        {
          "journey": "desuym5ikp2jx2ge45ekrur6ni",
          "provider": "leap",
          "purpose": "enroll",
          "series": "drop_off",
          "episode": 1,
          "phase": "live",
          "summary": "The customer is on the way, or has dropped off.",
          "flow": "connect",
          "diagnosis": null,
          "utility": null,
          "opened_at": "2026-07-01T16:00:00Z",
          "last_sign_of_life": "2026-07-01T16:00:00Z",
          "milestones": [
            "session_opened"
          ],
          "experiment": "first-delay-1",
          "arm": "5min",
          "contact_known": false,
          "email": "unknown_contact",
          "sms": "unknown_contact",
          "push": "unknown_contact",
          "event": "unknown_contact",
          "opted_out": null,
          "consents": [],
          "closed": [],
          "data": null,
          "touches": [
            {
              "touch": 1,
              "state": "waiting",
              "at": null,
              "channel": null,
              "why": null
            },
            {
              "touch": 2,
              "state": "waiting",
              "at": null,
              "channel": null,
              "why": null
            },
            {
              "touch": 3,
              "state": "waiting",
              "at": null,
              "channel": null,
              "why": null
            }
          ],
          "next": {
            "due": "2026-07-01T16:05:00Z",
            "why": "touch"
          },
          "timeline": [
            {
              "at": "2026-07-01T16:00:00Z",
              "text": "Journey begun, in arm 5min.",
              "note": {
                "opened": {
                  "arm": "5min"
                }
              }
            },
            {
              "at": "2026-07-01T16:00:00Z",
              "text": "Sign of life: session opened.",
              "note": {
                "sign_of_life": {
                  "what": "session_opened"
                }
              }
            }
          ]
        }"#]]
    .assert_eq(&serde_json::to_string_pretty(&explained).unwrap());
}

#[test]
fn each_phase_has_a_sentence() {
    let at = now();
    let completed = |meter| Phase::Completed {
        at,
        evidence: Evidence::Session,
        provisional: false,
        meter,
    };
    let awaited = |late_since| MeterFollowUp::Awaited { checks: 1, late_since };
    let phases = [
        Phase::Live,
        completed(awaited(None)),
        completed(awaited(Some(at))),
        completed(MeterFollowUp::Arrived { at }),
        completed(MeterFollowUp::GivenUp { at }),
        Phase::HandedBack { at },
        Phase::Stopped {
            why: StopReason::Ineligible,
            at,
        },
    ];
    let said = phases.map(|phase| {
        let mut journey = begun();
        journey.phase = phase;
        let explained = explain(&journey, None);
        format!("{}: {}\n", explained.phase, explained.summary)
    });
    expect![[r#"
        live: The customer is on the way, or has dropped off.
        completed: The customer finished, by the session's own webhook; the meter is awaited.
        completed: The customer finished, by the session's own webhook; the meter is late.
        completed: The customer finished, by the session's own webhook; the meter has arrived.
        completed: The customer finished, by the session's own webhook; the meter never arrived.
        handed_back: Handed back to ordinary marketing.
        stopped: No further reminders: the utility account cannot take part.
    "#]]
    .assert_eq(&said.concat());
}

#[test]
fn each_touch_says_what_became_of_it() {
    let (at, channel) = (now(), Channel::Sms);
    let records = [
        TouchRecord::Waiting { attempts: 1 },
        TouchRecord::Claimed {
            attempt: 1,
            at,
            channel,
        },
        TouchRecord::Sent {
            at,
            channel,
            message_id: "0100019abc-0001".to_owned(),
        },
        TouchRecord::Unknown {
            attempt: 1,
            at,
            channel,
        },
        TouchRecord::Skipped {
            why: SkipReason::Cap,
            at,
        },
    ];
    let mut journey = begun();
    journey.touches = records.to_vec();
    let said = explain(&journey, None)
        .touches
        .into_iter()
        .map(|touch| format!("{touch:?}\n"));
    expect![[r#"
        TouchExplained { touch: 1, state: "waiting", at: None, channel: None, why: None }
        TouchExplained { touch: 2, state: "claimed", at: Some(2026-07-01T16:00:00Z), channel: Some("sms"), why: None }
        TouchExplained { touch: 3, state: "sent", at: Some(2026-07-01T16:00:00Z), channel: Some("sms"), why: None }
        TouchExplained { touch: 4, state: "unknown", at: Some(2026-07-01T16:00:00Z), channel: Some("sms"), why: None }
        TouchExplained { touch: 5, state: "skipped", at: Some(2026-07-01T16:00:00Z), channel: None, why: Some("its window closed under the inbox's cap") }
    "#]].assert_eq(&said.collect::<String>());
}
