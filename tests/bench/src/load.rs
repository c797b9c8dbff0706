//! Many connections that deliver webhooks: as little as will speak HTTP/1.1, since it shares the
//! machine with what it measures.

use std::net::SocketAddr;
use std::ops::Range;
use std::time::{Duration, Instant};

use anyhow::{Context, bail, ensure};
use hdrhistogram::Histogram;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio::task::JoinSet;

/// The secret header's name, as the example configuration has it.
pub(crate) const HEADER: &str = "x-rekindle-key";

/// The secret header's value.
pub(crate) const SECRET: &str = "an-invented-webhook-secret";

/// The way of a customer who stops at the utility's login.
const STORY: [(&str, &str); 4] = [
    ("connect_session.updated", r#""status":"CREATED""#),
    ("connect_session.updated", r#""status":"UPDATED""#),
    (
        "connect_session.authorization_updated",
        r#""utility_name":"PGE","status":"INITIATED""#,
    ),
    (
        "connect_session.authorization_updated",
        r#""utility_name":"PGE","status":"FAILED""#,
    ),
];

/// Customers that a connection speaks of in turn, before it goes on to the next ones.
const AT_ONCE: u32 = 8;

/// What is delivered.
#[derive(Clone)]
pub(crate) struct Load {
    /// To whom.
    pub(crate) address: SocketAddr,
    /// Over how many connections.
    pub(crate) connections: u32,
    /// Of which customers, by number.
    pub(crate) customers: Range<u32>,
    /// Which part of each customer's story.
    pub(crate) story: Range<usize>,
    /// How long, if the customers last.
    pub(crate) longest: Duration,
    /// The first part of it, whose times are left out.
    pub(crate) warm_up: Duration,
}

impl Load {
    /// A load of whole stories of ever new customers, for some seconds.
    pub(crate) fn of_seconds(address: SocketAddr, connections: u32, seconds: u32) -> Self {
        let warm_up = Duration::from_secs(1);
        Load {
            address,
            connections,
            customers: 0..u32::MAX,
            story: 0..STORY.len(),
            longest: warm_up + Duration::from_secs(u64::from(seconds)),
            warm_up,
        }
    }

    /// One webhook of each customer.
    pub(crate) fn of_each(address: SocketAddr, connections: u32, customers: u32, chapter: usize) -> Self {
        Load {
            address,
            connections,
            customers: 0..customers,
            story: chapter..chapter + 1,
            longest: Duration::from_secs(600),
            warm_up: Duration::ZERO,
        }
    }
}

/// What came of it.
pub(crate) struct Delivered {
    /// How long each took, in microseconds.
    pub(crate) took: Histogram<u64>,
    /// How long all of them took.
    pub(crate) within: Duration,
}

impl Delivered {
    /// Answers a second.
    pub(crate) fn rate(&self) -> f64 {
        self.took.len() as f64 / self.within.as_secs_f64()
    }

    /// The time within which this share was answered, in milliseconds.
    pub(crate) fn quantile(&self, share: f64) -> f64 {
        self.took.value_at_quantile(share) as f64 / 1e3
    }
}

/// The name of a customer.
pub(crate) fn reference(customer: u32) -> String {
    format!("site-ca-{customer:08}")
}

/// The number of a customer of that name.
pub(crate) fn number_of(reference: &str) -> Option<u32> {
    reference.strip_prefix("site-ca-")?.parse().ok()
}

/// Delivers. Each connection has one webhook under way, and sends the next when it is answered.
///
/// Anything but 200 is an error: a figure of refusals would mean nothing.
pub(crate) async fn deliver(load: Load) -> anyhow::Result<Delivered> {
    let began = Instant::now();
    let mut connections = JoinSet::new();
    for number in 0..load.connections {
        connections.spawn(connection(load.clone(), number, began));
    }
    let mut took = Histogram::new(3)?;
    while let Some(ended) = connections.join_next().await {
        took.add(ended??)?;
    }
    let within = began.elapsed().saturating_sub(load.warm_up);
    Ok(Delivered { took, within })
}

async fn connection(load: Load, number: u32, began: Instant) -> anyhow::Result<Histogram<u64>> {
    let mut wire = Wire::connect(load.address).await?;
    let mut took = Histogram::new(3)?;
    let mut first = load.customers.start + number * AT_ONCE;
    let mut request = String::new();
    let mut body = String::new();
    while first < load.customers.end {
        let last = first.saturating_add(AT_ONCE).min(load.customers.end);
        for (chapter, (kind, rest)) in STORY.iter().enumerate().skip(load.story.start).take(load.story.len()) {
            for customer in first..last {
                write_webhook(&mut request, &mut body, customer, chapter, kind, rest);
                let sent = Instant::now();
                let status = wire.exchange(request.as_bytes()).await?;
                let answered = Instant::now();
                ensure!(status == 200, "a webhook was answered {status}");
                if sent.duration_since(began) >= load.warm_up {
                    let micros = answered.duration_since(sent).as_micros();
                    took.record(u64::try_from(micros)?)?;
                }
                if answered.duration_since(began) >= load.longest {
                    return Ok(took);
                }
            }
        }
        first = first.saturating_add(load.connections * AT_ONCE);
    }
    Ok(took)
}

/// The request by which a customer is first heard of.
pub(crate) fn opening(customer: u32) -> String {
    let (mut request, mut body) = (String::new(), String::new());
    if let Some((kind, rest)) = STORY.first() {
        write_webhook(&mut request, &mut body, customer, 0, kind, rest);
    }
    request
}

fn write_webhook(request: &mut String, body: &mut String, customer: u32, chapter: usize, kind: &str, rest: &str) {
    use std::fmt::Write as _;
    request.clear();
    body.clear();
    // Writing to a text cannot fail.
    let _ = write!(
        body,
        r#"{{"webhook_event_id":"{customer:08x}-2656-42bc-822c-{chapter:012x}","payload":{{"webhook_event_type":"{kind}","partner_reference":"site-ca-{customer:08}",{rest}}}}}"#,
    );
    let _ = write!(
        request,
        "POST /webhooks/leap HTTP/1.1\r\nhost: localhost\r\n{HEADER}: {SECRET}\r\ncontent-type: application/json\r\ncontent-length: {}\r\n\r\n{body}",
        body.len()
    );
}

/// One connection that is kept.
pub(crate) struct Wire {
    stream: TcpStream,
    buffer: Vec<u8>,
}

impl Wire {
    pub(crate) async fn connect(address: SocketAddr) -> std::io::Result<Self> {
        let stream = TcpStream::connect(address).await?;
        stream.set_nodelay(true)?;
        Ok(Wire {
            stream,
            buffer: Vec::with_capacity(1024),
        })
    }

    /// Sends a request and reads the whole answer; says its status.
    pub(crate) async fn exchange(&mut self, request: &[u8]) -> anyhow::Result<u16> {
        self.stream.write_all(request).await?;
        self.buffer.clear();
        loop {
            if let Some(head) = self.buffer.windows(4).position(|four| four == b"\r\n\r\n") {
                let (head, rest) = self.buffer.split_at(head + 4);
                let head = std::str::from_utf8(head)?;
                if rest.len() >= length(head)? {
                    return status(head);
                }
            }
            if self.stream.read_buf(&mut self.buffer).await? == 0 {
                bail!("the connection was closed in the middle of an answer");
            }
        }
    }

    /// Reads a page.
    pub(crate) async fn get(&mut self, path: &str) -> anyhow::Result<(u16, Vec<u8>)> {
        let request = format!("GET {path} HTTP/1.1\r\nhost: localhost\r\n\r\n");
        let status = self.exchange(request.as_bytes()).await?;
        let head = self.buffer.windows(4).position(|four| four == b"\r\n\r\n");
        let body = head.and_then(|head| self.buffer.get(head + 4..)).unwrap_or_default();
        Ok((status, body.to_vec()))
    }
}

fn status(head: &str) -> anyhow::Result<u16> {
    let code = head.split(' ').nth(1).context("an answer without a status")?;
    Ok(code.parse()?)
}

fn length(head: &str) -> anyhow::Result<usize> {
    let value = head.lines().find_map(|line| {
        let (name, value) = line.split_once(':')?;
        name.eq_ignore_ascii_case("content-length").then(|| value.trim())
    });
    Ok(value.context("an answer without a length")?.parse()?)
}
