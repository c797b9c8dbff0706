//! Invented people: first names and the part of an address made from them.

/// English-speaking customers: the name, and its plain letters for an address.
pub(crate) const ENGLISH: [(&str, &str); 20] = [
    ("Avery", "avery"),
    ("Blake", "blake"),
    ("Casey", "casey"),
    ("Dana", "dana"),
    ("Ellis", "ellis"),
    ("Frankie", "frankie"),
    ("Gray", "gray"),
    ("Harper", "harper"),
    ("Indigo", "indigo"),
    ("Jordan", "jordan"),
    ("Kendall", "kendall"),
    ("Logan", "logan"),
    ("Morgan", "morgan"),
    ("Noel", "noel"),
    ("Oakley", "oakley"),
    ("Parker", "parker"),
    ("Quinn", "quinn"),
    ("Riley", "riley"),
    ("Sean O'Hara", "sean.ohara"),
    ("Zoë", "zoe"),
];

/// Spanish-speaking customers: the name, and its plain letters for an address.
pub(crate) const SPANISH: [(&str, &str); 10] = [
    ("Ángel", "angel"),
    ("Begoña", "begona"),
    ("Concepción", "concepcion"),
    ("Iñaki", "inaki"),
    ("José", "jose"),
    ("Lucía", "lucia"),
    ("María José", "maria.jose"),
    ("Rocío", "rocio"),
    ("Sofía", "sofia"),
    ("Tomás", "tomas"),
];

/// Domains reserved for examples, to which nothing can be sent by mistake.
pub(crate) const DOMAINS: [&str; 3] = ["example.com", "example.org", "example.net"];
