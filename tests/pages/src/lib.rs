//! The customers' pages in a real Chromium: the one-machine program serves them, a stand-in of the provider waits
//! where they lead, and Debian's Chromium opens them as a customer would.

#![allow(
    clippy::unwrap_used,
    clippy::expect_used,
    clippy::panic,
    clippy::indexing_slicing,
    clippy::disallowed_methods,
    reason = "this crate is a test's stage: a broken one should stop at once, and say so"
)]

mod chromium;
mod light;
mod provider;
mod running;
mod site;

use std::path::{Path, PathBuf};
use std::process::Child;

use rustix::process::{Pid, Signal, kill_process_group};

pub use chromium::{Chromium, Looks};
pub use light::{Customer, Enrolling};
pub use provider::Provider;
pub use site::{DOWN, Person, Site};
pub use thirtyfour;

/// The workspace.
#[must_use]
pub fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../..")
        .canonicalize()
        .unwrap()
}

/// The folder of what is built: the tests' own program is in one of its folders.
fn built() -> PathBuf {
    let test = std::env::current_exe().unwrap();
    test.parent().unwrap().parent().unwrap().to_owned()
}

/// The program, as it was built with these tests.
///
/// # Panics
/// When it was not.
#[must_use]
pub fn program() -> PathBuf {
    let program = built().join("rekindle");
    assert!(
        program.is_file(),
        "{} is not there: `cargo build --bin rekindle` makes it",
        program.display()
    );
    program
}

/// Where pictures are kept for whoever looks at them: `target/pictures`.
#[must_use]
pub fn pictures() -> PathBuf {
    built().parent().unwrap().join("pictures")
}

/// A process in a group of its own, which ends with everything that it has started.
struct Group(Child);

impl Drop for Group {
    fn drop(&mut self) {
        let group = i32::try_from(self.0.id()).ok().and_then(Pid::from_raw);
        if let Some(group) = group {
            // It is gone already, or goes now.
            let _ = kill_process_group(group, Signal::KILL);
        }
        let _ = self.0.wait();
    }
}
