//! `cargo xtask bench NAME`: measures the release build and prints a table; the last line is for machines.

use crate::machine::{self, Purpose};
use crate::{Stop, cargo, must, run as build};

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
];

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
    commands.iter().try_for_each(|command| must(cargo().args(*command), &format!("the benchmark {name}")))
}
