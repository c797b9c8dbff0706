//! The plans on offer, asked for each time they are shown.

use journey::Milestone;
use journey::enrollment::{EnrollmentView, EsiId, Plan, PlanDates, Step, today};

use super::{Trouble, window};
use crate::Ports;
use crate::carried::Offer;
use crate::session::Visit;
use crate::standing::State;

impl<P: Ports> Visit<'_, P> {
    /// The plans that can be accepted today, and the journey hears that the customer asked for them.
    pub(crate) async fn offers(&self, view: &EnrollmentView, esi_id: &EsiId) -> Result<Vec<Offer>, Trouble> {
        let plans = self.request_plans(esi_id).await?;
        self.ports.count("enroll.plans", 1);
        if plans.is_empty() {
            self.ports.count("enroll.no_plans", 1);
        }
        // Looking around must not undo the dates of a plan that was accepted, nor hide that they are over.
        let is_accepted = view.account.says(Step::Plan) == Some(true);
        let is_chosen = is_accepted || self.standing(view).state(Step::Plan) == State::Done;
        let latest = plans.iter().map(|plan| plan.latest_start).max().filter(|_| !is_chosen);
        let dates = latest.map(|latest| PlanDates {
            latest: Some(latest),
            starts: None,
        });
        self.tell(Milestone::PlanRequested, dates).await;
        let at = self.ports.now();
        let offer = |plan| Offer {
            at,
            esi_id: esi_id.clone(),
            plan,
        };
        Ok(plans.into_iter().map(offer).collect())
    }

    /// The plans that can be read and can begin.
    pub(super) async fn request_plans(&self, esi_id: &EsiId) -> Result<Vec<Plan>, Trouble> {
        let plans = match self.ports.request_plans(self.account(), esi_id).await {
            Ok(plans) => plans,
            Err(error) => {
                let trouble = self.trouble(&error);
                // The customer has confirmed that it is their home.
                if let Trouble::Support(matter) = trouble {
                    self.tell_support(matter).await;
                }
                return Err(trouble);
            }
        };
        let today = today(self.ports.now());
        let can_begin = |plan: &Plan| window(plan, today, self.campaign).is_some();
        let can_be_read = |plan: &Plan| {
            let documents = &plan.documents;
            [&documents.efl, &documents.tos, &documents.yrac]
                .into_iter()
                .all(|url| is_web(url))
        };
        Ok(plans
            .into_iter()
            .filter(|plan| can_begin(plan) && can_be_read(plan))
            .collect())
    }
}

/// A plan whose documents cannot be opened cannot be offered; and no other kind of address is put into a page.
fn is_web(url: &str) -> bool {
    url.starts_with("https://") || url.starts_with("http://")
}
