//! Every provider that a deployment has: each question goes to the one that it is about.

use journey::enrollment::{
    Acceptance, BillingAddress, EnrollmentView, EsiId, MonthlyUsage, NewAccount, PaymentSession, Plan, ServiceAddress,
};
use journey::port::{
    ChangeFilter, ChangePage, Enroll, EnrollError, FreshLink, HandOverBill, HandOverError, OpenAccount, ProviderError,
    ReadChanges, ReadNewest, ReadStatus, ResetEnrollment, SearchMeters, Timestamp,
};
use journey::status::Snapshot;
use journey::{BillKind, MeterFound, Newest, Provider, Reference, Unavailable};

use crate::bayou::BayouClient;
use crate::leap::LeapClient;
use crate::light::LightClient;

/// The clients of a deployment; one of a provider that it has not is none.
#[derive(Clone, Debug, Default)]
pub struct Providers {
    /// Leap.
    pub leap: Option<LeapClient>,
    /// Bayou.
    pub bayou: Option<BayouClient>,
    /// Light.
    pub light: Option<LightClient>,
}

impl Providers {
    /// Sends away whoever waits in line: the program stops.
    pub fn close_lines(&self) {
        if let Some(leap) = &self.leap {
            leap.close_line();
        }
        if let Some(bayou) = &self.bayou {
            bayou.close_line();
        }
        if let Some(light) = &self.light {
            light.close_line();
        }
    }

    fn light(&self) -> Result<&LightClient, ProviderError> {
        self.light.as_ref().ok_or_else(not_configured)
    }
}

/// A customer of a provider whose API this deployment was not given.
fn not_configured() -> ProviderError {
    tracing::error!("a provider is asked for that this deployment is not configured for");
    ProviderError {
        why: Unavailable::Unauthorized,
        retry_at: None,
    }
}

impl ReadStatus for Providers {
    async fn read_status(&self, provider: Provider, reference: &Reference) -> Result<Snapshot, ProviderError> {
        match provider {
            Provider::Leap => {
                self.leap
                    .as_ref()
                    .ok_or_else(not_configured)?
                    .read_status(reference)
                    .await
            }
            Provider::Bayou => {
                self.bayou
                    .as_ref()
                    .ok_or_else(not_configured)?
                    .read_status(reference)
                    .await
            }
            Provider::Light => self.light()?.read_status(reference).await,
        }
    }
}

impl ReadNewest for Providers {
    async fn read_newest(&self, provider: Provider, reference: &Reference) -> Result<Newest, ProviderError> {
        match provider {
            Provider::Leap | Provider::Light => Ok(Newest::default()),
            Provider::Bayou => {
                self.bayou
                    .as_ref()
                    .ok_or_else(not_configured)?
                    .read_newest(reference)
                    .await
            }
        }
    }
}

impl FreshLink for Providers {
    async fn fresh_link(&self, provider: Provider, reference: &Reference) -> Result<Option<String>, ProviderError> {
        match provider {
            Provider::Leap => Ok(None),
            Provider::Bayou => {
                self.bayou
                    .as_ref()
                    .ok_or_else(not_configured)?
                    .fresh_link(reference)
                    .await
            }
            Provider::Light => self.light()?.fresh_link(reference).await,
        }
    }
}

impl HandOverBill for Providers {
    async fn hand_over_bill(
        &self,
        provider: Provider,
        reference: &Reference,
        kind: BillKind,
        bill: Vec<u8>,
    ) -> Result<Option<String>, HandOverError> {
        match provider {
            // Their APIs have no such call.
            Provider::Leap | Provider::Light => Err(HandOverError::NotConfigured),
            Provider::Bayou => {
                let bayou = self.bayou.as_ref().ok_or(HandOverError::NotConfigured)?;
                bayou.hand_over_bill(reference, kind, bill).await
            }
        }
    }
}

impl ReadChanges for Providers {
    async fn read_changes(
        &self,
        filter: ChangeFilter,
        since: Timestamp,
        page: Option<&str>,
    ) -> Result<ChangePage, ProviderError> {
        let Some(leap) = &self.leap else {
            // Of the others there is no list of what has changed.
            return Ok(ChangePage::default());
        };
        leap.read_changes(filter, since, page).await
    }
}

impl SearchMeters for Providers {
    async fn search_meters(&self, references: &[Reference]) -> Result<Vec<Vec<MeterFound>>, ProviderError> {
        let leap = self.leap.as_ref().ok_or_else(not_configured)?;
        leap.search_meters(references).await
    }
}

impl OpenAccount for Providers {
    async fn open_account(&self, person: &NewAccount) -> Result<Reference, EnrollError> {
        self.light()?.open_account(person).await
    }
}

impl Enroll for Providers {
    async fn view_enrollment(&self, account: &Reference) -> Result<EnrollmentView, EnrollError> {
        self.light()?.view_enrollment(account).await
    }

    async fn search_address(&self, account: &Reference, query: &str) -> Result<Vec<ServiceAddress>, EnrollError> {
        self.light()?.search_address(account, query).await
    }

    async fn search_esi_id(&self, account: &Reference, esi_id: &EsiId) -> Result<Option<ServiceAddress>, EnrollError> {
        self.light()?.search_esi_id(account, esi_id).await
    }

    async fn request_plans(&self, account: &Reference, esi_id: &EsiId) -> Result<Vec<Plan>, EnrollError> {
        self.light()?.request_plans(account, esi_id).await
    }

    async fn accept_plan(&self, account: &Reference, acceptance: &Acceptance) -> Result<(), EnrollError> {
        self.light()?.accept_plan(account, acceptance).await
    }

    async fn set_billing_address(&self, account: &Reference, address: &BillingAddress) -> Result<(), EnrollError> {
        self.light()?.set_billing_address(account, address).await
    }

    async fn begin_payment(&self, account: &Reference) -> Result<PaymentSession, EnrollError> {
        self.light()?.begin_payment(account).await
    }

    async fn ensure_payment_method(&self, account: &Reference, payment_method: &str) -> Result<(), EnrollError> {
        self.light()?.ensure_payment_method(account, payment_method).await
    }

    async fn monthly_usage(
        &self,
        account: &Reference,
        location: &str,
        year: i16,
    ) -> Result<Vec<MonthlyUsage>, EnrollError> {
        self.light()?.monthly_usage(account, location, year).await
    }
}

impl ResetEnrollment for Providers {
    async fn reset_enrollment(&self, account: &Reference) -> Result<bool, EnrollError> {
        self.light()?.reset_enrollment(account).await
    }
}
