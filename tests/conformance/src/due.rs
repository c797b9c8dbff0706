//! The index of what is due.

use std::collections::BTreeSet;

use journey::port::FindDue;
use journey::{Lane, TimerWhy};

use crate::Stage;
use crate::people::{begin, due, ended, journey, journey_id, minutes, write};

/// What closes first goes first; what is not due yet, or is another lane's, is not there.
pub async fn what_is_due_comes_in_the_order_of_closing_lane_by_lane(stage: &impl Stage) {
    let store = stage.store();
    for (n, at, closes) in [(1, 5, 60), (2, 10, 30), (3, 8, 30), (4, 45, 50), (5, 10, 20)] {
        write(&store, n, &due(n, 1, at, closes, TimerWhy::Touch), 0)
            .await
            .unwrap();
    }
    begin(&store, 6).await;
    write(&store, 7, &due(7, 7, 1, 2, TimerWhy::Meter), 0).await.unwrap();
    let touches = |before, limit| store.find_due(Lane::Touchpoint, minutes(before), limit);
    assert_eq!(touches(10, 10).await.unwrap(), [5, 3, 2, 1].map(|n| (journey_id(n), 1)));
    assert_eq!(touches(10, 2).await.unwrap(), [5, 3].map(|n| (journey_id(n), 1)));
    assert!(touches(4, 10).await.unwrap().is_empty());
    let meters = store.find_due(Lane::Meter, minutes(10), 10).await.unwrap();
    assert_eq!(meters, [(journey_id(7), 7)]);
}

/// A caller who serves what it finds comes to the end, and meets each once.
pub async fn what_is_served_leaves_and_the_rest_comes_page_by_page(stage: &impl Stage) {
    let store = stage.store();
    for n in 0..30 {
        // The later a timer is due, the earlier it closes.
        let touch = due(n, 3, i64::from(n), 100 - i64::from(n), TimerWhy::Touch);
        write(&store, n, &touch, 0).await.unwrap();
        let meter = due(100 + n, 4, i64::from(n), 100, TimerWhy::Meter);
        write(&store, 100 + n, &meter, 0).await.unwrap();
    }
    for page in 0..3 {
        let found = store.find_due(Lane::Touchpoint, minutes(60), 10).await.unwrap();
        let expected = (0..10).map(|place| (journey_id(29 - page * 10 - place), 3));
        assert_eq!(found, expected.collect::<Vec<_>>());
        for place in 0..10 {
            let n = 29 - page * 10 - place;
            write(&store, n, &journey(n), 1).await.unwrap();
        }
    }
    assert!(
        store
            .find_due(Lane::Touchpoint, minutes(60), 10)
            .await
            .unwrap()
            .is_empty()
    );
    // The other lane has noticed nothing.
    let meters = store.find_due(Lane::Meter, minutes(60), 100).await.unwrap();
    assert_eq!(meters.iter().map(|(id, _)| id).collect::<BTreeSet<_>>().len(), 30);
    assert!(meters.iter().all(|(_, generation)| *generation == 4));
}

/// The index is sparse: a timer that is moved is there once, and the end takes it away.
pub async fn a_journey_that_ended_is_not_due(stage: &impl Stage) {
    let store = stage.store();
    write(&store, 1, &due(1, 1, 5, 10, TimerWhy::Touch), 0).await.unwrap();
    write(&store, 1, &due(1, 2, 6, 10, TimerWhy::HandBack), 1)
        .await
        .unwrap();
    let found = store.find_due(Lane::Touchpoint, minutes(10), 10).await.unwrap();
    assert_eq!(found, [(journey_id(1), 2)]);
    write(&store, 1, &due(1, 3, 7, 10, TimerWhy::Meter), 2).await.unwrap();
    assert!(
        store
            .find_due(Lane::Touchpoint, minutes(10), 10)
            .await
            .unwrap()
            .is_empty()
    );
    assert_eq!(
        store.find_due(Lane::Meter, minutes(10), 10).await.unwrap(),
        [(journey_id(1), 3)]
    );
    write(&store, 1, &ended(1), 3).await.unwrap();
    assert!(store.find_due(Lane::Meter, minutes(10), 10).await.unwrap().is_empty());
}
