//! The table in README.md: what is known of each design.

use std::fs;
use std::path::{Path, PathBuf};

use anyhow::{Context, Result};

/// One row.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Design {
    /// The name of its patch.
    pub name: String,
    /// In words.
    pub breaks: String,
    /// Which invariant the oracle says is broken.
    pub invariant: String,
    /// A seed that finds it.
    pub seed: u64,
    /// How many journeys were run from seed 1 on until it was found.
    pub journeys: u64,
}

/// This crate's folder.
#[must_use]
pub fn folder() -> &'static Path {
    Path::new(env!("CARGO_MANIFEST_DIR"))
}

fn readme() -> PathBuf {
    folder().join("README.md")
}

/// The names of all patches, in order.
///
/// # Errors
/// When the folder cannot be read.
pub fn patches() -> Result<Vec<String>> {
    let mut names = Vec::new();
    for entry in fs::read_dir(folder())? {
        let path = entry?.path();
        if path.extension().is_some_and(|extension| extension == "patch") {
            let name = path.file_stem().unwrap_or_default();
            names.push(name.to_string_lossy().into_owned());
        }
    }
    names.sort();
    Ok(names)
}

/// Reads the table.
///
/// # Errors
/// When the page or a row of it cannot be read.
pub fn read() -> Result<Vec<Design>> {
    let text = fs::read_to_string(readme()).context("README.md")?;
    let rows = text.lines().filter(|line| is_row(line));
    rows.map(|line| parse(line).with_context(|| format!("this row of README.md cannot be read: {line}")))
        .collect()
}

/// Writes the rows of these designs anew; the others stay.
///
/// # Errors
/// When the page cannot be read or written.
pub fn write(designs: &[Design]) -> Result<()> {
    let text = fs::read_to_string(readme()).context("README.md")?;
    let lines = text.lines().map(|line| {
        let known = parse(line).and_then(|row| designs.iter().find(|design| design.name == row.name));
        known.map_or_else(|| line.to_owned(), format)
    });
    let lines: Vec<_> = lines.collect();
    fs::write(readme(), lines.join("\n") + "\n").context("README.md")
}

/// Only rows begin with a name in backticks.
fn is_row(line: &str) -> bool {
    line.starts_with("| `")
}

fn parse(line: &str) -> Option<Design> {
    let mut cells = line.strip_prefix('|')?.split('|').map(str::trim);
    let mut cell = || cells.next().map(str::to_owned);
    Some(Design {
        name: cell()?.trim_matches('`').to_owned(),
        breaks: cell()?,
        invariant: cell()?,
        seed: cell()?.parse().ok()?,
        journeys: cell()?.replace(',', "").parse().ok()?,
    })
}

fn format(design: &Design) -> String {
    let Design {
        name,
        breaks,
        invariant,
        seed,
        journeys,
    } = design;
    format!("| `{name}` | {breaks} | {invariant} | {seed} | {journeys} |")
}
