//! A screen of its own for a test: an X server without a monitor, and a message bus.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

use tempfile::TempDir;
use tokio::sync::{Mutex, MutexGuard};

use super::framebuffer::Framebuffer;
use super::process::Process;

/// Two cores draw one screen well and two badly: tests with a screen take turns.
static TURN: Mutex<()> = Mutex::const_new(());

/// A private X display with a private session bus and private user folders.
#[derive(Debug)]
pub(crate) struct Desktop {
    display: String,
    bus: String,
    screen: Process,
    bus_process: Process,
    home: TempDir,
    _turn: MutexGuard<'static, ()>,
}

impl Desktop {
    /// Waits for this test's turn and opens a screen of `width` by `height` pixels.
    pub(crate) async fn open(width: u32, height: u32) -> Self {
        let turn = TURN.lock().await;
        let home = tempfile::tempdir().unwrap();
        let glass = home.path().join("glass");
        std::fs::create_dir_all(&glass).unwrap();

        // Xvfb picks the free display number itself and says it when it is ready to take connections. Without `-noreset` it
        // starts anew whenever its last client leaves (a search for a window is one), and refuses who comes meanwhile.
        let mut screen = Process::start(
            Command::new("Xvfb")
                .args(["-displayfd", "1", "-noreset", "-nolisten", "tcp", "-screen", "0"])
                .arg(format!("{width}x{height}x24"))
                .arg("-fbdir")
                .arg(&glass)
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let display = format!(":{}", first_line(&mut screen));

        // A bus that can start nothing: no accessibility helpers and portals appear behind the test's back.
        let config = home.path().join("bus.conf");
        std::fs::write(&config, bus_config(home.path())).unwrap();
        let mut bus_process = Process::start(
            Command::new("dbus-daemon")
                .arg(format!("--config-file={}", config.display()))
                .args(["--nofork", "--nopidfile", "--print-address=1"])
                .stdout(Stdio::piped())
                .stderr(Stdio::null()),
        );
        let bus = first_line(&mut bus_process);
        Self { display, bus, screen, bus_process, home, _turn: turn }
    }

    /// A folder that lives as long as this desktop.
    pub(crate) fn home(&self) -> &Path {
        self.home.path()
    }

    /// A folder below [`Desktop::home`], made if need be.
    pub(crate) fn folder(&self, name: &str) -> PathBuf {
        let path = self.home.path().join(name);
        std::fs::create_dir_all(&path).unwrap();
        path
    }

    /// A program that will see this screen, this bus and these user folders, and no others.
    pub(crate) fn command(&self, program: impl AsRef<std::ffi::OsStr>) -> Command {
        let mut command = Command::new(program);
        command
            .env("DISPLAY", &self.display)
            .env("DBUS_SESSION_BUS_ADDRESS", &self.bus)
            .env("HOME", self.home.path())
            .env("XDG_DATA_HOME", self.folder("data"))
            .env("XDG_CONFIG_HOME", self.folder("config"))
            .env("XDG_CACHE_HOME", self.folder("cache"))
            .env("XDG_RUNTIME_DIR", self.folder("run"))
            .env("GDK_BACKEND", "x11")
            .env("NO_AT_BRIDGE", "1")
            // No loudspeaker but what a test starts: not that of whoever sits at this machine.
            .env("ALSA_CONFIG_PATH", "/dev/null")
            .env_remove("PULSE_SERVER")
            .env_remove("WAYLAND_DISPLAY");
        command
    }

    /// The X server's address.
    pub(crate) fn display(&self) -> &str {
        &self.display
    }

    /// The window that shows this title, once it is on the screen.
    pub(crate) fn window(&self, title: &str) -> Option<u32> {
        let found =
            self.command("xdotool").args(["search", "--onlyvisible", "--name", title]).output().ok()?;
        String::from_utf8(found.stdout).ok()?.lines().next_back()?.trim().parse().ok()
    }

    /// The screen's memory, for watching pixels as they change.
    pub(crate) fn framebuffer(&self) -> Framebuffer {
        Framebuffer::open(&self.home.path().join("glass"))
    }

    /// Saves what the screen shows, to the last pixel, as a PNG.
    pub(crate) fn screenshot(&self, to: &Path) {
        let status = self.command("import").args(["-window", "root"]).arg(to).status();
        assert!(status.is_ok_and(|status| status.success()), "no screenshot: is ImageMagick installed?");
    }
}

/// What a process says first, without its line end.
fn first_line(process: &mut Process) -> String {
    let mut line = String::new();
    let pipe = process.child().stdout.take().unwrap();
    BufReader::new(pipe).read_line(&mut line).unwrap();
    assert!(!line.trim().is_empty(), "{process:?} ended before it was ready");
    line.trim().to_owned()
}

fn bus_config(home: &Path) -> String {
    format!(
        r#"<!DOCTYPE busconfig PUBLIC "-//freedesktop//DTD D-Bus Bus Configuration 1.0//EN"
 "http://www.freedesktop.org/standards/dbus/1.0/busconfig.dtd">
<busconfig>
  <type>session</type>
  <listen>unix:dir={}</listen>
  <auth>EXTERNAL</auth>
  <policy context="default">
    <allow send_destination="*" eavesdrop="true"/>
    <allow eavesdrop="true"/>
    <allow own="*"/>
  </policy>
</busconfig>
"#,
        home.display()
    )
}
