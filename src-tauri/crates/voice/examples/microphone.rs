//! Says how the microphone is: a line per change, and its level five times a second. Ends with its input.
//!
//! `cargo run -p voice --example microphone`

use std::io::Read;
use voice::capture::{Microphone, State};

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let (microphone, mut frames) = Microphone::start(std::env::args().nth(1))?;
    let (mut state, mut level) = (microphone.state(), microphone.level());
    let (ended_tx, mut ended) = tokio::sync::oneshot::channel();
    std::thread::spawn(move || {
        let _ = std::io::stdin().read_to_end(&mut Vec::new());
        let _ = ended_tx.send(());
    });
    state.mark_changed();
    loop {
        tokio::select! {
            _ = &mut ended => return Ok(()),
            Ok(()) = state.changed() => match &*state.borrow_and_update() {
                State::Opening => println!("opening"),
                State::Ready { device } => println!("ready {device}"),
                State::Lost(lost) => println!("lost {}", lost.code()),
            },
            Ok(()) = level.changed() => println!("level {}", *level.borrow_and_update()),
            Some(_) = frames.recv() => {}
        }
    }
}
