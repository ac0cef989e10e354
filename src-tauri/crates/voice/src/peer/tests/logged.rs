//! What is logged of a channel, whatever the level of anything else.

use super::*;
use std::fmt::Write;
use std::sync::Mutex;
use tracing::field::{Field, Visit};
use tracing::span::{Attributes, Id, Record};
use tracing::{Event as Logged, Level, Metadata, Subscriber};

/// Keeps what is logged at the level of a product that nobody debugs.
#[derive(Debug, Clone, Default)]
struct Log(Arc<Mutex<Vec<String>>>);

impl Subscriber for Log {
    fn enabled(&self, metadata: &Metadata<'_>) -> bool {
        metadata.target() == "voice" && *metadata.level() <= Level::INFO
    }

    fn new_span(&self, _: &Attributes<'_>) -> Id {
        Id::from_u64(1)
    }

    fn record(&self, _: &Id, _: &Record<'_>) {}

    fn record_follows_from(&self, _: &Id, _: &Id) {}

    fn event(&self, event: &Logged<'_>) {
        let mut line = Line(String::new());
        event.record(&mut line);
        self.0.lock().unwrap().push(line.0);
    }

    fn enter(&self, _: &Id) {}

    fn exit(&self, _: &Id) {}
}

struct Line(String);

impl Visit for Line {
    fn record_debug(&mut self, field: &Field, value: &dyn std::fmt::Debug) {
        let _ = write!(self.0, "{}={value:?} ", field.name());
    }
}

/// One thread, so that whatever is logged is logged under this test's subscriber.
#[tokio::test]
async fn r2_03_a_channels_opening_and_its_end_are_logged_with_their_fields() {
    let log = Log::default();
    let _here = tracing::subscriber::set_default(log.clone());
    let lines = |what: &str| -> Vec<String> {
        let held = log.0.lock().unwrap();
        held.iter().filter(|line| line.contains(&format!("data channel {what}"))).cloned().collect()
    };
    let answerer = Answerer::start().await;
    for from_here in [true, false] {
        let before = lines("clos").len();
        let mut connection = Connection::open(7, setup(&answerer, None));
        within("open", connection.inbound.recv()).await;
        within("the first word", connection.inbound.recv()).await;
        if from_here {
            connection.close.take().unwrap().send(()).unwrap();
        } else {
            answerer.end_sessions().await;
        }
        let _ = within("the end", connection.task).await.unwrap();
        let (opened, closed) = (lines("open"), lines("clos"));
        assert!(closed.len() > before, "{:?}", log.0.lock().unwrap());
        for line in [opened.last().unwrap(), closed.last().unwrap()] {
            for field in ["generation=7", "label=", "oai-events", "ready_state=", "buffered=", "clean="] {
                assert!(line.contains(field), "{field} is missing: {line}");
            }
        }
        assert!(closed.last().unwrap().contains("reason="), "{closed:?}");
    }
    answerer.stop().await;
}
