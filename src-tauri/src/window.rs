//! The window of a kitchen's screen, and what a kiosk must change about it.

use std::path::Path;

use tauri::webview::{Color, NewWindowResponse};
use tauri::{AppHandle, LogicalSize, WebviewUrl, WebviewWindow, WebviewWindowBuilder};

use crate::options::Size;

/// The label of a screen that may work the board; its capability in `tauri.conf.json` names it.
const STATION: &str = "station";

/// The board's own ground, so that nothing white flashes before the first frame.
const GROUND: Color = Color(14, 17, 22, 255);

/// Opens the station's window, of exactly that size or as large as the screen. Must be called on the main thread.
pub(crate) fn open(
    app: &AppHandle,
    data: &Path,
    size: Option<Size>,
    fullscreen: bool,
) -> Result<WebviewWindow, tauri::Error> {
    let window = WebviewWindowBuilder::new(app, STATION, WebviewUrl::default())
        .title("Brigade")
        .background_color(GROUND)
        .data_directory(data.join("web"))
        .min_inner_size(320.0, 240.0)
        .zoom_hotkeys_enabled(false)
        .disable_drag_drop_handler()
        .on_new_window(|_, _| NewWindowResponse::Deny);
    let window = match size {
        Some(size) => window.inner_size(f64::from(size.width), f64::from(size.height)).position(0.0, 0.0),
        None => {
            // Where no window manager runs, nobody makes it larger than it asks to be.
            let monitor =
                app.primary_monitor()?.map(|monitor| monitor.size().to_logical(monitor.scale_factor()));
            let LogicalSize { width, height } = monitor.unwrap_or(LogicalSize::new(1280.0, 800.0));
            window.inner_size(width, height).position(0.0, 0.0).maximized(true).fullscreen(fullscreen)
        }
    };
    let window = window.build()?;
    #[cfg(target_os = "linux")]
    window.with_webview(|view| kiosk::settle(&view.inner()))?;
    Ok(window)
}

/// CSS pixels per millimetre of the monitor the window is on; `None` when it does not say. An X server that knows
/// nothing claims exactly 96 dots per inch, which no kitchen's monitor has.
pub(crate) fn px_per_mm(window: &WebviewWindow) -> Option<f64> {
    #[cfg(target_os = "linux")]
    {
        kiosk::px_per_mm(window)
            .filter(|density| (1.5..20.0).contains(density) && (density * 25.4 - 96.0).abs() > 1.0)
    }
    #[cfg(not(target_os = "linux"))]
    {
        let _ = window;
        None
    }
}

/// What tauri does not pass on of WebKitGTK.
#[cfg(target_os = "linux")]
mod kiosk {
    use std::cell::RefCell;
    use std::time::Instant;

    use gtk::gdk::prelude::MonitorExt;
    use gtk::glib::prelude::ObjectExt;
    use gtk::prelude::WidgetExt;
    use tauri::WebviewWindow;
    use webkit2gtk::{SettingsExt, WebView, WebViewExt};

    use crate::reloads::Reloads;

    /// As the monitor says, sensible or not.
    pub(super) fn px_per_mm(window: &WebviewWindow) -> Option<f64> {
        let display = window.gtk_window().ok()?.display();
        let at = window.outer_position().unwrap_or_default();
        let monitor = display.monitor_at_point(at.x, at.y)?;
        let millimetres = monitor.width_mm();
        (millimetres > 0).then(|| f64::from(monitor.geometry().width()) / f64::from(millimetres))
    }

    /// Brings the page back when its process dies, lets it say its errors where the program says its own, and takes the
    /// pinch from it.
    pub(super) fn settle(view: &WebView) {
        forget_pinch(view);
        if let Some(settings) = WebViewExt::settings(view) {
            settings.set_enable_write_console_messages_to_stdout(true);
        }
        let (reloads, started) = (RefCell::new(Reloads::default()), Instant::now());
        view.connect_web_process_terminated(move |view, reason| {
            let wait = reloads.borrow_mut().died(started.elapsed());
            let wait_ms = wait.as_millis();
            tracing::error!(target: "window", ?reason, wait_ms, "the page's process ended; loading the page again");
            // The window may be gone by then.
            let view = view.downgrade();
            gtk::glib::timeout_add_local_once(wait, move || {
                if let Some(view) = view.upgrade() {
                    view.reload();
                }
            });
        });
    }

    /// WebKitGTK magnifies the whole page by a gesture of its own that no page can refuse: two wet fingers, and half of
    /// the board is off the glass. It hangs on the view under this name and has no other switch.
    #[allow(unsafe_code)]
    fn forget_pinch(view: &WebView) {
        // SAFETY: under this name WebKitGTK keeps the one gesture that it made for the view, which owns it; it is only
        // read here, on the main thread, while the view lives.
        let gesture = unsafe { view.data::<gtk::glib::gobject_ffi::GObject>("wk-view-zoom-gesture") };
        let Some(gesture) = gesture else {
            tracing::warn!(target: "window", "this web view has no gesture to zoom by, or another one than expected");
            return;
        };
        // SAFETY: it is an object with handlers of its own; without them it moves nothing.
        unsafe { gtk::glib::gobject_ffi::g_signal_handlers_destroy(gesture.as_ptr()) };
    }
}
