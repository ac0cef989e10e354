//! Starting with the desktop session: an entry in the user's own autostart folder, off until asked for.

use std::fs;
use std::path::PathBuf;

use crate::Error;
use crate::options::Switch;

/// The entry as the package ships it, so that what is installed and what this program writes are one text.
const ENTRY: &str = include_str!("../linux/brigade-autostart.desktop");

/// Writes or removes the entry and says what was done.
pub(crate) fn switch(to: Switch) -> Result<(), Error> {
    let path = entry_path().ok_or(Error::NoHome)?;
    let done = match to {
        Switch::On => path.parent().map_or(Ok(()), fs::create_dir_all).and_then(|()| fs::write(&path, ENTRY)),
        Switch::Off => match fs::remove_file(&path) {
            Err(error) if error.kind() == std::io::ErrorKind::NotFound => Ok(()),
            other => other,
        },
    };
    done.map_err(|source| Error::Autostart { path: path.clone(), source })?;
    match to {
        Switch::On => println!("brigade starts with this user's desktop session ({})", path.display()),
        Switch::Off => println!("brigade does not start by itself any more"),
    }
    Ok(())
}

fn entry_path() -> Option<PathBuf> {
    let config = std::env::var_os("XDG_CONFIG_HOME")
        .map(PathBuf::from)
        .filter(|path| path.is_absolute())
        .or_else(|| Some(std::env::home_dir()?.join(".config")))?;
    Some(config.join("autostart/brigade.desktop"))
}
