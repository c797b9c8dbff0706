//! Finding the home.

use journey::enrollment::{EsiId, ServiceAddress};
use journey::port::{EnrollError, Refusal};

use super::Trouble;
use crate::Ports;
use crate::session::Visit;

/// The longest text that is searched for, in characters.
pub(crate) const LONGEST_QUERY: usize = 200;

impl<P: Ports> Visit<'_, P> {
    /// The addresses that are like a text.
    pub(crate) async fn search_address(&self, query: &str) -> Result<Vec<ServiceAddress>, Trouble> {
        self.ports.count("enroll.address_search", 1);
        let found = self.ports.search_address(self.account(), query).await;
        let found = none_if_refused(found).map_err(|error| self.trouble(&error))?;
        if found.is_empty() {
            self.ports.count("enroll.no_match", 1);
        }
        Ok(found)
    }

    /// The address of an ESI ID.
    pub(crate) async fn search_esi_id(&self, esi_id: &EsiId) -> Result<Option<ServiceAddress>, Trouble> {
        self.ports.count("enroll.esi_id_search", 1);
        let found = self.ports.search_esi_id(self.account(), esi_id).await;
        let found = none_if_refused(found).map_err(|error| self.trouble(&error))?;
        if found.is_none() {
            self.ports.count("enroll.no_match", 1);
        }
        Ok(found)
    }
}

/// A search that is refused found nothing: nobody has said yet that the address is theirs.
fn none_if_refused<T: Default>(found: Result<T, EnrollError>) -> Result<T, EnrollError> {
    match found {
        Err(EnrollError::Refused(Refusal::SwitchHold | Refusal::Ineligible | Refusal::Other)) => Ok(T::default()),
        found @ (Ok(_) | Err(EnrollError::Unavailable(_) | EnrollError::UnknownAccount)) => found,
    }
}
