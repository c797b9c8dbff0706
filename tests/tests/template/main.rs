//! `template.yaml` is held to the code that it deploys: policies to ports, settings to what is read,
//! alarms to metrics and to their pages.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::print_stdout,
    reason = "the helpers of these tests are tests, too"
)]

mod ports;
mod yaml;

use std::collections::{BTreeMap, BTreeSet};

use aws::{
    AnnounceConfig, ContactsConfig, EnrollConfig, Environment, FeedbackConfig, MeterCheckConfig, PagesConfig,
    ReconcileConfig, TouchpointConfig, WebhookConfig,
};
use serde_json::Value;

use ports::{PORTS, actions, asked_by_adapters, delegated, ports_of, words_of_sources};
use yaml::{ACCOUNT, Stack, text};

/// The functions in the order of the flow: folder, and the beginning of the resources' names.
const FUNCTIONS: [(&str, &str); 9] = [
    ("webhook", "Webhook"),
    ("touchpoint", "Touchpoint"),
    ("reconcile", "Reconcile"),
    ("meter-check", "MeterCheck"),
    ("feedback", "Feedback"),
    ("contacts", "Contacts"),
    ("pages", "Pages"),
    ("enroll", "Enroll"),
    ("announce", "Announce"),
];

fn stack() -> Stack {
    Stack::with(&[("SenderIdentity", "example.com")])
}

/// A Light that is configured whole.
const LIGHT: [(&str, &str); 7] = [
    ("LightBaseUrl", "https://api.light.dev/v1"),
    (
        "LightNames",
        r#"{"client_secret": "secret", "stripe_key": "stripe.key"}"#,
    ),
    ("LightSignatureHeader", "Light-Signature"),
    ("LightSignatureHash", "sha256"),
    ("LightSignatureEncoding", "hex"),
    ("LightTypeField", "type"),
    ("LightAccountField", "data.account"),
];

fn list(value: &Value) -> Vec<String> {
    let text = |value: &Value| value.as_str().unwrap().to_owned();
    value
        .as_array()
        .map_or_else(|| vec![text(value)], |items| items.iter().map(text).collect())
}

/// The statements of a policy document; those of an `!If` are taken as if the condition held.
fn statements(document: &Value) -> Vec<&Value> {
    let statements = document["Statement"].as_array().unwrap();
    statements
        .iter()
        .map(|statement| statement.get("Fn::If").map_or(statement, |branches| &branches[1]))
        .collect()
}

#[test]
fn a_main_s_ports_are_read_from_its_text() {
    let main = "struct World;\njourney::delegate_ports!(World {\n    clock: Clock;\n    // Not: SendEmail;\n    \
                table: LoadJourney,\n        CommitJourney;\n});\nfn main() {}";
    let expected = ["Clock", "CommitJourney", "LoadJourney"].map(str::to_owned);
    assert_eq!(delegated(main), BTreeSet::from(expected));
    assert_eq!(delegated("fn main() {}"), BTreeSet::new());
}

#[test]
fn each_role_has_the_policies_of_its_function_s_ports() {
    let stack = stack();
    for (function, id) in FUNCTIONS {
        let role = &stack.resource(&format!("{id}Role"))["Properties"];
        let managed = role["ManagedPolicyArns"].as_array().unwrap().iter().map(|policy| {
            policy["Ref"]
                .as_str()
                .unwrap()
                .strip_suffix("Policy")
                .unwrap()
                .to_owned()
        });
        let managed: BTreeSet<String> = managed.collect();
        let in_role = in_role(role).map(|(port, _)| port.to_owned());
        let policies: BTreeSet<String> = managed.iter().cloned().chain(in_role).collect();
        let ports: BTreeSet<String> = ports_of(function)
            .into_iter()
            .filter(|port| !actions(port).is_empty())
            .collect();
        assert_eq!(
            policies, ports,
            "{function}: the role's policies, and the ports of its main"
        );
        assert!(managed.len() <= 10, "{function}: an account's quota of policies a role");
    }
}

/// The ports whose policies stand in a role itself, beside its `own`, with the policies.
fn in_role(role: &Value) -> impl Iterator<Item = (&str, &Value)> {
    let policies = role["Policies"].as_array().unwrap().iter();
    let named = policies.map(|policy| (policy["PolicyName"].as_str().unwrap(), &policy["PolicyDocument"]));
    named.filter(|(name, _)| *name != "own")
}

/// The statements that no port stands for.
fn own(role: &Value) -> &Value {
    let policies = role["Policies"].as_array().unwrap();
    let own = policies.iter().find(|policy| policy["PolicyName"] == "own");
    &own.unwrap()["PolicyDocument"]
}

#[test]
fn each_policy_allows_what_its_port_needs_and_no_more() {
    let stack = stack();
    let managed = stack.of_type("AWS::IAM::ManagedPolicy");
    let managed = managed.iter().map(|(id, policy)| {
        let port = id.strip_suffix("Policy").unwrap();
        (port, &policy["Properties"]["PolicyDocument"])
    });
    let roles = stack.of_type("AWS::IAM::Role");
    let in_roles = roles.iter().flat_map(|(_, role)| in_role(&role["Properties"]));
    for (port, document) in managed.chain(in_roles) {
        let allowed: BTreeSet<String> = statements(document)
            .into_iter()
            .inspect(|statement| assert_eq!(statement["Effect"], "Allow"))
            .flat_map(|statement| list(&statement["Action"]))
            .collect();
        assert_eq!(allowed, actions(port), "{port}");
    }
}

#[test]
fn the_table_of_actions_is_what_the_adapters_ask_for() {
    let asked = asked_by_adapters();
    let in_table: BTreeSet<String> = PORTS.iter().flat_map(|(port, _)| actions(port)).collect();
    let asked: BTreeSet<String> = asked.into_keys().collect();
    assert_eq!(in_table, asked);
}

#[test]
fn a_role_s_own_statements_are_the_few_that_no_port_stands_for() {
    let known: BTreeMap<&str, &[&str]> = BTreeMap::from([
        ("Logs", ["logs:CreateLogStream", "logs:PutLogEvents"].as_slice()),
        ("Secrets", &["ssm:GetParameters"]),
        ("SecretsKey", &["kms:Decrypt"]),
        ("FailedCalls", &["sqs:SendMessage"]),
        ("FailedBatches", &["sqs:SendMessage"]),
        (
            "ReadStream",
            &[
                "dynamodb:DescribeStream",
                "dynamodb:GetRecords",
                "dynamodb:GetShardIterator",
            ],
        ),
        ("ListStreams", &["dynamodb:ListStreams"]),
        ("CallTouchpoint", &["lambda:InvokeFunction"]),
        ("KeepUndelivered", &["sqs:SendMessage"]),
    ]);
    let stack = stack();
    let roles = stack.of_type("AWS::IAM::Role");
    assert_eq!(roles.len(), FUNCTIONS.len() + 1, "one a function, and the scheduler's");
    for (id, role) in roles {
        for statement in statements(own(&role["Properties"])) {
            let sid = statement["Sid"].as_str().unwrap();
            assert_eq!(list(&statement["Action"]), known[sid], "{id}: {sid}");
        }
    }
}

#[test]
fn a_role_reads_the_secrets_that_its_function_is_told_of() {
    let announces = [
        ("AnnounceUrl", "https://crm.example.com/hooks"),
        ("AnnounceSecretParameter", "/rekindle/announce-secret"),
    ];
    let has_bayou = ("BayouBaseUrl", "https://bayou.energy/api/v2");
    for providers in [&[][..], &[has_bayou], &[has_bayou, ("BayouBills", "{}")], &LIGHT] {
        reads_what_it_is_told_of(&Stack::with(
            &[&[("SenderIdentity", "example.com")], &announces[..], providers].concat(),
        ));
    }
}

fn reads_what_it_is_told_of(stack: &Stack) {
    for (function, id) in FUNCTIONS {
        let told: BTreeSet<String> = environment(stack, id)
            .into_iter()
            .filter(|(name, _)| name.ends_with("_PARAMETER"))
            .map(|(_, parameter)| parameter)
            .collect();
        let role = &stack.resource(&format!("{id}Role"))["Properties"];
        let own = stack.value(own(role)).unwrap();
        let secrets = statements(&own)
            .into_iter()
            .find(|statement| statement["Sid"] == "Secrets")
            .unwrap();
        let prefix = format!("arn:aws:ssm:us-west-2:{ACCOUNT}:parameter");
        let may: BTreeSet<String> = list(&secrets["Resource"])
            .iter()
            .map(|arn| arn.strip_prefix(&prefix).unwrap().to_owned())
            .collect();
        assert_eq!(may, told, "{function}");
    }
}

/// Lines of the template that name something by a star, with their numbers; comments apart.
fn starred() -> Vec<(usize, String)> {
    let names = [
        "Resource:",
        "SourceArn:",
        "Action:",
        "- !Sub arn:",
        "- \"*\"",
        "NotAction:",
        "NotResource:",
    ];
    let text = text("template.yaml");
    let lines = text.lines().enumerate().filter(|(_, line)| {
        let line = line.trim();
        !line.starts_with('#') && line.contains('*') && names.iter().any(|name| line.contains(name))
    });
    lines.map(|(number, line)| (number, line.to_owned())).collect()
}

#[test]
fn no_star_stands_in_a_policy_without_a_comment_that_says_why() {
    let text = text("template.yaml");
    let lines: Vec<&str> = text.lines().collect();
    let starred = starred();
    for (number, line) in &starred {
        assert!(
            lines[number - 1].trim().starts_with('#'),
            "template.yaml, line {}: say why above it: {line}",
            number + 1
        );
    }
    // The text was read rightly: every star of a policy is among those lines.
    let stack = stack();
    let mut stars = 0;
    let mut open = vec![&stack.template["Resources"]];
    while let Some(value) = open.pop() {
        match value {
            Value::Object(entries) => {
                for (name, value) in entries {
                    if ["Action", "Resource", "NotResource", "SourceArn"].contains(&name.as_str()) {
                        stars += value.to_string().matches('*').count();
                    }
                    open.push(value);
                }
            }
            Value::Array(items) => open.extend(items),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => {}
        }
    }
    let in_text: usize = starred.iter().map(|(_, line)| line.matches('*').count()).sum();
    assert_eq!(stars, in_text);
    assert!(stars > 0, "the walk works");
}

#[test]
fn no_action_is_a_family_of_actions() {
    let stack = stack();
    let mut seen = 0;
    let roles = stack.of_type("AWS::IAM::Role").into_iter();
    let own = roles.flat_map(|(_, role)| role["Properties"]["Policies"].as_array().unwrap());
    let shared = stack.of_type("AWS::IAM::ManagedPolicy");
    let shared = shared.into_iter().map(|(_, policy)| &policy["Properties"]);
    for policy in own.chain(shared) {
        for statement in statements(&policy["PolicyDocument"]) {
            for action in list(&statement["Action"]) {
                assert!(!action.contains('*'), "{action}");
                seen += 1;
            }
        }
    }
    assert!(seen > 40, "the walk works");
}

/// What a function finds in its environment.
fn environment(stack: &Stack, id: &str) -> Vec<(String, String)> {
    let globals = &stack.template["Globals"]["Function"]["Environment"]["Variables"];
    let own = &stack.resource(&format!("{id}Function"))["Properties"]["Environment"]["Variables"];
    let mut variables = Vec::new();
    for part in [globals, own] {
        for (name, value) in stack.value(part).unwrap().as_object().unwrap() {
            let value = value.as_str().map_or_else(|| value.to_string(), str::to_owned);
            variables.push((name.clone(), value));
        }
    }
    variables
}

#[test]
fn each_function_finds_the_settings_that_it_reads() {
    let parameters: [&[(&str, &str)]; 5] = [
        &[],
        &[("BayouBaseUrl", "https://bayou.energy/api/v2"), ("BayouBills", "{}")],
        &LIGHT,
        &[
            ("AnnounceUrl", "https://crm.example.com/hooks"),
            ("AnnounceSecretParameter", "/rekindle/announce-secret"),
            ("ReservedPrefixes", "test-,qa-"),
            ("PublicUrl", "https://remind.example.com"),
        ],
        &[
            ("DomainName", "remind.example.com"),
            ("CertificateArn", "arn:aws:acm:us-west-2:123456789012:certificate/1"),
        ],
    ];
    for given in parameters {
        let mut given = given.to_vec();
        given.push(("SenderIdentity", "example.com"));
        let stack = Stack::with(&given);
        let read = |id: &str| Environment::from_iter(environment(&stack, id));
        WebhookConfig::read(&read("Webhook")).unwrap();
        TouchpointConfig::read(&read("Touchpoint")).unwrap();
        ReconcileConfig::read(&read("Reconcile")).unwrap();
        MeterCheckConfig::read(&read("MeterCheck")).unwrap();
        FeedbackConfig::read(&read("Feedback")).unwrap();
        ContactsConfig::read(&read("Contacts")).unwrap();
        let has_light = given.contains(&LIGHT[0]);
        let pages = PagesConfig::read(&read("Pages")).unwrap();
        assert_eq!(pages.light.is_some(), has_light);
        // Without Light there is no such function.
        assert_eq!(EnrollConfig::read(&read("Enroll")).is_ok(), has_light);
        AnnounceConfig::read(&read("Announce")).unwrap();
    }
}

#[test]
fn trap_25_light_is_not_deployed_without_its_signature() {
    for (missing, variable) in [
        ("LightSignatureHeader", "LIGHT_SIGNATURE_HEADER"),
        ("LightSignatureHash", "LIGHT_SIGNATURE_HASH"),
        ("LightSignatureEncoding", "LIGHT_SIGNATURE_ENCODING"),
        ("LightTypeField", "LIGHT_TYPE_FIELD"),
        ("LightAccountField", "LIGHT_ACCOUNT_FIELD"),
    ] {
        let mut given = LIGHT.to_vec();
        given.retain(|(name, _)| *name != missing);
        given.push(("SenderIdentity", "example.com"));
        let stack = Stack::with(&given);
        let read = WebhookConfig::read(&Environment::from_iter(environment(&stack, "Webhook")));
        let error = read.unwrap_err().to_string();
        assert!(error.contains(&format!("{variable} is not set")), "{error}");
        let rule = &stack.template["Rules"]["SignatureOfLight"];
        let asserted = rule["Assertions"].to_string();
        assert!(
            asserted.contains(&format!("LightBaseUrl needs {missing}.")),
            "{asserted}"
        );
    }
}

#[test]
fn what_is_lights_is_there_only_with_light() {
    let stack = stack();
    let ids: Vec<&String> = stack.template["Resources"].as_object().unwrap().keys().collect();
    let of_light = ids.iter().filter(|id| id.starts_with("Enroll"));
    assert!(of_light.clone().count() > 8, "the walk works");
    for id in of_light {
        assert_eq!(stack.resource(id)["Condition"], "HasLight", "{id}");
    }
}

#[test]
fn no_function_is_given_a_setting_that_nobody_reads() {
    let stack = Stack::with(&[
        ("SenderIdentity", "example.com"),
        ("LocalEndpoint", "http://127.0.0.1:4566"),
    ]);
    let read = ["mod", "functions", "parts", "reader"].map(|file| text(&format!("infra/aws/src/config/{file}.rs")));
    let read = format!("{}{}", read.concat(), text("infra/aws/src/clients/mod.rs"));
    for (function, id) in FUNCTIONS {
        for (name, _) in environment(&stack, id) {
            assert!(read.contains(&format!("\"{name}\"")), "{function}: nobody reads {name}");
        }
    }
}

#[test]
fn an_emulator_s_address_is_there_only_when_it_is_given() {
    let has = |stack: &Stack| {
        environment(stack, "Webhook")
            .iter()
            .any(|(name, _)| name == "AWS_ENDPOINT_URL")
    };
    assert!(!has(&stack()));
    assert!(has(&Stack::with(&[
        ("SenderIdentity", "example.com"),
        ("LocalEndpoint", "http://127.0.0.1:4566")
    ])));
}

#[test]
fn touchpoint_s_own_arn_is_the_one_that_timers_are_armed_with() {
    let stack = stack();
    let function = stack.resource("TouchpointFunction");
    let name = stack.value(&function["Properties"]["FunctionName"]).unwrap();
    let arn = format!("arn:aws:lambda:us-west-2:{ACCOUNT}:function:{}", name.as_str().unwrap());
    for (function, id) in FUNCTIONS {
        let target = environment(&stack, id)
            .into_iter()
            .find(|(name, _)| name == "SCHEDULE_TARGET_ARN");
        if function == "announce" {
            assert_eq!(target, None);
        } else {
            assert_eq!(target.unwrap().1, arn, "{function}");
        }
    }
    let role = &stack.resource("SchedulerRole")["Properties"]["Policies"][0]["PolicyDocument"]["Statement"][0];
    assert_eq!(stack.value(&role["Resource"]).unwrap(), arn.as_str());
}

#[test]
fn what_is_built_is_what_is_deployed() {
    let stack = stack();
    let config: toml::Table = text("CargoLambda.toml").parse().unwrap();
    let built = config["build"]["packages"].as_array().unwrap();
    let built: Vec<&str> = built.iter().map(|package| package.as_str().unwrap()).collect();
    assert_eq!(built, FUNCTIONS.map(|(function, _)| function));
    assert_eq!(stack.of_type("AWS::Serverless::Function").len(), FUNCTIONS.len());
    for (function, id) in FUNCTIONS {
        let properties = &stack.resource(&format!("{id}Function"))["Properties"];
        assert_eq!(properties["CodeUri"], format!("target/lambda/{function}/"));
        let manifest: toml::Table = text(&format!("functions/{function}/Cargo.toml")).parse().unwrap();
        let bins = manifest.get("bin").and_then(|bins| bins.as_array());
        let bins = bins.unwrap_or_else(|| panic!("functions/{function}/Cargo.toml has no [[bin]]"));
        assert_eq!(bins[0]["name"].as_str(), Some(function));
    }
    // One default in both: what plain `cargo lambda build` makes is what plain `sam deploy` takes.
    assert_eq!(stack.template["Parameters"]["Architecture"]["Default"], "arm64");
    assert_eq!(config["build"]["target"][0].as_str(), Some("aarch64-unknown-linux-gnu"));
}

#[test]
fn the_table_is_kept_and_is_the_one_that_the_adapter_knows() {
    let stack = stack();
    for id in ["Table", "Alarms"] {
        let resource = stack.resource(id);
        assert_eq!(resource["DeletionPolicy"], "Retain", "{id}");
        assert_eq!(resource["UpdateReplacePolicy"], "Retain", "{id}");
    }
    let table = &stack.resource("Table")["Properties"];
    assert_eq!(
        table["PointInTimeRecoverySpecification"]["PointInTimeRecoveryEnabled"],
        true
    );
    assert_eq!(table["StreamSpecification"]["StreamViewType"], "NEW_AND_OLD_IMAGES");
    assert_eq!(table["TimeToLiveSpecification"]["AttributeName"], "ttl");
    let index = &table["GlobalSecondaryIndexes"][0];
    assert_eq!(index["IndexName"], "due");
    assert_eq!(index["KeySchema"][0]["AttributeName"], "d");
    assert_eq!(index["KeySchema"][1]["AttributeName"], "u");
    assert_eq!(list(&index["Projection"]["NonKeyAttributes"]), ["g", "z"]);
}

#[test]
fn the_stream_s_batches_keep_their_beginnings() {
    let stack = stack();
    let mapping = &stack.resource("AnnounceFromStream")["Properties"];
    assert_eq!(
        mapping.get("BisectBatchOnFunctionError"),
        None,
        "counters are exact only without it"
    );
    assert_eq!(list(&mapping["FunctionResponseTypes"]), ["ReportBatchItemFailures"]);
    assert!(
        mapping["MaximumRetryAttempts"].as_i64().unwrap() > 0,
        "bounded, for -1 is for ever"
    );
    assert!(mapping["DestinationConfig"]["OnFailure"]["Destination"].is_object());
    let pattern = mapping["FilterCriteria"]["Filters"][0]["Pattern"].as_str().unwrap();
    let pattern: Value = serde_json::from_str(pattern).unwrap();
    assert_eq!(pattern["dynamodb"]["Keys"]["pk"]["S"][0]["prefix"], "J#");
}

#[test]
fn every_alarm_watches_a_metric_that_exists_and_has_a_page() {
    let stack = stack();
    let words = words_of_sources();
    let page = text("docs/operate.md");
    let alarms = stack.of_type("AWS::CloudWatch::Alarm");
    assert!(alarms.len() > 20);
    for (id, alarm) in alarms {
        let properties = &alarm["Properties"];
        let metric = properties["MetricName"].as_str().unwrap();
        if properties["Namespace"] == "Rekindle" {
            assert!(words.contains(metric), "{id}: nobody counts {metric}");
            assert_eq!(properties["Dimensions"][0]["Name"], "Stack");
        }
        assert_eq!(properties["AlarmActions"][0]["Ref"], "Alarms", "{id}");
        assert!(
            page.contains(&format!("`{id}`")),
            "docs/operate.md does not say what {id} means"
        );
    }
}

#[test]
fn the_dashboard_is_json_and_shows_metrics_that_exist() {
    let stack = stack();
    let body = stack.resource("Dashboard")["Properties"]["DashboardBody"]["Fn::Sub"]
        .as_str()
        .unwrap();
    let body: Value = serde_json::from_str(&stack.substituted(body)).unwrap();
    let words = words_of_sources();
    let mut shown = 0;
    for widget in body["widgets"].as_array().unwrap() {
        let mut namespace = "";
        for metric in widget["properties"]["metrics"].as_array().unwrap() {
            let (Some(first), Some(name)) = (metric[0].as_str(), metric[1].as_str()) else {
                continue;
            };
            if first == "..." {
                continue;
            }
            namespace = if first == "." { namespace } else { first };
            if namespace == "Rekindle" {
                assert!(words.contains(name), "nobody counts {name}");
                shown += 1;
            }
        }
    }
    assert!(shown > 15, "the walk works: {shown}");
}

#[test]
fn the_access_log_names_nobody() {
    let stack = stack();
    let format = stack.resource("ApiStage")["Properties"]["AccessLogSettings"]["Format"]
        .as_str()
        .unwrap();
    serde_json::from_str::<Value>(format).expect("one JSON object a line");
    // Not the path, the query, or the caller's address.
    let harmless = [
        "requestTimeEpoch",
        "requestId",
        "routeKey",
        "status",
        "responseLatency",
        "integrationLatency",
        "responseLength",
    ];
    let named: Vec<&str> = format
        .split("$context.")
        .skip(1)
        .map(|rest| rest.split('"').next().unwrap())
        .collect();
    assert_eq!(named, harmless);
}

#[test]
fn every_function_has_a_log_of_bounded_age_and_three_of_them_a_queue_for_what_failed() {
    let stack = stack();
    for (function, id) in FUNCTIONS {
        let logs = &stack.resource(&format!("{id}Logs"))["Properties"];
        assert_eq!(logs["RetentionInDays"]["Ref"], "LogRetentionDays", "{function}");
        let properties = &stack.resource(&format!("{id}Function"))["Properties"];
        assert_eq!(properties["LoggingConfig"]["LogGroup"]["Ref"], format!("{id}Logs"));
        assert!(properties["Timeout"].as_i64().unwrap() <= 240, "{function}");
    }
    for id in ["TimerDlq", "TouchpointDlq", "FeedbackDlq", "AnnounceDlq"] {
        assert_eq!(stack.resource(id)["Properties"]["SqsManagedSseEnabled"], true, "{id}");
        stack.resource(&format!("{id}Alarm"));
    }
}

#[test]
fn every_parameter_says_what_it_is_for() {
    let stack = stack();
    let parameters = stack.template["Parameters"].as_object().unwrap();
    let groups = stack.template["Metadata"]["AWS::CloudFormation::Interface"]["ParameterGroups"]
        .as_array()
        .unwrap();
    let grouped: BTreeSet<String> = groups.iter().flat_map(|group| list(&group["Parameters"])).collect();
    let declared: BTreeSet<String> = parameters.keys().cloned().collect();
    assert_eq!(grouped, declared);
    for (name, parameter) in parameters {
        assert!(
            parameter["Description"].as_str().is_some_and(|text| text.len() > 10),
            "{name}"
        );
        if name != "SenderIdentity" {
            assert!(parameter.get("Default").is_some(), "{name} has no default");
        }
    }
}
