//! The file: what survives, what is refused, and what a failure leaves behind.

use jiff::SignedDuration;
use journey::Provider;
use journey::port::{ChangeFilter, Count, KeepWatermark, LoadJourney, Resume, Watermark};
use rusqlite::Connection;

use crate::store::Fault;
use crate::testing::{journey, journey_id, key, open, speed, start, write};
use crate::{DataDir, OpenError, ProgramClock, Store};

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn whatever_was_acknowledged_is_there_after_the_store_is_opened_anew() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let writers: Vec<_> = (0..200)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move { write(&store, &journey(n), 0).await })
        })
        .collect();
    for writer in writers {
        writer.await.unwrap().unwrap();
    }
    // A copy of the files, as they are while the process lives, is what a kill leaves behind.
    let killed = tempfile::tempdir().unwrap();
    for file in ["rekindle.db", "rekindle.db-wal", "clock.json"] {
        std::fs::copy(folder.path().join(file), killed.path().join(file)).unwrap();
    }
    let survivor = open(killed.path());
    for n in 0..200 {
        assert_eq!(survivor.load_journey(&journey_id(n)).await.unwrap().unwrap().version, 1);
    }
    drop(store);
    assert_eq!(open(folder.path()).count_by_phase().unwrap()["live"], 200);
}

#[tokio::test]
async fn a_write_that_nobody_waits_for_any_more_is_written() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    {
        let journey = journey(1);
        let mut write = Box::pin(write(&store, &journey, 0));
        // Polled once, so it is queued, and then given up.
        tokio::select! {
            biased;
            _ = &mut write => {}
            () = std::future::ready(()) => {}
        }
    }
    drop(store);
    assert!(
        open(folder.path())
            .load_journey(&journey_id(1))
            .await
            .unwrap()
            .is_some()
    );
}

#[tokio::test]
async fn a_watermark_is_read_back_as_it_was_saved() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert_eq!(store.load_watermark(Provider::Leap).await.unwrap(), None);
    let since = start() + SignedDuration::from_nanos(123_456_789);
    let resume = |filter, page: Option<&str>| {
        Some(Resume {
            began_at: since,
            filter,
            page: page.map(str::to_owned),
        })
    };
    for resume in [
        None,
        resume(ChangeFilter::Started, Some("a+b/c=")),
        resume(ChangeFilter::LastInteraction, None),
        None,
    ] {
        let watermark = Watermark { since, resume };
        store.save_watermark(Provider::Leap, &watermark).await.unwrap();
        assert_eq!(store.load_watermark(Provider::Leap).await.unwrap(), Some(watermark));
    }
}

#[test]
fn counters_go_on_after_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    std::thread::scope(|scope| {
        for _ in 0..4 {
            scope.spawn(|| (0..100).for_each(|_| store.count("events", 2)));
        }
    });
    assert_eq!(store.counters()["events"], 800);
    drop(store);
    let store = open(folder.path());
    store.count("events", 1);
    assert_eq!(store.counters()["events"], 801);
}

#[test]
fn a_file_of_a_newer_program_is_refused_and_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    drop(open(folder.path()));
    let path = folder.path().join("rekindle.db");
    Connection::open(&path)
        .unwrap()
        .pragma_update(None, "user_version", 99)
        .unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    let clock = ProgramClock::open(&data, speed(1)).unwrap();
    let refused = Store::open(&data, key(), clock).err().unwrap();
    assert!(matches!(refused, OpenError::Newer { found: 99, .. }), "{refused}");
    assert!(refused.to_string().contains("start the newer program"), "{refused}");
}

#[test]
fn a_file_that_is_no_database_is_refused() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(
        folder.path().join("rekindle.db"),
        "not a database, but long enough to be looked at".repeat(50),
    )
    .unwrap();
    let data = DataDir::open(folder.path()).unwrap();
    let clock = ProgramClock::open(&data, speed(1)).unwrap();
    assert!(matches!(
        Store::open(&data, key(), clock),
        Err(OpenError::Database { .. })
    ));
}

#[tokio::test]
async fn a_request_that_fails_harms_no_other_and_leaves_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let bad = store.write(|connection: &Connection| -> Result<(), Fault> {
        connection.execute("INSERT INTO phases VALUES ('half', 1)", [])?;
        connection.execute("INSERT INTO phases VALUES ('half', 1)", [])?;
        Ok(())
    });
    let journey = journey(1);
    let (bad, good) = tokio::join!(bad, write(&store, &journey, 0));
    assert!(matches!(bad, Err(Fault::Database(_))));
    good.unwrap();
    assert!(!store.count_by_phase().unwrap().contains_key("half"));
}

#[tokio::test]
async fn each_commit_is_on_the_disk_before_it_is_acknowledged() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let pragma = |name: &'static str| {
        store.write(move |connection: &Connection| {
            Ok(connection.query_row(&format!("PRAGMA {name}"), [], |row| {
                row.get::<_, rusqlite::types::Value>(0)
            })?)
        })
    };
    // 2 is FULL: in WAL mode, one sync for each transaction.
    assert_eq!(pragma("synchronous").await.unwrap(), 2_i64.into());
    assert_eq!(pragma("journal_mode").await.unwrap(), "wal".to_owned().into());
}
