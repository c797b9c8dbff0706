//! The name of one text of a campaign.

use data_encoding::HEXLOWER;
use message::Templates;
use sha2::{Digest, Sha256};

/// Names a campaign by what it says: its file and every template that its messages use.
///
/// Twelve hexadecimal digits: short enough for a report, and two texts share one by accident once in
/// millions of changes.
pub(crate) fn version(text: &str, templates: &Templates) -> String {
    let mut hash = Sha256::new();
    let mut add = |part: &str| {
        hash.update(u64::try_from(part.len()).unwrap_or(u64::MAX).to_be_bytes());
        hash.update(part.as_bytes());
    };
    add(text);
    for (path, text) in templates.files() {
        add(path);
        add(text);
    }
    let digest = hash.finalize();
    HEXLOWER.encode(digest.get(..6).unwrap_or_default())
}
