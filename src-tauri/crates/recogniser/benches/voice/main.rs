//! How well commands are heard: synthetic voices, quiet and in a kitchen's noise, and things that are no command.
//!
//! Voices and other talk are split: thresholds may be chosen by what the tuning voices say, and are measured by what the
//! others say. Every clip and every noise comes from a seed, which is printed. What counts is what a cook would see: the
//! recogniser's verdict goes through the same judgement as in a display.

mod chance;
mod chatter;
mod evening;
mod judged;
mod kitchen;
mod report;
mod sound;
mod voices;

use chance::Chance;
use evening::Sayable;
use judged::{Clip, Judged};
use recogniser::{Grammar, Recogniser, SAMPLE_RATE, Saying};
use std::path::{Path, PathBuf};
use std::process::ExitCode;
use std::time::Instant;
use voices::{SPEEDS, TEST, TUNING, Voice};

/// Commands that each voice says at each speed, if nobody wants another number: with them half a percent of wrong acts is two
/// clips.
const COMMANDS: usize = 8;

/// For each of those, of what is no command: sentences, people talking at once, noise. Together 200 of them.
const NEGATIVES: [usize; 3] = [15, 5, 5];

/// From one of those sentences to the next; it has no divisor in common with their number.
const STRIDE: usize = 7;

/// How loud the kitchen is, in decibels that the speaker is louder; none: it is quiet.
const LOUD: [Option<f32>; 3] = [None, Some(15.0), Some(10.0)];

/// What a run wants.
struct Wanted {
    model: PathBuf,
    kept: PathBuf,
    seed: u64,
    /// Commands that each voice says at each speed.
    commands: usize,
    /// Only this set; none: both.
    set: Option<String>,
    /// Where every single result is written.
    table: Option<PathBuf>,
}

/// Some voices, and what they say besides commands.
struct Set {
    name: &'static str,
    /// What the answers of these voices to questions are kept as.
    answers: &'static str,
    voices: &'static [Voice],
    chatter: &'static [&'static str],
}

const SETS: [Set; 2] = [
    Set { name: "tuning", answers: "tuning?", voices: TUNING, chatter: chatter::TUNING },
    Set { name: "test", answers: "test?", voices: TEST, chatter: chatter::TEST },
];

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
    let text = |name: &str| std::env::var(name).ok().filter(|value| !value.is_empty());
    let path = |name: &str| text(name).map(PathBuf::from);
    let number = |name: &str, usual: usize| {
        text(name).map_or(Ok(usual), |said| said.parse().map_err(|_| format!("{name} is no number")))
    };
    Ok(Wanted {
        model: path("BRIGADE_VOICE_MODEL")
            .ok_or("BRIGADE_VOICE_MODEL must name the speech model's folder")?,
        kept: path("BENCH_CLIPS").unwrap_or_else(|| std::env::temp_dir().join("brigade-clips")),
        seed: number("BENCH_SEED", 1)? as u64,
        commands: number("BENCH_COMMANDS", COMMANDS)?,
        set: text("BENCH_SET"),
        table: path("BENCH_TABLE"),
    })
}

fn run(wanted: &Wanted) -> Result<(), String> {
    std::fs::create_dir_all(&wanted.kept).map_err(|error| format!("{}: {error}", wanted.kept.display()))?;
    println!("seed {}; clips are kept in {}", wanted.seed, wanted.kept.display());
    for set in &SETS {
        let names: Vec<&str> = set.voices.iter().map(|voice| voice.name()).collect();
        println!("{:<7} voices: {}", set.name, names.join(", "));
    }
    let meant = evening::grammar();
    let list = sayings(&meant);
    let forms: usize = list.iter().map(|saying| saying.say.len()).sum();

    let before = resident_mb();
    let began = Instant::now();
    let recogniser = Recogniser::load(&wanted.model).map_err(|error| error.to_string())?;
    println!("model read in {} ms", began.elapsed().as_millis());
    let began = Instant::now();
    let grammar = recogniser.grammar(&list);
    println!(
        "{} sayings in {forms} wordings made ready in {} ms",
        grammar.len(),
        began.elapsed().as_millis()
    );

    let sayable = Sayable::of(&meant);
    let mut bench = Bench {
        recogniser,
        grammar,
        meant,
        sayable,
        kept: &wanted.kept,
        commands: wanted.commands,
        judged: Vec::new(),
    };
    let wanted_sets = || {
        let numbered = SETS.iter().zip(0..);
        numbered.filter(|(set, _)| wanted.set.as_deref().is_none_or(|only| only == set.name))
    };
    for (set, number) in wanted_sets() {
        bench.set(set, Chance::new(wanted.seed * 1_000 + number))?;
    }
    bench.meant = evening::asking();
    bench.grammar = bench.recogniser.grammar(&sayings(&bench.meant));
    for (set, number) in wanted_sets() {
        bench.answers(set, Chance::new(wanted.seed * 1_000 + 500 + number))?;
    }
    let model_mb = resident_mb() - before;
    let judged = bench.judged;
    if let Some(path) = &wanted.table {
        std::fs::write(path, judged::table(&judged))
            .map_err(|error| format!("{}: {error}", path.display()))?;
    }
    report::print(&judged, model_mb);
    Ok(())
}

/// What can be said, as the recogniser takes it.
fn sayings(meant: &voice::spoken::Grammar) -> Vec<Saying> {
    meant.sayings().into_iter().map(|saying| Saying { id: saying.id, say: saying.say }).collect()
}

struct Bench<'a> {
    recogniser: Recogniser,
    grammar: Grammar,
    /// The same grammar on the side of whoever spoke.
    meant: voice::spoken::Grammar,
    sayable: Sayable,
    kept: &'a Path,
    commands: usize,
    judged: Vec<Judged>,
}

impl Bench<'_> {
    fn set(&mut self, set: &Set, mut chance: Chance) -> Result<(), String> {
        let talk = self.talk(set, &mut chance)?;
        for voice in set.voices {
            for speed in SPEEDS {
                for _ in 0..self.commands {
                    let (id, words) = self.sayable.something(&mut chance);
                    let (id, words) = (id.to_owned(), words.to_owned());
                    let spoken = voice.say(&words, speed, self.kept)?;
                    for loud in LOUD {
                        let sound = in_kitchen(&mut chance, &spoken, loud, &talk);
                        let clip = Clip {
                            set: set.name,
                            voice: voice.name(),
                            loud,
                            id: id.clone(),
                            words: words.clone(),
                        };
                        self.judge(clip, &sound)?;
                    }
                }
            }
        }
        let [sentences, babble, noise] = NEGATIVES.map(|each| each * self.commands);
        let first = chance.below(set.chatter.len());
        for at in 0..sentences {
            // In strides, so that short runs hear some of every kind.
            let words = set.chatter[(first + at * STRIDE) % set.chatter.len()];
            let voice = chance.of(set.voices);
            let loud = LOUD[at % LOUD.len()];
            let spoken = voice.say(words, chance.of(&SPEEDS), self.kept)?;
            let sound = in_kitchen(&mut chance, &spoken, loud, &talk);
            self.judge(Clip::nothing(set.name, voice.name(), loud, words), &sound)?;
        }
        for at in 0..babble + noise {
            let samples = SAMPLE_RATE + chance.below(2 * SAMPLE_RATE);
            let (kind, sound) = if at < babble {
                ("babble", kitchen::babble(&mut chance, samples, &talk))
            } else {
                ("noise", kitchen::noise(&mut chance, samples, &talk))
            };
            self.judge(Clip::nothing(set.name, kind, None, ""), &kitchen::levelled(&sound))?;
        }
        Ok(())
    }

    /// Other people's sentences.
    fn talk(&self, set: &Set, chance: &mut Chance) -> Result<Vec<Vec<f32>>, String> {
        (0..16).map(|_| chance.of(set.voices).say(chance.of(set.chatter), 1.0, self.kept)).collect()
    }

    /// Every answer to a question by every voice.
    fn answers(&mut self, set: &Set, mut chance: Chance) -> Result<(), String> {
        let talk = self.talk(set, &mut chance)?;
        for (voice, speed) in set.voices.iter().flat_map(|voice| SPEEDS.map(|speed| (voice, speed))) {
            for (id, words) in evening::ANSWERS {
                let spoken = voice.say(words, speed, self.kept)?;
                for loud in LOUD {
                    let sound = in_kitchen(&mut chance, &spoken, loud, &talk);
                    let (id, words) = (id.to_owned(), words.to_owned());
                    let clip = Clip { set: set.answers, voice: voice.name(), loud, id, words };
                    self.judge(clip, &sound)?;
                }
            }
        }
        Ok(())
    }

    fn judge(&mut self, clip: Clip, sound: &[f32]) -> Result<(), String> {
        let began = Instant::now();
        let verdict = self.recogniser.recognise(sound, &self.grammar).map_err(|error| error.to_string())?;
        let took = began.elapsed();
        self.judged.push(Judged::new(clip, verdict, took, &self.meant));
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

/// What this process holds in memory.
fn resident_mb() -> f64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    line.and_then(|line| line.trim().trim_end_matches(" kB").parse::<f64>().ok()).unwrap_or(0.0) / 1_024.0
}
