//! What must hold, by the invariants' numbers in ARCHITECTURE.md.

use stateright::{Model, Property};

use crate::Protocol;
use crate::rules::{Phase, Touch, Webhook};
use crate::state::{Action, Fire, Order, State, Step};

pub(crate) fn all() -> Vec<Property<Protocol>> {
    vec![
        Property::always(
            "I1: no send without the provider's answer in the same call",
            |_, state: &State| sends(state).all(|(fire, _)| fire.cleared),
        ),
        Property::always(
            "I1: no send after a last look that knew of the completion",
            |_, state: &State| sends(state).all(|(_, order)| !order.known),
        ),
        Property::always("I1: what is known to be complete stays complete", |_, state: &State| {
            !state.known || state.stored.is_some_and(|record| record.phase == Phase::Completed)
        }),
        Property::always("I2: one message at most", |_, state: &State| state.accepted <= 1),
        Property::always("I4: what is live, or claimed, has a timer", |_, state: &State| {
            state.stored.is_none_or(|record| {
                let open = record.phase == Phase::Live || matches!(record.touch, Touch::Claimed { .. });
                !open || record.timer.is_some()
            })
        }),
        Property::always("I4: what is live has a timer that was armed", |_, state: &State| {
            state.armed || state.stored.is_none_or(|record| record.phase != Phase::Live)
        }),
        Property::always("I8: a webhook that was answered is kept", |_, state: &State| {
            let kept = |webhook| state.stored.is_some_and(|record| record.seen.contains(webhook));
            let answered = |webhook| !state.undelivered.contains(webhook);
            (!answered(Webhook::Opened) || kept(Webhook::Opened))
                && (!state.finished || !answered(Webhook::Completed) || kept(Webhook::Completed))
        }),
        Property::always("the record never says sent when nothing was", |_, state: &State| {
            state.accepted > 0 || state.stored.is_none_or(|record| record.touch != Touch::Sent)
        }),
        Property::always(
            "I6: in the end the touch is decided, or nobody needs it",
            |protocol: &Protocol, state: &State| {
                !is_over(protocol, state)
                    || state.stored.is_some_and(|record| match record.touch {
                        Touch::Sent | Touch::Unknown { .. } | Touch::Skipped => true,
                        Touch::Waiting { .. } => record.phase == Phase::Completed,
                        Touch::Claimed { .. } => false,
                    })
            },
        ),
        Property::always(
            "in the end a message that went out is not denied",
            |protocol: &Protocol, state: &State| {
                !is_over(protocol, state)
                    || state.accepted == 0
                    || state.stored.is_some_and(|record| match record.touch {
                        Touch::Sent | Touch::Unknown { .. } => true,
                        Touch::Waiting { .. } | Touch::Claimed { .. } | Touch::Skipped => false,
                    })
            },
        ),
        Property::sometimes("a reminder goes out, and is recorded", |_, state: &State| {
            state.stored.is_some_and(|record| record.touch == Touch::Sent)
        }),
        Property::sometimes(
            "a send starts although the customer has just finished",
            |_, state: &State| state.known && sends(state).next().is_some(),
        ),
        Property::sometimes(
            "a second attempt goes out after a claim that came to nothing",
            |_, state: &State| sends(state).any(|(_, order)| order.attempt == 2),
        ),
        Property::sometimes(
            "nobody can tell whether a message went out",
            |protocol: &Protocol, state: &State| {
                is_over(protocol, state)
                    && state
                        .stored
                        .is_some_and(|record| matches!(record.touch, Touch::Unknown { .. }))
            },
        ),
    ]
}

/// The calls that are about to call the sender.
fn sends(state: &State) -> impl Iterator<Item = (&Fire, &Order)> {
    state.fires.iter().filter_map(|fire| match &fire.step {
        Step::Send(order, _) => Some((fire, order)),
        Step::Idle
        | Step::Load(_)
        | Step::Arm(_)
        | Step::Write(_)
        | Step::ArmLate(..)
        | Step::Ask
        | Step::Check(_)
        | Step::Look(_)
        | Step::LookUp { .. }
        | Step::Respond(_) => None,
    })
}

/// Is everything over, but for what need never happen: an act of the customer, the sender's own event?
fn is_over(protocol: &Protocol, state: &State) -> bool {
    let busy = state.webhook != Step::Idle || state.fires.iter().any(|fire| fire.step != Step::Idle);
    if busy {
        return false;
    }
    let mut actions = Vec::new();
    protocol.actions(state, &mut actions);
    actions.iter().all(|action| match action {
        Action::Finish | Action::Act | Action::SenderTells => true,
        Action::Tick
        | Action::Deliver(_)
        | Action::Fire(..)
        | Action::FireTwice(..)
        | Action::Lose(..)
        | Action::Sweep
        | Action::Step(..)
        | Action::Crash { .. } => false,
    })
}
