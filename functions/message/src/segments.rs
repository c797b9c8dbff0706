//! The length of a text message, as carriers count and charge it.
//!
//! A text whose every character is in the GSM 7-bit alphabet (3GPP TS 23.038, section 6.2.1) has 160 of them
//! in one segment, or 153 in each of several; those of the extension table take two places. One character
//! from outside makes the whole text UCS-2, with 70 units of 16 bits in one segment, or 67 in each of several.

use core::fmt;

/// The characters of the alphabet; the escape to the extension table is none.
const BASIC: &str = "@£$¥èéùìòÇ\nØø\rÅåΔ_ΦΓΛΩΠΨΣΘΞÆæßÉ !\"#¤%&'()*+,-./0123456789:;<=>?¡ABCDEFGHIJKLMNOPQRSTUVWXYZÄÖÑÜ§¿abcdefghijklmnopqrstuvwxyzäöñüà";

/// The characters of the extension table, each behind an escape.
const EXTENSION: &str = "\u{c}^{}\\[~]|€";

/// How long a text is.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Length {
    /// How its characters are coded.
    pub coding: Coding,
    /// Places that its characters take.
    pub units: usize,
    /// Segments that it is sent in.
    pub segments: usize,
}

/// How the characters of a text are coded.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Coding {
    /// The GSM 7-bit alphabet with its extension table.
    Gsm7,
    /// 16 bits a unit, because of this character.
    Ucs2(char),
}

impl Length {
    /// The most segments that a reminder may have: each is charged for, and carriers look twice at long ones.
    pub const MAX_SEGMENTS: usize = 2;

    /// Counts a text.
    #[must_use]
    pub fn of(text: &str) -> Self {
        let outside = text.chars().find(|c| septets(*c).is_none());
        let (coding, whole, part) = match outside {
            None => (Coding::Gsm7, 160, 153),
            Some(c) => (Coding::Ucs2(c), 70, 67),
        };
        let sizes = text.chars().map(|c| match coding {
            Coding::Gsm7 => septets(c).unwrap_or(2),
            Coding::Ucs2(_) => c.len_utf16(),
        });
        let units = sizes.clone().sum();
        let segments = if units <= whole { 1 } else { packed(sizes, part) };
        Length {
            coding,
            units,
            segments,
        }
    }

    /// May a reminder be as long as this?
    #[must_use]
    pub const fn fits(&self) -> bool {
        self.segments <= Self::MAX_SEGMENTS
    }
}

impl fmt::Display for Length {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (units, segments) = (self.units, self.segments);
        match self.coding {
            Coding::Gsm7 => write!(f, "{units} places of GSM-7 in {segments} segments"),
            Coding::Ucs2(c) => write!(f, "{units} units of UCS-2 (because of `{c}`) in {segments} segments"),
        }
    }
}

/// How many segments hold these characters; none is split over two.
fn packed(sizes: impl Iterator<Item = usize>, part: usize) -> usize {
    let (mut segments, mut used) = (1, 0);
    for size in sizes {
        if used + size > part {
            segments += 1;
            used = 0;
        }
        used += size;
    }
    segments
}

/// The places that a character takes in the alphabet; none when it is not in it.
fn septets(c: char) -> Option<usize> {
    if BASIC.contains(c) {
        Some(1)
    } else {
        EXTENSION.contains(c).then_some(2)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn check(text: &str, coding: Coding, units: usize, segments: usize) {
        let expected = Length {
            coding,
            units,
            segments,
        };
        assert_eq!(Length::of(text), expected, "{} characters", text.chars().count());
    }

    #[test]
    fn the_alphabet_is_whole() {
        assert_eq!(BASIC.chars().count(), 127);
        assert_eq!(EXTENSION.chars().count(), 10);
        assert!(
            BASIC
                .chars()
                .all(|c| BASIC.matches(c).count() == 1 && !EXTENSION.contains(c))
        );
    }

    #[test]
    fn segments_are_counted_at_their_edges() {
        for (count, segments) in [(0, 1), (160, 1), (161, 2), (306, 2), (307, 3), (459, 3), (460, 4)] {
            check(&"a".repeat(count), Coding::Gsm7, count, segments);
        }
        for (count, segments) in [(70, 1), (71, 2), (134, 2), (135, 3)] {
            check(&"í".repeat(count), Coding::Ucs2('í'), count, segments);
        }
    }

    #[test]
    fn the_extension_table_takes_two_places_and_is_not_split() {
        check(&"€".repeat(80), Coding::Gsm7, 160, 1);
        check(&"€".repeat(81), Coding::Gsm7, 162, 2);
        // 153 is odd: one place of each segment stays empty.
        check(&"€".repeat(152), Coding::Gsm7, 304, 2);
        check(&"€".repeat(153), Coding::Gsm7, 306, 3);
    }

    #[test]
    fn one_character_from_outside_makes_all_of_it_ucs_2() {
        check("Señor Ñandú", Coding::Ucs2('ú'), 11, 1);
        check("¿Señor Ñ? ¡à è é ì ò ù ü!", Coding::Gsm7, 25, 1);
        // Two units each, and not split: 33 of them in a segment of 67.
        check(&"🔌".repeat(66), Coding::Ucs2('🔌'), 132, 2);
        check(&"🔌".repeat(67), Coding::Ucs2('🔌'), 134, 3);
    }

    #[test]
    fn a_length_is_told_in_numbers() {
        assert_eq!(
            Length::of(&"a".repeat(400)).to_string(),
            "400 places of GSM-7 in 3 segments"
        );
        assert_eq!(
            Length::of("á").to_string(),
            "1 units of UCS-2 (because of `á`) in 1 segments"
        );
    }
}
