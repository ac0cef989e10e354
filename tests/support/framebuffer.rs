//! The memory of a private X display, read as it is: what a camera in front of the glass would see, without the time
//! that a screenshot takes.

use std::fs::File;
use std::os::unix::fs::FileExt;
use std::path::Path;
use std::sync::Arc;

/// The pixels of one display, shared with the X server through a file (`Xvfb -fbdir`).
#[derive(Debug, Clone)]
pub(crate) struct Framebuffer {
    file: Arc<File>,
    /// Where the pixels begin, bytes from one row to the next, and the size in pixels.
    start: u64,
    stride: u64,
    width: u64,
    height: u64,
}

impl Framebuffer {
    /// Opens the display's file. It is an XWD image: a header of big-endian numbers, a colour table, then 32-bit pixels.
    pub(crate) fn open(folder: &Path) -> Self {
        let file = File::open(folder.join("Xvfb_screen0")).unwrap();
        let number = |index: u64| {
            let mut bytes = [0; 4];
            file.read_exact_at(&mut bytes, index * 4).unwrap();
            u64::from(u32::from_be_bytes(bytes))
        };
        let (header, width, height, depth, stride, colours) =
            (number(0), number(4), number(5), number(11), number(12), number(19));
        assert_eq!(depth, 32, "the display has {depth} bits per pixel");
        Self { start: header + colours * 12, stride, width, height, file: Arc::new(file) }
    }

    /// Blue, green, red at a place.
    pub(crate) fn pixel(&self, (x, y): (usize, usize)) -> [u8; 3] {
        let mut bytes = [0; 4];
        let at = self.start + y as u64 * self.stride + x as u64 * 4;
        self.file.read_exact_at(&mut bytes, at).unwrap();
        [bytes[0], bytes[1], bytes[2]]
    }

    /// Whether a pixel of this colour stands somewhere on a coarse raster.
    pub(crate) fn shows(&self, colour: [u8; 3]) -> bool {
        let mut row = vec![0; self.width as usize * 4];
        (0..self.height).step_by(24).any(|y| {
            self.file.read_exact_at(&mut row, self.start + y * self.stride).unwrap();
            row.chunks_exact(4 * 24).any(|pixel| pixel[..3] == colour)
        })
    }
}
