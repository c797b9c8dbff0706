//! The ports in one process: SQLite, timers, an outbox folder.
