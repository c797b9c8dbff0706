//! What customers gave instead of a connection.

use http::{HeaderValue, StatusCode, header};
use jiff::{SignedDuration, Timestamp};
use journey::port::{Clock, FindContact, HandOverBill, HandOverError, PassOnFallback, ProviderError};
use journey::{BillFile, ContactId, HandOver, KeptBill, Provider, Unavailable};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::ApiConfig;
use super::answer::{Reply, empty, json, with_type};
use super::customers::{Name, find, no_contact};
use super::problem::Problem;

/// For how long a hand-over is left to whoever has begun it: longer than one can take. After that it may be tried
/// again; whether the provider has the bill from the first time, nobody here can tell.
const AT_IT: SignedDuration = SignedDuration::from_mins(1);

#[derive(Serialize)]
struct Told {
    bill: Option<Bill>,
    account: Option<Account>,
}

#[derive(Serialize)]
struct Bill {
    given_at: Timestamp,
    media_type: &'static str,
    bytes: u64,
    /// Relative to the API.
    url: String,
    handed_over: Option<HandedOver>,
}

#[derive(Serialize)]
struct HandedOver {
    /// The provider's name for the bill, if it told one.
    bill_id: Option<String>,
    handed_at: Timestamp,
}

impl HandedOver {
    fn of(hand_over: Option<HandOver>) -> Option<Self> {
        match hand_over {
            Some(HandOver::Done { at, bill_id }) => Some(HandedOver { bill_id, handed_at: at }),
            Some(HandOver::Begun { .. }) | None => None,
        }
    }
}

#[derive(Serialize)]
struct Account {
    given_at: Timestamp,
    #[serde(flatten)]
    account: journey::Account,
}

/// `GET /fallbacks/{provider}/{reference}`: what there is.
pub(super) async fn get<P>(ports: &P, config: &ApiConfig, name: Name) -> Result<Reply, Problem>
where
    P: FindContact + PassOnFallback,
{
    find(ports, config, &name).await?.ok_or_else(no_contact)?;
    let (provider, reference) = &name;
    let kept = ports
        .find_fallback(&ContactId::new(&config.id_key, *provider, reference))
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    if kept.bill.is_none() && kept.account.is_none() {
        return Err(nothing());
    }
    let reference = utf8_percent_encode(reference.expose(), NON_ALPHANUMERIC);
    let told = Told {
        bill: kept.bill.map(|bill| Bill {
            given_at: bill.given_at,
            media_type: bill.kind.media_type(),
            bytes: bill.bytes,
            url: format!("/fallbacks/{provider}/{reference}/bill"),
            handed_over: HandedOver::of(bill.hand_over),
        }),
        account: kept.account.map(|kept| Account {
            given_at: kept.given_at,
            account: kept.account,
        }),
    };
    Ok(json(StatusCode::OK, &told))
}

/// `GET /fallbacks/{provider}/{reference}/bill`: the file, or the way to it. Whoever opens it in a browser saves it:
/// nothing that a stranger has sent is shown under our name.
pub(super) async fn bill<P>(ports: &P, config: &ApiConfig, name: Name) -> Result<Reply, Problem>
where
    P: FindContact + PassOnFallback,
{
    find(ports, config, &name).await?.ok_or_else(no_contact)?;
    let (provider, reference) = &name;
    let file = ports
        .read_bill(&ContactId::new(&config.id_key, *provider, reference))
        .await
        .map_err(|error| Problem::unavailable(&error))?;
    match file.ok_or_else(nothing)? {
        BillFile::Bytes(kind, bytes) => {
            let mut reply = with_type(StatusCode::OK, kind.media_type(), bytes);
            let headers = reply.headers_mut();
            let disposition = format!("attachment; filename=\"{}\"", kind.file_name());
            if let Ok(disposition) = HeaderValue::try_from(disposition) {
                headers.insert(header::CONTENT_DISPOSITION, disposition);
            }
            headers.insert(
                header::CONTENT_SECURITY_POLICY,
                HeaderValue::from_static("default-src 'none'; frame-ancestors 'none'; sandbox"),
            );
            Ok(reply)
        }
        BillFile::At(url) => {
            let mut reply = empty(StatusCode::SEE_OTHER);
            let to = HeaderValue::try_from(url).map_err(|error| Problem::unavailable(&error))?;
            reply.headers_mut().insert(header::LOCATION, to);
            Ok(reply)
        }
    }
}

/// `POST /fallbacks/{provider}/{reference}/hand-over`: the bill to the provider, once.
pub(super) async fn hand_over<P>(ports: &P, config: &ApiConfig, name: Name) -> Result<Reply, Problem>
where
    P: Clock + FindContact + PassOnFallback + HandOverBill,
{
    find(ports, config, &name).await?.ok_or_else(no_contact)?;
    let (provider, reference) = &name;
    let id = ContactId::new(&config.id_key, *provider, reference);
    let unavailable = |error| Problem::unavailable(&error);
    let kept = ports.find_fallback(&id).await.map_err(unavailable)?;
    let Some(bill) = kept.bill else {
        return Err(kept.account.map_or_else(nothing, |_| no_bill()));
    };
    let now = ports.now();
    match &bill.hand_over {
        Some(HandOver::Begun { at }) if now.duration_since(*at) < AT_IT => return Err(somebody_is_at_it()),
        Some(HandOver::Begun { .. }) | None => {}
        Some(HandOver::Done { .. }) => return Ok(json(StatusCode::OK, &HandedOver::of(bill.hand_over))),
    }
    let begun = HandOver::Begun { at: now };
    if !ports
        .keep_hand_over(&id, &bill, Some(&begun))
        .await
        .map_err(unavailable)?
    {
        return Err(somebody_is_at_it());
    }
    let bill = KeptBill {
        hand_over: Some(begun),
        ..bill
    };
    let content = ports.bill_content(&id, &bill).await.map_err(unavailable)?;
    let content = content.ok_or_else(somebody_is_at_it)?;
    match ports.hand_over_bill(*provider, reference, bill.kind, content).await {
        Ok(bill_id) => {
            let done = HandOver::Done {
                at: ports.now(),
                bill_id,
            };
            // It is handed over, whether or not that can be written down.
            if let Err(error) = ports.keep_hand_over(&id, &bill, Some(&done)).await {
                tracing::error!(
                    error = &error as &dyn core::error::Error,
                    "a hand-over is not written down"
                );
            }
            Ok(json(StatusCode::OK, &HandedOver::of(Some(done))))
        }
        Err(error) => {
            if surely_not_taken(&error) {
                ports.keep_hand_over(&id, &bill, None).await.map_err(unavailable)?;
            }
            Err(not_taken(*provider, &error, now))
        }
    }
}

/// Has the provider surely not got the bill?
const fn surely_not_taken(error: &HandOverError) -> bool {
    match error {
        HandOverError::NotConfigured | HandOverError::Refused { .. } => true,
        HandOverError::NoAnswer(ProviderError { why, .. }) => match why {
            Unavailable::RateLimited | Unavailable::BudgetSpent | Unavailable::Unauthorized => true,
            Unavailable::Unreachable | Unavailable::Failing | Unavailable::UnknownContact => false,
        },
    }
}

fn not_taken(provider: Provider, error: &HandOverError, now: Timestamp) -> Problem {
    let (why, wait) = match error {
        HandOverError::NotConfigured => {
            let detail = match provider {
                Provider::Leap => "Leap takes no bills.",
                Provider::Light => "Light takes no bills.",
                Provider::Bayou => {
                    "Handing over is not configured. Ask Bayou for the form of its POST /bills, and set [bayou.bills] of \
                     rekindle.toml, or the stack's parameter BayouBills."
                }
            };
            return Problem::new(StatusCode::CONFLICT, detail);
        }
        HandOverError::Refused { status, code } => {
            let code = code.as_deref().unwrap_or("without a code");
            let detail = format!("The provider refuses the bill: status {status}, {code}. It is not handed over.");
            return Problem::new(StatusCode::BAD_GATEWAY, detail);
        }
        HandOverError::NoAnswer(ProviderError { why, retry_at }) => {
            (why, retry_at.map_or(AT_IT, |at| at.duration_since(now)))
        }
    };
    match why {
        Unavailable::Unauthorized => Problem::new(
            StatusCode::BAD_GATEWAY,
            "The provider refuses our API key. The bill is not handed over.",
        ),
        Unavailable::RateLimited | Unavailable::BudgetSpent => Problem::later(
            wait,
            "The provider takes no more calls at the moment. The bill is not handed over; send the same request again.",
        ),
        Unavailable::Unreachable | Unavailable::Failing | Unavailable::UnknownContact => Problem::later(
            wait.max(AT_IT),
            "The provider gave no answer to rely on, and may have taken the bill. Look there before you send the same \
             request again.",
        ),
    }
}

fn somebody_is_at_it() -> Problem {
    Problem::later(
        AT_IT,
        "The bill is being handed over, or was when the provider gave no answer, or has just changed. Send the same \
         request again.",
    )
}

fn no_bill() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "This customer has given no bill, only an account: GET /fallbacks/{provider}/{reference} tells it.",
    )
}

fn nothing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "This customer has given nothing of the kind, or it is no longer kept.",
    )
}
