//! Accepting a plan: by a tick that was made for it, under the terms that were shown, at the price that was shown.

use jiff::civil::Date;
use journey::enrollment::{AcceptanceRecord, EnrollmentView, Plan, PlanDates, Step, today};
use journey::{Campaign, Milestone};

use super::Trouble;
use crate::Ports;
use crate::carried::Offer;
use crate::session::Visit;
use crate::standing::{State, furthest};

/// An acceptance as the customer gave it.
pub(crate) struct Acceptance {
    /// The plan as it was shown.
    pub(crate) offer: Offer,
    /// The start, if it is a date at all.
    pub(crate) starts: Option<Date>,
    /// Was the box ticked, in this very request (docs/light.md, trap 33)?
    pub(crate) terms_accepted: bool,
}

/// Why nothing was accepted.
#[derive(Debug)]
pub(crate) enum NotAccepted {
    /// The box was not ticked, or the start is on no day within these.
    Wrong {
        /// Is the tick missing?
        terms: bool,
        /// The days on which the plan may begin, where the start is none of them.
        starts: Option<(Date, Date)>,
    },
    /// The plan is no longer what was shown, or it was shown too long ago.
    Changed,
    /// Anything else.
    Trouble(Trouble),
}

impl From<Trouble> for NotAccepted {
    fn from(trouble: Trouble) -> Self {
        NotAccepted::Trouble(trouble)
    }
}

/// The first and the last day on which a plan can begin, seen from today; none when it cannot.
pub(crate) fn window(plan: &Plan, today: Date, campaign: &Campaign) -> Option<(Date, Date)> {
    let first = plan.earliest_start.max(today);
    let last = plan.latest_start.min(furthest(today, campaign));
    (first <= last).then_some((first, last))
}

impl<P: Ports> Visit<'_, P> {
    /// Accepts a plan. The same acceptance again is harmless, and makes good what the first one could not record.
    pub(crate) async fn accept(&self, acceptance: &Acceptance) -> Result<(), NotAccepted> {
        let view = match self.open().await {
            Ok(view) => view,
            Err(Trouble::Finished) => return Ok(()),
            Err(trouble) => return Err(trouble.into()),
        };
        let Acceptance {
            offer,
            starts,
            terms_accepted,
        } = acceptance;
        let is_accepted = self.standing(&view).state(Step::Plan) == State::Done;
        let starts = match self.check(offer, *starts, *terms_accepted) {
            Ok(starts) => starts,
            // What was accepted before needs no second tick.
            Err(_) if is_accepted => return Ok(()),
            Err(wrong) => return Err(wrong),
        };
        let record = AcceptanceRecord {
            at: self.ports.now(),
            plan: offer.plan.uuid.clone(),
            starts,
            documents: offer.plan.documents.clone(),
            locale: self.locale(),
        };
        let kept = self.ports.acceptances(&self.id).await;
        let kept = kept.map_err(|error| self.store_trouble(&error))?;
        match kept.last() {
            // The same act once more. What it means may not have reached the journey.
            Some(last) if last.at >= offer.at && last.plan == record.plan && last.starts == starts => {
                self.tell_accepted(offer, starts).await;
                return Ok(());
            }
            // The provider had taken it, and the proof of it was not kept.
            None if is_accepted && self.is_of(&view, starts) => {}
            Some(_) | None if is_accepted => return Ok(()),
            Some(_) | None => self.accept_at_provider(offer, starts).await?,
        }
        // The proof first: the journey can hear of the step from the provider as well, the proof is ours alone.
        let kept = self.ports.keep_acceptance(&self.id, &record).await;
        kept.map_err(|error| self.store_trouble(&error))?;
        self.tell_accepted(offer, starts).await;
        self.ports.count("enroll.accepted", 1);
        tracing::info!(journey = %self.id, "plan accepted");
        Ok(())
    }

    /// The day on which the plan begins; or what is wrong with the act.
    fn check(&self, offer: &Offer, starts: Option<Date>, terms_accepted: bool) -> Result<Date, NotAccepted> {
        let days = window(&offer.plan, today(self.ports.now()), self.campaign);
        let (first, last) = days.ok_or(NotAccepted::Changed)?;
        let day = starts.filter(|day| (first..=last).contains(day));
        day.filter(|_| terms_accepted).ok_or(NotAccepted::Wrong {
            terms: !terms_accepted,
            starts: day.is_none().then_some((first, last)),
        })
    }

    async fn accept_at_provider(&self, offer: &Offer, starts: Date) -> Result<(), NotAccepted> {
        let plans = self.request_plans(&offer.esi_id).await?;
        if !offer.holds(self.ports.now()) || !plans.contains(&offer.plan) {
            self.ports.count("enroll.plan_changed", 1);
            return Err(NotAccepted::Changed);
        }
        let asked = journey::enrollment::Acceptance {
            esi_id: offer.esi_id.clone(),
            plan: offer.plan.uuid.clone(),
            starts,
        };
        let Err(error) = self.ports.accept_plan(self.account(), &asked).await else {
            return Ok(());
        };
        let trouble = self.trouble(&error);
        match trouble {
            Trouble::Support(matter) => self.tell_support(matter).await,
            // The same act came twice at once, and the other one was faster.
            Trouble::Refused => {
                let view = self.view().await?;
                if view.account.says(Step::Plan) == Some(true) && self.is_of(&view, starts) {
                    return Ok(());
                }
            }
            Trouble::Finished | Trouble::Unavailable { .. } => {}
        }
        Err(trouble.into())
    }

    /// May what the provider shows as accepted be what begins on that day?
    fn is_of(&self, view: &EnrollmentView, starts: Date) -> bool {
        let place = view.account.place().and_then(|place| place.starts_on);
        place.is_none_or(|place| place == starts)
    }

    async fn tell_accepted(&self, offer: &Offer, starts: Date) {
        let dates = PlanDates {
            latest: Some(offer.plan.latest_start),
            starts: Some(starts),
        };
        self.tell(Milestone::PlanAccepted, Some(dates)).await;
    }
}
