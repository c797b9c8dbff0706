//! The address book, and the search over it.

use std::collections::{BTreeMap, BTreeSet};

use serde_json::{Value, json};

use super::{HOME, Story};

const SECOND: &str = "10443720000000002";
const HOUSTON: &str = "1008901000000000000003";
const OAK: &str = "10443720000000004";

async fn search(story: &Story, query: &str) -> Vec<String> {
    let account = story.account();
    let (status, found) = story
        .post(&account, "/enroll/address-search", json!({"query": query}))
        .await;
    assert_eq!(status, 200, "{found}");
    let found = found.as_array().unwrap().iter();
    found
        .map(|address| address["esi_id"].as_str().unwrap().to_owned())
        .collect()
}

#[tokio::test]
async fn a_query_finds_its_addresses_the_most_like_first() {
    let story = Story::start(1).await;
    for (query, expected) in [
        ("123 Main St Apt 1 Dallas", &[HOME, SECOND][..]),
        ("123 MAIN STREET, APARTMENT 2, DALLAS, TEXAS 75201", &[SECOND, HOME]),
        ("123 main st #2 dallas", &[SECOND, HOME]),
        ("123 main st apt2, dallas", &[SECOND, HOME]),
        ("123 Mian St, Dalas", &[HOME, SECOND]),
        ("123 Main St.", &[HOME, SECOND, HOUSTON]),
        ("123 Main Houston TX", &[HOUSTON]),
        ("456 oak avenue dallas", &[OAK]),
        ("456 Oák Ave., Dallas 75201", &[OAK]),
        ("", &[]),
        (" ,.-# ", &[]),
        ("zzyzx qwrt", &[]),
        ("El Paso", &[]),
        ("99999 Nowhere Blvd, El Paso, TX 79901", &[]),
    ] {
        let found = search(&story, query).await;
        let first: Vec<&str> = found.iter().take(expected.len().max(1)).map(String::as_str).collect();
        assert_eq!(first, expected, "{query}");
    }
}

#[tokio::test]
async fn every_address_is_found_by_its_line_and_by_a_careless_one() {
    let story = Story::start(7).await;
    let careless = |line: &str| {
        let line = line
            .to_uppercase()
            .replace(" LN", " Lane")
            .replace(" DR", " Drive")
            .replace(" RD", " Road");
        line.replace([',', '.'], " ")
            .replace(" APT ", " #")
            .replace(" TX ", " ")
    };
    let addresses = story.sandbox.addresses();
    for address in addresses.iter().step_by(9) {
        for query in [address.line(), careless(&address.line())] {
            let found = search(&story, &query).await;
            assert_eq!(found.first(), Some(&address.esi_id), "{query}");
            assert!(found.len() <= 10);
        }
    }
    assert_eq!(search(&story, "Houston").await.len(), 10);
}

#[tokio::test]
async fn the_book_is_large_and_true_to_the_utilities() {
    let story = Story::start(1).await;
    let addresses = story.sandbox.addresses();
    let ids: BTreeSet<&str> = addresses.iter().map(|address| address.esi_id.as_str()).collect();
    assert!(
        addresses.len() >= 400 && ids.len() == addresses.len(),
        "{}",
        addresses.len()
    );
    let mut by_prefix: BTreeMap<&str, u32> = BTreeMap::new();
    for address in addresses.iter().filter(|address| address.esi_id != HOME) {
        let length = if address.esi_id.starts_with("1008901") { 22 } else { 17 };
        assert_eq!(address.esi_id.len(), length, "{address:?}");
        assert!(address.esi_id.bytes().all(|digit| digit.is_ascii_digit()));
        assert!(address.postal_code.starts_with('7') && address.city != "El Paso");
        *by_prefix.entry(&address.esi_id[..7]).or_default() += 1;
    }
    let prefixes: Vec<&str> = by_prefix.keys().copied().collect();
    assert_eq!(
        prefixes,
        ["1003278", "1008901", "1017699", "1020404", "1040051", "1044372"]
    );
    let mut houses: BTreeMap<(&str, &str), u32> = BTreeMap::new();
    for address in &addresses {
        *houses.entry((&address.address_1, &address.postal_code)).or_default() += 1;
    }
    assert!(houses.values().filter(|units| **units > 1).count() > 50);
}

#[tokio::test]
async fn an_esi_id_finds_one_address_and_an_unknown_one_is_refused_as_configured() {
    let story = Story::start(1).await;
    let account = story.account();
    let find = async |esi_id: Value| {
        let body = json!({"esi_id": esi_id});
        story.post(&account, "/enroll/esi-id-search", body).await
    };
    let (status, found) = find(json!(HOUSTON)).await;
    assert_eq!((status, &found["esi_id"]), (200, &json!(HOUSTON)));
    let (status, error) = find(json!("10443729999999999")).await;
    assert_eq!(status, 404);
    assert!(error["error"].is_string());
    // A number has lost digits on its way.
    assert_eq!(find(json!(1e21)).await.0, 400);

    let mut config = super::LightConfig::new(1, super::APP);
    config.unknown_esi_id = crate::light::Refused::new(200, "nothing");
    let story = Story::start_with(config).await;
    let account = story.account();
    let body = json!({"esi_id": "10443729999999999"});
    let answer = story.post(&account, "/enroll/esi-id-search", body).await;
    assert_eq!(answer, (200, json!({"error": "nothing"})));
}
