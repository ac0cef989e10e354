//! What is logged: as the owner wants it, and always what a diagnosis cannot do without.

use std::fmt;
use std::path::{Path, PathBuf};
use tracing::{Level as Severity, Metadata, Subscriber};
use tracing_subscriber::layer::{Context, Filter};
use tracing_subscriber::registry::LookupSpan;
use tracing_subscriber::{EnvFilter, Registry, reload};

/// The file in the data folder that says what is wanted.
const FILE: &str = "log-level";

/// The environment's word, for developers and tests.
const VARIABLE: &str = "BRIGADE_LOG";

/// When nobody says.
const USUAL: &str = "info";

/// A longer file is none of ours.
const LONGEST: u64 = 1_024;

/// Components whose connection changes and timeouts are kept at every level (rule R7.2), and the log's own word about it.
const ALWAYS: [&str; 5] = ["link", "hub::ws", "hub::upstream", "voice", "log"];

/// What is wanted, and what is kept in any case.
#[derive(Debug)]
pub(crate) struct Level {
    wanted: EnvFilter,
}

impl Level {
    fn is_always_kept(metadata: &Metadata<'_>) -> bool {
        let is_one_of_them = |name: &&str| {
            metadata
                .target()
                .strip_prefix(*name)
                .is_some_and(|rest| rest.is_empty() || rest.starts_with("::"))
        };
        metadata.is_event()
            && (*metadata.level() == Severity::ERROR
                || (*metadata.level() <= Severity::INFO && ALWAYS.iter().any(is_one_of_them)))
    }
}

impl<S: Subscriber + for<'a> LookupSpan<'a>> Filter<S> for Level {
    fn enabled(&self, metadata: &Metadata<'_>, context: &Context<'_, S>) -> bool {
        Self::is_always_kept(metadata) || Filter::enabled(&self.wanted, metadata, context)
    }

    fn callsite_enabled(&self, metadata: &'static Metadata<'static>) -> tracing::subscriber::Interest {
        if Self::is_always_kept(metadata) {
            return tracing::subscriber::Interest::always();
        }
        Filter::<S>::callsite_enabled(&self.wanted, metadata)
    }

    fn max_level_hint(&self) -> Option<tracing::level_filters::LevelFilter> {
        let wanted = Filter::<S>::max_level_hint(&self.wanted)?;
        Some(wanted.max(tracing::level_filters::LevelFilter::INFO))
    }

    fn on_new_span(&self, span: &tracing::span::Attributes<'_>, id: &tracing::Id, context: Context<'_, S>) {
        Filter::on_new_span(&self.wanted, span, id, context);
    }

    fn on_record(&self, id: &tracing::Id, values: &tracing::span::Record<'_>, context: Context<'_, S>) {
        Filter::on_record(&self.wanted, id, values, context);
    }

    fn on_enter(&self, id: &tracing::Id, context: Context<'_, S>) {
        Filter::on_enter(&self.wanted, id, context);
    }

    fn on_exit(&self, id: &tracing::Id, context: Context<'_, S>) {
        Filter::on_exit(&self.wanted, id, context);
    }

    fn on_close(&self, id: tracing::Id, context: Context<'_, S>) {
        Filter::on_close(&self.wanted, id, context);
    }
}

/// The owner's wish, looked at again and again while the program runs (rule R7.5).
pub(crate) struct Wanted {
    file: PathBuf,
    /// The file's text when it was last looked at; none: it was not there.
    seen: Option<String>,
    handle: reload::Handle<Level, Registry>,
}

impl fmt::Debug for Wanted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Wanted").field("file", &self.file).field("seen", &self.seen).finish_non_exhaustive()
    }
}

impl Wanted {
    /// The filter as wanted now, and the eye on the file. A wish that makes no sense is answered with the usual, and said at
    /// the first look.
    pub(crate) fn new(data: &Path) -> (reload::Layer<Level, Registry>, Self) {
        let file = data.join(FILE);
        let seen = read(&file);
        let wanted = seen.as_deref().and_then(|text| parse(text).ok()).unwrap_or_else(usual);
        let (filter, handle) = reload::Layer::new(Level { wanted });
        // A file that makes no sense counts as not seen, so that the first look says so.
        let seen = seen.filter(|text| parse(text).is_ok());
        (filter, Self { file, seen, handle })
    }

    /// Looks whether something else is wanted. A text that makes no sense changes nothing and is said once.
    pub(crate) fn look(&mut self) {
        let text = read(&self.file);
        if text == self.seen {
            return;
        }
        let wanted = match text.as_deref().map(parse) {
            None => Ok(usual()),
            Some(parsed) => parsed,
        };
        let word = text.clone().unwrap_or_else(|| "usual".to_owned());
        self.seen = text;
        match wanted {
            Ok(wanted) => {
                // Refused only when its subscriber is gone; then nobody logs any more.
                if self.handle.reload(Level { wanted }).is_ok() {
                    tracing::warn!(target: "log", level = word, "from now on this is logged");
                }
            }
            Err(error) => {
                tracing::error!(target: "log", file = %self.file.display(), %error, "this is no log level");
            }
        }
    }
}

fn read(file: &Path) -> Option<String> {
    let size = std::fs::metadata(file).ok()?.len();
    if size > LONGEST {
        return Some(format!("a file of {size} bytes"));
    }
    let text = std::fs::read_to_string(file).ok()?;
    Some(text.trim().to_owned()).filter(|text| !text.is_empty())
}

fn parse(text: &str) -> Result<EnvFilter, String> {
    // A single word that is no level would silently be taken for a component of that name.
    let is_level = |word: &str| word.parse::<tracing::level_filters::LevelFilter>().is_ok();
    if let Some(word) = text.split(',').map(str::trim).find(|part| !part.contains('=') && !is_level(part)) {
        return Err(format!("`{word}` is none of off, error, warn, info, debug, trace"));
    }
    EnvFilter::try_new(text).map_err(|error| error.to_string())
}

fn usual() -> EnvFilter {
    let word = std::env::var(VARIABLE).ok();
    word.and_then(|text| EnvFilter::try_new(text).ok()).unwrap_or_else(|| EnvFilter::new(USUAL))
}
