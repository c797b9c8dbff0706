//! Pictures of every page and every mail, in `target/pictures`, for people to look at.

use std::path::{Path, PathBuf};

use browser::{Chromium, Enrolling, Looks, Site, pictures};

use crate::enrolling::{WORDS, every_sight};
use crate::mails::{Mails, files};
use crate::sights::sights;

/// Higher than every page and mail of ours.
const HEIGHT: u32 = 4_500;

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
    assert_eq!(kept, 112);
}

#[tokio::test(flavor = "multi_thread")]
async fn every_page_of_an_enrolment_has_its_picture() {
    let folder = emptied("enrolment");
    let mut kept = 0;
    for width in [320, 800] {
        for (dark, scheme) in [(false, "light"), (true, "dark")] {
            let looks = Looks {
                width,
                height: HEIGHT,
                dark,
                scripts: true,
            };
            let (stage, chromium) = (Enrolling::start().await, Chromium::start(looks).await);
            for words in &WORDS {
                every_sight(&stage, &chromium, words, &mut async |name: &str| {
                    let name = format!("{name}-{}-{width}-{scheme}.png", words.locale);
                    chromium.picture(&folder.join(name)).await;
                    kept += 1;
                })
                .await;
            }
            chromium.close().await;
        }
    }
    assert_eq!(whole(&folder), kept);
    assert_eq!(kept, 204);
}

/// None is wider than a telephone.
#[tokio::test(flavor = "multi_thread")]
async fn every_mail_has_its_picture() {
    let folder = emptied("mails");
    let mails = Mails::write();
    for width in [320, 800] {
        for (dark, scheme) in [(false, "light"), (true, "dark")] {
            let chromium = Chromium::start(Looks {
                width,
                height: HEIGHT,
                dark,
                scripts: true,
            })
            .await;
            for mail in &mails.files {
                chromium.open(&format!("file://{}", mail.display())).await;
                assert_eq!(chromium.overhang().await, 0, "{} at {width}", mail.display());
                let name = format!("{}-{width}-{scheme}.png", mail.file_stem().unwrap().display());
                chromium.picture(&folder.join(name)).await;
            }
            chromium.close().await;
        }
    }
    assert_eq!(whole(&folder), 4 * mails.files.len());
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
