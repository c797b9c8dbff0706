//! The model's calls and the real ones take the same steps in the same order: the use cases play a story over ports
//! that number their calls, the model plays it too, and what they ask of the world is compared.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::indexing_slicing,
    reason = "the helpers of these tests are tests, too"
)]

use model::rules::{Outcome, Webhook};
use model::state::{Action, Left, State, Step, Way, Who};
use model::{Bounds, Protocol};
use stateright::Model;
use tests::{Fault, Mode, Play, Scenario, Stage};

/// What the model knows of the world. The person is read too, which the model leaves out.
const PORTS: [&str; 6] = [
    "load_journey",
    "arm_timer",
    "commit_journey",
    "read_status",
    "send_email",
    "look_up_send",
];

/// A journey begins; then what the story adds, between its first webhook and its end.
fn story(with: &str, after: &str) -> Scenario {
    Scenario::parse(&format!(
        r#"
        title = "A story"
        ends = "2026-07-01T17:30:00Z"

        [[contact]]
        reference = "site-ana"
        email = "ana@example.com"
        zone = "America/Los_Angeles"
        flow = "connect"
        link = "https://connect.leap.energy?account=example&refId=site-ana"

        [[step]]
        at = "2026-07-01T16:00:00Z"
        webhook = "connect_session.updated CREATED"
        provider = {{ status = "NOT_STARTED", started = "2026-07-01T16:00:00Z" }}
        {with}

        {after}
        "#
    ))
}

/// The ports that the use cases call, in order: each of them fails once, and says its name.
fn played(scenario: &Scenario) -> Vec<&'static str> {
    let stage = Stage::of(scenario);
    let mode = Mode::DiesBefore;
    let hit = |step| Play::run(scenario, &stage, Some(Fault { step, mode })).hit();
    let mut ports: Vec<_> = (1..).map_while(hit).filter(|name| PORTS.contains(name)).collect();
    // The webhook's receiver looks first whether it has the journey. And a schedule whose generation is over fires,
    // loads the journey and leaves it: the model forgets such schedules.
    ports.dedup_by(|next, name| *next == "load_journey" && next == name);
    if ports.last() == Some(&"load_journey") {
        ports.pop();
    }
    ports
}

/// The same of the model: what the story wants comes first, then calls go on, then new ones come, then time passes.
fn modelled(wanted: &[Action], unwanted: &[Action]) -> Vec<&'static str> {
    let left = Left {
        crashes: 0,
        mishaps: 0,
        failures: 1,
        activity: 0,
    };
    let protocol = Protocol {
        bounds: Bounds { left, held_up_until: 9 },
        broken: None,
    };
    let mut state = protocol.init_states().remove(0);
    let mut ports = Vec::new();
    loop {
        let mut actions = Vec::new();
        protocol.actions(&state, &mut actions);
        actions.retain(|action| !unwanted.contains(action));
        let rank = |action: &Action| if wanted.contains(action) { Some(0) } else { rank(action) };
        let ranked = actions.iter().filter_map(|action| Some((rank(action)?, *action)));
        let Some((_, action)) = ranked.min_by_key(|(rank, _)| *rank) else {
            return ports;
        };
        if let Action::Step(who, _) = action {
            ports.extend(port(&state, who));
        }
        state = protocol.next_state(&state, action).unwrap();
    }
}

/// What comes first of what goes by itself; `None` is what goes wrong.
fn rank(action: &Action) -> Option<u8> {
    match action {
        Action::Step(_, Way::Only) => Some(1),
        Action::Step(_, Way::Sender { outcome, .. }) => (*outcome == Outcome::Accepted).then_some(1),
        Action::Deliver(_) => Some(2),
        Action::Fire(..) | Action::Sweep => Some(3),
        Action::Tick => Some(4),
        Action::Step(_, Way::Fails)
        | Action::Finish
        | Action::Act
        | Action::FireTwice(..)
        | Action::Lose(..)
        | Action::Crash { .. }
        | Action::SenderTells => None,
    }
}

/// The sender behaves like this once.
fn sender(accepts: bool, outcome: Outcome) -> [Action; 1] {
    [Action::Step(Who::Fire(0), Way::Sender { accepts, outcome })]
}

fn port(state: &State, who: Who) -> Option<&'static str> {
    let step = match who {
        Who::Webhook => &state.webhook,
        Who::Fire(place) => &state.fires[place].step,
    };
    match step {
        Step::Load(_) | Step::Look(_) => Some("load_journey"),
        Step::Arm(_) | Step::ArmLate(..) => Some("arm_timer"),
        Step::Write(_) => Some("commit_journey"),
        Step::Ask => Some("read_status"),
        Step::Send(..) => Some("send_email"),
        Step::LookUp { .. } => Some("look_up_send"),
        Step::Idle | Step::Check(_) | Step::Respond(_) => None,
    }
}

/// What is asked of the world in one story of both.
fn same(with: &str, after: &str, wanted: &[Action], unwanted: &[Action]) -> Vec<&'static str> {
    let ports = modelled(wanted, unwanted);
    assert_eq!(played(&story(with, after)), ports);
    ports
}

fn count(ports: &[&str], name: &str) -> usize {
    ports.iter().filter(|port| **port == name).count()
}

#[test]
fn a_reminder_goes_out() {
    let ports = same("", "", &[], &[]);
    assert_eq!(count(&ports, "send_email"), 1);
}

#[test]
fn the_senders_answer_is_lost() {
    let with = r#"sender = "takes it and times out""#;
    let ports = same(with, "", &sender(true, Outcome::Ambiguous), &[]);
    assert_eq!((count(&ports, "send_email"), count(&ports, "look_up_send")), (1, 1));
}

#[test]
fn the_sender_throttles_once() {
    let works = r#"
        [[step]]
        at = "2026-07-01T16:45:30Z"
        sender = "works"
    "#;
    let ports = same(
        r#"sender = "throttles""#,
        works,
        &sender(false, Outcome::Throttled),
        &[],
    );
    assert_eq!((count(&ports, "send_email"), count(&ports, "read_status")), (2, 2));
}

#[test]
fn the_sender_refuses() {
    let ports = same(r#"sender = "refuses""#, "", &sender(false, Outcome::Refused), &[]);
    assert_eq!(count(&ports, "send_email"), 1);
}

#[test]
fn the_provider_fails_once() {
    let works = r#"
        [[step]]
        at = "2026-07-01T16:45:30Z"
        provider_trouble = "none"
    "#;
    let fails = [Action::Step(Who::Fire(0), Way::Fails)];
    let ports = same(r#"provider_trouble = "500""#, works, &fails, &[]);
    assert_eq!((count(&ports, "send_email"), count(&ports, "read_status")), (1, 2));
}

#[test]
fn the_provider_says_that_the_customer_has_finished() {
    let finished = r#"
        [[step]]
        at = "2026-07-01T16:01:00Z"
        provider = { status = "COMPLETED", started = "2026-07-01T16:00:00Z" }
    "#;
    // Its webhook is late.
    let ports = same("", finished, &[Action::Finish], &[Action::Deliver(Webhook::Completed)]);
    assert_eq!((count(&ports, "send_email"), count(&ports, "read_status")), (0, 1));
}

#[test]
fn a_webhook_says_that_the_customer_has_finished() {
    let finished = r#"
        [[step]]
        at = "2026-07-01T16:01:00Z"
        webhook = "connect_session.updated COMPLETED"
        provider = { status = "COMPLETED", started = "2026-07-01T16:00:00Z" }
    "#;
    let ports = same("", finished, &[Action::Finish], &[]);
    assert_eq!((count(&ports, "commit_journey"), count(&ports, "read_status")), (2, 0));
}
