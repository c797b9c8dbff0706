//! What must hold of a play after a fault, compared with the same play undisturbed.

use jiff::SignedDuration;
use journey::campaign::Channel;
use journey::{JourneyId, Note, Phase, SendKey, Touch, TouchRecord};

use crate::happening::{Happening, What};
use crate::play::Play;
use crate::world::State;

/// Everything that is wrong with a play, whatever the fault was.
#[must_use]
pub fn judge(play: &Play) -> Vec<String> {
    let state = play.world.lock();
    let mut wrong = state.violations.clone();
    for id in state.journeys.keys() {
        let Some(journey) = state.journey(id) else {
            wrong.push(format!("{}: cannot be read", state.name_of(id)));
            continue;
        };
        let who = state.name_of(id);
        match &journey.timer {
            None if journey.is_live() => wrong.push(format!("{who}: live at the end, without a timer")),
            // The sweep has had its time.
            Some(timer) if timer.due.checked_add(SignedDuration::from_mins(10)).unwrap() < state.now => {
                wrong.push(format!("{who}: a timer overdue at the end, {:?}", timer.why));
            }
            None | Some(_) => {}
        }
        let over = |touch: &TouchRecord| match touch {
            TouchRecord::Claimed { at, .. } => at.checked_add(SignedDuration::from_mins(20)).unwrap() < state.now,
            TouchRecord::Waiting { .. }
            | TouchRecord::Sent { .. }
            | TouchRecord::Unknown { .. }
            | TouchRecord::Skipped { .. } => false,
        };
        if journey.touches.iter().any(over) {
            wrong.push(format!("{who}: a claim was never resolved"));
        }
        for (index, record) in journey.touches.iter().enumerate() {
            let key = journey.send_key(Touch::at(index), 0, Channel::Email);
            let mailed = state.mails.iter().any(|mail| mail.key.same_touch(&key))
                || state.withheld.iter().any(|withheld| withheld.same_touch(&key));
            match record {
                TouchRecord::Sent { .. } if !mailed => {
                    wrong.push(format!("{who}: touch {} is recorded as sent, and was not", index + 1));
                }
                TouchRecord::Skipped { .. } if mailed => {
                    wrong.push(format!(
                        "{who}: touch {} is recorded as skipped, and was sent",
                        index + 1
                    ));
                }
                TouchRecord::Waiting { .. } if mailed => {
                    wrong.push(format!("{who}: touch {} still waits, and was sent", index + 1));
                }
                TouchRecord::Waiting { .. }
                | TouchRecord::Claimed { .. }
                | TouchRecord::Sent { .. }
                | TouchRecord::Unknown { .. }
                | TouchRecord::Skipped { .. } => {}
            }
        }
    }
    wrong
}

/// Everything that a fault should not have changed.
#[must_use]
pub fn compare(undisturbed: &Play, disturbed: &Play) -> Vec<String> {
    let mut wrong = judge(disturbed);
    let (calm, storm) = (undisturbed.world.lock(), disturbed.world.lock());
    for mail in &calm.mails {
        let sent = storm.mails.iter().any(|other| other.key.same_touch(&mail.key));
        if !sent && !accounted_for(&storm, &mail.key) {
            let who = calm.name_of(&mail.key.journey);
            wrong.push(format!("{who}: touch {} was lost without a reason", mail.key.touch.0));
        }
    }
    for id in calm.journeys.keys() {
        let (before, after) = (phase(&calm, id), phase(&storm, id));
        if before != after {
            wrong.push(format!("{}: ended {after}, undisturbed {before}", calm.name_of(id)));
        }
    }
    wrong
}

fn phase(state: &State, id: &JourneyId) -> String {
    match state.journey(id) {
        None => "unknown".to_owned(),
        Some(journey) => {
            let phase = match journey.phase {
                Phase::Live => "live".to_owned(),
                Phase::Completed { provisional, .. } => format!("completed, provisional: {provisional}"),
                Phase::HandedBack { .. } => "handed back".to_owned(),
                Phase::Stopped { why, .. } => format!("stopped, {why:?}"),
            };
            format!("{phase}, episode {}", journey.episode)
        }
    }
}

/// Is there a reason why a touch was not sent?
fn accounted_for(state: &State, key: &SendKey) -> bool {
    let Some(journey) = state.journey(&key.journey) else {
        return false;
    };
    let who = state.name_of(&key.journey);
    let reason = |happening: &&Happening| match &happening.what {
        What::Noted {
            note: Note::Skipped { touch, .. } | Note::SendUnknown { touch },
            ..
        } => *touch == key.touch,
        What::Noted { .. } | What::Mail { .. } | What::Said(_) => false,
    };
    let over = !journey.is_live() || journey.episode != key.episode;
    over || state
        .happened
        .iter()
        .filter(|happening| happening.who == who)
        .any(|happening| reason(&happening))
}
