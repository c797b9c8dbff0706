//! A walk through every state, for what the checker does not ask: is every path finite, and which
//! situations does the decision meet?

use std::collections::BTreeSet;
use std::hash::{DefaultHasher, Hash, Hasher};

use stateright::Model;

use crate::Protocol;
use crate::rules::{Event, Record, Resolution, Tick};
use crate::state::{State, Step};

/// What the decision is asked: the stored journey, an event, the time.
pub type Situation = (Option<Record>, Event, Tick);

/// What a walk has seen.
#[derive(Clone, Debug, Default)]
pub struct Walk {
    /// The states, each counted once.
    pub states: usize,
    /// The steps of the longest path that was walked.
    pub longest: usize,
    /// Every situation that the decision met.
    pub situations: BTreeSet<Situation>,
    /// Does a path come back to a state that it has been in? Then it need not end.
    pub circular: bool,
}

/// Walks through every state.
#[must_use]
pub fn walk(protocol: &Protocol) -> Walk {
    let mut walk = Walk::default();
    let mut over = BTreeSet::new();
    let mut on_path = BTreeSet::new();
    let mut path: Vec<(u64, Vec<State>)> = Vec::new();
    let mut entering = protocol.init_states().pop();
    loop {
        if let Some(state) = entering.take() {
            let name = fingerprint(&state);
            if on_path.contains(&name) {
                walk.circular = true;
            } else if !over.contains(&name) {
                note(&mut walk.situations, &state);
                on_path.insert(name);
                let mut following = protocol.next_states(&state);
                following.retain(|state| protocol.within_boundary(state));
                path.push((name, following));
                walk.longest = walk.longest.max(path.len());
            }
        }
        let Some((name, following)) = path.last_mut() else {
            walk.states = over.len();
            return walk;
        };
        entering = following.pop();
        if entering.is_none() {
            on_path.remove(name);
            over.insert(*name);
            path.pop();
        }
    }
}

fn note(situations: &mut BTreeSet<Situation>, state: &State) {
    let steps = state.fires.iter().map(|fire| &fire.step).chain([&state.webhook]);
    let loading = steps.filter_map(|step| match step {
        Step::Load(event) => Some(*event),
        Step::Idle
        | Step::Arm(_)
        | Step::Write(_)
        | Step::ArmLate(..)
        | Step::Ask
        | Step::Check(_)
        | Step::Look(_)
        | Step::Send(..)
        | Step::LookUp { .. }
        | Step::Respond(_) => None,
    });
    let resolution = Resolution::Sent;
    let told = state.untold.map(|attempt| Event::SendLookedUp { attempt, resolution });
    situations.extend(loading.chain(told).map(|event| (state.stored, event, state.now)));
}

fn fingerprint(state: &State) -> u64 {
    let mut hasher = DefaultHasher::new();
    state.hash(&mut hasher);
    hasher.finish()
}
