//! The real application in its real web view, driven as a person would.

use std::fs::File;
use std::net::TcpListener;
use std::path::{Path, PathBuf};

use fantoccini::{Client, ClientBuilder, wd::Capabilities};
use hyper_util::client::legacy::connect::HttpConnector;
use serde_json::json;
use tokio::net::TcpStream;

use super::process::{Process, children_of, signal};
use super::{Desktop, SOON, until};

/// One run of `brigade`, with the driver that started it.
///
/// Everything the application prints is in `log`; [`App::log`] reads it.
#[derive(Debug)]
pub(crate) struct App {
    page: Client,
    driver: Process,
    process: u32,
    log: PathBuf,
}

impl App {
    /// Starts the application on `desktop` with these arguments and waits until its page can be driven.
    pub(crate) async fn start(desktop: &Desktop, arguments: &[&str]) -> Self {
        let log = desktop.home().join("app.log");
        let (driver, port) = start_driver(desktop, &log).await;

        let mut wanted = Capabilities::new();
        wanted.insert(
            "webkitgtk:browserOptions".to_owned(),
            json!({ "binary": env!("CARGO_BIN_EXE_brigade"), "args": arguments }),
        );
        let page = ClientBuilder::new(HttpConnector::new())
            .capabilities(wanted)
            .connect(&format!("http://127.0.0.1:{port}"))
            .await
            .unwrap_or_else(|error| panic!("the application did not open its page: {error}\n{}", read(&log)));
        let process = children_of(driver.id())
            .into_iter()
            .find_map(|(id, name)| (name == "brigade").then_some(id))
            .unwrap_or_else(|| panic!("the driver started no application\n{}", read(&log)));
        Self { page, driver, process, log }
    }

    /// The page, to look at and to touch.
    pub(crate) fn page(&self) -> &Client {
        &self.page
    }

    /// The application's process id.
    pub(crate) fn process(&self) -> u32 {
        self.process
    }

    /// All that this desktop's applications have printed so far.
    pub(crate) fn log(&self) -> String {
        read(&self.log)
    }

    /// Runs a script in the page and returns its result; `script` is a function's body.
    pub(crate) async fn run(&self, script: &str) -> serde_json::Value {
        self.page
            .execute(script, Vec::new())
            .await
            .unwrap_or_else(|error| panic!("`{script}` failed: {error}\n{}", self.log()))
    }

    /// Closes the application as the window's own close button does, and waits until it has ended.
    pub(crate) async fn close(self) {
        signal("TERM", &self.process.to_string());
        self.gone().await;
    }

    /// Ends the application as a power cut would: nothing is asked, nothing is saved.
    pub(crate) async fn kill(self) {
        signal("KILL", &self.process.to_string());
        self.gone().await;
    }

    async fn gone(&self) {
        let stat = PathBuf::from(format!("/proc/{}/stat", self.process));
        until("the application to end", SOON, async || {
            // An ended process that its parent has not buried yet is as gone as we need.
            let state = std::fs::read_to_string(&stat).ok();
            state
                .is_none_or(|stat| stat.rsplit_once(") ").is_some_and(|(_, rest)| rest.starts_with('Z')))
                .then_some(())
        })
        .await;
    }
}

/// Starts WebKitWebDriver on a free port and waits until it takes connections.
async fn start_driver(desktop: &Desktop, log: &Path) -> (Process, u16) {
    // Another program may take the port between asking and using it: then simply ask again.
    for _ in 0..5 {
        let port = TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
        let output = File::options().create(true).append(true).open(log).unwrap();
        let mut driver = Process::start(
            desktop
                .command("WebKitWebDriver")
                .arg(format!("--port={port}"))
                .env("TAURI_WEBVIEW_AUTOMATION", "true")
                .env("RUST_BACKTRACE", "1")
                .stdout(output.try_clone().unwrap())
                .stderr(output),
        );
        let ready = until("WebKitWebDriver to listen or to give up", SOON, async || {
            if TcpStream::connect(("127.0.0.1", port)).await.is_ok() {
                Some(true)
            } else {
                (!driver.runs()).then_some(false)
            }
        })
        .await;
        if ready {
            return (driver, port);
        }
    }
    panic!("WebKitWebDriver does not start:\n{}", read(log));
}

fn read(log: &Path) -> String {
    std::fs::read_to_string(log).unwrap_or_default()
}
