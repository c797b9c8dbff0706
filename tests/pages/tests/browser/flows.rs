//! What a customer does, by keyboard alone or by finger alone, on a telephone of 320 pixels, without JavaScript.

use browser::thirtyfour::By;
use browser::{Chromium, Looks, Person, Site};
use serde_json::{Value, json};

use crate::keyboard::{ENTER, SPACE, TAB, reach, shows_focus, type_in};

const TELEPHONE: Looks = Looks {
    width: 320,
    height: 640,
    dark: false,
    scripts: false,
};

/// What the person has to act with.
#[derive(Clone, Copy)]
enum With {
    /// Tab, and a key that presses.
    Key(char),
    Finger,
}

impl With {
    /// Presses a button of the page, which has to be reached first.
    async fn press(self, chromium: &Chromium, button: &str) {
        match self {
            With::Key(key) => self.act(chromium, button, key).await,
            With::Finger => self.act(chromium, button, SPACE).await,
        }
    }

    /// Ticks a box, or takes the tick away: on a keyboard the space bar does, and nothing else.
    async fn tick(self, chromium: &Chromium, tick_box: &str) {
        self.act(chromium, tick_box, SPACE).await;
    }

    async fn act(self, chromium: &Chromium, on: &str, key: char) {
        match self {
            With::Key(_) => {
                reach(chromium, on).await;
                chromium.press(key).await;
            }
            With::Finger => {
                let element = chromium.driver.find(By::Css(on)).await.unwrap();
                chromium.touch(&element).await;
            }
        }
    }
}

/// The words of the pages that tell where somebody is.
struct Words {
    locale: &'static str,
    /// Of a person of their own: what one opts out of with a number holds for whoever else has it.
    number: &'static str,
    nothing_comes: &'static str,
    saved: &'static str,
    mfa: &'static str,
}

const WORDS: [Words; 2] = [
    Words {
        locale: "en",
        number: "+12025550123",
        nothing_comes: "You receive no reminders from us.",
        saved: "Your choice is saved.",
        mfa: "asks for a security code",
    },
    Words {
        locale: "es",
        number: "+12025550124",
        nothing_comes: "Usted no recibe recordatorios nuestros.",
        saved: "Su elección quedó guardada.",
        mfa: "pide un código de seguridad",
    },
];

/// The button of the resume page that leads on.
const CONTINUE: &str = "form button[type=submit]";

/// The button of the preferences that ends everything, the one that saves what is ticked, and a channel's box.
const STOP_ALL: &str = "button[name=stop]";
const SAVE: &str = "button[name=save]";
const BY_EMAIL: &str = "input[value=email]";
const BY_TEXT: &str = "input[value=sms]";

async fn resume(site: &Site, chromium: &Chromium, person: &Person, words: &Words, with: With) {
    let before = site.kept(person).await;
    chromium.open(&person.resume).await;
    chromium.reads(words.mfa).await;
    assert_eq!(chromium.overhang().await, 0, "the resume page is too wide");
    assert_eq!(site.kept(person).await, before, "a look has changed something");
    with.press(chromium, CONTINUE).await;
    // The provider's own link, with the same reference, over the provider's own redirection to another host.
    chromium.arrives(&site.provider.arrival(&person.reference)).await;
    let after = site.kept(person).await;
    assert_ne!(after[1], before[1], "whoever goes on is alive");
    assert_eq!(after[0], before[0]);
}

async fn preferences(site: &Site, chromium: &Chromium, person: &Person, words: &Words, with: With) {
    chromium.open(&person.preferences).await;
    assert_eq!(chromium.overhang().await, 0, "the preferences are too wide");
    assert!(!chromium.text().await.contains(words.nothing_comes));
    assert!(!site.opted_out(person).await, "a look has changed something");
    // One channel less.
    with.tick(chromium, BY_TEXT).await;
    with.press(chromium, SAVE).await;
    chromium.reads(words.saved).await;
    assert!(!chromium.text().await.contains(words.nothing_comes));
    assert_eq!(site.kept(person).await[0]["opted_out"], json!(["sms"]));
    // None at all.
    chromium.open(&person.preferences).await;
    with.press(chromium, STOP_ALL).await;
    chromium.reads(words.saved).await;
    chromium.reads(words.nothing_comes).await;
    assert!(site.opted_out(person).await);
    assert_eq!(chromium.overhang().await, 0, "the changed preferences are too wide");
    // And one again.
    chromium.open(&person.preferences).await;
    with.tick(chromium, BY_EMAIL).await;
    with.press(chromium, SAVE).await;
    chromium.reads(words.saved).await;
    assert!(!chromium.text().await.contains(words.nothing_comes));
    assert_eq!(site.kept(person).await[0]["opted_out"], json!(["sms", "push", "event"]));
}

/// Somebody with a number, and a consent to texts.
fn reachable_by_text(locale: &str, number: &str) -> Value {
    let consent = json!({ "at": "2026-01-05T16:00:00Z", "source": "sign-up page", "version": "2026-01" });
    json!({ "locale": locale, "phone": number, "consent": { "sms": consent } })
}

async fn all_of_it(with: [With; 2]) {
    let site = Site::start().await;
    let chromium = Chromium::start(TELEPHONE).await;
    chromium.open(&site.provider.scripted()).await;
    assert_eq!(chromium.driver.title().await.unwrap(), "no script ran");
    for (words, with) in WORDS.iter().zip(with) {
        let person = site
            .person(
                &format!("site-{}", words.locale),
                reachable_by_text(words.locale, words.number),
            )
            .await;
        resume(&site, &chromium, &person, words, with).await;
        preferences(&site, &chromium, &person, words, with).await;
    }
    chromium.close().await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_keyboard_is_enough() {
    all_of_it([With::Key(ENTER), With::Key(SPACE)]).await;
}

#[tokio::test(flavor = "multi_thread")]
async fn a_finger_is_enough() {
    all_of_it([With::Finger, With::Finger]).await;
}

/// Every link, button and box of the pages is a stop of Tab, in the order of the page, and shows it.
#[tokio::test(flavor = "multi_thread")]
async fn tab_stops_at_everything_in_its_order() {
    let site = Site::start().await;
    let person = site.person("site-1", reachable_by_text("en", WORDS[0].number)).await;
    let chromium = Chromium::start(TELEPHONE).await;
    for (page, at_least) in [(&person.resume, 5), (&person.preferences, 4)] {
        chromium.open(page).await;
        let expected = chromium
            .driver
            .find_all(By::Css("a, button, input:not([type=hidden])"))
            .await
            .unwrap();
        assert!(expected.len() >= at_least, "{}", expected.len());
        for stop in expected {
            chromium.press(TAB).await;
            let focused = chromium.driver.active_element().await.unwrap();
            assert_eq!(
                focused.element_id(),
                stop.element_id(),
                "{}",
                stop.outer_html().await.unwrap()
            );
            shows_focus(&focused).await;
        }
    }
    chromium.close().await;
}

/// The button that sends a bill, and the one that sends the account.
const SEND_BILL: &str = "form[enctype] button";
const SEND_ACCOUNT: &str = "form:not([enctype]) button";

#[tokio::test(flavor = "multi_thread")]
async fn who_has_no_online_account_sends_a_bill_or_types_the_account_in() {
    let site = Site::start().await;
    let chromium = Chromium::start(TELEPHONE).await;
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &[u8]| {
        let path = folder.path().join(name);
        std::fs::write(&path, content).unwrap();
        path.to_str().unwrap().to_owned()
    };
    let (bill, page) = (
        file("bill.pdf", b"%PDF-1.7\nan invented bill"),
        file("page.pdf", b"<html></html>"),
    );
    let choose = async |path: &str| {
        reach(&chromium, "#file").await;
        let input = chromium.driver.find(By::Css("#file")).await.unwrap();
        input.send_keys(path).await.unwrap();
        reach(&chromium, SEND_BILL).await;
        chromium.press(ENTER).await;
    };
    chromium.open(&site.without_account("site-bill", "en").await).await;
    reach(&chromium, "a[href*='/f/']").await;
    chromium.press(ENTER).await;
    chromium.shows("#file").await;
    choose(&page).await;
    chromium.shows("#file-error").await;
    assert_eq!(chromium.overhang().await, 0, "the page with an error is too wide");
    choose(&bill).await;
    chromium.reads("There is nothing more to do.").await;
    assert_eq!(site.given("site-bill").await["bill"]["media_type"], "application/pdf");

    let resume = site.without_account("site-account", "es").await;
    chromium.open(&resume.replacen("/r/", "/f/", 1)).await;
    for (field, text) in [
        ("#number", "1234567890"),
        ("#line", "100 Example Street"),
        ("#city", "Springfield"),
        ("#state", "CA"),
        ("#zip", "900"),
    ] {
        type_in(&chromium, field, text).await;
    }
    reach(&chromium, SEND_ACCOUNT).await;
    chromium.press(ENTER).await;
    chromium.shows("#zip-error").await;
    type_in(&chromium, "#zip", "90000").await;
    reach(&chromium, SEND_ACCOUNT).await;
    chromium.press(ENTER).await;
    chromium.reads("No queda nada más por hacer.").await;
    let account = &site.given("site-account").await["account"];
    assert_eq!(
        (&account["line"], &account["state"]),
        (&json!("100 Example Street"), &json!("CA"))
    );
    assert_eq!(account["zip"], "90000");
    chromium.close().await;
}
