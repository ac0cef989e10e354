//! `cargo xtask bundle`: a release build as a Debian package, made offline by tauri's own bundler.

use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::time::SystemTime;

use crate::machine::{self, Purpose};
use crate::{Stop, model, must, root, run, target};

pub(crate) fn run() -> Result<(), Stop> {
    machine::prepare(Purpose::Run)?;
    run::page()?;
    model::stage()?;
    let begun = SystemTime::now();
    println!("building the release and its package ...");
    // One build for both programs: the package carries the order server for a PC without a screen, too.
    let both = ["--", "--package", "brigade", "--package", "hub"];
    must(tauri(&["build", "--bundles", "deb", "--ci"]).args(both), "the bundle")?;

    for deb in made_since(begun) {
        let size = fs::metadata(&deb).map(|file| file.len()).unwrap_or_default();
        println!("\n{} ({:.1} MB)", deb.display(), size as f64 / 1e6);
        println!("install it with: apt-get install {}", deb.display());
    }
    Ok(())
}

/// tauri's command line tool, as the user interface's lock file pins it.
fn tauri(words: &[&str]) -> Command {
    let mut command = Command::new(root().join("ui/node_modules/.bin/tauri"));
    command.current_dir(root()).args(words);
    command
}

fn made_since(begun: SystemTime) -> Vec<PathBuf> {
    let mut found: Vec<PathBuf> = fs::read_dir(target().join("release/bundle/deb"))
        .into_iter()
        .flatten()
        .flatten()
        .map(|entry| entry.path())
        .filter(|path| path.extension().is_some_and(|end| end == "deb"))
        .filter(|path| fs::metadata(path).and_then(|file| file.modified()).is_ok_and(|at| at >= begun))
        .collect();
    found.sort();
    found
}
