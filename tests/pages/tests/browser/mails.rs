//! Every mail that a customer can get.

use std::path::{Path, PathBuf};
use std::process::Command;

use browser::program;
use tempfile::TempDir;

/// Mails as the campaign's example has them: about a utility with every link, and those which say something else where
/// connecting is a form alone.
pub(crate) struct Mails {
    pub(crate) files: Vec<PathBuf>,
    _folder: TempDir,
}

impl Mails {
    pub(crate) fn write() -> Self {
        let folder = tempfile::tempdir().unwrap();
        let mut mails = preview("PGE", folder.path());
        assert_eq!(mails.len(), 156);
        let form = folder.path().join("form");
        for mail in preview("ONCOR", &form) {
            let name = mail.file_name().unwrap().to_str().unwrap();
            if ["not_started", "agreements_unanswered", "utility_not_connected"]
                .iter()
                .any(|diagnosis| name.contains(diagnosis))
            {
                let renamed = form.join(format!("form-{name}"));
                std::fs::rename(&mail, &renamed).unwrap();
                mails.push(renamed);
            }
        }
        assert_eq!(mails.len(), 156 + 18);
        Mails {
            files: mails,
            _folder: folder,
        }
    }
}

/// Lets the program write every mail into a folder.
fn preview(utility: &str, folder: &Path) -> Vec<PathBuf> {
    let mut preview = Command::new(program());
    preview.args(["preview", "--utility", utility, "--out"]).arg(folder);
    assert!(preview.status().unwrap().success());
    let mut mails = files(folder, "html");
    mails.retain(|file| file.file_stem().unwrap() != "index");
    mails
}

pub(crate) fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|file| file.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}
