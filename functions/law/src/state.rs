//! A state of the United States, the District of Columbia, or Puerto Rico.

use core::fmt;

use serde::{Deserialize, Serialize};

/// A place with a law of its own, by its postal code, such as `CA`.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct State([u8; 2]);

/// A text that names no state whose law is known here.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
#[error("must be the postal code of a state, DC or PR, for example CA")]
pub struct UnknownState;

/// Every state with a row in `data/sms_hours.csv`.
const STATES: &str = "AK AL AR AZ CA CO CT DC DE FL GA HI IA ID IL IN KS KY LA MA MD ME MI MN MO MS MT NC ND NE NH NJ \
                      NM NV NY OH OK OR PA PR RI SC SD TN TX UT VA VT WA WI WV WY";

impl State {
    /// Reads a postal code in capitals.
    ///
    /// # Errors
    /// [`UnknownState`] for whatever else.
    pub fn parse(text: &str) -> Result<Self, UnknownState> {
        let code: [u8; 2] = text.as_bytes().try_into().map_err(|_| UnknownState)?;
        State::all().find(|state| state.0 == code).ok_or(UnknownState)
    }

    /// All of them, by their codes.
    pub fn all() -> impl Iterator<Item = State> {
        STATES
            .split(' ')
            .filter_map(|code| code.as_bytes().try_into().ok().map(State))
    }

    /// The postal code.
    #[must_use]
    pub fn as_str(&self) -> &str {
        core::str::from_utf8(&self.0).unwrap_or_default()
    }
}

impl fmt::Display for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl fmt::Debug for State {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

impl TryFrom<String> for State {
    type Error = UnknownState;

    fn try_from(text: String) -> Result<Self, Self::Error> {
        State::parse(&text)
    }
}

impl From<State> for String {
    fn from(state: State) -> Self {
        state.as_str().to_owned()
    }
}
