//! What each port may do on AWS: the one table that policies, mains and adapters are held to.

use std::collections::{BTreeMap, BTreeSet};
use std::fs;
use std::path::Path;

use crate::yaml::{project, text};

/// The IAM actions of each port, warm-up included. A port without any is served without AWS.
pub(crate) const PORTS: &[(&str, &[&str])] = &[
    ("Clock", &[]),
    ("Count", &[]),
    ("ReadStatus", &[]),
    ("ReadNewest", &[]),
    ("FreshLink", &[]),
    ("ReadChanges", &[]),
    ("SearchMeters", &[]),
    ("HandOverBill", &[]),
    ("OpenAccount", &[]),
    ("Enroll", &[]),
    ("ResetEnrollment", &[]),
    // SES cannot be asked, its events tell; and of a text nobody can tell.
    ("LookUpSend", &[]),
    ("LoadJourney", &["dynamodb:GetItem"]),
    ("CommitJourney", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    (
        "ArmTimer",
        &["scheduler:CreateSchedule", "scheduler:GetSchedule", "iam:PassRole"],
    ),
    ("FindDue", &["dynamodb:Query"]),
    ("ReadVisits", &["dynamodb:Query"]),
    ("FireTimer", &["lambda:InvokeFunction"]),
    ("FindContact", &["dynamodb:GetItem"]),
    (
        "KeepContact",
        &[
            "dynamodb:DeleteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
        ],
    ),
    ("ListContacts", &["dynamodb:Scan"]),
    ("KeepAcceptance", &["dynamodb:PutItem"]),
    ("ReadAcceptances", &["dynamodb:Query"]),
    ("KeepFallback", &["s3:PutObject"]),
    // The browser posts with what the form's signer may.
    ("TakeUpload", &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]),
    ("PassOnFallback", &["s3:DeleteObject", "s3:GetObject", "s3:PutObject"]),
    ("EraseFallback", &["s3:DeleteObject", "s3:ListBucket"]),
    (
        "Suppress",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("SuppressAddress", &["dynamodb:GetItem", "dynamodb:UpdateItem"]),
    ("KeepWatermark", &["dynamodb:GetItem", "dynamodb:PutItem"]),
    ("LoadCampaign", &["dynamodb:GetItem", "dynamodb:Query"]),
    (
        "KeepCampaign",
        &[
            "dynamodb:BatchWriteItem",
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:Query",
        ],
    ),
    ("SendEmail", &["ses:SendEmail", "ses:GetConfigurationSet"]),
    ("SendText", &["sns:Publish", "sns:CheckIfPhoneNumberIsOptedOut"]),
    ("AnswerText", &["sns:Publish", "sns:CheckIfPhoneNumberIsOptedOut"]),
    ("SendPush", &["sns:Publish"]),
    ("Announce", &["events:PutEvents", "events:DescribeEventBus"]),
    (
        "CountOnce",
        &["dynamodb:GetItem", "dynamodb:PutItem", "dynamodb:UpdateItem"],
    ),
    ("ReadDailyCounts", &["dynamodb:Query"]),
];

/// The actions of a port.
pub(crate) fn actions(port: &str) -> BTreeSet<String> {
    let (_, actions) = PORTS
        .iter()
        .find(|(name, _)| *name == port)
        .unwrap_or_else(|| panic!("the port {port} has no line in the table of actions"));
    actions.iter().map(|action| (*action).to_owned()).collect()
}

/// The ports that a function's main delegates, read from its text.
pub(crate) fn ports_of(function: &str) -> BTreeSet<String> {
    let ports = delegated(&text(&format!("functions/{function}/src/main.rs")));
    assert!(!ports.is_empty(), "functions/{function}/src/main.rs delegates no ports");
    ports
}

/// The ports in the lists of `delegate_ports!`.
pub(crate) fn delegated(source: &str) -> BTreeSet<String> {
    let code: String = source
        .lines()
        .map(|line| line.split("//").next().unwrap_or_default())
        .collect::<Vec<_>>()
        .join(" ");
    let mut ports = BTreeSet::new();
    for call in code.split("delegate_ports!").skip(1) {
        let (_, lists) = call.split_once('{').expect("the macro's type is followed by its lists");
        let (lists, _) = lists.split_once('}').expect("the macro's lists end");
        for list in lists.split(';').map(str::trim).filter(|list| !list.is_empty()) {
            let (_, names) = list.split_once(':').expect("field: Port, Port");
            let names = names.split(',').map(str::trim).filter(|name| !name.is_empty());
            ports.extend(names.map(str::to_owned));
        }
    }
    ports
}

/// The calls of an SDK, by what they are called in our adapters.
const CALLS: &[(&str, &[&str])] = &[
    ("client.get_item()", &["dynamodb:GetItem"]),
    ("client.query()", &["dynamodb:Query"]),
    ("client.scan()", &["dynamodb:Scan"]),
    ("client.update_item()", &["dynamodb:UpdateItem"]),
    ("client.put_item()", &["dynamodb:PutItem"]),
    ("client.delete_item()", &["dynamodb:DeleteItem"]),
    ("client.batch_write_item()", &["dynamodb:BatchWriteItem"]),
    // A transaction needs what its parts need.
    ("client.transact_write_items()", &[]),
    ("Update::builder()", &["dynamodb:UpdateItem"]),
    ("Put::builder()", &["dynamodb:PutItem"]),
    ("Delete::builder()", &["dynamodb:DeleteItem"]),
    ("ConditionCheck::builder()", &["dynamodb:ConditionCheckItem"]),
    // Who creates a schedule hands the role over.
    (
        "client.create_schedule()",
        &["scheduler:CreateSchedule", "iam:PassRole"],
    ),
    ("client.get_schedule()", &["scheduler:GetSchedule"]),
    ("client.send_email()", &["ses:SendEmail"]),
    ("client.get_configuration_set()", &["ses:GetConfigurationSet"]),
    ("client.publish()", &["sns:Publish"]),
    (
        "client.check_if_phone_number_is_opted_out()",
        &["sns:CheckIfPhoneNumberIsOptedOut"],
    ),
    ("client.invoke()", &["lambda:InvokeFunction"]),
    ("client.put_events()", &["events:PutEvents"]),
    ("client.describe_event_bus()", &["events:DescribeEventBus"]),
    ("client.get_object()", &["s3:GetObject"]),
    ("client.head_object()", &["s3:GetObject"]),
    ("client.put_object()", &["s3:PutObject"]),
    ("client.copy_object()", &["s3:GetObject", "s3:PutObject"]),
    ("client.delete_object()", &["s3:DeleteObject"]),
    ("client.list_objects_v2()", &["s3:ListBucket"]),
];

/// What the adapters ask of AWS, read from their text; tests apart.
pub(crate) fn asked_by_adapters() -> BTreeMap<String, String> {
    let mut asked = BTreeMap::new();
    for (file, source) in sources(&project("infra/aws/src")) {
        let source = source.split("#[cfg(test)]").next().unwrap_or_default();
        let dense: String = source.split_whitespace().collect();
        for (call, actions) in CALLS {
            if dense.contains(call) {
                asked.extend(actions.iter().map(|action| ((*action).to_owned(), file.clone())));
            }
        }
        for after in dense.split("client.").skip(1) {
            let method: String = after.chars().take_while(|c| c.is_alphanumeric() || *c == '_').collect();
            let call = format!("client.{method}()");
            if after.starts_with(&format!("{method}()")) && method != "clone" {
                assert!(
                    CALLS.iter().any(|(known, _)| *known == call),
                    "{file}: {call} has no line in the table of calls"
                );
            }
        }
    }
    asked
}

fn sources(folder: &Path) -> Vec<(String, String)> {
    let mut found = Vec::new();
    for entry in fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_string_lossy().into_owned();
        if path.is_dir() {
            found.extend(sources(&path));
        } else if name.ends_with(".rs") && name != "tests.rs" && name != "testing.rs" {
            found.push((path.display().to_string(), fs::read_to_string(&path).unwrap()));
        }
    }
    found
}

/// Every `"word.word"` of the shipped sources: the names of metrics are among them.
pub(crate) fn words_of_sources() -> BTreeSet<String> {
    let mut words = BTreeSet::new();
    for folder in ["functions", "infra"] {
        for (_, source) in sources(&project(folder)) {
            words.extend(source.split('"').skip(1).step_by(2).map(str::to_owned));
            words.extend(source.split('"').skip(2).step_by(2).map(str::to_owned));
        }
    }
    words
}
