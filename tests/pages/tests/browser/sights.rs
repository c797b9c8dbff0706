//! Every page that a customer can come to see.

use browser::thirtyfour::By;
use browser::{Chromium, DOWN, Site};
use journey::link::LinkKind;
use serde_json::json;

/// A page, and how somebody comes to it.
pub(crate) struct Sight {
    pub(crate) name: &'static str,
    url: String,
    /// The page is what comes when the first button is pressed: it is there when this is.
    pressed: Option<&'static str>,
}

impl Sight {
    pub(crate) async fn open(&self, chromium: &Chromium) {
        chromium.open(&self.url).await;
        if let Some(sign) = self.pressed {
            let button = chromium.driver.find(By::Css("form button")).await.unwrap();
            button.click().await.unwrap();
            chromium.shows(sign).await;
        }
    }
}

/// All of them for somebody of a language. What differs with the utility is shown for one that asks for a code and has
/// every link, and for none.
pub(crate) async fn sights(site: &Site, locale: &str) -> Vec<Sight> {
    let sight = |name, url: &str, pressed| Sight {
        name,
        url: url.to_owned(),
        pressed,
    };
    let of = async |reference: &str, fields: serde_json::Value| {
        let mut fields = fields;
        fields["locale"] = locale.into();
        site.person(&format!("{reference}-{locale}"), fields).await
    };
    let place = if locale == "en" { 202 } else { 213 };
    // What one opts out of with a number holds for whoever else has it.
    let by_text = |number: &str| {
        json!({
            "phone": number,
            "consent": { "sms": { "at": "2026-01-05T16:00:00Z", "source": "sign-up page", "version": "2026-01" } },
        })
    };
    let usual = of("usual", by_text(&format!("+1{place}5550123"))).await;
    let direct = of("direct", json!({ "flow": "direct_to_utility", "utility": null })).await;
    let form = of("form", json!({ "region": "ERCOT", "utility": null })).await;
    let linkless = of("linkless", json!({ "link": null })).await;
    let done = of("done", json!({})).await;
    site.hear(&done.reference, "COMPLETED").await;
    let out = of("out", json!({ "opted_out": true })).await;
    let part = of("part", {
        let mut part = by_text(&format!("+1{place}5550124"));
        part["opted_out"] = json!(["sms"]);
        part
    })
    .await;
    let account = site.without_account(&format!("account-{locale}"), locale).await;
    let fallback = account.replacen("/r/", "/f/", 1);
    let waits = of("waits", json!({ "utility": DOWN })).await;
    let changing = of("changing", json!({ "opted_out": false })).await;
    vec![
        sight("resume", &usual.resume, None),
        sight("resume-direct", &direct.resume, None),
        sight("resume-form", &form.resume, None),
        sight("resume-without-link", &linkless.resume, Some("main:not(:has(form))")),
        sight("resume-done", &done.resume, None),
        sight("resume-incident", &waits.resume, None),
        sight("resume-bayou", &account, None),
        sight("fallback", &fallback, None),
        sight("preferences", &usual.preferences, None),
        sight("preferences-out", &out.preferences, None),
        sight("preferences-part", &part.preferences, None),
        sight("preferences-changed", &changing.preferences, Some("[role=status]")),
        sight("expired", &site.expired(LinkKind::Resume, &usual.reference), None),
        sight("forged", &format!("{}/u/guessed", site.base), None),
    ]
}
