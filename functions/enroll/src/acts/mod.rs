//! The steps of an enrolment, for the pages and for the API alike.

mod accept;
mod billing;
mod payment;
mod plans;
mod search;
mod usage;

use core::error::Error;

use jiff::Timestamp;
use journey::enrollment::{EnrollmentView, PlanDates, SupportMatter};
use journey::port::{EnrollError, Refusal, StoreError};
use journey::protocol::{IfAbsent, Person, take};
use journey::{Event, Milestone, Purpose, ToldBy};

use crate::Ports;
use crate::session::Visit;
use crate::standing::Standing;

pub(crate) use accept::{Acceptance, NotAccepted, window};
pub(crate) use billing::{Part, Typed};
pub(crate) use payment::payment_method;
pub(crate) use search::LONGEST_QUERY;

/// Why a step was not taken.
#[derive(Debug)]
pub(crate) enum Trouble {
    /// Only support can help.
    Support(SupportMatter),
    /// The enrolment is final: nothing is to be done any more.
    Finished,
    /// The provider refuses the step, and would again.
    Refused,
    /// Nothing is lost; the customer may try again, at the earliest then where the provider says so.
    Unavailable { retry_at: Option<Timestamp> },
}

impl<P: Ports> Visit<'_, P> {
    /// How the account stands at the provider.
    pub(crate) async fn view(&self) -> Result<EnrollmentView, Trouble> {
        self.ports
            .view_enrollment(self.account())
            .await
            .map_err(|error| self.trouble(&error))
    }

    /// The provider's record, read beside ours.
    pub(crate) fn standing<'v>(&'v self, view: &'v EnrollmentView) -> Standing<'v> {
        let support = self.support();
        Standing::of(view, self.journey.as_ref(), support, self.campaign, self.ports.now())
    }

    /// A step that is to be taken: not by whom only support can help, nor after the end.
    pub(crate) async fn open(&self) -> Result<EnrollmentView, Trouble> {
        if let Some(matter) = self.support() {
            return Err(Trouble::Support(matter));
        }
        let view = self.view().await?;
        let standing = self.standing(&view);
        if let Some(matter) = standing.support() {
            return Err(Trouble::Support(matter));
        }
        match standing.is_final() {
            Some(true) => Err(Trouble::Finished),
            Some(false) | None => Ok(view),
        }
    }

    /// The customer took a step. The provider has it already, so a failure here is for operators: the provider's
    /// record will show the step.
    async fn tell(&self, what: Milestone, dates: Option<PlanDates>) {
        let by = ToldBy::OwnRecord;
        self.tell_event(Event::EnrollmentProgressed { what, by, dates }).await;
    }

    /// Only support can help from here on.
    async fn tell_support(&self, matter: SupportMatter) {
        self.tell_event(Event::SupportNeeded { matter }).await;
    }

    async fn tell_event(&self, event: Event) {
        let begin = IfAbsent::Begin {
            provider: self.known.contact.provider,
            purpose: Purpose::Enroll,
            flow: self.known.contact.flow,
        };
        let person = Person {
            contact: Some(&self.known.id),
            ..Person::default()
        };
        let event = event.into();
        for _ in 0..2 {
            match take(self.ports, self.campaign, &self.id, begin, person, &event).await {
                Ok(_) => return,
                Err(error) => tracing::error!(journey = %self.id, error = &error as &dyn Error, "step not recorded"),
            }
        }
        self.ports.count("enroll.not_recorded", 1);
    }

    /// What an answer of the provider's means for the step.
    fn trouble(&self, error: &EnrollError) -> Trouble {
        let (counter, trouble) = match error {
            EnrollError::Refused(Refusal::SwitchHold) => {
                ("enroll.refused", Trouble::Support(SupportMatter::SwitchHold))
            }
            EnrollError::Refused(Refusal::Ineligible) => {
                ("enroll.refused", Trouble::Support(SupportMatter::IneligibleAddress))
            }
            EnrollError::Refused(Refusal::Other) => ("enroll.refused", Trouble::Refused),
            // It holds and alarms, and deletes nothing (docs/light.md, trap 29).
            EnrollError::UnknownAccount => ("enroll.unknown_account", Trouble::Unavailable { retry_at: None }),
            EnrollError::Unavailable(error) => {
                let retry_at = error.retry_at;
                ("enroll.unavailable", Trouble::Unavailable { retry_at })
            }
        };
        self.ports.count(counter, 1);
        tracing::warn!(journey = %self.id, error = error as &dyn Error, "step not taken");
        trouble
    }

    fn store_trouble(&self, error: &StoreError) -> Trouble {
        self.ports.count("enroll.unavailable", 1);
        tracing::error!(journey = %self.id, error = error as &dyn Error, "step not kept");
        Trouble::Unavailable { retry_at: None }
    }
}
