//! `/enroll/address`, `/enroll/esi-id`, `/enroll/confirm`: find the home, then say that it is the right one.

use http::StatusCode;
use journey::enrollment::{DeliveryCompany, EsiId, ServiceAddress};
use maud::{Markup, html};

use super::{Asked, Reply, lead, line, status_of};
use crate::Ports;
use crate::acts::{LONGEST_QUERY, Trouble};
use crate::carried::{found, open_found, place_cookie};
use crate::look::{Input, Place, Wrong, input, summary};
use crate::session::Visit;
use crate::words::address::words;
use crate::words::common;

/// The most that are shown. Who finds more is asked for more of the address.
const MOST: usize = 20;

/// The longest ESI ID that is worth repeating, with its spaces and dashes.
const LONGEST_ESI_ID: usize = 60;

impl<P: Ports> Visit<'_, P> {
    pub(super) async fn address(&self, asked: &Asked<'_>) -> Result<Reply, Trouble> {
        if !asked.is_post {
            return Ok(self.address_form("", false, false));
        }
        let query = asked.form.get("query").unwrap_or_default().trim();
        self.searched(query, false).await
    }

    async fn searched(&self, query: &str, is_unchosen: bool) -> Result<Reply, Trouble> {
        if query.is_empty() || query.chars().count() > LONGEST_QUERY {
            return Ok(self.address_form(query, true, false));
        }
        let places = self.search_address(query).await?;
        Ok(match places.as_slice() {
            [] => self.address_form(query, false, true),
            [only] => self.confirm_form(only),
            many => self.choice(query, many, is_unchosen),
        })
    }

    fn address_form(&self, query: &str, is_wrong: bool, is_none: bool) -> Reply {
        let words = words(self.locale());
        let wrong = is_wrong.then(|| Wrong {
            field: "query",
            text: words.query_missing.to_owned(),
        });
        let wrong: Vec<Wrong> = wrong.into_iter().collect();
        let field = Input {
            name: "query",
            label: words.query,
            hint: Some(words.query_hint),
            value: query,
            autocomplete: "street-address",
            is_number: false,
            longest: LONGEST_QUERY,
        };
        let body = html! {
            (summary(self.locale(), &wrong))
            @if is_none { p role="alert" { strong { (words.none) } } } @else { p { (words.intro) } }
            form method="post" action="/enroll/address" {
                (input(&field, &wrong))
                button type="submit" { (words.search) }
            }
            @if is_none {
                h2 { (words.esi_title) }
                (self.esi_fields("", &[]))
            } @else {
                (lead("/enroll/esi-id", words.have_esi_id))
            }
        };
        let html = self.document(words.title, Some(Place::Address), is_wrong, &body);
        Reply::page(status_of(is_wrong), html)
    }

    fn choice(&self, query: &str, places: &[ServiceAddress], is_unchosen: bool) -> Reply {
        let words = words(self.locale());
        let wrong = is_unchosen.then(|| Wrong {
            field: "place-1",
            text: words.choose.to_owned(),
        });
        let wrong: Vec<Wrong> = wrong.into_iter().collect();
        let body = html! {
            (summary(self.locale(), &wrong))
            p { (words.many) }
            form method="post" action="/enroll/confirm" novalidate {
                input type="hidden" name="query" value=(query);
                fieldset aria-describedby=[is_unchosen.then_some("place-error")] {
                    legend { (words.address) }
                    @if is_unchosen { p.error #place-error { (words.choose) } }
                    @for (index, place) in places.iter().take(MOST).enumerate() {
                        label.choice {
                            input id={ "place-" (index + 1) } type="radio" name="place" required
                                value=(found(self.site, &self.id, place));
                            span { (line(&place.address)) }
                        }
                    }
                }
                @if places.len() > MOST { p.soft { (words.more) } }
                button type="submit" { (common::words(self.locale()).go_on) }
            }
            (lead("/enroll/address", words.again))
            (lead("/enroll/esi-id", words.have_esi_id))
        };
        let html = self.document(words.many_title, Some(Place::Address), is_unchosen, &body);
        Reply::page(status_of(is_unchosen), html)
    }

    pub(super) async fn esi_id(&self, asked: &Asked<'_>) -> Result<Reply, Trouble> {
        if !asked.is_post {
            return Ok(self.esi_form("", &[], false));
        }
        let typed = asked.form.get("esi_id").unwrap_or_default().trim();
        let typed = typed.get(..LONGEST_ESI_ID.min(typed.len())).unwrap_or_default();
        match EsiId::parse(typed) {
            Err(why) => {
                let text = words(self.locale()).bad_esi_id(why);
                let field = "esi_id";
                Ok(self.esi_form(typed, &[Wrong { field, text }], false))
            }
            Ok(esi_id) => Ok(match self.search_esi_id(&esi_id).await? {
                Some(place) => self.confirm_form(&place),
                None => self.esi_form(typed, &[], true),
            }),
        }
    }

    fn esi_form(&self, typed: &str, wrong: &[Wrong], is_unknown: bool) -> Reply {
        let words = words(self.locale());
        let is_wrong = !wrong.is_empty();
        let body = html! {
            (summary(self.locale(), wrong))
            @if is_unknown { p role="alert" { strong { (words.esi_unknown) } } }
            (self.esi_fields(typed, wrong))
            (lead("/enroll/address", words.by_address))
        };
        let html = self.document(words.esi_title, Some(Place::Address), is_wrong, &body);
        Reply::page(status_of(is_wrong), html)
    }

    fn esi_fields(&self, typed: &str, wrong: &[Wrong]) -> Markup {
        let words = words(self.locale());
        let field = Input {
            name: "esi_id",
            label: words.esi_id,
            hint: Some(words.esi_hint),
            value: typed,
            autocomplete: "off",
            is_number: true,
            longest: LONGEST_ESI_ID,
        };
        html! {
            p { (words.esi_where) }
            form method="post" action="/enroll/esi-id" {
                (input(&field, wrong))
                button type="submit" { (words.esi_search) }
            }
        }
    }

    /// Only a POST with the word of it confirms (docs/light.md, section 3, step 2).
    pub(super) async fn confirm(&self, asked: &Asked<'_>) -> Result<Reply, Trouble> {
        if !asked.is_post {
            return Ok(Reply::to("/enroll"));
        }
        let sealed = asked.form.get("place").unwrap_or_default();
        let Some(place) = open_found(self.site, &self.id, sealed) else {
            return self
                .searched(asked.form.get("query").unwrap_or_default().trim(), true)
                .await;
        };
        if asked.form.get("confirm") != Some("yes") {
            return Ok(self.confirm_form(&place));
        }
        self.ports.count("enroll.address_confirmed", 1);
        Ok(Reply::Onward {
            to: "/enroll/plans",
            cookie: Some(place_cookie(self.site, &self.id, &place)),
        })
    }

    fn confirm_form(&self, place: &ServiceAddress) -> Reply {
        let (words, common) = (words(self.locale()), common::words(self.locale()));
        let company = place.esi_id.delivery_company().map(DeliveryCompany::name);
        let body = html! {
            p { (words.confirm) }
            dl {
                dt { (words.address) } dd { (line(&place.address)) }
                dt { (common.utility_number) } dd { (place.esi_id.expose()) }
                @if let Some(company) = company { dt { (common.delivery_company) } dd { (company) } }
            }
            form method="post" action="/enroll/confirm" {
                input type="hidden" name="place" value=(found(self.site, &self.id, place));
                button type="submit" name="confirm" value="yes" { (words.yes) }
            }
            (lead("/enroll/address", words.no))
        };
        let html = self.document(words.confirm_title, Some(Place::Address), false, &body);
        Reply::page(StatusCode::OK, html)
    }
}
