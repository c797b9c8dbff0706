//! The ports of a use case in a play. Every call is a numbered step, and at one of them the world
//! may fail: before the effect or after it, with an error or with the death of the process.
//!
//! A dead process is a future that never goes on: whoever polls it sees it pending, and drops it.

use core::future::pending;

use jiff::Timestamp;
use journey::contact::{Contact, Known, OptOut, SuppressedFor, Suppression};
use journey::enrollment::{AcceptanceRecord, NewAccount};
use journey::port::{
    AnswerText, ArmTimer, ChangeFilter, ChangePage, Clock, Commit, CommitError, CommitJourney, ContactPage, Count,
    Email, EnrollError, EraseFallback, FindContact, FindDue, FireTimer, FreshLink, HandOverBill, HandOverError,
    KeepAcceptance, KeepContact, KeepFallback, KeepWatermark, ListContacts, LoadJourney, LookUpSend, OpenAccount,
    PageError, PassOnFallback, Precondition, ProviderError, Push, PutError, ReadAcceptances, ReadChanges, ReadNewest,
    ReadStatus, ReadVisits, ResetEnrollment, SearchMeters, SendEmail, SendPush, SendText, StoreError, Suppress,
    SuppressAddress, TakeUpload, Text, UploadForm, Uploaded, Versioned, Watermark,
};
use journey::status::Snapshot;
use journey::{
    Account, AddressId, BillFile, BillKind, ContactId, Fallback, HandOver, JourneyId, KeptAccount, KeptBill, Lane,
    MeterFound, Newest, PhoneNumber, Provider, Reference, Resolution, SendKey, SendOutcome, Timer, Unavailable,
    UtilityCode, Visits,
};

use crate::stage::Stage;
use crate::world::{Mode, State, World};

/// Every port, over a world.
#[derive(Clone, Copy, Debug)]
pub struct Ports<'a> {
    /// The world.
    pub world: &'a World,
    /// What the sweep fires timers with.
    pub stage: &'a Stage,
}

impl Ports<'_> {
    /// One call: the next step.
    async fn step<T>(
        &self,
        name: &'static str,
        effect: impl FnOnce(&mut State) -> T + Send,
        failure: impl FnOnce() -> T + Send,
    ) -> T {
        let interruption = {
            let mut state = self.world.lock();
            state.steps += 1;
            let fault = state.fault.filter(|fault| fault.step == state.steps);
            if fault.is_some() {
                state.hit = Some(name);
            }
            fault.and_then(|fault| match fault.mode {
                Mode::Interrupted(what) => {
                    // What it does itself is not disturbed.
                    state.fault = None;
                    Some(what)
                }
                Mode::DiesBefore | Mode::DiesAfter | Mode::Fails | Mode::AnswerLost => None,
            })
        };
        if let Some(what) = interruption {
            crate::interrupt::carry_out(self.world, self.stage, what);
        }
        let outcome = {
            let mut state = self.world.lock();
            let fault = state.fault.filter(|fault| fault.step == state.steps);
            match fault.map(|fault| fault.mode) {
                None => Some(effect(&mut state)),
                Some(Mode::Interrupted(_)) => Some(effect(&mut state)),
                Some(Mode::DiesBefore) => None,
                Some(Mode::DiesAfter) => {
                    effect(&mut state);
                    None
                }
                Some(Mode::Fails) => Some(failure()),
                Some(Mode::AnswerLost) => {
                    effect(&mut state);
                    Some(failure())
                }
            }
        };
        match outcome {
            Some(answer) => answer,
            None => pending().await,
        }
    }
}

fn out_of_reach() -> StoreError {
    StoreError::Unavailable("the store is out of reach in this step".into())
}

fn no_answer() -> ProviderError {
    ProviderError {
        why: Unavailable::Unreachable,
        retry_at: None,
    }
}

impl Clock for Ports<'_> {
    fn now(&self) -> Timestamp {
        self.world.lock().now
    }
}

impl Count for Ports<'_> {
    fn count(&self, counter: &'static str, by: u64) {
        self.world.lock().count(counter, by);
    }
}

impl LoadJourney for Ports<'_> {
    async fn load_journey(&self, id: &JourneyId) -> Result<Option<Versioned>, StoreError> {
        self.step("load_journey", |state| state.load(id), || Err(out_of_reach()))
            .await
    }
}

impl CommitJourney for Ports<'_> {
    async fn commit_journey(&self, commit: Commit<'_>) -> Result<(), CommitError> {
        let failure = || Err(CommitError::Store(out_of_reach()));
        self.step("commit_journey", |state| state.commit(&commit), failure)
            .await
    }
}

impl ArmTimer for Ports<'_> {
    async fn arm_timer(&self, journey: &JourneyId, timer: &Timer) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            state.arm(journey, timer);
            Ok(())
        };
        self.step("arm_timer", effect, || Err(out_of_reach())).await
    }
}

impl FindDue for Ports<'_> {
    async fn find_due(&self, lane: Lane, before: Timestamp, limit: usize) -> Result<Vec<(JourneyId, u32)>, StoreError> {
        let effect = |state: &mut State| Ok(state.due(lane, before, limit));
        self.step("find_due", effect, || Err(out_of_reach())).await
    }
}

impl FireTimer for Ports<'_> {
    async fn fire_timer(&self, journey: &JourneyId, generation: u32) {
        self.world.lock().begin_call();
        let stage = self.stage;
        // What fails is still due, and the next sweep finds it.
        let _ = touchpoint::fire(self, &stage.composer, &stage.rules, journey, generation).await;
    }
}

impl FindContact for Ports<'_> {
    async fn find_contact(&self, id: &ContactId) -> Result<Option<Known>, StoreError> {
        self.step("find_contact", |state| Ok(state.known(id)), || Err(out_of_reach()))
            .await
    }

    async fn contact_of(&self, journey: &JourneyId) -> Result<Option<Known>, StoreError> {
        let effect = |state: &mut State| Ok(state.known_of(journey));
        self.step("contact_of", effect, || Err(out_of_reach())).await
    }
}

impl KeepContact for Ports<'_> {
    async fn put_contact(&self, contact: &Contact, only_if: &Precondition) -> Result<(), PutError> {
        let effect = |state: &mut State| state.put(contact, only_if);
        self.step("put_contact", effect, || Err(out_of_reach().into())).await
    }

    async fn erase_contact(&self, id: &ContactId, only_if: &Precondition) -> Result<bool, PutError> {
        let effect = |state: &mut State| state.erase(id, only_if);
        self.step("erase_contact", effect, || Err(out_of_reach().into())).await
    }
}

impl KeepFallback for Ports<'_> {
    async fn keep_bill(
        &self,
        contact: &ContactId,
        kind: BillKind,
        bill: &[u8],
        at: Timestamp,
    ) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            let given = state.fallbacks.entry(contact.clone()).or_default();
            given.kept.bill = Some(KeptBill {
                given_at: at,
                kind,
                bytes: bill.len() as u64,
                hand_over: None,
            });
            given.bill = bill.to_vec();
            Ok(())
        };
        self.step("keep_bill", effect, || Err(out_of_reach())).await
    }

    async fn keep_account(&self, contact: &ContactId, account: &Account, at: Timestamp) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            let given = state.fallbacks.entry(contact.clone()).or_default();
            given.kept.account = Some(KeptAccount {
                given_at: at,
                account: account.clone(),
            });
            Ok(())
        };
        self.step("keep_account", effect, || Err(out_of_reach())).await
    }
}

/// As a bucket does it, in small; an upload's name is `incoming/`, the contact, and whatever.
impl TakeUpload for Ports<'_> {
    async fn upload_form(&self, contact: &ContactId, back: &str) -> Result<Option<UploadForm>, StoreError> {
        let effect = |state: &mut State| {
            Ok(state.uploads.as_ref().map(|_| UploadForm {
                action: "https://bills.example.com/".to_owned(),
                fields: vec![
                    ("key", format!("incoming/{contact}/1")),
                    (
                        "success_action_redirect",
                        format!("https://reminders.example.com{back}"),
                    ),
                ],
            }))
        };
        self.step("upload_form", effect, || Err(out_of_reach())).await
    }

    async fn uploaded(&self, contact: &ContactId, name: &str) -> Result<Option<Uploaded>, StoreError> {
        let effect = |state: &mut State| {
            let is_theirs = name.starts_with(&format!("incoming/{contact}/"));
            let content = state
                .uploads
                .as_ref()
                .filter(|_| is_theirs)
                .and_then(|uploads| uploads.get(name));
            Ok(content.map(|content| Uploaded {
                name: name.to_owned(),
                tag: content.len().to_string(),
                bytes: content.len() as u64,
                head: content.iter().copied().take(<Self as TakeUpload>::HEAD).collect(),
            }))
        };
        self.step("uploaded", effect, || Err(out_of_reach())).await
    }

    async fn keep_upload(
        &self,
        contact: &ContactId,
        upload: &Uploaded,
        kind: BillKind,
        at: Timestamp,
    ) -> Result<bool, StoreError> {
        let content = self
            .world
            .lock()
            .uploads
            .as_ref()
            .and_then(|uploads| uploads.get(&upload.name).cloned());
        match content {
            Some(content) => self.keep_bill(contact, kind, &content, at).await.map(|()| true),
            None => Ok(false),
        }
    }

    async fn drop_upload(&self, upload: &Uploaded) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            if let Some(uploads) = &mut state.uploads {
                uploads.remove(&upload.name);
            }
            Ok(())
        };
        self.step("drop_upload", effect, || Err(out_of_reach())).await
    }
}

impl PassOnFallback for Ports<'_> {
    async fn find_fallback(&self, contact: &ContactId) -> Result<Fallback, StoreError> {
        let effect = |state: &mut State| {
            let given = state.fallbacks.get(contact);
            Ok(given.map(|given| given.kept.clone()).unwrap_or_default())
        };
        self.step("find_fallback", effect, || Err(out_of_reach())).await
    }

    async fn read_bill(&self, contact: &ContactId) -> Result<Option<BillFile>, StoreError> {
        let effect = |state: &mut State| {
            let given = state.fallbacks.get(contact);
            Ok(given.and_then(|given| Some(BillFile::Bytes(given.kept.bill.as_ref()?.kind, given.bill.clone()))))
        };
        self.step("read_bill", effect, || Err(out_of_reach())).await
    }

    async fn bill_content(&self, contact: &ContactId, bill: &KeptBill) -> Result<Option<Vec<u8>>, StoreError> {
        let effect = |state: &mut State| {
            let given = state.fallbacks.get(contact);
            let given = given.filter(|given| {
                given
                    .kept
                    .bill
                    .as_ref()
                    .is_some_and(|kept| kept.given_at == bill.given_at)
            });
            Ok(given.map(|given| given.bill.clone()))
        };
        self.step("bill_content", effect, || Err(out_of_reach())).await
    }

    async fn keep_hand_over(
        &self,
        contact: &ContactId,
        bill: &KeptBill,
        to: Option<&HandOver>,
    ) -> Result<bool, StoreError> {
        let effect = |state: &mut State| {
            let kept = state
                .fallbacks
                .get_mut(contact)
                .and_then(|given| given.kept.bill.as_mut());
            let kept = kept.filter(|kept| *kept == bill);
            Ok(kept.map(|kept| kept.hand_over = to.cloned()).is_some())
        };
        self.step("keep_hand_over", effect, || Err(out_of_reach())).await
    }
}

impl HandOverBill for Ports<'_> {
    async fn hand_over_bill(
        &self,
        provider: Provider,
        reference: &Reference,
        kind: BillKind,
        bill: Vec<u8>,
    ) -> Result<Option<String>, HandOverError> {
        let taker = self.world.lock().bill_taker.clone();
        taker.hand_over_bill(provider, reference, kind, bill).await
    }
}

impl EraseFallback for Ports<'_> {
    async fn erase_fallback(&self, contact: &ContactId) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            state.fallbacks.remove(contact);
            Ok(())
        };
        self.step("erase_fallback", effect, || Err(out_of_reach())).await
    }
}

impl ListContacts for Ports<'_> {
    async fn list_contacts(&self, limit: usize, after: Option<&str>) -> Result<ContactPage, PageError> {
        let effect = |state: &mut State| state.list(limit, after);
        self.step("list_contacts", effect, || Err(out_of_reach().into())).await
    }
}

impl Suppress for Ports<'_> {
    async fn set_opted_out(&self, journey: &JourneyId, opted_out: &OptOut, _: Timestamp) -> Result<bool, StoreError> {
        let effect = |state: &mut State| Ok(state.set_opted_out(journey, opted_out));
        self.step("set_opted_out", effect, || Err(out_of_reach())).await
    }
}

impl SuppressAddress for Ports<'_> {
    async fn reopen_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            state.change_suppression(address, |suppressed| suppressed.lift_earlier(why, at));
            Ok(())
        };
        self.step("reopen_address", effect, || Err(out_of_reach())).await
    }

    async fn suppression(&self, address: &AddressId) -> Result<Suppression, StoreError> {
        let effect = |state: &mut State| Ok(state.suppression(address));
        self.step("suppression", effect, || Err(out_of_reach())).await
    }

    async fn suppress_address(&self, address: &AddressId, why: SuppressedFor, at: Timestamp) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            state.change_suppression(address, |suppressed| suppressed.close(why, at));
            Ok(())
        };
        self.step("suppress_address", effect, || Err(out_of_reach())).await
    }
}

impl ReadVisits for Ports<'_> {
    async fn read_visits(
        &self,
        provider: Provider,
        utility: &UtilityCode,
        since: Timestamp,
    ) -> Result<Visits, StoreError> {
        let effect = |state: &mut State| Ok(state.visits(provider, utility, since));
        self.step("read_visits", effect, || Err(out_of_reach())).await
    }
}

impl KeepWatermark for Ports<'_> {
    async fn load_watermark(&self, _: Provider) -> Result<Option<Watermark>, StoreError> {
        let effect = |state: &mut State| Ok(state.watermark.clone());
        self.step("load_watermark", effect, || Err(out_of_reach())).await
    }

    async fn save_watermark(&self, _: Provider, watermark: &Watermark) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            state.watermark = Some(watermark.clone());
            Ok(())
        };
        self.step("save_watermark", effect, || Err(out_of_reach())).await
    }
}

impl OpenAccount for Ports<'_> {
    async fn open_account(&self, person: &NewAccount) -> Result<Reference, EnrollError> {
        let app = self.world.light_app();
        app.open_account(person).await
    }
}

impl ResetEnrollment for Ports<'_> {
    async fn reset_enrollment(&self, account: &Reference) -> Result<bool, EnrollError> {
        let app = self.world.light_app();
        app.reset_enrollment(account).await
    }
}

impl KeepAcceptance for Ports<'_> {
    async fn keep_acceptance(&self, journey: &JourneyId, record: &AcceptanceRecord) -> Result<(), StoreError> {
        let effect = |state: &mut State| {
            let kept = state.acceptances.entry(journey.clone()).or_default();
            if !kept.contains(record) {
                kept.push(record.clone());
            }
            Ok(())
        };
        self.step("keep_acceptance", effect, || Err(out_of_reach())).await
    }
}

impl ReadAcceptances for Ports<'_> {
    async fn acceptances(&self, journey: &JourneyId) -> Result<Vec<AcceptanceRecord>, StoreError> {
        let effect = |state: &mut State| Ok(state.acceptances.get(journey).cloned().unwrap_or_default());
        self.step("acceptances", effect, || Err(out_of_reach())).await
    }
}

impl ReadStatus for Ports<'_> {
    async fn read_status(&self, provider: Provider, reference: &Reference) -> Result<Snapshot, ProviderError> {
        let effect = |state: &mut State| {
            let snapshot = state.provider.status(provider, reference, state.now)?;
            state.heard(provider, reference, &snapshot);
            Ok(snapshot)
        };
        self.step("read_status", effect, || Err(no_answer())).await
    }
}

impl ReadChanges for Ports<'_> {
    async fn read_changes(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<ChangePage, ProviderError> {
        let effect = |state: &mut State| {
            let page = state.provider.changes(filter, since, page, state.now)?;
            for (reference, _) in &page.changes {
                state.name(Provider::Leap, reference);
            }
            Ok(page)
        };
        self.step("read_changes", effect, || Err(no_answer())).await
    }
}

impl ReadNewest for Ports<'_> {
    async fn read_newest(&self, _: Provider, reference: &Reference) -> Result<Newest, ProviderError> {
        let effect = |state: &mut State| state.provider.newest(reference, state.now);
        self.step("read_newest", effect, || Err(no_answer())).await
    }
}

impl FreshLink for Ports<'_> {
    async fn fresh_link(&self, _: Provider, reference: &Reference) -> Result<Option<String>, ProviderError> {
        let effect = |state: &mut State| state.provider.link(reference, state.now);
        self.step("fresh_link", effect, || Err(no_answer())).await
    }
}

impl SearchMeters for Ports<'_> {
    async fn search_meters(&self, references: &[Reference]) -> Result<Vec<Vec<MeterFound>>, ProviderError> {
        let effect = |state: &mut State| state.provider.meters(references, state.now);
        self.step("search_meters", effect, || Err(no_answer())).await
    }
}

impl SendEmail for Ports<'_> {
    async fn send_email(&self, email: &Email) -> SendOutcome {
        // A send that failed cannot say whether it went out.
        self.step("send_email", |state| state.send(email), || SendOutcome::Ambiguous)
            .await
    }
}

impl SendText for Ports<'_> {
    async fn send_text(&self, text: &Text) -> SendOutcome {
        self.step("send_text", |state| state.send_text(text), || SendOutcome::Ambiguous)
            .await
    }
}

impl SendPush for Ports<'_> {
    async fn send_push(&self, push: &Push) -> SendOutcome {
        self.step("send_push", |state| state.send_push(push), || SendOutcome::Ambiguous)
            .await
    }
}

/// Nobody in these stories asks for help.
impl AnswerText for Ports<'_> {
    async fn answer_text(&self, _: &PhoneNumber, _: &str) -> SendOutcome {
        SendOutcome::Throttled
    }
}

impl LookUpSend for Ports<'_> {
    async fn look_up_send(&self, key: &SendKey) -> Resolution {
        self.step("look_up_send", |state| state.look_up(key), || Resolution::Unknown)
            .await
    }
}
