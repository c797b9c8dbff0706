//! What Bayou tells a partner: seven events, in an envelope without an id or a moment.

use jiff::Timestamp;
use serde_json::{Value, json};

use crate::bayou::bill::{Bill, Content};
use crate::bayou::delivery::fate;
use crate::bayou::record::{Reason, Record};
use crate::bayou::world::{Task, World};
use crate::clock::whole_second;

/// Something that has happened to a customer, and that is told.
#[derive(Clone, Copy, Debug)]
pub(crate) enum Event {
    FilledCredentials,
    MustReauthenticate(Reason),
    BillsReady,
    IntervalsReady,
    NewBill(u64),
    NewUnparsedBill(u64),
    UpdatedBill(u64),
}

impl Event {
    fn name(self) -> &'static str {
        match self {
            Self::FilledCredentials => "customer_has_filled_credentials",
            Self::MustReauthenticate(_) => "customer_must_reauthenticate",
            Self::BillsReady => "bills_ready",
            Self::IntervalsReady => "intervals_ready",
            Self::NewBill(_) => "new_bill",
            Self::NewUnparsedBill(_) => "new_unparsed_bill",
            Self::UpdatedBill(_) => "updated_bill",
        }
    }
}

/// How the documents and public code call the same thing; each event draws one of both.
#[derive(Clone, Copy)]
struct Spelling {
    prefixed_keys: bool,
    onboarding_url: bool,
}

impl World {
    /// Tells the receiver, if there is one. A second delivery repeats the first one's words.
    pub(crate) fn emit(&mut self, record_id: u64, event: Event, at: Timestamp) {
        let Some(record) = self.records.get_mut(&record_id) else {
            return;
        };
        let number = record.events_made.to_string();
        record.events_made += 1;
        if self.webhook.is_none() {
            return;
        }
        let subject = record_id.to_string();
        let question = [subject.as_str(), event.name(), number.as_str()].join(" ");
        let spelling = Spelling {
            prefixed_keys: self.seed.chance(0.5, &["keys", &question]),
            onboarding_url: self.seed.chance(0.2, &["link's key", &question]),
        };
        let Some(object) = self.object(record_id, event, spelling, at) else {
            return;
        };
        let body = json!({"event": event.name(), "object": object}).to_string();
        let fate = fate(self.seed, &self.trouble, &question, (&subject, body), at);
        self.stats.deliveries.events += 1;
        self.stats.deliveries.lost += u64::from(fate.deliveries.is_empty());
        self.stats.deliveries.late += u64::from(fate.is_late);
        for (due_at, delivery) in fate.deliveries {
            self.agenda.add(due_at, Task::Deliver(delivery));
        }
    }

    fn object(&self, record_id: u64, event: Event, spelling: Spelling, at: Timestamp) -> Option<Value> {
        let record = self.records.get(&record_id)?;
        let object = match event {
            Event::FilledCredentials => {
                let more = json!({
                    "utility": record.utility.map(|utility| utility.code),
                    "utility_data_velocity": record.utility.map(|utility| utility.velocity),
                    "has_filled_credentials": record.has_filled_credentials,
                    "has_filled_credentials_on": record.filled_on,
                });
                about(record, spelling.prefixed_keys, more)
            }
            Event::MustReauthenticate(reason) => {
                let key = if spelling.onboarding_url {
                    "onboarding_url"
                } else {
                    "onboarding_link"
                };
                let more = json!({
                    "reason": reason,
                    "onboarding_token": record.link.token,
                    key: record.link.url(&self.base_url, self.config.company),
                });
                about(record, false, more)
            }
            Event::BillsReady => {
                let bills = || record.bills.values().filter_map(|id| self.bills.get(id));
                let (parsed, unparsed): (Vec<&Bill>, Vec<&Bill>) = bills().partition(|bill| match bill.content {
                    Content::Parsed(_) => true,
                    Content::Unparsed | Content::Uploaded { .. } => false,
                });
                let more = json!({
                    "bills_parsed": parsed.iter().map(|bill| bill.json(record)).collect::<Vec<_>>(),
                    "bills_unparsed": unparsed.iter().map(|bill| json!({"id": bill.id})).collect::<Vec<_>>(),
                    "available_data": self.available_data(record),
                });
                about(record, false, more)
            }
            Event::IntervalsReady => {
                let (first, last) = record.discovered(at)?;
                let more = json!({
                    "first_interval_discovered": whole_second(first),
                    "last_interval_discovered": whole_second(last),
                    "available_data": self.available_data(record),
                });
                about(record, spelling.prefixed_keys, more)
            }
            Event::NewBill(bill) | Event::NewUnparsedBill(bill) | Event::UpdatedBill(bill) => {
                self.bills.get(&bill)?.json(record)
            }
        };
        Some(object)
    }

    /// Which periods there are bills of, by meter.
    fn available_data(&self, record: &Record) -> Value {
        let bills = record.bills.values().filter_map(|id| self.bills.get(id));
        let periods: Vec<Value> = bills
            .filter_map(|bill| match &bill.content {
                Content::Parsed(parsed) => {
                    let period = parsed.period;
                    Some(json!({"period_from": period.from, "period_to": period.to}))
                }
                Content::Unparsed | Content::Uploaded { .. } => None,
            })
            .collect();
        let account = &record.account;
        json!({"account_numbers": [{
            "id": account.number.to_string(),
            "meters": [
                {"id": account.electric_meter, "type": "electric", "periods": periods},
                {"id": account.gas_meter, "type": "gas", "periods": periods},
            ],
        }]})
    }
}

/// The object of an event about a customer, under one spelling of the customer's keys.
fn about(record: &Record, prefixed_keys: bool, mut more: Value) -> Value {
    let (id, external_id) = if prefixed_keys {
        ("customer_id", "customer_external_id")
    } else {
        ("id", "external_id")
    };
    if let Some(object) = more.as_object_mut() {
        object.insert(id.to_owned(), json!(record.id));
        object.insert(external_id.to_owned(), json!(record.external_id));
    }
    more
}
