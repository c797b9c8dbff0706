//! Each minute: the provider's changes become journeys, and lost timers are healed.
//!
//! Webhooks are given up after 8 hours (docs/leap.md, trap 7). A missed COMPLETED would nag a
//! customer who is done, a missed CREATED would forget one who is not.

mod sweep;
mod taken;

use core::error::Error;
use std::sync::Arc;

use jiff::{SignedDuration, Timestamp};
use journey::contact::Classification;
use journey::port::{
    ArmTimer, ChangeFilter, Clock, CommitJourney, Count, FindContact, KeepWatermark, LoadJourney, ProviderError,
    ReadChanges, ReadStatus, Resume, StoreError, Watermark,
};
use journey::protocol::{IfAbsent, Person, TakeError, take};
use journey::status::Snapshot;
use journey::{
    Campaign, ContactId, Drift, Event, Flow, IdKey, JourneyId, Note, Phase, Provider, Purpose, Reference, Unavailable,
};

pub use sweep::{Swept, sweep};
pub use taken::Taken;

/// How a pass reads the provider's changes.
#[derive(Clone, Debug)]
pub struct Config {
    /// The key of our own identifiers.
    pub id_key: IdKey,
    /// Each pass reads this much again: whether the filters are inclusive, and how fast the
    /// provider's index follows, is not documented.
    pub overlap: SignedDuration,
    /// The first pass of all looks back this far: beyond the last touch's window nothing can be sent.
    pub first_look_back: SignedDuration,
    /// Pages read in one pass; the next pass goes on from there, so that each fits its time.
    pub max_pages: usize,
    /// References that begin so are the partner's own tests.
    pub reserved_prefixes: Vec<String>,
    /// What passes before this one have taken.
    pub taken: Arc<Taken>,
}

impl Config {
    /// The defaults: an hour of overlap, four days back at first, 200 pages a pass.
    #[must_use]
    pub fn new(id_key: IdKey) -> Self {
        Config {
            id_key,
            overlap: SignedDuration::from_hours(1),
            first_look_back: SignedDuration::from_hours(96),
            max_pages: 200,
            reserved_prefixes: vec!["leap-test-".to_owned()],
            taken: Arc::default(),
        }
    }
}

/// What a pass did.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Passed {
    /// Pages read.
    pub pages: usize,
    /// References seen.
    pub seen: usize,
    /// Journeys changed.
    pub changed: usize,
    /// What no webhook had told: customers who began, and customers who finished.
    pub drift: usize,
    /// Records that could not be read.
    pub unreadable: usize,
    /// References whose journey could not be written; they are read again in the next pass.
    pub failed: usize,
    /// Did it reach the end, or will the next pass go on?
    pub finished: bool,
}

/// Why a pass could not be made.
#[derive(Debug, thiserror::Error)]
pub enum PassError {
    /// The provider did not answer; the next pass tries again from the same place.
    #[error(transparent)]
    Provider(#[from] ProviderError),
    /// The store failed.
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// Reads what changed at the provider since the last pass, and takes it.
///
/// Two filters, since an agreement-stage drop-off has no last interaction, and an old entry that
/// just progressed has an old start (trap 13).
///
/// # Errors
/// [`PassError`] when the provider or the watermark's store fails; what was taken stays taken.
pub async fn pass<P>(ports: &P, config: &Config, campaign: &Campaign) -> Result<Passed, PassError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + KeepWatermark + ReadChanges + ReadStatus + Count,
{
    let now = ports.now();
    let watermark = ports
        .load_watermark(Provider::Leap)
        .await?
        .unwrap_or_else(|| Watermark {
            since: now.checked_sub(config.first_look_back).unwrap_or(now),
            resume: None,
        });
    let since = watermark.since.checked_sub(config.overlap).unwrap_or(watermark.since);
    let mut at = watermark.resume.clone().unwrap_or(Resume {
        began_at: now,
        filter: ChangeFilter::Started,
        page: None,
    });
    let mut passed = Passed::default();
    let mut all_taken = true;
    loop {
        let page = match ports.read_changes(at.filter, since, at.page.as_deref()).await {
            Ok(page) => page,
            Err(error) => {
                // What was read stays read: the next pass goes on from this page, however small the
                // budget of calls. Only a page that cannot be read itself is begun again: how long
                // its token lives is not documented.
                if error.why == Unavailable::Failing {
                    at.page = None;
                }
                let next = after_pass(&watermark, at, all_taken, false);
                ports.save_watermark(Provider::Leap, &next).await?;
                return Err(error.into());
            }
        };
        passed.pages += 1;
        passed.unreadable += page.unreadable;
        for (reference, snapshot) in &page.changes {
            passed.seen += 1;
            match take_change(ports, config, campaign, reference, snapshot).await {
                Ok(taken) => {
                    passed.changed += usize::from(taken.changed);
                    passed.drift += usize::from(taken.drift);
                }
                Err(error) => {
                    // A record that cannot be read waits for an operator; it must not hold up the rest.
                    all_taken &= error.is_for_ever();
                    passed.failed += 1;
                    let journey = journey_id(config, reference);
                    tracing::error!(%journey, error = &error as &dyn Error, "change not taken");
                }
            }
        }
        at = match (page.next, at.filter) {
            (Some(next), filter) => Resume {
                page: Some(next),
                filter,
                ..at
            },
            (None, ChangeFilter::Started) => Resume {
                page: None,
                filter: ChangeFilter::LastInteraction,
                ..at
            },
            (None, ChangeFilter::LastInteraction) => {
                passed.finished = true;
                break;
            }
        };
        if passed.pages >= config.max_pages {
            break;
        }
    }
    let next = after_pass(&watermark, at, all_taken, passed.finished);
    ports.save_watermark(Provider::Leap, &next).await?;
    ports.count("reconcile.drift", passed.drift as u64);
    ports.count("reconcile.unreadable", passed.unreadable as u64);
    Ok(passed)
}

/// Where the next pass begins. What could not be taken must be read again, so the round then ends
/// where it began; it still goes on to its last page, so that one stubborn record does not hide those
/// behind it.
fn after_pass(before: &Watermark, mut at: Resume, all_taken: bool, finished: bool) -> Watermark {
    if !all_taken {
        at.began_at = before.since;
    }
    if finished {
        Watermark {
            since: at.began_at,
            resume: None,
        }
    } else {
        Watermark {
            since: before.since,
            resume: Some(at),
        }
    }
}

/// Why one change could not be taken.
#[derive(Debug, thiserror::Error)]
enum ChangeError {
    #[error(transparent)]
    Take(#[from] TakeError),
    #[error(transparent)]
    Store(#[from] StoreError),
    #[error(transparent)]
    Provider(#[from] ProviderError),
}

impl ChangeError {
    /// Would the next pass fail in the same way?
    fn is_for_ever(&self) -> bool {
        matches!(
            self,
            ChangeError::Store(StoreError::Corrupt(_)) | ChangeError::Take(TakeError::Store(StoreError::Corrupt(_)))
        )
    }
}

struct TakenChange {
    changed: bool,
    drift: bool,
}

fn journey_id(config: &Config, reference: &Reference) -> JourneyId {
    JourneyId::new(&config.id_key, Provider::Leap, Purpose::Enroll, reference)
}

async fn take_change<P>(
    ports: &P,
    config: &Config,
    campaign: &Campaign,
    reference: &Reference,
    snapshot: &Snapshot,
) -> Result<TakenChange, ChangeError>
where
    P: Clock + LoadJourney + CommitJourney + ArmTimer + FindContact + ReadStatus,
{
    if config
        .reserved_prefixes
        .iter()
        .any(|prefix| reference.expose().starts_with(prefix.as_str()))
    {
        return Ok(TakenChange {
            changed: false,
            drift: false,
        });
    }
    let id = journey_id(config, reference);
    let (shown, now) = (snapshot, ports.now());
    if config.taken.has(&id, shown, now) {
        return Ok(TakenChange {
            changed: false,
            drift: false,
        });
    }
    let contact_id = ContactId::new(&config.id_key, Provider::Leap, reference);
    let contact = ports.find_contact(&contact_id).await?.map(|known| known.contact);
    let region = contact.as_ref().and_then(|contact| contact.region.clone());
    let classification = contact
        .as_ref()
        .map_or(Classification::default(), |contact| contact.classification);
    // A page shows only the records that changed. Before a completed journey is opened again, all
    // of the reference's records are asked for: another may well be complete (trap 15).
    let completed = match ports.load_journey(&id).await? {
        Some(loaded) => matches!(loaded.journey.phase, Phase::Completed { .. }),
        None => false,
    };
    let whole;
    let snapshot = if completed && !snapshot.is_complete(region.as_deref()) {
        whole = ports.read_status(Provider::Leap, reference).await?;
        &whole
    } else {
        snapshot
    };
    let event = Event::StatusSeen {
        snapshot: snapshot.clone(),
        region,
        classification,
    };
    let flow = contact.as_ref().map_or(Flow::Unknown, |contact| contact.flow);
    let begin = IfAbsent::Begin {
        provider: Provider::Leap,
        purpose: Purpose::Enroll,
        flow,
    };
    let person = Person {
        contact: Some(&contact_id),
        ..Person::default()
    };
    let taken = take(ports, campaign, &id, begin, person, &event.into()).await?;
    let drift = taken.as_ref().is_some_and(|taken| {
        taken.notes.iter().any(|note| {
            matches!(
                note,
                Note::Drift {
                    what: Drift::Journey | Drift::Completion
                }
            )
        })
    });
    config.taken.add(id, shown.clone(), now);
    Ok(TakenChange {
        changed: taken.is_some_and(|taken| taken.written),
        drift,
    })
}

/// A moment that lies `span` before another; used for what counts as overdue.
pub(crate) fn before(now: Timestamp, span: SignedDuration) -> Timestamp {
    now.checked_sub(span).unwrap_or(Timestamp::MIN)
}
