//! The plans on offer: a few for each area, whose rates are good for a day.

use jiff::civil::Date;
use rand::RngExt;
use serde_json::{Map, Value, json};

use crate::light::area::Area;
use crate::light::config::LightConfig;
use crate::light::quirks::PlansByDay;
use crate::light::texas::days_after;
use crate::seed::Seed;

/// A plan on offer in an area on a day.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Offer {
    pub(crate) uuid: String,
    pub(crate) name: &'static str,
    pub(crate) term_months: u32,
    pub(crate) area: Area,
    pub(crate) on: Date,
    /// In thousandths of a cent for each kWh.
    pub(crate) energy_rate: u32,
    /// In cents.
    pub(crate) monthly_charge: u32,
    pub(crate) earliest_start: Date,
    pub(crate) latest_start: Date,
}

/// A plan without its rate of the day: the name, the months, the usual rate, the monthly charge.
const PLANS: [(&str, u32, u32, u32); 4] = [
    ("Bluebonnet 12", 12, 14_200, 0),
    ("Lone Star 24", 24, 14_900, 495),
    ("Mesquite 6", 6, 16_100, 0),
    ("Live Oak Green 36", 36, 15_400, 995),
];

/// The documents of a plan, as its links name them.
pub(crate) const DOCUMENTS: [&str; 3] = ["efl", "tos", "yrac"];

impl Offer {
    /// The link of one of its documents.
    pub(crate) fn link(&self, base_url: &str, document: &str) -> String {
        let Self { uuid, area, on, .. } = self;
        format!("{base_url}/documents/{}/{on}/{uuid}/{document}", area.code())
    }

    pub(crate) fn json(&self, config: &LightConfig, base_url: &str) -> Map<String, Value> {
        let mut object = Map::new();
        let mut put = |key: &str, value: Value| object.insert(key.to_owned(), value);
        put("uuid", json!(self.uuid));
        put("term_months", json!(self.term_months));
        put("energy_rate_cents_per_kwh", json!(decimal(self.energy_rate, 3, 1)));
        put("earliest_start_date", json!(self.earliest_start));
        put("latest_start_date", json!(self.latest_start));
        let links: Map<String, Value> = DOCUMENTS
            .iter()
            .map(|document| ((*document).to_owned(), json!(self.link(base_url, document))))
            .collect();
        put("links", Value::Object(links));
        let fields = &config.plan_charge_fields;
        put(&fields.delivery_rate, json!(decimal(self.area.delivery_rate(), 3, 1)));
        put(&fields.monthly_charge, json!(decimal(self.monthly_charge, 2, 2)));
        object
    }

    /// What a kWh costs on the average, in thousandths of a cent, for who uses so many in a month.
    pub(crate) fn average_rate(&self, kwh: u32) -> u32 {
        let monthly = self.monthly_charge * 1_000 / kwh.max(1);
        self.energy_rate + self.area.delivery_rate() + monthly
    }
}

/// The plans on offer in an area on a day: three, or four.
pub(crate) fn offers(seed: Seed, config: &LightConfig, area: Area, on: Date, by_day: PlansByDay) -> Vec<Offer> {
    let day = on.to_string();
    let count = match area {
        Area::Oncor | Area::OncorEast | Area::CenterPoint => 4,
        Area::AepCentral | Area::AepNorth | Area::Tnmp => 3,
    };
    let (rates_of, plans_of) = match by_day {
        PlansByDay::NewRates => (day.as_str(), "any day"),
        PlansByDay::NewPlans => (day.as_str(), day.as_str()),
        PlansByDay::Unchanged => ("any day", "any day"),
    };
    PLANS
        .into_iter()
        .take(count)
        .map(|(name, term_months, usual_rate, monthly_charge)| {
            let mut rng = seed.rng(&["rate", area.code(), name, rates_of]);
            Offer {
                uuid: seed.uuid(&["plan", area.code(), name, plans_of]),
                name,
                term_months,
                area,
                on,
                energy_rate: usual_rate + rng.random_range(0..120_u32) * 10,
                monthly_charge,
                earliest_start: days_after(on, *config.starts_within_days.start()),
                latest_start: days_after(on, *config.starts_within_days.end()),
            }
        })
        .collect()
}

/// A number of parts of a ten to some power as a decimal, with no more zeros at its end than it has to have.
pub(crate) fn decimal(parts: u32, places: usize, least: usize) -> String {
    let unit = 10_u32.pow(u32::try_from(places).unwrap_or_default());
    let mut text = format!("{}.{:0places$}", parts / unit, parts % unit);
    while text.ends_with('0') && text.len() > least + 1 + text.find('.').unwrap_or_default() {
        text.pop();
    }
    text
}

#[cfg(test)]
mod tests {
    use super::decimal;

    #[test]
    fn a_rate_is_a_short_decimal() {
        assert_eq!(decimal(14_200, 3, 1), "14.2");
        assert_eq!(decimal(14_000, 3, 1), "14.0");
        assert_eq!(decimal(5_589, 3, 1), "5.589");
        assert_eq!(decimal(0, 2, 2), "0.00");
        assert_eq!(decimal(995, 2, 2), "9.95");
    }
}
