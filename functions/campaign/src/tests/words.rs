//! The campaign's own templates, and what names a version.

use std::fs;

use expect_test::expect;

use super::{SENDER, load};
use crate::{CampaignFiles, EXAMPLE, LoadedCampaign};

fn version(templates: &[(&str, &str)], text: &str) -> String {
    let mut files = CampaignFiles::single("campaign.toml", text);
    files.templates = templates
        .iter()
        .map(|(path, text)| ((*path).to_owned(), (*text).to_owned()))
        .collect();
    LoadedCampaign::check(&files).unwrap().rules.version
}

const CLOSING: &str = "It takes a moment.";

#[test]
fn a_version_changes_with_the_file_and_with_every_template_and_with_nothing_else() {
    let standard = version(&[], EXAMPLE);
    assert_eq!(standard.len(), 12);
    assert_eq!(standard, version(&[], EXAMPLE));
    assert_eq!(standard, load(EXAMPLE).unwrap().rules.version);
    let other_file = version(&[], &format!("{EXAMPLE}\n# a remark"));
    let other_words = version(&[("en/closing.txt", CLOSING)], EXAMPLE);
    let others = version(&[("es/closing.txt", CLOSING)], EXAMPLE);
    let all = [&standard, &other_file, &other_words, &others];
    for (n, one) in all.iter().enumerate() {
        assert!(all.iter().skip(n + 1).all(|other| other != one), "{all:?}");
    }
}

#[test]
fn a_folder_beside_the_file_overrides_the_built_in_words() {
    let folder = tempfile::tempdir().unwrap();
    fs::create_dir_all(folder.path().join("words/en")).unwrap();
    fs::write(folder.path().join("words/en/closing.txt"), CLOSING).unwrap();
    fs::write(folder.path().join("words/notes.md"), "not a template").unwrap();
    let file = folder.path().join("campaign.toml");
    fs::write(&file, format!("[messages]\ntemplates = \"words\"\n{SENDER}")).unwrap();
    let loaded = LoadedCampaign::load(&file).unwrap();
    // The HTML part says something else: both parts are the author's affair, so it is told, not refused.
    let told: Vec<String> = loaded.warnings.iter().map(ToString::to_string).collect();
    assert_eq!(told.len(), 20, "{told:?}");
    assert!(
        told[0].contains("en/") && told[0].contains("the text part of touch 1 does not say the same"),
        "{told:?}"
    );
    assert!(
        loaded
            .templates
            .files()
            .any(|(path, text)| path == "en/closing.txt" && text == CLOSING)
    );

    fs::write(folder.path().join("words/en/closing.txt"), "\n{{ minutes }}").unwrap();
    fs::write(
        &file,
        format!("max_episodes = 0\n[messages]\ntemplates = \"words\"\n{SENDER}"),
    )
    .unwrap();
    let errors = LoadedCampaign::load(&file).unwrap_err().to_string();
    let at = format!("{}/", folder.path().display());
    expect![[r#"
        campaign.toml:1:16: max_episodes: 0 is not a whole number from 1 to 100
        words/en/closing.txt:2:4: there is no variable `minutes`"#]]
    .assert_eq(&errors.replace(&at, ""));

    fs::write(&file, format!("[messages]\ntemplates = \"wrods\"\n{SENDER}")).unwrap();
    let errors = LoadedCampaign::load(&file).unwrap_err().to_string();
    expect!["campaign.toml: messages.templates: there is no folder wrods; it is looked for beside this file"]
        .assert_eq(&errors.replace(&at, ""));
}
