//! A path in words, for whoever has to understand a counterexample.

use core::fmt::Write;

use stateright::Path;

use crate::rules::{Event, Record, Touch};
use crate::state::{Action, State, Step, Way, Who};

/// Tells a path, one line a step: the time, what happens, and the journey where it changed.
#[must_use]
pub fn tell(path: &Path<State, Action>) -> String {
    let mut text = String::new();
    let mut before = None;
    let steps = path.clone().into_vec();
    let after = steps.iter().skip(1).map(|(state, _)| state);
    for ((state, action), next) in steps.iter().zip(after) {
        let Some(action) = action else {
            break;
        };
        let _ = write!(text, "  {}  {}", state.now, line(state, action));
        if next.stored != before
            && let Some(record) = &next.stored
        {
            let _ = write!(text, "  [{}]", journey(record));
            before = next.stored;
        }
        text.push('\n');
    }
    text
}

fn line(state: &State, action: &Action) -> String {
    match action {
        Action::Tick => "a tick passes".to_owned(),
        Action::Finish => "the customer finishes".to_owned(),
        Action::Act => "the customer goes on".to_owned(),
        Action::Deliver(webhook) => format!("the provider delivers {webhook:?}"),
        Action::Fire(generation, _) => format!("the schedule of timer {generation} fires"),
        Action::FireTwice(generation, _) => format!("the schedule of timer {generation} fires, and will fire again"),
        Action::Lose(generation, _) => format!("the schedule of timer {generation} is lost"),
        Action::Sweep => "the sweep fires the overdue timer".to_owned(),
        Action::SenderTells => "the sender tells that it took the message over".to_owned(),
        Action::Crash { who, retried } => {
            let then = if *retried { ", and is made again" } else { "" };
            format!("{} stops dead before it would {}{then}", name(*who), doing(state, *who))
        }
        Action::Step(who, way) => format!("{}: {}{}", name(*who), doing(state, *who), outcome(*way)),
    }
}

fn name(who: Who) -> &'static str {
    match who {
        Who::Webhook => "webhook",
        Who::Fire(0) => "fire A",
        Who::Fire(_) => "fire B",
    }
}

fn doing(state: &State, who: Who) -> String {
    let step = match who {
        Who::Webhook => Some(&state.webhook),
        Who::Fire(place) => state.fires.get(place).map(|fire| &fire.step),
    };
    match step {
        None | Some(Step::Idle) => "nothing".to_owned(),
        Some(Step::Load(event)) => format!("load, decide on {}", happened(*event)),
        Some(Step::Arm(decided)) => match decided.decision.arms {
            Some(timer) => timer.due.map_or_else(
                || format!("arm timer {}", timer.generation),
                |due| format!("arm timer {} for {due}", timer.generation),
            ),
            None => "arm nothing".to_owned(),
        },
        Some(Step::Write(decided)) if decided.fresh => "write".to_owned(),
        Some(Step::Write(_)) => "write on an outdated version".to_owned(),
        Some(Step::ArmLate(_, timer)) => format!("arm timer {}", timer.generation),
        Some(Step::Ask) => "ask the provider".to_owned(),
        Some(Step::Check(_)) => "check the claim's age".to_owned(),
        Some(Step::Look(_)) => "look a last time".to_owned(),
        Some(Step::Send(order, _)) => format!("call the sender, attempt {}", order.attempt),
        Some(Step::LookUp { attempt }) => format!("look attempt {attempt} up"),
        Some(Step::Respond(_)) => "answer 2xx".to_owned(),
    }
}

fn happened(event: Event) -> String {
    match event {
        Event::Webhook(webhook) => format!("{webhook:?}"),
        Event::TimerFired { generation } => format!("timer {generation} fired"),
        Event::Rechecked { answer, .. } => format!("the provider's {answer:?}"),
        Event::SendResolved { outcome, .. } => format!("the sender's {outcome:?}"),
        Event::SendLookedUp { resolution, .. } => format!("the sender's record: {resolution:?}"),
    }
}

fn outcome(way: Way) -> String {
    match way {
        Way::Only => String::new(),
        Way::Fails => ": no answer".to_owned(),
        Way::Sender { accepts, outcome } => {
            let really = if accepts { "taken over" } else { "not taken over" };
            format!(": {really}, the answer is {outcome:?}")
        }
    }
}

fn journey(record: &Record) -> String {
    let touch = match record.touch {
        Touch::Waiting { attempts: 0 } => "waiting".to_owned(),
        Touch::Waiting { attempts } => format!("waiting, {attempts} attempts came to nothing"),
        Touch::Claimed { attempt, .. } => format!("attempt {attempt} claimed"),
        Touch::Sent => "sent".to_owned(),
        Touch::Unknown { .. } => "unknown".to_owned(),
        Touch::Skipped => "skipped".to_owned(),
    };
    let timer = record.timer.map_or_else(
        || "no timer".to_owned(),
        |timer| format!("timer {} {:?}", timer.generation, timer.why),
    );
    format!("{:?}, {touch}, {timer}", record.phase)
}
