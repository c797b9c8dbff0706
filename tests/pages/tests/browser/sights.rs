//! Every page that a customer can come to see.

use browser::thirtyfour::By;
use browser::{Chromium, Site};
use journey::link::LinkKind;
use serde_json::json;

/// A page, and how somebody comes to it.
pub(crate) struct Sight {
    pub(crate) name: &'static str,
    url: String,
    /// The page is what comes when the first button is pressed.
    pressed: bool,
}

impl Sight {
    pub(crate) async fn open(&self, chromium: &Chromium) {
        chromium.open(&self.url).await;
        if self.pressed {
            chromium
                .driver
                .find(By::Css("form button"))
                .await
                .unwrap()
                .click()
                .await
                .unwrap();
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
    let usual = of("usual", json!({})).await;
    let direct = of("direct", json!({ "flow": "direct_to_utility", "utility": null })).await;
    let linkless = of("linkless", json!({ "link": null })).await;
    let done = of("done", json!({})).await;
    site.hear(&done.reference, "COMPLETED").await;
    let out = of("out", json!({ "opted_out": true })).await;
    let changing = of("changing", json!({})).await;
    vec![
        sight("resume", &usual.resume, false),
        sight("resume-direct", &direct.resume, false),
        sight("resume-without-link", &linkless.resume, true),
        sight("resume-done", &done.resume, false),
        sight("preferences", &usual.preferences, false),
        sight("preferences-out", &out.preferences, false),
        sight("preferences-changed", &changing.preferences, true),
        sight("expired", &site.expired(LinkKind::Resume, &usual.reference), false),
        sight("forged", &format!("{}/u/guessed", site.base), false),
    ]
}
