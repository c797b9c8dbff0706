//! What can happen in a state, and what it leads to.

use crate::rules::{Answer, Decision, Event, LEASE, Outcome, Phase, Resolution, Then, Tick, Timer, Webhook, decide};
use crate::state::{Action, Decided, Fire, Order, State, Step, Way, Who};
use crate::{Broken, Protocol};

/// A timer this long overdue is fired by the sweep.
pub(crate) const OVERDUE: Tick = 2;

/// A sender is quicker than half a lease: one tick is shorter, two are longer.
const SENDER_TAKES: Tick = 1;

/// Everything that can happen.
pub(crate) fn actions(protocol: &Protocol, state: &State, actions: &mut Vec<Action>) {
    if !state.finished {
        actions.push(Action::Finish);
        if state.left.activity > 0 {
            actions.push(Action::Act);
        }
    }
    if state.webhook == Step::Idle {
        let waiting = |webhook: &Webhook| state.undelivered.contains(*webhook);
        let waiting = Webhook::ALL.into_iter().filter(waiting);
        actions.extend(waiting.map(Action::Deliver));
    } else {
        step(Who::Webhook, &state.webhook, state, actions);
    }
    for (place, fire) in state.fires.iter().enumerate() {
        step(Who::Fire(place), &fire.step, state, actions);
    }
    if idle_place(state).is_some() {
        for (generation, due) in state.schedules.iter().copied() {
            if due <= state.now {
                actions.push(Action::Fire(generation, due));
                if state.left.mishaps > 0 {
                    actions.push(Action::FireTwice(generation, due));
                }
            }
        }
        if swept(protocol, state).is_some() {
            actions.push(Action::Sweep);
        }
    }
    if state.left.mishaps > 0 {
        let lost = state.schedules.iter();
        actions.extend(lost.map(|(generation, due)| Action::Lose(*generation, *due)));
    }
    if state.untold.is_some() {
        actions.push(Action::SenderTells);
    }
    if time_passes(protocol, state) {
        actions.push(Action::Tick);
    }
}

/// The next step of a call, in all the ways it can go, and its sudden end.
fn step(who: Who, step: &Step, state: &State, actions: &mut Vec<Action>) {
    let fails = state.left.failures > 0;
    let sender = |accepts, outcome| Action::Step(who, Way::Sender { accepts, outcome });
    match step {
        Step::Idle => return,
        Step::Ask | Step::LookUp { .. } => {
            actions.push(Action::Step(who, Way::Only));
            if fails {
                actions.push(Action::Step(who, Way::Fails));
            }
        }
        Step::Send(..) => {
            actions.push(sender(true, Outcome::Accepted));
            if fails {
                actions.push(sender(true, Outcome::Ambiguous));
                actions.push(sender(false, Outcome::Ambiguous));
                actions.push(sender(false, Outcome::Throttled));
                actions.push(sender(false, Outcome::Refused));
            }
        }
        Step::Load(_)
        | Step::Arm(_)
        | Step::Write(_)
        | Step::ArmLate(..)
        | Step::Check(_)
        | Step::Look(_)
        | Step::Respond(_) => actions.push(Action::Step(who, Way::Only)),
    }
    if state.left.crashes > 0 {
        actions.push(Action::Crash { who, retried: false });
        // A webhook is made again by its provider.
        if who != Who::Webhook {
            actions.push(Action::Crash { who, retried: true });
        }
    }
}

fn idle_place(state: &State) -> Option<usize> {
    state.fires.iter().position(|fire| fire.step == Step::Idle)
}

/// The overdue timer that the sweep would fire now.
fn swept(protocol: &Protocol, state: &State) -> Option<u8> {
    if protocol.broken == Some(Broken::NoSweep) {
        return None;
    }
    let timer = state.stored?.timer?;
    let overdue = timer.due.is_some_and(|due| due + OVERDUE <= state.now);
    // Another call for it besides one that is under way is a repetition, and repetitions are counted.
    let under_way = state.fires.iter().any(|fire| fire.generation == timer.generation);
    (overdue && (!under_way || state.left.mishaps > 0)).then_some(timer.generation)
}

/// Time passes while there is something to wait for. Calls may be held up, but not for ever, and a
/// sender not for half a lease.
fn time_passes(protocol: &Protocol, state: &State) -> bool {
    let Some(stored) = state.stored else {
        return false;
    };
    let sends = |step: &Step| match step {
        Step::Look(order) | Step::Send(order, _) => order.checked_at + SENDER_TAKES <= state.now,
        Step::Idle
        | Step::Load(_)
        | Step::Arm(_)
        | Step::Write(_)
        | Step::ArmLate(..)
        | Step::Ask
        | Step::Check(_)
        | Step::LookUp { .. }
        | Step::Respond(_) => false,
    };
    if protocol.broken != Some(Broken::SlowSender) && state.fires.iter().any(|fire| sends(&fire.step)) {
        return false;
    }
    let busy = state.webhook != Step::Idle || state.fires.iter().any(|fire| fire.step != Step::Idle);
    let due = stored.timer.and_then(|timer| timer.due);
    if state.now < protocol.bounds.held_up_until {
        return busy || due.is_some() || !state.schedules.is_empty();
    }
    // Late in the day nothing is held up, and what is due is fired.
    let ready = state.schedules.iter().any(|(_, due)| *due <= state.now);
    let waits =
        due.is_some_and(|due| state.now < due + OVERDUE) || state.schedules.iter().any(|(_, due)| *due > state.now);
    !busy && !ready && waits
}

/// Carries one out.
pub(crate) fn carry_out(protocol: &Protocol, state: &mut State, action: Action) {
    match action {
        Action::Tick => state.now += 1,
        Action::Finish => {
            state.finished = true;
            state.undelivered.insert(Webhook::Completed);
        }
        Action::Act => {
            state.left.activity -= 1;
            state.undelivered.insert(Webhook::Activity);
        }
        Action::Deliver(webhook) => state.webhook = Step::Load(Event::Webhook(webhook)),
        Action::Fire(generation, due) => {
            state.schedules.retain(|schedule| *schedule != (generation, due));
            fire(state, generation);
        }
        Action::FireTwice(generation, _) => {
            state.left.mishaps -= 1;
            fire(state, generation);
        }
        Action::Lose(generation, due) => {
            state.left.mishaps -= 1;
            state.schedules.retain(|schedule| *schedule != (generation, due));
        }
        Action::Sweep => {
            if let Some(generation) = swept(protocol, state) {
                if state.fires.iter().any(|fire| fire.generation == generation) {
                    state.left.mishaps -= 1;
                }
                fire(state, generation);
            }
        }
        Action::Crash { who, retried } => {
            state.left.crashes -= 1;
            match who {
                Who::Webhook => state.webhook = Step::Idle,
                Who::Fire(place) => {
                    if let Some(call) = state.fires.get_mut(place) {
                        *call = if retried { called(call.generation) } else { Fire::IDLE };
                    }
                }
            }
        }
        Action::SenderTells => {
            if let Some(attempt) = state.untold.take() {
                let resolution = Resolution::Sent;
                take_at_once(protocol, state, Event::SendLookedUp { attempt, resolution });
            }
        }
        Action::Step(Who::Webhook, way) => {
            let mut call = Fire {
                step: state.webhook,
                ..Fire::IDLE
            };
            take_step(protocol, state, &mut call, way);
            state.webhook = call.step;
        }
        Action::Step(Who::Fire(place), way) => {
            if let Some(mut call) = state.fires.get(place).copied() {
                take_step(protocol, state, &mut call, way);
                if let Some(kept) = state.fires.get_mut(place) {
                    *kept = if call.step == Step::Idle { Fire::IDLE } else { call };
                }
            }
        }
    }
}

fn called(generation: u8) -> Fire {
    Fire {
        generation,
        cleared: false,
        step: Step::Load(Event::TimerFired { generation }),
    }
}

fn fire(state: &mut State, generation: u8) {
    if let Some(call) = idle_place(state).and_then(|place| state.fires.get_mut(place)) {
        *call = called(generation);
    }
}

fn take_step(protocol: &Protocol, state: &mut State, call: &mut Fire, way: Way) {
    let fails = way == Way::Fails;
    if fails {
        state.left.failures -= 1;
    }
    call.step = match call.step {
        Step::Idle => Step::Idle,
        Step::Load(event) => load(protocol, state, event),
        Step::Arm(decided) => {
            if let Some(timer) = decided.decision.arms {
                arm(state, timer);
            }
            Step::Write(decided)
        }
        Step::Write(decided) => {
            let checks = protocol.broken != Some(Broken::NoVersionCheck);
            if !decided.fresh && checks {
                Step::Load(decided.event)
            } else {
                let late = protocol.broken == Some(Broken::ArmAfterWrite);
                write(state, &decided.decision, !late);
                match decided.decision.arms {
                    Some(timer) if late => Step::ArmLate(decided, timer),
                    Some(_) | None => after(&decided),
                }
            }
        }
        Step::ArmLate(decided, timer) => {
            arm(state, timer);
            let stored = state.stored.and_then(|record| record.timer);
            state.armed |= stored == Some(timer);
            after(&decided)
        }
        Step::Ask => {
            let answer = match (fails, state.finished) {
                (true, _) => Answer::Unavailable,
                (false, true) => Answer::Complete,
                (false, false) => Answer::NotComplete,
            };
            call.cleared = answer == Answer::NotComplete;
            let generation = call.generation;
            Step::Load(Event::Rechecked { generation, answer })
        }
        Step::Check(order) => check(protocol, state, order),
        Step::Look(order) => {
            let live = state.stored.is_some_and(|record| record.phase == Phase::Live);
            let known = state.known;
            if live {
                Step::Send(Order { known, ..order }, None)
            } else {
                resolved(order, Outcome::Withheld)
            }
        }
        Step::Send(order, unwritten) => {
            let Way::Sender { accepts, outcome } = way else {
                return;
            };
            if outcome != Outcome::Accepted {
                state.left.failures -= 1;
            }
            if accepts {
                state.accepted += 1;
                state.untold = Some(order.attempt);
            }
            let attempt = order.attempt;
            match unwritten {
                None => resolved(order, outcome),
                Some(mut decided) => {
                    decided.decision.then = Then::Resolve { attempt, outcome };
                    Step::Write(decided)
                }
            }
        }
        Step::LookUp { attempt } => {
            let resolution = match (fails, state.accepted) {
                (true, _) => Resolution::Unknown,
                (false, 0) => Resolution::NotSent,
                (false, _) => Resolution::Sent,
            };
            Step::Load(Event::SendLookedUp { attempt, resolution })
        }
        Step::Respond(webhook) => {
            state.undelivered.remove(webhook);
            Step::Idle
        }
    };
}

fn load(protocol: &Protocol, state: &State, event: Event) -> Step {
    let Some(mut decision) = decide(state.stored, event, state.now, protocol.broken) else {
        return Step::Idle;
    };
    if protocol.broken == Some(Broken::NoRecheck) && decision.then == Then::Recheck {
        let Event::TimerFired { generation } = event else {
            return Step::Idle;
        };
        let answer = Answer::NotComplete;
        let unasked = Event::Rechecked { generation, answer };
        if let Some(claim) = decide(state.stored, unasked, state.now, None) {
            decision = claim;
        }
    }
    let decided = Decided {
        event,
        decision,
        fresh: true,
    };
    let unchanged = state.stored == Some(decision.next);
    match (decision.then, decision.arms) {
        (Then::Send { attempt, claimed_at }, _) if protocol.broken == Some(Broken::SendBeforeClaim) => {
            let order = Order {
                attempt,
                claimed_at,
                checked_at: state.now,
                known: state.known,
            };
            Step::Send(order, Some(decided))
        }
        _ if unchanged => after(&decided),
        (_, Some(_)) if protocol.broken != Some(Broken::ArmAfterWrite) => Step::Arm(decided),
        (_, Some(_) | None) => Step::Write(decided),
    }
}

/// Makes a schedule. What is days away has one too, but nothing here waits for it.
fn arm(state: &mut State, timer: Timer) {
    let over = state.stored.is_some_and(|record| timer.generation < record.generation);
    if let (Some(due), false) = (timer.due, over) {
        let schedule = (timer.generation, due);
        if let Err(place) = state.schedules.binary_search(&schedule) {
            state.schedules.insert(place, schedule);
        }
    }
}

fn write(state: &mut State, decision: &Decision, armed: bool) {
    let next = decision.next;
    if decision.arms.is_some() {
        state.armed = armed;
    }
    state.stored = Some(next);
    state.known |= next.phase == Phase::Completed;
    state.schedules.retain(|(generation, _)| *generation >= next.generation);
    let calls = state.fires.iter_mut().map(|fire| &mut fire.step);
    for step in calls.chain([&mut state.webhook]) {
        match step {
            Step::Arm(decided) | Step::Write(decided) | Step::Send(_, Some(decided)) => decided.fresh = false,
            Step::Idle
            | Step::Load(_)
            | Step::ArmLate(..)
            | Step::Ask
            | Step::Check(_)
            | Step::Look(_)
            | Step::Send(_, None)
            | Step::LookUp { .. }
            | Step::Respond(_) => {}
        }
    }
}

/// What a call does once its decision is written, or has nothing to write.
fn after(decided: &Decided) -> Step {
    match (decided.event, decided.decision.then) {
        (Event::Webhook(webhook), _) => Step::Respond(webhook),
        (_, Then::Nothing) => Step::Idle,
        (_, Then::Recheck) => Step::Ask,
        (_, Then::Send { attempt, claimed_at }) => Step::Check(Order {
            attempt,
            claimed_at,
            checked_at: claimed_at,
            known: false,
        }),
        (_, Then::LookUp { attempt }) => Step::LookUp { attempt },
        (_, Then::Resolve { attempt, outcome }) => Step::Load(Event::SendResolved { attempt, outcome }),
    }
}

fn check(protocol: &Protocol, state: &State, order: Order) -> Step {
    let held_up = 2 * (state.now - order.claimed_at) > LEASE;
    if held_up && protocol.broken != Some(Broken::NoHeldUpCheck) {
        return Step::Idle;
    }
    let order = Order {
        checked_at: state.now,
        ..order
    };
    if protocol.broken == Some(Broken::NoLastLook) {
        let known = state.known;
        return Step::Send(Order { known, ..order }, None);
    }
    Step::Look(order)
}

fn resolved(order: Order, outcome: Outcome) -> Step {
    let attempt = order.attempt;
    Step::Load(Event::SendResolved { attempt, outcome })
}

/// Takes an event whose call nobody can come between: one that is lost is only another try.
fn take_at_once(protocol: &Protocol, state: &mut State, event: Event) {
    if let Some(decision) = decide(state.stored, event, state.now, protocol.broken)
        && state.stored != Some(decision.next)
    {
        if let Some(timer) = decision.arms {
            arm(state, timer);
        }
        write(state, &decision, true);
    }
}
