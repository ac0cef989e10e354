//! `cargo xtask test`: everything that must hold, in one command that a person and the landing check share.
//!
//! Order: the page is built first (the application embeds it); then the page's own tests run beside the
//! compilation of the Rust; the Rust tests run last and alone, because many of them watch real time.

use std::collections::BTreeMap;
use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Instant;

use crate::machine::{self, Purpose, System};
use crate::part::{End, Part, Show};
use crate::report::{self, Tally};
use crate::{Stop, cargo, model, must, notes, npm, page, python, root};

pub(crate) fn run() -> Result<(), Stop> {
    machine::prepare(Purpose::Test)?;
    let notes = notes()?;
    let generated = contents(&root().join("ui/src/generated"));
    let none = |_: &str| Tally::default();

    let mut parts = vec![Part::run("format", with(cargo(), &["fmt", "--all", "--check"]), Show::Live, none)];
    let packages = when_changed("npm packages", page::packages(), page::packages_done);
    let build = if packages.passed() {
        when_changed("ui build", page::build(), page::build_done)
    } else {
        Part::skipped("ui build", End::NotRun)
    };
    let can_ui = packages.passed();
    parts.extend([packages, build]);
    // The shell embeds the page; without one the other rooms are tested all the same.
    let page = root().join("ui/dist/index.html").is_file();
    let rooms: &[&str] = if page { &["--workspace"] } else { &["--workspace", "--exclude=brigade"] };

    let (ui, mut rust) = std::thread::scope(|scope| {
        let ui = scope.spawn(|| if can_ui { ui(&notes) } else { Vec::new() });
        let rust = compile(rooms);
        (ui.join(), rust)
    });
    parts.extend(ui.map_err(|_| "the user interface's tests could not be run")?);

    let compiled = rust.iter().any(|part| part.name == "rust build" && part.passed());
    parts.append(&mut rust);
    // Without it the one test that needs it says so; all others run.
    if let Err(stop) = python::environment() {
        println!("\n== python environment\n{}", stop.why);
    }
    if compiled {
        parts.push(rust_tests("rust tests", rooms));
    } else {
        // Something does not compile: what does is tested all the same.
        let each = members()
            .into_iter()
            .map(|name| rust_tests(&format!("tests of {name}"), &[&format!("--package={name}")]));
        parts.extend(each);
    }
    parts.push(generated_types(&generated));
    if report::print(&parts) { Ok(()) } else { Err(Stop { why: String::new(), code: 1 }) }
}

/// Lints, types and tests of the user interface.
fn ui(notes: &Path) -> Vec<Part> {
    let none = |_: &str| Tally::default();
    let mut parts = vec![
        Part::run("ui lint", with(npm(), &["run", "lint"]), Show::AtEnd, none),
        Part::run("ui types", with(npm(), &["run", "typecheck"]), Show::AtEnd, none),
    ];

    let results = fresh(notes.join("vitest.json"));
    let to_file = format!("--outputFile.json={}", results.display());
    let tests = with(npm(), &["test", "--", "--reporter=default", "--reporter=json", &to_file]);
    parts.push(Part::run("ui tests", tests, Show::AtEnd, |_| report::vitest(&read(&results))));

    if let Err(stop) = browser() {
        println!("\n== ui in browser\n{}", stop.why);
        parts.push(Part::skipped("ui in browser", End::NotRun));
        return parts;
    }
    let results = fresh(notes.join("playwright.json"));
    let mut tests = with(npm(), &["run", "test:browser", "--", "--reporter=list,json"]);
    tests.env("PLAYWRIGHT_JSON_OUTPUT_FILE", &results).env("PLAYWRIGHT_JSON_OUTPUT_NAME", &results);
    parts.push(Part::run("ui in browser", tests, Show::AtEnd, |_| report::playwright(&read(&results))));
    parts
}

/// Ubuntu's own chromium is a snap; there Playwright brings its own browser.
fn browser() -> Result<(), Stop> {
    if System::read() != System::Ubuntu || machine::has("chromium") {
        return Ok(());
    }
    println!("asking Playwright for its Chromium (Ubuntu's package is a snap)");
    must(&mut with(npm(), &["exec", "--", "playwright", "install", "chromium"]), "playwright install")
}

/// Lints and compilation of all Rust, tests included.
fn compile(rooms: &[&str]) -> Vec<Part> {
    let none = |_: &str| Tally::default();
    let mut lint = with(cargo(), &["clippy", "--all-targets"]);
    lint.args(rooms).args(["--", "-D", "warnings"]);
    let mut build = with(cargo(), &["test", "--no-run"]);
    build.args(rooms);
    vec![Part::run("rust lint", lint, Show::Live, none), Part::run("rust build", build, Show::Live, none)]
}

fn rust_tests(name: &str, which: &[&str]) -> Part {
    let mut command = with(cargo(), &["test", "--no-fail-fast"]);
    command.args(which);
    if let Some(folder) = model::folder() {
        command.env(model::VARIABLE, folder);
    }
    Part::run(name, command, Show::Live, report::cargo_test)
}

/// The names of the workspace's packages.
fn members() -> Vec<String> {
    let said = with(cargo(), &["metadata", "--no-deps", "--format-version=1"]).output();
    let metadata: serde_json::Value =
        said.ok().and_then(|said| serde_json::from_slice(&said.stdout).ok()).unwrap_or_default();
    let packages = metadata["packages"].as_array().into_iter().flatten();
    packages.filter_map(|package| Some(package["name"].as_str()?.to_owned())).collect()
}

/// The Rust tests write the page's types; they must write what was there before.
fn generated_types(before: &BTreeMap<PathBuf, Vec<u8>>) -> Part {
    let begun = Instant::now();
    let after = contents(&root().join("ui/src/generated"));
    let mut changed: Vec<&PathBuf> =
        after.iter().filter(|(path, text)| before.get(*path) != Some(text)).map(|(path, _)| path).collect();
    changed.extend(before.keys().filter(|path| !after.contains_key(*path)));
    if !changed.is_empty() {
        println!("\n== generated types");
        println!("these were not what the Rust types say; they have been written anew, commit them:");
        for path in &changed {
            println!("  {}", path.strip_prefix(root()).unwrap_or(path).display());
        }
    }
    let mut tally = Tally::default();
    tally.checks(changed.is_empty());
    let end = if changed.is_empty() { End::Passed } else { End::Failed };
    Part { name: "generated types".to_owned(), end, took: begun.elapsed(), tally }
}

/// Runs a step whose input changed, and remembers that it was done.
fn when_changed(name: &str, command: Result<Option<Command>, Stop>, done: fn() -> Result<(), Stop>) -> Part {
    let part = match command {
        Ok(Some(command)) => Part::run(name, command, Show::Live, |_| Tally::default()),
        Ok(None) => return Part::skipped(name, End::Unchanged),
        Err(stop) => {
            println!("\n== {name}\n{}", stop.why);
            return Part::skipped(name, End::Failed);
        }
    };
    // Not remembered: it is done again next time, which costs seconds and breaks nothing.
    if part.passed()
        && let Err(stop) = done()
    {
        println!("{}", stop.why);
    }
    part
}

fn with(mut command: Command, words: &[&str]) -> Command {
    command.args(words);
    command
}

/// The path, with nothing there yet: an old result must never be read as a new one.
fn fresh(path: PathBuf) -> PathBuf {
    let _ = fs::remove_file(&path);
    path
}

fn read(path: &Path) -> String {
    fs::read_to_string(path).unwrap_or_default()
}

/// Every file below `folder`, with what is in it.
fn contents(folder: &Path) -> BTreeMap<PathBuf, Vec<u8>> {
    let mut found = BTreeMap::new();
    for entry in fs::read_dir(folder).into_iter().flatten().flatten() {
        let path = entry.path();
        if path.is_dir() {
            found.append(&mut contents(&path));
        } else {
            found.insert(path.clone(), fs::read(&path).unwrap_or_default());
        }
    }
    found
}
