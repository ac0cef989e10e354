//! What the page may ask. Each command decodes, forwards and encodes; none decides anything.

#![allow(clippy::needless_pass_by_value, reason = "tauri hands a command its state by value")]

use std::path::PathBuf;

use serde::Serialize;
use tauri::State;

/// Where this screen keeps its files.
pub(crate) struct Place {
    pub(crate) data: PathBuf,
}

/// Which program this is, for the page's own "about" and for a call to support.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct About {
    version: &'static str,
    data_folder: PathBuf,
}

#[tauri::command]
pub(crate) fn about(place: State<'_, Place>) -> About {
    About { version: env!("CARGO_PKG_VERSION"), data_folder: place.data.clone() }
}
