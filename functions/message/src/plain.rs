//! The plain-text part.

/// Where a line is broken: RFC 5322 asks for 78 characters at most.
const WIDTH: usize = 76;

/// Breaks long lines between words, and leaves one empty line where several are. Template authors
/// thus write a paragraph as one line and a block on lines of its own.
pub(crate) fn tidy(text: &str) -> String {
    let mut lines: Vec<String> = Vec::new();
    for line in text.lines() {
        let words: Vec<&str> = line.split_whitespace().collect();
        if words.is_empty() && lines.last().is_none_or(String::is_empty) {
            continue;
        }
        lines.extend(wrapped(&words));
    }
    while lines.last().is_some_and(String::is_empty) {
        lines.pop();
    }
    lines.push(String::new());
    lines.join("\n")
}

/// The words on lines of [`WIDTH`]; a word that is longer, such as a link, has a line of its own.
fn wrapped(words: &[&str]) -> Vec<String> {
    let mut lines = vec![String::new()];
    for word in words {
        match lines.last_mut() {
            Some(line) if line.is_empty() => line.push_str(word),
            Some(line) if line.chars().count() + 1 + word.chars().count() <= WIDTH => {
                line.push(' ');
                line.push_str(word);
            }
            Some(_) | None => lines.push((*word).to_owned()),
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn paragraphs_are_wrapped_and_gaps_closed() {
        let long = "word ".repeat(30);
        let tidied = tidy(&format!(
            "\n\n  a  b \n\n\n{long}\nhttps://example.com/{}\n\n",
            "x".repeat(90)
        ));
        assert!(tidied.starts_with("a b\n\nword word"));
        assert!(
            tidied
                .lines()
                .all(|line| line.len() <= WIDTH || line.starts_with("https://"))
        );
        assert!(!tidied.contains("\n\n\n"));
        assert!(tidied.ends_with("x\n"));
    }
}
