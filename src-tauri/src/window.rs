//! The window of a kitchen's screen, and what a kiosk must change about it.

use std::path::Path;

use tauri::webview::{Color, NewWindowResponse};
use tauri::{AppHandle, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::options::Options;

/// The label of a screen that may work the board; its capability in `tauri.conf.json` names it.
const STATION: &str = "station";

/// The board's own ground, so that nothing white flashes before the first frame.
const GROUND: Color = Color(14, 17, 22, 255);

/// Opens the station's window as the options ask. Must be called on the main thread.
pub(crate) fn open(app: &AppHandle, options: &Options, data: &Path) -> Result<WebviewWindow, tauri::Error> {
    let window = WebviewWindowBuilder::new(app, STATION, WebviewUrl::default())
        .title("Brigade")
        .background_color(GROUND)
        .data_directory(data.join("web"))
        .min_inner_size(320.0, 240.0)
        .zoom_hotkeys_enabled(false)
        .disable_drag_drop_handler()
        .on_new_window(|_, _| NewWindowResponse::Deny);
    let window = match options.size {
        Some(size) => window.inner_size(f64::from(size.width), f64::from(size.height)).position(0.0, 0.0),
        None => window.inner_size(1280.0, 800.0).maximized(true).fullscreen(options.fullscreen),
    };
    let window = window.build()?;
    #[cfg(target_os = "linux")]
    window.with_webview(|view| kiosk::settle(&view.inner()))?;
    Ok(window)
}

/// What tauri does not pass on of WebKitGTK.
#[cfg(target_os = "linux")]
mod kiosk {
    use webkit2gtk::{WebView, WebViewExt};

    /// Brings the page back when its process dies.
    pub(super) fn settle(view: &WebView) {
        view.connect_web_process_terminated(|view, reason| {
            tracing::error!(target: "window", ?reason, "the page's process ended; loading the page again");
            view.reload();
        });
    }
}
