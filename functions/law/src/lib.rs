//! When the law of the United States lets a reminder go to a phone: hours, holidays, limits, as data with a date.

mod holiday;
mod hours;
mod overrides;
mod places;
mod proof;
mod state;
mod table;

use core::fmt;
use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, LazyLock};

use jiff::civil::Date;
use jiff::tz::TimeZone;

pub use holiday::BadRule;
pub use hours::{TextLimit, Window};
pub use overrides::{Closure, Override, UnknownRule, Whose};
pub use places::{Evidence, Places};
pub use proof::{NoProof, Proof};
pub use state::{State, UnknownState};
pub use table::LawError;

/// Rules are looked up again after this many days.
const STALE_AFTER_DAYS: i64 = 180;

/// The law as it was looked up on one day.
#[derive(Clone, PartialEq)]
pub struct Law {
    /// The oldest day on which a row was looked up.
    pub checked_on: Date,
    pub(crate) rules: BTreeMap<Whose, hours::Row>,
    pub(crate) overrides: Vec<Override>,
    pub(crate) closures: Vec<Closure>,
    pub(crate) country: Vec<TimeZone>,
    pub(crate) zones: BTreeMap<State, Vec<TimeZone>>,
    /// The days on which each calendar closes.
    pub(crate) holidays: BTreeMap<Whose, BTreeSet<Date>>,
    pub(crate) area_codes: BTreeMap<u16, State>,
}

impl fmt::Debug for Law {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "Law({}, {} overrides, {} closures)",
            self.checked_on,
            self.overrides.len(),
            self.closures.len()
        )
    }
}

impl Law {
    /// Reads the tables that are compiled in.
    ///
    /// # Errors
    /// [`LawError`] when one cannot be read.
    pub fn read() -> Result<Law, LawError> {
        table::read()
    }

    /// The tables that are compiled in, read once. If one could not be read, nothing would be lawful; the tests read
    /// them all.
    #[must_use]
    pub fn current() -> Arc<Law> {
        static CURRENT: LazyLock<Arc<Law>> = LazyLock::new(|| Arc::new(Law::read().unwrap_or_else(|_| Law::silent())));
        Arc::clone(&CURRENT)
    }

    /// A law that allows nothing, to nobody.
    fn silent() -> Law {
        Law {
            checked_on: Date::MIN,
            rules: BTreeMap::new(),
            overrides: Vec::new(),
            closures: Vec::new(),
            country: Vec::new(),
            zones: BTreeMap::new(),
            holidays: BTreeMap::new(),
            area_codes: BTreeMap::new(),
        }
    }

    /// The same with what a campaign adds to it.
    #[must_use]
    pub fn with(&self, overrides: Vec<Override>, closures: Vec<Closure>) -> Law {
        Law {
            overrides,
            closures,
            ..self.clone()
        }
    }

    /// Was a rule last looked up so long ago that somebody should look again: more than 180 days?
    #[must_use]
    pub fn is_stale(&self, today: Date) -> bool {
        self.checked_on.duration_until(today) > jiff::SignedDuration::from_hours(24 * STALE_AFTER_DAYS)
    }

    /// Is a day a federal holiday, or the one on which one is observed?
    #[must_use]
    pub fn is_federal_holiday(&self, day: Date) -> bool {
        let closed = self.holidays.get(&Whose::Country);
        closed.is_some_and(|days| days.contains(&day))
    }

    /// What a campaign replaces in the rules.
    #[must_use]
    pub fn overrides(&self) -> &[Override] {
        &self.overrides
    }

    /// What a campaign closes besides the holidays.
    #[must_use]
    pub fn closures(&self) -> &[Closure] {
        &self.closures
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn where_no_table_can_be_read_nothing_is_lawful() {
        let silent = Law::silent();
        let nowhere = silent.places(&Evidence::default());
        let at = "2026-08-19T17:00:00Z".parse().unwrap();
        assert_eq!(silent.next_lawful(at, &nowhere), None);
        let here = Law::current().places(&Evidence::default());
        assert_eq!(silent.next_lawful(at, &here), None);
        assert_eq!(silent.max_per_24h(at, &here), 0);
    }
}
