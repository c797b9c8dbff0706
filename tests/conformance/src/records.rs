//! What only a table in DynamoDB has: item sizes, expiry, an index that can hold foreign entries, and a
//! network between.

use std::time::{Duration, Instant};

use aws::Table;
use aws_sdk_dynamodb::types::{AttributeValue, ReturnConsumedCapacity};
use journey::contact::Contact;
use journey::port::{
    Commit, CommitJourney, FindContact, FindDue, KeepContact, LoadJourney, Precondition, PutError, StoreError,
};
use journey::{Journey, JourneyId, Lane, MeterFollowUp, Phase, Timer, TimerWhy, stored};

use crate::OnDynamoDb;
use crate::local::{client, text};
use crate::people::{
    begin, contact, contact_id, due, ended, journey, journey_id, key, known, lost, minutes, put, start, write,
};

/// One write unit.
const UNIT_BYTES: usize = 1_024;

/// Six webhooks at the opening, three touches, then the completion and the meter.
const TYPICAL: &str = include_str!("../../../functions/journey/tests/golden/journey-v1.json");

fn typical() -> Journey {
    stored::decode(TYPICAL.trim_end().as_bytes()).unwrap()
}

fn waiting_for_its_meter() -> Journey {
    let mut journey = typical();
    let seen = journey.history.pop_back().unwrap();
    if let Phase::Completed { at, meter, .. } = &mut journey.phase {
        *meter = MeterFollowUp::Awaited {
            checks: 1,
            late_since: None,
        };
        journey.timer = Some(Timer {
            generation: journey.generation,
            due: seen.at,
            closes: *at + jiff::SignedDuration::from_hours(72),
            why: TimerWhy::Meter,
        });
    }
    journey
}

/// With all names and values, in each of the states that come last, when the record is longest.
pub async fn a_typical_journey_fits_one_write_unit(stage: &OnDynamoDb) {
    for (version, journey) in [waiting_for_its_meter(), typical()].iter().enumerate() {
        let contact = contact_id(1);
        let commit = Commit {
            journey,
            expected: version as u64,
            contact: Some(&contact),
            claim: None,
            visited: None,
        };
        stage.table.commit_journey(commit).await.unwrap();
        let loaded = stage.table.load_journey(&journey.id).await.unwrap().unwrap();
        assert_eq!(&loaded.journey, journey);
        let item = stage.item(&format!("J#{}", journey.id), "-").await.unwrap();
        let bytes = item.iter().map(|(name, value)| name.len() + size(value)).sum::<usize>();
        println!("a typical journey's item has {bytes} bytes, {:?}", journey.phase);
        assert!(bytes <= UNIT_BYTES, "{bytes} bytes");
        // DynamoDB's own opinion, the index apart.
        let put = stage.client.put_item().table_name(&stage.name).set_item(Some(item));
        let put = put.return_consumed_capacity(ReturnConsumedCapacity::Indexes);
        let consumed = put.send().await.unwrap().consumed_capacity.unwrap();
        assert_eq!(consumed.table.unwrap().capacity_units, Some(1.0));
    }
}

/// The size of a value by DynamoDB's rules: a number has a byte for two digits, and one more.
fn size(value: &AttributeValue) -> usize {
    match value.as_s() {
        Ok(text) => text.len(),
        // A journey's item has nothing but texts and numbers.
        Err(number) => number.as_n().unwrap().trim_start_matches('-').len().div_ceil(2) + 1,
    }
}

/// DynamoDB takes days to delete what has expired; until then it must not be believed.
pub async fn an_expired_journey_is_absent_and_can_begin_anew(stage: &OnDynamoDb) {
    let table = &stage.table;
    put(table, &contact(1, "ana@example.com")).await;
    begin(table, 1).await;
    write(table, 1, &ended(1), 1).await.unwrap();
    assert!(table.load_journey(&journey_id(1)).await.unwrap().is_some());
    let past = AttributeValue::N("1700000000".to_owned());
    stage.spoil(&format!("J#{}", journey_id(1)), "-", "ttl", past).await;
    assert!(table.load_journey(&journey_id(1)).await.unwrap().is_none());
    assert!(lost(&write(table, 1, &journey(1), 1 + 2).await));
    // The link in an old mail still tells whose it was, also to a function that remembers nothing.
    let another = Table::new(stage.client.clone(), &stage.name, key());
    assert!(another.contact_of(&journey_id(1)).await.unwrap().is_some());
    begin(table, 1).await;
    let anew = table.load_journey(&journey_id(1)).await.unwrap().unwrap();
    assert_eq!((anew.version, anew.journey), (1, journey(1)));
}

/// Only what is over is ever deleted, and never before its time.
pub async fn only_a_journey_that_is_over_expires(stage: &OnDynamoDb) {
    let year = &stage.table;
    let week = stage.table.clone().with_retention(7);
    let expiry = async || {
        let item = stage.item(&format!("J#{}", journey_id(1)), "-").await.unwrap();
        item.get("ttl")
            .map(|value| value.as_n().unwrap().parse::<i64>().unwrap())
    };
    begin(year, 1).await;
    assert_eq!(expiry().await, None);
    write(year, 1, &ended(1), 1).await.unwrap();
    let days = |days: i64| minutes(60).as_second() + days * 86_400;
    assert_eq!(expiry().await, Some(days(400)));
    write(&week, 1, &ended(1), 2).await.unwrap();
    assert_eq!(expiry().await, Some(days(7)));
    let awaited = Phase::Completed {
        at: start(),
        evidence: journey::Evidence::Status,
        provisional: false,
        meter: MeterFollowUp::Awaited {
            checks: 0,
            late_since: None,
        },
    };
    let awaiting = Journey {
        phase: awaited,
        ..due(1, 1, 5, 10, TimerWhy::Meter)
    };
    write(year, 1, &awaiting, 3).await.unwrap();
    assert_eq!(expiry().await, None);
    let handed_back = Journey {
        phase: Phase::HandedBack { at: start() },
        last_sign_of_life: minutes(60),
        ..journey(1)
    };
    write(year, 1, &handed_back, 4).await.unwrap();
    assert_eq!(expiry().await, Some(days(400)));
    write(year, 1, &journey(1), 5).await.unwrap();
    assert_eq!(expiry().await, None);
}

/// However many lie in front, and over however many pages.
pub async fn foreign_entries_of_the_due_index_do_not_hide_the_others(stage: &OnDynamoDb) {
    let table = &stage.table;
    write(table, 1, &due(1, 1, 5, 10, TimerWhy::Touch), 0).await.unwrap();
    let item = stage.item(&format!("J#{}", journey_id(1)), "-").await.unwrap();
    for n in 0..7 {
        let foreign = stage.client.put_item().table_name(&stage.name);
        let foreign = foreign
            .item("pk", text(&format!("J#foreign-{n}")))
            .item("sk", text("-"))
            .item("d", item["d"].clone())
            .item("u", AttributeValue::N(n.to_string()));
        foreign.send().await.unwrap();
    }
    let found = table.find_due(Lane::Touchpoint, minutes(10), 2).await.unwrap();
    assert_eq!(found, [(journey_id(1), 1)]);
}

/// The index follows the journey in every part, and holds nothing for one without a timer.
pub async fn the_due_index_is_sparse(stage: &OnDynamoDb) {
    let entries = async || {
        let scan = stage.client.scan().table_name(&stage.name).index_name("due");
        scan.send().await.unwrap().items.unwrap()
    };
    for n in 0..40 {
        begin(&stage.table, n).await;
        put(&stage.table, &contact(n, "ana@example.com")).await;
    }
    assert!(entries().await.is_empty());
    for n in 0..40 {
        let why = if n < 20 { TimerWhy::Touch } else { TimerWhy::Meter };
        write(&stage.table, n, &due(n, 1, 5, 10, why), 1).await.unwrap();
    }
    let parts: std::collections::BTreeSet<String> = entries()
        .await
        .iter()
        .map(|entry| entry["d"].as_s().unwrap().clone())
        .collect();
    for lane in ["t", "m"] {
        assert!(
            parts.iter().filter(|part| part.starts_with(lane)).count() > 3,
            "{parts:?}"
        );
    }
    for n in 0..40 {
        write(&stage.table, n, &ended(n), 2).await.unwrap();
    }
    assert!(entries().await.is_empty());
}

/// Between the contacts of a page lie megabytes of other items: a page of the table's is none of ours.
pub async fn contacts_are_listed_over_many_pages_of_the_table(stage: &OnDynamoDb) {
    for n in 0..60 {
        put(&stage.table, &contact(n, "ana@example.com")).await;
        let bulk = stage.client.put_item().table_name(&stage.name);
        let bulk = bulk
            .item("pk", text(&format!("P#bulk-{n}")))
            .item("sk", text("head"))
            .item("r", text(&"x".repeat(200 * 1_024)));
        bulk.send().await.unwrap();
    }
    // 12 MB: more than one call reads, so that some page ends before the contacts do.
    let mut pages = 0;
    let (mut listed, mut after) = (0, None);
    loop {
        let page = journey::port::ListContacts::list_contacts(&stage.table, 1_000, after.as_deref())
            .await
            .unwrap();
        pages += 1;
        listed += page.contacts.len();
        let Some(next) = page.next else { break };
        after = Some(next);
    }
    assert_eq!((listed, pages), (60, 2));
}

/// Nothing hangs on a table that is out of reach, and nothing says that it was not there.
pub async fn a_table_out_of_reach_is_unavailable_soon(stage: &OnDynamoDb) {
    let nobody = std::net::TcpListener::bind("127.0.0.1:0")
        .unwrap()
        .local_addr()
        .unwrap()
        .port();
    let gone = Table::new(client(nobody), &stage.name, key());
    let missing = Table::new(stage.client.clone(), "no-such-table", key());
    let begun = Instant::now();
    for table in [gone, missing] {
        let loaded = table.load_journey(&journey_id(1)).await;
        assert!(matches!(loaded, Err(StoreError::Unavailable(_))));
        let found = table.find_due(Lane::Meter, minutes(1), 10).await;
        assert!(matches!(found, Err(StoreError::Unavailable(_))));
        let known = table.find_contact(&contact_id(1)).await;
        assert!(matches!(known, Err(StoreError::Unavailable(_))));
        let stored = table
            .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
            .await;
        assert!(matches!(stored, Err(PutError::Store(StoreError::Unavailable(_)))));
        let told = format!("{stored:?}");
        assert!(!told.contains("ana@") && !told.contains("site-1"), "{told}");
    }
    assert!(begun.elapsed() < Duration::from_secs(10), "{:?}", begun.elapsed());
}

/// What an operator or a newer program may have left: named, and not taken for nothing.
pub async fn a_foreign_attribute_is_corrupt_and_stays(stage: &OnDynamoDb) {
    let table = &stage.table;
    let corrupt = async |n: u32| {
        let id = JourneyId::clone(&journey_id(n));
        matches!(table.load_journey(&id).await, Err(StoreError::Corrupt(_)))
    };
    for (n, attribute, value) in [
        (1, "v", text("1")),
        (2, "v", AttributeValue::N("-1".to_owned())),
        (3, "ttl", text("soon")),
        (4, "c", text("nobody")),
        (5, "r", AttributeValue::Bool(true)),
    ] {
        begin(table, n).await;
        let pk = format!("J#{}", journey_id(n));
        stage.spoil(&pk, "-", attribute, value.clone()).await;
        assert!(corrupt(n).await, "{attribute}");
        assert_eq!(stage.item(&pk, "-").await.unwrap()[attribute], value);
    }
    begin(table, 6).await;
    assert!(!corrupt(6).await);
    // An inbox without a version could be claimed by anybody.
    put(table, &contact(7, "ana@example.com")).await;
    let inbox = format!("A#{}", crate::people::address("ana@example.com"));
    stage.spoil(&inbox, "-", "s", text("yesterday")).await;
    let refused = table.find_contact(&contact_id(7)).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))));
}

/// An unchanged import writes nothing, so that a million of them cost reads only.
pub async fn a_contact_has_an_item_that_can_be_read_where_it_lies(stage: &OnDynamoDb) {
    let ana = contact(1, "ana@example.com");
    put(&stage.table, &ana).await;
    let item = stage.item(&format!("C#{}", contact_id(1)), "-").await.unwrap();
    assert_eq!(item["j"], text(journey_id(1).as_str()));
    assert_eq!(item["a"], text(crate::people::address("ana@example.com").as_str()));
    let record: Contact = serde_json::from_str(item["r"].as_s().unwrap()).unwrap();
    assert!(record == ana && known(&stage.table, 1).await.contact == ana);
    stage
        .spoil(&format!("C#{}", contact_id(1)), "-", "note", text("seen"))
        .await;
    put(&stage.table, &ana).await;
    let again = stage.item(&format!("C#{}", contact_id(1)), "-").await.unwrap();
    assert_eq!(again["note"], text("seen"));
}
