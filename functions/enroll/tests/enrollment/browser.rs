//! A browser: it keeps cookies, fills in forms, and notices what no answer may have.

use std::collections::BTreeMap;

use http::{Method, Request, Response};
use journey::Campaign;
use journey::link::SESSION_COOKIE;

use crate::world::{ESI_ID, OTHER_ESI_ID, SECRET, World, poll_once, site, token};

pub(crate) struct Browser<'w> {
    pub(crate) world: &'w World,
    pub(crate) cookies: BTreeMap<String, String>,
}

pub(crate) struct Shown {
    pub(crate) status: u16,
    pub(crate) to: Option<String>,
    pub(crate) html: String,
    pub(crate) answer: Response<Vec<u8>>,
}

impl<'w> Browser<'w> {
    /// One that has just come by the button of a reminder's link.
    pub(crate) fn new(world: &'w World) -> Self {
        let cookies = BTreeMap::from([(SESSION_COOKIE.to_owned(), token(world))]);
        Browser { world, cookies }
    }

    pub(crate) fn get(&mut self, path: &str) -> Shown {
        self.send(Method::GET, path, "text/plain", "", "none")
    }

    pub(crate) fn post(&mut self, path: &str, form: &[(&str, &str)]) -> Shown {
        let escape = |text: &str| {
            let bytes = text.bytes().map(|byte| match byte {
                b'A'..=b'Z' | b'a'..=b'z' | b'0'..=b'9' | b'-' | b'_' => char::from(byte).to_string(),
                _ => format!("%{byte:02X}"),
            });
            bytes.collect::<String>()
        };
        let body: Vec<String> = form
            .iter()
            .map(|(name, value)| format!("{name}={}", escape(value)))
            .collect();
        let form = "application/x-www-form-urlencoded";
        self.send(Method::POST, path, form, &body.join("&"), "same-origin")
    }

    pub(crate) fn post_json(&mut self, path: &str, body: &str) -> Shown {
        self.send(Method::POST, path, "application/json", body, "same-origin")
    }

    pub(crate) fn send(&mut self, method: Method, path: &str, content_type: &str, body: &str, site_of: &str) -> Shown {
        let cookies: Vec<String> = self
            .cookies
            .iter()
            .map(|(name, value)| format!("{name}={value}"))
            .collect();
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header("content-type", content_type)
            .header("sec-fetch-site", site_of)
            .header("cookie", cookies.join("; "))
            .body(body.as_bytes().to_vec())
            .unwrap();
        let (site, campaign) = (site(), Campaign::standard());
        let answer = poll_once(enroll::http::handle(&site, self.world, &campaign, request));
        for line in answer.headers().get_all("set-cookie") {
            let line = line.to_str().unwrap();
            for attribute in [
                "; Path=/enroll",
                "; HttpOnly",
                "; SameSite=Lax",
                "; Secure",
                "; Max-Age=",
            ] {
                assert!(line.contains(attribute), "{line}");
            }
            let (name, value) = line.split(';').next().unwrap().split_once('=').unwrap();
            self.cookies.insert(name.to_owned(), value.to_owned());
        }
        assert_eq!(answer.headers()["cache-control"], "no-store", "{path}");
        assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
        for (name, value) in answer.headers() {
            let value = value.to_str().unwrap();
            for hidden in [ESI_ID, OTHER_ESI_ID, SECRET, "123 Main St", "14.2"] {
                assert!(!value.contains(hidden), "{name} of {path} shows {hidden}");
            }
        }
        let to = answer
            .headers()
            .get("location")
            .map(|to| to.to_str().unwrap().to_owned());
        assert!(to.iter().all(|to| !to.contains('?')), "{to:?}");
        Shown {
            status: answer.status().as_u16(),
            html: String::from_utf8(answer.body().clone()).unwrap(),
            to,
            answer,
        }
    }

    /// Follows a redirect, and those behind it.
    pub(crate) fn follow(&mut self, shown: Shown) -> Shown {
        let mut shown = shown;
        for _ in 0..5 {
            let Some(to) = shown.to.clone() else { return shown };
            assert_eq!(shown.status, 303);
            shown = self.get(&to);
        }
        panic!("{:?} leads round and round", shown.to);
    }

    /// Confirms the first home, and stands before the plans.
    pub(crate) fn confirm_home(&mut self) -> Shown {
        let found = self.post("/enroll/address", &[("query", "123 Main St Apt 1")]);
        let place = found.hidden("place");
        let confirmed = self.post("/enroll/confirm", &[("place", &place), ("confirm", "yes")]);
        assert_eq!(confirmed.to.as_deref(), Some("/enroll/plans"));
        self.follow(confirmed)
    }

    /// The sealed offer of the first plan.
    pub(crate) fn offer(&mut self) -> String {
        self.confirm_home().hidden("offer")
    }

    /// Accepts as the page's own form does.
    pub(crate) fn accept(&mut self, offer: &str, start: &str) -> Shown {
        let form = [
            ("offer", offer),
            ("start_date", start),
            ("terms", "accepted"),
            ("accept", "1"),
        ];
        self.post("/enroll/accept", &form)
    }

    /// Takes every step.
    pub(crate) fn finish(&mut self) {
        let offer = self.offer();
        self.accept(&offer, "2026-07-03");
        self.post("/enroll/billing", &[("to", "same")]);
        self.post_json("/enroll/payment-method", r#"{"payment_method_id":"pm_1"}"#);
    }
}

impl Shown {
    /// The value of the first field of that name, in a page.
    pub(crate) fn hidden(&self, name: &str) -> String {
        self.hidden_all(name)
            .into_iter()
            .next()
            .unwrap_or_else(|| panic!("no {name}: {}", self.html))
    }

    pub(crate) fn hidden_all(&self, name: &str) -> Vec<String> {
        let inputs = self
            .html
            .split("<input ")
            .skip(1)
            .map(|rest| rest.split('>').next().unwrap());
        let of_name = inputs.filter(|input| input.contains(&format!("name=\"{name}\"")));
        let value = |input: &str| input.split("value=\"").nth(1)?.split('"').next().map(str::to_owned);
        of_name.filter_map(value).collect()
    }

    #[track_caller]
    pub(crate) fn says(&self, words: &str) -> &Self {
        assert!(self.html.contains(words), "{words:?} is not in {}", self.body());
        self
    }

    #[track_caller]
    pub(crate) fn never_says(&self, words: &str) -> &Self {
        assert!(!self.html.contains(words), "{words:?} is in {}", self.body());
        self
    }

    /// The page without its style.
    pub(crate) fn body(&self) -> &str {
        self.html
            .rsplit_once("</style>")
            .map_or(self.html.as_str(), |(_, body)| body)
    }

    pub(crate) fn header(&self, name: &str) -> &str {
        self.answer
            .headers()
            .get(name)
            .map_or("", |value| value.to_str().unwrap())
    }
}
