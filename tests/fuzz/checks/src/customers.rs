//! What a customer's browser sends, and the tokens in our links.

use http::{Method, Response};
use jiff::Timestamp;
use journey::Reference;
use journey::link::{BadLink, LinkKind};
use journey::port::FindContact;
use tests::{World, poll_once};

use crate::answers::{documented, request};
use crate::stage::{LINK, contact_id, journey_id, now, ports, stage, stored, with_customer, with_journey, world};

const STATUSES: [u16; 6] = [200, 303, 404, 405, 410, 413];

/// A request to the customers' pages: tokens in paths, forms in bodies.
///
/// Only a POST changes anything, and all that it can change is the opt-out, or a sign of life. A page has no
/// script, and the only way that leads from it is the customer's own link.
pub fn pages(data: &[u8]) -> bool {
    let Some(request) = request(data) else {
        return false;
    };
    let world = world();
    with_customer(&world);
    let id = with_journey(&world);
    let before = (stored(&world, &id).map(|stored| stored.version), opted_out(&world));
    let (method, path) = (request.method().clone(), request.uri().path().to_owned());
    let form: Vec<_> = form_urlencoded::parse(request.body()).into_owned().collect();
    let has = |name: &str, value: &str| form.iter().any(|(n, v)| n == name && v == value);
    let one_click = form.iter().any(|(name, _)| name == "List-Unsubscribe");
    // The page's own form, with the box of the one channel that this customer has. Anything else means "no more".
    let switched_on = has("save", "1") && has("channel", "email") && !has("stop", "all") && !one_click;
    let (ports, stage) = (ports(&world), stage());
    let answer = poll_once(pages::http::handle(&stage.pages, &ports, &stage.rules, request)).unwrap();
    documented(&answer, &STATUSES);
    guarded(&answer);
    let after = (stored(&world, &id).map(|stored| stored.version), opted_out(&world));
    let taken = matches!(answer.status().as_u16(), 200 | 303);
    if method == Method::POST && taken {
        if path.starts_with("/u/") {
            assert_eq!(after.1, !switched_on);
        }
    } else {
        assert_eq!(after, before, "something has changed");
    }
    if method == Method::HEAD {
        assert!(answer.body().is_empty());
    }
    taken
}

fn opted_out(world: &World) -> bool {
    let known = poll_once(ports(world).find_contact(&contact_id())).unwrap().unwrap();
    known.unwrap().contact.opted_out.is_everything()
}

fn guarded(answer: &Response<Vec<u8>>) {
    for (name, value) in [
        ("referrer-policy", "no-referrer"),
        ("cache-control", "no-store"),
        ("x-robots-tag", "noindex"),
    ] {
        assert_eq!(answer.headers()[name], value);
    }
    let policy = answer.headers()["content-security-policy"]
        .to_str()
        .expect("it is text");
    assert!(policy.starts_with("default-src 'none'; style-src 'sha256-"), "{policy}");
    assert!(!policy.contains("unsafe"), "{policy}");
    if let Some(to) = answer.headers().get("location") {
        assert_eq!(to, LINK);
    }
    let page = String::from_utf8(answer.body().clone()).expect("a page is UTF-8");
    assert!(!page.to_lowercase().contains("<script"));
}

/// A token: `r` or `u`, and its text.
///
/// What holds is what we have signed, character by character, and for its own kind. Whatever stands here, as a
/// reference it gets a token that holds until its last second and not after it, and that no change survives.
pub fn token(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    let (kind, other, token) = match text.strip_prefix('r') {
        Some(token) => (LinkKind::Resume, LinkKind::Unsubscribe, token),
        None => (
            LinkKind::Unsubscribe,
            LinkKind::Resume,
            text.strip_prefix('u').unwrap_or(text),
        ),
    };
    let links = &stage().pages.links;
    let holds = links.verify(kind, token, now());
    if let Ok(journey) = &holds {
        let expiry = token.split('-').nth(1).expect("a token has three parts");
        let expires = Timestamp::from_second(i64::from_str_radix(expiry, 16).expect("hexadecimal")).expect("a time");
        assert_eq!(links.sign(kind, journey, expires), token);
        assert_eq!(links.verify(other, token, now()), Err(BadLink::Forged));
    }
    if let Ok(reference) = Reference::new(token) {
        let journey = journey_id(&reference);
        let link = links.mint("", kind, &journey, now());
        let minted = &link.url[3..];
        assert_eq!(links.verify(kind, minted, link.expires), Ok(journey));
        let too_late = Timestamp::from_second(link.expires.as_second() + 1).unwrap();
        assert_eq!(links.verify(kind, minted, too_late), Err(BadLink::Expired));
        let place = data.iter().map(|byte| usize::from(*byte)).sum::<usize>() % minted.len();
        let mut changed = minted.to_owned().into_bytes();
        changed[place] ^= 1;
        let changed = String::from_utf8(changed).unwrap();
        assert_eq!(links.verify(kind, &changed, now()), Err(BadLink::Forged));
    }
    holds.is_ok()
}
