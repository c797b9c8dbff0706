//! A provider that takes bills, or does not.

use std::sync::{Arc, Mutex};

use journey::port::{HandOverBill, HandOverError};
use journey::{BillKind, Provider, Reference};

/// Answers every bill with the same, and keeps it. Clones are one.
#[derive(Clone, Debug)]
pub struct BillTaker(Arc<Mutex<Desk>>);

#[derive(Debug)]
struct Desk {
    answer: Result<Option<String>, HandOverError>,
    bills: Vec<Vec<u8>>,
}

impl Default for BillTaker {
    fn default() -> Self {
        BillTaker(Arc::new(Mutex::new(Desk {
            answer: Err(HandOverError::NotConfigured),
            bills: Vec::new(),
        })))
    }
}

impl BillTaker {
    /// From now on this is the answer.
    pub fn answers(&self, answer: Result<Option<String>, HandOverError>) {
        self.0.lock().unwrap().answer = answer;
    }

    /// What it was asked to take.
    #[must_use]
    pub fn asked(&self) -> Vec<Vec<u8>> {
        self.0.lock().unwrap().bills.clone()
    }
}

impl HandOverBill for BillTaker {
    async fn hand_over_bill(
        &self,
        _: Provider,
        _: &Reference,
        _: BillKind,
        bill: Vec<u8>,
    ) -> Result<Option<String>, HandOverError> {
        let mut desk = self.0.lock().unwrap();
        desk.bills.push(bill);
        desk.answer.clone()
    }
}
