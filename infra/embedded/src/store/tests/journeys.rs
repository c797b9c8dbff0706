//! Journeys: versions, timers, and what the operator sees.

use journey::port::{CommitError, FindDue, LoadJourney, StoreError};
use journey::{Evidence, Journey, Lane, MeterFollowUp, Phase, Timer, TimerWhy};
use rusqlite::Connection;

use crate::store::wake::Alarm;
use crate::testing::{due, journey, journey_id, minutes, open, start, write};

#[tokio::test]
async fn a_write_names_the_version_it_was_decided_on() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    assert!(store.load_journey(&journey_id(1)).await.unwrap().is_none());
    write(&store, &journey(1), 0).await.unwrap();
    assert!(matches!(
        write(&store, &journey(1), 0).await,
        Err(CommitError::VersionConflict)
    ));
    assert!(matches!(
        write(&store, &journey(1), 2).await,
        Err(CommitError::VersionConflict)
    ));
    assert!(matches!(
        write(&store, &journey(2), 1).await,
        Err(CommitError::VersionConflict)
    ));
    let changed = Journey {
        episode: 2,
        ..journey(1)
    };
    write(&store, &changed, 1).await.unwrap();
    let loaded = store.load_journey(&journey_id(1)).await.unwrap().unwrap();
    assert_eq!((loaded.journey, loaded.version), (changed, 2));
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_who_decided_on_the_same_version_exactly_one_wins() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for expected in 0..10 {
        let racers: Vec<_> = (0..16)
            .map(|_| {
                let store = store.clone();
                tokio::spawn(async move { write(&store, &journey(1), expected).await })
            })
            .collect();
        let mut won = 0;
        for racer in racers {
            match racer.await.unwrap() {
                Ok(()) => won += 1,
                Err(CommitError::VersionConflict) => {}
                Err(error) => panic!("{error}"),
            }
        }
        assert_eq!(won, 1);
    }
    assert_eq!(store.load_journey(&journey_id(1)).await.unwrap().unwrap().version, 10);
}

#[tokio::test]
async fn what_is_due_comes_in_the_order_of_closing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for (n, due_at, closes) in [(1, 5, 60), (2, 10, 30), (3, 8, 30), (4, 45, 50), (5, 10, 20)] {
        write(&store, &due(n, minutes(due_at), minutes(closes)), 0)
            .await
            .unwrap();
    }
    write(&store, &journey(6), 0).await.unwrap();
    let meter = Timer {
        generation: 7,
        due: minutes(1),
        closes: minutes(2),
        why: TimerWhy::Meter,
    };
    write(
        &store,
        &Journey {
            timer: Some(meter),
            generation: 7,
            ..journey(7)
        },
        0,
    )
    .await
    .unwrap();
    let found = store.find_due(Lane::Touchpoint, minutes(10), 10).await.unwrap();
    assert_eq!(found, [5, 3, 2, 1].map(|n| (journey_id(n), 1)));
    assert_eq!(store.find_due(Lane::Touchpoint, minutes(10), 2).await.unwrap().len(), 2);
    assert_eq!(
        store.find_due(Lane::Meter, minutes(10), 10).await.unwrap(),
        [(journey_id(7), 7)]
    );
    assert_eq!(store.next_due(Lane::Touchpoint).unwrap(), Some(minutes(5)));
    assert_eq!(store.next_due(Lane::Meter).unwrap(), Some(minutes(1)));
    // A timer that is taken back is no longer due.
    write(&store, &journey(1), 1).await.unwrap();
    assert_eq!(store.next_due(Lane::Touchpoint).unwrap(), Some(minutes(8)));
}

#[tokio::test]
async fn the_operator_sees_the_latest_change_first_and_the_phases() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for n in 1..=4 {
        write(&store, &journey(n), 0).await.unwrap();
    }
    let meter = MeterFollowUp::Awaited {
        checks: 0,
        late_since: None,
    };
    let done = Phase::Completed {
        at: start(),
        evidence: Evidence::Status,
        provisional: false,
        meter,
    };
    write(
        &store,
        &Journey {
            phase: done,
            ..journey(2)
        },
        1,
    )
    .await
    .unwrap();
    let ids = |journeys: Vec<Journey>| journeys.into_iter().map(|journey| journey.id).collect::<Vec<_>>();
    assert_eq!(ids(store.list_journeys(3, None).unwrap()), [2, 4, 3].map(journey_id));
    assert_eq!(
        ids(store.list_journeys(3, Some(&journey_id(4))).unwrap()),
        [3, 1].map(journey_id)
    );
    let phases = store.count_by_phase().unwrap();
    assert_eq!((phases["live"], phases["completed"], phases.len()), (3, 1, 2));
}

#[tokio::test]
async fn a_record_that_cannot_be_read_is_kept_and_does_not_hide_the_others() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    write(&store, &journey(1), 0).await.unwrap();
    write(&store, &journey(2), 0).await.unwrap();
    let spoil = store.write(|connection: &Connection| {
        Ok(connection.execute("UPDATE journeys SET record = x'00' WHERE changed = 1", [])?)
    });
    assert_eq!(spoil.await.unwrap(), 1);
    let refused = store.load_journey(&journey_id(1)).await.unwrap_err();
    assert!(matches!(refused, StoreError::Corrupt(_)));
    assert_eq!(store.list_journeys(10, None).unwrap().len(), 1);
}

#[tokio::test]
async fn only_an_earlier_timer_wakes_the_sleeper() {
    let alarm = Alarm::default();
    let rung = || async {
        tokio::select! {
            biased;
            () = alarm.rung() => true,
            () = std::future::ready(()) => false,
        }
    };
    alarm.about_to_look();
    alarm.written(5);
    assert!(rung().await);
    alarm.sleep_for(10);
    alarm.written(10);
    assert!(!rung().await);
    alarm.written(9);
    assert!(rung().await);
}
