//! One clip, and what a cook would see of it.

use recogniser::{Certainty, Evidence, Verdict};
use std::fmt::Write as _;
use std::time::Duration;
use voice::protocol::grammar::{self, Candidate, Match};
use voice::spoken::{Grammar, Sureness};

/// What was played.
pub(crate) struct Clip {
    pub(crate) set: &'static str,
    pub(crate) voice: &'static str,
    pub(crate) loud: Option<f32>,
    /// Of the command; empty: it is none.
    pub(crate) id: String,
    pub(crate) words: String,
}

impl Clip {
    pub(crate) fn nothing(set: &'static str, voice: &'static str, loud: Option<f32>, words: &str) -> Self {
        Self { set, voice, loud, id: String::new(), words: words.to_owned() }
    }

    pub(crate) fn is_command(&self) -> bool {
        !self.id.is_empty()
    }
}

/// What became of it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Outcome {
    /// What was said is done.
    Right,
    /// A question whose choices hold what was said.
    Asked,
    /// A question that does not offer it, or about nothing.
    AskedAmiss,
    /// Something else is done.
    Wrong,
    /// Nothing is done or asked.
    Nothing,
}

/// A clip and its verdict.
pub(crate) struct Judged {
    pub(crate) clip: Clip,
    pub(crate) outcome: Outcome,
    /// The likeliest saying is the right one.
    pub(crate) is_first: bool,
    pub(crate) took: Duration,
    verdict: Verdict,
}

impl Judged {
    pub(crate) fn new(clip: Clip, verdict: Verdict, took: Duration, meant: &Grammar) -> Self {
        let is_said = |id: &str| clip.is_command() && id == clip.id;
        let outcome = match meant.judge(&verdict.text, &matched(&verdict)).sureness {
            Sureness::Sure(command) if is_said(&command.id()) => Outcome::Right,
            Sureness::Sure(_) => Outcome::Wrong,
            Sureness::Ask(choices) if choices.iter().any(|choice| is_said(&choice.id())) => Outcome::Asked,
            Sureness::Ask(_) => Outcome::AskedAmiss,
            Sureness::Nothing => Outcome::Nothing,
        };
        let is_first = verdict.best.as_ref().is_some_and(|best| is_said(&best.id));
        Self { clip, outcome, is_first, took, verdict }
    }
}

/// As the hub tells a display.
fn matched(verdict: &Verdict) -> Match {
    let best = verdict.best.as_ref();
    let candidate =
        |likely: &recogniser::Likely| Candidate { id: likely.id.clone(), score: likely.score.into() };
    Match {
        revision: 1,
        verdict: match verdict.certainty {
            Certainty::Sure => grammar::Verdict::Sure,
            Certainty::Ask => grammar::Verdict::Ask,
            Certainty::None => grammar::Verdict::None,
        },
        id: best.map(|best| best.id.clone()),
        score: best.map_or(0.0, |best| best.score.into()),
        gap: verdict.evidence.map_or(0.0, |evidence| evidence.gap.into()),
        heard: best.map(|best| best.words.clone()).unwrap_or_default(),
        free: verdict.text.clone(),
        others: verdict.others.iter().map(candidate).collect(),
    }
}

/// Every result, for whoever chooses thresholds.
pub(crate) fn table(judged: &[Judged]) -> String {
    let mut table = String::from(
        "set\tvoice\tdb\tsaid\twords\toutcome\theard\tfit\tgap\tlead\tms\ttext\theardwords\tothers\n",
    );
    for Judged { clip, outcome, verdict, took, .. } in judged {
        let loud = clip.loud.map_or(String::new(), |loud| loud.to_string());
        let least = f32::NEG_INFINITY;
        let Evidence { fit, gap, lead } =
            verdict.evidence.unwrap_or(Evidence { fit: least, gap: least, lead: least });
        let best = verdict.best.as_ref();
        let (id, words) = best.map_or(("", ""), |best| (best.id.as_str(), best.words.as_str()));
        let others: Vec<String> =
            verdict.others.iter().map(|other| format!("{}={:.2}", other.id, other.score)).collect();
        let _ = writeln!(
            table,
            "{}\t{}\t{loud}\t{}\t{}\t{outcome:?}\t{id}\t{fit:.3}\t{gap:.3}\t{lead:.3}\t{}\t{}\t{words}\t{}",
            clip.set,
            clip.voice,
            clip.id,
            clip.words,
            took.as_millis(),
            verdict.text,
            others.join(" "),
        );
    }
    table
}
