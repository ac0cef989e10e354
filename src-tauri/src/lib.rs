//! The shell: puts the parts of Brigade together inside one desktop application.
//!
//! This is the only code that names tauri. It opens the window, decodes what the page asks, forwards it and
//! encodes the answer; it decides nothing about orders. The rooms it joins (the hub, the display) know
//! nothing of windows, so that each of them can be tested and run without one.

mod autostart;
mod commands;
mod options;
pub mod renderer;
mod window;

pub use options::{Options, Size, Switch};

use std::path::PathBuf;

use tauri::Manager;

/// Why the application could not run; the text is for whoever started it.
#[derive(Debug, thiserror::Error)]
pub enum Error {
    /// The data folder could not be made or written.
    #[error("cannot use the data folder {path}: {source}; choose another one with --data DIR")]
    DataFolder {
        /// The folder asked for.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// The autostart entry could not be written or removed.
    #[error("cannot change the autostart entry {path}: {source}")]
    Autostart {
        /// The entry's file.
        path: PathBuf,
        /// What the system said.
        source: std::io::Error,
    },
    /// This system has no home folder to keep an autostart entry or data in.
    #[error("no home folder is known for this user: set HOME, or give a data folder with --data DIR")]
    NoHome,
    /// The window system or the web view refused.
    #[error("the window could not be opened: {0}")]
    Window(#[from] tauri::Error),
}

/// Runs the application until its last window is closed.
///
/// # Errors
/// When the data folder, the window system or the web view cannot be used.
pub fn run(options: Options) -> Result<(), Error> {
    if let Some(switch) = options.autostart {
        return autostart::switch(switch);
    }
    let data = options.data_folder().ok_or(Error::NoHome)?;
    std::fs::create_dir_all(&data).map_err(|source| Error::DataFolder { path: data.clone(), source })?;

    tauri::Builder::default()
        .invoke_handler(tauri::generate_handler![commands::about])
        .setup(move |app| {
            app.manage(commands::Place { data: data.clone() });
            window::open(app.handle(), &options, &data)?;
            Ok(())
        })
        .run(tauri::generate_context!())?;
    Ok(())
}
