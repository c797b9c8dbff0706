//! Bayou's API.

use core::sync::atomic::AtomicBool;
use std::sync::Arc;

use journey::port::{Clock, HandOverError, ProviderError};
use journey::status::Snapshot;
use journey::{BillKind, Newest, Reference, References};
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use serde::de::DeserializeOwned;

use super::bills::{ALL_WITHIN, BILL_WITHIN, BillForm, CustomerValue, bill_id};
use super::config::BayouConfig;
use super::customer::{Bill, Intervals, Told};
use crate::Share;
use crate::api::{Api, CallError, ConfigError, Request};
use crate::query::ENCODED;

/// Asks Bayou. Clones share the connections and the budget of calls.
#[derive(Clone, Debug)]
pub struct BayouClient {
    api: Api,
    references: References,
    bills: Option<BillForm>,
}

impl BayouClient {
    /// Makes a client. The clock is the program's: the budget and `Retry-After` follow it, while
    /// timeouts and pauses between attempts take the machine's time.
    ///
    /// # Errors
    /// Settings that cannot be right, and a machine without root certificates.
    pub fn new(config: &BayouConfig, clock: Arc<dyn Clock + Send + Sync>) -> Result<Self, ConfigError> {
        Ok(BayouClient {
            api: Api::new(config.api(), clock)?,
            references: config.references,
            bills: config.bills.clone(),
        })
    }

    /// Sends away whoever waits in line: the program stops.
    pub fn close_line(&self) {
        self.api.close_line();
    }

    /// The customer's flags; none when Bayou does not know the customer.
    ///
    /// # Errors
    /// [`ProviderError`] when there is no answer that could be relied on.
    pub async fn read_status(&self, reference: &Reference) -> Result<Snapshot, ProviderError> {
        // The wait in line is not Bayou's: it does not count against the question's deadline.
        let paid = self.api.paid_in_line(1).await;
        let told = self
            .api
            .ask("read_status", self.customer(reference, Share::Checks, paid))
            .await?;
        Ok(Snapshot::Bayou(told.map(Told::read)))
    }

    /// The newest bill and the end of the newest interval.
    ///
    /// # Errors
    /// [`ProviderError`] when there is no answer that could be relied on.
    pub async fn read_newest(&self, reference: &Reference) -> Result<Newest, ProviderError> {
        self.api.ask("read_newest", self.newest(reference)).await
    }

    /// The link by which the customer goes on now; none when Bayou does not know the customer.
    ///
    /// # Errors
    /// [`ProviderError`] when there is no answer that could be relied on.
    pub async fn fresh_link(&self, reference: &Reference) -> Result<Option<String>, ProviderError> {
        let told = self
            .api
            .ask("fresh_link", self.customer(reference, Share::Checks, false))
            .await?;
        Ok(told.and_then(Told::link))
    }

    /// Hands over a bill, in one attempt. Answers Bayou's name for it, if it tells one.
    ///
    /// # Errors
    /// [`HandOverError`] when no form is configured, Bayou refuses the bill, or gives no answer to rely on.
    pub async fn hand_over_bill(
        &self,
        reference: &Reference,
        kind: BillKind,
        bill: Vec<u8>,
    ) -> Result<Option<String>, HandOverError> {
        let form = self.bills.as_ref().ok_or(HandOverError::NotConfigured)?;
        let handed = self.api.within(ALL_WITHIN, self.post_bill(form, reference, kind, bill));
        handed.await.map_err(|error| {
            self.api.note_failure("hand_over_bill", &error);
            match error {
                CallError::Refused { status, code } => HandOverError::Refused { status, code },
                CallError::NotFound { code } => HandOverError::Refused { status: 404, code },
                CallError::Unreachable(_)
                | CallError::OutOfTime
                | CallError::RateLimited { .. }
                | CallError::BudgetSpent { .. }
                | CallError::Unauthorized { .. }
                | CallError::Failing { .. }
                | CallError::Unreadable(_) => HandOverError::NoAnswer(error.into()),
            }
        })
    }

    async fn post_bill(
        &self,
        form: &BillForm,
        reference: &Reference,
        kind: BillKind,
        bill: Vec<u8>,
    ) -> Result<Option<String>, CallError> {
        let customer = match (form.customer_value, self.references) {
            (CustomerValue::ExternalId, References::ExternalId) | (CustomerValue::Id, References::CustomerId) => {
                reference.expose().to_owned()
            }
            (by @ CustomerValue::ExternalId, References::CustomerId)
            | (by @ CustomerValue::Id, References::ExternalId) => {
                let told = self.customer(reference, Share::Upkeep, false).await?;
                told.ok_or(CallError::NotFound { code: None })?
                    .named(by)
                    .ok_or(CallError::Unreadable("it has not the customer's other name"))?
            }
        };
        let request = Request {
            method: Method::POST,
            path: "/bills".to_owned(),
            query: String::new(),
            body: Some(form.body(customer, kind, bill)),
            // Whether Bayou knows a bill again is not documented.
            repeatable: false,
            share: Share::Upkeep,
            authorization: None,
            paid: AtomicBool::new(false),
            timeout: Some(BILL_WITHIN),
        };
        Ok(bill_id(&self.api.bytes(&request).await?))
    }

    async fn customer(&self, reference: &Reference, share: Share, paid: bool) -> Result<Option<Told>, CallError> {
        let told: Told = match self.get(&self.path(reference, ""), share, paid).await {
            Err(CallError::NotFound { .. }) => return Ok(None),
            answer => answer?,
        };
        let (external_id, id) = match self.references {
            References::ExternalId => (Some(reference.expose()), None),
            References::CustomerId => (None, Some(reference.expose())),
        };
        if told.is_of(external_id, id) {
            Ok(Some(told))
        } else {
            Err(CallError::Unreadable("it speaks of another customer"))
        }
    }

    async fn newest(&self, reference: &Reference) -> Result<Newest, CallError> {
        let bills: Vec<Bill> = self
            .none_if_absent(&self.path(reference, "/bills"))
            .await?
            .unwrap_or_default();
        let intervals: Option<Intervals> = self.none_if_absent(&self.path(reference, "/intervals")).await?;
        Ok(Newest {
            bill: bills.iter().filter_map(Bill::issued_at).max(),
            interval: intervals.and_then(|intervals| intervals.last()),
        })
    }

    /// Not all utilities have bills or intervals, and how an absent list is answered is not documented.
    async fn none_if_absent<T: DeserializeOwned>(&self, path: &str) -> Result<Option<T>, CallError> {
        match self.get(path, Share::Upkeep, false).await {
            Ok(found) => Ok(Some(found)),
            Err(CallError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn get<T: DeserializeOwned>(&self, path: &str, share: Share, paid: bool) -> Result<T, CallError> {
        let request = Request {
            method: Method::GET,
            path: path.to_owned(),
            query: String::new(),
            body: None,
            repeatable: true,
            share,
            authorization: None,
            paid: AtomicBool::new(paid),
            timeout: None,
        };
        self.api.json(&request).await
    }

    fn path(&self, reference: &Reference, below: &str) -> String {
        let name = utf8_percent_encode(reference.expose(), ENCODED);
        match self.references {
            References::ExternalId => format!("/customers/external_id:{name}{below}"),
            References::CustomerId => format!("/customers/{name}{below}"),
        }
    }
}
