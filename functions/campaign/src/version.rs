//! The name of one text of a campaign.

use data_encoding::HEXLOWER;
use sha2::{Digest, Sha256};

use crate::loaded::LoadedCampaign;
use crate::stored::HeadDocument;

/// Names a campaign by what it says: its file, every template that its messages use, and what came of them.
///
/// The outcome counts too, since it does not come of the files alone: another release of this program may
/// have other standard values, or compile MJML differently. A version that is stored is never written
/// again, so two outcomes must not share one.
///
/// Twelve hexadecimal digits: short enough for a report, and two texts share one by accident once in
/// millions of changes.
pub(crate) fn version(text: &str, campaign: &LoadedCampaign) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    };
    add(text);
    for (path, text) in campaign.templates.files() {
        add(path);
        add(text);
    }
    let mut head = HeadDocument::of(campaign);
    head.version.clear();
    // Texts, numbers and maps with text as keys always have a JSON form.
    add(&serde_json::to_string(&head).unwrap_or_default());
    for (name, text) in campaign.templates.texts() {
        add(&name.to_string());
        add(&text.subject);
        add(&text.html);
        add(&text.text);
    }
    let digest = hash.finalize();
    HEXLOWER.encode(digest.get(..6).unwrap_or_default())
}
