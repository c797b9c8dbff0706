//! The template files: the built-in ones, and those that a campaign puts in their place.

use std::collections::{BTreeMap, BTreeSet};

use journey::contact::Locale;

use crate::builtin;

/// A set of template files by path, such as `en/cancelled.mjml` or `head.mjml`.
#[derive(Clone, Debug)]
pub struct TemplateSource {
    files: BTreeMap<String, SourceFile>,
}

/// One template file.
#[derive(Clone, Debug)]
pub(crate) struct SourceFile {
    /// What errors call it.
    pub(crate) shown_as: String,
    /// Its text.
    pub(crate) text: String,
    /// Does it come from the campaign?
    pub(crate) own: bool,
}

impl TemplateSource {
    /// The templates that come with the program.
    #[must_use]
    pub fn builtin() -> Self {
        let file = |(path, text): &(&str, &str)| {
            let shown_as = format!("built-in {path}");
            (
                (*path).to_owned(),
                SourceFile {
                    shown_as,
                    text: (*text).to_owned(),
                    own: false,
                },
            )
        };
        TemplateSource {
            files: builtin::FILES.iter().map(file).collect(),
        }
    }

    /// Puts a campaign's own files in place of the built-in ones of the same path, and beside them.
    /// Errors name them below `folder`.
    #[must_use]
    pub fn with_own(mut self, folder: &str, files: BTreeMap<String, String>) -> Self {
        for (path, text) in files {
            let shown_as = if folder.is_empty() {
                path.clone()
            } else {
                format!("{folder}/{path}")
            };
            // Editors on Windows begin a file with a byte order mark, which MJML does not know.
            let text = text.strip_prefix('\u{feff}').map(str::to_owned).unwrap_or(text);
            self.files.insert(
                path,
                SourceFile {
                    shown_as,
                    text,
                    own: true,
                },
            );
        }
        self
    }

    /// Every file: its path and its text.
    pub fn files(&self) -> impl Iterator<Item = (&str, &str)> {
        self.files
            .iter()
            .map(|(path, file)| (path.as_str(), file.text.as_str()))
    }

    pub(crate) fn get(&self, path: &str) -> Option<&SourceFile> {
        self.files.get(path)
    }

    pub(crate) fn iter(&self) -> impl Iterator<Item = (&str, &SourceFile)> {
        self.files.iter().map(|(path, file)| (path.as_str(), file))
    }

    /// The file that a name means in a language: the language's own first, then the shared one.
    pub(crate) fn resolve(&self, locale: Locale, name: &str) -> Option<(String, &SourceFile)> {
        [format!("{}/{name}", locale.as_str()), name.to_owned()]
            .into_iter()
            .find_map(|path| self.files.get(&path).map(|file| (path, file)))
    }

    /// The names that a language's templates may include.
    pub(crate) fn includable(&self, locale: Locale, ending: &str) -> BTreeSet<&str> {
        let own_folder = format!("{}/", locale.as_str());
        self.iter()
            .map(|(path, _)| path.strip_prefix(own_folder.as_str()).unwrap_or(path))
            .filter(|name| name.ends_with(ending) && !name.contains('/'))
            .collect()
    }
}
