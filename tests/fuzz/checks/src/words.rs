//! What marketing writes: the campaign file, its templates, and the package that is made of them.

use std::collections::BTreeMap;

use campaign::{CampaignFiles, EXAMPLE, LoadedCampaign, Package, Running};
use journey::contact::Locale;
use message::{MessageName, Templates};
use tests::{World, poll_once};
use utilities::Directory;

use crate::stage::{now, ports, stage};

/// What nobody's name is, and every value is treated as.
const HOSTILE: &str = "<script>x</script>{{brand}}";

/// A campaign file.
///
/// Its faults are told at places that it has. What passes is a package that nothing is left to fail in.
pub fn campaign(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    checked(&CampaignFiles::single("campaign.toml", text))
}

/// A template: its path, such as `en/cancelled.mjml`, and behind the first line break its text.
///
/// As a campaign file; and no value can place HTML or Liquid in a message.
pub fn template(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    let (path, text) = text.split_once('\n').unwrap_or((text, ""));
    // One language is half of the work.
    let mut files = CampaignFiles::single("campaign.toml", &EXAMPLE.replace("\"en\", \"es\"", "\"en\""));
    files.folder = "templates".to_owned();
    files.templates = BTreeMap::from([(path.to_owned(), text.to_owned())]);
    checked(&files)
}

fn checked(files: &CampaignFiles) -> bool {
    let loaded = match LoadedCampaign::check(files) {
        Ok(loaded) => loaded,
        Err(errors) => {
            assert!(!errors.problems.is_empty());
            let mut texts = files.templates.values().chain([&files.text]);
            let most = texts.by_ref().map(|text| text.lines().count() + 1).max().unwrap_or(1);
            for problem in &errors.problems {
                let own = problem.file == files.file || problem.file.starts_with("templates/");
                assert!(!problem.what.is_empty());
                assert!(
                    !own || problem.line.is_none_or(|line| (1..=most).contains(&line)),
                    "{problem}"
                );
            }
            return false;
        }
    };
    let package = loaded.package();
    let json = package.to_json().expect("a campaign file is small");
    assert!(Package::from_json(&json).expect("our own package") == package);
    package.check().expect("what has passed the check can be sent");
    let running = package.open().expect("what has passed the check runs");
    assert_eq!(running.head.rules, loaded.rules);
    cannot_be_misused(&running);
    true
}

fn cannot_be_misused(running: &Running) {
    let nobody = Directory::default();
    for sample in running.templates.gallery(1) {
        let mut variables = sample.variables(&running.head.brand, &nobody, None);
        variables.first_name = Some(HOSTILE.to_owned());
        variables.utility.name = Some(HOSTILE.to_owned());
        let message = running
            .templates
            .render(&variables)
            .expect("a name does not stop a message");
        assert!(!message.html.contains("<script"), "{sample:?}");
        assert!(!message.subject.contains('\n'));
    }
}

/// A campaign package, as `PUT /campaign` takes it.
///
/// What passes reads back as the same, has every message of every language that it offers, and its rules have an
/// answer when a journey begins.
pub fn package(data: &[u8]) -> bool {
    let Ok(text) = core::str::from_utf8(data) else {
        return false;
    };
    let Ok(package) = Package::from_json(text) else {
        return false;
    };
    let json = package.to_json().expect("it was not too large before");
    assert!(Package::from_json(&json).expect("our own package") == package);
    let Ok(pushed) = package.to_pushed(now()) else {
        return false;
    };
    let messages = pushed
        .messages
        .iter()
        .map(|(name, text)| (name.as_str(), text.as_str()));
    let running = Running::open(&pushed.head, messages).expect("what is stored can be run");
    has_all(&running.templates, &running.head.locales.offered);
    let world = World::new(&running.head.rules, now(), 10);
    let request = webhook::Request {
        secret_values: &[tests::SECRET.as_bytes()],
        content_type: Some("application/json"),
        body:
            br#"{"webhook_event_type":"connect_session.updated","partner_reference":"site-ca-0001","status":"CREATED"}"#,
    };
    let (ports, stage) = (ports(&world), stage());
    let answer = poll_once(webhook::handle(&ports, &stage.webhook, &running.head.rules, request)).unwrap();
    assert_eq!((answer, world.journeys()), (webhook::Answer::Accepted, 1));
    true
}

fn has_all(templates: &Templates, offered: &[Locale]) {
    let names: Vec<MessageName> = templates.names().collect();
    assert!(MessageName::all(offered).all(|name| names.contains(&name)));
}
