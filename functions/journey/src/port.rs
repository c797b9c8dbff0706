//! The ports: what the use cases need of the world. One small trait each, mirrored by one IAM statement.
//!
//! Architecture invariant: a function takes only the ports it uses, and errors say what the caller
//! can do, never which service spoke.

use core::future::Future;

pub use jiff::Timestamp;
pub use jiff::civil::Date;

use crate::contact::{Contact, Known, OptOut, SuppressedFor, Suppression};
use crate::customer::Newest;
use crate::endpoint::PushEndpoint;
use crate::event::{MeterFound, Resolution, SendOutcome, Unavailable};
use crate::fallback::{Account, BillFile, BillKind, Fallback, HandOver, KeptBill};
use crate::id::{AddressId, ContactId, JourneyId, Provider, Reference, UtilityCode};
use crate::incident::{Visited, Visits};
use crate::phone::PhoneNumber;
use crate::state::{Journey, Lane, SendKey, Timer};
use crate::status::Snapshot;

/// The time of the program, possibly faster than the machine's.
pub trait Clock: Sync {
    /// Now.
    fn now(&self) -> Timestamp;
}

/// A store that could not do what was asked.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// Overloaded or out of reach: try again.
    #[error("the store is busy or out of reach")]
    Unavailable(#[source] Box<dyn core::error::Error + Send + Sync>),
    /// A record that cannot be read: kept as it is, for an operator.
    #[error("a stored record cannot be read")]
    Corrupt(#[source] Box<dyn core::error::Error + Send + Sync>),
}

/// A conditional write that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum CommitError {
    /// Somebody else was faster: load, decide, and try again.
    #[error("the record was changed in the meantime")]
    VersionConflict,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// A journey with the version that a conditional write must name.
#[derive(Clone, Debug)]
pub struct Versioned {
    /// The journey.
    pub journey: Journey,
    /// Its version; 0 for one that has not been written.
    pub version: u64,
}

/// One conditional write.
#[derive(Clone, Debug)]
pub struct Commit<'a> {
    /// The journey to write.
    pub journey: &'a Journey,
    /// The version it was loaded with; 0 when it must not exist yet.
    pub expected: u64,
    /// The contact that the journey belongs to: how the touchpoint finds the person.
    pub contact: Option<&'a ContactId>,
    /// A send that is claimed with this write, in the inbox it goes to.
    pub claim: Option<InboxClaim<'a>>,
    /// A visit that is counted with this write, or right after it: it may be lost, and is never counted twice.
    pub visited: Option<Visited<'a>>,
}

/// A place under an inbox's cap, taken together with the claim.
#[derive(Clone, Debug)]
pub struct InboxClaim<'a> {
    /// The inbox.
    pub address: &'a AddressId,
    /// The version that the decision has seen; the write fails if it is another by now.
    pub expected: u64,
    /// The send.
    pub key: &'a SendKey,
    /// When.
    pub at: Timestamp,
}

/// Reads a journey.
pub trait LoadJourney: Sync {
    /// The journey of that name, if there is one.
    fn load_journey(&self, id: &JourneyId) -> impl Future<Output = Result<Option<Versioned>, StoreError>> + Send;
}

/// Writes a journey on condition that nobody else did.
pub trait CommitJourney: Sync {
    /// Writes all of a commit or nothing, durably.
    fn commit_journey(&self, commit: Commit<'_>) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Reads what became of the latest visits to a utility.
pub trait ReadVisits: Sync {
    /// Those of the whole hours of UTC that ended after `since`.
    fn read_visits(
        &self,
        provider: Provider,
        utility: &UtilityCode,
        since: Timestamp,
    ) -> impl Future<Output = Result<Visits, StoreError>> + Send;
}

/// Arms the schedule of a journey.
pub trait ArmTimer: Sync {
    /// Makes sure that `touchpoint` is called for this generation at the time due, or soon after.
    fn arm_timer(&self, journey: &JourneyId, timer: &Timer) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Finds what is due.
pub trait FindDue: Sync {
    /// Up to `limit` journeys of a lane whose timer is due at or before `before`, the one whose
    /// window closes first in front, with the generation of their timer.
    fn find_due(
        &self,
        lane: Lane,
        before: Timestamp,
        limit: usize,
    ) -> impl Future<Output = Result<Vec<(JourneyId, u32)>, StoreError>> + Send;
}

/// Fires a timer at once, without its schedule.
pub trait FireTimer: Sync {
    /// Does what `touchpoint` does when a schedule calls it. Failures are logged where they happen.
    fn fire_timer(&self, journey: &JourneyId, generation: u32) -> impl Future<Output = ()> + Send;
}

/// Reads a contact.
pub trait FindContact: Sync {
    /// The contact of that name, with what its inbox has received.
    fn find_contact(&self, id: &ContactId) -> impl Future<Output = Result<Option<Known>, StoreError>> + Send;

    /// The contact that a journey belongs to.
    fn contact_of(&self, journey: &JourneyId) -> impl Future<Output = Result<Option<Known>, StoreError>> + Send;
}

/// What must be true of the stored contact for a write of it to happen (RFC 9110, section 13).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Precondition {
    /// Whatever is there.
    #[default]
    None,
    /// Nothing is there (`If-None-Match: *`).
    Absent,
    /// Something is there (`If-Match: *`).
    Present,
    /// What is there has one of these tags (`If-Match: "..."`); see [`Contact::tag`].
    Tagged(Vec<String>),
}

impl Precondition {
    /// Does it hold for what is stored?
    #[must_use]
    pub fn holds(&self, stored: Option<&Contact>) -> bool {
        match self {
            Precondition::None => true,
            Precondition::Absent => stored.is_none(),
            Precondition::Present => stored.is_some(),
            Precondition::Tagged(tags) => stored.is_some_and(|stored| tags.contains(&stored.tag())),
        }
    }
}

/// A write under a [`Precondition`] that did not happen.
#[derive(Debug, thiserror::Error)]
pub enum PutError {
    /// The precondition does not hold: read again.
    #[error("the contact is not as the caller believes")]
    PreconditionFailed,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Writes contacts.
pub trait KeepContact: Sync {
    /// Stores a contact durably; an opt-out in it suppresses its address and its number as well. An
    /// opt-out that is stored already stays, also when this contact comes without it.
    ///
    /// The precondition is checked against what is stored in the same moment as the write.
    fn put_contact(
        &self,
        contact: &Contact,
        only_if: &Precondition,
    ) -> impl Future<Output = Result<(), PutError>> + Send;

    /// Erases a contact: reference, name, address, number and links are gone. Answers whether there was one.
    fn erase_contact(
        &self,
        id: &ContactId,
        only_if: &Precondition,
    ) -> impl Future<Output = Result<bool, PutError>> + Send;
}

/// Keeps what customers give instead of a connection: of each, the latest bill and the latest account.
pub trait KeepFallback: Sync {
    /// Keeps a bill durably, of which the caller knows what it is.
    fn keep_bill(
        &self,
        contact: &ContactId,
        kind: BillKind,
        bill: &[u8],
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Keeps an account durably.
    fn keep_account(
        &self,
        contact: &ContactId,
        account: &Account,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// The form by which a browser hands a bill to the store itself.
#[derive(Clone, PartialEq, Eq)]
pub struct UploadForm {
    /// Where it leads.
    pub action: String,
    /// Its hidden fields, in front of the file's, whose name is `file`.
    pub fields: Vec<(&'static str, String)>,
}

/// What a browser has handed to the store, not yet looked at.
#[derive(Clone, PartialEq, Eq)]
pub struct Uploaded {
    /// Its name.
    pub name: String,
    /// Names this content: another one under the same name has another tag.
    pub tag: String,
    /// Its length.
    pub bytes: u64,
    /// How it begins: [`TakeUpload::HEAD`] bytes, or all of them.
    pub head: Vec<u8>,
}

/// Takes bills that browsers hand to the store past us, where a function cannot take so many bytes.
pub trait TakeUpload: Sync {
    /// How much of an upload is read to see what it is.
    const HEAD: usize = 4096;

    /// A form for one bill, good for ten minutes; the store sends the browser on to `back`, a path of ours, with the
    /// upload's name in the query's `key`. None where bills come to us.
    fn upload_form(
        &self,
        contact: &ContactId,
        back: &str,
    ) -> impl Future<Output = Result<Option<UploadForm>, StoreError>> + Send;

    /// What came under a name; none when there is nothing, or the name is not one for this contact.
    fn uploaded(
        &self,
        contact: &ContactId,
        name: &str,
    ) -> impl Future<Output = Result<Option<Uploaded>, StoreError>> + Send;

    /// Keeps what was looked at as the contact's bill, where no form leads. Answers whether it was still the same.
    fn keep_upload(
        &self,
        contact: &ContactId,
        upload: &Uploaded,
        kind: BillKind,
        at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// Deletes it.
    fn drop_upload(&self, upload: &Uploaded) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// Passes on what customers gave instead of a connection: to the partner, and a bill to the provider.
pub trait PassOnFallback: Sync {
    /// What is kept of a contact.
    fn find_fallback(&self, contact: &ContactId) -> impl Future<Output = Result<Fallback, StoreError>> + Send;

    /// The contact's bill.
    fn read_bill(&self, contact: &ContactId) -> impl Future<Output = Result<Option<BillFile>, StoreError>> + Send;

    /// The content of just this bill; none when it is gone, or another one is there.
    fn bill_content(
        &self,
        contact: &ContactId,
        bill: &KeptBill,
    ) -> impl Future<Output = Result<Option<Vec<u8>>, StoreError>> + Send;

    /// Writes down how far this bill's hand-over is, or that there is none. False, and nothing is written, when
    /// it is not as `bill` says any more: somebody else is at it, or another bill is there.
    fn keep_hand_over(
        &self,
        contact: &ContactId,
        bill: &KeptBill,
        to: Option<&HandOver>,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// A bill that the provider has not taken, as far as we know.
#[derive(Clone, Debug, thiserror::Error)]
pub enum HandOverError {
    /// The provider takes none, or nobody has told this deployment how.
    #[error("no way is configured by which the provider takes bills")]
    NotConfigured,
    /// The provider has refused it.
    #[error("the provider refuses the bill with status {status}")]
    Refused {
        /// The status of its answer.
        status: u16,
        /// Its code of the error: letters, digits and `_`.
        code: Option<String>,
    },
    /// There is no answer that could be relied on.
    #[error(transparent)]
    NoAnswer(#[from] ProviderError),
}

/// Hands a bill to the provider.
pub trait HandOverBill: Sync {
    /// Hands it over, in one attempt. Answers the provider's name for it, if it tells one.
    fn hand_over_bill(
        &self,
        provider: Provider,
        reference: &Reference,
        kind: BillKind,
        bill: Vec<u8>,
    ) -> impl Future<Output = Result<Option<String>, HandOverError>> + Send;
}

/// Erases what a customer gave instead of a connection.
pub trait EraseFallback: Sync {
    /// Nothing of it is left. It is no error if there was nothing.
    fn erase_fallback(&self, contact: &ContactId) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// One page of contacts.
#[derive(Clone, Debug, Default)]
pub struct ContactPage {
    /// Up to as many as were asked for; fewer, or none, do not mean the end.
    pub contacts: Vec<Contact>,
    /// Where the next page begins; none at the end. Opaque, and free of personal data.
    pub next: Option<String>,
}

/// A page that cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum PageError {
    /// The cursor is not one that this store has given.
    #[error("the cursor is not one that was handed out")]
    BadCursor,
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads all contacts, page by page.
pub trait ListContacts: Sync {
    /// The page after a cursor; the first one without. The order is the store's own, and stays.
    fn list_contacts(
        &self,
        limit: usize,
        after: Option<&str>,
    ) -> impl Future<Output = Result<ContactPage, PageError>> + Send;
}

/// Records that a person wants no more messages.
pub trait Suppress: Sync {
    /// Sets what the contact of a journey has opted out of, and suppresses the address and the number of
    /// the channels concerned. After an erasure nobody can say which of its inboxes was for which channel, so any
    /// opt-out suppresses all that it had. Answers whether anything was known.
    ///
    /// For the channels that are not opted out of, the person's own opt-out is lifted from the inbox, and nothing
    /// else: a bounce, a complaint, a STOP and the sender's list stay ([`SuppressedFor`]).
    fn set_opted_out(
        &self,
        journey: &JourneyId,
        opted_out: &OptOut,
        at: Timestamp,
    ) -> impl Future<Output = Result<bool, StoreError>> + Send;
}

/// Closes an inbox that bounced, complained or opted out with its sender, whoever it belongs to.
pub trait SuppressAddress: Sync {
    /// Suppresses an address or a number, known by its keyed hash, for this reason from `at` on, if it is not
    /// already ([`Suppression::close`]).
    fn suppress_address(
        &self,
        address: &AddressId,
        why: SuppressedFor,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Takes one reason back that was given before `at`, whoever the inbox belongs to. Others that close it stay.
    fn reopen_address(
        &self,
        address: &AddressId,
        why: SuppressedFor,
        at: Timestamp,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// What closes an address or a number.
    fn suppression(&self, address: &AddressId) -> impl Future<Output = Result<Suppression, StoreError>> + Send;
}

/// A provider that did not answer as hoped.
#[derive(Clone, Debug, thiserror::Error)]
#[error("the provider could not be asked: {why:?}")]
pub struct ProviderError {
    /// Why.
    pub why: Unavailable,
    /// When it asks us to come back.
    pub retry_at: Option<Timestamp>,
}

/// Asks a provider for the state of one reference.
pub trait ReadStatus: Sync {
    /// Every record of the reference: none, one, or several.
    fn read_status(
        &self,
        provider: Provider,
        reference: &Reference,
    ) -> impl Future<Output = Result<Snapshot, ProviderError>> + Send;
}

/// Asks a provider how new a customer's data are.
pub trait ReadNewest: Sync {
    /// The newest bill and interval of a connected customer. A provider that keeps none for us answers with none.
    fn read_newest(
        &self,
        provider: Provider,
        reference: &Reference,
    ) -> impl Future<Output = Result<Newest, ProviderError>> + Send;
}

/// Asks a provider for the link by which a customer goes on, at the moment when the customer does.
pub trait FreshLink: Sync {
    /// A link that works now; none when the provider does not know the customer, or makes none.
    ///
    /// It goes to that customer alone, and its host is the caller's to check.
    fn fresh_link(
        &self,
        provider: Provider,
        reference: &Reference,
    ) -> impl Future<Output = Result<Option<String>, ProviderError>> + Send;
}

/// Searches a provider's meters.
pub trait SearchMeters: Sync {
    /// The meters of up to [`SearchMeters::BATCH`] references, in the order of the references.
    fn search_meters(
        &self,
        references: &[Reference],
    ) -> impl Future<Output = Result<Vec<Vec<MeterFound>>, ProviderError>> + Send;

    /// Leap's limit on `connection_reference_ids` in one call.
    const BATCH: usize = 100;
}

/// Which of a provider's two change filters a page is read with.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum ChangeFilter {
    /// Sessions first started since.
    Started,
    /// Utilities last tried since.
    LastInteraction,
}

/// One page of what changed at a provider.
#[derive(Clone, Debug, Default)]
pub struct ChangePage {
    /// Each reference with its records on this page.
    pub changes: Vec<(Reference, Snapshot)>,
    /// How to ask for the next page; none at the end.
    pub next: Option<String>,
    /// Records that could not be read, left out of `changes`.
    pub unreadable: usize,
}

/// Reads what changed at a provider.
pub trait ReadChanges: Sync {
    /// One page of the records that match `filter` since `since`.
    fn read_changes(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
    ) -> impl Future<Output = Result<ChangePage, ProviderError>> + Send;
}

/// How far the reconciliation has come.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Watermark {
    /// Everything before this has been read.
    pub since: Timestamp,
    /// A pass that ran out of time: when it began, which filter it was at, and the next page.
    pub resume: Option<Resume>,
}

/// Where an unfinished pass goes on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Resume {
    /// When the pass began: the next watermark.
    pub began_at: Timestamp,
    /// The filter it was at.
    pub filter: ChangeFilter,
    /// The page to read next; none for the filter's first.
    pub page: Option<String>,
}

/// Keeps the reconciliation's watermark.
pub trait KeepWatermark: Sync {
    /// The watermark of a provider, if a pass has ever been made.
    fn load_watermark(&self, provider: Provider) -> impl Future<Output = Result<Option<Watermark>, StoreError>> + Send;

    /// Stores it.
    fn save_watermark(
        &self,
        provider: Provider,
        watermark: &Watermark,
    ) -> impl Future<Output = Result<(), StoreError>> + Send;
}

/// An e-mail, complete.
#[derive(Clone)]
pub struct Email {
    /// Its name, for the sender's tags and for finding it again.
    pub key: SendKey,
    /// When it was composed.
    pub at: Timestamp,
    /// The recipient's address.
    pub to: String,
    /// The subject line.
    pub subject: String,
    /// The HTML part.
    pub html: String,
    /// The plain-text part.
    pub text: String,
    /// The URL of the one-click unsubscription (RFC 8058).
    pub unsubscribe_url: String,
    /// What the sender's log says of it.
    pub label: MessageLabel,
}

/// A text message, complete.
#[derive(Clone)]
pub struct Text {
    /// Its name.
    pub key: SendKey,
    /// When it was composed.
    pub at: Timestamp,
    /// The recipient's number.
    pub to: PhoneNumber,
    /// The words; at most two segments long.
    pub body: String,
    /// What the sender's log says of it.
    pub label: MessageLabel,
}

/// A push notification, complete.
#[derive(Clone)]
pub struct Push {
    /// Its name.
    pub key: SendKey,
    /// When it was composed.
    pub at: Timestamp,
    /// The app on the recipient's device.
    pub to: PushEndpoint,
    /// The line in bold.
    pub title: String,
    /// The words below it.
    pub body: String,
    /// Where a tap leads: our own resume page.
    pub url: String,
    /// What the sender's log says of it.
    pub label: MessageLabel,
}

/// What an outbox's log says of a message.
#[derive(Clone)]
pub struct MessageLabel {
    /// The provider.
    pub provider: Provider,
    /// The reference.
    pub reference: Reference,
    /// Where the customer stopped.
    pub diagnosis: crate::Diagnosis,
    /// The language.
    pub locale: crate::contact::Locale,
    /// The arm of the experiment.
    pub arm: String,
}

/// Sends an e-mail.
pub trait SendEmail: Sync {
    /// Hands the message over. What cannot be said for sure is [`SendOutcome::Ambiguous`].
    fn send_email(&self, email: &Email) -> impl Future<Output = SendOutcome> + Send;
}

/// Sends a text message.
pub trait SendText: Sync {
    /// Hands the message over. What cannot be said for sure is [`SendOutcome::Ambiguous`].
    fn send_text(&self, text: &Text) -> impl Future<Output = SendOutcome> + Send;
}

/// Sends a push notification.
pub trait SendPush: Sync {
    /// Hands the message over. What cannot be said for sure is [`SendOutcome::Ambiguous`].
    fn send_push(&self, push: &Push) -> impl Future<Output = SendOutcome> + Send;
}

/// Answers a person who has just texted to us. It belongs to no journey, so nothing claims it or looks it up.
pub trait AnswerText: Sync {
    /// Hands the words over, at most two segments of them, unless the sender's list has the number.
    fn answer_text(&self, to: &PhoneNumber, body: &str) -> impl Future<Output = SendOutcome> + Send;
}

/// Looks up what became of a send.
pub trait LookUpSend: Sync {
    /// What the sender's own record says.
    fn look_up_send(&self, key: &SendKey) -> impl Future<Output = Resolution> + Send;
}

/// What a measured value is in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Unit {
    /// Milliseconds.
    Milliseconds,
    /// Seconds.
    Seconds,
}

/// Counts and measures for operators.
///
/// Names, labels and their values are fixed words: no personal data, no unbounded sets.
pub trait Count: Sync {
    /// Adds to a counter.
    fn count(&self, counter: &'static str, by: u64);

    /// Adds to a counter, and says more closely what was counted: `(label, value)`.
    ///
    /// An adapter that keeps plain totals leaves the labels out.
    fn count_labelled(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
        let _ = labels;
        self.count(counter, by);
    }

    /// Records one value of a distribution. An adapter that keeps plain totals counts how many there were.
    fn measure(&self, metric: &'static str, unit: Unit, value: f64) {
        let _ = (unit, value);
        self.count(metric, 1);
    }
}

impl<T: Count + Send> Count for std::sync::Arc<T> {
    fn count(&self, counter: &'static str, by: u64) {
        (**self).count(counter, by);
    }

    fn count_labelled(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
        (**self).count_labelled(counter, labels, by);
    }

    fn measure(&self, metric: &'static str, unit: Unit, value: f64) {
        (**self).measure(metric, unit, value);
    }
}

/// A campaign as it was pushed: opaque texts, whose form the `campaign` crate knows.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PushedCampaign {
    /// Its version: a hash of all of it.
    pub version: String,
    /// When it was first pushed.
    pub pushed_at: Timestamp,
    /// Everything but the words of the messages.
    pub head: String,
    /// The messages' words, by name.
    pub messages: Vec<(String, String)>,
}

/// One pushed version, without its content.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct CampaignVersion {
    /// Its name.
    pub version: String,
    /// When it was first pushed.
    pub pushed_at: Timestamp,
    /// Is it the one that runs?
    pub active: bool,
}

/// Reads the campaign that runs.
pub trait LoadCampaign: Sync {
    /// Which version runs; none before the first push.
    fn active_campaign(&self) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// A version's head alone: all that a function needs that writes to nobody.
    fn campaign_head(&self, version: &str) -> impl Future<Output = Result<Option<String>, StoreError>> + Send;

    /// A version's messages.
    fn campaign_messages(
        &self,
        version: &str,
    ) -> impl Future<Output = Result<Vec<(String, String)>, StoreError>> + Send;
}

/// Pushes campaigns and rolls them back.
pub trait KeepCampaign: Sync {
    /// Stores a version; one that is there already stays as it is.
    fn save_campaign(&self, campaign: &PushedCampaign) -> impl Future<Output = Result<(), StoreError>> + Send;

    /// Makes a stored version the one that runs. Answers whether there is such a version.
    fn activate_campaign(&self, version: &str) -> impl Future<Output = Result<bool, StoreError>> + Send;

    /// The versions that are stored, the latest first.
    fn campaign_versions(&self) -> impl Future<Output = Result<Vec<CampaignVersion>, StoreError>> + Send;
}

/// A lifecycle event, ready to be handed over.
#[derive(Clone, PartialEq, Eq)]
pub struct Announcement {
    /// Its name: the same event has the same one each time it is announced.
    pub id: String,
    /// Its type, such as `journey.completed`.
    pub kind: &'static str,
    /// When it happened.
    pub at: Timestamp,
    /// The event as JSON, in the documented schema. May name the customer by the partner's reference.
    pub body: String,
}

/// Tells the partner what happened.
pub trait Announce: Sync {
    /// Hands events over, at least once. Answers the places of those that were not taken.
    fn announce(&self, events: &[Announcement]) -> impl Future<Output = Vec<usize>> + Send;
}

/// A number to be added to a day's counter.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct DailyCount {
    /// The day, in UTC.
    pub day: Date,
    /// What is counted: fixed words, parted by `/`. No personal data.
    pub name: String,
    /// How many.
    pub by: u64,
}

/// Counts what a stream delivers, exactly once, although the stream repeats itself.
///
/// A stream repeats from a point where it has stopped before. So a chunk of records is counted
/// together with a mark under its first record's name: whoever reads from there again finds the mark.
pub trait CountOnce: Sync {
    /// How many records were counted with the chunk that begins with this record, if it was.
    fn counted(&self, first_record: &str) -> impl Future<Output = Result<Option<usize>, StoreError>> + Send;

    /// Adds all the numbers and leaves the mark, or neither: [`CommitError::VersionConflict`] when the
    /// mark is there already.
    fn count_once(
        &self,
        first_record: &str,
        records: usize,
        counts: &[DailyCount],
    ) -> impl Future<Output = Result<(), CommitError>> + Send;
}

/// Reads a day's counters.
pub trait ReadDailyCounts: Sync {
    /// All of a day, by name.
    fn daily_counts(
        &self,
        day: Date,
    ) -> impl Future<Output = Result<std::collections::BTreeMap<String, u64>, StoreError>> + Send;
}

#[cfg(test)]
mod tests {
    use std::sync::{Arc, Mutex};

    use super::*;
    use crate::id::Reference;

    /// Plain totals, and no more.
    #[derive(Default)]
    struct Totals(Mutex<Vec<(&'static str, u64)>>);

    impl Count for Totals {
        fn count(&self, counter: &'static str, by: u64) {
            self.0.lock().unwrap().push((counter, by));
        }
    }

    /// All that is said, and nothing else.
    #[derive(Default)]
    struct Words(Mutex<Vec<String>>);

    impl Count for Words {
        fn count(&self, counter: &'static str, by: u64) {
            self.0.lock().unwrap().push(format!("{counter} {by}"));
        }

        fn count_labelled(&self, counter: &'static str, labels: &[(&'static str, &str)], by: u64) {
            self.0.lock().unwrap().push(format!("{counter} {labels:?} {by}"));
        }

        fn measure(&self, metric: &'static str, unit: Unit, value: f64) {
            self.0.lock().unwrap().push(format!("{metric} {value} {unit:?}"));
        }
    }

    fn say_each(to: &impl Count) {
        to.count("webhook.accepted", 2);
        to.count_labelled("touch.sent", &[("channel", "sms")], 3);
        to.measure("send.status_age_ms", Unit::Milliseconds, 7.5);
    }

    #[test]
    fn who_keeps_totals_alone_counts_what_is_labelled_and_measured() {
        let totals = Totals::default();
        say_each(&totals);
        assert_eq!(
            *totals.0.lock().unwrap(),
            [("webhook.accepted", 2), ("touch.sent", 3), ("send.status_age_ms", 1)]
        );
    }

    #[test]
    fn a_shared_counter_passes_everything_on() {
        let words = Arc::new(Words::default());
        say_each(&words);
        assert_eq!(
            *words.0.lock().unwrap(),
            [
                "webhook.accepted 2",
                "touch.sent [(\"channel\", \"sms\")] 3",
                "send.status_age_ms 7.5 Milliseconds"
            ]
        );
    }

    #[test]
    fn a_precondition_is_asked_of_what_is_stored() {
        let stored: Contact = serde_json::from_value(serde_json::json!({
            "provider": "leap",
            "reference": Reference::new("site-1").unwrap(),
        }))
        .unwrap();
        let tagged = |tags: &[&str]| Precondition::Tagged(tags.iter().map(|tag| (*tag).to_owned()).collect());
        let (one, other) = (stored.tag(), "aaaaaaaaaaaaaaaaaaaaaaaaaa");
        let holds = |precondition: Precondition| (precondition.holds(Some(&stored)), precondition.holds(None));
        assert_eq!(holds(Precondition::None), (true, true));
        assert_eq!(holds(Precondition::Absent), (false, true));
        assert_eq!(holds(Precondition::Present), (true, false));
        assert_eq!(holds(tagged(&[other, &one])), (true, false));
        assert_eq!(holds(tagged(&[other])), (false, false));
        assert_eq!(holds(tagged(&[])), (false, false));
    }
}
