//! Sound as the network sees it: 80 mel bands of log energy, a column every 10 ms.
//!
//! The transform is a product with a table of sines: 400 points are too few for a fast one to matter.

use candle_core::{Device, Result, Tensor};
use std::f64::consts::PI;

/// Samples a second.
pub const SAMPLE_RATE: usize = 16_000;

/// Samples from one column to the next: 10 ms.
pub(crate) const HOP: usize = 160;

/// Samples that one column looks at: 25 ms.
const WINDOW: usize = 400;

/// Frequencies of a window of that length.
const BINS: usize = WINDOW / 2 + 1;

/// Mel bands.
pub(crate) const BANDS: usize = 80;

/// The tables, made once.
#[derive(Debug)]
pub(crate) struct Mel {
    /// `[window, 2 * bins]`: the window's shape times cosines, then sines.
    transform: Tensor,
    /// `[bins, bands]`.
    bands: Tensor,
}

impl Mel {
    pub(crate) fn new() -> Result<Self> {
        let mut transform = vec![0.0_f32; WINDOW * 2 * BINS];
        for (at, row) in transform.chunks_exact_mut(2 * BINS).enumerate() {
            let shape = 0.5 - 0.5 * (2.0 * PI * at as f64 / WINDOW as f64).cos();
            for bin in 0..BINS {
                let turn = 2.0 * PI * ((at * bin) % WINDOW) as f64 / WINDOW as f64;
                row[bin] = (shape * turn.cos()) as f32;
                row[BINS + bin] = (shape * turn.sin()) as f32;
            }
        }
        Ok(Self {
            transform: Tensor::from_vec(transform, (WINDOW, 2 * BINS), &Device::Cpu)?,
            bands: Tensor::from_vec(filters(), (BINS, BANDS), &Device::Cpu)?,
        })
    }

    /// `[1, bands, columns]` of sound, one column for every whole [`HOP`] of it.
    pub(crate) fn of(&self, sound: &[f32]) -> Result<Tensor> {
        let columns = sound.len() / HOP;
        let half = WINDOW as isize / 2;
        let mut windows = Vec::with_capacity(columns * WINDOW);
        for column in 0..columns {
            let start = (column * HOP) as isize - half;
            windows.extend((start..start + WINDOW as isize).map(|at| sound[mirrored(at, sound.len())]));
        }
        let windows = Tensor::from_vec(windows, (columns, WINDOW), &Device::Cpu)?;
        let waves = windows.matmul(&self.transform)?.sqr()?;
        let power = (waves.narrow(1, 0, BINS)? + waves.narrow(1, BINS, BINS)?)?;
        let energy = power.matmul(&self.bands)?.t()?.contiguous()?;
        let mut logs = energy.flatten_all()?.to_vec1::<f32>()?;
        let mut loudest = f32::MIN;
        for value in &mut logs {
            *value = value.max(1e-10).log10();
            loudest = loudest.max(*value);
        }
        for value in &mut logs {
            *value = (value.max(loudest - 8.0) + 4.0) / 4.0;
        }
        Tensor::from_vec(logs, (1, BANDS, columns), &Device::Cpu)
    }
}

/// An index beyond an end counts back from it.
fn mirrored(at: isize, len: usize) -> usize {
    let last = len as isize - 1;
    let at = at.abs();
    (if at > last { 2 * last - at } else { at }).clamp(0, last) as usize
}

/// Triangles of equal area, evenly spaced on Slaney's mel scale: linear below 1 kHz, logarithmic above. `[bins, bands]`.
fn filters() -> Vec<f32> {
    const LINEAR: f64 = 200.0 / 3.0;
    const KNEE: f64 = 1_000.0;
    let step = 6.4_f64.ln() / 27.0;
    let mel = |hertz: f64| {
        if hertz < KNEE { hertz / LINEAR } else { KNEE / LINEAR + (hertz / KNEE).ln() / step }
    };
    let hertz = |mel: f64| {
        if mel < KNEE / LINEAR { mel * LINEAR } else { KNEE * ((mel - KNEE / LINEAR) * step).exp() }
    };
    let top = mel(SAMPLE_RATE as f64 / 2.0);
    let edges: Vec<f64> = (0..BANDS + 2).map(|at| hertz(top * at as f64 / (BANDS + 1) as f64)).collect();
    let mut filters = vec![0.0; BINS * BANDS];
    for bin in 0..BINS {
        let at = bin as f64 * SAMPLE_RATE as f64 / WINDOW as f64;
        for band in 0..BANDS {
            let [low, middle, high] = [edges[band], edges[band + 1], edges[band + 2]];
            let height = ((at - low) / (middle - low)).min((high - at) / (high - middle)).max(0.0);
            filters[bin * BANDS + band] = (height * 2.0 / (high - low)) as f32;
        }
    }
    filters
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_bands_are_those_the_network_was_trained_on() {
        let filters = filters();
        let at = |band: usize, bin: usize| filters[bin * BANDS + band];
        let near = |value: f32, known: f32| (value - known).abs() < 1e-7;
        // Known values of this filter bank (librosa, 16 kHz, 400 points, 80 bands).
        assert!(near(at(0, 1), 0.024_862_6), "{}", at(0, 1));
        assert!(at(0, 0) == 0.0 && at(79, 200) == 0.0);
        for bin in 0..BINS {
            assert!((0..BANDS).filter(|band| at(*band, bin) > 0.0).count() <= 2);
        }
    }

    #[test]
    fn a_tone_is_loudest_in_its_band() {
        let mel = Mel::new().unwrap();
        let tone: Vec<f32> =
            (0..SAMPLE_RATE).map(|at| (2.0 * PI * 1_000.0 * at as f64 / 16_000.0).sin() as f32).collect();
        let seen = mel.of(&tone).unwrap();
        assert_eq!(seen.dims(), [1, BANDS, 100]);
        let column: Vec<f32> = seen.squeeze(0).unwrap().t().unwrap().to_vec2().unwrap().swap_remove(50);
        let loudest = (0..BANDS).max_by(|a, b| column[*a].total_cmp(&column[*b])).unwrap();
        let filters = filters();
        // 1 kHz is bin 25 of 40 Hz each.
        let expected = (0..BANDS).max_by(|a, b| filters[25 * BANDS + a].total_cmp(&filters[25 * BANDS + b]));
        assert_eq!(Some(loudest), expected);
        assert!(column.iter().all(|value| (-1.0..=2.5).contains(value)), "{column:?}");
    }

    #[test]
    fn silence_is_flat_and_short_sound_is_no_trouble() {
        let mel = Mel::new().unwrap();
        let seen = mel.of(&[0.0; 1_600]).unwrap().flatten_all().unwrap().to_vec1::<f32>().unwrap();
        assert!(seen.iter().all(|value| (value + 1.5).abs() < 1e-6));
        assert_eq!(mel.of(&[0.5; 160]).unwrap().dims(), [1, BANDS, 1]);
    }
}
