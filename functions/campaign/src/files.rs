//! The files of a campaign.

use std::collections::BTreeMap;
use std::path::{Path, PathBuf};
use std::{fs, io};

use toml::de::DeTable;

use crate::problem::{CampaignErrors, Problem};

/// The largest file that can be a campaign or a template.
const MAX_BYTES: u64 = 1024 * 1024;

/// A campaign's own text, read but not checked: what is pushed to a deployment.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignFiles {
    /// The campaign file's name, as errors show it.
    pub file: String,
    /// The campaign file's text.
    pub text: String,
    /// The folder of its templates, as errors show it.
    pub folder: String,
    /// Its own templates, by their path below the folder, with `/` between the parts.
    pub templates: BTreeMap<String, String>,
}

impl CampaignFiles {
    /// A campaign of one file, without templates of its own.
    #[must_use]
    pub fn single(file: &str, text: &str) -> Self {
        CampaignFiles {
            file: file.to_owned(),
            text: text.to_owned(),
            folder: String::new(),
            templates: BTreeMap::new(),
        }
    }

    /// Reads a campaign file, and the folder that it names as `messages.templates`.
    ///
    /// # Errors
    /// What cannot be read.
    pub fn read(path: &Path) -> Result<Self, CampaignErrors> {
        let file = path.display().to_string();
        let text = read(path).map_err(|what| failed(&file, "", &what))?;
        let mut files = CampaignFiles::single(&file, &text);
        let Some(named) = templates_folder(&text) else {
            return Ok(files);
        };
        let folder = path.parent().unwrap_or(Path::new("")).join(&named);
        files.folder = folder.display().to_string();
        if !folder.is_dir() {
            let what = format!("there is no folder {}; it is looked for beside this file", files.folder);
            return Err(failed(&file, "messages.templates", &what));
        }
        read_folder(&folder, &folder, &mut files.templates).map_err(|(path, what)| failed(&path, "", &what))?;
        Ok(files)
    }
}

/// The folder named in a text that may still be full of faults.
fn templates_folder(text: &str) -> Option<PathBuf> {
    let table = DeTable::parse(text).ok()?;
    let messages = table.get_ref().iter().find(|(key, _)| key.get_ref() == "messages")?.1;
    let folder = messages.get_ref().get("templates")?.get_ref().as_str()?;
    Some(PathBuf::from(folder))
}

fn read_folder(root: &Path, folder: &Path, into: &mut BTreeMap<String, String>) -> Result<(), (String, String)> {
    let shown = |path: &Path| path.display().to_string();
    let entries: io::Result<Vec<fs::DirEntry>> = fs::read_dir(folder).and_then(Iterator::collect);
    for entry in entries.map_err(|error| (shown(folder), error.to_string()))? {
        let path = entry.path();
        let hidden = entry.file_name().to_string_lossy().starts_with('.');
        if hidden {
            continue;
        }
        // Links to folders are not followed: they may lead in a circle.
        if entry.file_type().is_ok_and(|kind| kind.is_dir()) {
            read_folder(root, &path, into)?;
        } else if path
            .extension()
            .is_some_and(|ending| ending == "mjml" || ending == "txt")
        {
            let text = read(&path).map_err(|what| (shown(&path), what))?;
            let below = path.strip_prefix(root).unwrap_or(&path);
            let parts: Vec<_> = below.iter().map(|part| part.to_string_lossy().into_owned()).collect();
            into.insert(parts.join("/"), text);
        }
    }
    Ok(())
}

fn read(path: &Path) -> Result<String, String> {
    let size = fs::metadata(path)
        .map_err(|error| format!("cannot be read: {error}"))?
        .len();
    if size > MAX_BYTES {
        return Err(format!("is larger than {MAX_BYTES} bytes"));
    }
    fs::read_to_string(path).map_err(|error| format!("cannot be read: {error}"))
}

fn failed(file: &str, key: &str, what: &str) -> CampaignErrors {
    let problem = Problem {
        file: file.to_owned(),
        line: None,
        column: None,
        key: key.to_owned(),
        what: what.to_owned(),
    };
    CampaignErrors {
        problems: vec![problem],
    }
}
