//! Checks that the page is built, then lets tauri write the permissions and the context of the application.
//!
//! Nothing here builds the page: `cargo xtask run` and `cargo xtask test` do that first, so that a plain
//! `cargo build` never starts npm behind someone's back.

use std::path::Path;
use std::process::exit;

use tauri_build::{AppManifest, Attributes, try_build};

/// What the web view is given: made by Vite, embedded into the program.
const PAGE: &str = "ui/dist";

/// Our own commands, and which of them each role of window may call.
const PERMISSIONS: &str = "src-tauri/permissions";

fn main() {
    println!("cargo:rerun-if-changed=src-tauri/build.rs");
    println!("cargo:rerun-if-changed={PERMISSIONS}");
    println!("cargo:rerun-if-changed={PAGE}");

    if !Path::new(PAGE).join("index.html").is_file() {
        refuse(&format!(
            "the user interface is not built: {PAGE}/index.html is missing. Start with `cargo xtask run`, \
             or build it alone with `npm --prefix ui ci && npm --prefix ui run build`"
        ));
    }

    let manifest = AppManifest::new().permissions_path_pattern("src-tauri/permissions/**/*");
    if let Err(error) = try_build(Attributes::new().app_manifest(manifest)) {
        refuse(&format!("{error:#}"));
    }
}

/// Ends the build with one readable line instead of a panic and its backtrace.
fn refuse(why: &str) -> ! {
    println!("cargo::error={why}");
    exit(1);
}
