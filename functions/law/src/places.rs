//! Where a person may be.

use jiff::tz::TimeZone;

use crate::{Law, State};

/// What is known of where a person is.
#[derive(Clone, Debug, Default)]
pub struct Evidence {
    /// The area code of their number.
    pub area_code: Option<u16>,
    /// The states of the service address, the profile and the utility.
    pub states: Vec<State>,
    /// Zones that they name themselves, or that an exact address gives.
    pub zones: Vec<TimeZone>,
}

/// Every state and zone that a person may be in: a message must be lawful in all of them.
#[derive(Clone, Debug, PartialEq)]
pub struct Places {
    states: Vec<State>,
    zones: Vec<TimeZone>,
}

impl Places {
    /// The states whose rules hold, in order; none when nothing is known.
    #[must_use]
    pub fn states(&self) -> &[State] {
        &self.states
    }

    /// The zones in which it must be a lawful hour: never none.
    #[must_use]
    pub fn zones(&self) -> &[TimeZone] {
        &self.zones
    }
}

impl Law {
    /// The state in which numbers of an area code are given out.
    #[must_use]
    pub fn state_of(&self, area_code: u16) -> Option<State> {
        self.area_codes.get(&area_code).copied()
    }

    /// Gathers the places of a person: each state that anything points to, with all its zones. Where no state is
    /// known, every zone of the country counts, and no text may be sent.
    #[must_use]
    pub fn places(&self, evidence: &Evidence) -> Places {
        let of_number = evidence.area_code.and_then(|code| self.state_of(code));
        let mut states: Vec<State> = evidence.states.iter().copied().chain(of_number).collect();
        states.sort_unstable();
        states.dedup();
        let mut zones: Vec<TimeZone> = Vec::new();
        let of_states = states.iter().filter_map(|state| self.zones.get(state)).flatten();
        let of_country = if states.is_empty() {
            self.country.as_slice()
        } else {
            &[]
        };
        for zone in of_states.chain(of_country).chain(&evidence.zones) {
            if !zones.contains(zone) {
                zones.push(zone.clone());
            }
        }
        Places { states, zones }
    }
}
