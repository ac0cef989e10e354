//! A thread that writes lines, so that nobody else has to wait for a disk or a terminal.

use crate::level::Wanted;
use std::io::Write;
use std::sync::Arc;
use std::sync::atomic::{AtomicU64, AtomicUsize, Ordering};
use std::sync::mpsc::{Receiver, RecvTimeoutError, SyncSender, TrySendError, sync_channel};
use std::thread::JoinHandle;
use std::time::{Duration, Instant, SystemTime};

/// Lines that may wait.
const LINES: usize = 8_192;

/// Bytes that may wait.
const BYTES: usize = 4 * 1024 * 1024;

/// A longer line is cut here.
pub(crate) const LONGEST_LINE: usize = 64 * 1024;

/// How often a quiet outlet looks around.
const LOOK_AROUND: Duration = Duration::from_secs(1);

/// Where lines end up.
pub(crate) trait Sink: Send + 'static {
    /// Writes a whole line.
    fn write(&mut self, line: &[u8], now: SystemTime) -> std::io::Result<()>;
}

/// A stream such as standard error.
pub(crate) struct Stream<W>(pub(crate) W);

impl<W: Write + Send + 'static> Sink for Stream<W> {
    fn write(&mut self, line: &[u8], _: SystemTime) -> std::io::Result<()> {
        self.0.write_all(line)
    }
}

enum Message {
    Line(Box<[u8]>),
    Flush(SyncSender<()>),
    Close,
}

/// The thread, owned.
#[derive(Debug)]
pub(crate) struct Outlet {
    way: Way,
    thread: Option<JoinHandle<()>>,
}

/// The way to it.
#[derive(Debug, Clone)]
pub(crate) struct Way {
    lines: SyncSender<Message>,
    counts: Arc<Counts>,
}

#[derive(Debug, Default)]
struct Counts {
    /// Bytes that wait.
    waiting: AtomicUsize,
    /// Lines that were left out since this was last said.
    left_out: AtomicU64,
}

impl Outlet {
    /// Starts the thread; with `wanted`, it also looks whether another level is wanted.
    pub(crate) fn start(name: &'static str, sink: impl Sink, wanted: Option<Wanted>) -> Self {
        let (lines, waiting) = sync_channel(LINES);
        let counts = Arc::new(Counts::default());
        let way = Way { lines, counts: counts.clone() };
        let writer = Writer { sink, counts, wanted, failed: None, unwritten: 0 };
        let thread = std::thread::Builder::new().name(name.to_owned()).spawn(move || writer.run(&waiting));
        Self { way, thread: thread.ok() }
    }

    pub(crate) fn way(&self) -> Way {
        self.way.clone()
    }

    /// Writes what waits and ends the thread. One that hangs is left behind.
    pub(crate) fn close(&mut self, limit: Duration) {
        let Some(thread) = self.thread.take() else { return };
        let end = Instant::now() + limit;
        self.way.urge(Message::Close, end);
        while !thread.is_finished() && Instant::now() < end {
            std::thread::park_timeout(Duration::from_millis(2));
        }
        if thread.is_finished() {
            // It says nothing that could be logged now.
            let _ = thread.join();
        }
    }
}

impl Way {
    /// Waits until all that was given so far is written, or the limit has passed.
    pub(crate) fn flush(&self, limit: Duration) {
        let end = Instant::now() + limit;
        let (done, written) = sync_channel(1);
        if self.urge(Message::Flush(done), end) {
            let _ = written.recv_timeout(end.saturating_duration_since(Instant::now()));
        }
    }

    /// Gives a message that must not be left out; whether it was taken in time.
    fn urge(&self, mut message: Message, end: Instant) -> bool {
        loop {
            match self.lines.try_send(message) {
                Ok(()) => return true,
                Err(TrySendError::Disconnected(_)) => return false,
                Err(TrySendError::Full(back)) => message = back,
            }
            if Instant::now() >= end {
                return false;
            }
            std::thread::park_timeout(Duration::from_millis(2));
        }
    }

    fn give(&self, line: &[u8]) {
        let whole = line.len() <= LONGEST_LINE;
        let mut line = line[..line.len().min(LONGEST_LINE)].to_vec();
        if !whole {
            line.extend_from_slice("... (cut)\n".as_bytes());
        }
        let bytes = line.len();
        let before = self.counts.waiting.fetch_add(bytes, Ordering::Relaxed);
        let taken =
            before + bytes <= BYTES && self.lines.try_send(Message::Line(line.into_boxed_slice())).is_ok();
        if !taken {
            self.counts.waiting.fetch_sub(bytes, Ordering::Relaxed);
            self.counts.left_out.fetch_add(1, Ordering::Relaxed);
        }
    }
}

impl<'a> tracing_subscriber::fmt::MakeWriter<'a> for Way {
    type Writer = Line<'a>;

    fn make_writer(&'a self) -> Self::Writer {
        Line(self)
    }
}

/// Takes one line, which comes in one piece.
pub(crate) struct Line<'a>(&'a Way);

impl Write for Line<'_> {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.give(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

struct Writer<S> {
    sink: S,
    counts: Arc<Counts>,
    wanted: Option<Wanted>,
    /// Why lines could not be written lately.
    failed: Option<String>,
    /// How many.
    unwritten: u64,
}

impl<S: Sink> Writer<S> {
    fn run(mut self, messages: &Receiver<Message>) {
        let mut look_at = Instant::now();
        loop {
            let now = Instant::now();
            if now >= look_at {
                look_at = now + LOOK_AROUND;
                self.look_around();
            }
            match messages.recv_timeout(look_at.saturating_duration_since(now)) {
                Ok(Message::Line(line)) => {
                    self.counts.waiting.fetch_sub(line.len(), Ordering::Relaxed);
                    self.line(&line);
                }
                Ok(Message::Flush(done)) => {
                    self.own_up();
                    let _ = done.try_send(());
                }
                Ok(Message::Close) | Err(RecvTimeoutError::Disconnected) => break,
                Err(RecvTimeoutError::Timeout) => {}
            }
        }
        self.own_up();
    }

    fn look_around(&mut self) {
        if let Some(wanted) = &mut self.wanted {
            wanted.look();
        }
        self.own_up();
    }

    fn line(&mut self, line: &[u8]) {
        match self.sink.write(line, SystemTime::now()) {
            Ok(()) => {}
            Err(error) => {
                self.failed = Some(error.to_string());
                self.unwritten += 1;
            }
        }
    }

    /// Says what is missing, as soon as there is room for it.
    fn own_up(&mut self) {
        let left_out = self.counts.left_out.swap(0, Ordering::Relaxed);
        if left_out > 0
            && self
                .say(&format!("{left_out} lines were left out: they came faster than they could be written"))
                .is_err()
        {
            self.counts.left_out.fetch_add(left_out, Ordering::Relaxed);
        }
        if let Some(reason) = self.failed.take() {
            let unwritten = self.unwritten;
            match self.say(&format!("{unwritten} lines could not be written: {reason}")) {
                Ok(()) => self.unwritten = 0,
                Err(error) => self.failed = Some(error.to_string()),
            }
        }
    }

    fn say(&mut self, text: &str) -> std::io::Result<()> {
        self.sink.write(format!("WARN log: {text}\n").as_bytes(), SystemTime::now())
    }
}
