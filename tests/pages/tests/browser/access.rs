//! Everybody can use the pages, and read the mails: axe-core finds nothing, and nothing is asked of anybody else.

use std::path::PathBuf;

use browser::thirtyfour::{By, WebDriver};
use browser::{Chromium, Enrolling, Looks, Provider, Site, root};
use serde_json::{Value, json};

use crate::enrolling::{WORDS, every_sight};
use crate::mails::Mails;
use crate::sights::sights;

/// Everything that axe-core checks for WCAG 2.2 AA, and what it calls best practice.
const TAGS: [&str; 6] = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"];

/// What cannot apply to a mail. It is an article within the page of whatever program shows it: that page has the `main`
/// landmark and everything else that a region is told from, and a second `main` in it would be a fault.
const NOT_FOR_MAILS: [&str; 2] = ["landmark-one-main", "region"];

/// Impact, rule and places of each finding, and of whatever the machine could not decide.
async fn findings(driver: &WebDriver, axe: &str, without: &[&str]) -> Vec<String> {
    // The card's form has another origin, and axe looks into a frame where it is told of itself there.
    let axe = format!("{axe}; axe.configure({{ allowedOrigins: ['<unsafe_all_origins>'] }})");
    driver.execute(axe.clone(), vec![]).await.unwrap();
    for (index, _) in driver.find_all(By::Css("iframe")).await.unwrap().iter().enumerate() {
        driver.enter_frame(u16::try_from(index).unwrap()).await.unwrap();
        driver.execute(axe.clone(), vec![]).await.unwrap();
        driver.enter_default_frame().await.unwrap();
    }
    let run = "const [tags, without, done] = arguments;
        const rules = Object.fromEntries(without.map(rule => [rule, { enabled: false }]));
        axe.run(document, { runOnly: { type: 'tag', values: tags }, rules })
            .then(done, error => done({ error: String(error) }));";
    let result = driver
        .execute_async(run, vec![json!(TAGS), json!(without)])
        .await
        .unwrap();
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

/// The contrast of each unticked box's border with what is around it, which axe does not look at. A box that the browser
/// draws has a border of which the page knows nothing: none.
async fn boundaries(driver: &WebDriver) -> Vec<f64> {
    let contrasts = "const luminance = colour => {
            const linear = colour.match(/[\\d.]+/g).slice(0, 3)
                .map(part => part / 255).map(part => part <= 0.04045 ? part / 12.92 : ((part + 0.055) / 1.055) ** 2.4);
            return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2];
        };
        return [...document.querySelectorAll('[type=checkbox]:not(:checked)')].map(box => {
            const [own, around] = [getComputedStyle(box), getComputedStyle(box.closest('.card')).backgroundColor];
            const border = own.appearance === 'none' ? own.borderTopColor : around;
            const [less, more] = [border, around].map(luminance).sort((one, other) => one - other);
            return (more + 0.05) / (less + 0.05);
        });";
    driver.execute(contrasts, vec![]).await.unwrap().convert().unwrap()
}

/// As installed, or the copy that `AXE_CORE` names.
fn axe() -> String {
    let file = std::env::var_os("AXE_CORE").map_or_else(|| root().join(".tools/axe-core/axe.min.js"), PathBuf::from);
    std::fs::read_to_string(&file)
        .unwrap_or_else(|error| panic!("{}: {error}; tests/tools/install-chromium", file.display()))
}

async fn every_page(looks: Looks) {
    let (site, axe) = (Site::start().await, axe());
    let chromium = Chromium::start(looks).await;
    // What finds nothing anywhere would find nothing here, either.
    chromium.open(&site.provider.faulty()).await;
    let faults = findings(&chromium.driver, &axe, &[]).await.join("\n");
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

    let (mut seen, mut unticked) = (0, 0);
    for locale in ["en", "es"] {
        for sight in sights(&site, locale).await {
            sight.open(&chromium).await;
            let found = findings(&chromium.driver, &axe, &[]).await;
            assert!(found.is_empty(), "{} {locale} {looks:?}: {found:#?}", sight.name);
            assert_eq!(chromium.overhang().await, 0, "{} {locale} {looks:?}", sight.name);
            // WCAG 2.2, 1.4.11.
            let boundaries = boundaries(&chromium.driver).await;
            assert!(
                boundaries.iter().all(|contrast| *contrast >= 3.0),
                "{} {looks:?}: {boundaries:?}",
                sight.name
            );
            unticked += boundaries.len();
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
    assert_eq!(seen, 28);
    assert!(unticked >= 4, "{unticked}");
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

/// Every page of an enrolment, the card's form with it. Stripe's stand-in is asked by the payment page alone.
async fn every_page_of_an_enrolment(dark: bool) {
    let axe = axe();
    for width in [320, 800] {
        let looks = Looks {
            width,
            height: 640,
            dark,
            scripts: true,
        };
        let (stage, chromium) = (Enrolling::start().await, Chromium::start(looks).await);
        let mut seen = 0;
        for words in &WORDS {
            every_sight(&stage, &chromium, words, &mut async |name: &str| {
                let found = findings(&chromium.driver, &axe, &[]).await;
                assert!(found.is_empty(), "{name} {} {looks:?}: {found:#?}", words.locale);
                assert_eq!(chromium.overhang().await, 0, "{name} {} {looks:?}", words.locale);
                let boundaries = boundaries(&chromium.driver).await;
                assert!(
                    boundaries.iter().all(|contrast| *contrast >= 3.0),
                    "{name} {looks:?}: {boundaries:?}"
                );
                let asked = chromium.asked_for().await;
                let is_ours = |url: &str| url.starts_with(&stage.base);
                let is_stripes = |url: &str| url.starts_with(&format!("{}/stripe/", stage.light.base_url()));
                let elsewhere = asked.iter().filter(|url| !is_ours(url.as_str()));
                let elsewhere: Vec<_> = elsewhere
                    .filter(|url| !name.starts_with("payment") || !is_stripes(url.as_str()))
                    .collect();
                // The page after the card was saved is the first to look after its last question.
                assert!(elsewhere.is_empty() || name == "status-done", "{name}: {elsewhere:?}");
                seen += 1;
            })
            .await;
        }
        assert_eq!(seen, 51);
        chromium.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_an_enrolment_by_day() {
    every_page_of_an_enrolment(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_an_enrolment_in_the_dark() {
    every_page_of_an_enrolment(true).await;
}

/// At 320 px and 800 px; in the dark, by the mail's own style for it. A mail asks for nothing at all, so a program that
/// loads nothing shows it whole.
async fn every_mail(dark: bool) {
    let (mails, axe, provider) = (Mails::write(), axe(), Provider::start().await);
    for width in [320, 800] {
        let chromium = Chromium::start(Looks {
            width,
            height: 640,
            dark,
            scripts: true,
        })
        .await;
        // The rules that are left find faults, here as on the pages.
        chromium.open(&provider.faulty()).await;
        let faults = findings(&chromium.driver, &axe, &NOT_FOR_MAILS).await.join("\n");
        for rule in ["serious: color-contrast", "moderate: page-has-heading-one"] {
            assert!(faults.contains(rule), "{rule}: {faults}");
        }
        chromium.asked_for().await;
        let mut found = Vec::new();
        for mail in &mails.files {
            let url = format!("file://{}", mail.display());
            chromium.open(&url).await;
            let name = mail.file_stem().unwrap().display();
            let background = "return getComputedStyle(document.querySelector('.page')).backgroundColor";
            let background = chromium.driver.execute(background, vec![]).await.unwrap();
            assert_eq!(background.json() == &json!("rgb(18, 26, 24)"), dark, "{name}");
            let findings = findings(&chromium.driver, &axe, &NOT_FOR_MAILS).await.into_iter();
            found.extend(findings.map(|finding| format!("{name} at {width}: {finding}")));
            let asked = chromium.asked_for().await;
            assert!(asked.iter().all(|asked| asked.as_str() == url), "{name}: {asked:?}");
        }
        assert!(found.is_empty(), "dark: {dark}: {found:#?}");
        chromium.close().await;
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_a_mail_by_day() {
    every_mail(false).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn axe_finds_nothing_in_a_mail_in_the_dark() {
    every_mail(true).await;
}
