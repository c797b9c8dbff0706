//! Visits to utilities.

use journey::port::{Commit, CommitJourney, ReadVisits, Timestamp};
use journey::{Provider, UtilityCode, Visit, Visited, Visits};

use crate::Stage;
use crate::people::{contact_id, journey, minutes, start};

fn utility(code: &str) -> UtilityCode {
    UtilityCode::parse(code).unwrap()
}

/// Writes the journey of one person as new, and what it shows; says whether it was written.
async fn visits(store: &impl CommitJourney, n: u32, utility: &UtilityCode, visit: Visit, at: Timestamp) -> bool {
    let contact = contact_id(n);
    let commit = Commit {
        journey: &journey(n),
        expected: 0,
        contact: Some(&contact),
        claim: None,
        visited: Some(Visited {
            provider: Provider::Leap,
            utility,
            visit,
            at,
        }),
    };
    store.commit_journey(commit).await.is_ok()
}

/// Whoever loses the race for the journey counts nothing.
pub async fn a_visit_is_counted_with_its_write_and_only_then(stage: &impl Stage) {
    let (store, sdge) = (stage.store(), utility("SDGE"));
    let seen = async || store.read_visits(Provider::Leap, &sdge, start()).await.unwrap();
    assert_eq!(seen().await, Visits::default());
    for (n, visit) in [
        (1, Visit::Stalled),
        (2, Visit::Stalled),
        (3, Visit::Fault),
        (4, Visit::Through),
    ] {
        assert!(visits(&store, n, &sdge, visit, minutes(1)).await);
        assert!(!visits(&store, n, &sdge, visit, minutes(1)).await);
    }
    let all = Visits {
        stalled: 2,
        faults: 1,
        through: 1,
    };
    assert_eq!(seen().await, all);
}

/// By whole hours: the hour in which `since` lies counts, the one before it does not.
pub async fn old_visits_and_those_elsewhere_do_not_count(stage: &impl Stage) {
    let (store, sdge) = (stage.store(), utility("SDGE"));
    for (n, hours) in [(1, 0), (2, 1), (3, 2), (4, 26)] {
        assert!(visits(&store, n, &sdge, Visit::Stalled, minutes(60 * hours)).await);
    }
    assert!(visits(&store, 5, &utility("PGE"), Visit::Stalled, minutes(60)).await);
    for (since, stalled) in [(0, 4), (59, 3), (60, 3), (26 * 60, 1), (28 * 60, 0)] {
        let found = store.read_visits(Provider::Leap, &sdge, minutes(since)).await.unwrap();
        assert_eq!(found.stalled, stalled, "since {since} min");
    }
    let elsewhere = store.read_visits(Provider::Bayou, &sdge, start()).await.unwrap();
    assert_eq!(elsewhere, Visits::default());
}
