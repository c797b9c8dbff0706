//! A bill: found at the utility, or uploaded instead of a login.

use jiff::civil::Date;
use jiff::{Span, Timestamp, tz::TimeZone};
use rand::RngExt;
use serde_json::{Value, json};

use crate::bayou::record::Record;
use crate::seed::Seed;

/// A bill of one customer.
#[derive(Debug)]
pub(crate) struct Bill {
    pub(crate) id: u64,
    pub(crate) customer_id: u64,
    pub(crate) content: Content,
}

/// What is known of a bill.
#[derive(Debug)]
pub(crate) enum Content {
    /// Nobody has read it yet.
    Unparsed,
    /// It has been read.
    Parsed(Parsed),
    /// A file that the partner sent; nobody will read it.
    Uploaded { external_id: Option<String> },
}

#[derive(Debug)]
pub(crate) struct Parsed {
    pub(crate) period: Period,
    wh: u64,
    electricity: u64,
    therms: u64,
    gas: u64,
    /// By how much the utility has corrected it since.
    pub(crate) corrected_by: u64,
    /// Older bills have numbers where newer ones have text.
    is_old_style: bool,
}

/// The month a bill is about, and when it was issued.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Period {
    pub(crate) from: Date,
    pub(crate) to: Date,
    pub(crate) billed_on: Date,
}

impl Period {
    /// Month 0 ends a few days before the first login, so that its bill has been issued.
    pub(crate) fn of(seed: Seed, id: u64, first_login_at: Timestamp, month: i32) -> Self {
        let mut rng = seed.rng(&["billing day", &id.to_string()]);
        let login = first_login_at.to_zoned(TimeZone::UTC).date();
        let anchor = login.saturating_sub(Span::new().days(rng.random_range(3..=27)));
        let end = |month: i32| anchor.saturating_add(Span::new().months(month));
        let to = end(month);
        Self {
            from: end(month.saturating_sub(1)),
            to,
            billed_on: to.saturating_add(Span::new().days(2)),
        }
    }
}

impl Parsed {
    pub(crate) fn new(seed: Seed, id: u64, month: i32, period: Period) -> Self {
        let mut rng = seed.rng(&["bill", &id.to_string(), &month.to_string()]);
        Self {
            period,
            wh: rng.random_range(180..900) * 1_000,
            electricity: rng.random_range(4_000..19_000),
            therms: rng.random_range(5..90),
            gas: rng.random_range(900..9_000),
            corrected_by: 0,
            is_old_style: rng.random_bool(0.1),
        }
    }
}

impl Bill {
    /// The bill's object, as the API and the bill events show it.
    pub(crate) fn json(&self, record: &Record) -> Value {
        let utility = record.utility.map(|utility| utility.code);
        let file_url = format!("https://files.example/{}.pdf?X-Amz-Expires=1800", self.id);
        let unread = |external_id: Option<&str>| {
            json!({
                "external_id": external_id,
                "id": self.id,
                "status": "unparsed",
                "customer_id": record.id,
                "customer_external_id": record.external_id,
                "utility": utility,
                "utility_data_velocity": record.utility.map(|utility| utility.velocity),
                "file_url": file_url,
            })
        };
        let parsed = match &self.content {
            Content::Unparsed => return unread(None),
            Content::Uploaded { external_id } => return unread(external_id.as_deref()),
            Content::Parsed(parsed) => parsed,
        };
        let account = &record.account;
        let number = account.number;
        let (account_number, therms) = if parsed.is_old_style {
            (json!(number), json!(parsed.therms))
        } else {
            (json!(number.to_string()), json!(format!("{}.000", parsed.therms)))
        };
        json!({
            "id": self.id,
            "external_id": null,
            "status": "unlocked",
            "customer_id": record.id,
            "customer_external_id": record.external_id,
            "billed_on": parsed.period.billed_on,
            "past_due": 0,
            "outstanding_balance": 0,
            "billing_period_from": parsed.period.from,
            "billing_period_to": parsed.period.to,
            "utility": utility,
            "account_number": account_number,
            "electricity_consumption": parsed.wh,
            "electricity_amount": parsed.electricity,
            "delivery_charge": parsed.electricity / 2,
            "supply_charge": parsed.electricity - parsed.electricity / 2,
            "community_solar_bill_credit": 0,
            "gas_consumption": therms,
            "gas_consumption_unit": "therms",
            "gas_amount": parsed.gas,
            "total_amount": parsed.electricity + parsed.gas + parsed.corrected_by,
            "meters": [
                {"id": account.electric_meter, "type": "electric"},
                {"id": account.gas_meter, "type": "gas"},
            ],
            "file_url": file_url,
        })
    }
}
