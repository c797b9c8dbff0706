//! `/enroll/plans`: the plans on offer now, each with its documents.

use http::StatusCode;
use journey::enrollment::{EnrollmentView, EsiId, Plan, PlanDocuments, ServiceAddress, Step, today};
use maud::{Markup, html};

use super::{Asked, Reply, lead, line};
use crate::Ports;
use crate::acts::{Trouble, window};
use crate::look::Place;
use crate::session::Visit;
use crate::standing::State;
use crate::words::common;
use crate::words::plans::{Words, words};

impl<P: Ports> Visit<'_, P> {
    pub(super) async fn plans(&self, asked: &Asked<'_>) -> Result<Reply, Trouble> {
        let view = self.open().await?;
        if self.standing(&view).state(Step::Plan) == State::Done {
            return Ok(Reply::to("/enroll"));
        }
        let Some(place) = self.place(asked) else {
            return Ok(Reply::to("/enroll/address"));
        };
        self.plans_of(&view, &place.esi_id, Some(&place), false).await
    }

    /// The plans as they are now; after one has changed, with that said first.
    pub(super) async fn plans_of(
        &self,
        view: &EnrollmentView,
        esi_id: &EsiId,
        place: Option<&ServiceAddress>,
        has_changed: bool,
    ) -> Result<Reply, Trouble> {
        let words = words(self.locale());
        let offers = self.offers(view, esi_id).await?;
        let status = if has_changed {
            StatusCode::CONFLICT
        } else {
            StatusCode::OK
        };
        let body = html! {
            @if has_changed { p.wrong role="alert" { (words.changed) } }
            @if let Some(place) = place { p.soft { (line(&place.address)) } }
            @if offers.is_empty() { p { (words.none) } } @else { p { (words.intro) } }
            @for (index, offer) in offers.iter().enumerate() {
                @let name = self.name_of(&offer.plan, Some(index + 1));
                section.plan {
                    h2 { (name) }
                    (self.terms_of(&offer.plan))
                    form method="post" action="/enroll/accept" {
                        input type="hidden" name="offer" value=(offer.seal(self.site, &self.id));
                        button type="submit" { (words.choose_named(&name)) }
                    }
                }
            }
            @if offers.is_empty() { (lead("/enroll/plans", common::words(self.locale()).try_again)) }
            (lead("/enroll/address", words.other_home))
        };
        let title = if offers.is_empty() {
            words.none_title
        } else {
            words.title
        };
        let html = self.document(title, Some(Place::Plan), has_changed, &body);
        Ok(Reply::page(status, html))
    }

    /// What a plan is called; where it has no name, by its place in the list.
    pub(super) fn name_of(&self, plan: &Plan, number: Option<usize>) -> String {
        let unnamed = words(self.locale()).unnamed;
        match (&plan.name, number) {
            (Some(name), _) => name.clone(),
            (None, Some(number)) => format!("{unnamed} {number}"),
            (None, None) => unnamed.to_owned(),
        }
    }

    /// A plan's price, days and documents, as the provider says them now.
    pub(super) fn terms_of(&self, plan: &Plan) -> Markup {
        let words = words(self.locale());
        let days = window(plan, today(self.ports.now()), self.campaign);
        html! {
            dl.terms {
                dt { (words.energy) } dd { (words.rate(&plan.energy_rate_cents)) }
                dt { (words.charges) }
                @for charge in &plan.charges { dd { (words.charge(charge)) } }
                @if plan.charges.is_empty() { dd { (words.see_label) } }
                @if let Some(months) = plan.term_months { dt { (words.term) } dd { (words.months(months)) } }
                @if let Some((first, last)) = days { dt { (words.start) } dd { (words.between(first, last)) } }
            }
            (self.documents(words, &plan.documents))
        }
    }

    fn documents(&self, words: &Words, documents: &PlanDocuments) -> Markup {
        let new_tab = common::words(self.locale()).new_tab;
        let links = [
            (words.efl, &documents.efl),
            (words.tos, &documents.tos),
            (words.yrac, &documents.yrac),
        ];
        html! {
            h3.soft { (words.documents) ", " (new_tab) }
            ul.links {
                @for (name, url) in links {
                    li { a href=(url) target="_blank" rel="noopener noreferrer" { (name) } }
                }
            }
        }
    }
}
