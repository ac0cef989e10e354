//! What the tests said: counts, the realtime rules they prove, and the table at the end.

use std::collections::BTreeMap;

use serde_json::Value;

use crate::part::{End, Part};

/// A rule of the realtime rules, `R3.5` as (3, 5).
pub(crate) type Rule = (u32, u32);

/// How many tests of a part passed and failed, and whether the rules they are named after held.
#[derive(Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) passed: usize,
    pub(crate) failed: usize,
    pub(crate) skipped: usize,
    /// Each rule with a test that ran, and whether all its tests passed.
    pub(crate) rules: BTreeMap<Rule, bool>,
    /// Which tests failed, each with the beginning of what it said.
    pub(crate) failures: Vec<String>,
    /// A part that is no collection of tests counts as one.
    is_check: bool,
}

impl Tally {
    /// Counts a part without tests as one check.
    pub(crate) fn checks(&mut self, passed: bool) {
        self.is_check = true;
        if passed { self.passed = 1 } else { self.failed = 1 }
    }

    fn count(&mut self, outcome: Outcome, rules: impl Iterator<Item = Rule>) {
        match outcome {
            Outcome::Passed => self.passed += 1,
            Outcome::Failed => self.failed += 1,
            Outcome::Skipped => {
                self.skipped += 1;
                return;
            }
        }
        for rule in rules {
            *self.rules.entry(rule).or_insert(true) &= outcome == Outcome::Passed;
        }
    }

    fn says(&self) -> String {
        let skipped = if self.skipped > 0 { format!(", {} skipped", self.skipped) } else { String::new() };
        match (self.is_check, self.failed) {
            (true, _) => "1 check".to_owned(),
            (false, 0) => format!("{} tests{skipped}", self.passed),
            (false, failed) => format!("{} tests, {failed} failed{skipped}", self.passed + failed),
        }
    }
}

#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    Passed,
    Failed,
    Skipped,
}

/// How much of what a failed test said is said again at the end, lines.
const REASON: usize = 12;

/// A failed test's name, with the beginning of what it said.
fn failure<'a>(name: &str, said: impl Iterator<Item = &'a str>) -> String {
    let said = said.map(str::trim_end).filter(|line| !line.is_empty()).take(REASON);
    said.fold(name.to_owned(), |text, line| text + "\n    " + line)
}

/// Reads what `cargo test` prints.
///
/// The counts are the sum of the `test result:` lines; the rules come from the names; what a failed test said
/// stands under its own heading, up to the next one.
pub(crate) fn cargo_test(printed: &str) -> Tally {
    let mut tally = Tally::default();
    let mut lines = printed.lines().peekable();
    while let Some(line) = lines.next() {
        if let Some(result) = line.strip_prefix("test result: ") {
            let number = |word: &str| {
                let before = result.split(&format!(" {word}")).next()?;
                before.rsplit([' ', ';']).next()?.parse::<usize>().ok()
            };
            tally.passed += number("passed").unwrap_or(0);
            tally.failed += number("failed").unwrap_or(0);
            tally.skipped += number("ignored").unwrap_or(0);
        } else if let Some((name, outcome)) =
            line.strip_prefix("test ").and_then(|rest| rest.split_once(" ... "))
        {
            let held = match outcome {
                "ok" => true,
                "FAILED" => false,
                _ => continue,
            };
            if let Some(rule) = rule_of_function(name) {
                *tally.rules.entry(rule).or_insert(true) &= held;
            }
        } else if let Some(name) = heading(line) {
            let ends = |line: &&str| heading(line).is_some() || *line == "failures:";
            let said: Vec<&str> = std::iter::from_fn(|| lines.next_if(|line| !ends(line))).collect();
            tally.failures.push(failure(name, said.into_iter()));
        }
    }
    tally
}

/// The test whose output follows a line.
fn heading(line: &str) -> Option<&str> {
    line.strip_prefix("---- ")?.strip_suffix(" stdout ----")
}

/// A runner that found nothing to run has not passed.
fn some(mut tally: Tally) -> Tally {
    if tally.passed + tally.failed == 0 {
        tally.failed = 1;
    }
    tally
}

/// Reads the file that vitest's JSON reporter wrote.
pub(crate) fn vitest(json: &str) -> Tally {
    let mut tally = Tally::default();
    let root: Value = serde_json::from_str(json).unwrap_or_default();
    for test in list(&root["testResults"]).flat_map(|file| list(&file["assertionResults"])) {
        let titles = list(&test["ancestorTitles"]).chain([&test["title"]]);
        let outcome = match test["status"].as_str() {
            Some("passed") => Outcome::Passed,
            Some("skipped" | "pending" | "todo") => Outcome::Skipped,
            _ => Outcome::Failed,
        };
        tally.count(outcome, titles.filter_map(|title| rule_of_title(title.as_str()?)));
        if outcome == Outcome::Failed {
            let said = list(&test["failureMessages"]).filter_map(Value::as_str).flat_map(str::lines);
            tally.failures.push(failure(test["fullName"].as_str().unwrap_or_default(), said));
        }
    }
    some(tally)
}

/// Reads the file that Playwright's JSON reporter wrote.
pub(crate) fn playwright(json: &str) -> Tally {
    fn suite(tally: &mut Tally, node: &Value, above: &[Rule]) {
        let rules: Vec<Rule> =
            above.iter().copied().chain(node["title"].as_str().and_then(rule_of_title)).collect();
        for spec in list(&node["specs"]) {
            let own = spec["title"].as_str().and_then(rule_of_title);
            for test in list(&spec["tests"]) {
                let outcome = match test["status"].as_str() {
                    Some("expected") => Outcome::Passed,
                    Some("skipped") => Outcome::Skipped,
                    // A test that passes only at the second try is a defect too.
                    _ => Outcome::Failed,
                };
                tally.count(outcome, rules.iter().copied().chain(own));
                if outcome == Outcome::Failed {
                    let errors = list(&test["results"]).flat_map(|result| list(&result["errors"]));
                    let said = errors.filter_map(|error| error["message"].as_str()).flat_map(str::lines);
                    tally.failures.push(failure(spec["title"].as_str().unwrap_or_default(), said));
                }
            }
        }
        for inner in list(&node["suites"]) {
            suite(tally, inner, &rules);
        }
    }
    let mut tally = Tally::default();
    let root: Value = serde_json::from_str(json).unwrap_or_default();
    for top in list(&root["suites"]) {
        suite(&mut tally, top, &[]);
    }
    // Errors outside any test: a file that does not load, a server that does not start.
    tally.failed += list(&root["errors"]).count();
    some(tally)
}

fn list(value: &Value) -> impl Iterator<Item = &Value> {
    value.as_array().into_iter().flatten()
}

/// `link::tests::r3_05_one_reconnect` proves R3.5.
fn rule_of_function(path: &str) -> Option<Rule> {
    let name = path.rsplit("::").next()?.strip_prefix('r')?;
    let (chapter, rest) = name.split_once('_')?;
    let (number, _) = rest.split_once('_')?;
    Some((chapter.parse().ok()?, number.parse().ok()?))
}

/// `R3.5 one reconnect` proves R3.5.
fn rule_of_title(title: &str) -> Option<Rule> {
    let (chapter, rest) = title.strip_prefix('R')?.split_once('.')?;
    let digits = rest.len() - rest.trim_start_matches(|c: char| c.is_ascii_digit()).len();
    Some((chapter.parse().ok()?, rest[..digits].parse().ok()?))
}

/// Prints the table, the rules and the closing line; returns whether everything passed.
pub(crate) fn print(parts: &[Part]) -> bool {
    let tests = parts.iter().map(|part| part.tally.says());
    let width = tests.map(|text| text.len()).max().unwrap_or(0).max(9);
    println!("\n{:<16}  {:<9}  {:<width$}  {:>7}", "part", "result", "ran", "seconds");
    for part in parts {
        let (result, ran) = match part.end {
            End::Passed => ("passed", part.tally.says()),
            End::Failed => ("FAILED", part.tally.says()),
            End::Unchanged => ("unchanged", "-".to_owned()),
            End::NotRun => ("NOT RUN", "-".to_owned()),
        };
        println!("{:<16}  {result:<9}  {ran:<width$}  {:>7.1}", part.name, part.took.as_secs_f64());
    }

    let mut rules: BTreeMap<Rule, bool> = BTreeMap::new();
    for (rule, held) in parts.iter().flat_map(|part| &part.tally.rules) {
        *rules.entry(*rule).or_insert(true) &= held;
    }
    let names: Vec<String> = rules
        .iter()
        .map(|((chapter, number), held)| {
            format!("R{chapter}.{number}{}", if *held { "" } else { " (FAILED)" })
        })
        .collect();
    println!("\nrules tested ({}): {}", names.len(), names.join(" "));

    for part in parts {
        for failure in &part.tally.failures {
            println!("\nFAILED in {}: {failure}", part.name);
        }
    }

    let passed: usize = parts.iter().map(|part| part.tally.passed).sum();
    let failed: usize = parts.iter().map(|part| part.tally.failed).sum();
    println!("\n{passed} passed, {failed} failed");
    failed == 0 && parts.iter().all(Part::passed)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn cargo_tests_are_summed_over_all_binaries() {
        let tally = cargo_test(
            "running 3 tests\n\
             test link::r3_05_one_reconnect ... ok\n\
             test link::r3_05_capped ... FAILED\n\
             test board::r4_03_snapshot_and_changes ... ok\n\
             test board::really ... ignored\n\
             \n\
             failures:\n\
             \n\
             ---- link::r3_05_capped stdout ----\n\
             \n\
             waited 61 s\n\
             \n\
             \n\
             failures:\n    link::r3_05_capped\n\
             \n\
             test result: FAILED. 2 passed; 1 failed; 1 ignored; 0 measured; 0 filtered out; finished in 0.02s\n\
             test result: ok. 40 passed; 0 failed; 0 ignored; 0 measured; 0 filtered out; finished in 0.02s\n",
        );
        assert_eq!((tally.passed, tally.failed, tally.skipped), (42, 1, 1));
        assert_eq!(tally.rules, BTreeMap::from([((3, 5), false), ((4, 3), true)]));
        assert_eq!(tally.failures, ["link::r3_05_capped\n    waited 61 s"]);
    }

    #[test]
    fn names_that_only_look_like_rules_are_none() {
        for name in ["reads_it", "r3_05", "rest_of_it", "r_5_x", "round_trip"] {
            assert_eq!(rule_of_function(name), None, "{name}");
        }
        assert_eq!(rule_of_title("Recall brings it back"), None);
        assert_eq!(rule_of_title("R3.12: old sockets cannot speak"), Some((3, 12)));
    }

    #[test]
    fn a_runner_that_wrote_nothing_has_failed() {
        assert_eq!(vitest("").failed, 1);
        assert_eq!(playwright("{}").failed, 1);
    }

    #[test]
    fn vitest_and_playwright_files_are_read() {
        let tally = vitest(
            r#"{"testResults":[{"assertionResults":[
                {"ancestorTitles":["R4.2 unmount"],"title":"nothing after","status":"passed"},
                {"ancestorTitles":[],"title":"later","status":"todo"},
                {"ancestorTitles":[],"title":"R4.1 single flight","fullName":"R4.1 single flight","status":"failed",
                 "failureMessages":["two mounts"]}]}]}"#,
        );
        assert_eq!((tally.passed, tally.failed, tally.skipped), (1, 1, 1));
        assert_eq!(tally.rules, BTreeMap::from([((4, 1), false), ((4, 2), true)]));
        assert_eq!(tally.failures, ["R4.1 single flight\n    two mounts"]);

        let tally = playwright(
            r#"{"suites":[{"title":"board.spec.ts","specs":[],"suites":[{"title":"R4.4 reload","specs":[
                {"title":"a new mount","tests":[{"status":"expected"},
                    {"status":"flaky","results":[{"errors":[{"message":"too late"}]},{"errors":[]}]}]}]}]}],"errors":[]}"#,
        );
        assert_eq!((tally.passed, tally.failed), (1, 1));
        assert_eq!(tally.rules, BTreeMap::from([((4, 4), false)]));
        assert_eq!(tally.failures, ["a new mount\n    too late"]);
    }
}
