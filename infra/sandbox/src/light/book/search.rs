//! The fuzzy search over the address book.

use strsim::{damerau_levenshtein, jaro_winkler};

use super::words::{Word, words};
use super::{Address, Book};

/// How many matches are told at most.
const MOST: usize = 10;

/// How alike an address has to be, from 0 to 1.
const ENOUGH: f64 = 0.72;

/// How alike two words have to be to be taken for the same.
const ALIKE: f64 = 0.84;

impl Book {
    /// The addresses that are like a text, the most like first; none when none is.
    pub(crate) fn search(&self, query: &str) -> Vec<&Address> {
        let query = words(query);
        let mut found: Vec<(f64, &Address)> = self
            .addresses
            .iter()
            .zip(&self.words)
            .map(|(address, words)| (likeness(&query, words), address))
            .filter(|(likeness, _)| *likeness >= ENOUGH)
            .collect();
        // Stable, so that units which are equally like stay in their order.
        found.sort_by(|(one, _), (other, _)| other.total_cmp(one));
        found.into_iter().take(MOST).map(|(_, address)| address).collect()
    }
}

/// How much of what was asked for is in an address, by weight. Each word of the address is used once, so
/// that unit 1 is not found in house 1.
fn likeness(query: &[Word], address: &[Word]) -> f64 {
    let total: f64 = query.iter().map(|word| word.weight).sum();
    if total <= 0.0 {
        return 0.0;
    }
    let mut left: Vec<&Word> = address.iter().collect();
    let mut found = 0.0;
    for word in query {
        let best = left
            .iter()
            .enumerate()
            .map(|(at, other)| (at, similarity(word, other)))
            .max_by(|(_, one), (_, other)| one.total_cmp(other));
        if let Some((at, similarity)) = best
            && similarity > 0.0
        {
            left.remove(at);
            found += word.weight * similarity;
        }
    }
    found / total
}

fn similarity(word: &Word, other: &Word) -> f64 {
    let (word, is_number, other, other_is_number) = (&word.text, word.is_number(), &other.text, other.is_number());
    if word == other {
        return 1.0;
    }
    if is_number != other_is_number {
        return 0.0;
    }
    if is_number {
        // One wrong digit is a slip in a long number, and another number if it is short.
        let is_slip = word.len() >= 3 && damerau_levenshtein(word, other) == 1;
        return if is_slip { 0.6 } else { 0.0 };
    }
    let alike = jaro_winkler(word, other);
    if alike >= ALIKE && word.len() > 1 {
        alike * alike
    } else {
        0.0
    }
}
