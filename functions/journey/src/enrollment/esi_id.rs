//! The name of a place in Texas that takes electricity.

use core::fmt;

use serde::{Deserialize, Serialize};

/// An ESI ID, ERCOT's name of a service address: 17 or 22 digits, kept as text.
///
/// Never a number: 17 digits do not fit into a float, nor 22 into an integer of 64 bits (docs/light.md, trap 38). It
/// names a home, so its `Debug` shows nothing.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct EsiId(String);

/// What is no ESI ID. It does not repeat what was given.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum InvalidEsiId {
    /// Too few digits, too many, or some between 17 and 22.
    #[error("an ESI ID has 17 or 22 digits; this one has {0}")]
    Length(usize),
    /// Something else than digits, spaces and dashes.
    #[error("an ESI ID has only digits")]
    NotDigits,
}

/// The company whose wires lead to a home. By the ESI ID's first digits it is a hint: some were renumbered, and the
/// public tables err (traps 40 and 41).
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum DeliveryCompany {
    /// Oncor Electric Delivery.
    Oncor,
    /// CenterPoint Energy Houston Electric.
    CenterPoint,
    /// AEP Texas Central.
    AepTexasCentral,
    /// AEP Texas North.
    AepTexasNorth,
    /// Texas-New Mexico Power.
    TexasNewMexico,
    /// Nueces Electric Cooperative.
    Nueces,
}

impl EsiId {
    /// Reads an ESI ID as people write it: spaces and dashes are left out.
    ///
    /// # Errors
    /// [`InvalidEsiId`] when what is left is not 17 or 22 digits.
    pub fn parse(text: &str) -> Result<Self, InvalidEsiId> {
        let is_between = |c: char| c.is_whitespace() || matches!(c, '-' | '\u{2010}'..='\u{2015}');
        let digits: String = text.chars().filter(|c| !is_between(*c)).collect();
        if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
            return Err(InvalidEsiId::NotDigits);
        }
        match digits.len() {
            17 | 22 => Ok(EsiId(digits)),
            length => Err(InvalidEsiId::Length(length)),
        }
    }

    /// The digits, for the provider and the customer alone: never for a log, a URL or a message.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }

    /// The company that its first seven digits hint at.
    #[must_use]
    pub fn delivery_company(&self) -> Option<DeliveryCompany> {
        match self.0.get(..7)? {
            "1044372" | "1017699" => Some(DeliveryCompany::Oncor),
            "1008901" => Some(DeliveryCompany::CenterPoint),
            "1003278" => Some(DeliveryCompany::AepTexasCentral),
            "1020404" => Some(DeliveryCompany::AepTexasNorth),
            "1040051" => Some(DeliveryCompany::TexasNewMexico),
            "1013830" => Some(DeliveryCompany::Nueces),
            _ => None,
        }
    }
}

impl DeliveryCompany {
    /// The name that customers know.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            DeliveryCompany::Oncor => "Oncor",
            DeliveryCompany::CenterPoint => "CenterPoint Energy",
            DeliveryCompany::AepTexasCentral => "AEP Texas Central",
            DeliveryCompany::AepTexasNorth => "AEP Texas North",
            DeliveryCompany::TexasNewMexico => "Texas-New Mexico Power",
            DeliveryCompany::Nueces => "Nueces Electric Cooperative",
        }
    }
}

impl fmt::Debug for EsiId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("EsiId(hidden)")
    }
}

impl TryFrom<String> for EsiId {
    type Error = InvalidEsiId;

    fn try_from(text: String) -> Result<Self, InvalidEsiId> {
        EsiId::parse(&text)
    }
}

impl From<EsiId> for String {
    fn from(id: EsiId) -> Self {
        id.0
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ONCOR: &str = "10443720000000002";
    const CENTERPOINT: &str = "1008901000000000000003";

    #[test]
    fn trap_38_it_round_trips_as_text_and_is_never_a_number() {
        for digits in [ONCOR, CENTERPOINT, "55512345671234567"] {
            let id = EsiId::parse(digits).unwrap();
            let json = serde_json::to_string(&id).unwrap();
            assert_eq!(json, format!("\"{digits}\""));
            assert_eq!(serde_json::from_str::<EsiId>(&json).unwrap(), id);
            assert!(serde_json::from_str::<EsiId>(digits).is_err(), "a JSON number");
        }
        assert_eq!(format!("{:?}", EsiId::parse(ONCOR).unwrap()), "EsiId(hidden)");
    }

    #[test]
    fn trap_39_spaces_and_dashes_are_stripped_and_other_lengths_refused() {
        let read = |text: &str| EsiId::parse(text).map(String::from);
        assert_eq!(read(" 10443-7200 0000 0002 ").unwrap(), ONCOR);
        assert_eq!(read("1008901\u{2013}000000000000003\t").unwrap(), CENTERPOINT);
        assert_eq!(read("104437200000002"), Err(InvalidEsiId::Length(15)));
        assert_eq!(read(&"1".repeat(27)), Err(InvalidEsiId::Length(27)));
        assert_eq!(read(&"1".repeat(18)), Err(InvalidEsiId::Length(18)));
        assert_eq!(read(""), Err(InvalidEsiId::Length(0)));
        assert_eq!(read("1044372000000000x"), Err(InvalidEsiId::NotDigits));
        assert_eq!(read("1.0443720000000002e16"), Err(InvalidEsiId::NotDigits));
        assert_eq!(
            read("١٠٤٤٣٧٢٠٠٠٠٠٠٠٠٠٢"),
            Err(InvalidEsiId::NotDigits),
            "other scripts' digits"
        );
    }

    #[test]
    fn traps_40_and_41_the_company_is_a_hint_by_seven_digits_and_an_unknown_one_is_valid() {
        let company = |text: &str| {
            EsiId::parse(text)
                .unwrap()
                .delivery_company()
                .map(DeliveryCompany::name)
        };
        assert_eq!(company(ONCOR), Some("Oncor"));
        assert_eq!(company("10176990000000002"), Some("Oncor"));
        assert_eq!(company(CENTERPOINT), Some("CenterPoint Energy"));
        assert_eq!(company("10032780000000002"), Some("AEP Texas Central"));
        assert_eq!(company("10204040000000002"), Some("AEP Texas North"));
        assert_eq!(company("10400510000000002"), Some("Texas-New Mexico Power"));
        assert_eq!(company("10138300000000002"), Some("Nueces Electric Cooperative"));
        assert_eq!(company("55512345671234567"), None, "the guide's own sample");
    }
}
