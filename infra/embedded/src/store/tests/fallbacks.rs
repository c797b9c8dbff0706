//! What customers gave by hand: the latest of each, and no file that no row names.

use journey::port::{EraseFallback, KeepFallback, PassOnFallback};
use journey::{BillFile, BillKind, ContactId, HandOver, Provider, Reference};

use crate::testing::{key, minutes, open};

fn contact(name: &str) -> ContactId {
    ContactId::new(&key(), Provider::Bayou, &Reference::new(name).unwrap())
}

#[tokio::test]
async fn the_latest_bill_stays_and_no_file_of_another() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let (ana, ben) = (contact("ana"), contact("ben"));
    store
        .keep_bill(&ben, BillKind::Png, b"ben's", minutes(0))
        .await
        .unwrap();
    for (n, bill) in [b"first", b"again"].iter().enumerate() {
        let at = minutes(i64::try_from(n).unwrap());
        store.keep_bill(&ana, BillKind::Pdf, *bill, at).await.unwrap();
    }
    let given = folder.path().join("given");
    // What a crash between the file and its row has left.
    std::fs::write(given.join(format!("{ana}-0-0")), b"torn").unwrap();
    let files = || std::fs::read_dir(&given).unwrap().count();
    assert_eq!(files(), 3);
    let bill = store.read_bill(&ana).await.unwrap();
    assert_eq!(bill, Some(BillFile::Bytes(BillKind::Pdf, b"again".to_vec())));
    let kept = store.find_fallback(&ana).await.unwrap().bill.unwrap();
    assert_eq!((kept.given_at, kept.bytes), (minutes(1), 5));

    store.erase_fallback(&ana).await.unwrap();
    assert_eq!(files(), 1);
    assert_eq!(store.read_bill(&ana).await.unwrap(), None);
    assert!(store.read_bill(&ben).await.unwrap().is_some());
    store.erase_fallback(&ana).await.unwrap();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 4)]
async fn of_many_bills_at_once_the_one_that_is_named_is_there() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ana = contact("ana");
    let keeping = (0..20).map(|n: u8| {
        let (store, ana) = (store.clone(), ana.clone());
        tokio::spawn(async move { store.keep_bill(&ana, BillKind::Jpeg, &[n], minutes(0)).await.unwrap() })
    });
    let keeping: Vec<_> = keeping.collect();
    for kept in keeping {
        kept.await.unwrap();
    }
    assert!(store.read_bill(&ana).await.unwrap().is_some());
    assert_eq!(std::fs::read_dir(folder.path().join("given")).unwrap().count(), 1);
}

#[tokio::test]
async fn a_hand_over_is_begun_by_one_alone_and_forgotten_with_the_next_bill() {
    let folder = tempfile::tempdir().unwrap();
    let store = open(folder.path());
    let ana = contact("ana");
    let begun = HandOver::Begun { at: minutes(1) };
    let done = HandOver::Done {
        at: minutes(1),
        bill_id: Some("77".to_owned()),
    };
    store
        .keep_bill(&ana, BillKind::Pdf, b"first", minutes(0))
        .await
        .unwrap();
    let found = || async { store.find_fallback(&ana).await.unwrap().bill.unwrap() };
    let new = found().await;
    assert_eq!(new.hand_over, None);
    assert!(store.keep_hand_over(&ana, &new, Some(&begun)).await.unwrap());
    assert!(!store.keep_hand_over(&ana, &new, Some(&begun)).await.unwrap());
    let at_it = found().await;
    assert_eq!(at_it.hand_over, Some(begun.clone()));
    assert!(store.keep_hand_over(&ana, &at_it, None).await.unwrap());
    assert!(store.keep_hand_over(&ana, &new, Some(&done)).await.unwrap());
    assert_eq!(found().await.hand_over, Some(done));
    assert_eq!(
        store.bill_content(&ana, &new).await.unwrap().as_deref(),
        Some(b"first".as_slice())
    );

    store
        .keep_bill(&ana, BillKind::Pdf, b"again", minutes(2))
        .await
        .unwrap();
    assert_eq!(found().await.hand_over, None);
    assert_eq!(store.bill_content(&ana, &new).await.unwrap(), None);
    assert!(!store.keep_hand_over(&ana, &new, Some(&begun)).await.unwrap());
    store.erase_fallback(&ana).await.unwrap();
    assert!(!store.keep_hand_over(&ana, &new, Some(&begun)).await.unwrap());
}
