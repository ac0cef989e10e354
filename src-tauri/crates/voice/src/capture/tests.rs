//! The cutter alone, and the whole microphone against a private sound server: a program that says how its microphone is,
//! and a server with sinks that lead nowhere, pulled from under it.

use super::*;
use std::io::{BufRead, BufReader};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, Command, Stdio};
use std::sync::mpsc::channel;

#[test]
fn frames_are_cut_at_our_rate_whatever_the_device_gives() {
    for (rate, samples) in [(48_000, 48_000), (44_100, 44_100), (16_000, 16_000), (96_000, 96_000)] {
        let mut cutter = Cutter::new(rate);
        let frames = (0..samples).filter_map(|_| cutter.push(0.5)).count();
        assert!((49..=50).contains(&frames), "{frames} frames of a second at {rate}");
    }
    let mut cutter = Cutter::new(RATE);
    let frame = (0..FRAME * 2).find_map(|_| cutter.push(2.0)).unwrap();
    assert_eq!(frame.0[FRAME - 1], i16::MAX, "never over the top");
}

/// A sound server of the test's own.
struct Server {
    folder: PathBuf,
    process: Child,
}

/// The program that listens.
struct Listener {
    process: Child,
    input: Option<ChildStdin>,
    lines: Receiver<String>,
}

const SOON: Duration = Duration::from_secs(10);
/// Every loss is seen within a second; these two take 5 to 35 ms.
const SEEN: Duration = Duration::from_secs(1);

impl Server {
    fn folder(name: &str) -> PathBuf {
        let folder = std::env::temp_dir().join(format!("brigade-microphone-{name}-{}", std::process::id()));
        let _ = std::fs::remove_dir_all(&folder);
        std::fs::create_dir_all(folder.join("pulse")).unwrap();
        folder
    }

    fn start(folder: PathBuf) -> Self {
        let socket = folder.join("pulse/native");
        let _ = std::fs::remove_file(&socket);
        let native = format!("module-native-protocol-unix auth-anonymous=1 socket={}", socket.display());
        let mut process = private("pulseaudio", &folder)
            .args(["-n", "--daemonize=no", "--use-pid-file=no", "--exit-idle-time=-1", "--disable-shm=yes"])
            .args(["--realtime=no", "--high-priority=no", "-L", &native])
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .expect("pulseaudio is installed by `cargo xtask test`");
        let deadline = Instant::now() + SOON;
        while !socket.exists() {
            assert!(
                process.try_wait().unwrap().is_none(),
                "pulseaudio does not start: run it by hand to see why"
            );
            assert!(Instant::now() < deadline, "pulseaudio does not listen");
            std::thread::park_timeout(Duration::from_millis(20));
        }
        Self { folder, process }
    }

    /// Tells it something; gives what it says.
    fn pactl(&self, words: &[&str]) -> String {
        let said = private("pactl", &self.folder).args(words).output().unwrap();
        assert!(said.status.success(), "{words:?}: {}", String::from_utf8_lossy(&said.stderr));
        String::from_utf8(said.stdout).unwrap().trim().to_owned()
    }

    /// A microphone that hears what is played to its sink. Gives the number to unplug it by.
    fn plug(&self, name: &str) -> String {
        let module =
            self.pactl(&["load-module", "module-null-sink", &format!("sink_name={name}"), "rate=48000"]);
        self.pactl(&["set-default-source", &format!("{name}.monitor")]);
        module
    }

    fn kill(&mut self) {
        self.process.kill().unwrap();
        self.process.wait().unwrap();
    }
}

impl Drop for Server {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_dir_all(&self.folder);
    }
}

fn private(program: &str, folder: &PathBuf) -> Command {
    let mut command = Command::new(program);
    command
        .env("XDG_RUNTIME_DIR", folder)
        .env("HOME", folder)
        .env("PULSE_SERVER", format!("unix:{}", folder.join("pulse/native").display()))
        .env("PULSE_RUNTIME_PATH", folder.join("pulse"))
        .env_remove("PULSE_COOKIE");
    command
}

impl Listener {
    fn start(folder: &PathBuf) -> Self {
        let here = std::env::current_exe().unwrap();
        let program = here.ancestors().nth(2).unwrap().join("examples/microphone");
        assert!(
            program.is_file(),
            "{} is not there: cargo builds it when no name of a test is given",
            program.display()
        );
        let mut process = private(program.to_str().unwrap(), folder)
            .stdin(Stdio::piped())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(process.stdout.take().unwrap());
        let (tell, lines) = channel();
        // Ends with the program, whose output ends then.
        std::thread::spawn(move || {
            for line in output.lines().map_while(Result::ok) {
                let _ = tell.send(line);
            }
        });
        Self { input: process.stdin.take(), process, lines }
    }

    /// Waits for a line that begins so; gives it, and how long it took.
    #[track_caller]
    fn says(&self, beginning: &str, limit: Duration) -> (String, Duration) {
        let begun = Instant::now();
        let mut said = Vec::new();
        while let Ok(line) = self.lines.recv_timeout(limit.saturating_sub(begun.elapsed())) {
            if line.starts_with(beginning) {
                return (line, begun.elapsed());
            }
            said.push(line);
        }
        panic!("it never said {beginning:?} within {limit:?}, but {said:?}");
    }
}

impl Drop for Listener {
    fn drop(&mut self) {
        drop(self.input.take());
        let deadline = Instant::now() + Duration::from_secs(3);
        while self.process.try_wait().unwrap().is_none() {
            if Instant::now() > deadline {
                self.process.kill().unwrap();
                self.process.wait().unwrap();
                assert!(std::thread::panicking(), "it did not end by itself");
                return;
            }
            std::thread::park_timeout(Duration::from_millis(20));
        }
    }
}

/// The whole life of a kitchen's microphone, in one run: sound servers are slow to start.
#[test]
fn a_microphone_that_is_pulled_is_missed_and_found_again() {
    let folder = Server::folder("life");
    let mut server = Server::start(folder.clone());
    // Sound, but nothing to hear it with.
    let listener = Listener::start(&folder);
    listener.says("lost microphone_none", SOON);

    // Plugged in: found by itself, and heard.
    let first = server.plug("first");
    listener.says("ready", SOON);
    let wave = folder.join("tone.raw");
    let tone = (0..48_000i32).flat_map(|n| {
        let sample: i16 = if n % 100 < 50 { 12_000 } else { -12_000 };
        [sample.to_le_bytes(), sample.to_le_bytes()].concat()
    });
    std::fs::write(&wave, tone.collect::<Vec<u8>>()).unwrap();
    let played = private("paplay", &folder)
        .args(["--raw", "--rate=48000", "--format=s16le", "--channels=2", "--device=first"])
        .arg(&wave)
        .status()
        .unwrap();
    assert!(played.success());
    let loud = (0..20).any(|_| {
        let (line, _) = listener.says("level", SOON);
        line.trim_start_matches("level ").parse::<u8>().unwrap() > 50
    });
    assert!(loud, "it hears");

    // Pulled.
    server.pactl(&["unload-module", &first]);
    let (_, seen) = listener.says("lost", SOON);
    assert!(seen < SEEN, "seen after {seen:?}");
    // Another one.
    let second = server.plug("second");
    listener.says("ready", SOON);
    // A third takes its place: it follows, whether the server moves it or not.
    server.plug("third");
    server.pactl(&["unload-module", &second]);
    listener.says("ready", SOON);

    // The server dies under it.
    server.kill();
    let (_, seen) = listener.says("lost", SOON);
    assert!(seen < SEEN, "seen after {seen:?}");
    // And comes back.
    let server_again = Server::start(folder);
    server_again.plug("fourth");
    listener.says("ready", SOON);
    drop(listener);
    drop(server_again);
}
