//! The least that can answer a webhook durably: one handler, one row, the same disk settings.
//!
//! It has the program's HTTP library, the program's SQLite, and the same way of sharing one sync of
//! the disk among all that wait; it reads no secret, no JSON and no journey, and decides nothing.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::sync::Arc;
use std::sync::mpsc::{Receiver, Sender, channel};

use axum::Router;
use axum::body::Bytes;
use axum::extract::State;
use axum::http::StatusCode;
use axum::routing::{get, post};
use clap::Args;
use rusqlite::Connection;
use tokio::net::TcpListener;
use tokio::sync::oneshot;

/// Where the floor's server is, and where it writes.
#[derive(Args, Clone)]
pub(crate) struct Options {
    /// The data folder.
    #[arg(long, value_name = "DIR")]
    data: PathBuf,
    /// Where to listen.
    #[arg(long, value_name = "ADDRESS")]
    listen: SocketAddr,
}

/// The most rows in one transaction, as in the program.
const BATCH: usize = 512;

struct Row {
    body: Bytes,
    durable: oneshot::Sender<()>,
}

/// Serves until it is killed.
pub(crate) async fn serve(options: &Options) -> anyhow::Result<()> {
    let connection = Connection::open(options.data.join("floor.db"))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    connection.pragma_update(None, "synchronous", "FULL")?;
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.execute_batch("CREATE TABLE rows (number INTEGER PRIMARY KEY, body BLOB NOT NULL) STRICT")?;
    let (rows, queue) = channel();
    std::thread::spawn(move || write(&connection, &queue));
    let app = Router::new()
        .route("/healthz", get(|| async { "ok" }))
        .route("/webhooks/leap", post(receive))
        .with_state(Arc::new(rows));
    let listener = TcpListener::bind(options.listen).await?;
    Ok(axum::serve(listener, app).await?)
}

async fn receive(State(rows): State<Arc<Sender<Row>>>, body: Bytes) -> StatusCode {
    let (durable, is_durable) = oneshot::channel();
    let sent = rows.send(Row { body, durable });
    if sent.is_ok() && is_durable.await.is_ok() {
        StatusCode::OK
    } else {
        StatusCode::SERVICE_UNAVAILABLE
    }
}

fn write(connection: &Connection, queue: &Receiver<Row>) {
    while let Ok(first) = queue.recv() {
        let mut batch = vec![first];
        batch.extend(queue.try_iter().take(BATCH - 1));
        // A batch that fails is dropped, and its senders are told so by that.
        if commit(connection, &batch).is_ok() {
            for row in batch {
                // Whoever has gone needs no answer.
                let _ = row.durable.send(());
            }
        }
    }
}

fn commit(connection: &Connection, batch: &[Row]) -> rusqlite::Result<()> {
    let transaction = connection.unchecked_transaction()?;
    {
        let mut insert = transaction.prepare_cached("INSERT INTO rows (body) VALUES (?1)")?;
        for row in batch {
            insert.execute([&row.body[..]])?;
        }
    }
    transaction.commit()
}
