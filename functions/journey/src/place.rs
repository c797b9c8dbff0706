//! Where a person may be: from their profile, their number, their service address and their utility.

use jiff::tz::TimeZone;
use law::{Evidence, Law, Places, State};

use crate::contact::Contact;

/// Where the customers of a person's utility are; nothing when no utility is known.
#[derive(Clone, Debug, Default)]
pub struct Territory {
    /// The main zone.
    pub zone: Option<TimeZone>,
    /// The states.
    pub states: Vec<State>,
}

impl Territory {
    /// The zones to respect for e-mail: the person's own and the utility's, where they are known.
    pub(crate) fn zones_of(&self, contact: &Contact) -> Vec<TimeZone> {
        let mut zones: Vec<_> = own_zone(contact).into_iter().chain(self.zone.clone()).collect();
        zones.dedup();
        zones
    }

    /// The places whose law counts for what goes to a phone: the state of the number, and that of the service
    /// address, or as long as nobody has told it, each state that the utility serves.
    pub(crate) fn places_of(&self, contact: &Contact) -> Places {
        let states = contact.state.map_or_else(|| self.states.clone(), |state| vec![state]);
        Law::current().places(&Evidence {
            area_code: contact.phone.as_ref().map(crate::PhoneNumber::area_code),
            states,
            zones: own_zone(contact).into_iter().collect(),
        })
    }
}

fn own_zone(contact: &Contact) -> Option<TimeZone> {
    contact.zone.as_deref().and_then(|name| TimeZone::get(name).ok())
}
