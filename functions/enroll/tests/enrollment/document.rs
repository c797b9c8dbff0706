//! The API's document: it is well formed, its examples are true, and it describes what is answered.

use std::sync::LazyLock;

use saphyr::{LoadableYamlNode, Scalar, Yaml};
use serde_json::{Map, Value, json};

/// The document, as JSON.
pub(crate) static DOCUMENT: LazyLock<Value> = LazyLock::new(|| {
    let documents = Yaml::load_from_str(enroll::OPENAPI).unwrap();
    as_json(&documents[0])
});

fn as_json(yaml: &Yaml<'_>) -> Value {
    match yaml {
        Yaml::Value(Scalar::Null) => Value::Null,
        Yaml::Value(Scalar::Boolean(value)) => json!(value),
        Yaml::Value(Scalar::Integer(value)) => json!(value),
        Yaml::Value(Scalar::FloatingPoint(value)) => json!(value.into_inner()),
        Yaml::Value(Scalar::String(value)) => json!(value),
        Yaml::Sequence(items) => items.iter().map(as_json).collect(),
        Yaml::Mapping(fields) => {
            let field = |(name, value)| (text(name), as_json(value));
            Value::Object(fields.iter().map(field).collect::<Map<_, _>>())
        }
        Yaml::Representation(..) | Yaml::Tagged(..) | Yaml::Alias(_) | Yaml::BadValue => {
            panic!("the document has nothing of this kind: {yaml:?}")
        }
    }
}

fn text(name: &Yaml<'_>) -> String {
    let name = as_json(name);
    name.as_str()
        .unwrap_or_else(|| panic!("a name must be a text: {name}"))
        .to_owned()
}

/// What a `$ref` names, or the thing itself.
pub(crate) fn resolved(value: &Value) -> &Value {
    match value.get("$ref").and_then(Value::as_str) {
        Some(pointer) => DOCUMENT
            .pointer(pointer.strip_prefix('#').unwrap())
            .unwrap_or_else(|| panic!("{pointer}")),
        None => value,
    }
}

/// Panics unless a value is what a schema of the document asks for.
#[track_caller]
pub(crate) fn check(schema: &Value, value: &Value) {
    let whole = json!({ "allOf": [schema], "components": DOCUMENT["components"] });
    let validator = jsonschema::draft202012::options()
        .should_validate_formats(true)
        .build(&whole)
        .unwrap();
    if let Err(error) = validator.validate(value) {
        panic!("{error}\n{value:#}");
    }
}

/// Calls with every media type of the document: where it is, and what it says.
fn each_content(mut of: impl FnMut(&str, &Value)) {
    let contents = |of: &mut dyn FnMut(&str, &Value), at: &str, holder: &Value| {
        for (media_type, content) in resolved(holder)["content"].as_object().into_iter().flatten() {
            of(&format!("{at} {media_type}"), content);
        }
    };
    for (path, methods) in DOCUMENT["paths"].as_object().unwrap() {
        for (method, operation) in methods.as_object().unwrap() {
            if let Some(body) = operation.get("requestBody") {
                contents(&mut of, &format!("{method} {path}"), body);
            }
            for (status, response) in operation["responses"].as_object().unwrap() {
                contents(&mut of, &format!("{method} {path} {status}"), response);
            }
        }
    }
}

#[test]
fn every_example_is_what_its_schema_asks_for() {
    let mut examples = 0;
    each_content(|at, content| {
        if at.ends_with("yaml") {
            return;
        }
        let given = content["examples"]
            .as_object()
            .unwrap_or_else(|| panic!("{at} has no example"));
        for example in given.values() {
            check(&content["schema"], &example["value"]);
            examples += 1;
        }
    });
    assert!(examples > 60, "{examples}");
}

#[test]
fn every_schema_is_one_and_is_used() {
    for (name, schema) in DOCUMENT["components"]["schemas"].as_object().unwrap() {
        assert!(jsonschema::meta::is_valid(schema), "{name}");
        let used = format!("#/components/schemas/{name}\"");
        assert!(enroll::OPENAPI.contains(&used), "{name} is used nowhere");
    }
    for (name, _) in DOCUMENT["components"]["responses"].as_object().unwrap() {
        assert!(
            enroll::OPENAPI.contains(&format!("#/components/responses/{name}\"")),
            "{name}"
        );
    }
}

#[test]
fn what_is_not_described_is_refused() {
    let schema = |name: &str| json!({ "$ref": format!("#/components/schemas/{name}") });
    for (name, wrong) in [
        (
            "Acceptance",
            json!({ "offer": "a", "start_date": "2026-07-03", "terms_accepted": false }),
        ),
        (
            "Acceptance",
            json!({ "offer": "a", "start_date": "soon", "terms_accepted": true }),
        ),
        ("EsiIdInput", json!({ "esi_id": 55_512_345_671_234_567_u64 })),
        ("EsiIdInput", json!({ "esi_id": "104437200000002" })),
        ("BillingAddress", json!({ "same_as_service_address": false })),
        (
            "Problem",
            json!({ "type": "about:blank", "title": "", "status": 400, "detail": "" }),
        ),
    ] {
        let whole = json!({ "allOf": [schema(name)], "components": DOCUMENT["components"] });
        let validator = jsonschema::draft202012::options()
            .should_validate_formats(true)
            .build(&whole)
            .unwrap();
        assert!(!validator.is_valid(&wrong), "{name}: {wrong}");
    }
}
