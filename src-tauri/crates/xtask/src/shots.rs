//! `cargo xtask shots`: what the application looks like on the four screens it is made for.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use crate::machine::{self, Purpose};
use crate::{Stop, cargo, must, root, run, target};

/// Full HD, the common touch PC, the old 4:3 panel, and a tall screen beside the pass.
const SCREENS: [(u32, u32); 4] = [(1920, 1080), (1366, 768), (1024, 768), (1080, 1920)];

/// How long the demo kitchen cooks before its picture is taken.
const COOKING: Duration = Duration::from_secs(12);

pub(crate) fn run(words: &[String]) -> Result<(), Stop> {
    let folder = words.first().map_or_else(|| target().join("shots"), PathBuf::from);
    machine::prepare(Purpose::Shots)?;
    run::page()?;
    must(cargo().args(["build", "--package", "brigade", "--bin", "brigade"]), "the build")?;
    std::fs::create_dir_all(&folder)
        .map_err(|error| format!("cannot write {}: {error}", folder.display()))?;
    for (width, height) in SCREENS {
        let picture = folder.join(format!("board-{width}x{height}.png"));
        shoot(width, height, &picture)?;
        println!("{}", picture.display());
    }
    Ok(())
}

fn shoot(width: u32, height: u32, picture: &Path) -> Result<(), Stop> {
    let data = target().join("xtask/shots").join(format!("{width}x{height}"));
    let _ = std::fs::remove_dir_all(&data);

    let mut screen = Running::start(
        Command::new("Xvfb")
            .args(["-displayfd", "1", "-nolisten", "tcp", "-screen", "0"])
            .arg(format!("{width}x{height}x24"))
            .stdout(Stdio::piped())
            .stderr(Stdio::null()),
    )?;
    let mut number = String::new();
    if let Some(pipe) = screen.0.stdout.take() {
        let _ = BufReader::new(pipe).read_line(&mut number);
    }
    let display = format!(":{}", number.trim());

    let mut app = Running::start(
        Command::new(target().join("debug/brigade"))
            .current_dir(root())
            .arg("--data")
            .arg(&data)
            .args(["--size", &format!("{width}x{height}")])
            .env("DISPLAY", &display)
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            .env_remove("WAYLAND_DISPLAY"),
    )?;
    let deadline = Instant::now() + COOKING;
    while Instant::now() < deadline {
        if !matches!(app.0.try_wait(), Ok(None)) {
            return Err("Brigade ended before its picture was taken; its own message is above".into());
        }
        std::thread::park_timeout(Duration::from_millis(100));
    }
    must(
        Command::new("import").args(["-window", "root"]).arg(picture).env("DISPLAY", &display),
        "the picture",
    )
}

/// A child that ends with this value.
struct Running(Child);

impl Running {
    fn start(command: &mut Command) -> Result<Self, Stop> {
        let name = command.get_program().to_string_lossy().into_owned();
        command.spawn().map(Self).map_err(|error| format!("{name} could not start: {error}").into())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        // Asked first: Xvfb removes its lock file only then, and the application closes its database.
        let _ = Command::new("sh").args(["-c", r#"kill -s TERM "$0""#, &self.0.id().to_string()]).status();
        let deadline = Instant::now() + Duration::from_secs(12);
        while Instant::now() < deadline && matches!(self.0.try_wait(), Ok(None)) {
            std::thread::park_timeout(Duration::from_millis(20));
        }
        let _ = self.0.kill();
        let _ = self.0.wait();
    }
}
