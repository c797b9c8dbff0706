//! The build script of every function: how its own program is linked, where CargoLambda.toml asks for it.
//!
//! Not by rustflags, since they would link what a dependency builds besides, such as a shared library for C, as well.
#![allow(
    clippy::print_stdout,
    clippy::disallowed_methods,
    reason = "how a build script and cargo speak to each other"
)]

use std::path::Path;

/// Set by CargoLambda.toml for a deployment's build.
const ASKED: &str = "REKINDLE_LEAN_FUNCTIONS";

fn main() {
    println!("cargo::rerun-if-env-changed={ASKED}");
    if std::env::var_os(ASKED).is_none() {
        return;
    }
    let script = Path::new("../../infra/aws/no-unwind.ld");
    let script = script.canonicalize().unwrap_or_else(|_| script.to_owned());
    println!("cargo::rerun-if-changed={}", script.display());
    println!("cargo::rustc-link-arg-bins=-Wl,-T,{}", script.display());
    println!("cargo::rustc-link-arg-bins=-no-pie");
}
