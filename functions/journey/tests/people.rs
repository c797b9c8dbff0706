//! What a contact says of itself, what the rules may know of it, and what its inbox remembers.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

mod support;

use std::collections::BTreeSet;

use journey::campaign::Channel;
use journey::contact::{
    Classification, Consent, Contact, Facts, Inbox, InboxSend, Known, Locale, OptOut, Permission, SuppressedFor,
    Suppression,
};
use journey::{
    AddressId, DeliveryProblem, Flow, IdKey, PhoneNumber, Provider, PushEndpoint, Reference, SendKey, Territory, Touch,
};
use law::State;

use support::{at, code, journey_id, zone};

const EMAIL: &str = "avery@example.com";
const NUMBER: &str = "+12025550123";
const DEVICE: &str = "arn:aws:sns:us-east-1:123456789012:endpoint/APNS/example-app/0e6b4f0c";

fn key() -> IdKey {
    IdKey::new(vec![7; 32]).unwrap()
}

fn contact() -> Contact {
    Contact {
        provider: Provider::Leap,
        reference: Reference::new("site-ca-0001").unwrap(),
        email: Some(EMAIL.to_owned()),
        phone: Some(PhoneNumber::new(NUMBER).unwrap()),
        push: None,
        consent: [(
            Channel::Sms,
            Consent {
                at: at("2026-01-05T10:00:00Z"),
                source: "sign-up form".to_owned(),
                version: "v3".to_owned(),
                wording: None,
            },
        )]
        .into(),
        first_name: Some("Avery".to_owned()),
        locale: Locale::Es,
        zone: None,
        state: None,
        flow: Flow::DirectToUtility,
        region: Some("CAISO".to_owned()),
        classification: Classification::Commercial,
        utility: Some(code("SDGE")),
        link: None,
        sharing_ends_at: None,
        opted_out: OptOut::NOTHING,
    }
}

fn state(code: &str) -> State {
    State::parse(code).unwrap()
}

fn known(contact: Contact) -> Known {
    Known::new(&key(), contact, |_| Inbox::default())
}

/// May e-mail and texts go to this person?
fn permissions(change: impl FnOnce(&mut Known)) -> (Permission, Permission) {
    let mut known = known(contact());
    change(&mut known);
    let facts = Facts::of(&known, &Territory::default());
    assert_eq!(facts.permission(Channel::Email), facts.email);
    assert_eq!(facts.permission(Channel::Sms), facts.sms);
    (facts.email, facts.sms)
}

fn send(reference: &str, touch: u8, attempt: u8) -> SendKey {
    SendKey {
        journey: journey_id(reference),
        episode: 1,
        touch: Touch(touch),
        attempt,
        channel: Channel::Email,
    }
}

/// What the inbox remembers: touch, attempt and time of each send.
fn remembered(inbox: &Inbox) -> Vec<(u8, u8, String)> {
    let row = |send: &InboxSend| (send.key.touch.0, send.key.attempt, send.at.to_string());
    inbox.sends.iter().map(row).collect()
}

#[test]
fn a_contact_hides_in_a_log() {
    assert_eq!(format!("{:?}", contact()), "Contact(hidden)");
    let known = known(contact());
    assert_eq!(format!("{known:?}"), format!("Known({})", known.id));
}

#[test]
fn what_a_person_gets_is_counted_by_the_first_inbox_there_is() {
    let mut contact = contact();
    contact.push = Some(PushEndpoint::new(DEVICE).unwrap());
    let of_email = AddressId::new(&key(), EMAIL);
    let of_number = AddressId::of_number(&key(), &PhoneNumber::new(NUMBER).unwrap());
    let of_device = AddressId::of_device(&key(), &PushEndpoint::new(DEVICE).unwrap());
    let of_reference = AddressId::of_reference(&key(), Provider::Leap, &contact.reference);
    let all = [&of_email, &of_number, &of_device, &of_reference];
    assert_eq!(
        all.into_iter().collect::<BTreeSet<_>>().len(),
        4,
        "each has a name of its own"
    );
    let inbox = |contact: &Contact, channel| contact.inbox_of(channel, &key());
    assert_eq!(
        inbox(&contact, Channel::Event),
        None,
        "an event writes to no inbox of ours"
    );
    assert_eq!(contact.ledger(&key()), of_email);
    assert_eq!(inbox(&contact, Channel::Email), Some(of_email));
    contact.email = None;
    assert_eq!(contact.ledger(&key()), of_number);
    assert_eq!(inbox(&contact, Channel::Sms), Some(of_number));
    contact.phone = None;
    assert_eq!(contact.ledger(&key()), of_device);
    assert_eq!(contact.inboxes(&key()), [(Channel::Push, of_device)]);
    contact.push = None;
    assert_eq!(contact.ledger(&key()), of_reference);
    assert_eq!(contact.inboxes(&key()), []);
}

#[test]
fn a_push_goes_where_there_is_a_device_that_is_not_closed() {
    let permission = |change: fn(&mut Known)| {
        let mut contact = contact();
        contact.push = Some(PushEndpoint::new(DEVICE).unwrap());
        let mut known = known(contact);
        change(&mut known);
        known.permission(Channel::Push)
    };
    assert_eq!(permission(|_| ()), Permission::Allowed);
    assert_eq!(permission(|it| it.contact.push = None), Permission::NoAddress);
    assert_eq!(
        permission(|it| it.contact.opted_out = OptOut::of([Channel::Push])),
        Permission::OptedOut
    );
    assert_eq!(
        permission(|it| it.contact.opted_out = OptOut::of([Channel::Email, Channel::Sms, Channel::Event])),
        Permission::Allowed
    );
    let close = |it: &mut Known| {
        let device = it.device.as_mut().unwrap();
        assert!(
            device
                .suppressed
                .close(SuppressedFor::OptOut, at("2026-07-01T10:00:00Z"))
        );
    };
    assert_eq!(permission(close), Permission::Suppressed);
    let stop = |it: &mut Known| {
        let number = it.number.as_mut().unwrap();
        assert!(number.suppressed.close(SuppressedFor::Stop, at("2026-07-01T10:00:00Z")));
    };
    assert_eq!(permission(stop), Permission::OptedOut, "STOP ends everything");
}

#[test]
fn an_event_needs_no_address_and_ends_with_the_last_inbox() {
    let close = |suppressed: &mut Suppression| {
        assert!(suppressed.close(SuppressedFor::OptOut, at("2026-07-01T10:00:00Z")));
    };
    let mut person = known(contact());
    assert_eq!(person.permission(Channel::Event), Permission::Allowed);
    close(&mut person.inbox.suppressed);
    assert_eq!(
        person.permission(Channel::Event),
        Permission::Allowed,
        "the number is open"
    );
    close(&mut person.number.as_mut().unwrap().suppressed);
    assert_eq!(person.permission(Channel::Event), Permission::Suppressed);

    let mut nowhere = contact();
    (nowhere.email, nowhere.phone) = (None, None);
    let mut person = known(nowhere);
    assert_eq!(
        person.permission(Channel::Event),
        Permission::Allowed,
        "the partner has an address"
    );
    person.contact.opted_out = OptOut::of([Channel::Email, Channel::Sms]);
    assert_eq!(person.permission(Channel::Event), Permission::Allowed);
    for opted_out in [OptOut::of([Channel::Event]), OptOut::Everything] {
        person.contact.opted_out = opted_out;
        assert_eq!(person.permission(Channel::Event), Permission::OptedOut);
    }
}

#[test]
fn a_contacts_tag_names_its_content() {
    let tag = contact().tag();
    assert_eq!(tag, contact().tag());
    assert_eq!(tag.len(), 26);
    assert!(
        tag.bytes()
            .all(|b| b.is_ascii_lowercase() || (b'2'..=b'7').contains(&b))
    );
    let mut other = contact();
    other.first_name = Some("Robin".to_owned());
    assert_ne!(tag, other.tag());
}

#[test]
fn the_rules_know_what_they_need_of_a_contact() {
    let facts = Facts::of(
        &known(contact()),
        &Territory {
            zone: Some(zone("America/Chicago")),
            states: vec![state("IL")],
        },
    );
    assert!(facts.known);
    assert_eq!(facts.locale, Locale::Es);
    assert_eq!(facts.zones, [zone("America/Chicago")]);
    assert_eq!(facts.flow, Flow::DirectToUtility);
    assert_eq!(facts.region.as_deref(), Some("CAISO"));
    assert_eq!(facts.classification, Classification::Commercial);
    assert_eq!(facts.utility, Some(code("SDGE")));
    let nobody = Facts::unknown();
    assert!(!nobody.known);
    assert_eq!(
        (nobody.email, nobody.sms),
        (Permission::NoAddress, Permission::NoAddress)
    );
}

#[test]
fn the_law_of_every_place_that_anything_points_to_counts() {
    let places = |change: fn(&mut Contact)| {
        let mut contact = contact();
        change(&mut contact);
        let territory = Territory {
            zone: Some(zone("America/Chicago")),
            states: vec![state("IL"), state("MO")],
        };
        let facts = Facts::of(&known(contact), &territory);
        let states: Vec<String> = facts.places.states().iter().map(ToString::to_string).collect();
        let zones = facts.places.zones().iter().filter_map(|zone| zone.iana_name());
        format!("{} {}", states.join(","), zones.collect::<Vec<_>>().join(","))
    };
    // The number's area code and the utility's states.
    assert_eq!(places(|_| ()), "DC,IL,MO America/New_York,America/Chicago");
    // A service address says more than a utility of several states, but no less than the number.
    assert_eq!(
        places(|it| it.state = Some(state("IL"))),
        "DC,IL America/New_York,America/Chicago"
    );
    assert_eq!(
        places(|it| it.zone = Some("America/Denver".to_owned())),
        "DC,IL,MO America/New_York,America/Chicago,America/Denver"
    );
    assert_eq!(places(|it| it.phone = None), "IL,MO America/Chicago");
}

#[test]
fn each_channel_asks_for_its_own_permission() {
    use Permission::{Allowed, NoAddress, NoConsent, OptedOut, Suppressed};
    let since = at("2026-06-01T00:00:00Z");
    assert_eq!(permissions(|_| ()), (Allowed, Allowed));
    assert_eq!(permissions(|it| it.contact.email = None), (NoAddress, Allowed));
    assert_eq!(permissions(|it| it.contact.phone = None), (Allowed, NoAddress));
    assert_eq!(permissions(|it| it.contact.consent.clear()), (Allowed, NoConsent));
    assert_eq!(
        permissions(|it| it.contact.opted_out = OptOut::Everything),
        (OptedOut, OptedOut)
    );
    for (out, allowed) in [
        (Channel::Sms, (Allowed, OptedOut)),
        (Channel::Email, (OptedOut, Allowed)),
    ] {
        assert_eq!(permissions(|it| it.contact.opted_out = OptOut::of([out])), allowed);
    }
    for why in SuppressedFor::ALL {
        let of_mail = |it: &mut Known| assert!(it.inbox.suppressed.close(why, since));
        assert_eq!(permissions(of_mail), (Suppressed, Allowed), "{why:?}");
        let of_number = |it: &mut Known| assert!(it.number.as_mut().unwrap().suppressed.close(why, since));
        // A STOP ends every channel of whoever has the number; all else closes texts alone.
        let closed = match why {
            SuppressedFor::Stop => (OptedOut, OptedOut),
            SuppressedFor::OptOut | SuppressedFor::Bounce | SuppressedFor::Complaint | SuppressedFor::SenderList => {
                (Allowed, Suppressed)
            }
        };
        assert_eq!(permissions(of_number), closed, "{why:?}");
    }
    // A consent opens no channel that is closed.
    let both = |it: &mut Known| {
        it.contact.opted_out = OptOut::Everything;
        it.contact.consent.clear();
    };
    assert_eq!(permissions(both), (OptedOut, OptedOut));
}

#[test]
fn an_inbox_remembers_eight_days_and_each_touch_once() {
    let mut closed = Suppression::default();
    closed.close(SuppressedFor::Bounce, at("2026-07-01T00:00:00Z"));
    let inbox = Inbox {
        version: 4,
        sends: Vec::new(),
        suppressed: closed.clone(),
    };
    let inbox = inbox
        .with_send(send("site-a", 1, 1), at("2026-07-01T10:00:00Z"))
        .with_send(send("site-a", 2, 1), at("2026-07-02T10:00:00Z"))
        .with_send(send("site-a", 2, 2), at("2026-07-02T12:00:00Z"));
    assert_eq!(inbox.version, 7);
    assert_eq!(inbox.suppressed, closed);
    let of_touches = |touches: &[(u8, u8, &str)]| -> Vec<(u8, u8, String)> {
        touches.iter().map(|(t, a, at)| (*t, *a, (*at).to_owned())).collect()
    };
    assert_eq!(
        remembered(&inbox),
        of_touches(&[(1, 1, "2026-07-01T10:00:00Z"), (2, 2, "2026-07-02T12:00:00Z")])
    );
    // A second less than eight days, then eight days to the second.
    let nearly = inbox.with_send(send("site-a", 3, 1), at("2026-07-09T09:59:59Z"));
    assert_eq!(nearly.sends.len(), 3);
    let passed = inbox.with_send(send("site-a", 3, 1), at("2026-07-09T10:00:00Z"));
    assert_eq!(
        remembered(&passed),
        of_touches(&[(2, 2, "2026-07-02T12:00:00Z"), (3, 1, "2026-07-09T10:00:00Z")])
    );
}

#[test]
fn what_counts_was_sent_later_than_the_moment_asked_for() {
    let inbox = Inbox::default()
        .with_send(send("site-a", 1, 1), at("2026-07-01T10:00:00Z"))
        .with_send(send("site-b", 1, 1), at("2026-07-01T11:00:00Z"));
    let since = |time, except: &SendKey| inbox.sends_since(at(time), except).count();
    let another = send("site-c", 1, 1);
    assert_eq!(since("2026-07-01T09:59:59Z", &another), 2);
    assert_eq!(since("2026-07-01T10:00:00Z", &another), 1);
    assert_eq!(since("2026-07-01T11:00:00Z", &another), 0);
    // Another attempt at the same touch is the same message; another touch is not.
    assert_eq!(since("2026-07-01T10:00:00Z", &send("site-b", 1, 2)), 0);
    assert_eq!(since("2026-07-01T10:00:00Z", &send("site-b", 2, 1)), 1);

    let other = |time, reference| inbox.other_series_since(at(time), &[journey_id(reference)]);
    assert!(other("2026-07-01T10:59:59Z", "site-a"));
    assert!(!other("2026-07-01T11:00:00Z", "site-a"));
    assert!(!other("2026-07-01T10:30:00Z", "site-b"));
    assert!(other("2026-07-01T09:00:00Z", "site-b"));
    let of_both = [journey_id("site-a"), journey_id("site-b")];
    assert!(!inbox.other_series_since(at("2026-07-01T09:00:00Z"), &of_both));
}

#[test]
fn names_in_files_and_explanations_stay() {
    assert_eq!(Locale::ALL.map(Locale::as_str), ["en", "es"]);
    assert_eq!(Channel::ALL.map(Channel::as_str), ["email", "sms", "push", "event"]);
    assert_eq!(
        Channel::ALL.map(|channel| channel.is_email()),
        [true, false, false, false]
    );
    let permissions = [
        Permission::Allowed,
        Permission::NoSender,
        Permission::NoAddress,
        Permission::NoConsent,
        Permission::OptedOut,
        Permission::Suppressed,
    ];
    assert_eq!(
        permissions.map(Permission::as_str),
        [
            "allowed",
            "no_sender",
            "no_address",
            "no_consent",
            "opted_out",
            "suppressed"
        ]
    );
    let problems = [
        DeliveryProblem::Bounced,
        DeliveryProblem::Complained,
        DeliveryProblem::Rejected,
        DeliveryProblem::RenderingFailed,
    ];
    assert_eq!(
        problems.map(DeliveryProblem::as_str),
        ["bounced", "complained", "rejected", "rendering_failed"]
    );
}

#[test]
fn a_campaign_sends_texts_when_one_of_its_touches_may() {
    let mut campaign = support::campaign();
    for touch in &mut campaign.touches {
        touch.channels = vec![Channel::Email];
    }
    assert!(!campaign.sends_by(Channel::Sms));
    campaign.touches[2].channels = vec![Channel::Email, Channel::Sms];
    assert!(campaign.sends_by(Channel::Sms));
}
