//! Everybody can use the pages: axe-core finds nothing, and nothing is asked of anybody else.

use browser::thirtyfour::WebDriver;
use browser::{Chromium, Looks, Site, root};
use serde_json::{Value, json};

use crate::sights::sights;

/// Everything that axe-core checks for WCAG 2.2 AA, and what it calls best practice.
const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// Impact, rule and places of each finding, and of whatever the machine could not decide.
async fn findings(driver: &WebDriver, axe: &str) -> Vec<String> {
    driver.execute(axe.to_owned(), vec![]).await.unwrap();
    let run = "const [tags, done] = arguments;
        axe.run(document, { runOnly: { type: 'tag', values: tags } }).then(done, error => done({ error: String(error) }));";
    let result = driver.execute_async(run, vec![json!(TAGS)]).await.unwrap();
    let result: Value = result.convert().unwrap();
    assert!(result["error"].is_null(), "{result}");
    assert!(
        result["passes"].as_array().unwrap().len() > 5,
        "axe has hardly looked: {result}"
    );
    ["violations", "incomplete"]
        .into_iter()
        .flat_map(|kind| {
            result[kind]
                .as_array()
                .unwrap()
                .iter()
                .map(move |finding| (kind, finding))
        })
        .map(|(kind, finding)| {
            let places: Vec<&str> = finding["nodes"]
                .as_array()
                .unwrap()
                .iter()
                .map(|n| n["html"].as_str().unwrap())
                .collect();
            let [impact, rule] = ["impact", "id"].map(|field| finding[field].as_str().unwrap_or("?"));
            format!("{kind}: {impact}: {rule}: {}", places.join(" | "))
        })
        .collect()
}

fn axe() -> String {
    let file = root().join(".tools/axe-core/axe.min.js");
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; tests/tools/install-chromium", file.display()))
}

async fn every_page(looks: Looks) {
    let (site, axe) = (Site::start().await, axe());
    let chromium = Chromium::start(looks).await;
    // What finds nothing anywhere would find nothing here, either.
    chromium.open(&site.provider.faulty()).await;
    let faults = findings(&chromium.driver, &axe).await.join("\n");
    for rule in [
        "serious: color-contrast",
        "serious: html-has-lang",
        "critical: image-alt",
        "critical: button-name",
    ] {
        assert!(faults.contains(rule), "{rule}: {faults}");
    }
    assert!(chromium.overhang().await > 0);
    assert!(chromium.asked_for().await.iter().any(|url| url.path() == "/pixel.png"));

    let mut seen = 0;
    for locale in ["en", "es"] {
        for sight in sights(&site, locale).await {
            sight.open(&chromium).await;
            let found = findings(&chromium.driver, &axe).await;
            assert!(found.is_empty(), "{} {locale} {looks:?}: {found:#?}", sight.name);
            assert_eq!(chromium.overhang().await, 0, "{} {locale} {looks:?}", sight.name);
            let asked = chromium.asked_for().await;
            let elsewhere: Vec<_> = asked
                .iter()
                .filter(|url| !url.as_str().starts_with(&site.base))
                .collect();
            assert!(elsewhere.is_empty(), "{} {locale}: {elsewhere:?}", sight.name);
            // The page alone, and what its form brought.
            assert!((1..=2).contains(&asked.len()), "{} {locale}: {asked:?}", sight.name);
            seen += 1;
        }
    }
    assert_eq!(seen, 20);
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_by_day() {
    for width in [320, 800] {
        every_page(Looks {
            width,
            height: 640,
            dark: false,
            scripts: true,
        })
        .await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_the_dark() {
    for width in [320, 800] {
        every_page(Looks {
            width,
            height: 640,
            dark: true,
            scripts: true,
        })
        .await;
    }
}
