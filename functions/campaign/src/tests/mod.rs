//! Whole campaign files: the example, faulty ones, and what names a version.

mod example;
mod faults;
mod law;
mod loader;
mod package;
mod texts;
mod words;

use crate::{CampaignFiles, LoadedCampaign};

const SENDER: &str = r#"
[sender]
name = "Example Energy"
from = "reminders@example.com"
postal_address = "100 Example Street, Springfield, CA 90000"
"#;

fn load(text: &str) -> Result<LoadedCampaign, String> {
    LoadedCampaign::check(&CampaignFiles::single("campaign.toml", text)).map_err(|errors| errors.to_string())
}

/// A campaign with a sender after some text of the test's own.
fn with_sender(text: &str) -> Result<LoadedCampaign, String> {
    load(&format!("{text}{SENDER}"))
}
