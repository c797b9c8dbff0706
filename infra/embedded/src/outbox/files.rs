//! The outbox's files: made from the database, and completed from it after a crash.
//!
//! Each file is made once, since whoever collects the mail takes it away. The database remembers how
//! far the files are written, and that number follows only when they are on the disk. So opening has
//! to look at the messages after the number alone; of these, a message's own file is on the disk before its line is
//! in the log, and a line that is found there says that both are done.

use std::collections::BTreeSet;
use std::fs::{self, File};
use std::io::{self, Read, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::store::{Fault, FileOf, Store};

/// Messages handled at once.
const PORTION: usize = 256;

/// One line for each message.
const LOG: &str = "messages.jsonl";

/// How much of the log's end is read at first.
const WINDOW: u64 = 64 * 1024;

/// How long a disk that refused is left alone.
const RETRY_AFTER: Duration = Duration::from_secs(1);

/// The thread that writes the files.
pub(super) struct Projector {
    /// Taken on drop: that is how the thread learns that nothing more will come.
    more: Option<Sender<()>>,
    thread: Option<JoinHandle<()>>,
}

/// Tells the projector that there is a message more.
pub(super) struct Notifier(Option<Sender<()>>);

impl Projector {
    pub(super) fn start(store: Store) -> io::Result<Self> {
        let (more, queue) = channel();
        let thread = thread::Builder::new()
            .name("outbox".to_owned())
            .spawn(move || serve(&store, &queue))?;
        Ok(Projector {
            more: Some(more),
            thread: Some(thread),
        })
    }

    pub(super) fn notifier(&self) -> Notifier {
        Notifier(self.more.clone())
    }
}

impl Notifier {
    pub(super) fn notify(self) {
        if let Some(more) = self.0 {
            // The thread ends only after the last notifier.
            let _ = more.send(());
        }
    }
}

impl Drop for Projector {
    /// Waits for the files of what was accepted, if the disk takes them.
    fn drop(&mut self) {
        drop(self.more.take());
        if let Some(thread) = self.thread.take() {
            let _ = thread.join();
        }
    }
}

/// Why the files are not up to date.
#[derive(Debug, thiserror::Error)]
enum Behind {
    #[error("the outbox's folder cannot be written to")]
    Disk(#[from] io::Error),
    #[error("the messages cannot be read")]
    Database(#[from] Fault),
}

fn serve(store: &Store, queue: &Receiver<()>) {
    let folder = store.outbox_folder();
    let mut files = None;
    loop {
        let wait = match catch_up(&folder, store, &mut files) {
            Ok(()) => Duration::MAX,
            Err(error) => {
                tracing::error!(
                    error = &error as &dyn std::error::Error,
                    "the outbox's files are behind; nothing is lost"
                );
                // What a failed write has left is found by opening anew.
                files = None;
                RETRY_AFTER
            }
        };
        match wait_for_more(queue, wait) {
            Ok(()) | Err(RecvTimeoutError::Timeout) => {}
            Err(RecvTimeoutError::Disconnected) => {
                if let Err(error) = catch_up(&folder, store, &mut files) {
                    tracing::error!(
                        error = &error as &dyn std::error::Error,
                        "the outbox's files will be completed at the next start"
                    );
                }
                return;
            }
        }
    }
}

fn wait_for_more(queue: &Receiver<()>, wait: Duration) -> Result<(), RecvTimeoutError> {
    if wait == Duration::MAX {
        queue.recv().map_err(|_| RecvTimeoutError::Disconnected)?;
    } else {
        queue.recv_timeout(wait)?;
    }
    // One look at the database serves all who have called by now.
    while queue.try_recv().is_ok() {}
    Ok(())
}

fn catch_up(folder: &Path, store: &Store, files: &mut Option<Files>) -> Result<(), Behind> {
    let open = match files.take() {
        Some(open) => open,
        None => Files::open(folder, store)?,
    };
    files.insert(open).catch_up(store)
}

/// The files, and how far they are written.
struct Files {
    folder: PathBuf,
    /// The last message whose files are on the disk.
    number: u64,
}

impl Files {
    fn open(folder: &Path, store: &Store) -> Result<Self, Behind> {
        fs::create_dir_all(folder)?;
        let mut number = store.files_written()?;
        // A crash can only have come between these and their number: a portion is the most that is
        // written before the number follows.
        let unsure = store.files_after(number, PORTION)?;
        let mut log = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(folder.join(LOG))?;
        let tail = whole_lines(&mut log, unsure.len())?;
        let there: BTreeSet<&[u8]> = tail.split(|byte| *byte == b'\n').collect();
        // Lines are written in order, and each names its touch, so none is like another: where one is
        // found, all before it have been written, also if somebody has taken them away since.
        let last = unsure
            .iter()
            .rfind(|wanted| !wanted.line.is_empty() && there.contains(wanted.line.as_bytes()));
        if let Some(last) = last {
            log.sync_all()?;
            number = last.number;
            store.keep_files_written(number)?;
        }
        Ok(Files {
            folder: folder.to_owned(),
            number,
        })
    }

    fn catch_up(&mut self, store: &Store) -> Result<(), Behind> {
        loop {
            let portion = store.files_after(self.number, PORTION)?;
            let Some(last) = portion.last() else { return Ok(()) };
            let number = last.number;
            // Whoever collects the mail may have taken the folder with it.
            fs::create_dir_all(&self.folder)?;
            write_messages(&self.folder, &portion, store)?;
            // A person who was erased meanwhile: their files were looked for before they were there.
            remove_files(&self.folder, &store.erased_files(self.number, number)?);
            append_lines(&self.folder, &portion)?;
            store.keep_files_written(number)?;
            self.number = number;
        }
    }
}

/// Cuts a torn line off the log's end, and reads so many of its last lines, or a few more.
fn whole_lines(log: &mut File, at_least: usize) -> io::Result<Vec<u8>> {
    let length = log.metadata()?.len();
    let mut window = WINDOW;
    let (start, mut tail) = loop {
        let start = length.saturating_sub(window);
        let mut tail = Vec::new();
        log.seek(SeekFrom::Start(start))?;
        log.read_to_end(&mut tail)?;
        // One more than asked for: the first line in the window may have begun before it.
        if start == 0 || tail.iter().filter(|byte| **byte == b'\n').count() > at_least {
            break (start, tail);
        }
        window = window.saturating_mul(2);
    };
    let whole = tail.iter().rposition(|byte| *byte == b'\n').map_or(0, |end| end + 1);
    if whole < tail.len() {
        tracing::warn!(cut_bytes = tail.len() - whole, "the outbox's log ended in a torn line");
        log.set_len(start + whole as u64)?;
        tail.truncate(whole);
    }
    Ok(tail)
}

/// Writes the messages' own files, each in one step: whoever lists the folder sees the whole of it or
/// nothing. All are on the disk when this returns.
fn write_messages(folder: &Path, portion: &[FileOf], store: &Store) -> Result<(), Behind> {
    let mut written = Vec::with_capacity(portion.len());
    for wanted in portion {
        let (new, named) = (folder.join(format!(".{}.new", wanted.file)), folder.join(&wanted.file));
        match store.message_content(wanted.number)? {
            Some((_, content)) => {
                fs::write(&new, content)?;
                written.push((new, named));
            }
            // Erased before it came to this; a crash may have left something nevertheless.
            None => {
                remove(&new)?;
                remove(&named)?;
            }
        }
    }
    // Only now: the first sync takes most of the others' work with it.
    for (new, _) in &written {
        File::options().write(true).open(new)?.sync_all()?;
    }
    for (new, named) in &written {
        fs::rename(new, named)?;
    }
    Ok(sync_names(folder)?)
}

/// Appends the messages' lines. The log is opened anew each time: it may have been rotated.
fn append_lines(folder: &Path, portion: &[FileOf]) -> io::Result<()> {
    let mut lines = String::new();
    for wanted in portion.iter().filter(|wanted| !wanted.line.is_empty()) {
        lines.push_str(&wanted.line);
        lines.push('\n');
    }
    let mut log = File::options().create(true).append(true).open(folder.join(LOG))?;
    log.write_all(lines.as_bytes())?;
    log.sync_all()?;
    sync_names(folder)
}

/// Brings the names in a folder to the disk, where the operating system lets a folder be opened.
fn sync_names(folder: &Path) -> io::Result<()> {
    if cfg!(unix) {
        File::open(folder)?.sync_all()
    } else {
        Ok(())
    }
}

/// Deletes the files of people who were erased, as far as the disk allows.
pub(crate) fn remove_files(folder: &Path, files: &[String]) {
    for file in files {
        if let Err(error) = remove(&folder.join(file)) {
            tracing::warn!(
                error = &error as &dyn std::error::Error,
                "a message of an erased person could not be deleted from the outbox's folder"
            );
        }
    }
}

/// Deletes a file, if it is there.
fn remove(path: &Path) -> io::Result<()> {
    match fs::remove_file(path) {
        Err(error) if error.kind() != io::ErrorKind::NotFound => Err(error),
        Ok(()) | Err(_) => Ok(()),
    }
}
