//! Keeps DynamoDB Local running while any test uses it: `dynamodb-local SERVER-FOLDER STATE-FOLDER`.
//!
//! It ends a few seconds after the last user, and takes the server with it.

#![allow(clippy::print_stderr, reason = "its standard error is its log")]

use std::fs::{self, File, OpenOptions};
use std::net::TcpListener;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::Duration;

use anyhow::{Context, bail};
use conformance::local::{PORT, USERS, answers};

/// Between two tests nobody uses the server for a moment; to start it anew would take longer.
const GRACE: Duration = Duration::from_secs(3);

fn main() -> anyhow::Result<()> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [server, state] = arguments.as_slice() else {
        bail!("usage: dynamodb-local SERVER-FOLDER STATE-FOLDER");
    };
    let state = Path::new(state);
    let users = OpenOptions::new().create(true).append(true).open(state.join(USERS))?;
    let port = free_port()?;
    let mut java = Command::new("java")
        .args([
            "-Xmx768m",
            "-Djava.library.path=DynamoDBLocal_lib",
            "-jar",
            "DynamoDBLocal.jar",
        ])
        .args(["-inMemory", "-sharedDb", "-port", &port.to_string()])
        .current_dir(server)
        .stdin(Stdio::null())
        .stdout(Stdio::null())
        .spawn()
        .context("java could not be started")?;
    let served = serve(&mut java, port, state, &users);
    // Whatever happened, no server is left behind. One that has ended by itself is no fault here.
    let _ = java.kill();
    java.wait()?;
    served
}

fn serve(java: &mut Child, port: u16, state: &Path, users: &File) -> anyhow::Result<()> {
    while !answers(port) {
        if let Some(status) = java.try_wait()? {
            bail!("the server ended at once: {status}");
        }
        sleep(Duration::from_millis(20));
    }
    let unfinished = state.join("port.new");
    fs::write(&unfinished, port.to_string())?;
    fs::rename(&unfinished, state.join(PORT))?;
    // Alone with the file: nobody has a lease, and nobody can take one until this process ends.
    alone(users)?;
    fs::remove_file(state.join(PORT))?;
    Ok(())
}

/// Returns, holding the file's lock, when nobody has used it for a while.
fn alone(users: &File) -> anyhow::Result<()> {
    loop {
        users.lock()?;
        let seen = users.metadata()?.len();
        users.unlock()?;
        sleep(GRACE);
        if users.try_lock().is_ok() {
            if users.metadata()?.len() == seen {
                return Ok(());
            }
            users.unlock()?;
        }
    }
}

fn free_port() -> anyhow::Result<u16> {
    Ok(TcpListener::bind("127.0.0.1:0")?.local_addr()?.port())
}
