//! The microphones of this PC, for the display's voice room.

use std::io;

use display::frame::MicrophoneChoice;
use display::talk::{Held, Microphone, Microphones};
use voice::capture;

/// Those that the sound system knows.
#[derive(Debug)]
pub(crate) struct OfThisPc;

impl Microphones for OfThisPc {
    fn open(&self, id: Option<&str>) -> io::Result<Microphone> {
        let (microphone, frames) = capture::Microphone::start(id.map(str::to_owned))?;
        let (state, level) = (microphone.state(), microphone.level());
        Ok(Microphone { frames, state, level, held: Box::new(Kept(microphone)) })
    }

    fn list(&self) -> Vec<MicrophoneChoice> {
        let choice = |device: capture::Device| MicrophoneChoice { id: device.id, name: device.name };
        capture::devices().into_iter().map(choice).collect()
    }
}

#[derive(Debug)]
struct Kept(capture::Microphone);

impl Held for Kept {
    fn choose(&self, id: Option<String>) {
        self.0.use_device(id);
    }
}
