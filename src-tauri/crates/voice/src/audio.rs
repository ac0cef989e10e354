//! What the microphone gives and the track takes: 20 ms of one channel at 48 kHz.

/// Samples per second.
pub const RATE: u32 = 48_000;

/// Samples in a frame.
pub const FRAME: usize = 960;

/// How a microphone is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum State {
    /// Being opened; no sound has come yet.
    Opening,
    /// Sound comes.
    Ready {
        /// Shown name.
        device: String,
    },
    /// There is none, for now: it is tried again until there is.
    Lost(Lost),
}

/// Why there is no microphone.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Lost {
    /// The computer has none.
    NoDevice,
    /// Another program has it.
    Busy,
    /// We may not.
    Forbidden,
    /// It was there, and is gone.
    Unplugged,
    /// It is there, and gives nothing.
    Silent,
    /// The computer's sound does not work.
    Server,
}

impl Lost {
    /// For the language files.
    #[must_use]
    pub fn code(self) -> &'static str {
        match self {
            Self::NoDevice => "microphone_none",
            Self::Busy => "microphone_busy",
            Self::Forbidden => "microphone_forbidden",
            Self::Unplugged => "microphone_unplugged",
            Self::Silent => "microphone_silent",
            Self::Server => "microphone_server",
        }
    }
}

/// 20 ms of sound.
#[derive(Clone, PartialEq, Eq)]
pub struct Frame(pub Box<[i16; FRAME]>);

impl Frame {
    /// Nothing to hear.
    #[must_use]
    pub fn silence() -> Self {
        Self(Box::new([0; FRAME]))
    }

    /// How loud it is, 0 to 100, on the scale of ears: 0 at -60 dB and below, 100 at full scale.
    #[must_use]
    pub fn level(&self) -> u8 {
        let sum: f64 = self.0.iter().map(|sample| f64::from(*sample).powi(2)).sum();
        #[expect(clippy::cast_precision_loss, reason = "a frame is short")]
        let rms = (sum / FRAME as f64).sqrt() / f64::from(i16::MAX);
        let decibel = 20.0 * rms.max(1e-6).log10();
        #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "clamped to 0-100")]
        let level = ((decibel + 60.0) / 60.0 * 100.0).clamp(0.0, 100.0) as u8;
        level
    }
}

impl std::fmt::Debug for Frame {
    /// Sound is never logged.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(f, "Frame({} samples)", FRAME)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn levels_follow_the_ear() {
        assert_eq!(Frame::silence().level(), 0);
        assert!(Frame(Box::new([i16::MAX; FRAME])).level() >= 99);
        let quiet = Frame(Box::new([328; FRAME]));
        assert!((32..35).contains(&quiet.level()), "-40 dB is a third: {}", quiet.level());
        assert!(!format!("{quiet:?}").contains("328"));
    }
}
