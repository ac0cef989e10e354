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
    println!("\n{:?}", Thresholds::default());
    println!(
        "{:<8}{:>8}{:>7}{:>9}{:>9}{:>9}{:>9}{:>13}",
        "set", "kitchen", "clips", "right", "asked", "both", "wrong", "first is it"
    );
    for set in &SETS {
        let of_set = || judged.iter().filter(|one| one.clip.set == set.name);
        if of_set().next().is_none() {
            continue;
        }
        for loud in LOUD {
            let tally = commands(judged, set.name, &[loud]);
            let first = tally.clips.iter().filter(|one| one.is_first).count();
            let (right, asked) = (tally.share(Outcome::Right), tally.share(Outcome::Asked));
            println!(
                "{:<8}{:>8}{:>7}{:>8.1}%{:>8.1}%{:>8.1}%{:>8.2}%{:>12.1}%",
                set.name,
                loud.map_or("quiet".to_owned(), |loud| format!("{loud} dB")),
                tally.clips.len(),
                100.0 * right,
                100.0 * asked,
                100.0 * (right + asked),
                100.0 * tally.share(Outcome::Wrong),
                100.0 * first as f64 / tally.clips.len().max(1) as f64,
            );
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
    println!(
        "not measured here: act_p50_ms, act_p95_ms, touch_p99_ms, listen_cpu_pct (they need the display)"
    );
    println!("{}", last_line(judged, &Elsewhere::default(), model_mb));
}

/// What is measured with a display, if it was.
#[derive(Default)]
pub(crate) struct Elsewhere {
    pub(crate) act_p50_ms: Option<f64>,
    pub(crate) act_p95_ms: Option<f64>,
    pub(crate) touch_p99_ms: Option<f64>,
    pub(crate) listen_cpu_pct: Option<f64>,
}

/// The line for machines: shares from 0 to 1, `-` for what was not measured.
fn last_line(judged: &[Judged], elsewhere: &Elsewhere, model_mb: f64) -> String {
    let [clean, db15, db10] = LOUD.map(|loud| commands(judged, "test", &[loud]));
    let all = commands(judged, "test", &LOUD);
    let no_command = Tally::of(judged.iter().filter(|one| one.clip.set == "test" && !one.clip.is_command()));
    let number = |value: Option<f64>| value.map_or("-".to_owned(), |value| format!("{value:.1}"));
    format!(
        "bench voice clips={} clean_right={:.3} clean_asked={:.3} db15_right={:.3} db15_asked={:.3} db10_right={:.3} \
         wrong={:.4} false_accepts={} act_p50_ms={} act_p95_ms={} touch_p99_ms={} listen_cpu_pct={} model_mb={model_mb:.0}",
        all.clips.len(),
        clean.share(Outcome::Right),
        clean.share(Outcome::Asked),
        db15.share(Outcome::Right),
        db15.share(Outcome::Asked),
        db10.share(Outcome::Right),
        all.share(Outcome::Wrong),
        no_command.count(Outcome::Wrong),
        number(elsewhere.act_p50_ms),
        number(elsewhere.act_p95_ms),
        number(elsewhere.touch_p99_ms),
        number(elsewhere.listen_cpu_pct),
    )
}

fn commands<'a>(judged: &'a [Judged], set: &str, louds: &[Option<f32>]) -> Tally<'a> {
    let wanted =
        |one: &&Judged| one.clip.set == set && one.clip.is_command() && louds.contains(&one.clip.loud);
    Tally::of(judged.iter().filter(wanted))
}
