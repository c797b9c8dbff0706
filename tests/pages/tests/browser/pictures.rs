//! Pictures of every page and every mail, in `target/pictures`, for people to look at.

use std::path::{Path, PathBuf};
use std::process::Command;

use browser::{Chromium, Looks, Site, pictures, program};

use crate::sights::sights;

/// Higher than every page and mail of ours.
const HEIGHT: u32 = 3_000;

#[tokio::test(flavor = "multi_thread")]
async fn every_page_has_its_picture() {
    let folder = emptied("pages");
    let site = Site::start().await;
    let mut kept = 0;
    for width in [320, 800] {
        for (dark, scheme) in [(false, "light"), (true, "dark")] {
            let chromium = Chromium::start(Looks {
                width,
                height: HEIGHT,
                dark,
                scripts: true,
            })
            .await;
            for locale in ["en", "es"] {
                for sight in sights(&site, locale).await {
                    sight.open(&chromium).await;
                    let name = format!("{}-{locale}-{width}-{scheme}.png", sight.name);
                    chromium.picture(&folder.join(name)).await;
                    kept += 1;
                }
            }
            chromium.close().await;
        }
    }
    assert_eq!(whole(&folder), kept);
    assert_eq!(kept, 80);
}

/// Mails as the campaign's example has them, for a utility with every link; none is wider than a telephone.
#[tokio::test(flavor = "multi_thread")]
async fn every_mail_has_its_picture() {
    let folder = emptied("mails");
    let written = tempfile::tempdir().unwrap();
    let mut preview = Command::new(program());
    preview
        .args(["preview", "--utility", "PGE", "--out"])
        .arg(written.path());
    assert!(preview.status().unwrap().success());
    let mails: Vec<PathBuf> = files(written.path(), "html")
        .into_iter()
        .filter(|file| file.file_stem().unwrap() != "index")
        .collect();
    assert!(mails.len() > 20, "{}", mails.len());
    for width in [320, 800] {
        let chromium = Chromium::start(Looks {
            width,
            height: HEIGHT,
            dark: false,
            scripts: true,
        })
        .await;
        for mail in &mails {
            chromium.open(&format!("file://{}", mail.display())).await;
            assert_eq!(chromium.overhang().await, 0, "{} at {width}", mail.display());
            let name = format!("{}-{width}.png", mail.file_stem().unwrap().display());
            chromium.picture(&folder.join(name)).await;
        }
        chromium.close().await;
    }
    assert_eq!(whole(&folder), 2 * mails.len());
}

/// An empty folder for pictures.
fn emptied(name: &str) -> PathBuf {
    let folder = pictures().join(name);
    if folder.exists() {
        std::fs::remove_dir_all(&folder).unwrap();
    }
    std::fs::create_dir_all(&folder).unwrap();
    folder
}

fn files(folder: &Path, extension: &str) -> Vec<PathBuf> {
    let entries = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut files: Vec<PathBuf> = entries
        .filter(|file| file.extension().is_some_and(|e| e == extension))
        .collect();
    files.sort();
    files
}

/// Counts the pictures; each is one, and shows more than a single colour would need.
fn whole(folder: &Path) -> usize {
    let pictures = files(folder, "png");
    for file in &pictures {
        let png = std::fs::read(file).unwrap();
        assert!(
            png.starts_with(b"\x89PNG") && png.len() > 5_000,
            "{}: {} bytes",
            file.display(),
            png.len()
        );
    }
    pictures.len()
}
