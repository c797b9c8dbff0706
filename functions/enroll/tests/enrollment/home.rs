//! Finding the home, and what is said when that does not work.

use journey::port::Refusal;

use crate::browser::Browser;
use crate::world::{Call, ESI_ID, World, home};

#[test]
fn who_finds_nothing_is_told_so_kindly_and_offered_the_esi_id() {
    for (locale, none, hint) in [
        ("en", "We found no home at that address", "17 or 22 digits"),
        ("es", "No encontramos ninguna casa en esa dirección", "17 o 22 dígitos"),
    ] {
        let world = World::new(locale);
        let mut browser = Browser::new(&world);
        let shown = browser.post("/enroll/address", &[("query", "9 Nowhere <Rd>")]);
        assert_eq!(shown.status, 200);
        shown
            .says(none)
            .says(hint)
            .says("name=\"esi_id\"")
            .says("value=\"9 Nowhere &lt;Rd&gt;\"");
        assert_eq!(world.counted("enroll.no_match"), 1);
    }
}

#[test]
fn a_search_needs_something_to_search_for() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    for query in ["", "  ", &"x".repeat(201)] {
        let shown = browser.post("/enroll/address", &[("query", query)]);
        assert_eq!(shown.status, 422);
        shown
            .says("at most 200 characters")
            .says("aria-describedby=\"query-hint query-error\" aria-invalid=\"true\"");
    }
    assert!(world.state().calls.is_empty(), "nobody is asked for nothing");
}

#[test]
fn trap_39_an_esi_id_of_another_length_or_with_letters_is_told_what_would_be_right() {
    for (locale, typed, told) in [
        ("en", "104437200000002", "this one has 15"),
        ("en", "1044-3720 0000 0000x", "has only digits, 17 or 22 of them"),
        ("en", "", "Please type the ESI ID"),
        ("es", "104437200000000021", "este tiene 18"),
        ("es", "letras", "solo dígitos, 17 o 22"),
        ("es", "", "Escriba el ESI ID"),
    ] {
        let world = World::new(locale);
        let mut browser = Browser::new(&world);
        let shown = browser.post("/enroll/esi-id", &[("esi_id", typed)]);
        assert_eq!(shown.status, 422, "{typed}");
        shown
            .says(told)
            .says(&format!("value=\"{typed}\""))
            .says("aria-describedby=\"esi_id-hint esi_id-error\"");
        assert!(world.state().calls.is_empty());
    }
}

#[test]
fn an_unknown_esi_id_is_answered_clearly_and_what_was_typed_stays() {
    for refused in [None, Some(Refusal::Other)] {
        let world = World::new("en");
        world
            .state()
            .refused
            .extend(refused.map(|why| (Call::SearchEsiId, why)));
        let mut browser = Browser::new(&world);
        let shown = browser.post("/enroll/esi-id", &[("esi_id", "5551 2345 6712 34567")]);
        assert_eq!(shown.status, 200);
        shown
            .says("We found no home with this ESI ID")
            .says("value=\"5551 2345 6712 34567\"");
    }
}

#[test]
fn who_chooses_none_of_several_is_asked_again() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let shown = browser.post("/enroll/confirm", &[("query", "123 Main St")]);
    assert_eq!(shown.status, 422);
    shown
        .says("Please choose your home.")
        .says("Apt 1")
        .says("href=\"#place-1\"");
}

#[test]
fn a_long_list_is_cut_and_says_so() {
    let world = World::new("en");
    let many = (0..40).map(|unit| home(&format!("Unit {unit}"), ESI_ID));
    world.state().addresses = many.collect();
    let mut browser = Browser::new(&world);
    let shown = browser.post("/enroll/address", &[("query", "123 Main St")]);
    assert_eq!(shown.hidden_all("place").len(), 20);
    shown.says("There are more.");
}

/// What was found for somebody else, or was not confirmed, is no confirmed home.
#[test]
fn only_what_was_sealed_as_confirmed_for_this_customer_counts_as_their_home() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    let found = browser.post("/enroll/address", &[("query", "123 Main St Apt 1")]);
    let place = found.hidden("place");
    for cookie in [place.as_str(), "", "AAAA", &place[..place.len() - 1]] {
        browser.cookies.insert("rekindle_place".to_owned(), cookie.to_owned());
        assert_eq!(browser.get("/enroll/plans").to.as_deref(), Some("/enroll/address"));
    }
    let forged = browser.post("/enroll/confirm", &[("place", "AAAA"), ("confirm", "yes")]);
    assert!(forged.to.is_none());
    assert_eq!(world.counted("enroll.address_confirmed"), 0);
}

#[test]
fn a_look_confirms_nothing() {
    let world = World::new("en");
    let mut browser = Browser::new(&world);
    assert_eq!(browser.get("/enroll/confirm").to.as_deref(), Some("/enroll"));
    assert!(!browser.cookies.contains_key("rekindle_place"));
}
