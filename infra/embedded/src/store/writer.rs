//! The one thread that writes: many requests, one transaction, one sync of the disk.
//!
//! A sync takes as long as thousands of writes, so requests that wait at the same time share one. No
//! request is answered before the transaction that holds it is on the disk.

use std::sync::Arc;
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use rusqlite::Connection;
use tokio::sync::oneshot;

use super::counters::Counters;
use super::fault::Fault;

/// The most requests in one transaction: the first of them waits for the last.
const BATCH: usize = 512;

/// How long counters wait for a transaction to join before they get one of their own.
const FLUSH_EVERY: Duration = Duration::from_secs(1);

/// A request: does its writes, and leaves behind how to answer once the transaction has ended.
type Request = Box<dyn FnOnce(&Connection) -> Answer + Send>;
type Answer = Box<dyn FnOnce(&Connection, Result<(), &Arc<rusqlite::Error>>) + Send>;

pub(super) struct Writer {
    /// Taken on drop: that is how the thread learns that nothing more will come.
    requests: Option<Sender<Request>>,
    thread: Option<JoinHandle<()>>,
}

impl Writer {
    pub(super) fn start(connection: Connection, counters: Arc<Counters>) -> std::io::Result<Self> {
        let (requests, queue) = channel();
        let thread = thread::Builder::new()
            .name("writer".to_owned())
            .spawn(move || serve(&connection, &queue, &counters))?;
        Ok(Writer {
            requests: Some(requests),
            thread: Some(thread),
        })
    }

    /// Does `work` in a transaction of its own or shared with others: all of it or nothing, durably.
    /// `after` is called in the writer's thread once that is so, even if nobody waits any more.
    pub(super) async fn write<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
        after: impl FnOnce(&T, &Connection) + Send + 'static,
    ) -> Result<T, Fault> {
        self.request(work, after)?.await.map_err(|_| Fault::Stopped)?
    }

    /// The same for a thread of ours that has nothing else to do. It must not be called where a runtime
    /// runs its tasks.
    pub(super) fn write_blocking<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
    ) -> Result<T, Fault> {
        self.request(work, |_, _| ())?
            .blocking_recv()
            .map_err(|_| Fault::Stopped)?
    }

    fn request<T: Send + 'static>(
        &self,
        work: impl FnOnce(&Connection) -> Result<T, Fault> + Send + 'static,
        after: impl FnOnce(&T, &Connection) + Send + 'static,
    ) -> Result<oneshot::Receiver<Result<T, Fault>>, Fault> {
        let (answer, answered) = oneshot::channel();
        let request: Request = Box::new(move |connection| {
            let outcome = alone(connection, work);
            Box::new(move |connection, committed| {
                let outcome = match committed {
                    Ok(()) => outcome,
                    Err(why) => Err(Fault::NotCommitted(Arc::clone(why))),
                };
                if let Ok(done) = &outcome {
                    after(done, connection);
                }
                // The caller may have been cancelled; what is written stays written.
                let _ = answer.send(outcome);
            })
        });
        let requests = self.requests.as_ref().ok_or(Fault::Stopped)?;
        requests.send(request).map_err(|_| Fault::Stopped)?;
        Ok(answered)
    }
}

impl Drop for Writer {
    /// Waits for what was requested: whoever opens the folder next finds it written.
    fn drop(&mut self) {
        drop(self.requests.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

fn serve(connection: &Connection, queue: &Receiver<Request>, counters: &Counters) {
    loop {
        let mut batch = Vec::new();
        match queue.recv_timeout(FLUSH_EVERY) {
            Ok(request) => {
                batch.push(request);
                batch.extend(queue.try_iter().take(BATCH - 1));
            }
            Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                transact(connection, Vec::new(), counters);
                return;
            }
        }
        transact(connection, batch, counters);
    }
}

/// Runs a batch in one transaction and answers everybody.
fn transact(connection: &Connection, batch: Vec<Request>, counters: &Counters) {
    let counted = counters.take_unsaved();
    if batch.is_empty() && counted.is_empty() {
        return;
    }
    let mut answers = Vec::with_capacity(batch.len());
    let committed = in_transaction(connection, || {
        for request in batch {
            answers.push(request(connection));
            // After a full disk SQLite may have given up the whole transaction: what follows must not
            // be written outside of it. Requests that were not run are dropped, which their callers see.
            if connection.is_autocommit() {
                return Err(given_up());
            }
        }
        Counters::save(connection, &counted)
    })
    .map_err(Arc::new);
    if let Err(error) = &committed {
        tracing::error!(
            error = error as &dyn std::error::Error,
            "a transaction could not be committed"
        );
        counters.put_back(&counted);
    }
    for answer in answers {
        answer(connection, committed.as_ref().map(|&()| ()));
    }
}

fn in_transaction(connection: &Connection, work: impl FnOnce() -> rusqlite::Result<()>) -> rusqlite::Result<()> {
    run(connection, "BEGIN IMMEDIATE")?;
    let outcome = work().and_then(|()| run(connection, "COMMIT"));
    if outcome.is_err() && !connection.is_autocommit() {
        run(connection, "ROLLBACK")?;
    }
    outcome
}

/// Runs one request so that its failure leaves nothing behind and harms no other.
fn alone<T>(connection: &Connection, work: impl FnOnce(&Connection) -> Result<T, Fault>) -> Result<T, Fault> {
    run(connection, "SAVEPOINT request")?;
    let outcome = work(connection);
    if !connection.is_autocommit() {
        if outcome.is_err() {
            run(connection, "ROLLBACK TO request")?;
        }
        run(connection, "RELEASE request")?;
    }
    outcome
}

fn run(connection: &Connection, statement: &str) -> rusqlite::Result<()> {
    connection.prepare_cached(statement)?.execute([]).map(|_| ())
}

fn given_up() -> rusqlite::Error {
    let code = rusqlite::ffi::Error::new(rusqlite::ffi::SQLITE_ABORT_ROLLBACK);
    rusqlite::Error::SqliteFailure(code, Some("the database gave up the transaction".to_owned()))
}
