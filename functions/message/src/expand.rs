//! Puts included files in their places, and remembers where every part came from.

use std::collections::BTreeMap;

use journey::contact::Locale;

use crate::check::{self, Format};
use crate::elements;
use crate::error::{Problem, TemplateError, nearest, position};
use crate::source::{SourceFile, TemplateSource};

/// The most levels of includes: files that include each other would otherwise never end.
const MAX_DEPTH: usize = 8;

/// A template with its includes in place.
#[derive(Debug)]
pub(crate) struct Expanded<'a> {
    pub(crate) text: String,
    /// The used files, by path.
    pub(crate) used: BTreeMap<String, String>,
    pieces: Vec<Piece<'a>>,
}

/// A run of text from one file.
#[derive(Clone, Copy, Debug)]
struct Piece<'a> {
    file: &'a SourceFile,
    from: usize,
    at: usize,
}

impl<'a> Expanded<'a> {
    /// Expands a file for a language.
    pub(crate) fn of(
        source: &'a TemplateSource,
        locale: Locale,
        file: &'a SourceFile,
        format: Format,
    ) -> Result<Self, TemplateError> {
        let mut expanded = Expanded {
            text: String::new(),
            used: BTreeMap::new(),
            pieces: Vec::new(),
        };
        expanded.add(source, locale, file, format, 0)?;
        Ok(expanded)
    }

    fn add(
        &mut self,
        source: &'a TemplateSource,
        locale: Locale,
        file: &'a SourceFile,
        format: Format,
        depth: usize,
    ) -> Result<(), TemplateError> {
        let mut from = 0;
        for (name, start, end) in includes(&file.text, format) {
            self.copy(file, from, start);
            let Some((path, inner)) = source.resolve(locale, name).filter(|_| name.ends_with(format.ending())) else {
                let known = source.includable(locale, format.ending());
                let nearest = nearest(name, known.iter().copied()).map(str::to_owned);
                return Err(at(
                    file,
                    start,
                    Problem::NoSuchFile {
                        path: name.to_owned(),
                        nearest,
                    },
                ));
            };
            if depth == MAX_DEPTH {
                return Err(at(file, start, Problem::IncludesItself(name.to_owned())));
            }
            self.used.insert(path, inner.text.clone());
            self.add(source, locale, inner, format, depth + 1)?;
            from = end;
        }
        self.copy(file, from, file.text.len());
        Ok(())
    }

    fn copy(&mut self, file: &'a SourceFile, from: usize, to: usize) {
        self.pieces.push(Piece {
            file,
            from,
            at: self.text.len(),
        });
        self.text.push_str(file.text.get(from..to).unwrap_or_default());
    }

    /// A fault at a byte of the expanded text, told by the file that it came from.
    pub(crate) fn fault(&self, byte: usize, problem: Problem) -> Option<TemplateError> {
        let piece = self.pieces.iter().rev().find(|piece| piece.at <= byte)?;
        Some(at(piece.file, piece.from + (byte - piece.at), problem))
    }
}

fn includes(text: &str, format: Format) -> Vec<(&str, usize, usize)> {
    match format {
        Format::Mjml => elements::includes(text)
            .into_iter()
            .map(|include| (include.path, include.start, include.end))
            .collect(),
        Format::Text => check::includes(text)
            .into_iter()
            .map(|include| (include.path, include.start, include.end))
            .collect(),
    }
}

/// A fault at a byte of a file.
pub(crate) fn at(file: &SourceFile, byte: usize, problem: Problem) -> TemplateError {
    let (line, column) = position(&file.text, byte);
    TemplateError {
        file: file.shown_as.clone(),
        line,
        column,
        problem,
    }
}
