//! Records that cannot be read: named, kept, and in nobody's way.

use journey::port::{FindContact, FindDue, KeepContact, LoadJourney, Precondition, PutError, StoreError};
use journey::{Lane, TimerWhy};

use crate::Stage;
use crate::contacts::list;
use crate::people::{
    begin, contact, contact_id, due, erase, journey, journey_id, known, lost, minutes, put, reference, write,
};

/// It is not lost either: nobody can begin it anew.
pub async fn a_journey_that_cannot_be_read_is_kept_and_does_not_hide_the_others(stage: &impl Stage) {
    let store = stage.store();
    for n in [1, 2] {
        write(&store, n, &due(n, 1, 5, 10, TimerWhy::Touch), 0).await.unwrap();
    }
    stage.spoil_journey(&journey_id(1)).await;
    let refused = store.load_journey(&journey_id(1)).await;
    assert!(matches!(refused, Err(StoreError::Corrupt(_))));
    assert!(lost(&write(&store, 1, &journey(1), 0).await));
    assert!(store.load_journey(&journey_id(2)).await.unwrap().is_some());
    assert_eq!(
        store.find_due(Lane::Touchpoint, minutes(10), 10).await.unwrap().len(),
        2
    );
}

/// Whoever wants to be forgotten is, whatever their record looks like.
pub async fn a_contact_that_cannot_be_read_is_left_out_of_pages_and_can_be_erased(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    put(&store, &contact(2, "ben@example.com")).await;
    begin(&store, 1).await;
    stage.spoil_contact(&contact_id(1)).await;
    assert!(matches!(
        store.find_contact(&contact_id(1)).await,
        Err(StoreError::Corrupt(_))
    ));
    assert!(matches!(
        store.contact_of(&journey_id(1)).await,
        Err(StoreError::Corrupt(_))
    ));
    let put_over = store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await;
    assert!(matches!(put_over, Err(PutError::Store(StoreError::Corrupt(_)))));
    let listed = list(&store, 10).await;
    assert!(listed.len() == 1 && listed[0].reference == reference(2));
    assert!(erase(&store, 1).await);
    assert!(store.find_contact(&contact_id(1)).await.unwrap().is_none());
    assert!(known(&store, 2).await.contact == contact(2, "ben@example.com"));
}
