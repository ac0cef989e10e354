//! How the web view should draw on this machine.
//!
//! WebKitGTK shares buffers with the graphics card (DMA-BUF) when it can. Without a card it then draws in
//! software through that same path: measured on a PC without a GPU, six times slower (16.5 s against 2.6 s
//! for 150 board ticks) and 362 MB instead of 207 MB. NVIDIA's own driver shows an empty window with it.

use std::fs;
use std::path::Path;

/// The variable that WebKitGTK reads once, when the first web view starts.
const VARIABLE: &str = "WEBKIT_DISABLE_DMABUF_RENDERER";

/// The environment variable this process needs before GTK starts, if it needs one.
///
/// What the user has set stays as it is.
#[must_use]
pub fn environment() -> Option<(&'static str, &'static str)> {
    if !cfg!(target_os = "linux") || std::env::var_os(VARIABLE).is_some() {
        return None;
    }
    wants_plain_buffers(Path::new("/")).then_some((VARIABLE, "1"))
}

/// Whether the machine whose file tree starts at `root` has no card to share buffers with, or NVIDIA's.
fn wants_plain_buffers(root: &Path) -> bool {
    let render_node = fs::read_dir(root.join("dev/dri")).is_ok_and(|nodes| {
        nodes.flatten().any(|node| node.file_name().to_string_lossy().starts_with("renderD"))
    });
    !render_node || root.join("proc/driver/nvidia/version").exists()
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A machine with these files, and what it should use.
    fn check(files: &[&str], plain: bool) {
        let machine = tempfile::tempdir().unwrap();
        for file in files {
            let path = machine.path().join(file);
            fs::create_dir_all(path.parent().unwrap()).unwrap();
            fs::write(path, "").unwrap();
        }
        assert_eq!(wants_plain_buffers(machine.path()), plain, "{files:?}");
    }

    #[test]
    fn only_a_card_that_is_not_nvidias_shares_buffers() {
        check(&[], true);
        check(&["dev/dri/card0"], true);
        check(&["dev/dri/card0", "dev/dri/renderD128"], false);
        check(&["dev/dri/renderD128", "proc/driver/nvidia/version"], true);
    }
}
