//! What a person answers to a text: stop, start, help, or something else.
//!
//! A person may stop by any reasonable means (47 CFR 64.1200(a)(10)), so a word that asks to stop counts wherever
//! the message begins with it, and a few phrases count wherever they stand. Who is misunderstood is left in peace:
//! the one mistake to make is silence. Only what denies a stop by itself ("don't stop") is none.

use crate::contact::Locale;

/// What a reply means.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Keyword {
    /// No more, of anything.
    Stop,
    /// Take the STOP back.
    Start,
    /// Who writes, and how does one stop? In the language of the word.
    Help(Locale),
}

/// Words that ask to stop when a message begins with them. They are the carriers' and the FCC's, with what is
/// said for them in Spanish.
const STOP_FIRST: [&str; 14] = [
    "stop",
    "stopall",
    "end",
    "cancel",
    "unsubscribe",
    "quit",
    "revoke",
    "optout",
    "opt out",
    "remove",
    "alto",
    "parar",
    "cancelar",
    "baja",
];

/// Words and phrases that ask to stop wherever they stand.
const STOP_ANYWHERE: [&str; 31] = [
    "stop",
    "stopall",
    "unsubscribe",
    "optout",
    "opt out",
    "opt me out",
    "please cancel",
    "please end",
    "please quit",
    "please remove",
    "do not text",
    "dont text",
    "do not message",
    "dont message",
    "do not contact",
    "dont contact",
    "do not send",
    "dont send",
    "no more",
    "take me off",
    "remove me",
    "leave me alone",
    "wrong number",
    "alto",
    "parar",
    "dar de baja",
    "darme de baja",
    "dejen de",
    "no quiero",
    "no me escriban",
    "no mas",
];

/// What denies a stop by itself. It takes away just what it denies.
const DENIED: [&str; 4] = ["dont stop", "do not stop", "never stop", "no parar"];

/// Whole messages that take a STOP back.
const START: [&str; 2] = ["start", "unstop"];

/// Words that ask for help when a message begins with them.
const HELP: [(&str, Locale); 3] = [("help", Locale::En), ("info", Locale::En), ("ayuda", Locale::Es)];

/// A message no longer than this many letters is read; what is behind them says nothing that is not before.
const READ: usize = 1_600;

impl Keyword {
    /// Reads a reply. What is not understood means nothing.
    ///
    /// ```
    /// # use journey::Keyword;
    /// assert_eq!(Keyword::read(" \"Stop.\" "), Some(Keyword::Stop));
    /// assert_eq!(Keyword::read("When does my service begin?"), None);
    /// ```
    #[must_use]
    pub fn read(text: &str) -> Option<Keyword> {
        let words = plain(text);
        if asks_to_stop(&words) {
            return Some(Keyword::Stop);
        }
        // START must be alone: silence is not given up for a sentence that happens to begin with it.
        if START.contains(&words.as_str()) {
            return Some(Keyword::Start);
        }
        let help = HELP.iter().find(|(word, _)| begins(&words, word));
        help.map(|(_, locale)| Keyword::Help(*locale))
    }
}

fn asks_to_stop(words: &str) -> bool {
    let rest = DENIED.iter().fold(format!(" {words} "), |rest, denied| {
        rest.replace(&format!(" {denied} "), " ")
    });
    let first = STOP_FIRST.iter().any(|word| begins(rest.trim(), word));
    first || STOP_ANYWHERE.iter().any(|phrase| rest.contains(&format!(" {phrase} ")))
}

/// Does a text begin with this word, or with these words?
fn begins(words: &str, word: &str) -> bool {
    words
        .strip_prefix(word)
        .is_some_and(|rest| rest.is_empty() || rest.starts_with(' '))
}

/// Lower-case letters and digits, one space between words: no quotes, no punctuation, no accents.
fn plain(text: &str) -> String {
    let mut plain = String::new();
    for c in text.chars().take(READ).flat_map(char::to_lowercase) {
        match c {
            'á' => plain.push('a'),
            'é' => plain.push('e'),
            'í' => plain.push('i'),
            'ó' => plain.push('o'),
            'ú' | 'ü' => plain.push('u'),
            // "don't" and "dont" are one word, whichever apostrophe was typed; marks without a width are none.
            '\'' | '\u{2019}' | '\u{2018}' | '`' | '\u{b4}' | '\u{200b}'..='\u{200f}' | '\u{fe0f}' | '\u{feff}' => {}
            c if c.is_alphanumeric() => plain.push(c),
            _ if plain.ends_with(' ') => {}
            _ => plain.push(' '),
        }
    }
    plain.trim().to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Every wording that the carriers and the FCC name, in every dress.
    #[test]
    fn stop_in_every_wording() {
        for word in [
            "STOP",
            "STOPALL",
            "END",
            "CANCEL",
            "UNSUBSCRIBE",
            "QUIT",
            "REVOKE",
            "OPT OUT",
            "OPTOUT",
            "OPT-OUT",
            "REMOVE",
            "ALTO",
            "PARAR",
            "CANCELAR",
            "BAJA",
        ] {
            let title: String = word
                .chars()
                .take(1)
                .chain(word.to_lowercase().chars().skip(1))
                .collect();
            for spelt in [word.to_owned(), word.to_lowercase(), title] {
                for dressed in [
                    spelt.clone(),
                    format!("  {spelt}\r\n"),
                    format!("{spelt}."),
                    format!("{spelt}!!!"),
                    format!("\"{spelt}\""),
                    format!("\u{201c}{spelt}\u{201d}"),
                    format!("'{spelt}'"),
                    format!("({spelt})"),
                    format!("*{spelt}*"),
                    format!("\u{feff}{spelt}\u{200b}"),
                    format!("{spelt} please"),
                    format!("{spelt}, thanks \u{1f64f}"),
                    format!("{spelt}\nSent from my phone"),
                ] {
                    assert_eq!(Keyword::read(&dressed), Some(Keyword::Stop), "{dressed:?}");
                }
            }
        }
    }

    /// Any reasonable means of revocation counts.
    #[test]
    fn stop_in_other_words() {
        for text in [
            "please stop",
            "Please STOP texting me",
            "ok stop",
            "Make it stop!",
            "do not text me",
            "Don't text me again",
            "dont text",
            "DON\u{2019}T TEXT THIS NUMBER",
            "no more texts",
            "No more!",
            "take me off your list",
            "Leave me alone",
            "remove me from this list",
            "please unsubscribe me",
            "I want to opt out",
            "opt me out",
            "please cancel",
            "You have the wrong number",
            "don't stop by my house, stop texting me",
            "No quiero m\u{e1}s mensajes",
            "no m\u{e1}s",
            "por favor dejen de escribirme",
            "quiero darme de baja",
            "where is the bus stop?",
        ] {
            assert_eq!(Keyword::read(text), Some(Keyword::Stop), "{text:?}");
        }
    }

    #[test]
    fn start_stands_alone_and_help_may_be_followed() {
        for text in ["START", "start", " Unstop. ", "\"start\""] {
            assert_eq!(Keyword::read(text), Some(Keyword::Start), "{text:?}");
        }
        for text in ["start again", "yes", "YES start", "when does it start"] {
            assert_eq!(Keyword::read(text), None, "{text:?}");
        }
        for (text, locale) in [
            ("HELP", Locale::En),
            ("help me", Locale::En),
            ("Info?", Locale::En),
            ("AYUDA", Locale::Es),
            ("\u{a1}Ayuda!", Locale::Es),
        ] {
            assert_eq!(Keyword::read(text), Some(Keyword::Help(locale)), "{text:?}");
        }
        assert_eq!(
            Keyword::read("help, stop"),
            Some(Keyword::Stop),
            "a STOP comes before all else"
        );
    }

    #[test]
    fn what_is_not_understood_means_nothing() {
        for text in [
            "",
            " ",
            "?",
            "Yes",
            "thanks!",
            "don't stop",
            "Do not stop!",
            "never stop",
            "who is this",
            "stopped",
            "nonstop",
            "the weekend",
            "I sent it",
            "helpful",
            "\u{1f44d}",
            "Call me at 555-0100",
        ] {
            assert_eq!(Keyword::read(text), None, "{text:?}");
        }
        assert_eq!(Keyword::read(&"a ".repeat(100_000)), None);
    }
}
