//! `/enroll/accept`: the plan once more, its documents, the start, the tick. Only its own POST accepts.

use jiff::civil::Date;
use journey::enrollment::{Step, today};
use maud::html;

use super::{Asked, Reply, lead, status_of};
use crate::Ports;
use crate::acts::{Acceptance, NotAccepted, Trouble, window};
use crate::carried::Offer;
use crate::look::{Place, Wrong, described, error, summary};
use crate::session::Visit;
use crate::standing::State;
use crate::words::plans::words;

impl<P: Ports> Visit<'_, P> {
    pub(super) async fn acceptance(&self, asked: &Asked<'_>) -> Result<Reply, Trouble> {
        if !asked.is_post {
            return Ok(Reply::to("/enroll"));
        }
        let sealed = asked.form.get("offer").unwrap_or_default();
        let Some(offer) = Offer::open(self.site, &self.id, sealed) else {
            return Ok(Reply::to("/enroll/plans"));
        };
        let starts = asked.form.get("start_date").unwrap_or_default().trim();
        if asked.form.get("accept") != Some("1") {
            let view = self.open().await?;
            if self.standing(&view).state(Step::Plan) == State::Done {
                return Ok(Reply::to("/enroll"));
            }
            return match self.review(sealed, &offer, starts, Vec::new()) {
                Some(reply) => Ok(reply),
                None => self.changed(asked, &offer).await,
            };
        }
        let given = Acceptance {
            starts: starts.parse().ok(),
            terms_accepted: asked.form.get("terms") == Some("accepted"),
            offer: offer.clone(),
        };
        match self.accept(&given).await {
            Ok(()) => Ok(Reply::to("/enroll")),
            Err(NotAccepted::Trouble(trouble)) => Err(trouble),
            Err(NotAccepted::Changed) => self.changed(asked, &offer).await,
            Err(NotAccepted::Wrong { terms, starts: days }) => {
                let words = words(self.locale());
                let days = days.map(|(first, last)| Wrong {
                    field: "start_date",
                    text: words.bad_start(first, last),
                });
                let terms = terms.then(|| Wrong {
                    field: "terms",
                    text: words.terms_missing.to_owned(),
                });
                let wrong = days.into_iter().chain(terms).collect();
                match self.review(sealed, &offer, starts, wrong) {
                    Some(reply) => Ok(reply),
                    None => self.changed(asked, &offer).await,
                }
            }
        }
    }

    async fn changed(&self, asked: &Asked<'_>, offer: &Offer) -> Result<Reply, Trouble> {
        let view = self.open().await?;
        let place = self.place(asked).filter(|place| place.esi_id == offer.esi_id);
        self.plans_of(&view, &offer.esi_id, place.as_ref(), true).await
    }

    /// The plan once more; none when it can no longer be accepted.
    fn review(&self, sealed: &str, offer: &Offer, typed: &str, wrong: Vec<Wrong>) -> Option<Reply> {
        let (now, words) = (self.ports.now(), words(self.locale()));
        let (first, last) = window(&offer.plan, today(now), self.campaign).filter(|_| offer.holds(now))?;
        // A browser shows a date alone, and whatever else was typed as nothing.
        let starts = typed.parse::<Date>().unwrap_or(first);
        let (bad_start, bad_terms) = (error("start_date", &wrong), error("terms", &wrong));
        let body = html! {
            (summary(self.locale(), &wrong))
            h2 { (self.name_of(&offer.plan, None)) }
            (self.terms_of(&offer.plan))
            p { strong { (words.read_first) } }
            // What is wrong is said by our own page, in its language.
            form method="post" action="/enroll/accept" novalidate {
                input type="hidden" name="offer" value=(sealed);
                div.field {
                    label for="start_date" { (words.start_date) }
                    p.soft #start_date-hint { (words.between(first, last)) }
                    @if let Some(bad) = bad_start { p.error #start_date-error { (bad) } }
                    input #start_date type="date" name="start_date" required min=(first) max=(last) value=(starts)
                        aria-describedby=[described("start_date", true, bad_start.is_some())]
                        aria-invalid=[bad_start.map(|_| "true")];
                }
                @if let Some(bad) = bad_terms { p.error #terms-error { (bad) } }
                label.choice {
                    input #terms type="checkbox" name="terms" value="accepted" required
                        aria-describedby=[described("terms", false, bad_terms.is_some())]
                        aria-invalid=[bad_terms.map(|_| "true")];
                    span { (words.terms) }
                }
                button type="submit" name="accept" value="1" { (words.accept) }
            }
            (lead("/enroll/plans", words.other_plan))
        };
        let is_wrong = !wrong.is_empty();
        let html = self.document(words.accept_title, Some(Place::Plan), is_wrong, &body);

        Some(Reply::page(status_of(is_wrong), html))
    }
}
