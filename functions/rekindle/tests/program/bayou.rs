//! Bayou's customers, who live their own lives at its stand-in: invited, reminded, connected, lost, and back again.

use std::collections::BTreeMap;

use jiff::{SignedDuration, Timestamp};
use mail_parser::MessageParser;
use sandbox::bayou::{BayouSandbox, Habit, Population, Reason, Repair};
use serde_json::Value;
use url::Url;

use crate::support::{BAYOU_SECRET, PUBLIC_URL, Place, Serving, link_in, until};

/// Ten hours pass each second: the whole story is three weeks, 50 s at this speed.
const SPEED: u32 = 36_000;

/// The machine is not faster than elsewhere, so what takes it half a second looks like five hours.
const SERIES: &str = r#"hand_back_after = "24h"
[[touch]]
after = "5h"
until = "24h"
[[touch]]
after = "30h"
until = "48h"
[invitation]
touch = [{ after = "12h", until = "36h" }]
[reconnect]
touch = [{ after = "0m", until = "12h" }, { after = "24h", until = "48h" }]
[caps]
per_day = 20
per_week = 100
"#;

const PATIENT: &str = "[advanced]\nwindow_grace = \"60m\"\nclaim_lease = \"30m\"\n";

struct Story {
    place: Place,
    bayou: BayouSandbox,
    serving: Serving,
    population: Population,
    read: usize,
}

impl Story {
    async fn begin() -> Self {
        let place = Place::with_campaign(SERIES, PATIENT).await;
        let bayou = place.with_bayou().await;
        let serving = place.serve(SPEED).await;
        let mut receiver: Url = serving.api.url("/webhooks/bayou").parse().unwrap();
        receiver.set_username("rekindle").unwrap();
        receiver.set_password(Some(BAYOU_SECRET)).unwrap();
        bayou.set_webhook(Some(receiver));
        let began = serving.api.now().await;
        let population = Population::generate(11, 24, began, SignedDuration::from_hours(4));
        place.import(&population.contacts_csv());
        bayou.add_population(population.clone());
        Story {
            place,
            bayou,
            serving,
            population,
            read: 0,
        }
    }

    /// Customers read what has arrived, and some of them come back through the link.
    fn deliver_mail(&mut self) {
        let messages = self.place.messages();
        for message in &messages[self.read..] {
            let reference = message["reference"].as_str().unwrap();
            let touch = u32::try_from(message["touch"].as_u64().unwrap()).unwrap();
            let link = self.resume_link(message);
            self.bayou.read_mail(reference, touch, Some(link));
        }
        self.read = messages.len();
    }

    /// Of each kind of repair some lose what they had, so that it does not hang on who happened to connect.
    fn utility_wants_logins_again(&self) {
        let truth = self.bayou.truth();
        for repair in [Repair::Alone, Repair::AfterReminder, Repair::Never] {
            let connected = self.population.customers().iter().filter(|customer| {
                customer.repair == repair && !customer.opted_out && truth[&customer.external_id].is_authenticated
            });
            for customer in connected.take(2) {
                let lost = (self.bayou).require_reauthentication(&customer.external_id, Reason::MfaFactorHasExpired);
                assert!(lost, "{}", customer.external_id);
            }
        }
    }

    /// The link in the latest mail of a touch to an address, where the program really is.
    fn resume_link(&self, message: &Value) -> Url {
        let ending = format!("-t{}.eml", message["touch"]);
        let files = self.place.mail_files();
        let mut links = files
            .iter()
            .filter(|file| file.to_string_lossy().ends_with(&ending))
            .filter_map(|file| {
                let eml = std::fs::read(file).unwrap();
                let mail = MessageParser::default().parse(&eml)?;
                let text = mail.body_text(0)?;
                let to = mail.to()?.first()?.address()?.to_owned();
                (to == message["to"] && mail.subject()? == message["subject"])
                    .then(|| link_in(&text, &format!("{PUBLIC_URL}/r/")))?
            });
        let link = links.next_back().unwrap_or_else(|| panic!("no mail for {message}"));
        self.serving.api.local(&link).parse().unwrap()
    }
}

fn time(value: &Value) -> Timestamp {
    value.as_str().unwrap().parse().unwrap()
}

fn ends(journey: &Value) -> impl Iterator<Item = Timestamp> + '_ {
    let timeline = journey["timeline"].as_array().unwrap().iter();
    timeline
        .filter(|entry| entry["text"].as_str().unwrap().starts_with("Finished, by"))
        .map(|entry| time(&entry["at"]))
}

#[tokio::test(flavor = "multi_thread")]
async fn who_is_lost_is_brought_back_and_who_is_connected_is_left_in_peace() {
    let mut story = Story::begin().await;
    let began = story.serving.api.now().await;
    let references: Vec<String> = story
        .population
        .customers()
        .iter()
        .map(|c| c.external_id.clone())
        .collect();
    for week in 1..=3 {
        until("another week is over", async || {
            story.deliver_mail();
            let now = story.serving.api.now().await;
            (now.duration_since(began) > SignedDuration::from_hours(week * 7 * 24)).then_some(())
        })
        .await;
        if week == 1 {
            story.utility_wants_logins_again();
        }
    }
    story.bayou.settle().await;

    let (truth, messages) = (story.bayou.truth(), story.place.messages());
    let mut journeys: BTreeMap<(String, &str), Value> = BTreeMap::new();
    for reference in &references {
        for purpose in ["enroll", "reconnect"] {
            if let Some(journey) = story.serving.api.connection(reference, purpose).await {
                journeys.insert((reference.clone(), purpose), journey);
            }
        }
    }

    // Nobody landed on a link that had expired, although the mails are older than ten days by the end.
    assert_eq!(story.bayou.stats().expired_link_clicks, 0);
    let mut connected_by_a_message = 0;
    let mut repaired = 0;
    for customer in story.population.customers() {
        let (of, truth) = (&customer.external_id, &truth[&customer.external_id]);
        let enrolment = &journeys[&(of.clone(), "enroll")];
        let sent: Vec<_> = messages
            .iter()
            .filter(|message| message["reference"] == of.as_str())
            .collect();
        if customer.opted_out {
            assert!(sent.is_empty(), "{of} had opted out");
        }
        // Connected is completed, whether a webhook told or a look found it; and the other way round.
        let expected = if truth.connected_at.is_some() {
            "completed"
        } else {
            "handed_back"
        };
        let shared = story
            .population
            .customers()
            .iter()
            .filter(|other| other.email == customer.email)
            .count()
            > 1;
        if !shared && !customer.opted_out {
            assert_eq!(enrolment["phase"], expected, "{of} {:?}: {enrolment:#}", customer.habit);
        }
        connected_by_a_message += usize::from(truth.connected_after_touch.is_some());
        if let Some(known_at) = ends(enrolment).next() {
            let invited = ["invited", "utility_not_connected", "repeated_returns"];
            for message in &sent {
                let after = time(&message["at"]) > known_at;
                let of_the_first = invited.contains(&message["diagnosis"].as_str().unwrap());
                assert!(!(after && of_the_first), "{of} was connected at {known_at}: {message}");
            }
        }
        if customer.habit == Habit::ConnectsAtOnce && truth.losses == 0 {
            assert!(sent.is_empty(), "{of} connected at once, and got {sent:?}");
        }
        // Who lost the connection was told so, and whoever repaired it is done.
        if truth.losses > 0 && !customer.opted_out {
            let again = &journeys[&(of.clone(), "reconnect")];
            if truth.is_authenticated {
                assert_eq!(again["phase"], "completed", "{of}: {again:#}");
                repaired += 1;
            }
            if customer.repair == Repair::AfterReminder {
                assert!(
                    truth.repaired_after_touch.is_some() || !truth.is_authenticated || shared,
                    "{of}"
                );
            }
            assert_eq!(enrolment["data"]["bills"], "ready", "{of}: {enrolment:#}");
        }
    }
    assert!(connected_by_a_message > 0, "no reminder brought anybody back");
    assert!(repaired > 0, "no lost connection was repaired");
    let log = story.serving.process.err();
    assert!(!log.contains("panicked"), "{log}");
}
