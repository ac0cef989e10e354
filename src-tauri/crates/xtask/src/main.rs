//! The project's own commands: `cargo xtask run | test | bench | bundle | shots`.
//!
//! This program is the first thing compiled on a fresh machine, so it depends on next to nothing. It prints
//! plainly what it is about to do to the machine before it does it, and every failure names the next step.

mod bench;
mod bundle;
mod machine;
mod model;
mod page;
mod part;
mod python;
mod report;
mod run;
mod shots;
mod test;

use std::path::{Path, PathBuf};
use std::process::{Command, ExitCode};

/// A sentence for whoever typed the command, and the code to leave with.
#[derive(Debug)]
pub(crate) struct Stop {
    pub(crate) why: String,
    pub(crate) code: u8,
}

impl<T: Into<String>> From<T> for Stop {
    fn from(why: T) -> Self {
        Self { why: why.into(), code: 1 }
    }
}

const USAGE: &str = "\
cargo xtask run [--release] [-- OPTIONS]   build what changed and start Brigade; OPTIONS go to it (try -- --help)
cargo xtask test                           every check and every test; ends with a table
cargo xtask bench NAME                     measures the release build; NAME is one of: glass, chaos, voice
cargo xtask bundle                         a release build as a Debian package
cargo xtask shots [FOLDER]                 pictures of the running application at four screen sizes";

fn main() -> ExitCode {
    let words: Vec<String> = std::env::args().skip(1).collect();
    let rest = words.get(1..).unwrap_or_default();
    let done = match words.first().map(String::as_str) {
        Some("run") => run::run(rest),
        Some("test") => test::run(),
        Some("bench") => bench::run(rest),
        Some("bundle") => bundle::run(),
        Some("shots") => shots::run(rest),
        Some("help" | "--help" | "-h") | None => {
            println!("{USAGE}");
            Ok(())
        }
        Some(other) => Err(Stop { why: format!("there is no command `{other}`\n\n{USAGE}"), code: 2 }),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(stop) => {
            if !stop.why.is_empty() {
                eprintln!("\nxtask: {}", stop.why);
            }
            ExitCode::from(stop.code)
        }
    }
}

/// The folder of the workspace.
pub(crate) fn root() -> PathBuf {
    let here = Path::new(env!("CARGO_MANIFEST_DIR"));
    here.ancestors().nth(3).unwrap_or(here).to_owned()
}

/// Where cargo puts what it builds.
pub(crate) fn target() -> PathBuf {
    std::env::var_os("CARGO_TARGET_DIR").map_or_else(|| root().join("target"), PathBuf::from)
}

/// Where these commands keep what they remember and what the tests printed.
pub(crate) fn notes() -> Result<PathBuf, Stop> {
    let folder = target().join("xtask");
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
    Ok(folder)
}

/// The cargo that runs this command.
pub(crate) fn cargo() -> Command {
    let mut cargo = Command::new(std::env::var_os("CARGO").unwrap_or_else(|| "cargo".into()));
    cargo.current_dir(root());
    cargo
}

/// npm, in the folder of the user interface.
pub(crate) fn npm() -> Command {
    let mut npm = Command::new(if cfg!(windows) { "npm.cmd" } else { "npm" });
    npm.current_dir(root().join("ui"));
    npm
}

/// Runs a command that prints for itself.
pub(crate) fn must(command: &mut Command, what: &str) -> Result<(), Stop> {
    match command.status() {
        Ok(status) if status.success() => Ok(()),
        Ok(status) => Err(format!("{what} failed ({status}); its own message is above").into()),
        Err(error) => {
            Err(format!("{what} could not start: {} ({error})", command.get_program().to_string_lossy())
                .into())
        }
    }
}
