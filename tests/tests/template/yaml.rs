//! CloudFormation's YAML as JSON, its short forms spelled out, and their values under given parameters.

use std::collections::BTreeMap;
use std::fs;
use std::path::PathBuf;

use saphyr::{LoadableYamlNode, ScalarOwned, YamlOwned};
use serde_json::{Map, Value, json};

pub(crate) fn project(path: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/..")).join(path)
}

pub(crate) fn text(path: &str) -> String {
    fs::read_to_string(project(path)).unwrap_or_else(|error| panic!("{path}: {error}"))
}

/// The template, with `!Ref` and the like in their long form.
pub(crate) fn template() -> Value {
    let text = text("template.yaml");
    let mut documents = YamlOwned::load_from_str(&text).unwrap();
    assert_eq!(documents.len(), 1);
    plain(documents.remove(0))
}

fn plain(node: YamlOwned) -> Value {
    match node {
        YamlOwned::Value(scalar) => match scalar {
            ScalarOwned::Null => Value::Null,
            ScalarOwned::Boolean(value) => value.into(),
            ScalarOwned::Integer(value) => value.into(),
            ScalarOwned::FloatingPoint(value) => value.into_inner().into(),
            ScalarOwned::String(value) => value.into(),
        },
        YamlOwned::Sequence(items) => items.into_iter().map(plain).collect(),
        YamlOwned::Mapping(entries) => {
            let entry = |(key, value): (YamlOwned, YamlOwned)| (key.as_str().unwrap().to_owned(), plain(value));
            Value::Object(entries.into_iter().map(entry).collect())
        }
        YamlOwned::Tagged(tag, value) => {
            let name = match tag.suffix.as_str() {
                "Ref" => "Ref".to_owned(),
                other => format!("Fn::{other}"),
            };
            Value::Object(Map::from_iter([(name, plain(*value))]))
        }
        other @ (YamlOwned::Representation(..) | YamlOwned::Alias(_) | YamlOwned::BadValue) => {
            panic!("not CloudFormation: {other:?}")
        }
    }
}

/// The template under some parameters, in an invented account.
pub(crate) struct Stack {
    pub(crate) template: Value,
    parameters: BTreeMap<String, Value>,
}

pub(crate) const ACCOUNT: &str = "123456789012";
pub(crate) const REGION: &str = "us-west-2";

impl Stack {
    pub(crate) fn with(given: &[(&str, &str)]) -> Self {
        let template = template();
        let mut parameters = BTreeMap::new();
        for (name, parameter) in template["Parameters"].as_object().unwrap() {
            if let Some(default) = parameter.get("Default") {
                parameters.insert(name.clone(), default.clone());
            }
        }
        for (name, value) in given {
            assert!(template["Parameters"].get(name).is_some(), "no parameter {name}");
            parameters.insert((*name).to_owned(), json!(value));
        }
        Stack { template, parameters }
    }

    pub(crate) fn resource(&self, id: &str) -> &Value {
        self.template["Resources"]
            .get(id)
            .unwrap_or_else(|| panic!("no resource {id}"))
    }

    pub(crate) fn of_type<'a>(&'a self, kind: &str) -> Vec<(&'a String, &'a Value)> {
        let resources = self.template["Resources"].as_object().unwrap();
        resources
            .iter()
            .filter(|(_, resource)| resource["Type"] == kind)
            .collect()
    }

    /// A value as CloudFormation would hand it to a service; `None` for `AWS::NoValue`.
    pub(crate) fn value(&self, value: &Value) -> Option<Value> {
        match value {
            Value::Object(entries) if entries.len() == 1 => {
                let (name, argument) = entries.iter().next().unwrap();
                match name.as_str() {
                    "Ref" => self.reference(argument.as_str().unwrap()),
                    "Fn::GetAtt" => Some(self.attribute(argument.as_str().unwrap())),
                    "Fn::Sub" => Some(self.substituted(argument.as_str().unwrap()).into()),
                    "Fn::If" => {
                        let branch = if self.holds(argument[0].as_str().unwrap()) {
                            1
                        } else {
                            2
                        };
                        self.value(&argument[branch])
                    }
                    _ => Some(json!({ name: self.value(argument) })),
                }
            }
            Value::Object(entries) => {
                let entry = |(name, value): (&String, &Value)| Some((name.clone(), self.value(value)?));
                Some(Value::Object(entries.iter().filter_map(entry).collect()))
            }
            Value::Array(items) => Some(items.iter().filter_map(|item| self.value(item)).collect()),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Some(value.clone()),
        }
    }

    fn holds(&self, condition: &str) -> bool {
        self.test(&self.template["Conditions"][condition])
    }

    fn test(&self, condition: &Value) -> bool {
        if let Some(inner) = condition.get("Fn::Not") {
            return !self.test(&inner[0]);
        }
        let sides = condition
            .get("Fn::Equals")
            .unwrap_or_else(|| panic!("not a condition: {condition}"));
        let plain = |side: &Value| {
            let side = self.value(side).unwrap();
            side.as_str().map_or_else(|| side.to_string(), str::to_owned)
        };
        plain(&sides[0]) == plain(&sides[1])
    }

    fn reference(&self, name: &str) -> Option<Value> {
        let value = match name {
            "AWS::NoValue" => return None,
            "AWS::StackName" => json!("rekindle"),
            "AWS::AccountId" => json!(ACCOUNT),
            "AWS::Region" => json!(REGION),
            "AWS::Partition" => json!("aws"),
            "AWS::URLSuffix" => json!("amazonaws.com"),
            _ => match self.parameters.get(name) {
                Some(value) => value.clone(),
                None if self.template["Parameters"].get(name).is_some() => panic!("{name} must be given"),
                None => {
                    let properties = &self.resource(name)["Properties"];
                    let named = ["Name", "FunctionName"].iter().find_map(|name| properties.get(*name));
                    named.map_or(json!(format!("rekindle-{name}")), |named| self.value(named).unwrap())
                }
            },
        };
        Some(value)
    }

    fn attribute(&self, path: &str) -> Value {
        let (id, attribute) = path.split_once('.').unwrap();
        let name = self.reference(id).unwrap();
        let name = name.as_str().unwrap();
        let arn = |service: &str, resource: &str| json!(format!("arn:aws:{service}:{REGION}:{ACCOUNT}:{resource}"));
        match (self.resource(id)["Type"].as_str().unwrap(), attribute) {
            ("AWS::IAM::Role", "Arn") => json!(format!("arn:aws:iam::{ACCOUNT}:role/{name}")),
            ("AWS::SQS::Queue", "Arn") => arn("sqs", name),
            ("AWS::SQS::Queue", "QueueName") => json!(name),
            ("AWS::DynamoDB::Table", "Arn") => arn("dynamodb", &format!("table/{name}")),
            ("AWS::DynamoDB::Table", "StreamArn") => arn("dynamodb", &format!("table/{name}/stream/2026")),
            ("AWS::Logs::LogGroup", "Arn") => arn("logs", &format!("log-group:{name}:*")),
            ("AWS::Serverless::Function", "Arn") => arn("lambda", &format!("function:{name}")),
            ("AWS::Events::EventBus", "Arn") => arn("events", &format!("event-bus/{name}")),
            (kind, attribute) => json!(format!("{kind}.{attribute}")),
        }
    }

    /// `!Sub` of one text.
    pub(crate) fn substituted(&self, text: &str) -> String {
        let mut whole = String::new();
        let mut rest = text;
        while let Some((before, after)) = rest.split_once("${") {
            let (name, after) = after.split_once('}').unwrap();
            let value = if name.contains('.') {
                self.attribute(name)
            } else {
                self.reference(name).unwrap()
            };
            whole.push_str(before);
            whole.push_str(&value.as_str().map_or_else(|| value.to_string(), str::to_owned));
            rest = after;
        }
        whole.push_str(rest);
        whole
    }
}
