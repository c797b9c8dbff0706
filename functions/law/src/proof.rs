//! Why a message was lawful, short enough to be kept with it.

use core::fmt;
use core::str::FromStr;

use jiff::Timestamp;
use jiff::civil::{Date, Time};
use serde::{Deserialize, Serialize};

use crate::{Law, Places, State, Whose};

/// By which rules a message was lawful, where the person may have been, and what the clocks there showed.
///
/// Written as `2026-11-21 CA,NY 10:05-13:05`: the day on which the rules were looked up, the states (`-` for none),
/// and the earliest and the latest local time in all their zones, once where they are the same. Zones that are not
/// those of the states follow, and behind a `!` each rule that was overridden.
#[derive(Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Proof {
    /// The day on which the rules were looked up: it names their version.
    pub rules_of: Date,
    /// The states whose rules held.
    pub states: Vec<State>,
    /// The earliest local time, to the minute.
    pub earliest: Time,
    /// The latest local time, to the minute.
    pub latest: Time,
    /// Zones besides those of the states, by their IANA names.
    pub zones: Vec<String>,
    /// The rules that were not as the data has them.
    pub overridden: Vec<Whose>,
}

impl TryFrom<String> for Proof {
    type Error = NoProof;

    fn try_from(text: String) -> Result<Self, NoProof> {
        text.parse()
    }
}

impl From<Proof> for String {
    fn from(proof: Proof) -> Self {
        proof.to_string()
    }
}

/// A text that is no proof of ours.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be written like 2026-11-21 CA,NY 10:05-13:05")]
pub struct NoProof;

impl Law {
    /// What to keep of a message that goes out at this moment.
    #[must_use]
    pub fn proof(&self, at: Timestamp, places: &Places) -> Proof {
        let clocks = places.zones().iter().map(|zone| {
            let local = zone.to_datetime(at).time();
            Time::new(local.hour(), local.minute(), 0, 0).unwrap_or(local)
        });
        let of_states = places
            .states()
            .iter()
            .filter_map(|state| self.zones.get(state))
            .flatten();
        let of_states: Vec<_> = if places.states().is_empty() {
            self.country.iter().collect()
        } else {
            of_states.collect()
        };
        let others = places.zones().iter().filter(|zone| !of_states.contains(zone));
        Proof {
            rules_of: self.checked_on,
            states: places.states().to_vec(),
            earliest: clocks.clone().min().unwrap_or(Time::MIN),
            latest: clocks.max().unwrap_or(Time::MAX),
            zones: others.filter_map(|zone| zone.iana_name().map(str::to_owned)).collect(),
            overridden: self.overridden(at, places).into_iter().collect(),
        }
    }
}

impl fmt::Display for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ", self.rules_of)?;
        if self.states.is_empty() {
            f.write_str("-")?;
        }
        for (index, state) in self.states.iter().enumerate() {
            write!(f, "{}{state}", if index == 0 { "" } else { "," })?;
        }
        let clock = |time: Time| time.strftime("%H:%M");
        write!(f, " {}", clock(self.earliest))?;
        if self.latest != self.earliest {
            write!(f, "-{}", clock(self.latest))?;
        }
        for zone in &self.zones {
            write!(f, " {zone}")?;
        }
        for rule in &self.overridden {
            write!(f, " !{rule}")?;
        }
        Ok(())
    }
}

impl fmt::Debug for Proof {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Proof({self})")
    }
}

impl FromStr for Proof {
    type Err = NoProof;

    fn from_str(text: &str) -> Result<Self, NoProof> {
        read(text).ok_or(NoProof)
    }
}

fn read(text: &str) -> Option<Proof> {
    let mut words = text.split(' ');
    let rules_of = words.next()?.parse().ok()?;
    let states = match words.next()? {
        "-" => Vec::new(),
        states => states.split(',').map(State::parse).collect::<Result<_, _>>().ok()?,
    };
    let clocks = words.next()?;
    let (earliest, latest) = clocks.split_once('-').unwrap_or((clocks, clocks));
    let (overridden, zones): (Vec<&str>, Vec<&str>) = words.partition(|word| word.starts_with('!'));
    let overridden = overridden.iter().map(|rule| rule.trim_start_matches('!').parse());
    Some(Proof {
        rules_of,
        states,
        earliest: earliest.parse().ok()?,
        latest: latest.parse().ok()?,
        zones: zones.into_iter().map(str::to_owned).collect(),
        overridden: overridden.collect::<Result<_, _>>().ok()?,
    })
}
