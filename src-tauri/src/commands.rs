//! What the page may ask. Each command decodes, forwards and encodes; none decides anything.

#![allow(clippy::needless_pass_by_value, reason = "tauri hands a command its state by value")]

use std::path::PathBuf;
use std::sync::{Arc, OnceLock};

use display::frame::{Frame, Go, Grid, Mounted, Press, Pressed, TalkPress};
use display::{Kitchen, Role, Window};
use serde::Serialize;
use tauri::{State, WebviewWindow};
use wire::hub::Fault;

use crate::house::House;

/// What the page's commands reach: the house, or why there is none. Then the page says so instead of staying dark.
pub(crate) struct Front {
    pub(crate) house: Result<Arc<House>, Fault>,
    pub(crate) data: PathBuf,
    /// What the monitor says of its size, known once the window is open.
    pub(crate) px_per_mm: OnceLock<Option<f64>>,
}

impl Front {
    fn kitchen(&self) -> Result<&Kitchen, Fault> {
        self.house.as_ref().map(|house| &house.kitchen).map_err(Clone::clone)
    }
}

/// Which program this is, for the page's own "about" and for a call to support.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct About {
    version: &'static str,
    data_folder: PathBuf,
}

#[tauri::command]
pub(crate) fn about(front: State<'_, Front>) -> About {
    About { version: env!("CARGO_PKG_VERSION"), data_folder: front.data.clone() }
}

#[tauri::command]
pub(crate) async fn mount(front: State<'_, Front>, window: WebviewWindow) -> Result<Mounted, Fault> {
    let px_per_mm = front.px_per_mm.get().copied().flatten();
    let window = Window { label: window.label().to_owned(), role: Role::Cook, px_per_mm };
    front.kitchen()?.mount(window).await
}

#[tauri::command]
pub(crate) async fn unmount(front: State<'_, Front>, view: String, mount: u32) -> Result<(), Fault> {
    front.kitchen()?.unmount(&view, mount).await
}

#[tauri::command]
pub(crate) async fn next_frame(
    front: State<'_, Front>,
    view: String,
    mount: u32,
    revision: u32,
) -> Result<Frame, Fault> {
    front.kitchen()?.next_frame(&view, mount, revision).await
}

#[tauri::command]
pub(crate) async fn painted(
    front: State<'_, Front>,
    view: String,
    mount: u32,
    revision: u32,
) -> Result<(), Fault> {
    front.kitchen()?.painted(&view, mount, revision).await
}

#[tauri::command]
pub(crate) async fn set_grid(
    front: State<'_, Front>,
    view: String,
    mount: u32,
    grid: Grid,
) -> Result<(), Fault> {
    front.kitchen()?.set_grid(&view, mount, grid).await
}

#[tauri::command]
pub(crate) async fn press(
    front: State<'_, Front>,
    view: String,
    mount: u32,
    press: Press,
) -> Result<Pressed, Fault> {
    front.kitchen()?.press(&view, mount, press).await
}

#[tauri::command]
pub(crate) async fn go(front: State<'_, Front>, view: String, mount: u32, go: Go) -> Result<(), Fault> {
    front.kitchen()?.go(&view, mount, go).await
}

#[tauri::command]
pub(crate) async fn talk(
    front: State<'_, Front>,
    view: String,
    mount: u32,
    press: TalkPress,
) -> Result<(), Fault> {
    front.kitchen()?.talk(&view, mount, press).await
}

#[tauri::command]
pub(crate) async fn connection_retry(front: State<'_, Front>) -> Result<(), Fault> {
    front.kitchen()?.retry_connection().await
}
