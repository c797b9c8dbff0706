//! A copy of the sources that a patch may change, with a target folder of its own.

use std::collections::BTreeSet;
use std::ffi::OsString;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::{Command, Output};

use anyhow::{Context, Result, bail};

use crate::folder;

/// What the build of the simulation reads.
const SOURCES: [&str; 8] = [
    "Cargo.toml",
    "Cargo.lock",
    "rust-toolchain.toml",
    "clippy.toml",
    "docs",
    "functions",
    "infra",
    "tests",
];

/// The copy. It stays where it is, so that a design builds only what its patch touches, and what stands on that.
#[derive(Debug)]
pub struct Copy {
    root: PathBuf,
    sources: PathBuf,
    target: PathBuf,
}

impl Copy {
    /// Makes the copy, or brings it up to date.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn new() -> Result<Self> {
        let root = folder().join("../..").canonicalize()?;
        let kept = root.join("target").join("designs");
        let copy = Copy {
            root,
            sources: kept.join("sources"),
            target: kept.join("target"),
        };
        copy.refresh()?;
        Ok(copy)
    }

    /// Makes every file what it is in the workspace. A file that is the same is not touched: Cargo would build anew
    /// what stands on it.
    ///
    /// # Errors
    /// When a file cannot be read or written.
    pub fn refresh(&self) -> Result<()> {
        fs::create_dir_all(&self.sources)?;
        for name in SOURCES {
            copy(&self.root.join(name), &self.sources.join(name))?;
        }
        Ok(())
    }

    /// Applies a patch to the fresh copy.
    ///
    /// # Errors
    /// When it does not apply: what git says about it.
    pub fn apply(&self, name: &str) -> Result<()> {
        self.refresh()?;
        let patch = folder().join(format!("{name}.patch"));
        // The copy lies in a repository, and is none of its files.
        let output = Command::new("git")
            .env(
                "GIT_CEILING_DIRECTORIES",
                self.sources.parent().unwrap_or(&self.sources),
            )
            .current_dir(&self.sources)
            .arg("apply")
            .arg(&patch)
            .output()
            .context("git")?;
        if !output.status.success() {
            bail!(
                "{name}.patch no longer applies: the code that it changes has changed. Make it anew against today's \
                 code (tests/designs/README.md says how).\n{}",
                said(&output)
            );
        }
        Ok(())
    }

    /// Builds the simulation of the copy as it is now, and answers where it is.
    ///
    /// # Errors
    /// When it does not compile: what the compiler says.
    pub fn build(&self) -> Result<PathBuf> {
        let mut cargo = Command::new(env!("CARGO"));
        cargo
            .current_dir(&self.sources)
            .args([
                "build",
                "--quiet",
                "--locked",
                "--offline",
                "--package",
                "simulation",
                "--bin",
                "simulation",
            ])
            .arg("--target-dir")
            .arg(&self.target);
        // It is built more often than run: quickly built is better than quick.
        for setting in [
            "profile.dev.debug=false",
            "profile.dev.package.simulation.opt-level=0",
            "profile.dev.package.journey.opt-level=0",
        ] {
            cargo.args(["--config", setting]);
        }
        let output = cargo.output().context("cargo")?;
        if !output.status.success() {
            bail!("the copy does not compile:\n{}", said(&output));
        }
        Ok(self.target.join("debug").join("simulation"))
    }
}

fn said(output: &Output) -> String {
    String::from_utf8_lossy(&output.stderr).into_owned()
}

/// Copies a file or a folder, without what is hidden or built, and takes away what is no longer there.
fn copy(from: &Path, to: &Path) -> Result<()> {
    if from.is_dir() {
        fs::create_dir_all(to)?;
        let fresh = names(from)?;
        for name in names(to)?.difference(&fresh) {
            let gone = to.join(name);
            if gone.is_dir() {
                fs::remove_dir_all(gone)?;
            } else {
                fs::remove_file(gone)?;
            }
        }
        for name in fresh {
            copy(&from.join(&name), &to.join(&name))?;
        }
        return Ok(());
    }
    let fresh = fs::read(from).with_context(|| from.display().to_string())?;
    if fs::read(to).ok().as_deref() != Some(fresh.as_slice()) {
        fs::write(to, fresh).with_context(|| to.display().to_string())?;
    }
    Ok(())
}

/// What a folder has, but for what is hidden or built.
fn names(folder: &Path) -> Result<BTreeSet<OsString>> {
    let mut names = BTreeSet::new();
    for entry in fs::read_dir(folder)? {
        let name = entry?.file_name();
        if !name.as_encoded_bytes().starts_with(b".") && name != "target" {
            names.insert(name);
        }
    }
    Ok(names)
}
