//! A child process that cannot outlive its test.

use std::os::unix::process::CommandExt;
use std::process::{Child, Command, Stdio};

/// A running child and everything it started.
pub(crate) struct Process {
    child: Child,
    name: String,
}

impl Process {
    /// Starts `command` as the leader of a process group of its own.
    ///
    /// # Panics
    /// When the program cannot be started; the message says what is probably missing.
    pub(crate) fn start(command: &mut Command) -> Self {
        Self::start_to_talk(command.stdin(Stdio::null()))
    }

    /// The same with the standard input that the command says.
    pub(crate) fn start_to_talk(command: &mut Command) -> Self {
        let name = command.get_program().to_string_lossy().into_owned();
        let child = command.process_group(0).spawn().unwrap_or_else(|error| {
            panic!("{name} does not start ({error}); `cargo xtask test` installs what tests need")
        });
        Self { child, name }
    }

    /// The process itself, for its pipes.
    pub(crate) fn child(&mut self) -> &mut Child {
        &mut self.child
    }

    /// Its process id, which is also the id of its group.
    pub(crate) fn id(&self) -> u32 {
        self.child.id()
    }

    /// Whether it still runs.
    pub(crate) fn runs(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Ends the group without asking, as a power cut would.
    pub(crate) fn kill(&mut self) {
        signal("KILL", &format!("-{}", self.child.id()));
        let _ = self.child.wait();
    }
}

impl Drop for Process {
    fn drop(&mut self) {
        // Asked first: Xvfb removes its lock file and socket only then.
        if self.runs() {
            signal("TERM", &self.child.id().to_string());
            let begun = std::time::Instant::now();
            while self.runs() && begun.elapsed().as_secs() < 2 {
                std::thread::park_timeout(std::time::Duration::from_millis(10));
            }
        }
        self.kill();
    }
}

impl std::fmt::Debug for Process {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "{} (process {})", self.name, self.child.id())
    }
}

/// Sends one signal to a process id, or to a group when the id is negative.
pub(crate) fn signal(name: &str, id: &str) {
    // The shell's own `kill`: a small system has no program of that name.
    let _ =
        Command::new("sh").args(["-c", r#"kill -s "$0" -- "$1""#, name, id]).stderr(Stdio::null()).status();
}

/// The ids of the processes whose parent is `parent`, with their program's name as the kernel cuts it.
pub(crate) fn children_of(parent: u32) -> Vec<(u32, String)> {
    let Ok(all) = std::fs::read_dir("/proc") else { return Vec::new() };
    let mut found: Vec<_> = all
        .flatten()
        .filter_map(|entry| {
            let id: u32 = entry.file_name().to_str()?.parse().ok()?;
            let stat = std::fs::read_to_string(entry.path().join("stat")).ok()?;
            // `id (name) state parent ...`; the name may hold spaces and brackets.
            let (head, tail) = stat.rsplit_once(") ")?;
            let its_parent: u32 = tail.split(' ').nth(1)?.parse().ok()?;
            (its_parent == parent).then(|| (id, head.split_once('(').map_or("", |(_, name)| name).to_owned()))
        })
        .collect();
    found.sort_unstable();
    found
}
