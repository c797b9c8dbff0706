//! Proofs of what customers accepted.

use jiff::SignedDuration;
use jiff::civil::date;
use journey::contact::Locale;
use journey::enrollment::{AcceptanceRecord, PlanDocuments};
use journey::port::{KeepAcceptance, KeepContact, Precondition, ReadAcceptances, Timestamp};

use crate::Stage;
use crate::people::{contact, contact_id, journey, start};

fn record(at: Timestamp, plan: &str) -> AcceptanceRecord {
    AcceptanceRecord {
        at,
        plan: plan.to_owned(),
        starts: date(2026, 8, 1),
        documents: PlanDocuments {
            efl: "https://plans.example.com/efl.pdf".to_owned(),
            tos: "https://plans.example.com/tos.pdf".to_owned(),
            yrac: "https://plans.example.com/yrac.pdf".to_owned(),
        },
        locale: Locale::Es,
    }
}

/// A second try of the same acceptance leaves one proof.
pub async fn each_acceptance_is_kept_once_in_the_order_of_time(stage: &impl Stage) {
    let (store, id) = (stage.store(), journey(1).id);
    let (first, second) = (start(), start() + SignedDuration::from_hours(24 * 40));
    for (at, plan) in [(second, "later"), (first, "first"), (first, "first")] {
        store.keep_acceptance(&id, &record(at, plan)).await.unwrap();
    }
    assert_eq!(
        store.acceptances(&id).await.unwrap(),
        [record(first, "first"), record(second, "later")]
    );
    assert_eq!(store.acceptances(&journey(2).id).await.unwrap(), []);
}

/// Whoever must prove a switch later has nothing of the person's in hand.
pub async fn an_acceptance_outlives_an_erasure(stage: &impl Stage) {
    let (store, id) = (stage.store(), journey(1).id);
    store
        .put_contact(&contact(1, "ada@example.com"), &Precondition::None)
        .await
        .unwrap();
    store.keep_acceptance(&id, &record(start(), "first")).await.unwrap();
    store.erase_contact(&contact_id(1), &Precondition::None).await.unwrap();
    assert_eq!(store.acceptances(&id).await.unwrap(), [record(start(), "first")]);
}
