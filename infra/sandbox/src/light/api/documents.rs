//! The documents of a plan: short, and true of the plan.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::response::Html;
use jiff::civil::Date;

use crate::light::api::flow::escaped;
use crate::light::area::Area;
use crate::light::engine::Shared;
use crate::light::plan::{self, DOCUMENTS, Offer, decimal};
use crate::light::refusal::Refusal;

/// Reads a document of a plan as it was offered on a day.
pub(crate) async fn read(
    State(shared): State<Arc<Shared>>,
    Path((area, on, uuid, document)): Path<(String, Date, String, String)>,
) -> Result<Html<String>, Refusal> {
    let world = shared.world();
    let area = Area::of_code(&area).ok_or_else(|| Refusal::not_found("document"))?;
    let offers = plan::offers(world.seed, &world.config, area, on, world.quirks.plans_by_day);
    let offer = offers.into_iter().find(|offer| offer.uuid == uuid);
    let offer = offer.ok_or_else(|| Refusal::not_found("document"))?;
    let (title, content) = match document.as_str() {
        "efl" => ("Electricity Facts Label", facts(&offer)),
        "tos" => ("Terms of Service", terms(&offer)),
        "yrac" => ("Your Rights as a Customer", RIGHTS.to_owned()),
        _ => return Err(Refusal::not_found("document")),
    };
    let Offer { name, on, .. } = &offer;
    let number = DOCUMENTS
        .iter()
        .position(|known| *known == document)
        .unwrap_or_default();
    let name = escaped(name);
    Ok(Html(format!(
        "<!doctype html>\n<html lang=\"en\">\n<head><meta charset=\"utf-8\">\n\
         <meta name=\"viewport\" content=\"width=device-width\">\n<title>{title}: {name}</title>\n\
         <style>:root{{color-scheme:light dark}}body{{font:1rem/1.5 system-ui,sans-serif;max-width:42rem;\
         margin:2rem auto;padding:0 1rem}}th,td{{text-align:left;padding:.25rem 1rem .25rem 0}}</style></head>\n\
         <body>\n<h1>{title}</h1>\n<p>Example Retail Energy, {name}, {}. {on}.</p>\n{content}\n\
         <p>Version {on}-{}-{number}. Invented, for trying things out.</p>\n</body>\n</html>\n",
        area.utility(),
        area.code(),
    )))
}

fn facts(offer: &Offer) -> String {
    let row = |name: &str, value: String| format!("<tr><th scope=\"row\">{name}</th><td>{value}</td></tr>\n");
    let average = |kwh| {
        row(
            &format!("Average price at {kwh} kWh a month"),
            format!("{} cents per kWh", decimal(offer.average_rate(kwh) / 100, 1, 1)),
        )
    };
    let rows = [
        average(500),
        average(1_000),
        average(2_000),
        row(
            "Energy charge",
            format!("{} cents per kWh", decimal(offer.energy_rate, 3, 1)),
        ),
        row(
            "Delivery charge of the utility",
            format!("{} cents per kWh", decimal(offer.area.delivery_rate(), 3, 1)),
        ),
        row("Monthly charge", format!("${}", decimal(offer.monthly_charge, 2, 2))),
        row("Type of product", "Fixed rate".to_owned()),
        row("Contract term", format!("{} months", offer.term_months)),
    ];
    format!("<table>\n{}</table>", rows.concat())
}

fn terms(offer: &Offer) -> String {
    format!(
        "<p>The energy charge of {} cents per kWh is fixed for {} months. Service may begin from {} to {}.</p>\n\
         <p>You may rescind a switch without penalty within three federal business days of receiving this.</p>\n\
         <p>An invoice is charged to your payment method 16 days after it is issued.</p>",
        decimal(offer.energy_rate, 3, 1),
        offer.term_months,
        offer.earliest_start,
        offer.latest_start,
    )
}

const RIGHTS: &str = "<p>You may choose your retail electric provider, and your utility delivers the power whichever \
    you choose.</p>\n<p>No provider may switch you without your authorization. If you think one has, write to \
    help@example.com.</p>";
