//! What a partner sends: contacts by its API, and as CSV.

use contacts::api::{ApiConfig, Tokens};
use contacts::{RowError, Rows};
use http::{Method, Request, Response};
use journey::LinkHosts;
use journey::contact::Contact;
use journey::link::LinkKey;
use serde_json::Value;
use tests::{World, poll_once};

use crate::answers::{documented, hides, is_a_problem, personal, request, texts};
use crate::stage::{now, ports, stage, with_customer, with_journey, world};

const TOKEN: &str = "an-invented-api-token";

/// `docs/api/openapi.yaml`, without 503: the store of a check never fails.
const STATUSES: [u16; 11] = [200, 204, 304, 400, 401, 404, 405, 409, 412, 413, 422];

/// A request to the partner's API: contacts in JSON, conditions, cursors, links, explanations.
///
/// A refusal shows neither the token nor a value that may name a person. A contact that is stored reads
/// back as it was answered, and stored once more as it was read it is the same, with the same tag.
pub fn contacts(data: &[u8]) -> bool {
    let Some(request) = request(data) else {
        return false;
    };
    let world = world();
    with_customer(&world);
    with_journey(&world);
    let answer = send(&world, request.clone());
    documented(&answer, &STATUSES);
    assert_eq!(answer.headers()["cache-control"], "no-store");
    if answer.status().as_u16() >= 400 {
        let body: Value = serde_json::from_slice(request.body()).unwrap_or_default();
        let mut hidden = personal(texts(&body));
        hidden.push(TOKEN);
        is_a_problem(&answer, request.method(), &hidden);
        return false;
    }
    if request.method() == Method::PUT {
        let path = request.uri().path();
        let get = send(&world, plain(Method::GET, path, Vec::new()));
        assert_eq!(same(&get), same(&answer), "a contact does not read back");
        let put = send(&world, plain(Method::PUT, path, get.body().clone()));
        assert_eq!(
            same(&put),
            same(&answer),
            "a contact stored as it was read is another one"
        );
    }
    true
}

fn send(world: &World, request: Request<Vec<u8>>) -> Response<Vec<u8>> {
    let (ports, stage) = (ports(world), stage());
    let id_key = stage.webhook.id_key.clone();
    let config = ApiConfig {
        tokens: Tokens::new([TOKEN]),
        links: LinkKey::new(id_key.derive("link")),
        id_key,
        public_url: "https://reminders.example.com".to_owned(),
        has_light: true,
    };
    poll_once(contacts::api::handle(&ports, &config, &stage.rules, request)).unwrap()
}

fn plain(method: Method, path: &str, body: Vec<u8>) -> Request<Vec<u8>> {
    let request = Request::builder().method(method).uri(path);
    let request = request.header("authorization", format!("Bearer {TOKEN}"));
    request.body(body).unwrap()
}

/// What must be the same each time a contact is answered.
fn same(answer: &Response<Vec<u8>>) -> (u16, Option<&[u8]>, String) {
    let tag = answer.headers().get("etag").map(http::HeaderValue::as_bytes);
    let body = String::from_utf8(answer.body().clone()).expect("a contact is UTF-8");
    (answer.status().as_u16(), tag, body)
}

/// A file of contacts.
///
/// Its rows come to an end, lines and bytes only go up, an error shows no value that may name a person, and
/// what is taken is exported as a row that is taken as the same contact.
pub fn csv(data: &[u8]) -> bool {
    let hidden = fields(data);
    let hidden = personal(hidden.iter().map(String::as_str));
    let refused = |error: &RowError| hides(&error.to_string(), &hidden);
    let rows = match Rows::new(data, now(), &LinkHosts::default()) {
        Ok(rows) => rows,
        Err(error) => {
            refused(&error);
            return false;
        }
    };
    let (mut line, mut bytes, mut count) = (1, 0, 0);
    let mut contacts = Vec::new();
    for row in rows {
        count += 1;
        assert!(count <= data.len(), "more rows than bytes");
        assert!(row.line >= line && row.bytes >= bytes && row.bytes <= data.len() as u64);
        (line, bytes) = (row.line, row.bytes);
        match row.contact {
            Ok(contact) => contacts.push(contact),
            Err(error) => refused(&error),
        }
    }
    assert!(exported(&contacts) == contacts, "an export reads as other contacts");
    !contacts.is_empty()
}

/// The contacts of an export.
fn exported(contacts: &[Contact]) -> Vec<Contact> {
    let mut writer = csv::Writer::from_writer(Vec::new());
    writer.write_record(&contacts::header()).unwrap();
    for contact in contacts {
        writer.write_record(&contacts::row(contact)).unwrap();
    }
    let file = writer.into_inner().unwrap();
    let rows = Rows::new(file.as_slice(), now(), &LinkHosts::default()).expect("an export can be read");
    rows.map(|row| row.contact.expect("an exported row is taken")).collect()
}

/// The fields of a file as any other reader sees them, without its first row, whose names are repeated.
fn fields(data: &[u8]) -> Vec<String> {
    let mut reader = csv::ReaderBuilder::new().flexible(true).from_reader(data);
    let records = reader.records().filter_map(Result::ok);
    records
        .flat_map(|record| record.iter().map(str::to_owned).collect::<Vec<_>>())
        .collect()
}
