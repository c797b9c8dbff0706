//! Counting what a stream delivers.

use std::collections::BTreeMap;

use aws::MAX_COUNTS;
use aws_sdk_dynamodb::types::AttributeValue;
use jiff::civil::{Date, date};
use journey::port::{CommitError, CountOnce, DailyCount, ReadDailyCounts, StoreError};

use crate::people::lost;
use crate::{OnDynamoDb, Stage};

const DAY: Date = date(2100, 3, 1);

fn count(name: &str, by: u64) -> DailyCount {
    DailyCount {
        day: DAY,
        name: name.to_owned(),
        by,
    }
}

/// A stream that goes back to where it had stopped finds the mark.
pub async fn a_chunk_is_counted_once_however_often_it_comes(stage: &impl Stage) {
    let table = stage.store();
    assert_eq!(table.counted("4000001").await.unwrap(), None);
    let chunk = [
        count("sent/SDGE/1", 2),
        count("sent/SDGE/1", 3),
        count("skipped/late", 0),
        DailyCount {
            day: date(2100, 3, 2),
            ..count("sent/SDGE/1", 7)
        },
    ];
    for repetition in 0..3 {
        let outcome = table.count_once("4000001", 5, &chunk).await;
        assert_eq!(lost(&outcome), repetition > 0);
        assert_eq!(table.counted("4000001").await.unwrap(), Some(5));
    }
    table
        .count_once("4000006", 1, &[count("sent/PGE/2", 1), count("sent/SDGE/1", 1)])
        .await
        .unwrap();
    let expected = BTreeMap::from([("sent/PGE/2".to_owned(), 1), ("sent/SDGE/1".to_owned(), 6)]);
    assert_eq!(table.daily_counts(DAY).await.unwrap(), expected);
    assert_eq!(table.daily_counts(date(2100, 3, 2)).await.unwrap()["sent/SDGE/1"], 7);
    assert!(table.daily_counts(date(2100, 3, 3)).await.unwrap().is_empty());
    // A chunk in which nothing was to be counted is marked all the same.
    table.count_once("4000007", 3, &[]).await.unwrap();
    assert_eq!(table.counted("4000007").await.unwrap(), Some(3));
    assert!(lost(&table.count_once("4000007", 3, &[]).await));
}

/// Several readers, the same counters; each chunk delivered to two of them at once.
pub async fn chunks_that_come_at_once_are_all_counted_and_none_twice(stage: &OnDynamoDb) {
    let readers = (0..12).map(|reader| {
        let table = stage.table.clone();
        tokio::spawn(async move {
            let chunk = [count("sent/SDGE/1", 1), count("sent/SDGE/2", 10)];
            let first = format!("record-{}", reader / 2);
            // A crowded table says so, and the stream delivers again.
            loop {
                match table.count_once(&first, 2, &chunk).await {
                    Err(CommitError::Store(StoreError::Unavailable(_))) => {}
                    outcome => return lost(&outcome),
                }
            }
        })
    });
    let outcomes = futures::future::join_all(readers).await;
    assert_eq!(outcomes.into_iter().filter(|lost| !lost.as_ref().unwrap()).count(), 6);
    let expected = BTreeMap::from([("sent/SDGE/1".to_owned(), 6), ("sent/SDGE/2".to_owned(), 60)]);
    assert_eq!(stage.table.daily_counts(DAY).await.unwrap(), expected);
}

/// A transaction has its limit: up to it all is written, above it nothing.
pub async fn a_chunk_of_too_many_counters_is_refused_whole(stage: &OnDynamoDb) {
    let counts = |number: usize| {
        (0..number)
            .map(|n| count(&format!("sent/{n:03}"), 1))
            .collect::<Vec<_>>()
    };
    let refused = stage.table.count_once("1", 1, &counts(MAX_COUNTS + 1)).await;
    assert!(matches!(refused, Err(CommitError::Store(StoreError::Corrupt(_)))));
    assert_eq!(stage.table.counted("1").await.unwrap(), None);
    stage.table.count_once("1", 1, &counts(MAX_COUNTS)).await.unwrap();
    assert_eq!(stage.table.daily_counts(DAY).await.unwrap().len(), MAX_COUNTS);
}

/// DynamoDB takes days to delete what has expired; and nothing is marked for ever.
pub async fn a_mark_expires(stage: &OnDynamoDb) {
    let table = &stage.table;
    table.count_once("1", 4, &[count("sent", 1)]).await.unwrap();
    let mark = stage.item("X#1", "-").await.unwrap();
    let until: i64 = mark["ttl"].as_n().unwrap().parse().unwrap();
    stage
        .spoil("X#1", "-", "ttl", AttributeValue::N((until - 4 * 86_400).to_string()))
        .await;
    assert_eq!(table.counted("1").await.unwrap(), None);
    table.count_once("1", 5, &[count("sent", 1)]).await.unwrap();
    assert_eq!(table.counted("1").await.unwrap(), Some(5));
    assert_eq!(table.daily_counts(DAY).await.unwrap()["sent"], 2);
}
