//! The program `brigade`: settles the environment before any library looks at it, then hands over.
//!
//! Nothing here knows a kitchen. What must be decided before GTK, the web view and the first thread exist
//! is decided in this file; everything else belongs to the composition root.

#![cfg_attr(not(debug_assertions), windows_subsystem = "windows")]

use std::process::ExitCode;

use brigade::{Options, renderer};
use clap::Parser;

fn main() -> ExitCode {
    let options = Options::parse();
    if let Some((name, value)) = renderer::environment() {
        set_before_any_thread(name, value);
    }
    match brigade::run(&options) {
        Ok(code) => ExitCode::from(code),
        Err(error) => {
            eprintln!("brigade: {error}");
            ExitCode::FAILURE
        }
    }
}

/// Sets one environment variable of this process.
#[allow(unsafe_code)]
fn set_before_any_thread(name: &str, value: &str) {
    // SAFETY: called from `main` before any other thread is started, so nothing reads the environment meanwhile.
    unsafe { std::env::set_var(name, value) };
}
