//! Connections: none of them can hold the program up.
//!
//! Whoever dribbles a head or a body, or never reads an answer, loses the connection after a time; and when there
//! are too many of them, the one that has been useless for the longest makes way.

use std::convert::Infallible;
use std::pin::pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};
use std::time::Duration;

use axum::Router;
use axum::body::Body;
use axum::http::{Request, Response};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::{Service, service_fn};
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Connections at the same time: half of the 1,024 files that a system usually lets a process have open.
const CONNECTIONS: usize = 512;

/// How long a head may take to arrive, and how long a connection may be idle.
const HEAD_WITHIN: Duration = Duration::from_secs(10);

/// The longest head. Ours have a few hundred bytes; a proxy adds a few more.
const HEAD_BYTES: usize = 16 * 1024;

/// A connection that is older takes no further request. It ends those who never read what they asked for.
const LIFE: Duration = Duration::from_secs(5 * 60);

/// What is under way when a connection or the program is to end has this long: a body and its answer.
const FAREWELL: Duration = Duration::from_secs(8);

/// After an error of `accept`, such as too many open files, which would come again at once.
const REST: Duration = Duration::from_millis(100);

/// A connection that is served.
struct Guest {
    task: JoinHandle<()>,
    /// Its place in the order in which connections arrived and were answered.
    last_useful: Arc<AtomicU64>,
}

/// Serves until `stopped`, and then what is under way.
pub(crate) async fn serve(listener: TcpListener, app: Router, stopped: watch::Receiver<bool>) {
    let order = Arc::new(AtomicU64::new(0));
    let mut guests: Vec<Guest> = Vec::new();
    loop {
        let accepted = tokio::select! {
            () = until(stopped.clone()) => break,
            accepted = listener.accept() => accepted,
        };
        let stream = match accepted {
            Ok((stream, _)) => stream,
            Err(error) => {
                tracing::warn!(%error, "a connection could not be accepted");
                tokio::time::sleep(REST).await;
                continue;
            }
        };
        if guests.len() >= CONNECTIONS {
            make_room(&mut guests);
        }
        let last_useful = Arc::new(AtomicU64::new(order.fetch_add(1, Ordering::Relaxed)));
        let useful = {
            let (order, last_useful) = (Arc::clone(&order), Arc::clone(&last_useful));
            move || last_useful.store(order.fetch_add(1, Ordering::Relaxed), Ordering::Relaxed)
        };
        let task = tokio::spawn(connection(stream, app.clone(), useful, stopped.clone()));
        guests.push(Guest { task, last_useful });
    }
    drop(listener);
    for guest in guests {
        // It has ended by itself, or was sent away.
        let _ = guest.task.await;
    }
}

/// Forgets the connections that are over. If all are alive, the one goes whose last answer, or else whose arrival,
/// lies back the furthest: an attacker's, unless everybody is one.
fn make_room(guests: &mut Vec<Guest>) {
    guests.retain(|guest| !guest.task.is_finished());
    if guests.len() < CONNECTIONS {
        return;
    }
    let useless = guests
        .iter()
        .enumerate()
        .min_by_key(|(_, guest)| guest.last_useful.load(Ordering::Relaxed));
    if let Some(index) = useless.map(|(index, _)| index) {
        guests.swap_remove(index).task.abort();
        tracing::debug!("too many connections: one made way");
    }
}

async fn connection(
    stream: TcpStream,
    app: Router,
    useful: impl Fn() + Clone + Send + 'static,
    stopped: watch::Receiver<bool>,
) {
    let app = TowerToHyperService::new(app);
    let service = service_fn(move |request: Request<Incoming>| {
        let (answer, useful) = (app.call(request), useful.clone());
        async move {
            let answer: Result<Response<Body>, Infallible> = answer.await;
            useful();
            answer
        }
    });
    let mut http = pin!(
        http1::Builder::new()
            .timer(TokioTimer::new())
            .header_read_timeout(HEAD_WITHIN)
            .max_buf_size(HEAD_BYTES)
            .serve_connection(TokioIo::new(stream), service)
    );
    tokio::select! {
        // An error is the other side's: nobody is left to be told.
        _ = http.as_mut() => return,
        () = until(stopped) => {}
        () = tokio::time::sleep(LIFE) => {}
    }
    http.as_mut().graceful_shutdown();
    let _ = tokio::time::timeout(FAREWELL, http).await;
}

/// Ends when the program is to stop.
pub(crate) async fn until(mut stopped: watch::Receiver<bool>) {
    // An error means that the sender is gone: also a reason to stop.
    let _ = stopped.wait_for(|stop| *stop).await;
}
