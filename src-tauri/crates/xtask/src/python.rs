//! An environment of Python's own packages, for the one peer in the voice tests whose code is not ours.

use std::fs;
use std::path::PathBuf;
use std::process::Command;

use crate::{Stop, must, root, target};

/// Makes the environment when its list of packages is not the one that was installed last.
pub(crate) fn environment() -> Result<(), Stop> {
    let list = root().join("src-tauri/crates/voice/src/peer/tests/aiortc/requirements.txt");
    let wanted = fs::read_to_string(&list)
        .map_err(|error| format!("{} cannot be read ({error}): is the checkout complete?", list.display()))?;
    if fs::read_to_string(installed()).is_ok_and(|held| held == wanted) {
        return Ok(());
    }
    println!("making a Python environment for the voice tests: {}", folder().display());
    let mut venv = Command::new("python3");
    venv.args(["-m", "venv", "--clear"]).arg(folder());
    must(&mut venv, "python3 -m venv (Debian's package python3-venv)")?;
    let mut pip = Command::new(folder().join("bin/pip"));
    pip.args([
        "install",
        "--quiet",
        "--disable-pip-version-check",
        "--only-binary",
        ":all:",
        "--requirement",
    ]);
    must(pip.arg(&list), "pip install")?;
    fs::write(installed(), wanted)
        .map_err(|error| format!("cannot write {}: {error}", installed().display()).into())
}

fn folder() -> PathBuf {
    target().join("aiortc")
}

/// In the environment, so that deleting it deletes the memory of it.
fn installed() -> PathBuf {
    folder().join("installed-requirements.txt")
}
