//! Claims: a place in an inbox is taken together with the touch, or not at all.

use jiff::SignedDuration;
use journey::contact::{Contact, Inbox, OptOut, SuppressedFor};
use journey::port::{Commit, CommitJourney, InboxClaim, LoadJourney, Suppress};

use crate::people::{
    address, begin, claim, contact, erase, journey, journey_id, known, lost, put, send_key, start, write,
};
use crate::{Ports, Stage};

/// How often two are sent against each other, since a single race may be no race.
const ROUNDS: u32 = 12;

/// However many journeys share an inbox, one version of it is good for one send.
pub async fn of_16_claims_on_the_last_place_of_an_inbox_exactly_one_wins(stage: &impl Stage) {
    let store = stage.store();
    for n in 1..=16 {
        put(&store, &contact(n, "ana@example.com")).await;
    }
    let racers = (1..=16).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { (n, claim(&store, n, &address("ana@example.com"), (0, 0)).await) })
    });
    let mut winners = Vec::new();
    for racer in futures::future::join_all(racers).await {
        let (n, outcome) = racer.unwrap();
        let written = store.load_journey(&journey_id(n)).await.unwrap().is_some();
        assert_eq!(written, outcome.is_ok());
        if !lost(&outcome) {
            winners.push(n);
        }
    }
    assert_eq!(winners.len(), 1);
    let inbox = known(&store, 1).await.inbox;
    assert_eq!((inbox.version, inbox.sends.len()), (1, 1));
    assert_eq!(inbox.sends[0].key, send_key(winners[0], 1));
    // The others see it, and may take the next place.
    let loser = if winners[0] == 1 { 2 } else { 1 };
    claim(&store, loser, &address("ana@example.com"), (0, 1)).await.unwrap();
    assert_eq!(known(&store, 1).await.inbox.sends.len(), 2);
}

/// A journey that was changed in the meantime costs no place.
pub async fn a_claim_that_loses_against_its_journey_takes_no_place(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    begin(&store, 1).await;
    assert!(lost(&claim(&store, 1, &address("ana@example.com"), (0, 0)).await));
    write(&store, 1, &journey(1), 1).await.unwrap();
    assert!(lost(&claim(&store, 1, &address("ana@example.com"), (1, 0)).await));
    assert_eq!(known(&store, 1).await.inbox, Inbox::default());
    claim(&store, 1, &address("ana@example.com"), (2, 0)).await.unwrap();
}

/// Either the claim was first, and stands with its journey; or it is not there at all.
pub async fn a_claim_and_an_opt_out_at_once_leave_no_half(stage: &impl Stage) {
    let store = stage.store();
    for n in 1..=ROUNDS {
        let email = format!("ana{n}@example.com");
        put(&store, &contact(n, &email)).await;
        begin(&store, n).await;
        let inbox = address(&email);
        let journey = journey_id(n);
        let (claimed, opted_out) = tokio::join!(
            claim(&store, n, &inbox, (1, 0)),
            store.set_opted_out(&journey, &OptOut::Everything, start())
        );
        assert!(opted_out.unwrap());
        assert_whole(&store, n, lost(&claimed)).await;
        let known = known(&store, n).await;
        assert!(
            known.contact.opted_out.is_everything()
                && known.inbox.suppressed.since(SuppressedFor::OptOut) == Some(start())
        );
    }
}

/// The same against an import that changes what the send was decided on.
pub async fn a_claim_and_a_change_of_the_contact_at_once_leave_no_half(stage: &impl Stage) {
    let store = stage.store();
    for n in 1..=ROUNDS {
        let email = format!("ana{n}@example.com");
        put(&store, &contact(n, &email)).await;
        begin(&store, n).await;
        let inbox = address(&email);
        let renamed = Contact {
            first_name: Some("Ben".to_owned()),
            ..contact(n, &email)
        };
        let (claimed, ()) = tokio::join!(claim(&store, n, &inbox, (1, 0)), put(&store, &renamed));
        assert_whole(&store, n, lost(&claimed)).await;
        assert_eq!(known(&store, n).await.contact.first_name.as_deref(), Some("Ben"));
    }
}

async fn assert_whole(store: &impl Ports, n: u32, lost: bool) {
    let version = store.load_journey(&journey_id(n)).await.unwrap().unwrap().version;
    let sends = known(store, n).await.inbox.sends.len();
    assert_eq!((version, sends), if lost { (1, 0) } else { (2, 1) });
}

/// What was decided on a contact of yesterday must be decided again.
pub async fn an_opt_out_an_erasure_and_a_change_beat_a_claim_that_did_not_know_of_them(stage: &impl Stage) {
    let store = stage.store();
    for n in 1..=4 {
        put(&store, &contact(n, &format!("ana{n}@example.com"))).await;
        begin(&store, n).await;
    }
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, start())
            .await
            .unwrap()
    );
    assert!(erase(&store, 2).await);
    put(&store, &contact(3, "moved@example.com")).await;
    for n in 1..=3 {
        let old = address(&format!("ana{n}@example.com"));
        assert!(lost(&claim(&store, n, &old, (1, 0)).await), "{n}");
    }
    // An import that changes nothing disturbs nobody.
    put(&store, &contact(4, "ana4@example.com")).await;
    claim(&store, 4, &address("ana4@example.com"), (1, 0)).await.unwrap();
}

/// The ledger is what caps are counted from.
pub async fn a_claim_is_remembered_with_its_time_and_forgotten_after_eight_days(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    let inbox = address("ana@example.com");
    claim(&store, 1, &inbox, (0, 0)).await.unwrap();
    let first = Inbox::default().with_send(send_key(1, 1), start());
    assert_eq!(known(&store, 1).await.inbox, first);
    let (key, at) = (send_key(1, 2), start() + SignedDuration::from_hours(8 * 24 + 1));
    let commit = Commit {
        journey: &journey(1),
        expected: 1,
        contact: None,
        claim: Some(InboxClaim {
            address: &inbox,
            expected: 1,
            key: &key,
            at,
        }),
        visited: None,
    };
    store.commit_journey(commit).await.unwrap();
    let second = known(&store, 1).await.inbox;
    assert_eq!(second, first.with_send(key, at));
    assert_eq!(second.sends.len(), 1);
}
