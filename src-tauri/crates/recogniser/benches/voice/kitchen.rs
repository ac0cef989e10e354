//! A kitchen's noise, from a seed: the hood's rush, a pan's sizzle, clanks of metal, and four people talking.

use crate::chance::Chance;
use recogniser::SAMPLE_RATE;
use std::f32::consts::TAU;

/// Noise of that many samples; `talk` are recordings of other people's sentences.
pub(crate) fn noise(chance: &mut Chance, samples: usize, talk: &[Vec<f32>]) -> Vec<f32> {
    let parts = [
        (hood(chance, samples), 1.0),
        (sizzle(chance, samples), 0.5),
        (clanks(chance, samples), 0.6),
        (babble(chance, samples, talk), 0.9),
    ];
    let mut all = vec![0.0; samples];
    for (part, share) in parts {
        let loud = loudness(&part).max(1e-6);
        all.iter_mut().zip(part).for_each(|(all, part)| *all += part / loud * share);
    }
    all
}

/// Four people at once, each from somewhere in a sentence.
pub(crate) fn babble(chance: &mut Chance, samples: usize, talk: &[Vec<f32>]) -> Vec<f32> {
    let mut all = vec![0.0; samples];
    for _ in 0..4 {
        let mut at = 0;
        let mut skip = chance.below(SAMPLE_RATE);
        while at < samples {
            for value in talk[chance.below(talk.len())].iter().skip(skip) {
                let Some(place) = all.get_mut(at) else { break };
                *place += value;
                at += 1;
            }
            at += chance.below(SAMPLE_RATE / 2);
            skip = 0;
        }
    }
    all
}

fn hood(chance: &mut Chance, samples: usize) -> Vec<f32> {
    let (mut slow, mut slower) = (0.0, 0.0);
    let hum = 95.0 + 30.0 * chance.share();
    (0..samples)
        .map(|at| {
            let white = chance.noise();
            slow += 0.12 * (white - slow);
            slower += 0.01 * (white - slower);
            slow + 2.0 * slower + 0.05 * (TAU * hum * at as f32 / SAMPLE_RATE as f32).sin()
        })
        .collect()
}

fn sizzle(chance: &mut Chance, samples: usize) -> Vec<f32> {
    let (mut low, mut loud) = (0.0, 0.5_f32);
    (0..samples)
        .map(|_| {
            let white = chance.noise();
            low += 0.5 * (white - low);
            loud = (loud + 0.002 * chance.noise()).clamp(0.2, 1.0);
            let crack = if chance.below(400) == 0 { 4.0 * chance.noise() } else { 0.0 };
            loud * (white - low) + crack
        })
        .collect()
}

fn clanks(chance: &mut Chance, samples: usize) -> Vec<f32> {
    let mut all = vec![0.0; samples];
    let mut at = chance.below(SAMPLE_RATE / 2);
    while at < samples {
        let partials: Vec<(f32, f32)> =
            (0..6).map(|_| (700.0 + 5_000.0 * chance.share(), 15.0 + 40.0 * chance.share())).collect();
        for (since, place) in all[at..].iter_mut().enumerate() {
            let t = since as f32 / SAMPLE_RATE as f32;
            *place +=
                partials.iter().map(|(hertz, fade)| (TAU * hertz * t).sin() * (-fade * t).exp()).sum::<f32>();
        }
        at += SAMPLE_RATE / 5 + chance.below(SAMPLE_RATE);
    }
    all
}

/// Speech with that much noise under it, in decibels of the speech's loudness over the noise's.
pub(crate) fn mixed(speech: &[f32], noise: &[f32], decibels: f32) -> Vec<f32> {
    let share = spoken(speech) / loudness(noise).max(1e-9) / 10_f32.powf(decibels / 20.0);
    speech.iter().zip(noise).map(|(speech, noise)| speech + noise * share).collect()
}

/// As a microphone would have it: the peak at half of full scale.
pub(crate) fn levelled(sound: &[f32]) -> Vec<f32> {
    let peak = sound.iter().fold(1e-9, |peak: f32, value| peak.max(value.abs()));
    sound.iter().map(|value| value * 0.5 / peak).collect()
}

fn loudness(sound: &[f32]) -> f32 {
    (sound.iter().map(|value| value * value).sum::<f32>() / sound.len().max(1) as f32).sqrt()
}

/// Loudness of the parts where somebody speaks: windows of 20 ms within 30 dB of the loudest.
fn spoken(speech: &[f32]) -> f32 {
    let windows: Vec<f32> = speech.chunks(SAMPLE_RATE / 50).map(loudness).collect();
    let floor = windows.iter().copied().fold(0.0, f32::max) / 31.6;
    let loud: Vec<f32> = windows.into_iter().filter(|window| *window > floor).collect();
    loudness(&loud)
}
