//! `cargo xtask run`: from a checkout to a window with a live board.

use std::process::Command;

use crate::machine::{self, Purpose};
use crate::{Stop, cargo, model, must, page, target};

pub(crate) fn run(words: &[String]) -> Result<(), Stop> {
    let (ours, passed_on) = match words.iter().position(|word| word == "--") {
        Some(at) => (&words[..at], &words[at + 1..]),
        None => (words, &words[..0]),
    };
    let profile = match ours {
        [] => "debug",
        [one] if one == "--release" => "release",
        other => {
            let why =
                format!("`{}` is not for `run`; options for Brigade itself go after `--`", other.join(" "));
            return Err(Stop { why, code: 2 });
        }
    };
    machine::tools()?;
    display()?;
    machine::prepare(Purpose::Run)?;
    page()?;

    println!("building Brigade ...");
    let mut build = cargo();
    build.args(["build", "--package", "brigade", "--bin", "brigade"]);
    if profile == "release" {
        build.arg("--release");
    }
    must(&mut build, "the build")?;
    let mut app = Command::new(target().join(profile).join("brigade"));
    if let Some(folder) = model::folder() {
        app.env(model::VARIABLE, folder);
    }
    println!("starting Brigade");
    start(app.args(passed_on))
}

/// Installs the packages of the page and builds it, when needed.
pub(crate) fn page() -> Result<(), Stop> {
    if let Some(mut install) = page::packages()? {
        println!("installing npm packages into ui/node_modules ...");
        must(&mut install, "npm ci")?;
        page::packages_done()?;
    }
    if let Some(mut build) = page::build()? {
        println!("building the user interface ...");
        must(&mut build, "npm run build")?;
        page::build_done()?;
    }
    Ok(())
}

/// Refuses early, before minutes of building, when no window could be opened.
fn display() -> Result<(), Stop> {
    let set = |name: &str| std::env::var_os(name).is_some_and(|value| !value.is_empty());
    if !cfg!(target_os = "linux") || set("DISPLAY") || set("WAYLAND_DISPLAY") {
        return Ok(());
    }
    Err(Stop {
        why:
            "there is no display here (neither DISPLAY nor WAYLAND_DISPLAY is set), so no window can open.\n\
              On a machine without a screen, run it on a virtual one:\n\n    \
              apt-get install xvfb xauth\n    \
              xvfb-run -s \"-screen 0 1920x1080x24\" cargo xtask run"
                .to_owned(),
        code: 2,
    })
}

/// Becomes the application, so that signals and the exit code are its own.
#[cfg(unix)]
fn start(app: &mut Command) -> Result<(), Stop> {
    use std::os::unix::process::CommandExt;
    Err(format!("Brigade could not start: {}", app.exec()).into())
}

#[cfg(not(unix))]
fn start(app: &mut Command) -> Result<(), Stop> {
    must(app, "Brigade")
}
