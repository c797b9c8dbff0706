//! The text part says what the HTML part says.

use mail_parser::decoders::html::html_to_text;

use super::words::every_message;
use super::{brand, builtin, compile};

/// The words of a text as the product does not count them: whatever is a letter or a digit, without links.
fn words(text: &str) -> Vec<String> {
    let without_links = text.split_whitespace().filter(|word| !word.contains("https://"));
    let joined = without_links.collect::<Vec<_>>().join(" ").to_lowercase();
    joined
        .split(|c: char| !c.is_alphanumeric())
        .filter(|word| !word.is_empty())
        .map(str::to_owned)
        .collect()
}

/// The HTML part as somebody else's reader shows it, from the body on and without the hidden preheader.
fn seen(html: &str) -> String {
    let body = &html[html.find("<body").unwrap()..];
    let hidden = body.find("display:none").unwrap();
    let after = &body[hidden..];
    // It knows no blocks, so each is set apart from what it follows.
    let mut apart = after[after.find("</div>").unwrap()..].to_owned();
    for block in ["<div", "</div", "<p", "</p", "<td", "</td"] {
        apart = apart.replace(block, &format!(" {block}"));
    }
    html_to_text(&apart)
}

#[test]
fn both_parts_of_every_message_say_the_same_words_in_the_same_order() {
    let mut looked = 0;
    every_message(|variables, message| {
        assert_eq!(words(&seen(&message.html)), words(&message.text), "{variables:?}");
        looked += 1;
    });
    assert_eq!(looked, 2 * 26 * 3 * 8);
    assert_eq!(builtin().differences(&brand(), 3), []);
}

#[test]
fn a_part_that_was_changed_alone_is_told() {
    let told = |path: &str, text: &str| -> Vec<String> {
        let templates = compile(&[(path, text)]).unwrap();
        templates
            .differences(&brand(), 3)
            .iter()
            .map(ToString::to_string)
            .collect()
    };
    let own = include_str!("../../templates/en/cancelled.txt");
    assert_eq!(
        told("en/cancelled.txt", &own.replace("Try again", "Go on")),
        [
            "en/cancelled: the text part of touch 1 does not say the same as the HTML part: \"example and ask go on it takes \
          about\" stands where the HTML has \"example and ask try again it takes about\""
        ]
    );
    // Capitals and punctuation do not count.
    assert_eq!(
        told("en/cancelled.txt", &own.replace("Try again:", "Try AGAIN -")),
        Vec::<String>::new()
    );
    // A link that the HTML part has not, and words of a later touch.
    let more = own.replace("Try again:", "Try again: {{ resume_url }}?more");
    let more = told("en/cancelled.txt", &more);
    assert_eq!(more.len(), 1);
    assert!(
        more[0].contains("only one of them has the link https://") && more[0].ends_with("?more"),
        "{more:?}"
    );
    let later = own.replace("the page is here.", "the page is there.");
    let later = told("en/cancelled.txt", &later);
    assert_eq!(later.len(), 1);
    assert!(
        later[0].contains("of touch 2") && later[0].contains("page is there"),
        "{later:?}"
    );
    // A shared file: every message of the language.
    assert_eq!(told("en/closing.txt", "It takes a moment.").len(), 20);
}
