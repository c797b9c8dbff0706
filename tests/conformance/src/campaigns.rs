//! Campaigns: pushed, activated, rolled back.

use journey::port::{CampaignVersion, KeepCampaign, LoadCampaign, PushedCampaign, StoreError};

use crate::OnDynamoDb;
use crate::local::text;
use crate::people::minutes;

/// As large as they come: 30 messages of 40 KB, more than a page of DynamoDB's and more than a batch.
fn campaign(version: &str, pushed_at: i64) -> PushedCampaign {
    PushedCampaign {
        version: version.to_owned(),
        pushed_at: minutes(pushed_at),
        head: format!("{{\"campaign\":\"{version}\"}}"),
        messages: (10..40)
            .map(|n| (format!("touch/{n}.es"), format!("¿{version}?").repeat(4_000)))
            .collect(),
    }
}

/// A version that is pushed again stays as it is, also with its first date.
pub async fn a_campaign_is_pushed_activated_and_rolled_back(stage: &OnDynamoDb) {
    let table = &stage.table;
    assert_eq!(table.active_campaign().await.unwrap(), None);
    assert!(table.campaign_versions().await.unwrap().is_empty());
    assert_eq!(table.campaign_head("none").await.unwrap(), None);
    assert!(table.campaign_messages("none").await.unwrap().is_empty());
    assert!(!table.activate_campaign("a1").await.unwrap());
    assert_eq!(table.active_campaign().await.unwrap(), None);
    let (first, second) = (campaign("a1b2c3d4", 1), campaign("e5f6a7b8", 2));
    for pushed in [&first, &second, &campaign("a1b2c3d4", 9)] {
        table.save_campaign(pushed).await.unwrap();
    }
    assert_eq!(table.active_campaign().await.unwrap(), None);
    for running in [&first, &second, &first] {
        assert!(table.activate_campaign(&running.version).await.unwrap());
        assert_eq!(table.active_campaign().await.unwrap().as_ref(), Some(&running.version));
        let entry = |pushed: &PushedCampaign| CampaignVersion {
            version: pushed.version.clone(),
            pushed_at: pushed.pushed_at,
            active: pushed.version == running.version,
        };
        assert_eq!(
            table.campaign_versions().await.unwrap(),
            [entry(&second), entry(&first)]
        );
        assert_eq!(
            table.campaign_head(&running.version).await.unwrap().as_ref(),
            Some(&running.head)
        );
        assert!(table.campaign_messages(&running.version).await.unwrap() == running.messages);
    }
}

/// A push that was cut off has no entry, and is made whole by the next.
pub async fn half_a_push_is_no_version(stage: &OnDynamoDb) {
    let whole = campaign("a1b2c3d4", 1);
    stage.spoil("P#a1b2c3d4", "head", "r", text("half")).await;
    assert!(!stage.table.activate_campaign("a1b2c3d4").await.unwrap());
    assert!(stage.table.campaign_versions().await.unwrap().is_empty());
    stage.table.save_campaign(&whole).await.unwrap();
    assert!(stage.table.activate_campaign("a1b2c3d4").await.unwrap());
    assert_eq!(stage.table.campaign_head("a1b2c3d4").await.unwrap(), Some(whole.head));
}

/// DynamoDB takes 400 KB.
pub async fn a_message_that_is_too_long_is_refused_by_name_before_anything_is_written(stage: &OnDynamoDb) {
    let mut long = campaign("a1b2c3d4", 1);
    long.messages.push(("touch/9.en".to_owned(), "x".repeat(400 * 1_024)));
    let Err(StoreError::Corrupt(why)) = stage.table.save_campaign(&long).await else {
        panic!("it was taken");
    };
    assert!(why.to_string().contains("touch/9.en"), "{why}");
    assert_eq!(stage.table.campaign_head("a1b2c3d4").await.unwrap(), None);
    long.messages.pop();
    long.messages.push(("touch/9.en".to_owned(), "x".repeat(396 * 1_024)));
    stage.table.save_campaign(&long).await.unwrap();
}
