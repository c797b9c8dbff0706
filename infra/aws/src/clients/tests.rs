//! Failures on real sockets: what surely had no effect, and what may have had one.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Instant;

use rustls::pki_types::CertificateDer;
use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};

use super::*;

fn environment(more: &[(&str, &str)]) -> Environment {
    let account = [
        ("AWS_REGION", "us-west-2"),
        ("AWS_ACCESS_KEY_ID", "AKIAINVENTED"),
        ("AWS_SECRET_ACCESS_KEY", "invented"),
    ];
    account.iter().chain(more).copied().collect()
}

fn clients(endpoint: &str) -> Clients {
    Clients::from_env(&environment(&[("AWS_ENDPOINT_URL", endpoint)])).unwrap()
}

/// A server that does the same with every connection, and counts them.
struct Server {
    endpoint: String,
    connections: Arc<AtomicUsize>,
}

#[derive(Clone, Copy)]
enum Manners {
    CloseAfterReading,
    NeverAnswer,
    Answer(&'static str),
}

async fn serve(manners: Manners) -> Server {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((connection, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(treat(connection, manners));
        }
    });
    Server { endpoint, connections }
}

async fn treat(mut connection: TcpStream, manners: Manners) {
    let mut request = [0; 16_384];
    let _ = connection.read(&mut request).await;
    match manners {
        Manners::CloseAfterReading => {}
        Manners::NeverAnswer => core::future::pending().await,
        Manners::Answer(answer) => connection.write_all(answer.as_bytes()).await.unwrap(),
    }
}

/// Asks SES for something: one request, never repeated.
async fn ask_ses(endpoint: &str) -> Failure {
    let ses = clients(endpoint).ses();
    let asked = ses.get_configuration_set().configuration_set_name("c").send().await;
    Failure::of(&asked.unwrap_err())
}

#[tokio::test]
async fn a_connection_that_was_never_made_has_sent_nothing() {
    let nobody_listens = {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        format!("http://{}", listener.local_addr().unwrap())
    };
    assert_eq!(ask_ses(&nobody_listens).await, Failure::NotSent);
    assert_eq!(ask_ses("http://nobody.invalid").await, Failure::NotSent);
    // A handshake that fails is over before the request goes out.
    let no_tls = serve(Manners::CloseAfterReading).await;
    let endpoint = no_tls.endpoint.replace("http:", "https:");
    assert_eq!(ask_ses(&endpoint).await, Failure::NotSent);
    assert_eq!(no_tls.connections.load(Ordering::SeqCst), 1, "it was reached");
}

#[tokio::test]
async fn what_broke_after_the_request_is_unclear_and_mail_is_not_tried_again() {
    for (manners, what) in [
        (Manners::CloseAfterReading, "broken connection"),
        (
            Manners::Answer("HTTP/1.1 500 Oh\r\ncontent-length: 0\r\n\r\n"),
            "failing service",
        ),
        (
            Manners::Answer("HTTP/1.1 503 Oh\r\ncontent-length: 0\r\n\r\n"),
            "failing service",
        ),
        (
            Manners::Answer("HTTP/1.1 408 Oh\r\ncontent-length: 0\r\n\r\n"),
            "failing service",
        ),
        (
            Manners::Answer("HTTP/1.1 200 OK\r\ncontent-length: 9\r\n\r\nnot JSON!"),
            "unreadable answer",
        ),
    ] {
        let server = serve(manners).await;
        assert_eq!(ask_ses(&server.endpoint).await, Failure::Unclear { what });
        assert_eq!(server.connections.load(Ordering::SeqCst), 1, "{what}");
    }
}

#[tokio::test]
async fn a_refusal_is_named_without_its_words() {
    let server = serve(Manners::Answer(
        "HTTP/1.1 400 No\r\nx-amzn-errortype: BadRequestException\r\ncontent-length: 33\r\n\r\n\
         {\"message\":\"someone@example.com\"}",
    ))
    .await;
    let failure = ask_ses(&server.endpoint).await;
    assert_eq!(
        failure,
        Failure::Refused {
            status: 400,
            code: "BadRequestException".to_owned()
        }
    );
    assert!(failure.is("BadRequestException") && !failure.passes());
    assert!(!format!("{failure} {failure:?}").contains("someone"), "{failure}");
}

#[tokio::test]
async fn the_table_gives_up_within_the_time_of_a_webhook() {
    let server = serve(Manners::NeverAnswer).await;
    let table = clients(&server.endpoint).dynamodb();
    let begun = Instant::now();
    let error = table.describe_table().table_name("t").send().await.unwrap_err();
    let took = begun.elapsed();
    assert_eq!(Failure::of(&error), Failure::Unclear { what: "timeout" });
    assert!(took < Duration::from_millis(1_900), "{took:?}");
    let attempts = server.connections.load(Ordering::SeqCst);
    assert!((2..=3).contains(&attempts), "{attempts} attempts in {took:?}");
}

#[tokio::test]
async fn a_warm_up_neither_fails_nor_waits_for_long() {
    let server = serve(Manners::NeverAnswer).await;
    let ses = clients(&server.endpoint).ses();
    let begun = Instant::now();
    warm("ses", ses.get_configuration_set().configuration_set_name("c").send()).await;
    assert!(begun.elapsed() < Duration::from_secs(3));
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
}

#[tokio::test]
async fn the_clients_of_one_function_share_their_connections() {
    let answer = "HTTP/1.1 200 OK\r\ncontent-length: 2\r\n\r\n{}";
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let connections = Arc::new(AtomicUsize::new(0));
    let counter = Arc::clone(&connections);
    tokio::spawn(async move {
        while let Ok((mut connection, _)) = listener.accept().await {
            counter.fetch_add(1, Ordering::SeqCst);
            tokio::spawn(async move {
                let mut request = [0; 16_384];
                while connection.read(&mut request).await.is_ok_and(|bytes| bytes > 0) {
                    connection.write_all(answer.as_bytes()).await.unwrap();
                }
            });
        }
    });
    let clients = clients(&endpoint);
    clients.dynamodb().list_tables().send().await.unwrap();
    clients.dynamodb().list_tables().send().await.unwrap();
    clients.ssm().get_parameters().names("n").send().await.unwrap();
    assert_eq!(connections.load(Ordering::SeqCst), 1);
    // Mail has connections of its own, which it gives up earlier.
    let _ = clients.ses().get_account().send().await;
    assert_eq!(connections.load(Ordering::SeqCst), 2);
}

#[test]
fn every_service_has_a_client_with_amazon_s_roots() {
    let clients = Clients::from_env(&environment(&[])).unwrap();
    // Making a client reads the roots.
    let _ = (clients.dynamodb(), clients.scheduler(), clients.ses());
    let _ = (clients.eventbridge(), clients.ssm(), clients.lambda());
    let roots: Vec<_> = CertificateDer::pem_slice_iter(roots::AMAZON)
        .collect::<Result<_, _>>()
        .unwrap();
    assert_eq!(roots.len(), 5);
    let mut store = rustls::RootCertStore::empty();
    for root in roots {
        store.add(root).unwrap();
    }
    for (region, ours) in [
        ("us-west-2", true),
        ("eu-central-1", true),
        ("us-gov-west-1", true),
        ("cn-north-1", false),
        ("us-isob-east-1", false),
        ("eusc-de-east-1", false),
    ] {
        assert_eq!(roots::signed_by_amazon(region), ours, "{region}");
    }
}

#[test]
fn one_service_may_be_elsewhere() {
    let endpoints = Endpoints::read(&environment(&[
        ("AWS_ENDPOINT_URL", "http://127.0.0.1:4566"),
        ("AWS_ENDPOINT_URL_DYNAMODB", "http://127.0.0.1:8000"),
        ("AWS_ENDPOINT_URL_SSM", ""),
    ]));
    assert_eq!(endpoints.of("DYNAMODB").as_deref(), Some("http://127.0.0.1:8000"));
    assert_eq!(endpoints.of("SSM").as_deref(), Some("http://127.0.0.1:4566"));
    assert_eq!(Endpoints::read(&environment(&[])).of("SSM"), None);
}

#[test]
fn what_is_missing_of_the_account_is_named_all_at_once() {
    let error = Clients::from_env(&Environment::default()).unwrap_err();
    let named: Vec<_> = error
        .problems()
        .iter()
        .filter_map(|problem| problem.split(' ').next())
        .collect();
    assert_eq!(named, ["AWS_REGION", "AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY"]);
    let fallback = [("AWS_DEFAULT_REGION", "us-east-1"), ("AWS_ACCESS_KEY_ID", "a")];
    let fallback = fallback.into_iter().chain([("AWS_SECRET_ACCESS_KEY", "b")]).collect();
    assert!(Clients::from_env(&fallback).is_ok());
}
