//! A server on this machine that answers each request with the next of the bytes it was given.

use std::collections::VecDeque;
use std::io::{BufRead, BufReader, Read, Result, Write, copy, sink};
use std::net::{TcpListener, TcpStream};
use std::sync::{Arc, Mutex, PoisonError};
use std::thread;

/// The server. Its last answer is given to all further requests.
pub(crate) struct Stub {
    pub(crate) base_url: String,
    answers: Arc<Mutex<VecDeque<Vec<u8>>>>,
}

impl Stub {
    pub(crate) fn start() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").unwrap();
        let base_url = format!("http://{}", listener.local_addr().unwrap());
        let answers: Arc<Mutex<VecDeque<Vec<u8>>>> = Arc::default();
        let shared = answers.clone();
        thread::spawn(move || {
            for stream in listener.incoming().filter_map(Result::ok) {
                let answers = shared.clone();
                // A connection that breaks off is the client's to notice.
                thread::spawn(move || drop(serve(stream, &answers)));
            }
        });
        Stub { base_url, answers }
    }

    pub(crate) fn will_answer(&self, answers: impl IntoIterator<Item = Vec<u8>>) {
        *self.answers.lock().unwrap_or_else(PoisonError::into_inner) = answers.into_iter().collect();
    }
}

fn serve(mut stream: TcpStream, answers: &Mutex<VecDeque<Vec<u8>>>) -> Result<()> {
    stream.set_nodelay(true)?;
    let mut reader = BufReader::new(stream.try_clone()?);
    loop {
        let mut length = 0;
        loop {
            let mut line = String::new();
            if reader.read_line(&mut line)? == 0 {
                return Ok(());
            }
            let line = line.trim_end().to_ascii_lowercase();
            if line.is_empty() {
                break;
            }
            if let Some(value) = line.strip_prefix("content-length: ") {
                length = value.parse().unwrap_or(0);
            }
        }
        copy(&mut reader.by_ref().take(length), &mut sink())?;
        let answer = {
            let mut answers = answers.lock().unwrap_or_else(PoisonError::into_inner);
            let last = answers.len() <= 1;
            if last {
                answers.front().cloned()
            } else {
                answers.pop_front()
            }
        };
        stream.write_all(&answer.unwrap_or_default())?;
    }
}
