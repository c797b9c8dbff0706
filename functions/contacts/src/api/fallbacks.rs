//! What customers gave instead of a connection.

use http::{HeaderValue, StatusCode, header};
use journey::port::{FindContact, ReadFallback};
use journey::{BillFile, ContactId};
use percent_encoding::{NON_ALPHANUMERIC, utf8_percent_encode};
use serde::Serialize;

use super::ApiConfig;
use super::answer::{Reply, empty, json, with_type};
use super::customers::{Name, find, no_contact};
use super::problem::Problem;

#[derive(Serialize)]
struct Told {
    bill: Option<Bill>,
    account: Option<Account>,
}

#[derive(Serialize)]
struct Bill {
    given_at: jiff::Timestamp,
    media_type: &'static str,
    bytes: u64,
    /// Relative to the API.
    url: String,
}

#[derive(Serialize)]
struct Account {
    given_at: jiff::Timestamp,
    #[serde(flatten)]
    account: journey::Account,
}

/// `GET /fallbacks/{provider}/{reference}`: what there is.
pub(super) async fn get<P>(ports: &P, config: &ApiConfig, name: Name) -> Result<Reply, Problem>
where
    P: FindContact + ReadFallback,
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
    P: FindContact + ReadFallback,
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

fn nothing() -> Problem {
    Problem::new(
        StatusCode::NOT_FOUND,
        "This customer has given nothing of the kind, or it is no longer kept.",
    )
}
