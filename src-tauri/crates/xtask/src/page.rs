//! The user interface's packages and its build, each only when its input changed.

use std::collections::hash_map::DefaultHasher;
use std::fs;
use std::hash::{Hash, Hasher};
use std::path::{Path, PathBuf};

use crate::{Stop, notes, npm, root};

/// What is written into the folder by tools, and so is no source.
const NOT_SOURCES: &[&str] = &["node_modules", "dist", "test-results", "playwright-report", "coverage"];

/// `npm ci`, when the lock file is not the one that was installed last.
pub(crate) fn packages() -> Result<Option<std::process::Command>, Stop> {
    let lock = fs::read_to_string(root().join("ui/package-lock.json")).map_err(|error| {
        format!("ui/package-lock.json cannot be read ({error}): is the checkout complete?")
    })?;
    if fs::read_to_string(installed_lock()).is_ok_and(|installed| installed == lock) {
        return Ok(None);
    }
    let mut command = npm();
    command.args(["ci", "--no-audit", "--no-fund"]);
    Ok(Some(command))
}

/// Remembers that the packages of the present lock file are installed.
pub(crate) fn packages_done() -> Result<(), Stop> {
    fs::copy(root().join("ui/package-lock.json"), installed_lock())
        .map(drop)
        .map_err(|error| format!("cannot write into ui/node_modules: {error}").into())
}

/// Beside the packages, so that deleting them deletes the memory of them.
fn installed_lock() -> PathBuf {
    root().join("ui/node_modules/.installed-lock.json")
}

/// `npm run build`, when a source differs from those the page was last built from.
pub(crate) fn build() -> Result<Option<std::process::Command>, Stop> {
    let built = root().join("ui/dist/index.html").is_file();
    if built && fs::read_to_string(built_from()?).is_ok_and(|stamp| stamp == sources()) {
        return Ok(None);
    }
    let mut command = npm();
    command.args(["run", "build"]);
    Ok(Some(command))
}

/// Remembers which sources the page was built from.
pub(crate) fn build_done() -> Result<(), Stop> {
    fs::write(built_from()?, sources())
        .map_err(|error| format!("cannot write the notes of the build: {error}").into())
}

fn built_from() -> Result<PathBuf, Stop> {
    Ok(notes()?.join("page-built-from"))
}

/// One number for the names and contents of all sources.
fn sources() -> String {
    let mut files = Vec::new();
    collect(&root().join("ui"), &mut files);
    files.sort();
    let mut hasher = DefaultHasher::new();
    for file in &files {
        file.hash(&mut hasher);
        fs::read(file).unwrap_or_default().hash(&mut hasher);
    }
    format!("{:016x} of {} files", hasher.finish(), files.len())
}

fn collect(folder: &Path, files: &mut Vec<PathBuf>) {
    let Ok(entries) = fs::read_dir(folder) else { return };
    for entry in entries.flatten() {
        let path = entry.path();
        if NOT_SOURCES.iter().any(|name| entry.file_name() == *name) {
            continue;
        }
        if path.is_dir() { collect(&path, files) } else { files.push(path) }
    }
}
