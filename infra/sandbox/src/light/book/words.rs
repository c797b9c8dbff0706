//! The words of an address, as they are compared.

/// What is said in several ways, and the one that is compared.
const SAME: [(&str, &str); 31] = [
    ("street", "st"),
    ("str", "st"),
    ("saint", "st"),
    ("avenue", "ave"),
    ("av", "ave"),
    ("drive", "dr"),
    ("lane", "ln"),
    ("road", "rd"),
    ("boulevard", "blvd"),
    ("court", "ct"),
    ("circle", "cir"),
    ("parkway", "pkwy"),
    ("pky", "pkwy"),
    ("trail", "trl"),
    ("place", "pl"),
    ("plaza", "plz"),
    ("highway", "hwy"),
    ("square", "sq"),
    ("terrace", "ter"),
    ("north", "n"),
    ("south", "s"),
    ("east", "e"),
    ("west", "w"),
    ("norte", "n"),
    ("sur", "s"),
    ("texas", "tx"),
    ("fort", "ft"),
    ("mount", "mt"),
    ("avenida", "ave"),
    ("calle", "calle"),
    ("way", "wy"),
];

/// What says that a unit's name follows, and tells nothing else.
const UNIT: [&str; 9] = [
    "apt",
    "apartment",
    "unit",
    "ste",
    "suite",
    "no",
    "number",
    "departamento",
    "depto",
];

/// What kind of street it is, or which state: left out or mistaken as often as not.
const MINOR: [&str; 20] = [
    "st", "ave", "dr", "ln", "rd", "blvd", "ct", "cir", "pkwy", "trl", "pl", "plz", "hwy", "sq", "ter", "wy", "n", "s",
    "e", "w",
];

/// A word, and how much it tells.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Word {
    pub(super) text: String,
    pub(super) weight: f64,
}

impl Word {
    pub(super) fn is_number(&self) -> bool {
        self.text.starts_with(|letter: char| letter.is_ascii_digit())
    }
}

/// The words of a text: in lower case, without accents and punctuation, abbreviated as one does.
pub(super) fn words(text: &str) -> Vec<Word> {
    let plain: String = text.chars().flat_map(char::to_lowercase).map(without_accent).collect();
    let mut has_number = false;
    plain
        .split(|letter: char| !letter.is_alphanumeric())
        .map(without_unit)
        .filter(|word| !word.is_empty() && !UNIT.contains(word))
        .map(|word| {
            let same = SAME.iter().find(|(said, _)| *said == word);
            let text = same.map_or(word, |(_, compared)| compared).to_owned();
            let mut word = Word { text, weight: 1.0 };
            if word.is_number() && !std::mem::replace(&mut has_number, true) {
                // The first number is the house's.
                word.weight = 2.0;
            } else if MINOR.contains(&word.text.as_str()) {
                word.weight = 0.3;
            } else if word.text == "tx" {
                word.weight = 0.1;
            }
            word
        })
        .collect()
}

/// `apt2` is apartment 2.
fn without_unit(word: &str) -> &str {
    let number = UNIT.iter().find_map(|unit| word.strip_prefix(unit));
    number
        .filter(|number| number.starts_with(|letter: char| letter.is_ascii_digit()))
        .unwrap_or(word)
}

fn without_accent(letter: char) -> char {
    match letter {
        'á' => 'a',
        'é' => 'e',
        'í' => 'i',
        'ó' => 'o',
        'ú' | 'ü' => 'u',
        'ñ' => 'n',
        other => other,
    }
}
