//! Contacts: names, preconditions, pages.

use std::collections::BTreeSet;

use journey::contact::Contact;
use journey::port::{FindContact, KeepContact, ListContacts, LoadJourney, PageError, Precondition, PutError};

use crate::people::{address, begin, contact, contact_id, erase, journey_id, key, known, put};
use crate::{Ports, Stage};

/// Whichever of the two was stored first.
pub async fn a_contact_is_found_by_its_name_and_by_its_journey(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    begin(&store, 1).await;
    begin(&store, 2).await;
    assert!(store.contact_of(&journey_id(2)).await.unwrap().is_none());
    assert!(store.find_contact(&contact_id(2)).await.unwrap().is_none());
    put(&store, &contact(2, "Ben@Example.com ")).await;
    let nowhere = Contact {
        email: None,
        ..contact(3, "")
    };
    put(&store, &nowhere).await;
    begin(&store, 3).await;
    for (n, email) in [(1, Some("ana@example.com")), (2, Some("ben@example.com")), (3, None)] {
        let found = store.contact_of(&journey_id(n)).await.unwrap().unwrap();
        assert_eq!(found.id, contact_id(n));
        let of_reference = found.contact.ledger(&key());
        assert_eq!(found.address, Some(email.map_or(of_reference, address)));
        assert!(found == known(&store, n).await);
    }
    assert!(known(&store, 1).await.contact == contact(1, "ana@example.com"));
    // Another address is another inbox, wherever the old one was remembered.
    put(&store, &contact(1, "moved@example.com")).await;
    let moved = store.contact_of(&journey_id(1)).await.unwrap().unwrap();
    assert_eq!(moved.address, Some(address("moved@example.com")));
    put(&store, &nowhere_but(1)).await;
    let nowhere = known(&store, 1).await;
    assert_eq!(nowhere.address, Some(nowhere.contact.ledger(&key())), "the reference's");
}

fn nowhere_but(n: u32) -> Contact {
    Contact {
        email: None,
        ..contact(n, "")
    }
}

/// Whoever has a link of ours knows the journey's name alone, and it may not have begun yet.
pub async fn a_contact_is_found_by_its_journey_before_that_has_begun(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    assert!(store.contact_of(&journey_id(1)).await.unwrap().is_some());
    assert!(store.contact_of(&journey_id(2)).await.unwrap().is_none());
    assert!(store.load_journey(&journey_id(1)).await.unwrap().is_none());
    // It begins like any other.
    begin(&store, 1).await;
    assert_eq!(store.load_journey(&journey_id(1)).await.unwrap().unwrap().version, 1);
    assert!(store.contact_of(&journey_id(1)).await.unwrap().is_some());
}

/// `If-None-Match: *`, `If-Match: *` and `If-Match: "..."`, on writes and on erasures.
pub async fn each_precondition_holds_when_it_says_so(stage: &impl Stage) {
    let store = stage.store();
    let (old, new) = (contact(1, "ana@example.com"), contact(1, "moved@example.com"));
    let tagged = |contact: &Contact| Precondition::Tagged(vec!["other".to_owned(), contact.tag()]);
    // Nothing is there.
    for refused in [Precondition::Present, tagged(&old)] {
        assert_refused(store.put_contact(&old, &refused).await);
        assert_refused(store.erase_contact(&contact_id(1), &refused).await);
    }
    assert!(
        !store
            .erase_contact(&contact_id(1), &Precondition::Absent)
            .await
            .unwrap()
    );
    store.put_contact(&old, &Precondition::Absent).await.unwrap();
    // Something is there.
    for refused in [Precondition::Absent, tagged(&new), Precondition::Tagged(Vec::new())] {
        assert_refused(store.put_contact(&new, &refused).await);
        assert_refused(store.erase_contact(&contact_id(1), &refused).await);
    }
    assert!(known(&store, 1).await.contact == old);
    store.put_contact(&new, &tagged(&old)).await.unwrap();
    store.put_contact(&old, &Precondition::Present).await.unwrap();
    store.put_contact(&new, &Precondition::None).await.unwrap();
    assert!(known(&store, 1).await.contact == new);
    assert!(store.erase_contact(&contact_id(1), &tagged(&new)).await.unwrap());
    store.put_contact(&old, &Precondition::Absent).await.unwrap();
    assert!(
        store
            .erase_contact(&contact_id(1), &Precondition::Present)
            .await
            .unwrap()
    );
    assert!(!erase(&store, 1).await);
}

fn assert_refused<T>(outcome: Result<T, PutError>) {
    assert!(matches!(outcome, Err(PutError::PreconditionFailed)));
}

/// A precondition is checked in the same moment as the write.
pub async fn of_many_who_create_a_contact_exactly_one_does(stage: &impl Stage) {
    let store = stage.store();
    let contents = (0..6).map(|n| contact(1, &format!("ana{n}@example.com"))).collect();
    assert_eq!(race(&store, contents, &Precondition::Absent).await, 1);
}

/// The same for a change of what all of them have read.
pub async fn of_many_who_change_the_same_content_exactly_one_does(stage: &impl Stage) {
    let store = stage.store();
    let before = contact(1, "ana@example.com");
    put(&store, &before).await;
    let contents = (0..6).map(|n| contact(1, &format!("ana{n}@example.com"))).collect();
    let unchanged = Precondition::Tagged(vec![before.tag()]);
    assert_eq!(race(&store, contents, &unchanged).await, 1);
}

async fn race(store: &impl Ports, contents: Vec<Contact>, only_if: &Precondition) -> usize {
    let racers = contents.into_iter().map(|contact| {
        let (store, only_if) = (store.clone(), only_if.clone());
        tokio::spawn(async move { (store.put_contact(&contact, &only_if).await, contact) })
    });
    let mut won = 0;
    for racer in futures::future::join_all(racers).await {
        match racer.unwrap() {
            (Ok(()), contact) => {
                won += 1;
                assert!(known(store, 1).await.contact == contact);
            }
            (Err(PutError::PreconditionFailed), _) => {}
            (Err(PutError::Store(error)), _) => panic!("{error:?}"),
        }
    }
    won
}

/// None is missing, none comes twice, and every page but the last leads on.
pub async fn five_hundred_contacts_are_listed_once_each_page_by_page(stage: &impl Stage) {
    let store = stage.store();
    assert!(store.list_contacts(10, None).await.unwrap().contacts.is_empty());
    let imports = (0..500).map(|n| {
        let store = store.clone();
        tokio::spawn(async move { put(&store, &contact(n, &format!("ana{n}@example.com"))).await })
    });
    for import in futures::future::join_all(imports).await {
        import.unwrap();
    }
    begin(&store, 1).await;
    for limit in [1_000, 500, 99] {
        let listed = list(&store, limit).await;
        let references: BTreeSet<&str> = listed.iter().map(|contact| contact.reference.expose()).collect();
        assert_eq!((listed.len(), references.len()), (500, 500));
        assert!(listed == list(&store, limit).await, "the order stays");
    }
}

/// All contacts, by pages of so many.
pub async fn list(store: &impl ListContacts, limit: usize) -> Vec<Contact> {
    let (mut listed, mut after) = (Vec::new(), None);
    loop {
        let page = store.list_contacts(limit, after.as_deref()).await.unwrap();
        assert!(page.contacts.len() <= limit);
        listed.extend(page.contacts);
        let Some(next) = page.next else {
            return listed;
        };
        assert!(!next.contains("site") && !next.contains('@'), "{next}");
        assert_ne!(after, Some(next.clone()), "a cursor that leads nowhere");
        after = Some(next);
    }
}

/// Whatever a caller makes up.
pub async fn a_cursor_that_was_never_handed_out_is_refused(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    for foreign in [
        "",
        "-1",
        "next",
        "!",
        "💥",
        "Z2FyYmFnZQ",
        "' OR 1=1",
        &"a".repeat(10_000),
    ] {
        let refused = store.list_contacts(10, Some(foreign)).await;
        assert!(matches!(refused, Err(PageError::BadCursor)), "{foreign}");
    }
}
