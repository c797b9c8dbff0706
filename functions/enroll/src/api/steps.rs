//! Each resource, over the same steps as the pages.

use http::{HeaderMap, StatusCode};
use jiff::civil::Date;
use journey::enrollment::{BillingAddress, EsiId, today};

use super::body::Body;
use super::problem::{FieldError, Problem};
use super::route::Route;
use super::shown::{Addresses, Enrollment, Found, Month, Place, PlanShown, Plans, Session, Usage};
use super::{OPENAPI, empty, json, with_type};
use crate::Ports;
use crate::acts::{Acceptance, LONGEST_QUERY, NotAccepted, Part, Trouble, Typed, payment_method, window};
use crate::carried::Offer;
use crate::http::Answer;
use crate::session::Visit;

impl<P: Ports> Visit<'_, P> {
    pub(super) async fn respond(
        &self,
        route: Route,
        query: Option<&str>,
        headers: &HeaderMap,
        body: &[u8],
    ) -> Result<Answer, Problem> {
        match route {
            Route::Document => Ok(with_type(
                StatusCode::OK,
                "application/yaml",
                OPENAPI.as_bytes().to_vec(),
            )),
            Route::Enrollment => self.api_enrollment().await,
            Route::Usage => self.api_usage(query.unwrap_or_default()).await,
            Route::AddressSearch => self.api_address_search(Body::read(headers, body)?).await,
            Route::EsiIdSearch => self.api_esi_id_search(Body::read(headers, body)?).await,
            Route::Plans => self.api_plans(Body::read(headers, body)?).await,
            Route::Acceptance => self.api_acceptance(Body::read(headers, body)?).await,
            Route::BillingAddress => self.api_billing_address(Body::read(headers, body)?).await,
            Route::PaymentSession => {
                // It has nothing to say, so no body is fine as well.
                if !body.is_empty() {
                    Body::read(headers, body)?.finish()?;
                }
                let session = self.begin_payment().await.map_err(|trouble| self.problem(&trouble))?;
                Ok(json(&Session::from(&session)))
            }
            Route::PaymentMethod => self.api_payment_method(Body::read(headers, body)?).await,
        }
    }

    async fn api_enrollment(&self) -> Result<Answer, Problem> {
        let view = self.view().await.map_err(|trouble| self.problem(&trouble))?;
        Ok(json(&Enrollment::of(&view, &self.standing(&view))))
    }

    async fn api_address_search(&self, mut body: Body) -> Result<Answer, Problem> {
        let query = body.text("query").unwrap_or_default();
        let query = query.trim();
        let is_good = (1..=LONGEST_QUERY).contains(&query.chars().count());
        if !is_good && body.errors.is_empty() {
            body.wrong("query", "has 1 to 200 characters");
        }
        body.finish()?;
        let found = self
            .search_address(query)
            .await
            .map_err(|trouble| self.problem(&trouble))?;
        Ok(json(&Addresses {
            addresses: found.iter().map(Place::from).collect(),
        }))
    }

    async fn api_esi_id_search(&self, body: Body) -> Result<Answer, Problem> {
        let esi_id = esi_id(body)?;
        let found = self
            .search_esi_id(&esi_id)
            .await
            .map_err(|trouble| self.problem(&trouble))?;
        Ok(json(&Found {
            address: found.as_ref().map(Place::from),
        }))
    }

    async fn api_plans(&self, body: Body) -> Result<Answer, Problem> {
        let esi_id = esi_id(body)?;
        let failed = |trouble: Trouble| self.problem(&trouble);
        let view = self.open().await.map_err(failed)?;
        let offers = self.offers(&view, &esi_id).await.map_err(failed)?;
        let today = today(self.ports.now());
        let plans = offers.iter().filter_map(|offer| {
            let days = window(&offer.plan, today, self.campaign)?;
            Some(PlanShown::of(offer, days, offer.seal(self.site, &self.id)))
        });
        Ok(json(&Plans { plans: plans.collect() }))
    }

    async fn api_acceptance(&self, mut body: Body) -> Result<Answer, Problem> {
        let sealed = body.text("offer");
        let starts = body.text("start_date");
        let terms = body.boolean("terms_accepted");
        let date = starts.as_deref().map(str::parse::<Date>);
        if let Some(Err(_)) = date {
            body.wrong("start_date", "must be a day, such as 2026-07-01");
        }
        if terms == Some(false) {
            body.wrong("terms_accepted", TERMS);
        }
        body.finish()?;
        let (Some(sealed), Some(terms_accepted)) = (sealed, terms) else {
            return Err(Problem::invalid(Vec::new()));
        };
        // Not a field's error: no schema can tell an offer that is good, and the remedy is to ask for the plans.
        let offer = Offer::open(self.site, &self.id, &sealed).ok_or_else(Problem::unknown_offer)?;
        let given = Acceptance {
            offer,
            starts: date.and_then(Result::ok),
            terms_accepted,
        };
        match self.accept(&given).await {
            Ok(()) => Ok(empty(StatusCode::NO_CONTENT)),
            Err(NotAccepted::Changed) => Err(Problem::plan_changed()),
            Err(NotAccepted::Trouble(trouble)) => Err(self.problem(&trouble)),
            Err(NotAccepted::Wrong { terms, starts }) => {
                let days = starts.map(|(first, last)| {
                    FieldError::at("/start_date", format!("must be a day from {first} to {last}"))
                });
                let terms = terms.then(|| FieldError::at("/terms_accepted", TERMS));
                Err(Problem::invalid(days.into_iter().chain(terms).collect()))
            }
        }
    }

    async fn api_billing_address(&self, mut body: Body) -> Result<Answer, Problem> {
        let is_same = body.boolean("same_as_service_address");
        let mut errors = Vec::new();
        let mut address = BillingAddress::SameAsService;
        if is_same == Some(false)
            && let Some(mut parts) = body.object("address")
        {
            let typed = Typed(Part::ALL.map(|part| {
                let text = if part.is_optional() {
                    parts.optional_text(part.name())
                } else {
                    parts.text(part.name())
                };
                text.unwrap_or_default().trim().to_owned()
            }));
            // A part that is missing, or no text, has been told of.
            if parts.errors.is_empty() {
                match typed.check() {
                    Ok(other) => address = BillingAddress::Other(other),
                    Err(wrong) => wrong.into_iter().for_each(|part| parts.wrong(part.name(), right(part))),
                }
            }
            errors = parts.errors();
        }
        errors.extend(body.errors());
        if !errors.is_empty() {
            return Err(Problem::invalid(errors));
        }
        let set = self.set_billing_address(&address).await;
        set.map_err(|trouble| self.problem(&trouble))?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    async fn api_payment_method(&self, mut body: Body) -> Result<Answer, Problem> {
        let name = body.text("payment_method_id").unwrap_or_default();
        let name = payment_method(&name);
        if name.is_none() && body.errors.is_empty() {
            body.wrong("payment_method_id", "has 1 to 255 visible ASCII characters");
        }
        body.finish()?;
        let added = self.add_payment_method(name.unwrap_or_default()).await;
        added.map_err(|trouble| self.problem(&trouble))?;
        Ok(empty(StatusCode::NO_CONTENT))
    }

    async fn api_usage(&self, query: &str) -> Result<Answer, Problem> {
        let mut given = form_urlencoded::parse(query.as_bytes());
        let (Some((name, location)), None) = (given.next(), given.next()) else {
            return Err(Problem::invalid(vec![no_location()]));
        };
        if name != "location" {
            return Err(Problem::invalid(vec![no_location()]));
        }
        let failed = |trouble: Trouble| self.problem(&trouble);
        let view = self.view().await.map_err(failed)?;
        let known = view.locations.iter().find(|known| known.uuid == location);
        let known = known.ok_or_else(Problem::unknown_location)?;
        let months = self.usage(&known.uuid).await.map_err(failed)?;
        Ok(json(&Usage {
            location: &known.uuid,
            months: months.iter().map(Month::from).collect(),
        }))
    }

    fn problem(&self, trouble: &Trouble) -> Problem {
        Problem::of(trouble, self.ports.now())
    }
}

const TERMS: &str = "must be true: the customer has read the three documents and ticked that they accept them";

fn no_location() -> FieldError {
    FieldError {
        pointer: None,
        parameter: Some("location"),
        detail: "must be there once, and nothing else, with the id of one of the account's locations".to_owned(),
    }
}

fn esi_id(mut body: Body) -> Result<EsiId, Problem> {
    let text = body.text("esi_id");
    let parsed = text.as_deref().map(EsiId::parse);
    if let Some(Err(why)) = parsed {
        body.wrong("esi_id", why.to_string());
    }
    body.finish()?;
    parsed.and_then(Result::ok).ok_or_else(|| Problem::invalid(Vec::new()))
}

/// What a part of an address has to be.
const fn right(part: Part) -> &'static str {
    match part {
        Part::Line1 => "has 1 to 100 characters, with a letter or a digit among them",
        Part::Line2 => "has at most 60 characters, with a letter or a digit among them",
        Part::City => "has 1 to 60 characters, with a letter or a digit among them",
        Part::State => "must be a state's two letters, such as TX",
        Part::Zip => "must have five digits, such as 75201, or nine, such as 75201-1234",
    }
}
