//! A request as bytes, and what every answer to one must be.

use http::{Method, Request, Response};
use serde::de::IgnoredAny;
use serde_json::Value;

/// Reads a request: `PUT /path`, `name: value` lines, an empty line, the body. What HTTP itself would refuse is none.
pub(crate) fn request(data: &[u8]) -> Option<Request<Vec<u8>>> {
    let (head, body) = parted(data, b"\n\n").unwrap_or((data, b""));
    let mut lines = head.split(|byte| *byte == b'\n');
    let (method, target) = parted(lines.next()?, b" ")?;
    let mut request = Request::builder().method(method).uri(target);
    for line in lines {
        let (name, value) = parted(line, b": ")?;
        request = request.header(name, value);
    }
    request.body(body.to_vec()).ok()
}

/// What is before and behind the first `mark`.
pub(crate) fn parted<'a>(data: &'a [u8], mark: &[u8]) -> Option<(&'a [u8], &'a [u8])> {
    let at = data.windows(mark.len()).position(|window| window == mark)?;
    Some((&data[..at], &data[at + mark.len()..]))
}

/// An answer has one of these statuses, and is never to be taken for another type than it says.
pub(crate) fn documented(answer: &Response<Vec<u8>>, statuses: &[u16]) {
    let status = answer.status().as_u16();
    assert!(statuses.contains(&status), "status {status}");
    assert_eq!(answer.headers()["x-content-type-options"], "nosniff");
}

/// A refusal is a problem of RFC 9457 (or has no body: HEAD), and shows none of these texts.
pub(crate) fn is_a_problem(answer: &Response<Vec<u8>>, method: &Method, hidden: &[&str]) {
    if method == Method::HEAD && answer.body().is_empty() {
        return;
    }
    assert_eq!(answer.headers()["content-type"], "application/problem+json");
    let problem: Value = serde_json::from_slice(answer.body()).expect("a problem is JSON");
    assert_eq!(problem["status"], answer.status().as_u16());
    assert!(problem["detail"].as_str().is_some_and(|detail| !detail.is_empty()));
    hides(&String::from_utf8_lossy(answer.body()), hidden);
}

/// A text shows none of these, our own advice aside.
pub(crate) fn hides(text: &str, hidden: &[&str]) {
    const ADVICE: [&str; 2] = [
        "not an e-mail address; write for example name@example.com",
        "must be a number of the United States, for example +12025550123 or (202) 555-0123",
    ];
    let said = ADVICE
        .iter()
        .fold(text.to_owned(), |said, advice| said.replace(advice, "\n"));
    for one in hidden {
        assert!(!said.contains(one), "a refusal repeats {one:?}: {text}");
    }
}

/// The texts of an input that may name a person: those with an address or a number in them.
pub(crate) fn personal<'a>(texts: impl IntoIterator<Item = &'a str>) -> Vec<&'a str> {
    let names_somebody = |text: &&str| text.len() >= 6 && (text.contains('@') || text.starts_with("+1"));
    texts.into_iter().filter(names_somebody).collect()
}

/// A document as somebody sees it who does not look into what he skips: broken letters there are no fault. Nothing is
/// said of one that has more in it than a `Value` can hold, such as 1e999.
pub(crate) fn loose(document: &[u8]) -> Option<Value> {
    let text = String::from_utf8_lossy(document);
    let is_json = serde_json::from_str::<IgnoredAny>(&text).is_ok();
    match serde_json::from_str(&text) {
        Ok(value) => Some(value),
        Err(_) if is_json => None,
        Err(_) => Some(Value::Null),
    }
}

/// Every text value of a document.
pub(crate) fn texts(value: &Value) -> Vec<&str> {
    match value {
        Value::String(text) => vec![text],
        Value::Array(all) => all.iter().flat_map(texts).collect(),
        Value::Object(all) => all.values().flat_map(texts).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) => Vec::new(),
    }
}
