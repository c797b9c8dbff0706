//! Connections that are slow, many, too long, or made to be read in two ways.

use std::time::{Duration, Instant};

use futures::future::join_all;
use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::support::{Place, Serving, TOKEN, WEBHOOK_SECRET, direct_contact, until};

/// Longer than a connection may be idle (10 s) or a body take (5 s), and shorter than a test's patience.
const LOST_WITHIN: Duration = Duration::from_secs(20);

/// What an honest request may take while the attack goes on, on a busy machine.
const STILL_QUICK: Duration = Duration::from_secs(3);

/// How often an attacker sends another byte.
const DRIBBLE: Duration = Duration::from_millis(300);

async fn connect(serving: &Serving) -> TcpStream {
    let address = serving.api.base.strip_prefix("http://").unwrap();
    TcpStream::connect(address).await.unwrap()
}

/// Everything that comes back until the other side ends the connection.
async fn answer(mut stream: TcpStream) -> String {
    let mut bytes = Vec::new();
    // A connection that is reset has said all that it had to say.
    let read = tokio::time::timeout(LOST_WITHIN, stream.read_to_end(&mut bytes)).await;
    assert!(read.is_ok(), "the connection was kept for ever");
    String::from_utf8(bytes).unwrap()
}

/// Sends the bytes, and reads everything that comes back.
async fn exchange(serving: &Serving, bytes: &[u8]) -> String {
    let mut stream = connect(serving).await;
    // Whoever is refused early may find the connection closed while still sending.
    let _ = stream.write_all(bytes).await;
    answer(stream).await
}

fn status(answer: &str) -> u16 {
    let status = answer.strip_prefix("HTTP/1.1 ").and_then(|rest| rest.get(..3));
    status
        .unwrap_or_else(|| panic!("no answer: {answer:?}"))
        .parse()
        .unwrap()
}

/// Sends a start, and then a byte again and again, until the connection is lost; says how long that took.
async fn dribble(serving: &Serving, start: &str, byte: &[u8]) -> Duration {
    let began = Instant::now();
    let mut stream = connect(serving).await;
    let _ = stream.write_all(start.as_bytes()).await;
    let mut rest = Vec::new();
    loop {
        tokio::select! {
            read = stream.read_buf(&mut rest) => {
                // An answer may come first, such as 408.
                if !matches!(read, Ok(1..)) {
                    return began.elapsed();
                }
            }
            () = tokio::time::sleep(DRIBBLE) => {
                let _ = stream.write_all(byte).await;
                assert!(began.elapsed() < LOST_WITHIN, "still there: {start:?}");
            }
        }
    }
}

/// Honest requests, each on a connection of its own, for as long as `attack` goes on.
async fn meanwhile_all_is_well<T>(serving: &Serving, attack: impl Future<Output = T>) -> T {
    let honest = async {
        loop {
            let began = Instant::now();
            let request = "GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n";
            assert_eq!(status(&exchange(serving, request.as_bytes()).await), 200);
            let took = began.elapsed();
            assert!(took < STILL_QUICK, "an honest request took {took:?}");
            tokio::time::sleep(DRIBBLE).await;
        }
    };
    tokio::select! {
        result = attack => result,
        () = honest => unreachable!("honest requests never end"),
    }
}

/// The program's memory in KB.
fn memory(serving: &Serving) -> u64 {
    let status = std::fs::read_to_string(format!("/proc/{}/status", serving.process.id())).unwrap();
    let line = status.lines().find(|line| line.starts_with("VmRSS:")).unwrap();
    line.split_whitespace().nth(1).unwrap().parse().unwrap()
}

#[tokio::test(flavor = "multi_thread")]
async fn whoever_dribbles_holds_nobody_up_and_is_sent_away() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let before = memory(&serving);
    let host = "host: localhost\r\n";
    let json = "content-type: application/json\r\ncontent-length: 1000\r\n";
    let starts = [
        // Nothing at all, a part of a line, a head that never ends.
        (String::new(), &b""[..]),
        ("GET /heal".to_owned(), b"t"),
        (format!("GET /healthz HTTP/1.1\r\n{host}x-a: "), b"a"),
        // An answer, and then a second request that never comes.
        (format!("GET /healthz HTTP/1.1\r\n{host}\r\n"), b""),
        // Bodies: of a customer, a partner, the provider; and one whose chunks never end.
        (
            format!("POST /u/x HTTP/1.1\r\n{host}content-length: 1000\r\n\r\n"),
            b"a",
        ),
        (
            format!("PUT /contacts/leap/slow HTTP/1.1\r\n{host}authorization: Bearer {TOKEN}\r\n{json}\r\n"),
            b" ",
        ),
        (
            format!("POST /webhooks/leap HTTP/1.1\r\n{host}x-rekindle-key: {WEBHOOK_SECRET}\r\n{json}\r\n"),
            b" ",
        ),
        (
            format!("POST /u/x HTTP/1.1\r\n{host}transfer-encoding: chunked\r\n\r\n"),
            b"1\r\na\r\n",
        ),
    ];
    let attack = join_all((0..400).map(|n| {
        let (start, byte) = &starts[n % starts.len()];
        dribble(&serving, start, byte)
    }));
    let lost_after = meanwhile_all_is_well(&serving, attack).await;
    assert_eq!(lost_after.len(), 400);
    // They were there all at once, or this would show nothing.
    assert!(
        lost_after.iter().all(|lost| *lost > Duration::from_secs(4)),
        "{lost_after:?}"
    );
    let grown = memory(&serving).saturating_sub(before);
    assert!(grown < 64 * 1024, "the program grew by {grown} KB");
    // A sender who is merely slow is told so.
    let slow = format!("POST /u/x HTTP/1.1\r\n{host}content-length: 9\r\n\r\na");
    assert_eq!(status(&exchange(&serving, slow.as_bytes()).await), 408);
}

#[tokio::test(flavor = "multi_thread")]
async fn more_connections_than_there_is_room_for_push_out_the_oldest() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let began = Instant::now();
    let attack = async {
        // In turns, so that the system's own queue of connections does not overflow.
        let mut streams = Vec::new();
        for _ in 0..14 {
            streams.extend(join_all((0..50).map(|_| connect(&serving))).await);
        }
        let lost = join_all(streams.drain(..150).map(answer)).await;
        assert!(lost.iter().all(String::is_empty));
        // The others are still there.
        (streams, began.elapsed())
    };
    let (streams, pushed_out) = meanwhile_all_is_well(&serving, attack).await;
    assert!(
        pushed_out < Duration::from_secs(8),
        "not pushed out, but timed out: {pushed_out:?}"
    );
    let mut newest = streams.into_iter().next_back().unwrap();
    newest
        .write_all(b"GET /healthz HTTP/1.1\r\nhost: localhost\r\nconnection: close\r\n\r\n")
        .await
        .unwrap();
    assert_eq!(status(&answer(newest).await), 200);
}

/// The head of a request with a secret of every kind, so that it is refused for nothing else.
fn head(line: &str, more: &str) -> String {
    format!(
        "{line} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\nx-rekindle-key: {WEBHOOK_SECRET}\r\n\
         content-type: application/json\r\n{more}\r\n"
    )
}

#[tokio::test(flavor = "multi_thread")]
async fn what_is_too_long_is_refused_before_it_is_there() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let lines = [
        "POST /webhooks/leap",
        "PUT /contacts/leap/long",
        "POST /u/x",
        "POST /r/x",
    ];
    for line in lines {
        // Not one byte of the body is sent.
        for length in ["70000", "10000000000"] {
            let began = Instant::now();
            let request = head(line, &format!("content-length: {length}\r\n"));
            let answer = exchange(&serving, request.as_bytes()).await;
            assert_eq!(status(&answer), 413, "{line} {length}");
            assert!(began.elapsed() < STILL_QUICK, "{line} waited for the body");
        }
        for impossible in ["18446744073709551614", "18446744073709551616"] {
            let request = head(line, &format!("content-length: {impossible}\r\n"));
            let answer = exchange(&serving, request.as_bytes()).await;
            assert!([400, 431].contains(&status(&answer)), "{line}: {answer}");
        }

        // A body that does not say how long it is, and never ends.
        let mut stream = connect(&serving).await;
        let request = head(line, "transfer-encoding: chunked\r\n");
        stream.write_all(request.as_bytes()).await.unwrap();
        let chunk = format!("1000\r\n{}\r\n", "a".repeat(0x1000));
        let mut sent = 0;
        let endless = async {
            while stream.write_all(chunk.as_bytes()).await.is_ok() {
                sent += chunk.len();
            }
        };
        let ended = tokio::time::timeout(LOST_WITHIN, endless).await;
        // What is on the way in the system's buffers was not read by anybody.
        assert!(
            ended.is_ok() && sent < 32 * 1024 * 1024,
            "{line} reads on and on: {sent}"
        );
    }
    for (what, request) in [
        (
            "a line",
            format!("GET /{} HTTP/1.1\r\nhost: localhost\r\n\r\n", "a".repeat(40_000)),
        ),
        (
            "a header",
            head("GET /healthz", &format!("x-long: {}\r\n", "a".repeat(40_000))),
        ),
        ("many headers", head("GET /healthz", &"x-one: 1\r\n".repeat(1_000))),
    ] {
        let answer = exchange(&serving, request.as_bytes()).await;
        // A head that is still on its way when it is refused may cost its sender the answer.
        assert!(
            answer.is_empty() || [414, 431].contains(&status(&answer)),
            "{what}: {answer}"
        );
    }
    assert_eq!(serving.api.get("/healthz").await.status(), 200);
}

/// Each hides a second request behind the reading that another program may prefer.
#[tokio::test(flavor = "multi_thread")]
async fn a_request_that_can_be_read_in_two_ways_hides_no_second_one() {
    let place = Place::new().await;
    let serving = place.serve(1).await;
    let contact = direct_contact("eve").to_string();
    let hidden = format!(
        "PUT /contacts/leap/smuggled HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {TOKEN}\r\n\
         content-type: application/json\r\ncontent-length: {}\r\n\r\n{contact}",
        contact.len()
    );
    let chunked = format!("0\r\n\r\n{hidden}");
    let length = chunked.len();
    let all = [
        format!("content-length: {length}\r\ntransfer-encoding: chunked\r\n"),
        format!("transfer-encoding: chunked\r\ncontent-length: {length}\r\n"),
        format!("content-length: {length}\r\nx-a: b\ntransfer-encoding: chunked\r\n"),
        format!("transfer-encoding: xchunked\r\ncontent-length: {length}\r\n"),
        format!("transfer-encoding: chunked, identity\r\ncontent-length: {length}\r\n"),
        format!("transfer-encoding: chunked\r\ntransfer-encoding: identity\r\ncontent-length: {length}\r\n"),
        format!("transfer-encoding : chunked\r\ncontent-length: {length}\r\n"),
        format!("transfer-encoding:\u{b}chunked\r\ncontent-length: {length}\r\n"),
        format!("content-length: {length}\r\nx-a: b\r\n transfer-encoding: chunked\r\n"),
        format!("content-length: {length}\r\ncontent-length: 5\r\n"),
        format!("content-length: 5\r\ncontent-length: {length}\r\n"),
        format!("content-length: 5, {length}\r\n"),
        "content-length: +5\r\n".to_owned(),
        "content-length: -5\r\n".to_owned(),
        "content-length: 0x5\r\n".to_owned(),
        "content-length: 5 5\r\n".to_owned(),
        "content-length : 5\r\n".to_owned(),
        "content-length:\r\n".to_owned(),
        format!("x-a: b\rcontent-length: {length}\r\n"),
        format!("x-a: b\0\r\ncontent-length: {length}\r\n"),
        format!("host: other\r\ncontent-length: {length}\r\n"),
    ];
    let exchanges = all.iter().map(async |framing| {
        // To a page, whose body nobody needs a secret for.
        let request = format!("POST /u/x HTTP/1.1\r\nhost: localhost\r\n{framing}\r\n{chunked}");
        (framing, exchange(&serving, request.as_bytes()).await)
    });
    for (framing, answer) in join_all(exchanges).await {
        let answers = answer.matches("HTTP/1.1 ").count();
        assert!(answers <= 1, "{framing:?} hid a request: {answer}");
        let status = if answers == 0 { 400 } else { status(&answer) };
        // Either nobody can say what was meant, or it is the longer reading alone, and the connection ends.
        assert!([400, 404, 413].contains(&status), "{framing:?}: {answer}");
    }
    assert!(serving.api.contact("smuggled").await.is_none());

    for hosts in ["", "host: localhost\r\nhost: localhost\r\n", "host: a\r\nHost: b\r\n"] {
        let request = format!("GET /healthz HTTP/1.1\r\n{hosts}connection: close\r\n\r\n");
        assert_eq!(status(&exchange(&serving, request.as_bytes()).await), 400, "{hosts:?}");
    }
    // HTTP/1.0 knows no host.
    let old = exchange(&serving, b"GET /healthz HTTP/1.0\r\n\r\n").await;
    assert!(old.contains(" 200 "), "{old}");
    // The same hidden request, sent openly, would have been obeyed.
    let open = hidden.replace("content-type", "connection: close\r\ncontent-type");
    assert_eq!(status(&exchange(&serving, open.as_bytes()).await), 200);
    assert!(serving.api.contact("smuggled").await.is_some());
}

/// Nobody who opens the connection and stays silent keeps the program from stopping.
#[tokio::test(flavor = "multi_thread")]
async fn silent_connections_do_not_keep_the_program_from_stopping() {
    let place = Place::new().await;
    let mut serving = place.serve(1).await;
    let silent = join_all((0..20).map(|_| connect(&serving))).await;
    let health: Value = serving.api.get("/healthz").await.json().await.unwrap();
    assert_eq!(health["status"], "ok");
    serving.process.terminate();
    let code = until("the program stops", async || serving.process.ended()).await;
    assert_eq!(code, 0, "{}", serving.process.err());
    drop(silent);
}
