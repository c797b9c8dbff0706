//! The tables, and how an older file becomes a current one.

use std::path::Path;
use std::time::Duration;

use rusqlite::Connection;

use crate::data_dir::OpenError;

/// One step from each version to the next; the number of steps is the current version.
const MIGRATIONS: [&str; 6] = [FIRST, TEXTS, PUSHES_AND_EVENTS, FALLBACKS, VISITS, ACCEPTANCES];

/// Times of timers are whole milliseconds since 1970, the precision of the rules; all others are texts.
///
/// The journeys' own tables have row numbers beside their keys: records of a kilobyte with random keys
/// would otherwise be spread through the index itself.
const FIRST: &str = "
    CREATE TABLE journeys (
        number     INTEGER PRIMARY KEY,
        id         TEXT    NOT NULL UNIQUE,
        contact    TEXT,
        version    INTEGER NOT NULL,
        -- Rises with every write of any journey: the operator sees the latest first.
        changed    INTEGER NOT NULL,
        phase      TEXT    NOT NULL,
        generation INTEGER NOT NULL,
        -- The live timer, or nothing. This is the truth about timers; a restart needs no other.
        lane       TEXT,
        due        INTEGER,
        closes     INTEGER,
        record     BLOB    NOT NULL
    ) STRICT;
    CREATE INDEX journeys_changed ON journeys (changed);
    CREATE INDEX journeys_due ON journeys (lane, due, closes, generation, id) WHERE due IS NOT NULL;

    -- How many journeys are in each phase, kept in step by every write.
    CREATE TABLE phases (
        phase    TEXT    PRIMARY KEY,
        journeys INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE contacts (
        -- The order of arrival: an export pages by it.
        number  INTEGER PRIMARY KEY,
        id      TEXT    NOT NULL UNIQUE,
        -- The journey that the contact's reference has or will have.
        journey TEXT    NOT NULL UNIQUE,
        -- The inbox of the contact's address.
        address TEXT,
        record  TEXT    NOT NULL
    ) STRICT;

    CREATE TABLE inboxes (
        address TEXT PRIMARY KEY,
        record  TEXT NOT NULL
    ) STRICT, WITHOUT ROWID;

    -- The inboxes of people who were erased: an opt-out may still come, from a link in an older mail.
    -- All three are keyed hashes; nothing else is left of the person.
    CREATE TABLE erased_inboxes (
        journey TEXT NOT NULL,
        contact TEXT NOT NULL,
        address TEXT NOT NULL,
        PRIMARY KEY (journey, address)
    ) STRICT, WITHOUT ROWID;
    CREATE INDEX erased_inboxes_contact ON erased_inboxes (contact, address);

    CREATE TABLE watermarks (
        provider TEXT PRIMARY KEY,
        since    TEXT NOT NULL,
        -- An unfinished pass, if there is one.
        began_at TEXT,
        filter   TEXT,
        page     TEXT
    ) STRICT, WITHOUT ROWID;

    CREATE TABLE messages (
        -- Counts from 1 without a gap, in the order of the log's lines.
        number     INTEGER PRIMARY KEY,
        journey    TEXT    NOT NULL,
        episode    INTEGER NOT NULL,
        touch      INTEGER NOT NULL,
        attempt    INTEGER NOT NULL,
        message_id TEXT    NOT NULL,
        at         TEXT    NOT NULL,
        file       TEXT    NOT NULL,
        -- Empty, both, once the person is erased. The row stays, so that nothing is sent twice.
        line       TEXT    NOT NULL,
        eml        BLOB    NOT NULL,
        UNIQUE (journey, episode, touch)
    ) STRICT;

    -- The last message whose files are on the disk, in a single row. They may be taken away after that,
    -- and are never made again.
    CREATE TABLE outbox_files (
        one     INTEGER PRIMARY KEY CHECK (one = 1),
        written INTEGER NOT NULL
    ) STRICT;
    INSERT INTO outbox_files (one, written) VALUES (1, 0);

    CREATE TABLE counters (
        name  TEXT    PRIMARY KEY,
        value INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Texts: a contact's number has an inbox, and a message a channel.
const TEXTS: &str = "
    -- The inbox of the contact's number, a keyed hash.
    ALTER TABLE contacts ADD COLUMN phone TEXT;
    ALTER TABLE messages ADD COLUMN channel TEXT NOT NULL DEFAULT 'email';
";

/// Pushes, events, and what people said before they were erased.
const PUSHES_AND_EVENTS: &str = "
    -- The inbox of the contact's device, a keyed hash.
    ALTER TABLE contacts ADD COLUMN device TEXT;

    -- Erased contacts that had opted out of events: an event has no address but the reference, so this holds for
    -- whoever comes again under it.
    CREATE TABLE erased_without_events (
        contact TEXT PRIMARY KEY
    ) STRICT, WITHOUT ROWID;

    -- Each write of a journey, until somebody was told what it says.
    CREATE TABLE stream (
        sequence INTEGER PRIMARY KEY AUTOINCREMENT,
        journey  TEXT NOT NULL,
        before   BLOB,
        after    BLOB NOT NULL
    ) STRICT;

    -- Lifecycle events by day, and the chunks of the stream that were counted.
    CREATE TABLE daily_counts (
        day   TEXT    NOT NULL,
        name  TEXT    NOT NULL,
        value INTEGER NOT NULL,
        PRIMARY KEY (day, name)
    ) STRICT, WITHOUT ROWID;
    CREATE TABLE counted_chunks (
        first_record TEXT    PRIMARY KEY,
        records      INTEGER NOT NULL,
        at           INTEGER NOT NULL
    ) STRICT, WITHOUT ROWID;
";

/// Bills and accounts that customers gave by hand.
const FALLBACKS: &str = "
    -- The latest of each, by the contact's keyed hash. A bill's record names its file in `given/`.
    CREATE TABLE fallbacks (
        contact TEXT NOT NULL,
        what    TEXT NOT NULL,
        at      TEXT NOT NULL,
        record  TEXT NOT NULL,
        PRIMARY KEY (contact, what)
    ) STRICT, WITHOUT ROWID;
";

/// How customers fare at utilities.
const VISITS: &str = "
    -- By whole hours since 1970, for two days.
    CREATE TABLE visits (
        hour     INTEGER NOT NULL,
        provider TEXT    NOT NULL,
        utility  TEXT    NOT NULL,
        stalled  INTEGER NOT NULL,
        faults   INTEGER NOT NULL,
        through  INTEGER NOT NULL,
        PRIMARY KEY (hour, provider, utility)
    ) STRICT, WITHOUT ROWID;
";

/// Proofs of what customers accepted.
const ACCEPTANCES: &str = "
    -- They name nobody, and outlive an erasure.
    CREATE TABLE acceptances (
        journey TEXT    NOT NULL,
        at      INTEGER NOT NULL,
        record  TEXT    NOT NULL,
        PRIMARY KEY (journey, at, record)
    ) STRICT, WITHOUT ROWID;
";

/// Prepares a connection that writes, and brings the file to the current schema.
pub(super) fn prepare(connection: &mut Connection, path: &Path) -> Result<(), OpenError> {
    let database = |source| OpenError::Database {
        path: path.to_owned(),
        source,
    };
    configure(connection).map_err(database)?;
    let known = MIGRATIONS.len() as i64;
    let found: i64 = connection
        .pragma_query_value(None, "user_version", |row| row.get(0))
        .map_err(database)?;
    if found > known {
        return Err(OpenError::Newer {
            path: path.to_owned(),
            found,
            known,
        });
    }
    let missing = MIGRATIONS.iter().skip(usize::try_from(found).unwrap_or_default());
    let migrate = |connection: &mut Connection| {
        let transaction = connection.transaction()?;
        for step in missing {
            transaction.execute_batch(step)?;
        }
        transaction.pragma_update(None, "user_version", known)?;
        transaction.commit()
    };
    if found < known {
        migrate(connection).map_err(database)
    } else {
        Ok(())
    }
}

fn configure(connection: &Connection) -> rusqlite::Result<()> {
    connection.busy_timeout(Duration::from_secs(5))?;
    connection.pragma_update(None, "journal_mode", "WAL")?;
    // Each commit is on the disk before it is acknowledged.
    connection.pragma_update(None, "synchronous", "FULL")?;
    // What is erased is overwritten, not only unlinked.
    connection.pragma_update(None, "secure_delete", "ON")?;
    // 16 MB of log between two checkpoints, each of which costs two more syncs.
    connection.pragma_update(None, "wal_autocheckpoint", 4_000)?;
    connection.pragma_update(None, "journal_size_limit", 64 * 1024 * 1024)?;
    connection.pragma_update(None, "temp_store", "MEMORY")?;
    // Negative: kibibytes.
    connection.pragma_update(None, "cache_size", -65_536)?;
    connection.set_prepared_statement_cache_capacity(64);
    Ok(())
}
