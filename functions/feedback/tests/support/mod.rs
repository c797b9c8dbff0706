//! A store on disk, one customer in it, SES's events, and a store that fails at a given step.

#![allow(
    dead_code,
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    reason = "helpers of tests; a broken story should stop at once"
)]

use std::collections::VecDeque;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};

use embedded::{DataDir, ProgramClock, Store};
use feedback::{Config, FeedbackError, Help, Lately, handle};
use journey::campaign::Channel;
use journey::contact::{Contact, Locale, OptOut, SuppressedFor, Suppression};
use journey::port::{
    AnswerText, ArmTimer, Clock, Commit, CommitError, CommitJourney, Count, FindContact, KeepContact, LoadJourney,
    Precondition, StoreError, Suppress, SuppressAddress, Timestamp, Versioned,
};
use journey::send_tag::SendTags;
use journey::{
    AddressId, Campaign, ContactId, Event, Flow, IdKey, Journey, JourneyId, LinkHosts, PhoneNumber, Provider, Purpose,
    Reference, SendKey, SendOutcome, Timer, Touch, TouchRecord, decide,
};
use message::Brand;
use serde_json::{Value, json};

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const SET: &str = "rekindle";
pub(crate) const TOPIC: &str = "arn:aws:sns:us-west-2:123456789012:rekindle-ses";
pub(crate) const ADDRESS: &str = "ana@example.com";

pub(crate) fn id_key() -> IdKey {
    IdKey::new(*b"an invented key of 32 bytes long").unwrap()
}

pub(crate) const REPLIES: &str = "arn:aws:sns:us-west-2:123456789012:rekindle-text-replies";

pub(crate) fn config() -> Config {
    Config {
        id_key: id_key(),
        account: ACCOUNT.to_owned(),
        configuration_set: SET.to_owned(),
        topic_arn: Some(TOPIC.to_owned()),
        replies_topic_arn: Some(REPLIES.to_owned()),
    }
}

fn reference() -> Reference {
    Reference::new("site-ca-0001").unwrap()
}

pub(crate) fn journey_id() -> JourneyId {
    JourneyId::new(&id_key(), Provider::Leap, Purpose::Enroll, &reference())
}

pub(crate) fn send_key() -> SendKey {
    SendKey {
        journey: journey_id(),
        episode: 1,
        touch: Touch(1),
        attempt: 1,
        channel: Channel::Email,
    }
}

pub(crate) fn address(text: &str) -> AddressId {
    AddressId::new(&id_key(), text)
}

/// Who writes: who asks for help is told so.
pub(crate) fn brand() -> Brand {
    Brand {
        brand: "Sunhome".to_owned(),
        sender_name: "Example Energy".to_owned(),
        postal_address: "100 Example Street, Springfield, CA 90000".to_owned(),
        support_email: Some("help@example.com".to_owned()),
        minutes_needed: 5,
        link_hosts: LinkHosts::default(),
    }
}

/// What was answered to whom, and what became of it: a list that is used up, then all is accepted.
#[derive(Clone, Default)]
pub(crate) struct Phone(Arc<Mutex<(Vec<String>, VecDeque<SendOutcome>)>>);

impl Phone {
    pub(crate) fn then(&self, outcome: SendOutcome) {
        self.0.lock().unwrap().1.push_back(outcome);
    }

    pub(crate) fn answers(&self) -> Vec<String> {
        self.0.lock().unwrap().0.clone()
    }
}

impl AnswerText for Phone {
    async fn answer_text(&self, to: &PhoneNumber, body: &str) -> SendOutcome {
        let mut phone = self.0.lock().unwrap();
        phone.0.push(format!("{} {body}", to.expose()));
        let message_id = "an-invented-id".to_owned();
        phone.1.pop_front().unwrap_or(SendOutcome::Accepted { message_id })
    }
}

pub(crate) struct Ports {
    store: Store,
    phone: Phone,
}

journey::delegate_ports!(Ports {
    store: Clock, LoadJourney, CommitJourney, ArmTimer, Suppress, SuppressAddress, Count;
    phone: AnswerText;
});

/// The first touch of a customer as it stands in the store.
pub(crate) struct Place {
    pub(crate) store: Store,
    pub(crate) phone: Phone,
    pub(crate) lately: Lately,
    _folder: tempfile::TempDir,
}

impl Place {
    pub(crate) async fn with(touch: TouchRecord) -> Self {
        let folder = tempfile::tempdir().unwrap();
        let data = DataDir::open(folder.path()).unwrap();
        let clock = ProgramClock::open(&data, NonZeroU32::MIN).unwrap();
        let store = Store::open(&data, id_key(), clock).unwrap();
        let contact = Contact {
            provider: Provider::Leap,
            reference: reference(),
            email: Some("Ana@Example.com".to_owned()),
            phone: None,
            push: None,
            consent: std::collections::BTreeMap::new(),
            first_name: Some("Ana".to_owned()),
            locale: journey::contact::Locale::En,
            zone: None,
            state: None,
            flow: Flow::Connect,
            region: None,
            classification: journey::contact::Classification::Residential,
            utility: None,
            link: None,
            sharing_ends_at: None,
            opted_out: OptOut::NOTHING,
        };
        store.put_contact(&contact, &Precondition::None).await.unwrap();
        let campaign = Campaign::standard();
        let now = store.now();
        let begun = Journey::begin(
            journey_id(),
            Provider::Leap,
            Purpose::Enroll,
            Flow::Connect,
            now,
            &campaign,
        );
        let mut journey = decide(&begun, &Event::SessionOpened.into(), now, &campaign).next;
        journey.touches[0] = touch;
        let commit = Commit {
            journey: &journey,
            expected: 0,
            contact: Some(&ContactId::new(&id_key(), Provider::Leap, &reference())),
            claim: None,
            visited: None,
        };
        store.commit_journey(commit).await.unwrap();
        Place {
            store,
            phone: Phone::default(),
            lately: Lately::default(),
            _folder: folder,
        }
    }

    /// The contact, once it has this number.
    pub(crate) async fn with_number(&self, number: &str) -> journey::contact::Known {
        let known = self.store.contact_of(&journey_id()).await.unwrap().unwrap();
        let phone = Some(journey::PhoneNumber::new(number).unwrap());
        let contact = Contact { phone, ..known.contact };
        self.store.put_contact(&contact, &Precondition::None).await.unwrap();
        self.store.contact_of(&journey_id()).await.unwrap().unwrap()
    }

    pub(crate) async fn claimed() -> Self {
        let at = "2026-07-01T16:45:00Z".parse().unwrap();
        Self::with(TouchRecord::Claimed {
            attempt: 1,
            at,
            channel: Channel::Email,
        })
        .await
    }

    pub(crate) async fn unknown() -> Self {
        let at = "2026-07-01T16:48:00Z".parse().unwrap();
        Self::with(TouchRecord::Unknown {
            attempt: 1,
            at,
            channel: Channel::Email,
        })
        .await
    }

    pub(crate) async fn sent() -> Self {
        let at = "2026-07-01T16:45:02Z".parse().unwrap();
        let message_id = "0100019abc-0001".to_owned();
        Self::with(TouchRecord::Sent {
            at,
            channel: Channel::Email,
            message_id,
        })
        .await
    }

    pub(crate) async fn take(&self, payload: &Value) -> Result<(), FeedbackError> {
        self.take_as(payload, &[Locale::En, Locale::Es]).await
    }

    /// As a campaign that offers these languages, the first by default.
    pub(crate) async fn take_as(&self, payload: &Value, offered: &[Locale]) -> Result<(), FeedbackError> {
        let help = Help {
            brand: &brand(),
            offered,
            default_locale: offered[0],
            lately: &self.lately,
        };
        handle(&self.ports(), &config(), &Campaign::standard(), Some(help), payload).await
    }

    /// As a stack whose number answers HELP itself.
    pub(crate) async fn take_without_help(&self, payload: &Value) -> Result<(), FeedbackError> {
        handle(&self.ports(), &config(), &Campaign::standard(), None, payload).await
    }

    pub(crate) fn ports(&self) -> Ports {
        Ports {
            store: self.store.clone(),
            phone: self.phone.clone(),
        }
    }

    pub(crate) async fn stored(&self) -> Versioned {
        self.store.load_journey(&journey_id()).await.unwrap().unwrap()
    }

    pub(crate) async fn touch(&self) -> TouchRecord {
        self.stored().await.journey.touches[0].clone()
    }

    pub(crate) async fn is_suppressed(&self) -> bool {
        let known = self.store.contact_of(&journey_id()).await.unwrap().unwrap();
        !known.inbox.suppressed.is_open()
    }

    pub(crate) async fn has_opted_out(&self) -> bool {
        let known = self.store.contact_of(&journey_id()).await.unwrap().unwrap();
        known.contact.opted_out.is_everything()
    }

    pub(crate) fn counted(&self, name: &str) -> u64 {
        self.store.counters().get(name).copied().unwrap_or(0)
    }

    /// All that an event may change: the journey's history and first touch, the inbox, the opt-out.
    pub(crate) async fn state(&self) -> String {
        let journey = self.stored().await.journey;
        let notes: Vec<_> = journey.history.iter().map(|noted| &noted.note).collect();
        let kind = match &journey.touches[0] {
            TouchRecord::Waiting { .. } => "waiting",
            TouchRecord::Claimed { .. } => "claimed",
            TouchRecord::Sent { .. } => "sent",
            TouchRecord::Unknown { .. } => "unknown",
            TouchRecord::Skipped { .. } => "skipped",
        };
        let closed = (self.is_suppressed().await, self.has_opted_out().await);
        format!("{notes:?} {kind} {closed:?}")
    }
}

/// The tags of a message of ours, as SES gives them back.
pub(crate) fn tags() -> Value {
    tags_by(&id_key())
}

pub(crate) fn tags_by(id_key: &IdKey) -> Value {
    let mut tags = json!({ "ses:configuration-set": [SET], "ses:from-domain": ["example.com"] });
    for (name, value) in SendTags::of(id_key, &send_key()) {
        tags[name] = json!([value]);
    }
    tags
}

/// The record of one event, as SES makes it.
pub(crate) fn record(kind: &str, tags: Value) -> Value {
    let mut record = json!({
        "eventType": kind,
        "mail": {
            "timestamp": "2026-07-01T16:45:03.123Z",
            "source": "Example <hello@example.com>",
            "sendingAccountId": ACCOUNT,
            "messageId": "0100019abcdef01-0c5a7a1e-2b1d-4c58-9a77-1f2e3d4c5b6a-000000",
            "destination": [ADDRESS],
            "headersTruncated": false,
            "tags": tags,
        },
    });
    match kind {
        "Bounce" => {
            record["bounce"] = json!({
                "bounceType": "Permanent",
                "bounceSubType": "General",
                "bouncedRecipients": [{
                    "emailAddress": "Ana <ANA@example.com>", "action": "failed", "status": "5.1.1",
                    "diagnosticCode": "smtp; 550 5.1.1 user unknown",
                }],
                "timestamp": "2026-07-01T16:45:09.000Z",
                "feedbackId": "0100019abcdef02-000000",
            });
        }
        "Complaint" => {
            record["complaint"] = json!({
                "complainedRecipients": [{ "emailAddress": ADDRESS }],
                "timestamp": "2026-07-01T18:00:00.000Z",
                "feedbackId": "0100019abcdef03-000000",
                "complaintFeedbackType": "abuse",
            });
        }
        "Reject" => record["reject"] = json!({ "reason": "Bad content" }),
        "Rendering Failure" => record["failure"] = json!({ "errorMessage": "x", "templateName": "y" }),
        _ => record[kind.to_lowercase()] = json!({}),
    }
    record
}

/// As EventBridge brings it.
pub(crate) fn bridged(detail: &Value) -> Value {
    let detail_type = match detail["eventType"].as_str().unwrap() {
        "Send" => "Email Sent",
        "Delivery" => "Email Delivered",
        "DeliveryDelay" => "Email Delivery Delayed",
        "Bounce" => "Email Bounced",
        "Complaint" => "Email Complaint Received",
        "Reject" => "Email Rejected",
        "Rendering Failure" => "Email Rendering Failed",
        "Open" => "Email Opened",
        other => other,
    };
    json!({
        "version": "0",
        "id": "9b4c8a52-4f0e-4c0e-8a9a-0a1b2c3d4e5f",
        "detail-type": detail_type,
        "source": "aws.ses",
        "account": ACCOUNT,
        "time": "2026-07-01T16:45:04Z",
        "region": "us-west-2",
        "resources": ["arn:aws:ses:us-west-2:123456789012:configuration-set/rekindle"],
        "detail": detail,
    })
}

/// As SNS brings them.
pub(crate) fn notified(messages: &[String]) -> Value {
    let record = |message: &String| {
        json!({
            "EventSource": "aws:sns",
            "EventVersion": "1.0",
            "EventSubscriptionArn": format!("{TOPIC}:0a1b2c3d"),
            "Sns": { "Type": "Notification", "TopicArn": TOPIC, "Message": message },
        })
    };
    json!({ "Records": messages.iter().map(record).collect::<Vec<_>>() })
}

/// How a step of the store fails.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fails {
    /// Nothing has happened.
    Before,
    /// It happened, but nobody was told.
    After,
}

/// The store, one step of which fails.
pub(crate) struct Failing<'a> {
    pub(crate) store: &'a Store,
    pub(crate) at: usize,
    pub(crate) how: Fails,
    pub(crate) steps: AtomicUsize,
}

impl Failing<'_> {
    async fn step<T>(&self, effect: impl Future<Output = T>) -> Result<T, StoreError> {
        let here = self.steps.fetch_add(1, Ordering::Relaxed) == self.at;
        if here && self.how == Fails::Before {
            return Err(out_of_reach());
        }
        let answer = effect.await;
        if here { Err(out_of_reach()) } else { Ok(answer) }
    }
}

fn out_of_reach() -> StoreError {
    StoreError::Unavailable("out of reach in this step".into())
}

impl Clock for Failing<'_> {
    fn now(&self) -> Timestamp {
        self.store.now()
    }
}

impl Count for Failing<'_> {
    fn count(&self, counter: &'static str, by: u64) {
        self.store.count(counter, by);
    }
}

/// Nobody asks it for help.
impl AnswerText for Failing<'_> {
    async fn answer_text(&self, _: &PhoneNumber, _: &str) -> SendOutcome {
        SendOutcome::Throttled
    }
}

impl LoadJourney for Failing<'_> {
    async fn load_journey(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        self.step(self.store.load_journey(id)).await?
    }
}

impl CommitJourney for Failing<'_> {
    async fn commit_journey(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        self.step(self.store.commit_journey(commit)).await?
    }
}

impl ArmTimer for Failing<'_> {
    async fn arm_timer(&self, journey: &JourneyId, timer: &Timer) -> Result<(), StoreError> {
        self.step(self.store.arm_timer(journey, timer)).await?
    }
}

impl Suppress for Failing<'_> {
    async fn set_opted_out(&self, journey: &JourneyId, opted_out: &OptOut, at: Timestamp) -> Result<bool, StoreError> {
        self.step(self.store.set_opted_out(journey, opted_out, at)).await?
    }
}

impl SuppressAddress for Failing<'_> {
    async fn suppress_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        self.step(self.store.suppress_address(address, why, at)).await?
    }

    async fn reopen_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        self.step(self.store.reopen_address(address, why, at)).await?
    }

    async fn suppression(&self, address: &AddressId) -> Result<Suppression, StoreError> {
        self.step(self.store.suppression(address)).await?
    }
}
