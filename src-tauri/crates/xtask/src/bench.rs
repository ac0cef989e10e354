//! `cargo xtask bench NAME`: measures the release build and prints a table; the last line is for machines.

use crate::machine::{self, Purpose};
use crate::{Stop, cargo, model, must, notes, run as build};

/// What can be measured, and what cargo does for it.
const BENCHES: &[(&str, &[&[&str]])] = &[
    ("glass", &[&["bench", "--package", "brigade", "--bench", "glass"]]),
    (
        "chaos",
        &[
            // The hub is a program of its own there; beside the application, so that both share what is compiled.
            &[
                "build",
                "--profile",
                "bench",
                "--package",
                "brigade",
                "--package",
                "hub",
                "--bin",
                "brigade-hub",
            ],
            &["bench", "--package", "brigade", "--bench", "chaos"],
        ],
    ),
    (
        VOICE,
        &[
            // Times in the real application, then accuracy, whose last line takes them over.
            &["bench", "--package", "brigade", "--bench", "talk"],
            &["bench", "--package", "recogniser", "--bench", "voice"],
        ],
    ),
];

/// Needs voices and a model as well.
const VOICE: &str = "voice";

pub(crate) fn run(words: &[String]) -> Result<(), Stop> {
    let known = || BENCHES.iter().map(|(name, _)| *name).collect::<Vec<_>>().join(", ");
    let Some(name) = words.first() else {
        return Err(Stop { why: format!("say what to measure: {}", known()), code: 2 });
    };
    let Some((_, commands)) = BENCHES.iter().find(|(bench, _)| bench == name) else {
        return Err(Stop { why: format!("there is no benchmark `{name}`, only: {}", known()), code: 2 });
    };
    machine::prepare(Purpose::Test)?;
    build::page()?;
    if name == VOICE {
        return voice(commands);
    }
    commands.iter().try_for_each(|command| must(cargo().args(*command), &format!("the benchmark {name}")))
}

fn voice(commands: &[&[&str]]) -> Result<(), Stop> {
    machine::prepare(Purpose::Speak)?;
    let model = model::folder().ok_or("there is no speech model to measure")?;
    let (clips, talk) = (notes()?.join("clips"), notes()?.join("talk"));
    commands.iter().try_for_each(|command| {
        let mut bench = cargo();
        bench.args(*command).env(model::VARIABLE, &model).env("BENCH_CLIPS", &clips).env("BENCH_TALK", &talk);
        must(&mut bench, "the benchmark voice")
    })
}
