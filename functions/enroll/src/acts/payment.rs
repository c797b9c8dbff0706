//! The payment method. A card that was typed in is none: it is one when the provider says so (docs/light.md, trap 19).

use journey::Milestone;
use journey::enrollment::PaymentSession;

use super::Trouble;
use crate::Ports;
use crate::session::Visit;

/// Longer than any name that Stripe is known to give.
const LONGEST: usize = 255;

/// Stripe's name of a payment method, opaque; none for what could be no name at all.
pub(crate) fn payment_method(text: &str) -> Option<&str> {
    let is_name = (1..=LONGEST).contains(&text.len()) && text.bytes().all(|byte| byte.is_ascii_graphic());
    is_name.then_some(text)
}

impl<P: Ports> Visit<'_, P> {
    /// Begins to take a payment method. What it answers goes to the customer's browser alone (trap 28).
    pub(crate) async fn begin_payment(&self) -> Result<PaymentSession, Trouble> {
        self.open().await?;
        let session = self.ports.begin_payment(self.account()).await;
        let session = session.map_err(|error| self.trouble(&error))?;
        self.ports.count("enroll.payment_begun", 1);
        Ok(session)
    }

    /// Makes a payment method the account's.
    pub(crate) async fn add_payment_method(&self, name: &str) -> Result<(), Trouble> {
        match self.open().await {
            Ok(_) => {}
            // The same again, after the step that made it final.
            Err(Trouble::Finished) => return Ok(()),
            Err(trouble) => return Err(trouble),
        }
        let added = self.ports.ensure_payment_method(self.account(), name).await;
        added.map_err(|error| self.trouble(&error))?;
        self.ports.count("enroll.payment_added", 1);
        self.tell(Milestone::PaymentMethodAdded, None).await;
        Ok(())
    }
}
