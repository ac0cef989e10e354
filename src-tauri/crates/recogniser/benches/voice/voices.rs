//! People who speak the sentences: three programs that synthesise speech, and a folder that keeps what they said.

use crate::sound::resample;
use recogniser::SAMPLE_RATE;
use std::path::{Path, PathBuf};
use std::process::{Command, Stdio};

/// One way of speaking.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Voice {
    program: Program,
    name: &'static str,
}

#[derive(Debug, Clone, Copy)]
enum Program {
    Espeak,
    Flite,
    Festival,
}

const fn espeak(name: &'static str) -> Voice {
    Voice { program: Program::Espeak, name }
}

const fn flite(name: &'static str) -> Voice {
    Voice { program: Program::Flite, name }
}

const fn festival(name: &'static str) -> Voice {
    Voice { program: Program::Festival, name }
}

/// Thresholds are chosen with these ...
pub(crate) const TUNING: &[Voice] = &[
    espeak("en-us"),
    espeak("en-gb+f3"),
    espeak("en-us+m5"),
    espeak("en-gb-scotland+f2"),
    flite("rms"),
    flite("kal16"),
    festival("ked_diphone"),
    festival("kal_diphone"),
];

/// ... and measured with these. Nobody speaks in both.
pub(crate) const TEST: &[Voice] = &[
    espeak("en-gb"),
    espeak("en-us+f4"),
    espeak("en-gb-x-rp+m3"),
    espeak("en-gb-x-gbcwmd+f1"),
    espeak("en-us+m7"),
    flite("slt"),
    flite("awb"),
    festival("cmu_us_slt_arctic_hts"),
];

/// How fast: at ease, and in a hurry.
pub(crate) const SPEEDS: [f32; 2] = [1.0, 1.25];

impl Voice {
    pub(crate) fn name(self) -> &'static str {
        self.name
    }

    /// Says it, or remembers how it was said.
    pub(crate) fn say(self, text: &str, speed: f32, kept: &Path) -> Result<Vec<f32>, String> {
        let file = kept.join(format!(
            "{}-{speed}-{}.wav",
            self.name,
            text.replace(|c: char| !c.is_alphanumeric(), "_")
        ));
        if !file.is_file() {
            let fresh = file.with_extension("part");
            self.speak(text, speed, &fresh)?;
            std::fs::rename(&fresh, &file).map_err(|error| format!("{}: {error}", file.display()))?;
        }
        read(&file)
    }

    fn speak(self, text: &str, speed: f32, file: &PathBuf) -> Result<(), String> {
        let mut command = match self.program {
            Program::Espeak => {
                let mut command = Command::new("espeak-ng");
                command
                    .args(["-v", self.name, "-s", &format!("{:.0}", 150.0 * speed), "-w"])
                    .arg(file)
                    .arg(text);
                command
            }
            Program::Flite => {
                let mut command = Command::new("flite");
                let stretch = format!("duration_stretch={:.2}", 1.0 / speed);
                command.args(["-voice", self.name, "--setf", &stretch, "-t", text, "-o"]).arg(file);
                command
            }
            Program::Festival => {
                let mut command = Command::new("text2wave");
                let voice = format!("(voice_{})", self.name);
                let stretch = format!("(Parameter.set 'Duration_Stretch {:.2})", 1.0 / speed);
                let words = file.with_extension("txt");
                std::fs::write(&words, text).map_err(|error| error.to_string())?;
                command.args(["-eval", &voice, "-eval", &stretch, "-o"]).arg(file).arg(words);
                command
            }
        };
        let name = command.get_program().to_string_lossy().into_owned();
        let done = command.stdin(Stdio::null()).stdout(Stdio::null()).stderr(Stdio::null()).status();
        match done {
            Ok(status) if status.success() => Ok(()),
            Ok(status) => Err(format!("{name} could not say {text:?} ({status})")),
            Err(error) => Err(format!("{name} is needed for this measurement: {error}")),
        }
    }
}

/// A WAV file of 16-bit samples, one channel, at the recogniser's rate.
fn read(file: &Path) -> Result<Vec<f32>, String> {
    let bytes = std::fs::read(file).map_err(|error| format!("{}: {error}", file.display()))?;
    let torn = || format!("{} is no recording that can be read", file.display());
    let number = |at: usize| {
        bytes.get(at..at + 4).and_then(|four| four.try_into().ok()).map(u32::from_le_bytes).ok_or_else(torn)
    };
    let rate = number(24)? as usize;
    let mut at = 12;
    while bytes.get(at..at + 4).ok_or_else(torn)? != b"data" {
        at += 8 + number(at + 4)? as usize;
    }
    let samples =
        bytes[at + 8..].chunks_exact(2).map(|two| f32::from(i16::from_le_bytes([two[0], two[1]])) / 32_768.0);
    Ok(resample(&samples.collect::<Vec<_>>(), rate, SAMPLE_RATE))
}
