//! Shares, times and the last line.

use crate::judged::{Judged, Outcome};
use crate::{LOUD, SETS};
use recogniser::Thresholds;
use std::time::Duration;

/// What became of a number of clips.
struct Tally<'a> {
    clips: Vec<&'a Judged>,
}

impl<'a> Tally<'a> {
    fn of(clips: impl Iterator<Item = &'a Judged>) -> Self {
        Self { clips: clips.collect() }
    }

    fn count(&self, outcome: Outcome) -> usize {
        self.clips.iter().filter(|one| one.outcome == outcome).count()
    }

    fn share(&self, outcome: Outcome) -> f64 {
        self.count(outcome) as f64 / self.clips.len().max(1) as f64
    }
}

/// Prints everything.
pub(crate) fn print(judged: &[Judged], model_mb: f64) {
    println!(
        "\n{:?}\nA set with a question mark: answers to a question, by its voices.",
        Thresholds::default()
    );
    println!(
        "{:<8}{:>8}{:>7}{:>9}{:>9}{:>9}{:>9}{:>13}",
        "set", "kitchen", "clips", "right", "asked", "both", "wrong", "first is it"
    );
    for set in &SETS {
        let of_set = || judged.iter().filter(|one| one.clip.set == set.name);
        if of_set().next().is_none() {
            continue;
        }
        for name in [set.name, set.answers] {
            for loud in LOUD {
                row(judged, name, loud);
            }
        }
        let nothing = Tally::of(of_set().filter(|one| !one.clip.is_command()));
        println!(
            "{:<8}no command: {} clips, {} acted on, {} asked about",
            set.name,
            nothing.clips.len(),
            nothing.count(Outcome::Wrong),
            nothing.count(Outcome::AskedAmiss)
        );
    }
    let mut times: Vec<Duration> = judged.iter().map(|one| one.took).collect();
    times.sort();
    let time =
        |share: usize| times.get(times.len().saturating_sub(1) * share / 100).map_or(0, Duration::as_millis);
    println!(
        "\nlistening: p50 {} ms, p95 {} ms per utterance; {model_mb:.0} MB more memory than without the model",
        time(50),
        time(95)
    );
    let elsewhere = std::env::var_os("BENCH_TALK").and_then(|path| std::fs::read_to_string(path).ok());
    println!("{}", last_line(judged, elsewhere.as_deref(), model_mb));
}

/// What became of what these voices said in a kitchen that is so loud.
fn row(judged: &[Judged], set: &str, loud: Option<f32>) {
    let tally = commands(judged, set, &[loud]);
    let first = tally.clips.iter().filter(|one| one.is_first).count();
    let (right, asked) = (tally.share(Outcome::Right), tally.share(Outcome::Asked));
    println!(
        "{set:<8}{:>8}{:>7}{:>8.1}%{:>8.1}%{:>8.1}%{:>8.2}%{:>12.1}%",
        loud.map_or("quiet".to_owned(), |loud| format!("{loud} dB")),
        tally.clips.len(),
        100.0 * right,
        100.0 * asked,
        100.0 * (right + asked),
        100.0 * tally.share(Outcome::Wrong),
        100.0 * first as f64 / tally.clips.len().max(1) as f64,
    );
}

/// The figures of a run without the display, which takes the others (`cargo xtask bench voice` does both).
const NOT_MEASURED: &str = "act_p50_ms=- act_p95_ms=- touch_p99_ms=- listen_cpu_pct=-";

/// The line for machines: shares from 0 to 1, `-` for what was not measured.
fn last_line(judged: &[Judged], elsewhere: Option<&str>, model_mb: f64) -> String {
    let [clean, db15, db10] = LOUD.map(|loud| commands(judged, "test", &[loud]));
    let all = commands(judged, "test", &LOUD);
    let no_command = Tally::of(judged.iter().filter(|one| one.clip.set == "test" && !one.clip.is_command()));
    let elsewhere = elsewhere.unwrap_or(NOT_MEASURED);
    format!(
        "bench voice clips={} clean_right={:.3} clean_asked={:.3} db15_right={:.3} db15_asked={:.3} db10_right={:.3} \
         wrong={:.4} false_accepts={} {elsewhere} model_mb={model_mb:.0}",
        all.clips.len(),
        clean.share(Outcome::Right),
        clean.share(Outcome::Asked),
        db15.share(Outcome::Right),
        db15.share(Outcome::Asked),
        db10.share(Outcome::Right),
        all.share(Outcome::Wrong),
        no_command.count(Outcome::Wrong),
    )
}

fn commands<'a>(judged: &'a [Judged], set: &str, louds: &[Option<f32>]) -> Tally<'a> {
    let wanted =
        |one: &&Judged| one.clip.set == set && one.clip.is_command() && louds.contains(&one.clip.loud);
    Tally::of(judged.iter().filter(wanted))
}
