//! Opt-outs: once said, they stay said.

use journey::campaign::Channel;
use journey::contact::{ChannelInbox, Contact, OptOut, Permission, SuppressedFor};
use journey::port::{FindContact, Suppress, SuppressAddress};
use journey::{AddressId, PhoneNumber, PushEndpoint};

use crate::Stage;
use crate::people::{
    address, begin, claim, contact, contact_id, erase, journey_id, key, known, lost, minutes, put, start,
};

/// An import knows nothing of what the person has said since the last one.
pub async fn a_second_import_does_not_take_an_opt_out_back_but_the_person_may(stage: &impl Stage) {
    let store = stage.store();
    let nowhere = Contact {
        email: None,
        opted_out: OptOut::Everything,
        ..contact(1, "")
    };
    put(&store, &nowhere).await;
    begin(&store, 1).await;
    put(&store, &contact(1, "ana@example.com")).await;
    let suppressed = known(&store, 1).await;
    assert!(suppressed.contact.opted_out.is_everything() && !suppressed.inbox.suppressed.is_open());
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(1))
            .await
            .unwrap()
    );
    let released = known(&store, 1).await;
    assert!(released.contact.opted_out.is_nothing() && released.inbox.suppressed.is_open());
    assert!(released.inbox.version > suppressed.inbox.version);
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, minutes(2))
            .await
            .unwrap()
    );
    put(&store, &contact(1, "ana@example.com")).await;
    let again = known(&store, 1).await;
    assert!(again.contact.opted_out.is_everything());
    assert_eq!(again.inbox.suppressed.since(SuppressedFor::OptOut), Some(minutes(2)));
}

/// The inbox outlives the contact.
pub async fn an_opt_out_survives_an_erasure_and_a_second_import(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    begin(&store, 1).await;
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, start())
            .await
            .unwrap()
    );
    assert!(erase(&store, 1).await);
    assert!(!erase(&store, 1).await);
    assert!(store.find_contact(&contact_id(1)).await.unwrap().is_none());
    assert!(store.contact_of(&journey_id(1)).await.unwrap().is_none());
    assert!(
        !store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(1))
            .await
            .unwrap()
    );
    put(&store, &contact(1, "Ana@Example.com")).await;
    put(&store, &contact(2, "ana@example.com ")).await;
    for n in [1, 2] {
        let known = known(&store, n).await;
        assert_eq!(known.inbox.suppressed.since(SuppressedFor::OptOut), Some(start()));
        // An event has no address but the reference.
        let same_reference = (n == 1).then_some(Channel::Event);
        assert_eq!(known.contact.opted_out, OptOut::of(same_reference));
    }
}

/// An event has no address but the reference, so its opt-out is kept with that: over an erasure, by a link in an older
/// message after one, and until the person takes it back.
pub async fn an_opt_out_of_events_holds_for_the_reference(stage: &impl Stage) {
    let store = stage.store();
    let opted_out = async |n| known(&store, n).await.contact.opted_out;
    let no_events = OptOut::of([Channel::Event]);
    let ana = Contact {
        opted_out: no_events.clone(),
        ..contact(1, "ana@example.com")
    };
    put(&store, &ana).await;
    begin(&store, 1).await;
    assert!(known(&store, 1).await.inbox.suppressed.is_open(), "mail may go");
    assert!(erase(&store, 1).await);
    put(&store, &contact(1, "ana@example.com")).await;
    assert_eq!(opted_out(1).await, no_events);
    put(&store, &contact(2, "ana@example.com")).await;
    assert_eq!(
        opted_out(2).await,
        OptOut::NOTHING,
        "another reference is somebody else's"
    );
    // Taken back, and erased again: there is nothing to keep.
    let taken_back = store.set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(1)).await;
    assert!(taken_back.unwrap());
    assert!(erase(&store, 1).await);
    put(&store, &contact(1, "ana@example.com")).await;
    assert_eq!(opted_out(1).await, OptOut::NOTHING);
    // By a link in a message that is older than the erasure.
    assert!(erase(&store, 1).await);
    let by_link = store
        .set_opted_out(&journey_id(1), &OptOut::Everything, minutes(2))
        .await;
    assert!(by_link.unwrap());
    put(&store, &contact(1, "ana@example.com")).await;
    assert_eq!(opted_out(1).await, no_events);
}

/// The app on a person's device has an inbox of its own, which opens and closes like a number's.
pub async fn a_device_s_opt_out_survives_an_erasure_and_a_second_import(stage: &impl Stage) {
    let store = stage.store();
    let with_app = |n, email: Option<&str>| Contact {
        email: email.map(str::to_owned),
        push: Some(PushEndpoint::new("arn:aws:sns:us-east-1:123456789012:endpoint/APNS/example-app/ana").unwrap()),
        ..contact(n, "")
    };
    let device_of = async |n| known(&store, n).await.device.expect("the contact has a device");
    put(&store, &with_app(1, Some("ana@example.com"))).await;
    begin(&store, 1).await;
    assert!(device_of(1).await.suppressed.is_open());
    // Of pushes alone.
    let of_pushes = OptOut::of([Channel::Push]);
    assert!(
        store
            .set_opted_out(&journey_id(1), &of_pushes, minutes(1))
            .await
            .unwrap()
    );
    let ana = known(&store, 1).await;
    assert!(ana.inbox.suppressed.is_open(), "mail may go");
    assert_eq!(
        ana.device.unwrap().suppressed.since(SuppressedFor::OptOut),
        Some(minutes(1))
    );
    assert!(erase(&store, 1).await);
    put(&store, &with_app(1, Some("ana@example.com"))).await;
    put(&store, &with_app(2, None)).await;
    for n in [1, 2] {
        let known = known(&store, n).await;
        assert_eq!(known.permission(Channel::Push), Permission::Suppressed, "{n}");
    }
    let alone = known(&store, 2).await;
    assert_eq!(
        alone.address,
        alone.device.map(|device| device.address),
        "without an address and a number the device's ledger counts"
    );
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(2))
            .await
            .unwrap()
    );
    assert!(device_of(2).await.suppressed.is_open());
}

/// The link in an older mail goes on working, also when the person was erased twice, at two addresses.
pub async fn an_opt_out_after_an_erasure_is_kept_for_whoever_comes_back_with_the_address(stage: &impl Stage) {
    let store = stage.store();
    begin(&store, 1).await;
    for n in [1, 2] {
        put(&store, &contact(1, &format!("ana{n}@example.com"))).await;
        assert!(erase(&store, 1).await);
    }
    assert!(
        !store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(1))
            .await
            .unwrap()
    );
    put(&store, &contact(7, "ana1@example.com")).await;
    assert_eq!(
        known(&store, 7).await.inbox.suppressed.since(SuppressedFor::OptOut),
        None
    );
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, minutes(2))
            .await
            .unwrap()
    );
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, minutes(3))
            .await
            .unwrap()
    );
    assert!(
        !store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(4))
            .await
            .unwrap()
    );
    put(&store, &contact(8, "ana2@example.com")).await;
    for n in [7, 8] {
        assert_eq!(
            known(&store, n).await.inbox.suppressed.since(SuppressedFor::OptOut),
            Some(minutes(2)),
            "{n}"
        );
    }
}

/// A bounce closes an inbox for everybody, also one that nobody has yet.
pub async fn a_suppressed_address_stays_so_from_the_first_time_on(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &contact(1, "ana@example.com")).await;
    for at in [minutes(1), minutes(5)] {
        store
            .suppress_address(&address("ana@example.com"), SuppressedFor::Bounce, at)
            .await
            .unwrap();
        store
            .suppress_address(&address("new@example.com"), SuppressedFor::Bounce, at)
            .await
            .unwrap();
    }
    put(&store, &contact(2, "new@example.com")).await;
    for (n, email) in [(1, "ana@example.com"), (2, "new@example.com")] {
        let known = known(&store, n).await;
        assert_eq!(known.inbox.suppressed.since(SuppressedFor::Bounce), Some(minutes(1)));
        assert_eq!(known.inbox.version, 1, "the second time changed nothing");
        assert!(known.contact.opted_out.is_nothing());
        // A claim that did not know of it loses.
        assert!(lost(&claim(&store, n, &address(email), (0, 0)).await));
    }
}

/// There is nobody behind it, and nothing is left behind by asking.
pub async fn nobody_is_opted_out_by_an_unknown_journey(stage: &impl Stage) {
    let store = stage.store();
    assert!(
        !store
            .set_opted_out(&journey_id(9), &OptOut::Everything, start())
            .await
            .unwrap()
    );
    begin(&store, 9).await;
    assert!(
        !store
            .set_opted_out(&journey_id(9), &OptOut::Everything, start())
            .await
            .unwrap()
    );
    put(&store, &contact(9, "ana@example.com")).await;
    assert!(!known(&store, 9).await.contact.opted_out.is_everything());
}

/// A person with a number, and perhaps an address.
fn reachable(n: u32, email: Option<&str>, phone: &str) -> Contact {
    Contact {
        email: email.map(str::to_owned),
        phone: Some(PhoneNumber::new(phone).unwrap()),
        ..contact(n, "")
    }
}

async fn number_of(store: &impl FindContact, n: u32) -> ChannelInbox {
    known(store, n).await.number.expect("the contact has a number")
}

/// An opt-out from everything closes the number too, and who opts in again gets both back.
pub async fn an_opt_out_closes_the_number_too_and_opting_in_opens_both(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &reachable(1, Some("ana@example.com"), "+12025550123")).await;
    begin(&store, 1).await;
    let open = known(&store, 1).await;
    assert_eq!(
        open.address,
        Some(address("ana@example.com")),
        "the address's ledger counts"
    );
    assert!(open.number.unwrap().suppressed.is_open());
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, minutes(1))
            .await
            .unwrap()
    );
    let since = |number: &ChannelInbox| number.suppressed.since(SuppressedFor::OptOut);
    assert_eq!(since(&number_of(&store, 1).await), Some(minutes(1)));
    // Whoever else has the number gets no texts either, and mail as before.
    put(&store, &reachable(2, Some("bo@example.com"), "+12025550123")).await;
    assert_eq!(since(&number_of(&store, 2).await), Some(minutes(1)));
    assert!(known(&store, 2).await.inbox.suppressed.is_open());
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(2))
            .await
            .unwrap()
    );
    let again = known(&store, 1).await;
    assert!(again.contact.opted_out.is_nothing() && again.inbox.suppressed.is_open());
    assert!(again.number.unwrap().suppressed.is_open());
}

/// One channel is closed, the other stays open, and each is opened by itself.
pub async fn an_opt_out_of_one_channel_leaves_the_others(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &reachable(1, Some("ana@example.com"), "+12025550123")).await;
    begin(&store, 1).await;
    for (minute, out) in [(1, Channel::Sms), (2, Channel::Email)] {
        let only = OptOut::of([out]);
        assert!(
            store
                .set_opted_out(&journey_id(1), &only, minutes(minute))
                .await
                .unwrap()
        );
        let known = known(&store, 1).await;
        assert_eq!(known.contact.opted_out, only);
        for channel in [Channel::Email, Channel::Sms] {
            let suppressed = known.suppression(channel).unwrap();
            assert_eq!(suppressed.is_open(), channel != out, "{}", channel.as_str());
        }
    }
    // A second import adds to it, and takes nothing back.
    let texts_too = Contact {
        opted_out: OptOut::of([Channel::Sms]),
        ..reachable(1, Some("ana@example.com"), "+12025550123")
    };
    put(&store, &texts_too).await;
    let both = known(&store, 1).await;
    assert_eq!(both.contact.opted_out, OptOut::of([Channel::Email, Channel::Sms]));
    assert!(!both.inbox.suppressed.is_open() && !both.number.unwrap().suppressed.is_open());
}

/// What the person did not choose, the person's choice does not take back.
pub async fn opting_in_lifts_nothing_but_the_person_s_own_opt_out(stage: &impl Stage) {
    let store = stage.store();
    let ana = reachable(1, Some("ana@example.com"), "+12025550123");
    put(&store, &ana).await;
    begin(&store, 1).await;
    let of_mail = [SuppressedFor::Bounce, SuppressedFor::Complaint];
    let of_texts = [SuppressedFor::Stop, SuppressedFor::SenderList];
    let number = AddressId::of_number(&key(), ana.phone.as_ref().unwrap());
    for why in of_mail {
        store
            .suppress_address(&address("ana@example.com"), why, minutes(1))
            .await
            .unwrap();
    }
    for why in of_texts {
        store.suppress_address(&number, why, minutes(1)).await.unwrap();
    }
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, minutes(2))
            .await
            .unwrap()
    );
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(3))
            .await
            .unwrap()
    );
    let reasons = |known: &journey::contact::Known, channel| -> Vec<SuppressedFor> {
        known
            .suppression(channel)
            .unwrap()
            .reasons()
            .map(|(why, _)| why)
            .collect()
    };
    let back = known(&store, 1).await;
    assert_eq!(reasons(&back, Channel::Email), of_mail);
    assert_eq!(reasons(&back, Channel::Sms), of_texts);
    // Each goes by itself, and what is not there changes nothing.
    for why in [SuppressedFor::Stop, SuppressedFor::Bounce] {
        store.reopen_address(&number, why, minutes(4)).await.unwrap();
    }
    let version = known(&store, 1).await.inbox.version;
    store
        .reopen_address(&address("ana@example.com"), SuppressedFor::Stop, minutes(4))
        .await
        .unwrap();
    let started = known(&store, 1).await;
    assert_eq!(reasons(&started, Channel::Sms), [SuppressedFor::SenderList]);
    assert_eq!(started.inbox.version, version);
}

/// Answers come in any order, and more than once: a START opens nothing that was closed after it.
pub async fn a_start_takes_back_only_what_was_said_before_it(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &reachable(1, None, "+12025550123")).await;
    let number = number_of(&store, 1).await.address;
    let stop = SuppressedFor::Stop;
    assert!(store.suppression(&number).await.unwrap().is_open());
    // The first STOP, a START between the two, and the second STOP, of which each may come twice.
    for at in [minutes(1), minutes(3), minutes(3), minutes(1)] {
        store.suppress_address(&number, stop, at).await.unwrap();
    }
    store
        .suppress_address(&number, SuppressedFor::SenderList, minutes(2))
        .await
        .unwrap();
    let closed = store.suppression(&number).await.unwrap();
    assert_eq!(closed.since(stop), Some(minutes(3)), "of a STOP the last counts");
    let version = known(&store, 1).await.inbox.version;
    for at in [minutes(2), minutes(3)] {
        store.reopen_address(&number, stop, at).await.unwrap();
    }
    store
        .reopen_address(&number, SuppressedFor::SenderList, minutes(2))
        .await
        .unwrap();
    assert_eq!(store.suppression(&number).await.unwrap(), closed);
    assert_eq!(
        known(&store, 1).await.inbox.version,
        version,
        "what is no news writes nothing"
    );
    store.reopen_address(&number, stop, minutes(4)).await.unwrap();
    let left = store.suppression(&number).await.unwrap();
    assert_eq!(left, number_of(&store, 1).await.suppressed);
    assert_eq!(
        (left.since(stop), left.since(SuppressedFor::SenderList)),
        (None, Some(minutes(2)))
    );
    store
        .reopen_address(&number, SuppressedFor::SenderList, minutes(4))
        .await
        .unwrap();
    assert!(store.suppression(&number).await.unwrap().is_open());
}

/// Without an address the number's inbox is the ledger.
pub async fn a_number_without_an_address_counts_for_itself(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &reachable(1, None, "+12025550123")).await;
    begin(&store, 1).await;
    let alone = known(&store, 1).await;
    let ledger = alone.address.clone().unwrap();
    assert_eq!(Some(&ledger), alone.number.as_ref().map(|number| &number.address));
    claim(&store, 1, &ledger, (1, alone.inbox.version)).await.unwrap();
    assert_eq!(known(&store, 1).await.inbox.sends.len(), 1);
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, minutes(1))
            .await
            .unwrap()
    );
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::NOTHING, minutes(2))
            .await
            .unwrap()
    );
    let back = known(&store, 1).await;
    assert!(
        back.contact.opted_out.is_nothing() && back.inbox.suppressed.is_open(),
        "it is the same inbox"
    );
}

/// A sender's own list closes a number for everybody, from the first time on.
pub async fn a_number_is_suppressed_by_its_name(stage: &impl Stage) {
    let store = stage.store();
    let number = PhoneNumber::new("+12025550123").unwrap();
    let name = AddressId::of_number(&key(), &number);
    for at in [minutes(1), minutes(5)] {
        store
            .suppress_address(&name, SuppressedFor::SenderList, at)
            .await
            .unwrap();
    }
    put(&store, &reachable(1, Some("ana@example.com"), "+12025550123")).await;
    put(&store, &reachable(2, Some("bo@example.com"), "+12025550124")).await;
    assert_eq!(
        number_of(&store, 1).await.suppressed.since(SuppressedFor::SenderList),
        Some(minutes(1))
    );
    assert_eq!(
        known(&store, 1).await.inbox.suppressed.since(SuppressedFor::SenderList),
        None
    );
    assert_eq!(
        number_of(&store, 2).await.suppressed.since(SuppressedFor::SenderList),
        None
    );
}

/// The number outlives the contact as the address does.
pub async fn a_number_s_opt_out_survives_an_erasure_and_a_second_import(stage: &impl Stage) {
    let store = stage.store();
    put(&store, &reachable(1, Some("ana@example.com"), "+12025550123")).await;
    begin(&store, 1).await;
    assert!(erase(&store, 1).await);
    // The link in an older message still closes both.
    assert!(
        store
            .set_opted_out(&journey_id(1), &OptOut::Everything, minutes(1))
            .await
            .unwrap()
    );
    put(&store, &reachable(1, Some("ana@example.com"), "+12025550123")).await;
    put(&store, &reachable(2, None, "+12025550123")).await;
    for n in [1, 2] {
        let known = known(&store, n).await;
        assert_eq!(
            known.number.unwrap().suppressed.since(SuppressedFor::OptOut),
            Some(minutes(1)),
            "{n}"
        );
        assert_eq!(
            known.inbox.suppressed.since(SuppressedFor::OptOut),
            Some(minutes(1)),
            "{n}"
        );
    }
    // So does one that comes with an import.
    let out = Contact {
        opted_out: OptOut::Everything,
        ..reachable(3, None, "+12025550125")
    };
    put(&store, &out).await;
    assert!(erase(&store, 3).await);
    put(&store, &reachable(3, None, "+12025550125")).await;
    assert!(!number_of(&store, 3).await.suppressed.is_open());
}

/// Whatever closed an inbox outlives the person, by its name alone, and so does its reason.
pub async fn each_reason_survives_an_erasure_and_comes_with_whoever_is_imported(stage: &impl Stage) {
    let store = stage.store();
    let ana = reachable(1, Some("ana@example.com"), "+12025550123");
    put(&store, &ana).await;
    begin(&store, 1).await;
    let number = AddressId::of_number(&key(), ana.phone.as_ref().unwrap());
    for why in SuppressedFor::ALL {
        for inbox in [&address("ana@example.com"), &number] {
            store.suppress_address(inbox, why, minutes(1)).await.unwrap();
        }
    }
    assert!(erase(&store, 1).await);
    put(&store, &ana).await;
    put(&store, &reachable(2, Some("ana@example.com"), "+12025550123")).await;
    for n in [1, 2] {
        let known = known(&store, n).await;
        assert!(
            known.contact.opted_out.is_nothing(),
            "{n}: nothing of the contact itself is left"
        );
        assert_eq!(known.stopped_since(), Some(minutes(1)));
        for channel in Channel::ALL {
            let Some(suppressed) = known.suppression(channel) else {
                continue;
            };
            let all: Vec<_> = SuppressedFor::ALL.map(|why| (why, minutes(1))).into();
            assert_eq!(
                suppressed.reasons().collect::<Vec<_>>(),
                all,
                "{n} {}",
                channel.as_str()
            );
            assert_eq!(
                known.permission(channel),
                Permission::OptedOut,
                "{n} {}",
                channel.as_str()
            );
        }
    }
}
