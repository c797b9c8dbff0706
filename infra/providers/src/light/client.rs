//! Light's API.

use core::sync::atomic::AtomicBool;
use std::sync::Arc;

use journey::enrollment::{
    Acceptance, BillingAddress, EnrollmentView, EsiId, MonthlyUsage, NewAccount, PaymentSession, Plan, ServiceAddress,
};
use journey::port::{Clock, Enroll, EnrollError, OpenAccount, ProviderError, Refusal, ResetEnrollment};
use journey::status::Snapshot;
use journey::{Reference, Unavailable};
use percent_encoding::utf8_percent_encode;
use reqwest::Method;
use serde::Deserialize;
use serde_json::value::RawValue;
use serde_json::{Value, json};

use super::account;
use super::config::{Environment, LightConfig, LightNames, Refusals};
use super::offer;
use super::tokens::{Minted, Token, Tokens};
use super::usage;
use crate::Share;
use crate::api::{Api, Body, CallError, ConfigError, Request, parse, text_at};
use crate::query::{ENCODED, query};

/// Asks Light. Clones share the connections, the budget of calls and the accounts' tokens.
#[derive(Clone, Debug)]
pub struct LightClient {
    api: Api,
    tokens: Arc<Tokens>,
    environment: Environment,
    names: Arc<LightNames>,
    refusals: Arc<Refusals>,
}

/// Why a question about an account has no answer.
enum Fault {
    /// Light does not know the account.
    UnknownAccount,
    /// A call failed.
    Call(CallError),
}

/// The answer to the call that logs a customer in to Light's own pages.
#[derive(Deserialize)]
struct FlowLogin {
    login_link: String,
}

impl LightClient {
    /// Makes a client. The clock is the program's: the budget, the tokens' ends and `Retry-After` follow it, while
    /// timeouts and pauses between attempts take the machine's time.
    ///
    /// # Errors
    /// Settings that cannot be right, and a machine without root certificates.
    pub fn new(config: &LightConfig, clock: Arc<dyn Clock + Send + Sync>) -> Result<Self, ConfigError> {
        Ok(LightClient {
            api: Api::new(config.api(), clock)?,
            tokens: Arc::default(),
            environment: config.environment,
            names: Arc::new(config.names.clone()),
            refusals: Arc::new(config.refusals.clone()),
        })
    }

    /// Sends away whoever waits in line: the program stops.
    pub fn close_line(&self) {
        self.api.close_line();
    }

    /// The account's flags; none when Light does not know the account. Each check mints a token of its own
    /// (docs/light.md, trap 16).
    ///
    /// # Errors
    /// [`ProviderError`] when there is no answer that could be relied on.
    pub async fn read_status(&self, reference: &Reference) -> Result<Snapshot, ProviderError> {
        // The wait in line is not Light's: it does not count against the question's deadline.
        let paid = self.api.paid_in_line(2).await;
        self.api.ask("read_status", self.status(reference, paid)).await
    }

    /// The link by which the customer goes on now, in Light's own pages; none when Light does not know the account.
    ///
    /// It logs in whoever has it: it goes to the customer who has just acted, and nowhere else (trap 28).
    ///
    /// # Errors
    /// [`ProviderError`] when there is no answer that could be relied on.
    pub async fn fresh_link(&self, reference: &Reference) -> Result<Option<String>, ProviderError> {
        self.api.ask("fresh_link", self.flow_login(reference)).await
    }

    async fn status(&self, reference: &Reference, paid: bool) -> Result<Snapshot, CallError> {
        if !paid {
            // Both calls or none: a token without the look that it is for would be spent for nothing.
            self.api.pay(2)?;
        }
        let answer = async {
            let token = self.mint(reference, true).await?;
            let look = || call(Method::GET, "/account", None, true);
            let answer = match self.api.bytes(&by(&token, look()).paid(true)).await {
                Err(CallError::Unauthorized { status: 401, .. }) => {
                    let token = self.mint(reference, false).await?;
                    self.api.bytes(&by(&token, look())).await
                }
                answer => answer,
            };
            account::read(&answer.map_err(Fault::of_account)?, reference).map_err(Fault::Call)
        };
        match answer.await {
            Ok(account) => Ok(Snapshot::Light(Some(account))),
            Err(Fault::UnknownAccount) => Ok(Snapshot::Light(None)),
            Err(Fault::Call(error)) => Err(error),
        }
    }

    async fn flow_login(&self, reference: &Reference) -> Result<Option<String>, CallError> {
        // Each click has a link of its own (trap 26), and one that got lost on the way opens nothing.
        let body = json!({ "scope": "enrollment" });
        let request = call(Method::POST, &app_path(reference, "flow-login"), Some(body), true);
        match self.api.json::<FlowLogin>(&request).await {
            Ok(answer) => Ok(Some(answer.login_link)),
            Err(CallError::NotFound { .. }) => Ok(None),
            Err(error) => Err(error),
        }
    }

    async fn mint(&self, account: &Reference, paid: bool) -> Result<Token, Fault> {
        let request = call(Method::POST, &app_path(account, "token"), None, true).paid(paid);
        let minted: Minted = self.api.json(&request).await.map_err(Fault::of_account)?;
        Ok(minted.read(self.api.now())?)
    }

    async fn mint_and_keep(&self, account: &Reference) -> Result<Token, Fault> {
        let token = self.mint(account, false).await?;
        self.tokens.keep(account, &token, self.api.now());
        Ok(token)
    }

    /// Makes a call in the account's name. A 401 says that it was not done, so that any call may follow once more, with
    /// a new token (trap 29).
    async fn as_account(&self, account: &Reference, request: Request) -> Result<Vec<u8>, Fault> {
        let token = match self.tokens.find(account, self.api.now()) {
            Some(token) => token,
            None => self.mint_and_keep(account).await?,
        };
        let request = by(&token, request);
        match self.api.bytes(&request).await {
            Err(CallError::Unauthorized { status: 401, .. }) => {
                self.tokens.forget(account, &token);
                let token = self.mint_and_keep(account).await?;
                Ok(self.api.bytes(&by(&token, request)).await?)
            }
            answer => Ok(answer?),
        }
    }

    async fn account(&self, account: &Reference) -> Result<Vec<u8>, Fault> {
        let answer = self
            .as_account(account, call(Method::GET, "/account", None, true))
            .await;
        answer.map_err(|fault| match fault {
            Fault::UnknownAccount => Fault::UnknownAccount,
            Fault::Call(error) => Fault::of_account(error),
        })
    }

    /// A call that tells something, and may be made twice.
    async fn post(&self, account: &Reference, path: &str, body: Value) -> Result<Vec<u8>, Fault> {
        self.as_account(account, call(Method::POST, path, Some(body), true))
            .await
    }

    /// A call that changes something: whether Light knows it again is not documented, so it is made once.
    async fn post_once(&self, account: &Reference, path: &str, body: Option<Value>) -> Result<Vec<u8>, Fault> {
        self.as_account(account, call(Method::POST, path, body, false)).await
    }

    async fn payment(&self, account: &Reference, secret: &str, key: &str) -> Result<PaymentSession, Fault> {
        let known = self.account(account).await?;
        // What its body may be is not documented: it has none.
        let session = self
            .post_once(account, "/account/billing/payment-session", None)
            .await?;
        let named = |answer: &[u8], path: &str| text_at(parse::<Box<RawValue>>(answer).ok()?.as_ref(), path);
        let publishable_key = named(&known, key).ok_or(CallError::Unreadable("no text stands at names.stripe_key"))?;
        let client_secret =
            named(&session, secret).ok_or(CallError::Unreadable("no text stands at names.client_secret"))?;
        Ok(PaymentSession {
            client_secret,
            publishable_key,
        })
    }

    /// Bounds a step in time, and says once in the log why it was not taken.
    async fn step<T>(
        &self,
        step: &'static str,
        answer: impl Future<Output = Result<T, Fault>> + Send,
    ) -> Result<T, EnrollError> {
        let answer = self.api.within(self.api.deadline(), answer).await;
        answer.map_err(|fault| match fault {
            Fault::UnknownAccount => {
                tracing::error!(
                    provider = "light",
                    question = step,
                    "the provider does not know an account"
                );
                EnrollError::UnknownAccount
            }
            Fault::Call(error) => {
                self.api.note_failure(step, &error);
                self.not_taken(error)
            }
        })
    }

    fn not_taken(&self, error: CallError) -> EnrollError {
        match error {
            CallError::NotFound { code }
            | CallError::Refused {
                status: 400..=499,
                code,
            }
            // Without a text that is configured, our key is refused, and not the step.
            | CallError::Unauthorized {
                status: 403,
                code: code @ Some(_),
            } => EnrollError::Refused(self.refusals.read(code.as_deref())),
            CallError::Unreachable(_)
            | CallError::OutOfTime
            | CallError::RateLimited { .. }
            | CallError::BudgetSpent { .. }
            | CallError::Unauthorized { .. }
            | CallError::Refused { .. }
            | CallError::Failing { .. }
            | CallError::Unreadable(_) => EnrollError::Unavailable(error.into()),
        }
    }
}

impl OpenAccount for LightClient {
    async fn open_account(&self, person: &NewAccount) -> Result<Reference, EnrollError> {
        #[derive(Deserialize)]
        struct Opened {
            uuid: String,
        }
        let request = call(Method::POST, "/app/accounts", Some(offer::new_account(person)), false);
        let opened = async {
            let opened: Opened = self.api.json(&request).await?;
            let reference = Reference::new(opened.uuid);
            Ok(reference.map_err(|_| CallError::Unreadable("the account's name is no reference"))?)
        };
        self.step("open_account", opened).await
    }
}

impl Enroll for LightClient {
    async fn view_enrollment(&self, account: &Reference) -> Result<EnrollmentView, EnrollError> {
        let view = async { Ok(account::view(&self.account(account).await?, account)?) };
        self.step("view_enrollment", view).await
    }

    async fn search_address(&self, account: &Reference, query: &str) -> Result<Vec<ServiceAddress>, EnrollError> {
        let body = json!({ "query": query });
        let found = async {
            Ok(offer::addresses(
                &self.post(account, "/account/enroll/address-search", body).await?,
            )?)
        };
        self.step("search_address", found).await
    }

    /// A 404 is taken for an ESI ID that nobody has, as null is; any other 4xx is a refusal, since it may as well
    /// mean the account or the form of the question.
    async fn search_esi_id(&self, account: &Reference, esi_id: &EsiId) -> Result<Option<ServiceAddress>, EnrollError> {
        let body = json!({ "esi_id": esi_id.expose() });
        let found = async {
            match self.post(account, "/account/enroll/esi-id-search", body).await {
                Ok(answer) => Ok(offer::one_address(&answer)?),
                Err(Fault::Call(CallError::NotFound { code: None })) => Ok(None),
                Err(fault) => Err(fault),
            }
        };
        self.step("search_esi_id", found).await
    }

    async fn request_plans(&self, account: &Reference, esi_id: &EsiId) -> Result<Vec<Plan>, EnrollError> {
        let body = json!({ "esi_id": esi_id.expose() });
        let plans = async {
            let answer = self.post(account, "/account/enroll/plans/request", body).await?;
            Ok(offer::plans(&answer, &self.names)?)
        };
        self.step("request_plans", plans).await
    }

    async fn accept_plan(&self, account: &Reference, acceptance: &Acceptance) -> Result<(), EnrollError> {
        let body = json!({
            "esi_id": acceptance.esi_id.expose(),
            "plan_uuid": acceptance.plan,
            "start_date": acceptance.starts.to_string(),
            "terms_accepted": true,
        });
        let accepted = async {
            let answer = self.post_once(account, "/account/enroll/plans/accept", Some(body));
            answer.await.map(drop)
        };
        self.step("accept_plan", accepted).await
    }

    async fn set_billing_address(&self, account: &Reference, address: &BillingAddress) -> Result<(), EnrollError> {
        let body = offer::billing_address(address);
        let request = call(Method::PUT, "/account/billing/address", Some(body), true);
        let set = async { self.as_account(account, request).await.map(drop) };
        self.step("set_billing_address", set).await
    }

    async fn begin_payment(&self, account: &Reference) -> Result<PaymentSession, EnrollError> {
        let LightNames {
            client_secret: Some(secret),
            stripe_key: Some(key),
            ..
        } = &*self.names
        else {
            tracing::error!(
                "no payment can begin: Light's names.client_secret and names.stripe_key are not configured"
            );
            return Err(EnrollError::Unavailable(ProviderError {
                why: Unavailable::Failing,
                retry_at: None,
            }));
        };
        self.step("begin_payment", self.payment(account, secret, key)).await
    }

    async fn ensure_payment_method(&self, account: &Reference, payment_method: &str) -> Result<(), EnrollError> {
        let path = "/account/billing/ensure-payment-method-added";
        let body = json!({ "payment_method_id": payment_method });
        let ensured = async { self.post_once(account, path, Some(body)).await.map(drop) };
        self.step("ensure_payment_method", ensured).await
    }

    /// None, without a call, where nobody has said how Light names a month and its amount.
    async fn monthly_usage(
        &self,
        account: &Reference,
        location: &str,
        year: i16,
    ) -> Result<Vec<MonthlyUsage>, EnrollError> {
        let (Some(month), Some(amount)) = (&self.names.usage_month, &self.names.usage_amount) else {
            return Ok(Vec::new());
        };
        // A name of dots alone would lead to another call.
        if location.bytes().all(|byte| byte == b'.') {
            return Err(EnrollError::Refused(Refusal::Other));
        }
        let name = utf8_percent_encode(location, ENCODED);
        let mut request = call(
            Method::GET,
            &format!("/account/locations/{name}/usage/monthly"),
            None,
            true,
        );
        request.query = query(&[("year", &year.to_string())]);
        let months = async {
            Ok(usage::months(
                &self.as_account(account, request).await?,
                year,
                month,
                amount,
            )?)
        };
        self.step("monthly_usage", months).await
    }
}

impl ResetEnrollment for LightClient {
    async fn reset_enrollment(&self, account: &Reference) -> Result<bool, EnrollError> {
        match self.environment {
            // Such calls are refused by us, since the host cannot tell the one from the other (trap 30).
            Environment::Live => Ok(false),
            Environment::Sandbox => {
                let reset = async {
                    let answer = self.post_once(account, "/account/sandbox/delete-enrollment", None);
                    answer.await.map(|_| true)
                };
                self.step("reset_enrollment", reset).await
            }
        }
    }
}

impl Fault {
    /// What failed is about the account itself: there is no such account.
    fn of_account(error: CallError) -> Self {
        match error {
            CallError::NotFound { .. } => Fault::UnknownAccount,
            CallError::Unreachable(_)
            | CallError::OutOfTime
            | CallError::RateLimited { .. }
            | CallError::BudgetSpent { .. }
            | CallError::Unauthorized { .. }
            | CallError::Refused { .. }
            | CallError::Failing { .. }
            | CallError::Unreadable(_) => Fault::Call(error),
        }
    }
}

impl From<CallError> for Fault {
    fn from(error: CallError) -> Self {
        Fault::Call(error)
    }
}

/// A call by the App's token. Somebody waits for each of them: a customer at a page, or a message.
fn call(method: Method, path: &str, body: Option<Value>, repeatable: bool) -> Request {
    Request {
        method,
        path: path.to_owned(),
        query: String::new(),
        body: body.map(Body::Json),
        repeatable,
        share: Share::Checks,
        authorization: None,
        paid: AtomicBool::new(false),
        timeout: None,
    }
}

/// The same by an account's token.
fn by(token: &Token, request: Request) -> Request {
    Request {
        authorization: Some(token.header()),
        ..request
    }
}

/// A path of the App's, about one account.
fn app_path(account: &Reference, what: &str) -> String {
    format!(
        "/app/accounts/{}/{what}",
        utf8_percent_encode(account.expose(), ENCODED)
    )
}
