//! The ports in one process: SQLite, timers, an outbox folder.
//!
//! Everything lives in one data folder. [`DataDir`] locks it for this process, [`ProgramClock`]
//! keeps the program's time in it, [`Store`] is the database, and [`Outbox`] writes the messages.
//! [`timers::run`] calls a handler for whatever falls due.
//!
//! The one rule that makes it durable: a write is acknowledged when its transaction is on the disk,
//! and everything else (timers in memory, files in the outbox) can be made again from the database.
//! A process that is killed at any moment loses nothing that it acknowledged and doubles nothing.

mod clock;
mod data_dir;
mod outbox;
mod store;
#[cfg(test)]
mod testing;
pub mod timers;

pub use clock::{MachineTime, ProgramClock, RealTime};
pub use data_dir::{DataDir, OpenError};
pub use outbox::{LogLine, Message, Outbox, OutboxConfig, OutboxError};
pub use store::{Contacts, Store, Stream, StreamRecord};

use std::sync::{Mutex, MutexGuard, PoisonError};

/// Locks a mutex. What our mutexes guard is valid after each statement, so a thread that panicked
/// while it held one has left nothing half done.
fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
