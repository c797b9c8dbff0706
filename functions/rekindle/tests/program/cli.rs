//! The commands: what they say, what they refuse, and with which exit code.

use std::fs;
use std::process::Stdio;

use serde_json::Value;

use crate::support::{Place, Ran, authorization, direct_contact, program, until};

/// A good contact, a bad address, an unknown provider, a short row, and one more good contact.
const SOME_BAD: &str = "provider,reference,email,first_name,opted_out\n\
     leap,site-1,ana@example.com,Ana,false\n\
     leap,site-2,ana(at)example,Bo,\n\
     acme,site-3,,,\n\
     leap,site-4\n\
     leap,\"casa+7 @ala:é, \"\"b\"\"\",bo@example.com,\"Bø, jr\",yes\n";

fn ran(arguments: &[&str]) -> Ran {
    Ran::new(program(arguments).output().unwrap())
}

#[test]
fn every_command_says_what_it_is_for() {
    let cases: [(&[&str], &[&str]); 18] = [
        (
            &[],
            &[
                "Brings back customers who drop off while they connect a utility account",
                "Begin with `rekindle demo`",
                "demo",
                "serve",
                "explain",
                "report",
                "contacts",
                "preview",
                "send-test",
                "campaign",
                "config",
                "webhook",
                "--log",
            ],
        ),
        (
            &["demo"],
            &[
                "--customers",
                "--seed",
                "--listen",
                "--speed",
                "--data",
                "--exit",
                "3600",
                "8787",
            ],
        ),
        (
            &["serve"],
            &[
                "--config",
                "rekindle.toml",
                "--data",
                "--listen",
                "127.0.0.1:8787",
                "--speed",
                "[default: 1]",
            ],
        ),
        (
            &["explain"],
            &[
                "<PROVIDER>",
                "<REFERENCE>",
                "--json",
                "--config",
                "--data",
                "was not sent",
            ],
        ),
        (
            &["report"],
            &[
                "--json",
                "--config",
                "--data",
                "key questions",
                "docs/report.md",
                "Example:",
            ],
        ),
        (&["contacts"], &["import", "export", "erase"]),
        (
            &["contacts", "import"],
            &["<FILE>", "standard input", "line and reason", "--data"],
        ),
        (&["contacts", "export"], &["CSV", "standard output"]),
        (
            &["contacts", "erase"],
            &["<PROVIDER>", "<REFERENCE>", "nothing is sent any more"],
        ),
        (
            &["preview"],
            &["--campaign", "--out", "--only", "--utility", "index.html"],
        ),
        (
            &["send-test"],
            &[
                "--to",
                "--diagnosis",
                "--touch",
                "--locale",
                "--channel",
                "--campaign",
                "test_sends",
                "Example:",
            ],
        ),
        (&["campaign"], &["check", "example"]),
        (&["campaign", "check"], &["[FILE]", "campaign.toml", "file and line"]),
        (&["config"], &["check", "example"]),
        (&["config", "check"], &["[FILE]", "rekindle.toml", "secrets"]),
        (&["webhook"], &["list", "ensure", "test"]),
        (
            &["webhook", "ensure"],
            &["<RECEIVER_URL>", "/webhooks/leap", "443", "changes nothing"],
        ),
        (&["webhook", "test"], &["<WEBHOOK_ID>", "test event"]),
    ];
    for (command, words) in cases {
        let arguments: Vec<_> = command.iter().copied().chain(["--help"]).collect();
        let help = ran(&arguments);
        assert_eq!((help.code, help.err.as_str()), (0, ""), "{command:?}");
        // Help is wrapped: a sentence may go on in the next line.
        let text = help.out.split_whitespace().collect::<Vec<_>>().join(" ");
        for word in words {
            assert!(
                text.contains(word),
                "{command:?} does not mention {word:?}:\n{}",
                help.out
            );
        }
    }
}

#[test]
fn what_is_not_a_command_ends_with_2_and_says_what_is() {
    for (arguments, word) in [
        (&["surve"][..], "serve"),
        (&["explain", "leap"], "<REFERENCE>"),
        (&["serve", "--speed", "0"], "--speed"),
        (&["serve", "--listen", "localhost"], "--listen"),
        (&["demo", "--customers", "100000"], "2000"),
        (&["explain", "acme", "site-1"], "acme"),
    ] {
        let ran = ran(arguments);
        assert_eq!(ran.code, 2, "{arguments:?}");
        assert!(ran.err.contains(word), "{arguments:?}: {}", ran.err);
        assert_eq!(ran.out, "");
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_example_configuration_is_right_once_its_secrets_are_there() {
    let place = Place::new().await;
    let config = ran(&["config", "example"]);
    let campaign = ran(&["campaign", "example"]);
    assert_eq!((config.code, campaign.code), (0, 0));
    place.write("new/rekindle.toml", &config.out);
    place.write("new/campaign.toml", &campaign.out);

    let checked = place.run(&["campaign", "check", "new/campaign.toml"]);
    assert_eq!((checked.code, checked.err.as_str()), (0, ""));
    assert!(
        checked.out.starts_with("new/campaign.toml is right. Version "),
        "{}",
        checked.out
    );

    let without = place.run(&["config", "check", "new/rekindle.toml"]);
    assert_eq!(without.code, 1);
    for variable in [
        "REKINDLE_IDENTITY_KEY",
        "REKINDLE_API_TOKEN",
        "REKINDLE_LEAP_API_KEY",
        "REKINDLE_LEAP_WEBHOOK_SECRET",
    ] {
        assert!(without.err.contains(variable), "{}", without.err);
    }
    let mut with = place.command(&["config", "check", "new/rekindle.toml"]);
    with.env("REKINDLE_IDENTITY_KEY", "an invented key of some length")
        .env("REKINDLE_API_TOKEN", "an-invented-token-of-some-length")
        .env("REKINDLE_LEAP_API_KEY", "an-invented-key")
        .env("REKINDLE_LEAP_WEBHOOK_SECRET", "an-invented-secret-of-some-length");
    let with = Ran::new(with.output().unwrap());
    assert_eq!((with.code, with.err.as_str()), (0, ""));
    assert_eq!(with.out, "The configuration is right.\n");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_wrong_configuration_is_named_by_key_and_line_with_what_is_right() {
    let place = Place::new().await;
    let right = fs::read_to_string(place.path("rekindle.toml")).unwrap();
    let check = |from: &str, to: &str, words: &[&str]| {
        let text = right.replacen(from, to, 1);
        assert_ne!(text, right, "{from}");
        place.write("wrong.toml", &text);
        for command in [
            &["config", "check", "wrong.toml"][..],
            &["serve", "--config", "wrong.toml", "--listen", "127.0.0.1:0"],
        ] {
            let ran = place.run(command);
            assert_eq!(ran.code, 1, "{to}");
            let at = text
                .lines()
                .position(|line| line.contains(to.lines().next().unwrap()))
                .unwrap()
                + 1;
            assert!(ran.err.contains(&format!("wrong.toml:{at}:")), "{to}: {}", ran.err);
            for word in words {
                assert!(ran.err.contains(word), "{to} should say {word:?}: {}", ran.err);
            }
            assert_eq!(ran.out, "");
        }
    };
    check(
        "https://remind.example.com",
        "http://remind.example.com",
        &["public_url", "https"],
    );
    check(
        "https://remind.example.com",
        "remind.example.com",
        &["public_url", "https"],
    );
    check(
        "\"TOKEN\"",
        "\"NOT_SET\"",
        &["secrets.api_token_env", "NOT_SET", "not set"],
    );
    check(
        "calls_per_minute = 600",
        "calls_per_minute = 0",
        &["leap.calls_per_minute", "at least 1"],
    );
    check("page_size = 100", "page_size = 0", &["leap.page_size", "1 to 1000"]);
    check("page_size = 100", "pagesize = 100", &["pagesize", "page_size"]);
    check(
        "x-rekindle-key",
        "x rekindle key",
        &["leap.webhook_header", "header name", "x-rekindle-key"],
    );
    check("public_url = ", "public_url ", &["="]);

    // Two faults are told at once, and a secret's value never is.
    place.write(
        "wrong.toml",
        &right.replace("600", "0").replace("page_size = 100", "page_size = 2000"),
    );
    let mut command = place.command(&["config", "check", "wrong.toml"]);
    let ran = Ran::new(command.env("TOKEN", "short-secret").output().unwrap());
    for word in [
        "calls_per_minute",
        "page_size",
        "secrets.api_token_env",
        "16 characters",
    ] {
        assert!(ran.err.contains(word), "{}", ran.err);
    }
    assert!(!ran.err.contains("short-secret"), "{}", ran.err);

    let none = place.run(&["config", "check", "nowhere.toml"]);
    assert_eq!(none.code, 1);
    assert!(
        none.err.contains("nowhere.toml") && none.err.contains("rekindle config example"),
        "{}",
        none.err
    );
    // A configuration whose campaign is wrong is wrong.
    place.write("wrong.toml", &right.replace("campaign.toml", "nothing.toml"));
    let ran = place.run(&["config", "check", "wrong.toml"]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains("nothing.toml"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_value_of_the_wrong_kind_is_named_by_its_key() {
    let place = Place::new().await;
    let right = fs::read_to_string(place.path("rekindle.toml")).unwrap();
    place.write("wrong.toml", &right.replace("= 600", "= \"60\""));
    let ran = place.run(&["config", "check", "wrong.toml"]);
    let line = right.lines().position(|line| line.ends_with("= 600")).unwrap() + 1;
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(&format!("wrong.toml:{line}:")), "{}", ran.err);
    assert!(ran.err.contains("calls_per_minute"), "{}", ran.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn a_key_that_is_missing_is_named_with_the_section_it_belongs_to() {
    let place = Place::new().await;
    let right = fs::read_to_string(place.path("rekindle.toml")).unwrap();
    for (line, key) in [
        ("calls_per_minute = 600\n", "calls_per_minute"),
        ("api_token_env = \"TOKEN\"\n", "api_token_env"),
    ] {
        let text = right.replacen(line, "", 1);
        place.write("wrong.toml", &text);
        let ran = place.run(&["config", "check", "wrong.toml"]);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains("wrong.toml:") && ran.err.contains(key), "{}", ran.err);
        let section = if key == "api_token_env" { "[secrets]" } else { "[leap]" };
        let at = text.lines().position(|line| line == section).unwrap() + 1;
        assert!(
            ran.err.contains(&format!("wrong.toml:{at}:")),
            "not the line of {section}: {}",
            ran.err
        );
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn a_campaign_that_would_send_something_wrong_is_refused_by_file_and_line() {
    let place = Place::new().await;
    let right = fs::read_to_string(place.path("campaign.toml")).unwrap();
    let own = right.replacen("[messages]\n", "[messages]\ntemplates = \"words\"\n", 1);
    place.write("own.toml", &own);

    let refused = |file: &str, words: &[&str]| {
        let checked = place.run(&["campaign", "check", file]);
        assert_eq!(checked.code, 1, "{}", checked.out);
        for word in words {
            assert!(
                checked.err.contains(word),
                "{file} should say {word:?}: {}",
                checked.err
            );
        }
        assert_eq!(checked.out, "");
    };
    refused("own.toml", &["own.toml", "words"]);

    place.write("words/en/closing.txt", "It takes\n{{ minutes }} minutes.\n");
    refused(
        "own.toml",
        &["words/en/closing.txt:2:4: there is no variable `minutes`"],
    );

    // The law's footer cannot be left out: neither by a message nor by an empty footer.
    place.write("words/en/closing.txt", "It takes a moment.\n");
    place.write("words/en/cancelled.txt", "Hello,\n\nGo on: {{ resume_url }}\n");
    refused(
        "own.toml",
        &["words/en/cancelled.txt:3:", "unsubscribe_url", "postal_address"],
    );
    fs::remove_file(place.path("words/en/cancelled.txt")).unwrap();
    place.write("words/en/footer.txt", "Bye.\n");
    refused("own.toml", &["unsubscribe_url", "postal_address"]);
    place.write("words/en/footer.txt", "{{ postal_address }} {{ unsubscribe_url }}\n");
    let checked = place.run(&["campaign", "check", "own.toml"]);
    assert_eq!(checked.code, 0, "{}", checked.err);

    let typo = right.replacen("[sender]", "[cap]\nper_day = 2\n[sender]", 1);
    place.write("typo.toml", &typo);
    let at = typo.lines().position(|line| line == "[cap]").unwrap() + 1;
    refused(
        "typo.toml",
        &[&format!("typo.toml:{at}:2: cap"), "did you mean `caps`?"],
    );
    let window = right.replacen(
        "name = \"tests\"",
        "name = \"tests\"\n[[touch]]\nafter = \"2h\"\nuntil = \"1h\"",
        1,
    );
    place.write("window.toml", &window);
    refused(
        "window.toml",
        &["window.toml:4:", "touch[1].until", "later than `after`"],
    );
    let address = right.replacen("postal_address", "# postal_address", 1);
    place.write("address.toml", &address);
    refused("address.toml", &["address.toml:", "sender.postal_address"]);

    // `serve` refuses it as well, before it listens.
    let config = fs::read_to_string(place.path("rekindle.toml")).unwrap();
    place.write("typo-rekindle.toml", &config.replace("campaign.toml", "typo.toml"));
    let serve = place.run(&["serve", "--config", "typo-rekindle.toml", "--listen", "127.0.0.1:0"]);
    assert_eq!(serve.code, 1);
    assert!(serve.err.contains("did you mean `caps`?"), "{}", serve.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn an_import_keeps_the_good_rows_and_names_the_bad_ones() {
    let place = Place::new().await;
    place.write("some.csv", SOME_BAD);
    let imported = place.run(&["contacts", "import", "some.csv"]);
    assert_eq!(imported.code, 2);
    assert_eq!(imported.out, "2 contacts kept, 3 rows refused.\n");
    for (line, why) in [(3, "email: "), (4, "provider: "), (5, "the row has 2 fields")] {
        let said = imported
            .err
            .lines()
            .find(|said| said.starts_with(&format!("line {line}: ")));
        let said = said.unwrap_or_else(|| panic!("nothing of line {line}: {}", imported.err));
        assert!(said.contains(why), "{said}");
    }
    assert!(
        !imported.err.contains("ana(at)"),
        "a value is repeated: {}",
        imported.err
    );

    let exported = place.run(&["contacts", "export"]);
    assert_eq!(exported.code, 0);
    assert_eq!(exported.out.lines().count(), 3);
    // What was exported goes in again, into an empty folder, and comes out the same.
    let again = Ran::with_input(
        place.command(&["contacts", "import", "--data", "other", "-"]),
        &exported.out,
    );
    assert_eq!(
        (again.code, again.out.as_str()),
        (0, "2 contacts kept, 0 rows refused.\n")
    );
    let twice = place.run(&["contacts", "export", "--data", "other"]);
    assert_eq!(twice.out, exported.out);
    for part in ["\"casa+7 @ala:é, \"\"b\"\"\"", "\"Bø, jr\"", "true"] {
        assert!(exported.out.contains(part), "{}", exported.out);
    }

    for (csv, word) in [
        ("reference,email\n", "provider"),
        ("provider,reference,e_mail\n", "e_mail"),
        ("", "provider"),
    ] {
        place.write("wrong.csv", csv);
        let ran = place.run(&["contacts", "import", "wrong.csv"]);
        assert_eq!(ran.code, 1, "{csv}");
        assert!(ran.err.contains("wrong.csv") && ran.err.contains(word), "{}", ran.err);
    }
    let missing = place.run(&["contacts", "import", "nothing.csv"]);
    assert_eq!(missing.code, 1);
    assert!(missing.err.contains("nothing.csv"), "{}", missing.err);
}

#[tokio::test(flavor = "multi_thread")]
async fn erasing_a_contact_leaves_nothing_of_it_in_the_folder() {
    let place = Place::new().await;
    place.write("some.csv", SOME_BAD);
    place.run(&["contacts", "import", "some.csv"]);
    let erased = place.run(&["contacts", "erase", "leap", "site-1"]);
    assert_eq!(erased.code, 0, "{}", erased.err);
    assert!(erased.out.starts_with("Erased."), "{}", erased.out);
    let again = place.run(&["contacts", "erase", "leap", "site-1"]);
    assert_eq!(again.code, 2);
    assert!(again.out.contains("no such contact"), "{}", again.out);
    assert!(!place.run(&["contacts", "export"]).out.contains("ana@example.com"));
    for entry in fs::read_dir(place.path("rekindle-data")).unwrap() {
        let path = entry.unwrap().path();
        if path.is_file() {
            let bytes = fs::read(&path).unwrap();
            let there = bytes.windows(15).any(|window| window == b"ana@example.com");
            assert!(!there, "{} still holds the address", path.display());
        }
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_tells_the_same_as_the_api_while_the_program_runs_and_after() {
    let place = Place::new().await;
    let mut serving = place.serve(1).await;
    let api = serving.api.clone();
    let reference = "casa+7 @ala:é";
    api.put_contact(reference, &direct_contact("ana")).await;
    let known = place.run(&["explain", "leap", reference]);
    assert_eq!(known.code, 2);
    assert!(known.out.contains("contact is known"), "{}", known.out);

    api.delivered(&authorization("event-1", reference, "INITIATED")).await;
    api.delivered(&authorization("event-2", reference, "FAILED")).await;
    let told = api.journey(reference).await.unwrap();
    let explain = |arguments: &[&str]| {
        let all: Vec<_> = ["explain", "leap"].iter().chain(arguments).copied().collect();
        let ran = place.run(&all);
        assert_eq!(ran.code, 0, "{}", ran.err);
        ran.out
    };
    let json: Value = serde_json::from_str(&explain(&["--json", reference])).unwrap();
    assert_eq!(json, told);
    let text = explain(&[reference]);
    for word in [
        "live: ",
        "direct_to_utility",
        "one-arm, arm only",
        "touch 1",
        "waiting",
        "Sign of life: login reached.",
        "Sign of life: login failed.",
        told["journey"].as_str().unwrap(),
    ] {
        assert!(text.contains(word), "{word:?} is missing:\n{text}");
    }
    for secret in [reference, "ana@example.com", "Ana"] {
        assert!(!text.contains(secret), "{text}");
    }
    serving.process.kill();
    let json: Value = serde_json::from_str(&explain(&["--json", reference])).unwrap();
    assert_eq!(json, told, "after a kill, too");

    let unknown = place.run(&["explain", "leap", "nobody"]);
    assert_eq!(unknown.code, 2);
    assert!(
        unknown.out.contains("Neither a contact nor a journey"),
        "{}",
        unknown.out
    );
    assert!(unknown.out.contains("letter by letter"), "{}", unknown.out);
    let invalid = place.run(&["explain", "leap", "a/b"]);
    assert_ne!(invalid.code, 0);
    assert!(!invalid.err.is_empty());
}

#[tokio::test(flavor = "multi_thread")]
async fn explain_in_json_prints_json_or_nothing() {
    let place = Place::new().await;
    let ran = place.run(&["explain", "leap", "nobody", "--json"]);
    assert_eq!(ran.code, 2);
    let is_json = serde_json::from_str::<Value>(&ran.out).is_ok();
    assert!(ran.out.is_empty() || is_json, "a program reads: {}", ran.out);
    assert!(
        is_json || ran.err.contains("letter by letter"),
        "nobody is told why: {}",
        ran.err
    );
}

/// The commands that write do so beside a running program, which sees it at once.
#[tokio::test(flavor = "multi_thread")]
async fn contacts_are_imported_and_erased_while_the_program_runs() {
    let place = Place::new().await;
    let serving = place.serve(3600).await;
    let api = &serving.api;
    api.delivered(&authorization("event-1", "site-7", "INITIATED")).await;
    let rows: String = (0..500)
        .map(|n| format!("leap,site-{n},person-{n}@example.com,direct_to_utility\n"))
        .collect();
    place.import(&format!("provider,reference,email,flow\n{rows}"));
    assert_eq!(
        api.contact("site-499").await.unwrap()["email"],
        "person-499@example.com"
    );
    assert_eq!(api.journey("site-7").await.unwrap()["email"], "allowed");
    let erased = place.run(&["contacts", "erase", "leap", "site-8"]);
    assert_eq!(erased.code, 0, "{}", erased.err);
    assert!(api.contact("site-8").await.is_none());
    // The journey that was there first is reminded, since the person is known now.
    let message = until("the reminder", async || place.messages().into_iter().next()).await;
    assert_eq!(message["to"], "person-7@example.com");
}

/// A command at the wrong moment must not keep the program from starting.
#[tokio::test(flavor = "multi_thread")]
async fn the_program_starts_while_an_import_is_under_way() {
    let place = Place::new().await;
    let mut command = place.command(&["contacts", "import", "-"]);
    command
        .stdin(Stdio::piped())
        .stdout(Stdio::null())
        .stderr(Stdio::null());
    let mut import = command.spawn().unwrap();
    // Its input stays open, so it is under way until we close it.
    let input = import.stdin.take().unwrap();
    until("the import has opened the folder", async || {
        place.path("rekindle-data/rekindle.db").exists().then_some(())
    })
    .await;
    let mut serving = place.spawn(1, &[]);
    let started = until("the program starts or ends", async || {
        if serving.err().contains("ready") {
            return Some(Ok(()));
        }
        serving.ended().map(|_| Err(serving.err()))
    })
    .await;
    drop(input);
    import.wait().unwrap();
    assert_eq!(started, Ok(()));
}

#[tokio::test(flavor = "multi_thread")]
async fn preview_writes_each_message_in_both_forms_and_an_index() {
    let place = Place::new().await;
    let all = place.run(&["preview"]);
    assert_eq!((all.code, all.err.as_str()), (0, ""));
    let names: Vec<String> = fs::read_dir(place.path("rekindle-preview"))
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap())
        .collect();
    let index = fs::read_to_string(place.path("rekindle-preview/index.html")).unwrap();
    let html = names
        .iter()
        .filter(|name| name.ends_with(".html") && *name != "index.html")
        .count();
    assert!(html >= 2 * 3 * 10, "{html} messages");
    assert_eq!(names.len(), 2 * html + 1);
    for name in names.iter().filter(|name| *name != "index.html") {
        assert!(
            index.contains(&format!("href=\"{name}\"")),
            "the index leaves out {name}"
        );
        let text = fs::read_to_string(place.path("rekindle-preview").join(name)).unwrap();
        assert!(!text.contains("{{") && !text.contains("{%"), "{name}");
        let is_text = name.ends_with(".txt");
        assert_eq!(text.starts_with("Subject: "), is_text, "{name}");
        assert!(text.contains("Springfield, CA 90000"), "{name} has no postal address");
    }
    for name in [
        "en-utility_not_connected-1",
        "es-utility_not_connected-3",
        "en-credentials_invalid-2",
    ] {
        assert!(
            names.contains(&format!("{name}.html")) && names.contains(&format!("{name}.txt")),
            "{name}"
        );
    }
    // One page for marketers: nothing from elsewhere, no script, every text with its length.
    for outside in ["<script", "src=\"http", "href=\"http", "@import", "url("] {
        assert!(!index.contains(outside), "{outside}");
    }
    for word in [
        "Stopped before signing in",
        "GSM-7",
        "1 segment",
        "20 hours after they stopped",
        "Text part",
        "Español",
    ] {
        assert!(index.contains(word), "{word}");
    }
    assert_eq!(index.matches("<iframe").count(), html);
    assert_eq!(index.matches("loading=\"lazy\" sandbox=\"\"").count(), html);
    assert_eq!(
        index.matches("Without a name or a utility").count(),
        html / 3,
        "a text for each reason and language"
    );
    assert!(index.len() < 400_000, "{}", index.len());
    assert!(
        all.out.contains(&html.to_string()) && all.out.contains("index.html"),
        "{}",
        all.out
    );

    let some = place.run(&[
        "preview",
        "--campaign",
        "campaign.toml",
        "--only",
        "es-cancelled",
        "--utility",
        "PGE",
        "--out",
        "some",
    ]);
    assert_eq!(some.code, 0, "{}", some.err);
    assert!(fs::read_dir(place.path("some")).unwrap().count() >= 3);
    let page = fs::read_to_string(place.path("some/es-cancelled-1.html")).unwrap();
    assert!(page.contains("Sunhome"), "{page}");
    for (option, value, word) in [("--only", "no-such", "--only"), ("--utility", "NOBODY", "PGE")] {
        let ran = place.run(&["preview", option, value, "--out", "none"]);
        assert_eq!(ran.code, 1);
        assert!(ran.err.contains(word), "{}", ran.err);
    }
}

#[tokio::test(flavor = "multi_thread")]
async fn the_webhook_subscription_is_made_once_and_tested() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let receiver = serving.api.url("/webhooks/leap");
    let made = place.run(&["webhook", "ensure", &receiver]);
    assert_eq!(made.code, 0, "{}", made.err);
    let id = made
        .out
        .strip_prefix("Created subscription ")
        .unwrap()
        .trim_end_matches(".\n")
        .to_owned();
    let again = place.run(&["webhook", "ensure", &receiver]);
    assert_eq!(again.out, format!("Subscription {id} was right already.\n"));
    let listed = place.run(&["webhook", "list"]);
    assert!(
        listed.out.contains(&id) && listed.out.contains("x-rekindle-key"),
        "{}",
        listed.out
    );
    assert!(
        !listed.out.contains("secret"),
        "a secret's value is shown: {}",
        listed.out
    );
    let tested = place.run(&["webhook", "test", &id]);
    assert_eq!(tested.code, 0, "{}{}", tested.out, tested.err);
    assert!(tested.out.starts_with("Leap reached us, status 200"), "{}", tested.out);

    // An unknown subscription, a wrong key, a provider that is away: said, not panicked.
    let unknown = place.run(&["webhook", "test", "00000000-0000-4000-8000-000000000000"]);
    assert_ne!(unknown.code, 0);
    let mut wrong = place.command(&["webhook", "list"]);
    let wrong = Ran::new(wrong.env("LEAP_KEY", "another-key").output().unwrap());
    assert_eq!(wrong.code, 1);
    assert!(
        !wrong.err.is_empty() && !wrong.err.contains("another-key"),
        "{}",
        wrong.err
    );
    place.sandbox.set_trouble(sandbox::Trouble {
        down: Some(sandbox::ApiDown::Unreachable),
        ..sandbox::Trouble::default()
    });
    let away = place.run(&["webhook", "list"]);
    assert_eq!(away.code, 1);
    assert!(!away.err.contains("panicked"), "{}", away.err);
}

/// As `rekindle ... | head -0`: the reader is gone before the first byte.
#[tokio::test(flavor = "multi_thread")]
async fn a_reader_that_goes_away_is_no_panic_and_no_error() {
    let place = Place::new().await;
    let rows: String = (0..2_000)
        .map(|n| format!("leap,site-{n},person-{n}@example.com\n"))
        .collect();
    place.import(&format!("provider,reference,email\n{rows}"));
    {
        let serving = place.serve(1).await;
        serving
            .api
            .delivered(&authorization("event-1", "site-1", "INITIATED"))
            .await;
    }
    let mut failed = Vec::new();
    for arguments in [
        &["config", "example"][..],
        &["campaign", "example"],
        &["campaign", "check"],
        &["config", "check"],
        &["explain", "leap", "site-1"],
        &["explain", "leap", "site-1", "--json"],
        &["preview"],
        &["contacts", "export"],
        &["webhook", "list"],
        &["--help"],
    ] {
        let (reader, writer) = std::io::pipe().unwrap();
        drop(reader);
        let mut command = place.command(arguments);
        let ran = Ran::new(command.stdout(writer).stderr(Stdio::piped()).output().unwrap());
        assert!(!ran.err.contains("panicked"), "{arguments:?}: {}", ran.err);
        if ran.code != 0 {
            failed.push(format!("{arguments:?} ended with {}: {}", ran.code, ran.err));
        }
    }
    assert!(failed.is_empty(), "{failed:#?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn an_address_that_is_taken_is_named_with_a_way_out() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let taken = serving.api.base.strip_prefix("http://").unwrap();
    let ran = place.run(&["serve", "--data", "other", "--listen", taken]);
    assert_eq!(ran.code, 1);
    assert!(ran.err.contains(taken) && ran.err.contains("--listen"), "{}", ran.err);
}

/// Logs go to standard error, and what is not a terminal gets no colours.
#[tokio::test(flavor = "multi_thread")]
async fn a_log_that_goes_to_a_file_is_plain_text() {
    let place = Place::new().await;
    let serving = place.serve_with(60, &[]).await;
    assert_eq!(serving.process.out(), "");
    let err = serving.process.err();
    let ready = err.lines().find(|line| line.contains("ready")).unwrap();
    let address = serving.api.base.strip_prefix("http://").unwrap();
    assert!(!ready.contains('\u{1b}'), "{ready:?}");
    assert!(ready.contains(&format!("address={address}")), "{ready:?}");
}

#[tokio::test(flavor = "multi_thread")]
async fn a_log_in_json_is_json_in_every_line() {
    let place = Place::new().await;
    let serving = place
        .serve_with(3600, &["--log", "debug", "--log-format", "json"])
        .await;
    serving.api.put_contact("site-1", &direct_contact("ana")).await;
    serving
        .api
        .delivered(&authorization("event-1", "site-1", "INITIATED"))
        .await;
    until("a reminder", async || (!place.messages().is_empty()).then_some(())).await;
    let err = serving.process.err();
    assert!(err.lines().count() > 2);
    for line in err.lines() {
        let fields: Value = serde_json::from_str(line).unwrap_or_else(|error| panic!("{error}: {line}"));
        assert!(fields["level"].is_string() && fields["message"].is_string(), "{line}");
    }
}

/// A filter that nobody can read is said to be so: a silent default would hide what was asked for.
#[test]
fn a_log_filter_that_is_not_one_is_refused() {
    let ran = ran(&["--log", "a=b=c", "campaign", "example"]);
    assert!(ran.err.contains("--log") || ran.err.contains("a=b=c"), "{:?}", ran.err);
}
