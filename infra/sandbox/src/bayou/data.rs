//! Bills and intervals, which follow a login.

use jiff::{SignedDuration, Span, Timestamp, tz::TimeZone};
use rand::RngExt;
use serde_json::{Value, json};

use crate::bayou::bill::{Bill, Content, Parsed, Period};
use crate::bayou::event::Event;
use crate::bayou::record::Record;
use crate::bayou::utilities::Velocity;
use crate::bayou::world::{Task, World};
use crate::clock::{later, whole_second};
use crate::seed::Seed;

const HOUR: i64 = 3_600;
const DAY: i64 = 24 * HOUR;

/// The length of an interval.
const QUARTER: SignedDuration = SignedDuration::from_mins(15);

/// How likely a bill is corrected some days after it was issued.
const CORRECTED_P: f64 = 0.1;

/// How likely a slow utility's newest bill is still unread when the others are ready.
const UNREAD_P: f64 = 0.2;

impl World {
    /// Plans what a login brings: the initial data if it has not come, what was missed meanwhile.
    pub(crate) fn plan_data(&mut self, record_id: u64, is_first: bool, at: Timestamp) {
        let Some(record) = self.records.get_mut(&record_id) else {
            return;
        };
        let Some(utility) = record.utility else {
            return;
        };
        let login = record.logins;
        let missed = std::mem::take(&mut record.missed);
        let wants_bills = !record.bills_are_ready;
        let wants_intervals = !record.intervals_are_ready && record.can_have_intervals();
        let mut rng = self
            .seed
            .rng(&["initial data", &record_id.to_string(), &login.to_string()]);
        // All draws are made each time, so that a utility's nature changes nothing else.
        let is_late = rng.random_bool(0.05);
        let late = if is_late { rng.random_range(90..=1_200) } else { 0 };
        let (bills_after, intervals_after) = (rng.random_range(5..=50), rng.random_range(5..=50));
        let unread_after = bills_after;
        let day = rng.random_range(18 * HOUR..=26 * HOUR);
        let stays_unread = rng.random_bool(UNREAD_P);
        let (bills_after, intervals_after) = match utility.velocity {
            Velocity::Instant => (bills_after + late, intervals_after + late),
            Velocity::Day => (day, day + 120 * intervals_after),
        };
        let record = record_id;
        let seconds = |after: i64| later(at, SignedDuration::from_secs(after));
        if wants_bills {
            let history = i32::from(self.config.history_months);
            for month in 1 - history..=0 {
                let is_slow = utility.velocity == Velocity::Day;
                if is_slow && month == 0 {
                    let found = Task::BillFound {
                        record,
                        month,
                        is_read: false,
                    };
                    self.agenda.add(seconds(unread_after), found);
                }
                let more = if is_slow && month == 0 && stays_unread { DAY } else { 0 };
                let found = Task::BillFound {
                    record,
                    month,
                    is_read: true,
                };
                self.agenda.add(seconds(bills_after - 1 + more), found);
            }
            self.agenda
                .add(seconds(bills_after), Task::BillsReady { record, login });
        }
        if wants_intervals {
            let task = Task::IntervalsReady { record, login };
            self.agenda.add(seconds(intervals_after), task);
        }
        for month in missed {
            let found = Task::BillFound {
                record,
                month,
                is_read: true,
            };
            self.agenda.add(seconds(bills_after), found);
        }
        if is_first {
            self.plan_bill(record_id, 1);
        }
    }

    /// A month's bill arrives some hours after the day it was issued on.
    fn plan_bill(&mut self, record_id: u64, month: i32) {
        let Some(period) = self.period(record_id, month) else {
            return;
        };
        let mut rng = self.seed.rng(&["issued", &record_id.to_string(), &month.to_string()]);
        let hours = SignedDuration::from_secs(rng.random_range(6 * HOUR..=40 * HOUR));
        let Ok(issued) = period.billed_on.to_zoned(TimeZone::UTC) else {
            return;
        };
        let task = Task::BillIssued {
            record: record_id,
            month,
        };
        self.agenda.add(later(issued.timestamp(), hours), task);
    }

    fn period(&self, record_id: u64, month: i32) -> Option<Period> {
        let first_login_at = self.records.get(&record_id)?.first_login_at?;
        Some(Period::of(self.seed, record_id, first_login_at, month))
    }

    pub(crate) fn bill_issued(&mut self, record_id: u64, month: i32, at: Timestamp) -> Option<()> {
        self.plan_bill(record_id, month + 1);
        let record = self.records.get_mut(&record_id)?;
        if !record.is_authenticated {
            record.missed.push(month);
            return None;
        }
        let velocity = record.utility?.velocity;
        let is_read = velocity == Velocity::Instant;
        self.bill_found(record_id, month, is_read, at);
        if !is_read {
            let task = Task::BillFound {
                record: record_id,
                month,
                is_read: true,
            };
            self.agenda.add(later(at, SignedDuration::from_secs(20 * HOUR)), task);
        }
        None
    }

    /// A bill is found at the utility, or one found before has been read.
    pub(crate) fn bill_found(&mut self, record_id: u64, month: i32, is_read: bool, at: Timestamp) -> Option<()> {
        let period = self.period(record_id, month)?;
        let record = self.records.get(&record_id)?;
        let known = record.bills.get(&month).copied();
        let is_known_read = known
            .and_then(|id| self.bills.get(&id))
            .is_some_and(|bill| matches!(bill.content, Content::Parsed(_)));
        // What has been found already is not found again; without access only what was found is read.
        if is_known_read || (known.is_none() && !record.is_authenticated) || (known.is_some() && !is_read) {
            return None;
        }
        let id = known.unwrap_or_else(|| self.bill_id(record_id, month));
        let content = if is_read {
            Content::Parsed(Parsed::new(self.seed, record_id, month, period))
        } else {
            Content::Unparsed
        };
        let bill = Bill {
            id,
            customer_id: record_id,
            content,
        };
        self.bills.insert(id, bill);
        self.records.get_mut(&record_id)?.bills.insert(month, id);
        let event = if is_read {
            Event::NewBill(id)
        } else {
            Event::NewUnparsedBill(id)
        };
        self.emit(record_id, event, at);
        let about = [record_id.to_string(), month.to_string()];
        let [about_record, about_month] = [about[0].as_str(), about[1].as_str()];
        if month > 0 && is_read && self.seed.chance(CORRECTED_P, &["corrected", about_record, about_month]) {
            let mut rng = self.seed.rng(&["correction", about_record, about_month]);
            let after = SignedDuration::from_secs(rng.random_range(2 * DAY..=10 * DAY));
            self.agenda.add(later(at, after), Task::BillCorrected { bill: id });
        }
        None
    }

    /// Bills have numbers of their own. One in fifty is a customer's number too, as nothing forbids.
    pub(crate) fn bill_id(&self, record_id: u64, number: i32) -> u64 {
        let mut rng = self
            .seed
            .rng(&["bill's id", &record_id.to_string(), &number.to_string()]);
        let mut id = if rng.random_bool(0.02) {
            record_id
        } else {
            rng.random_range(10_000..1_000_000_000)
        };
        while self.bills.contains_key(&id) {
            id += 1;
        }
        id
    }

    pub(crate) fn bill_corrected(&mut self, bill_id: u64, at: Timestamp) -> Option<()> {
        let bill = self.bills.get_mut(&bill_id)?;
        let customer_id = bill.customer_id;
        let is_authenticated = self.records.get(&customer_id)?.is_authenticated;
        if let (Content::Parsed(parsed), true) = (&mut bill.content, is_authenticated) {
            parsed.corrected_by += 275;
            self.emit(customer_id, Event::UpdatedBill(bill_id), at);
        }
        None
    }

    pub(crate) fn bills_ready(&mut self, record_id: u64, login: u32, at: Timestamp) -> Option<()> {
        let record = self.records.get_mut(&record_id)?;
        // After a loss the next login plans anew.
        if record.logins != login || !record.is_authenticated || record.bills_are_ready {
            return None;
        }
        record.bills_are_ready = true;
        self.emit(record_id, Event::BillsReady, at);
        self.truth_of(record_id)?.bills_ready_at = Some(at);
        None
    }

    pub(crate) fn intervals_ready(&mut self, record_id: u64, login: u32, at: Timestamp) -> Option<()> {
        let record = self.records.get_mut(&record_id)?;
        if record.logins != login || !record.is_authenticated || record.intervals_are_ready {
            return None;
        }
        record.intervals_are_ready = true;
        self.emit(record_id, Event::IntervalsReady, at);
        self.truth_of(record_id)?.intervals_ready_at = Some(at);
        None
    }
}

impl Record {
    /// The first and the last interval discovered: they grow by the hour while there is access,
    /// unless they silently stop.
    pub(crate) fn discovered(&self, now: Timestamp) -> Option<(Timestamp, Timestamp)> {
        if !self.intervals_are_ready {
            return None;
        }
        let login = self.first_login_at?.to_zoned(TimeZone::UTC).date();
        let first = login
            .saturating_sub(Span::new().years(1))
            .to_zoned(TimeZone::UTC)
            .ok()?;
        let until = [Some(now), self.lost_at, self.intervals_stop_at];
        let until = until.into_iter().flatten().min()?;
        let hour = until.as_second() - until.as_second().rem_euclid(HOUR);
        Some((first.timestamp(), Timestamp::from_second(hour).ok()?))
    }

    /// The answer about intervals, with the newest of them; nothing in it before they are ready.
    pub(crate) fn intervals(&self, seed: Seed, listed: u32, now: Timestamp) -> Value {
        let Some((first, last)) = self.discovered(now) else {
            return json!({
                "first_interval_discovered": null,
                "last_interval_discovered": null,
                "granularities": [],
                "meters": [],
            });
        };
        let start_of = |number: u32| later(last, -QUARTER * i32::try_from(number).unwrap_or(i32::MAX));
        let intervals: Vec<Value> = (1..=listed)
            .rev()
            .map(|number| {
                let start = start_of(number);
                let question = ["interval", &self.id.to_string(), &start.as_second().to_string()];
                let wh: u32 = seed.rng(&question).random_range(40..=900);
                json!({
                    "start": whole_second(start),
                    "end": whole_second(later(start, QUARTER)),
                    "electricity_consumption": wh,
                    "net_electricity_consumption": wh,
                    "generated_electricity": 0,
                    "electricity_demand": null,
                    "gas_consumption": null,
                })
            })
            .collect();
        json!({
            "first_interval_discovered": first,
            "last_interval_discovered": last,
            "granularities": [15],
            "meters": [{"id": self.account.electric_meter, "intervals": intervals}],
        })
    }
}
