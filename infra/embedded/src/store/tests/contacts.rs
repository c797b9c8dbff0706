//! Contacts and their inboxes: opt-outs, erasures, claims.

use journey::campaign::Channel;
use journey::contact::{Contact, Inbox, OptOut, SuppressedFor};
use journey::port::{
    Commit, CommitError, CommitJourney, FindContact, InboxClaim, KeepContact, ListContacts, LoadJourney, PageError,
    Precondition, PutError, StoreError, Suppress, SuppressAddress,
};
use journey::{AddressId, ContactId, Journey, JourneyId, Provider};

use crate::Store;
use crate::store::inboxes;
use crate::testing::{contact, journey, journey_id, key, minutes, open, reference, send_key, start, write};

async fn claim(store: &Store, n: u32, address: &AddressId, expected: u64) -> Result<(), CommitError> {
    let claim = InboxClaim {
        address,
        expected,
        key: &send_key(n, 1, 1),
        at: start(),
    };
    store
        .commit_journey(Commit {
            journey: &journey(n),
            expected: 0,
            contact: None,
            claim: Some(claim),
            visited: None,
        })
        .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_claims_on_one_inbox_exactly_one_wins_and_the_other_writes_nothing() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let address = AddressId::new(&key(), "ana@example.com");
    store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    let (first, second) = tokio::join!(claim(&store, 1, &address, 0), claim(&store, 2, &address, 0));
    assert_eq!([&first, &second].iter().filter(|claim| claim.is_ok()).count(), 1);
    let loser = if first.is_ok() { 2 } else { 1 };
    assert!(store.load_journey(&journey_id(loser)).await.unwrap().is_none());
    let inbox = store.contact_of(&journey_id(1)).await.unwrap().unwrap().inbox;
    assert_eq!((inbox.version, inbox.sends.len()), (1, 1));
    claim(&store, loser, &address, 1).await.unwrap();
}

#[tokio::test]
async fn an_opt_out_beats_a_claim_that_did_not_know_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let address = AddressId::new(&key(), "ana@example.com");
    store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, start())
            .await
            .unwrap()
    );
    assert!(matches!(
        claim(&store, 1, &address, 0).await,
        Err(CommitError::VersionConflict)
    ));
}

#[tokio::test]
async fn an_erasure_beats_a_claim_that_did_not_know_of_it() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let address = AddressId::new(&key(), "ana@example.com");
    store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    assert!(
        store
            .erase_contact(
                &ContactId::new(&key(), Provider::Leap, &reference(1)),
                &Precondition::None
            )
            .await
            .unwrap()
    );
    assert!(matches!(
        claim(&store, 1, &address, 0).await,
        Err(CommitError::VersionConflict)
    ));
}

#[tokio::test]
async fn a_journey_finds_its_contact_whichever_was_stored_first() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    write(&store, &journey(1), 0).await.unwrap();
    write(&store, &journey(2), 0).await.unwrap();
    assert!(store.contact_of(&journey_id(2)).await.unwrap().is_none());
    store
        .put_contact(&contact(2, "ben@example.com"), &Precondition::None)
        .await
        .unwrap();
    for n in [1, 2] {
        let known = store.contact_of(&journey_id(n)).await.unwrap().unwrap();
        assert!(known.contact.reference == reference(n));
        assert_eq!(known.id, ContactId::new(&key(), Provider::Leap, &reference(n)));
        assert!(known == store.find_contact(&known.id).await.unwrap().unwrap());
    }
    // A journey under a foreign name finds the contact that it was written with.
    let foreign = Journey {
        id: JourneyId::parse(&"a".repeat(26)).unwrap(),
        ..journey(3)
    };
    let id = ContactId::new(&key(), Provider::Leap, &reference(1));
    store
        .commit_journey(Commit {
            journey: &foreign,
            expected: 0,
            contact: Some(&id),
            claim: None,
            visited: None,
        })
        .await
        .unwrap();
    assert_eq!(store.contact_of(&foreign.id).await.unwrap().unwrap().id, id);
}

#[tokio::test]
async fn an_opt_out_survives_an_erasure_and_a_second_import() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let id = ContactId::new(&key(), Provider::Leap, &reference(1));
    store
        .put_contact(
            &Contact {
                opted_out: OptOut::Everything,
                ..contact(1, "ana@example.com")
            },
            &Precondition::None,
        )
        .await
        .unwrap();
    assert!(store.erase_contact(&id, &Precondition::None).await.unwrap());
    assert!(!store.erase_contact(&id, &Precondition::None).await.unwrap());
    assert!(store.find_contact(&id).await.unwrap().is_none());
    assert!(store.contact_of(&journey_id(1)).await.unwrap().is_none());
    assert!(
        !store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(1))
            .await
            .unwrap()
    );
    store
        .put_contact(&contact(1, "Ana@Example.com"), &Precondition::None)
        .await
        .unwrap();
    store
        .put_contact(&contact(2, "ana@example.com "), &Precondition::None)
        .await
        .unwrap();
    for n in [1, 2] {
        let known = store.contact_of(&journey_id(n)).await.unwrap().unwrap();
        assert_eq!(known.inbox.suppressed.since(SuppressedFor::OptOut), Some(start()));
        // An event has no address but the reference.
        let same_reference = (n == 1).then_some(Channel::Event);
        assert_eq!(known.contact.opted_out, OptOut::of(same_reference));
    }
}

#[tokio::test]
async fn an_opt_out_after_an_erasure_is_kept_for_whoever_comes_back_with_the_address() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let id = ContactId::new(&key(), Provider::Leap, &reference(1));
    let foreign = Journey {
        id: JourneyId::parse(&"a".repeat(26)).unwrap(),
        ..journey(3)
    };
    let commit = Commit {
        journey: &foreign,
        expected: 0,
        contact: Some(&id),
        claim: None,
        visited: None,
    };
    store.commit_journey(commit).await.unwrap();
    for (n, journey) in [journey_id(1), foreign.id.clone()].into_iter().enumerate() {
        let address = format!("ana{n}@example.com");
        store
            .put_contact(&contact(1, &address), &Precondition::None)
            .await
            .unwrap();
        assert!(store.erase_contact(&id, &Precondition::None).await.unwrap());
        let inbox = store.read(|connection| inboxes::load(connection, &AddressId::new(&key(), &address)));
        assert_eq!(inbox.unwrap().suppressed.since(SuppressedFor::OptOut), None);
        assert!(
            !store
                .set_opted_out(&journey, &OptOut::NOTHING, minutes(1))
                .await
                .unwrap()
        );
        assert!(
            store
                .set_opted_out(&journey, &OptOut::Everything, minutes(2))
                .await
                .unwrap()
        );
        assert!(
            store
                .set_opted_out(&journey, &OptOut::Everything, minutes(3))
                .await
                .unwrap()
        );
        assert!(
            !store
                .set_opted_out(&journey, &OptOut::NOTHING, minutes(4))
                .await
                .unwrap()
        );
        store
            .put_contact(&contact(7, &address), &Precondition::None)
            .await
            .unwrap();
        let known = store.contact_of(&journey_id(7)).await.unwrap().unwrap();
        assert_eq!(known.inbox.suppressed.since(SuppressedFor::OptOut), Some(minutes(2)));
    }
    assert!(
        !store
            .set_opted_out(&journey_id(9), &OptOut::Everything, start())
            .await
            .unwrap()
    );
}

#[tokio::test]
async fn a_second_import_does_not_take_an_opt_out_back_but_the_person_may() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let nowhere = Contact {
        email: None,
        opted_out: OptOut::Everything,
        ..contact(1, "")
    };
    store.put_contact(&nowhere, &Precondition::None).await.unwrap();
    store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    let known = store.contact_of(&journey_id(1)).await.unwrap().unwrap();
    assert!(known.contact.opted_out.is_everything() && !known.inbox.suppressed.is_open());
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(1))
            .await
            .unwrap()
    );
    let known = store.contact_of(&journey_id(1)).await.unwrap().unwrap();
    assert!(known.contact.opted_out.is_nothing() && known.inbox.suppressed.is_open());
    assert!(known.inbox.version > 1);
}

#[tokio::test]
async fn an_erased_person_is_in_none_of_the_databases_files() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for n in 0..50 {
        store
            .put_contact(&contact(n, &format!("zebulon{n}@example.com")), &Precondition::None)
            .await
            .unwrap();
    }
    store
        .put_contact(&contact(0, "zebulon-moved@example.com"), &Precondition::None)
        .await
        .unwrap();
    for n in 0..50 {
        assert!(
            store
                .erase_contact(
                    &ContactId::new(&key(), Provider::Leap, &reference(n)),
                    &Precondition::None
                )
                .await
                .unwrap()
        );
    }
    for file in ["rekindle.db", "rekindle.db-wal"] {
        let bytes = std::fs::read(folder.path().join(file)).unwrap();
        assert!(!bytes.windows(7).any(|window| window == b"zebulon"), "{file}");
    }
}

#[tokio::test]
async fn contacts_are_exported_in_portions() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let count = 1_203;
    let puts: Vec<_> = (0..count)
        .map(|n| {
            let store = store.clone();
            tokio::spawn(async move {
                store
                    .put_contact(&contact(n, "ana@example.com"), &Precondition::None)
                    .await
            })
        })
        .collect();
    for put in puts {
        put.await.unwrap().unwrap();
    }
    assert_eq!(store.contacts_count().unwrap(), u64::from(count));
    let references: std::collections::BTreeSet<_> =
        store.contacts().map(|contact| contact.unwrap().reference).collect();
    assert_eq!(references.len(), count as usize);
}

#[tokio::test]
async fn a_claim_is_remembered_in_the_inbox() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    claim(&store, 1, &AddressId::new(&key(), "ana@example.com"), 0)
        .await
        .unwrap();
    let known = store.contact_of(&journey_id(1)).await.unwrap().unwrap();
    assert_eq!(known.inbox, Inbox::default().with_send(send_key(1, 1, 1), start()));
}

#[tokio::test]
async fn a_contact_that_cannot_be_read_can_be_erased() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    let spoil = store.write(|connection| Ok(connection.execute("UPDATE contacts SET record = '{'", [])?));
    spoil.await.unwrap();
    let id = ContactId::new(&key(), Provider::Leap, &reference(1));
    assert!(matches!(store.find_contact(&id).await, Err(StoreError::Corrupt(_))));
    assert!(store.contacts().next().unwrap().is_err());
    assert!(store.erase_contact(&id, &Precondition::None).await.unwrap());
    assert!(store.find_contact(&id).await.unwrap().is_none());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_two_who_create_only_what_is_not_there_exactly_one_does() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ana, ben) = (contact(1, "ana@example.com"), contact(1, "ben@example.com"));
    let (first, second) = tokio::join!(
        store.put_contact(&ana, &Precondition::Absent),
        store.put_contact(&ben, &Precondition::Absent)
    );
    let (winner, loser) = if first.is_ok() { (ana, second) } else { (ben, first) };
    assert!(matches!(loser, Err(PutError::PreconditionFailed)));
    let stored = store.contact_of(&journey_id(1)).await.unwrap().unwrap().contact;
    assert!(stored == winner);
}

#[tokio::test]
async fn a_contact_is_written_and_erased_only_as_the_caller_believes_it_to_be() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ana, ben) = (contact(1, "ana@example.com"), contact(1, "ben@example.com"));
    let id = ContactId::new(&key(), Provider::Leap, &reference(1));
    let tagged = |contact: &Contact| Precondition::Tagged(vec!["x".to_owned(), contact.tag()]);
    for absent in [Precondition::Present, tagged(&ana)] {
        let put = store.put_contact(&ana, &absent).await;
        assert!(matches!(put, Err(PutError::PreconditionFailed)), "{absent:?}");
        let erased = store.erase_contact(&id, &absent).await;
        assert!(matches!(erased, Err(PutError::PreconditionFailed)), "{absent:?}");
    }
    assert!(!store.erase_contact(&id, &Precondition::Absent).await.unwrap());
    store.put_contact(&ana, &Precondition::None).await.unwrap();
    for unlike in [Precondition::Absent, tagged(&ben), Precondition::Tagged(Vec::new())] {
        let put = store.put_contact(&ben, &unlike).await;
        assert!(matches!(put, Err(PutError::PreconditionFailed)), "{unlike:?}");
        let erased = store.erase_contact(&id, &unlike).await;
        assert!(matches!(erased, Err(PutError::PreconditionFailed)), "{unlike:?}");
        assert!(store.find_contact(&id).await.unwrap().unwrap().contact == ana);
    }
    store.put_contact(&ben, &tagged(&ana)).await.unwrap();
    assert!(store.erase_contact(&id, &tagged(&ben)).await.unwrap());
    store.put_contact(&ana, &Precondition::Absent).await.unwrap();
    assert!(store.erase_contact(&id, &Precondition::Present).await.unwrap());
}

#[tokio::test]
async fn pages_hold_every_contact_once_and_leave_out_what_cannot_be_read() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    for n in 0..5 {
        let address = format!("ana{n}@example.com");
        store
            .put_contact(&contact(n, &address), &Precondition::None)
            .await
            .unwrap();
    }
    let spoil =
        store.write(|connection| Ok(connection.execute("UPDATE contacts SET record = '{' WHERE number = 2", [])?));
    spoil.await.unwrap();
    let (mut seen, mut cursor) = (Vec::new(), None);
    for expected in [1, 2, 1] {
        let page = store.list_contacts(2, cursor.as_deref()).await.unwrap();
        assert_eq!(page.contacts.len(), expected);
        seen.extend(page.contacts.into_iter().map(|contact| contact.reference));
        cursor = page.next;
    }
    assert_eq!(cursor, None);
    assert!(seen == [0, 2, 3, 4].map(reference), "in the order of their arrival");
    for foreign in [
        "",
        "2",
        "000000000000000g",
        "0000000000000000",
        "-000000000000001",
        "00000000000000001",
    ] {
        let page = store.list_contacts(2, Some(foreign)).await;
        assert!(matches!(page, Err(PageError::BadCursor)), "{foreign}");
    }
    let behind = store.list_contacts(2, Some("7fffffffffffffff")).await.unwrap();
    assert!(behind.contacts.is_empty() && behind.next.is_none());
}

#[tokio::test]
async fn an_inbox_that_bounced_is_closed_for_everybody_and_stays_so() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let address = AddressId::new(&key(), "ana@example.com");
    store
        .put_contact(&contact(1, "ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    store
        .suppress_address(&address, SuppressedFor::Bounce, minutes(1))
        .await
        .unwrap();
    store
        .suppress_address(&address, SuppressedFor::Bounce, minutes(2))
        .await
        .unwrap();
    store
        .put_contact(&contact(2, "Ana@example.com"), &Precondition::None)
        .await
        .unwrap();
    for n in [1, 2] {
        let inbox = store.contact_of(&journey_id(n)).await.unwrap().unwrap().inbox;
        assert_eq!(inbox.suppressed.since(SuppressedFor::Bounce), Some(minutes(1)));
    }
    let late = claim(&store, 1, &address, 0).await;
    assert!(
        matches!(late, Err(CommitError::VersionConflict)),
        "decided before it bounced"
    );
}
