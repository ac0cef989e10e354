//! Sound at another rate.

use std::f64::consts::PI;

/// Zero crossings of the filter on each side: more make the edge steeper than anybody hears.
const CROSSINGS: f64 = 12.0;

/// A whole piece of sound, sampled `from` times a second, as it would be with `to` samples a second. What the new rate cannot
/// hold is filtered out first.
pub(crate) fn resample(sound: &[f32], from: usize, to: usize) -> Vec<f32> {
    if from == to || sound.is_empty() || from == 0 || to == 0 {
        return sound.to_vec();
    }
    let step = from as f64 / to as f64;
    // The narrower of the two rates' bands, with room for the filter's edge.
    let band = 0.95 * (1.0 / step).min(1.0);
    let reach = CROSSINGS / band;
    let kernel = |distance: f64| {
        let turn = PI * distance * band;
        let wave = if turn.abs() < 1e-9 { 1.0 } else { turn.sin() / turn };
        band * wave * (0.5 + 0.5 * (PI * distance / reach).cos())
    };
    // Rates of whole numbers meet again after so many steps: their kernels are computed once.
    let phases = to / gcd(from, to);
    let kernels: Vec<(usize, Vec<f64>)> = (0..phases.min(sound.len() * to / from + 1))
        .map(|phase| {
            let place = phase as f64 * step;
            let first = (place - reach).ceil();
            let taps = (0..=(2.0 * reach) as usize).map(|tap| kernel(first + tap as f64 - place));
            // Counted from before the beginning, so that it is never negative.
            ((first + reach.ceil()) as usize, taps.collect())
        })
        .collect();
    let before = reach.ceil() as usize;
    let turns = from / gcd(from, to);
    (0..sound.len() * to / from)
        .map(|at| {
            let (first, taps) = &kernels[at % phases];
            let first = first + at / phases * turns;
            let heard = taps.iter().enumerate().filter_map(|(tap, weight)| {
                Some(f64::from(*sound.get((first + tap).checked_sub(before)?)?) * weight)
            });
            heard.sum::<f64>() as f32
        })
        .collect()
}

fn gcd(a: usize, b: usize) -> usize {
    if b == 0 { a } else { gcd(b, a % b) }
}
