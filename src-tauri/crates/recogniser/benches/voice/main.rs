//! How well commands are heard: synthetic voices, clean and in a kitchen's noise, and things that are no command.
//!
//! Voices are split: thresholds may be chosen by what the tuning voices say, and are measured by what the others say. Every
//! clip and every noise comes from a seed, which is printed.

mod chance;
mod evening;
mod kitchen;
mod sound;
mod voices;

use chance::Chance;
use recogniser::{Certainty, Grammar, Recogniser, SAMPLE_RATE, Saying, Thresholds};
use std::fmt::Write as _;
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::{Duration, Instant};
use voices::{SPEEDS, TEST, TUNING, Voice};

/// Commands that each voice says at each speed.
const COMMANDS: usize = 6;

/// Of what is no command: sentences, people talking at once, noise.
const NEGATIVES: [usize; 3] = [120, 40, 40];

/// What a run wants.
struct Wanted {
    model: PathBuf,
    kept: PathBuf,
    seed: u64,
    /// Where every single result is written.
    table: Option<PathBuf>,
}

fn main() -> ExitCode {
    match wanted().and_then(|wanted| run(&wanted)) {
        Ok(()) => ExitCode::SUCCESS,
        Err(why) => {
            eprintln!("bench voice: {why}");
            ExitCode::FAILURE
        }
    }
}

fn wanted() -> Result<Wanted, String> {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let seed = std::env::var("BENCH_SEED").ok().map_or(Ok(1), |text| text.parse());
    Ok(Wanted {
        model: set("BRIGADE_VOICE_MODEL").ok_or("BRIGADE_VOICE_MODEL must name the speech model's folder")?,
        kept: set("BENCH_CLIPS").unwrap_or_else(|| std::env::temp_dir().join("brigade-clips")),
        seed: seed.map_err(|_| "BENCH_SEED must be a whole number")?,
        table: set("BENCH_TABLE"),
    })
}

/// How loud the kitchen is, in decibels that the speaker is louder; none: it is quiet.
const LOUD: [Option<f32>; 3] = [None, Some(15.0), Some(10.0)];

/// One clip judged.
struct Judged {
    set: &'static str,
    voice: &'static str,
    loud: Option<f32>,
    said: String,
    heard: String,
    score: f32,
    gap: f32,
    mean: f32,
    took: Duration,
}

impl Judged {
    fn is_right(&self) -> bool {
        self.said == self.heard
    }
}

fn run(wanted: &Wanted) -> Result<(), String> {
    std::fs::create_dir_all(&wanted.kept).map_err(|error| format!("{}: {error}", wanted.kept.display()))?;
    println!("seed {}; clips are kept in {}", wanted.seed, wanted.kept.display());
    let names = |voices: &[Voice]| voices.iter().map(|voice| voice.name()).collect::<Vec<_>>().join(", ");
    println!("tuning voices: {}\ntest voices:   {}", names(TUNING), names(TEST));

    let before = resident_mb();
    let began = Instant::now();
    let recogniser = Recogniser::load(&wanted.model).map_err(|error| error.to_string())?;
    println!("model read in {} ms", began.elapsed().as_millis());
    let sayings = evening::grammar();
    let began = Instant::now();
    let grammar = recogniser.grammar(&sayings);
    println!("grammar of {} sayings made in {} ms", grammar.len(), began.elapsed().as_millis());

    let mut bench =
        Bench { recogniser: &recogniser, grammar: &grammar, sayings: &sayings, wanted, judged: Vec::new() };
    bench.set("tuning", TUNING, 0)?;
    bench.set("test", TEST, 1)?;
    let model_mb = resident_mb() - before;
    let judged = bench.judged;
    if let Some(path) = &wanted.table {
        std::fs::write(path, table(&judged)).map_err(|error| format!("{}: {error}", path.display()))?;
    }
    report(&judged, model_mb);
    Ok(())
}

struct Bench<'a> {
    recogniser: &'a Recogniser,
    grammar: &'a Grammar,
    sayings: &'a [Saying],
    wanted: &'a Wanted,
    judged: Vec<Judged>,
}

impl Bench<'_> {
    fn set(&mut self, set: &'static str, voices: &[Voice], number: u64) -> Result<(), String> {
        let mut chance = Chance::new(self.wanted.seed * 1_000 + number);
        let kept: &Path = &self.wanted.kept;
        let talk = (0..16)
            .map(|_| chance.of(voices).say(chance.of(&evening::CHATTER), 1.0, kept))
            .collect::<Result<Vec<_>, _>>()?;
        for voice in voices {
            for speed in SPEEDS {
                for _ in 0..COMMANDS {
                    let saying = evening::something(&mut chance, self.sayings);
                    // Digits are for reading; people say words.
                    let words: Vec<&String> = saying
                        .say
                        .iter()
                        .filter(|words| !words.contains(|c: char| c.is_ascii_digit()))
                        .collect();
                    let clip = voice.say(words[chance.below(words.len())], speed, kept)?;
                    for loud in LOUD {
                        let clip = in_kitchen(&mut chance, &clip, loud, &talk);
                        self.judge(set, voice.name(), loud, &saying.id, &clip)?;
                    }
                }
            }
        }
        for at in 0..NEGATIVES[0] {
            let clip = chance.of(voices).say(
                evening::CHATTER[at % evening::CHATTER.len()],
                chance.of(&SPEEDS),
                kept,
            )?;
            let clip = in_kitchen(&mut chance, &clip, LOUD[at % LOUD.len()], &talk);
            self.judge(set, "sentence", LOUD[at % LOUD.len()], "", &clip)?;
        }
        for at in 0..NEGATIVES[1] + NEGATIVES[2] {
            let samples = SAMPLE_RATE + chance.below(2 * SAMPLE_RATE);
            let (kind, clip) = if at < NEGATIVES[1] {
                ("babble", kitchen::babble(&mut chance, samples, &talk))
            } else {
                ("noise", kitchen::noise(&mut chance, samples, &talk))
            };
            self.judge(set, kind, None, "", &kitchen::levelled(&clip))?;
        }
        Ok(())
    }

    fn judge(
        &mut self,
        set: &'static str,
        voice: &'static str,
        loud: Option<f32>,
        said: &str,
        clip: &[f32],
    ) -> Result<(), String> {
        let began = Instant::now();
        let verdict = self.recogniser.recognise(clip, self.grammar).map_err(|error| error.to_string())?;
        let took = began.elapsed();
        let (heard, score, mean) =
            verdict.best.map_or((String::new(), f32::NEG_INFINITY, f32::NEG_INFINITY), |best| {
                (best.id, best.score, best.mean)
            });
        self.judged.push(Judged {
            set,
            voice,
            loud,
            said: said.to_owned(),
            heard,
            score,
            gap: verdict.gap,
            mean,
            took,
        });
        Ok(())
    }
}

/// Speech as the microphone hears it: a little before and after it, in that much noise.
fn in_kitchen(chance: &mut Chance, speech: &[f32], loud: Option<f32>, talk: &[Vec<f32>]) -> Vec<f32> {
    let quiet = |chance: &mut Chance| vec![0.0; SAMPLE_RATE / 10 + chance.below(SAMPLE_RATE / 4)];
    let mut clip = quiet(chance);
    clip.extend(speech);
    clip.extend(quiet(chance));
    if let Some(loud) = loud {
        let noise = kitchen::noise(chance, clip.len(), talk);
        clip = kitchen::mixed(&clip, &noise, loud);
    }
    kitchen::levelled(&clip)
}

/// What the thresholds made of a number of clips.
#[derive(Default)]
struct Tally {
    clips: usize,
    right: usize,
    asked: usize,
    wrong: usize,
}

impl Tally {
    fn of<'a>(judged: impl Iterator<Item = &'a Judged>, thresholds: &Thresholds) -> Self {
        let mut tally = Self::default();
        for one in judged {
            tally.clips += 1;
            match thresholds.judge(one.mean, one.gap) {
                Certainty::Sure if one.is_right() => tally.right += 1,
                Certainty::Sure => tally.wrong += 1,
                // Asking whether something else was said helps nobody.
                Certainty::Ask if one.is_right() => tally.asked += 1,
                Certainty::Ask | Certainty::None => {}
            }
        }
        tally
    }

    fn share(&self, count: usize) -> f64 {
        100.0 * count as f64 / self.clips.max(1) as f64
    }
}

fn report(judged: &[Judged], model_mb: f64) {
    let thresholds = Thresholds::default();
    println!("\nthresholds: {thresholds:?}");
    println!(
        "{:<8}{:>8}{:>7}{:>9}{:>9}{:>9}{:>12}",
        "set", "kitchen", "clips", "right", "asked", "wrong", "first is it"
    );
    for set in ["tuning", "test"] {
        for loud in LOUD {
            let clips =
                || judged.iter().filter(|one| one.set == set && !one.said.is_empty() && one.loud == loud);
            let tally = Tally::of(clips(), &thresholds);
            let first = clips().filter(|one| one.is_right()).count();
            println!(
                "{set:<8}{:>8}{:>7}{:>8.1}%{:>8.1}%{:>8.2}%{:>11.1}%",
                loud.map_or("quiet".to_owned(), |loud| format!("{loud} dB")),
                tally.clips,
                tally.share(tally.right),
                tally.share(tally.asked),
                tally.share(tally.wrong),
                tally.share(first),
            );
        }
        let nothing: Vec<&Judged> =
            judged.iter().filter(|one| one.set == set && one.said.is_empty()).collect();
        let count = |wanted: Certainty| {
            nothing.iter().filter(|one| thresholds.judge(one.mean, one.gap) == wanted).count()
        };
        println!(
            "{set:<8}no command: {} clips, {} acted on, {} asked about",
            nothing.len(),
            count(Certainty::Sure),
            count(Certainty::Ask)
        );
    }
    let test = |loud: Option<f32>| {
        let clips = judged.iter().filter(|one| one.set == "test" && !one.said.is_empty() && one.loud == loud);
        Tally::of(clips, &thresholds)
    };
    let [clean, db15, db10] = LOUD.map(test);
    let false_accepts = judged.iter().filter(|one| one.set == "test" && one.said.is_empty());
    let false_accepts = Tally::of(false_accepts, &thresholds).wrong;
    let wrong = clean.wrong + db15.wrong + db10.wrong;
    let clips = clean.clips + db15.clips + db10.clips;
    let mut times: Vec<Duration> = judged.iter().map(|one| one.took).collect();
    times.sort();
    let time = |share: usize| times[(times.len() - 1) * share / 100].as_millis();
    println!(
        "\nlistening: p50 {} ms, p95 {} ms per utterance; {model_mb:.0} MB more memory than without the model",
        time(50),
        time(95)
    );
    println!(
        "not measured here: act_p50_ms, act_p95_ms, touch_p99_ms, listen_cpu_pct (they need the display)"
    );
    println!(
        "bench voice clips={clips} clean_right={:.1} clean_asked={:.1} db15_right={:.1} db15_asked={:.1} db10_right={:.1} \
         wrong={:.2} false_accepts={false_accepts} act_p50_ms=- act_p95_ms=- touch_p99_ms=- listen_cpu_pct=- model_mb={model_mb:.0}",
        clean.share(clean.right),
        clean.share(clean.asked),
        db15.share(db15.right),
        db15.share(db15.asked),
        db10.share(db10.right),
        100.0 * wrong as f64 / clips.max(1) as f64,
    );
}

/// Every result, for whoever chooses thresholds.
fn table(judged: &[Judged]) -> String {
    let mut table = String::from("set\tvoice\tdb\tsaid\theard\tscore\tmean\tgap\tms\n");
    for one in judged {
        let loud = one.loud.map_or(String::new(), |loud| loud.to_string());
        let _ = writeln!(
            table,
            "{}	{}	{loud}	{}	{}	{:.3}	{:.3}	{:.3}	{}",
            one.set,
            one.voice,
            one.said,
            one.heard,
            one.score,
            one.mean,
            one.gap,
            one.took.as_millis()
        );
    }
    table
}

/// What this process holds in memory.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
}
