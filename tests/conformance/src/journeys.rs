//! Journeys: versions and lost races.

use journey::Journey;
use journey::port::{Commit, CommitJourney, FindContact, LoadJourney};

use crate::Stage;
use crate::people::{begin, contact, contact_id, journey, journey_id, lost, put, write};

/// Only the version that was loaded can be written over, and 0 means that there is none.
pub async fn a_write_names_the_version_it_was_decided_on(stage: &impl Stage) {
    let store = stage.store();
    assert!(store.load_journey(&journey_id(1)).await.unwrap().is_none());
    write(&store, 1, &journey(1), 0).await.unwrap();
    assert!(lost(&write(&store, 1, &journey(1), 0).await));
    assert!(lost(&write(&store, 1, &journey(1), 2).await));
    assert!(lost(&write(&store, 2, &journey(2), 1).await));
    assert!(store.load_journey(&journey_id(2)).await.unwrap().is_none());
    let changed = Journey {
        episode: 2,
        ..journey(1)
    };
    write(&store, 1, &changed, 1).await.unwrap();
    let loaded = store.load_journey(&journey_id(1)).await.unwrap().unwrap();
    assert_eq!((loaded.journey, loaded.version), (changed, 2));
}

/// Racers who all want to write the very same are still told apart.
pub async fn of_many_who_decided_on_the_same_version_exactly_one_wins(stage: &impl Stage) {
    let store = stage.store();
    for expected in 0..6 {
        let racers = (0..16).map(|_| {
            let store = store.clone();
            tokio::spawn(async move { write(&store, 1, &journey(1), expected).await })
        });
        let outcomes = futures::future::join_all(racers).await;
        let won = outcomes
            .iter()
            .filter(|outcome| !lost(outcome.as_ref().unwrap()))
            .count();
        assert_eq!(won, 1);
    }
    let loaded = store.load_journey(&journey_id(1)).await.unwrap().unwrap();
    assert_eq!(loaded.version, 6);
}

/// Not every use case knows whose a journey is.
pub async fn a_commit_without_a_contact_keeps_the_one_that_is_known(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    begin(&store, 1).await;
    let commit = Commit {
        journey: &journey(1),
        expected: 1,
        contact: None,
        claim: None,
        visited: None,
    };
    store.commit_journey(commit).await.unwrap();
    let known = store.contact_of(&journey_id(1)).await.unwrap().unwrap();
    assert_eq!(known.id, contact_id(1));
}
