//! The outbox's files: made from the database, and completed from it after a crash.
//!
//! Message n is line n of the log, and its `.eml` is there before its line is. What the files hold
//! is compared with the database whenever they are opened; what follows the first difference is cut
//! off and written again.

use std::fs::{self, File};
use std::io::{self, BufRead, BufReader, Seek, SeekFrom, Write};
use std::path::{Path, PathBuf};
use std::sync::mpsc::{Receiver, RecvTimeoutError, Sender, channel};
use std::thread::{self, JoinHandle};
use std::time::Duration;

use crate::store::{Fault, FileOf, Store};

/// Messages handled at once.
const PORTION: usize = 256;

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
    let folder = store.data().path().join("outbox");
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

/// The files, as far as they agree with the database.
struct Files {
    folder: PathBuf,
    log: File,
    /// The last message whose line is in the log.
    number: u64,
}

impl Files {
    fn open(folder: &Path, store: &Store) -> Result<Self, Behind> {
        fs::create_dir_all(folder)?;
        let path = folder.join("messages.jsonl");
        let mut log = File::options()
            .create(true)
            .truncate(false)
            .read(true)
            .write(true)
            .open(path)?;
        let mut lines = BufReader::new(&log);
        let (mut number, mut agreed) = (0, 0);
        let mut found = Vec::new();
        'compared: loop {
            let portion = store.files_after(number, PORTION)?;
            if portion.is_empty() {
                break;
            }
            for wanted in portion {
                found.clear();
                lines.read_until(b'\n', &mut found)?;
                if found.strip_suffix(b"\n") != Some(wanted.line.as_bytes()) {
                    break 'compared;
                }
                let eml = folder.join(&wanted.file);
                if !fs::metadata(&eml).is_ok_and(|there| there.len() == wanted.eml_length) {
                    write_eml(folder, &wanted, store)?;
                }
                number = wanted.number;
                agreed += found.len() as u64;
            }
        }
        let length = log.metadata()?.len();
        if length > agreed {
            tracing::warn!(
                lines = number,
                cut_bytes = length - agreed,
                "the outbox's log did not end as the database says"
            );
            log.set_len(agreed)?;
        }
        log.seek(SeekFrom::Start(agreed))?;
        Ok(Files {
            folder: folder.to_owned(),
            log,
            number,
        })
    }

    fn catch_up(&mut self, store: &Store) -> Result<(), Behind> {
        loop {
            let portion = store.files_after(self.number, PORTION)?;
            let Some(last) = portion.last() else { return Ok(()) };
            let number = last.number;
            let mut lines = String::new();
            for wanted in &portion {
                write_eml(&self.folder, wanted, store)?;
                lines.push_str(&wanted.line);
                lines.push('\n');
            }
            self.log.write_all(lines.as_bytes())?;
            self.number = number;
        }
    }
}

/// Writes a message's own file in one step: whoever lists the folder sees the whole of it or nothing.
fn write_eml(folder: &Path, wanted: &FileOf, store: &Store) -> Result<(), Behind> {
    if let Some(eml) = store.message_eml(wanted.number)? {
        let new = folder.join(format!(".{}.new", wanted.file));
        fs::write(&new, eml)?;
        fs::rename(&new, folder.join(&wanted.file))?;
    }
    Ok(())
}
