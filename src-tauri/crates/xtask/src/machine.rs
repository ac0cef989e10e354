//! What the machine must have before anything is built: tools new enough, and system libraries.
//!
//! Nothing is installed in silence: the packages are named first, with the reason.

use std::process::{Command, Stdio};

use crate::{Stop, must};

/// Debian's and Ubuntu's packages (the names are the same in Debian 12, Debian 13 and Ubuntu 24.04) that building and starting Brigade need.
const TO_RUN: &[&str] =
    &["build-essential", "cmake", "pkg-config", "libwebkit2gtk-4.1-dev", "libasound2-dev", "ca-certificates"];

/// What the tests need besides: a screen, a bus, a driver for the web view, a sound server, two voices, and tools that look
/// and listen from outside.
const TO_TEST: &[&str] = &[
    "xvfb",
    "xauth",
    "dbus",
    "webkit2gtk-driver",
    "imagemagick",
    "strace",
    "xdotool",
    "pulseaudio",
    "pulseaudio-utils",
    "espeak-ng",
    "flite",
    "python3-venv",
];

/// The browser of the user interface's own tests. Ubuntu's package of this name is a snap, which no test machine runs.
const BROWSER: &str = "chromium";

/// Voices that speak where no person does.
const TO_SPEAK: &[&str] =
    &["espeak-ng", "flite", "festival", "festvox-kallpc16k", "festvox-kdlpc16k", "festvox-us-slt-hts"];

/// Brings the speech model.
const MODEL_TOOL: &str = "python3-pip";

/// Pictures of the running application.
const TO_SHOOT: &[&str] = &["xvfb", "xauth", "imagemagick"];

/// What a command is going to do with the machine.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    Run,
    Test,
    Shots,
    Speak,
}

/// Checks the tools and installs the missing system packages.
pub(crate) fn prepare(purpose: Purpose) -> Result<(), Stop> {
    tools()?;
    if cfg!(target_os = "linux") { packages(purpose) } else { Ok(()) }
}

/// Rust, Node, npm and git, each new enough.
pub(crate) fn tools() -> Result<(), Stop> {
    at_least("rustc", [1, 90], "install it with rustup (https://rustup.rs); Debian's own is too old")?;
    at_least(
        "node",
        [20, 19],
        "install Node 20.19, 22 or newer (https://nodejs.org); Debian 12's own is too old",
    )?;
    at_least(if cfg!(windows) { "npm.cmd" } else { "npm" }, [9, 2], "it comes with Node")?;
    at_least("git", [2, 0], "install it with your system's package manager")
}

fn at_least(tool: &str, wanted: [u32; 2], hint: &str) -> Result<(), Stop> {
    let [major, minor] = wanted;
    let said = Command::new(tool)
        .arg("--version")
        .output()
        .map_err(|_| format!("`{tool}` was not found, and {major}.{minor} or newer is needed: {hint}"))?;
    let said = String::from_utf8_lossy(&said.stdout);
    match version(&said) {
        Some(found) if found >= wanted => Ok(()),
        Some([found_major, found_minor]) => Err(format!(
            "{tool} {found_major}.{found_minor} is too old, {major}.{minor} or newer is needed: {hint}"
        )
        .into()),
        None => {
            Err(format!("`{tool} --version` said {:?}, which names no version: {hint}", said.trim()).into())
        }
    }
}

/// The first `MAJOR.MINOR` in what a tool says about itself.
fn version(said: &str) -> Option<[u32; 2]> {
    said.split_whitespace().find_map(|word| {
        let mut numbers = word.trim_start_matches('v').split('.');
        Some([numbers.next()?.parse().ok()?, numbers.next()?.parse().ok()?])
    })
}

fn packages(purpose: Purpose) -> Result<(), Stop> {
    let system = System::read();
    let mut wanted = TO_RUN.to_vec();
    match purpose {
        Purpose::Run => {}
        Purpose::Shots => wanted.extend(TO_SHOOT),
        Purpose::Speak => wanted.extend(TO_SPEAK),
        Purpose::Test => {
            wanted.extend(TO_TEST);
            if system == System::Debian && !has("chromium") {
                wanted.push(BROWSER);
            }
        }
    }
    if purpose != Purpose::Shots && !has("pip3") && !has("pip") {
        wanted.push(MODEL_TOOL);
    }
    if system == System::Other {
        return foreign(&wanted);
    }
    let missing: Vec<&str> = wanted.into_iter().filter(|name| !installed(name)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    let list = missing.join(" ");
    println!("system packages missing: {list}");

    let root = Command::new("id").arg("-u").output().is_ok_and(|said| said.stdout.trim_ascii() == b"0");
    if !root && !has("sudo") {
        return Err(format!(
            "these packages are needed, and neither root rights nor sudo are here to install them. \
             As root: apt-get update && apt-get install {list}"
        )
        .into());
    }
    println!("installing system packages with apt-get{}: {list}", if root { "" } else { " (through sudo)" });
    must(&mut apt(root, &["update", "--quiet"]), "apt-get update")?;
    let mut install = vec!["install", "--yes", "--quiet", "--no-install-recommends"];
    install.extend(&missing);
    must(&mut apt(root, &install), "apt-get install")
}

fn apt(root: bool, words: &[&str]) -> Command {
    let mut command = if root {
        Command::new("env")
    } else {
        let mut sudo = Command::new("sudo");
        sudo.arg("env");
        sudo
    };
    command.args(["DEBIAN_FRONTEND=noninteractive", "apt-get"]).args(words);
    command
}

/// A Linux whose package names we do not know: goes on when the libraries are there all the same.
fn foreign(wanted: &[&str]) -> Result<(), Stop> {
    let found = Command::new("pkg-config")
        .args(["--exists", "webkit2gtk-4.1", "alsa"])
        .status()
        .is_ok_and(|status| status.success());
    if found {
        return Ok(());
    }
    Err(format!(
        "this is neither Debian nor Ubuntu, so nothing is installed here. Please install what your system calls: {}",
        wanted.join(" ")
    )
    .into())
}

fn installed(package: &str) -> bool {
    Command::new("dpkg-query")
        .args(["--show", "--showformat=${db:Status-Status}", package])
        .stderr(Stdio::null())
        .output()
        .is_ok_and(|said| said.stdout.trim_ascii().starts_with(b"installed"))
}

/// Whether a program of this name is on the search path.
pub(crate) fn has(program: &str) -> bool {
    std::env::var_os("PATH")
        .is_some_and(|path| std::env::split_paths(&path).any(|folder| folder.join(program).is_file()))
}

/// Whose packages this system installs.
#[derive(Clone, Copy, PartialEq, Eq)]
pub(crate) enum System {
    Debian,
    Ubuntu,
    Other,
}

impl System {
    pub(crate) fn read() -> Self {
        Self::named_by(&std::fs::read_to_string("/etc/os-release").unwrap_or_default())
    }

    fn named_by(os_release: &str) -> Self {
        let value = |key: &str| {
            os_release
                .lines()
                .find_map(|line| line.strip_prefix(key)?.strip_prefix('='))
                .map(|text| text.trim_matches('"').to_owned())
                .unwrap_or_default()
        };
        let family = format!("{} {}", value("ID"), value("ID_LIKE"));
        let is = |name: &str| family.split(' ').any(|word| word == name);
        match () {
            () if is("ubuntu") => Self::Ubuntu,
            () if is("debian") => Self::Debian,
            () => Self::Other,
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn versions_are_found_in_what_tools_say() {
        assert_eq!(version("rustc 1.95.0 (59807616e 2026-04-14)"), Some([1, 95]));
        assert_eq!(version("v20.19.2\n"), Some([20, 19]));
        assert_eq!(version("git version 2.39.5"), Some([2, 39]));
        assert_eq!(version("command not found"), None);
        assert!(version("v18.20.4") < Some([20, 19]));
    }

    #[test]
    fn systems_are_told_apart() {
        let system = System::named_by;
        assert!(system("ID=debian\nVERSION_ID=\"12\"") == System::Debian);
        assert!(system("ID=ubuntu\nID_LIKE=debian") == System::Ubuntu);
        assert!(system("ID=linuxmint\nID_LIKE=\"ubuntu debian\"") == System::Ubuntu);
        assert!(system("ID=raspbian\nID_LIKE=debian") == System::Debian);
        assert!(system("ID=fedora") == System::Other);
    }
}
