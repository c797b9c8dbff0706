//! Light, as far as it opens accounts and takes enrolments back.

use std::sync::{Arc, Mutex};

use journey::Reference;
use journey::enrollment::NewAccount;
use journey::port::{EnrollError, OpenAccount, ResetEnrollment};

/// An App at Light: a sandbox, until it is said to be live. Clones are one.
#[derive(Clone, Debug, Default)]
pub struct LightApp(Arc<Mutex<Book>>);

#[derive(Debug, Default)]
struct Book {
    opened: Vec<(NewAccount, Reference)>,
    taken_back: Vec<Reference>,
    trouble: Option<EnrollError>,
    is_live: bool,
}

impl LightApp {
    /// From now on this is the answer to everything; none: it works again.
    pub fn fails(&self, trouble: Option<EnrollError>) {
        self.0.lock().unwrap().trouble = trouble;
    }

    /// Its enrolments are real from now on.
    pub fn goes_live(&self) {
        self.0.lock().unwrap().is_live = true;
    }

    /// For whom it was asked to open an account.
    #[must_use]
    pub fn opened(&self) -> Vec<NewAccount> {
        let book = self.0.lock().unwrap();
        book.opened.iter().map(|(person, _)| person.clone()).collect()
    }

    /// The accounts whose enrolment was taken back.
    #[must_use]
    pub fn taken_back(&self) -> Vec<Reference> {
        self.0.lock().unwrap().taken_back.clone()
    }
}

impl Book {
    fn works(&self) -> Result<(), EnrollError> {
        self.trouble.clone().map_or(Ok(()), Err)
    }
}

impl OpenAccount for LightApp {
    async fn open_account(&self, person: &NewAccount) -> Result<Reference, EnrollError> {
        let mut book = self.0.lock().unwrap();
        book.works()?;
        let number = book.opened.len() + 1;
        let account = Reference::new(format!("00000000-0000-4000-8000-{number:012}")).unwrap();
        book.opened.push((person.clone(), account.clone()));
        Ok(account)
    }
}

impl ResetEnrollment for LightApp {
    async fn reset_enrollment(&self, account: &Reference) -> Result<bool, EnrollError> {
        let mut book = self.0.lock().unwrap();
        book.works()?;
        if book.is_live {
            return Ok(false);
        }
        if !book.opened.iter().any(|(_, known)| known == account) {
            return Err(EnrollError::UnknownAccount);
        }
        book.taken_back.push(account.clone());
        Ok(true)
    }
}
