//! Reading the table.

use jiff::tz::TimeZone;
use journey::UtilityCode;
use serde::Deserialize;

use crate::utility::{Confidence, Mfa, Utility};

/// Why a table of utilities cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum TableError {
    /// It is not the table we know.
    #[error("the table of utilities cannot be read")]
    Csv(#[from] csv::Error),
    /// A code is not one.
    #[error("the table of utilities has the code `{0}`, which is not 1 to 32 of A-Z, 0-9 and _")]
    Code(String),
    /// A code has two rows.
    #[error("the table of utilities has two rows for `{0}`")]
    Twice(String),
    /// A zone is not in the zone database.
    #[error("the table of utilities gives `{code}` the unknown time zone `{zone}`")]
    Zone {
        /// The row.
        code: String,
        /// What it says.
        zone: String,
    },
}

/// A row as written.
#[derive(Deserialize)]
struct Row {
    code: String,
    leap_display_names: String,
    name: String,
    bayou_code: String,
    states: String,
    transmission_region: String,
    iana_zone: Option<String>,
    login_url: Option<String>,
    forgot_username_url: Option<String>,
    forgot_password_url: Option<String>,
    register_url: Option<String>,
    mfa: Mfa,
    mfa_note: Option<String>,
    support_phone: Option<String>,
    confidence: Confidence,
}

/// Reads the rows of a table, in its order.
pub(crate) fn read(text: &str) -> Result<Vec<Utility>, TableError> {
    csv::Reader::from_reader(text.as_bytes())
        .deserialize()
        .map(|row| utility(row?))
        .collect()
}

fn utility(row: Row) -> Result<Utility, TableError> {
    let code = UtilityCode::parse(&row.code).ok_or(TableError::Code(row.code))?;
    let zone = match row.iana_zone {
        None => None,
        Some(zone) => match TimeZone::get(&zone) {
            Ok(found) => Some(found),
            Err(_) => {
                return Err(TableError::Zone {
                    code: code.as_str().to_owned(),
                    zone,
                });
            }
        },
    };
    Ok(Utility {
        code,
        display_names: list(&row.leap_display_names),
        name: row.name,
        bayou_codes: list(&row.bayou_code),
        states: list(&row.states),
        regions: list(&row.transmission_region),
        zone,
        login_url: row.login_url,
        forgot_username_url: row.forgot_username_url,
        forgot_password_url: row.forgot_password_url,
        register_url: row.register_url,
        mfa: row.mfa,
        mfa_note: row.mfa_note,
        support_phone: row.support_phone,
        confidence: row.confidence,
    })
}

fn list(cell: &str) -> Vec<String> {
    cell.split(';')
        .map(str::trim)
        .filter(|item| !item.is_empty())
        .map(str::to_owned)
        .collect()
}
