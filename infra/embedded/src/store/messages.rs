//! Messages that were accepted: the truth behind the outbox's files.

use std::path::PathBuf;

use jiff::Timestamp;
use journey::campaign::Channel;
use journey::{JourneyId, SendKey, Touch};
use rusqlite::{Connection, OptionalExtension, Row};

use super::Store;
use super::fault::{Fault, ForeignText};
use super::journeys::limit_of;

/// A message that is about to be accepted.
pub(crate) struct Draft {
    pub(crate) key: SendKey,
    pub(crate) message_id: String,
    pub(crate) at: Timestamp,
    /// The name of its file.
    pub(crate) file: String,
    /// Its line in the log, without the line's end.
    pub(crate) line: String,
    /// The content of its file: a whole e-mail, or the words of a text.
    pub(crate) content: Vec<u8>,
}

/// A message that was accepted, without its content.
pub(crate) struct StoredMessage {
    pub(crate) number: u64,
    pub(crate) key: SendKey,
    pub(crate) message_id: String,
    pub(crate) at: Timestamp,
    pub(crate) line: String,
}

/// What the outbox's files must hold of a message.
pub(crate) struct FileOf {
    pub(crate) number: u64,
    pub(crate) file: String,
    /// Empty when the person was erased before the files were made.
    pub(crate) line: String,
}

const STORED: &str = "SELECT number, journey, episode, touch, attempt, message_id, at, line, channel FROM messages";

impl Store {
    /// Accepts a message, and answers its identifier; if the touch has one already, that one's. `after`
    /// is called when it is on the disk, or dropped when it is not.
    pub(crate) async fn keep_message(
        &self,
        draft: Draft,
        after: impl FnOnce() + Send + 'static,
    ) -> Result<String, Fault> {
        self.0
            .writer
            .write(move |connection| keep(connection, draft), |_, _| after())
            .await
    }

    /// The message of a touch, whichever attempt sent it.
    pub(crate) fn message_of(&self, key: &SendKey) -> Result<Option<StoredMessage>, Fault> {
        let sql = format!("{STORED} WHERE journey = ?1 AND episode = ?2 AND touch = ?3");
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query((key.journey.as_str(), key.episode, key.touch.0))?;
            rows.next()?.map(stored).transpose()
        })
    }

    /// The latest messages, the last one in front, without those of people who were erased.
    pub(crate) fn latest_messages(&self, limit: usize) -> Result<Vec<StoredMessage>, Fault> {
        let sql = format!("{STORED} WHERE line <> '' ORDER BY number DESC LIMIT ?1");
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([limit_of(limit)])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                messages.push(stored(row)?);
            }
            Ok(messages)
        })
    }

    /// The messages of a journey, in the order of their sending; none once its person is erased.
    pub(crate) fn messages_of(&self, journey: &JourneyId) -> Result<Vec<StoredMessage>, Fault> {
        let sql = format!("{STORED} WHERE journey = ?1 AND line <> '' ORDER BY number");
        self.read(|connection| {
            let mut statement = connection.prepare_cached(&sql)?;
            let mut rows = statement.query([journey.as_str()])?;
            let mut messages = Vec::new();
            while let Some(row) = rows.next()? {
                messages.push(stored(row)?);
            }
            Ok(messages)
        })
    }

    /// The content of a message's file, unless its person was erased.
    pub(crate) fn message_content(&self, number: u64) -> Result<Option<(Channel, Vec<u8>)>, Fault> {
        self.read(|connection| {
            let mut statement =
                connection.prepare_cached("SELECT channel, eml FROM messages WHERE number = ?1 AND eml <> x''")?;
            let mut rows = statement.query([number])?;
            let found = rows.next()?.map(|row| Ok((channel(row, 0)?, row.get(1)?)));
            found.transpose()
        })
    }

    /// What the files must hold of the messages after a number, in order.
    pub(crate) fn files_after(&self, number: u64, limit: usize) -> Result<Vec<FileOf>, Fault> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT number, file, line FROM messages WHERE number > ?1 ORDER BY number LIMIT ?2")?
                .query_map((number, limit_of(limit)), |row| {
                    Ok(FileOf {
                        number: row.get(0)?,
                        file: row.get(1)?,
                        line: row.get(2)?,
                    })
                })?
                .collect::<rusqlite::Result<_>>()?)
        })
    }
}

impl Store {
    /// Where the messages' files are.
    pub(crate) fn outbox_folder(&self) -> PathBuf {
        self.data().path().join("outbox")
    }

    /// The last message whose files are on the disk.
    pub(crate) fn files_written(&self) -> Result<u64, Fault> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT written FROM outbox_files")?
                .query_row([], |row| row.get(0))?)
        })
    }

    /// Remembers that the files of all messages up to this one are on the disk. For a thread of ours.
    pub(crate) fn keep_files_written(&self, number: u64) -> Result<(), Fault> {
        self.0.writer.write_blocking(move |connection| {
            connection
                .prepare_cached("UPDATE outbox_files SET written = MAX(written, ?1)")?
                .execute([number])?;
            Ok(())
        })
    }

    /// The names of the files, among messages after a number and up to another, whose person was erased.
    pub(crate) fn erased_files(&self, after: u64, up_to: u64) -> Result<Vec<String>, Fault> {
        self.read(|connection| {
            Ok(connection
                .prepare_cached("SELECT file FROM messages WHERE number > ?1 AND number <= ?2 AND eml = x''")?
                .query_map((after, up_to), |row| row.get(0))?
                .collect::<rusqlite::Result<_>>()?)
        })
    }
}

/// Blanks what a journey's messages say, and answers the names of their files. The rows stay: they are
/// what keeps a touch from being sent twice.
pub(super) fn blank(connection: &Connection, journey: &str) -> Result<Vec<String>, Fault> {
    Ok(connection
        .prepare_cached("UPDATE messages SET line = '', eml = x'' WHERE journey = ?1 RETURNING file")?
        .query_map([journey], |row| row.get(0))?
        .collect::<rusqlite::Result<_>>()?)
}

fn keep(connection: &Connection, draft: Draft) -> Result<String, Fault> {
    let kept: Option<String> = connection
        .prepare_cached("SELECT message_id FROM messages WHERE journey = ?1 AND episode = ?2 AND touch = ?3")?
        .query_row(
            (draft.key.journey.as_str(), draft.key.episode, draft.key.touch.0),
            |row| row.get(0),
        )
        .optional()?;
    if let Some(message_id) = kept {
        return Ok(message_id);
    }
    connection
        .prepare_cached(
            "INSERT INTO messages (journey, episode, touch, attempt, message_id, at, file, line, eml, channel)
             VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        )?
        .execute((
            draft.key.journey.as_str(),
            draft.key.episode,
            draft.key.touch.0,
            draft.key.attempt,
            &draft.message_id,
            draft.at.to_string(),
            draft.file,
            draft.line,
            draft.content,
            draft.key.channel.as_str(),
        ))?;
    Ok(draft.message_id)
}

fn stored(row: &Row<'_>) -> Result<StoredMessage, Fault> {
    let journey: String = row.get(1)?;
    let at: String = row.get(6)?;
    Ok(StoredMessage {
        number: row.get(0)?,
        key: SendKey {
            journey: JourneyId::parse(&journey).ok_or(ForeignText("journey"))?,
            episode: row.get(2)?,
            touch: Touch(row.get(3)?),
            attempt: row.get(4)?,
            channel: channel(row, 8)?,
        },
        message_id: row.get(5)?,
        at: at.parse()?,
        line: row.get(7)?,
    })
}

fn channel(row: &Row<'_>, column: usize) -> Result<Channel, Fault> {
    let name: String = row.get(column)?;
    let known = Channel::ALL.into_iter().find(|channel| channel.as_str() == name);
    Ok(known.ok_or(ForeignText("channel"))?)
}
