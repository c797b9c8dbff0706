//! `/enroll/payment`: Stripe's form in our page, the only page that runs scripts.

use journey::enrollment::Step;
use maud::html;

use super::Reply;
use crate::Ports;
use crate::acts::Trouble;
use crate::look::{Head, Place, document};
use crate::session::Visit;
use crate::standing::State;
use crate::words::payment::words;

impl<P: Ports> Visit<'_, P> {
    pub(super) async fn payment(&self) -> Result<Reply, Trouble> {
        let view = self.open().await?;
        if self.standing(&view).state(Step::Payment) == State::Done {
            return Ok(Reply::to("/enroll"));
        }
        let (locale, words) = (self.locale(), words(self.locale()));
        let head = Head {
            more: html! {
                script src=(self.site.stripe.js) defer {}
                script src="/enroll/payment.js" defer {}
            },
            ..Head::new(locale, words.title, Some(Place::Payment))
        };
        let body = html! {
            p { (words.not_now) }
            noscript { p role="alert" { strong { (words.no_script) } } }
            p.error #payment-error role="alert" tabindex="-1" hidden {}
            form #payment-form hidden data-locale=(locale.as_str()) data-save=(words.save) data-saving=(words.saving)
                data-not-loaded=(words.not_loaded) data-not-saved=(words.not_saved) {
                p #payment-loading role="status" { (words.loading) }
                div #payment role="group" aria-label=(words.card) {}
                button #payment-save type="submit" aria-disabled="true" { (words.save) }
            }
            p #payment-reload hidden { a href="/enroll/payment" { (words.reload) } }
            p.soft { (words.by_stripe) }
        };
        Ok(Reply::Payment {
            html: document(self.site, &head, &body),
        })
    }
}
