//! The cookie by which a sound server knows its user's programs. The server hangs up on who shows none, even where it would
//! ask no further; its own library therefore makes one where there is none. Ours does not, and looks in fewer places.

use std::fs::{File, OpenOptions};
use std::io::{self, Read, Write};
use std::os::unix::fs::OpenOptionsExt;
use std::path::{Path, PathBuf};

/// Bytes of a cookie.
const LENGTH: usize = 256;

/// Puts the user's cookie, or a new one, where it is looked for, if a sound server is there and none is. To be called
/// before a sound server is asked for anything.
pub fn show_cookie() {
    if let Err(error) = see_to_it() {
        tracing::debug!(target: "voice", %error, "no cookie for the sound server");
    }
}

fn see_to_it() -> io::Result<()> {
    let folder = |name| std::env::var_os(name).map(PathBuf::from);
    let server = folder("XDG_RUNTIME_DIR").map(|run| run.join("pulse/native"));
    let Some(home) = std::env::home_dir().filter(|_| server.is_some_and(|server| server.exists())) else {
        return Ok(());
    };
    let places = [folder("PULSE_COOKIE"), Some(home.join(".pulse-cookie"))];
    if places.into_iter().flatten().any(|place| place.exists()) {
        return Ok(());
    }
    let kept = folder("XDG_CONFIG_HOME").map(|config| config.join("pulse/cookie"));
    put(&home.join(".config/pulse/cookie"), kept.as_deref())
}

fn put(file: &Path, kept: Option<&Path>) -> io::Result<()> {
    if file.exists() {
        return Ok(());
    }
    let kept = kept.and_then(|kept| std::fs::read(kept).ok()).filter(|cookie| cookie.len() == LENGTH);
    let cookie = match kept {
        Some(cookie) => cookie,
        None => {
            let mut cookie = vec![0; LENGTH];
            File::open("/dev/urandom")?.read_exact(&mut cookie)?;
            cookie
        }
    };
    if let Some(folder) = file.parent() {
        std::fs::create_dir_all(folder)?;
    }
    OpenOptions::new().write(true).create_new(true).mode(0o600).open(file)?.write_all(&cookie)
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::os::unix::fs::PermissionsExt;

    #[test]
    fn the_users_own_cookie_or_a_new_one_is_put_once_and_is_private() {
        let folder = tempfile::tempdir().unwrap();
        let (file, kept) = (folder.path().join("a/pulse/cookie"), folder.path().join("kept"));
        std::fs::write(&kept, [7; LENGTH]).unwrap();
        put(&file, Some(&kept)).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), [7; LENGTH]);
        assert_eq!(std::fs::metadata(&file).unwrap().permissions().mode() & 0o777, 0o600);
        std::fs::write(&kept, [8; LENGTH]).unwrap();
        put(&file, Some(&kept)).unwrap();
        assert_eq!(std::fs::read(&file).unwrap(), [7; LENGTH], "what is there stays");
        let made = folder.path().join("b/cookie");
        std::fs::write(&kept, "short").unwrap();
        put(&made, Some(&kept)).unwrap();
        let made = std::fs::read(&made).unwrap();
        assert!(made.len() == LENGTH && made.iter().any(|byte| *byte != made[0]));
    }
}
