//! `/enroll/billing`: where the bills go.

use journey::enrollment::BillingAddress;
use maud::html;

use super::{Asked, Reply, status_of};
use crate::Ports;
use crate::acts::{Part, Trouble, Typed};
use crate::look::{Input, Place, Wrong, input, summary};
use crate::session::Visit;
use crate::words::billing::words;

impl<P: Ports> Visit<'_, P> {
    pub(super) async fn billing(&self, asked: &Asked<'_>) -> Result<Reply, Trouble> {
        let typed = Typed::read(|name| asked.form.get(name));
        if !asked.is_post {
            return Ok(self.billing_form(true, &typed, &[]));
        }
        let address = match asked.form.get("to") {
            Some("other") => match typed.check() {
                Ok(address) => BillingAddress::Other(address),
                Err(wrong) => return Ok(self.billing_form(false, &typed, &wrong)),
            },
            Some("same") => BillingAddress::SameAsService,
            // No form of ours: nothing is taken for granted.
            Some(_) | None => return Ok(self.billing_form(true, &typed, &[])),
        };
        self.set_billing_address(&address).await?;
        Ok(Reply::to("/enroll"))
    }

    fn billing_form(&self, is_same: bool, typed: &Typed, wrong: &[Part]) -> Reply {
        let words = words(self.locale());
        let wrong = wrong.iter().map(|part| Wrong {
            field: part.name(),
            text: words.wrong(*part).to_owned(),
        });
        let wrong: Vec<Wrong> = wrong.collect();
        let field = |part: Part| Input {
            name: part.name(),
            label: words.label(part),
            hint: None,
            value: typed.part(part),
            autocomplete: part.autocomplete(),
            is_number: part == Part::Zip,
            longest: part.longest(),
        };
        let body = html! {
            (summary(self.locale(), &wrong))
            form method="post" action="/enroll/billing" {
                fieldset {
                    legend { (words.question) }
                    label.choice { input #same type="radio" name="to" value="same" checked[is_same]; span { (words.same) } }
                    label.choice { input #other type="radio" name="to" value="other" checked[!is_same]; span { (words.other) } }
                }
                fieldset.other {
                    legend { (words.other_legend) }
                    @for part in Part::ALL { (input(&field(part), &wrong)) }
                }
                button type="submit" { (words.save) }
            }
        };
        let is_wrong = !wrong.is_empty();
        let html = self.document(words.title, Some(Place::Billing), is_wrong, &body);
        Reply::page(status_of(is_wrong), html)
    }
}
