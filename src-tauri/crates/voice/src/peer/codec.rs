//! Opus, 20 ms at a time.

use crate::audio::{Frame, RATE};

/// Turns frames into packets.
pub(super) struct Encoder {
    opus: opus::Encoder,
    room: Vec<u8>,
}

/// 20 ms of nothing, as every encoder writes it: an idle track costs no encoding.
pub(super) const SILENCE: &[u8] = &[0xF8, 0xFF, 0xFE];
/// Speech needs no more, bits per second.
const BITRATE: i32 = 32_000;
/// Of 0 to 10: at this rate nobody hears what more would do, and it is most of what listening costs.
const COMPLEXITY: i32 = 3;
/// More than any frame at that rate, bytes.
const LARGEST_PACKET: usize = 1_275;
/// What the forward error correction prepares for, percent.
const LOSS: i32 = 5;

impl Encoder {
    pub(super) fn new() -> opus::Result<Self> {
        let mut opus = opus::Encoder::new(RATE, opus::Channels::Mono, opus::Application::Voip)?;
        opus.set_bitrate(opus::Bitrate::Bits(BITRATE))?;
        opus.set_complexity(COMPLEXITY)?;
        opus.set_inband_fec(true)?;
        opus.set_packet_loss_perc(LOSS)?;
        Ok(Self { opus, room: vec![0; LARGEST_PACKET] })
    }

    pub(super) fn encode(&mut self, frame: &Frame) -> opus::Result<Vec<u8>> {
        let bytes = self.opus.encode(&frame.0[..], &mut self.room)?;
        Ok(self.room[..bytes].to_vec())
    }

    /// What was said before has nothing to do with what comes now.
    pub(super) fn forget(&mut self) {
        // It never fails; an encoder that remembers makes one odd frame.
        let _ = self.opus.reset_state();
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::audio::FRAME;

    #[test]
    fn a_tone_survives_and_silence_is_silent() {
        let mut encoder = Encoder::new().unwrap();
        let mut decoder = opus::Decoder::new(RATE, opus::Channels::Mono).unwrap();
        let mut heard = vec![0i16; FRAME];
        let mut loud = 0i64;
        for n in 0..20 {
            let tone = std::array::from_fn(|i| {
                let at = (n * FRAME + i) as f64 / f64::from(RATE);
                ((at * 440.0 * std::f64::consts::TAU).sin() * 8_000.0) as i16
            });
            let packet = encoder.encode(&Frame(Box::new(tone))).unwrap();
            assert!(packet.len() < 200, "{}", packet.len());
            assert_eq!(decoder.decode(&packet, &mut heard, false).unwrap(), FRAME);
            loud = heard.iter().map(|sample| i64::from(sample.abs())).sum::<i64>() / FRAME as i64;
        }
        assert!(loud > 3_000, "{loud}");
        for _ in 0..10 {
            assert_eq!(decoder.decode(SILENCE, &mut heard, false).unwrap(), FRAME);
        }
        assert!(heard.iter().all(|sample| sample.abs() < 50));
    }
}
