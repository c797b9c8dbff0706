//! Watermarks.

use journey::Provider;
use journey::port::{ChangeFilter, KeepWatermark, Resume, Watermark};

use crate::Stage;
use crate::people::{minutes, start};

/// With an unfinished pass at either filter, and without.
pub async fn a_watermark_reads_back_as_it_was_saved(stage: &impl Stage) {
    let store = stage.store();
    assert_eq!(store.load_watermark(Provider::Leap).await.unwrap(), None);
    let resume = |filter, page: Option<&str>| {
        Some(Resume {
            began_at: minutes(5),
            filter,
            page: page.map(str::to_owned),
        })
    };
    for resume in [
        None,
        resume(ChangeFilter::Started, None),
        resume(
            ChangeFilter::LastInteraction,
            Some("https://leap.example/?token=a%2Bb&x=ü\"\n"),
        ),
        None,
    ] {
        let watermark = Watermark { since: start(), resume };
        store.save_watermark(Provider::Leap, &watermark).await.unwrap();
        assert_eq!(store.load_watermark(Provider::Leap).await.unwrap(), Some(watermark));
    }
}
