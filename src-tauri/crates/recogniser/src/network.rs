//! The network: an encoder that turns sound into states, and a decoder that says how likely each next piece of text is.
//!
//! Whisper tiny.en: four layers each, six heads, 384 wide. Several texts are decoded side by side over one sound; what each
//! has said so far is kept as keys and values, so that a step costs one piece and not the whole text.

use crate::ModelError;
use crate::mel::BANDS;
use crate::vocabulary::{END, START, TOKENS, Token, WITHOUT_TIMES};
use crate::weights::Weights;
use candle_core::{DType, Device, IndexOp, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};
use candle_nn::{Linear, Module};
use std::collections::BTreeSet;
use std::f32::consts::{LN_2, LOG2_E};

const WIDTH: usize = 384;
const HEADS: usize = 6;
const HEAD: usize = WIDTH / HEADS;
const INNER: usize = 4 * WIDTH;
const LAYERS: usize = 4;

/// States of sound that fit: 30 s, one every 20 ms.
pub(crate) const LONGEST_SOUND: usize = 1_500;
/// Pieces of text that fit.
pub(crate) const LONGEST_TEXT: usize = 448;

/// Pieces before this number are the common ones: the commoner a piece, the smaller its number. Every text can be written
/// with them, if in more of them; all others together are seldom likely, and would be two thirds of the work.
const COMMON: usize = 16_384;
/// Texts that are begun side by side at most where nothing is listened to.
const ABREAST: usize = 64;

pub(crate) struct Network {
    conv1: (Tensor, Tensor),
    conv2: (Tensor, Tensor),
    sound_places: Tensor,
    encoder: Vec<EncoderLayer>,
    sound_norm: Norm,
    /// `[tokens, width]`, more than half of all weights. They are only looked up, and so kept as halves.
    pieces: Tensor,
    /// `[common, width]`: those that are computed with in every step.
    common: Tensor,
    text_places: Tensor,
    decoder: Vec<DecoderLayer>,
    text_norm: Norm,
}

struct EncoderLayer {
    attention: SelfAttention,
    inner: Inner,
}

struct DecoderLayer {
    attention: SelfAttention,
    across: AcrossAttention,
    inner: Inner,
}

struct SelfAttention {
    norm: Norm,
    query_key_value: Linear,
    out: Linear,
}

struct AcrossAttention {
    norm: Norm,
    query: Linear,
    key_value: Linear,
    out: Linear,
}

struct Inner {
    norm: Norm,
    up: Linear,
    down: Linear,
}

struct Norm {
    gamma: Tensor,
    beta: Tensor,
}

/// What can be written: the common pieces, the end, and some of the other pieces.
#[derive(Debug)]
pub(crate) struct Writable {
    /// In order.
    rare: Vec<Token>,
    /// `[rare, width]`.
    weights: Tensor,
}

/// How likely each writable piece is to be the next of each text.
pub(crate) struct Likely<'a> {
    writable: &'a Writable,
    /// Of each text in turn, what the network makes of the common pieces, and of the rare ones.
    common: Vec<f32>,
    rare: Vec<f32>,
    /// Of each text, the logarithm of them all together.
    all: Vec<f32>,
}

/// What is likely to come next in a text, whatever is heard: what the network weighs the pieces with.
pub(crate) struct Before {
    state: Vec<f32>,
    all: f32,
}

/// What the decoder knows of one sound and of the texts begun over it.
#[derive(Clone)]
pub(crate) struct Decoding {
    layers: Vec<Kept>,
    said: usize,
}

#[derive(Clone)]
struct Kept {
    /// Of the sound: `[heads, head, states]` and `[heads, states, head]`; none: nothing is listened to.
    sound: Option<(Tensor, Tensor)>,
    /// Of the texts: `[texts, heads, said, head]` twice.
    texts: Option<(Tensor, Tensor)>,
}

impl Network {
    pub(crate) fn new(weights: &mut Weights) -> std::result::Result<Self, ModelError> {
        let w = weights;
        let encoder = (0..LAYERS).map(|at| EncoderLayer::new(w, &format!("encoder/layer_{at}")));
        let encoder = encoder.collect::<std::result::Result<_, _>>()?;
        let decoder = (0..LAYERS).map(|at| DecoderLayer::new(w, &format!("decoder/layer_{at}")));
        let decoder = decoder.collect::<std::result::Result<_, _>>()?;
        let bias = |w: &mut Weights, name: &str| -> std::result::Result<Tensor, ModelError> {
            Ok(w.take(name, &[WIDTH])?.reshape((1, WIDTH, 1))?)
        };
        let pieces = w.take_halves("decoder/embeddings/weight", &[TOKENS, WIDTH])?;
        let common = pieces.narrow(0, 0, COMMON)?.to_dtype(DType::F32)?;
        Ok(Self {
            conv1: (w.take("encoder/conv1/weight", &[WIDTH, BANDS, 3])?, bias(w, "encoder/conv1/bias")?),
            conv2: (w.take("encoder/conv2/weight", &[WIDTH, WIDTH, 3])?, bias(w, "encoder/conv2/bias")?),
            sound_places: w.take("encoder/position_encodings/encodings", &[LONGEST_SOUND, WIDTH])?,
            encoder,
            sound_norm: Norm::new(w, "encoder")?,
            pieces,
            common,
            text_places: w.take("decoder/position_encodings/encodings", &[LONGEST_TEXT, WIDTH])?,
            decoder,
            text_norm: Norm::new(w, "decoder")?,
        })
    }

    /// Listens to `[1, bands, columns]` of sound; what is decoded then is over that sound.
    pub(crate) fn listen(&self, mel: &Tensor) -> Result<Decoding> {
        let wave = mel.conv1d(&self.conv1.0, 1, 1, 1, 1)?.broadcast_add(&self.conv1.1)?.gelu_erf()?;
        let wave = wave.conv1d(&self.conv2.0, 1, 2, 1, 1)?.broadcast_add(&self.conv2.1)?.gelu_erf()?;
        let states = wave.squeeze(0)?.t()?.contiguous()?;
        let mut states = (&states + self.sound_places.narrow(0, 0, states.dim(0)?)?)?;
        for layer in &self.encoder {
            states = layer.attention.over_sound(&states)?;
            states = layer.inner.apply(&states)?;
        }
        let states = self.sound_norm.apply(&states)?;
        let layers = self.decoder.iter().map(|layer| {
            let both = layer.across.key_value.forward(&states)?;
            let key = heads(&both.narrow(1, 0, WIDTH)?)?.transpose(1, 2)?.contiguous()?;
            let value = heads(&both.narrow(1, WIDTH, WIDTH)?)?.contiguous()?;
            Ok(Kept { sound: Some((key, value)), texts: None })
        });
        Ok(Decoding { layers: layers.collect::<Result<_>>()?, said: 0 })
    }

    /// Lets these be written beside the common pieces and the end.
    pub(crate) fn writable(&self, pieces: impl Iterator<Item = Token>) -> Result<Writable> {
        let rare: BTreeSet<Token> = pieces.chain([END]).filter(|piece| *piece as usize >= COMMON).collect();
        let rare: Vec<Token> = rare.into_iter().collect();
        Ok(Writable { weights: self.rows(&rare)?, rare })
    }

    /// Begins one text: says how likely each piece is to be its first.
    pub(crate) fn begin<'a>(&self, decoding: &mut Decoding, writable: &'a Writable) -> Result<Likely<'a>> {
        self.step(decoding, &[START])?;
        self.say(decoding, &[WITHOUT_TIMES], writable)
    }

    /// Adds one piece to each text and says how likely each piece is to be its next.
    pub(crate) fn say<'a>(
        &self,
        decoding: &mut Decoding,
        pieces: &[Token],
        writable: &'a Writable,
    ) -> Result<Likely<'a>> {
        let states = self.step(decoding, pieces)?;
        Likely::new(self, &states, writable)
    }

    /// What is likely to come first in a text, whatever is heard.
    pub(crate) fn before_all(&self) -> Result<Before> {
        Ok(self.weighed(&self.unheard()?.1)?.remove(0))
    }

    /// What is likely to follow each of these pieces, whatever is heard.
    pub(crate) fn before(&self, pieces: &[Token]) -> Result<Vec<Before>> {
        let begun = self.unheard()?.0;
        let mut all = Vec::with_capacity(pieces.len());
        for some in pieces.chunks(ABREAST) {
            let mut decoding = begun.clone();
            decoding.keep(&vec![0; some.len()])?;
            all.extend(self.weighed(&self.step(&mut decoding, some)?)?);
        }
        Ok(all)
    }

    /// A text begun without a sound.
    fn unheard(&self) -> Result<(Decoding, Tensor)> {
        let nothing = self.decoder.iter().map(|_| Kept { sound: None, texts: None });
        let mut begun = Decoding { layers: nothing.collect(), said: 0 };
        self.step(&mut begun, &[START])?;
        let states = self.step(&mut begun, &[WITHOUT_TIMES])?;
        Ok((begun, states))
    }

    fn weighed(&self, states: &Tensor) -> Result<Vec<Before>> {
        let writable = self.writable(std::iter::empty())?;
        let all = Likely::new(self, states, &writable)?.all;
        let before = states.to_vec2()?.into_iter().zip(all);
        Ok(before.map(|(state, all)| Before { state, all }).collect())
    }

    /// Of each of `before`, how likely each of these pieces is.
    pub(crate) fn follow(&self, before: &[&Before], pieces: &[Token]) -> Result<Vec<Vec<f32>>> {
        let states: Vec<f32> = before.iter().flat_map(|before| before.state.iter().copied()).collect();
        let states = Tensor::from_vec(states, (before.len(), WIDTH), &Device::Cpu)?;
        let mut likely = states.matmul(&self.rows(pieces)?.t()?)?.to_vec2::<f32>()?;
        for (row, before) in likely.iter_mut().zip(before) {
            row.iter_mut().for_each(|weight| *weight -= before.all);
        }
        Ok(likely)
    }

    /// Adds one piece to each text: the states, `[texts, width]`, that what follows is read from.
    fn step(&self, decoding: &mut Decoding, pieces: &[Token]) -> Result<Tensor> {
        let place = self.text_places.i(decoding.said)?;
        let mut states = self.rows(pieces)?.broadcast_add(&place)?;
        for (layer, kept) in self.decoder.iter().zip(&mut decoding.layers) {
            states = layer.attention.over_text(&states, &mut kept.texts)?;
            if let Some(sound) = &kept.sound {
                states = layer.across.over(&states, sound)?;
            }
            states = layer.inner.apply(&states)?;
        }
        decoding.said += 1;
        self.text_norm.apply(&states)
    }

    /// The weights of these pieces, `[pieces, width]`.
    fn rows(&self, pieces: &[Token]) -> Result<Tensor> {
        self.pieces.index_select(&Tensor::new(pieces, &Device::Cpu)?, 0)?.to_dtype(DType::F32)
    }
}

impl<'a> Likely<'a> {
    fn new(network: &Network, states: &Tensor, writable: &'a Writable) -> Result<Self> {
        let of = |weights: &Tensor| states.matmul(&weights.t()?)?.flatten_all()?.to_vec1::<f32>();
        let (common, rare) = (of(&network.common)?, of(&writable.weights)?);
        let rows = common.chunks_exact(COMMON).zip(rare.chunks_exact(writable.rare.len()));
        let all = rows.map(|(common, rare)| together(common, rare)).collect();
        Ok(Self { writable, common, rare, all })
    }

    /// Natural logarithm of how likely a piece is to be the next of a text.
    pub(crate) fn of(&self, text: usize, piece: Token) -> f32 {
        let common = piece as usize;
        let weight = if common < COMMON {
            self.common[text * COMMON + common]
        } else {
            let Ok(place) = self.writable.rare.binary_search(&piece) else { return f32::NEG_INFINITY };
            self.rare[text * self.writable.rare.len() + place]
        };
        weight - self.all[text]
    }

    /// The likeliest next piece of a text, and how likely it is.
    pub(crate) fn likeliest(&self, text: usize) -> (Token, f32) {
        let common = self.common[text * COMMON..].iter().take(COMMON).copied().zip(0..);
        let rare = &self.writable.rare;
        let others = self.rare[text * rare.len()..].iter().copied().zip(rare.iter().copied());
        let best = common.chain(others).max_by(|a, b| a.0.total_cmp(&b.0));
        best.map_or((END, 0.0), |(weight, piece)| (piece, weight - self.all[text]))
    }
}

impl Decoding {
    /// Goes on with these of the texts, in this order; one may be there several times.
    pub(crate) fn keep(&mut self, texts: &[u32]) -> Result<()> {
        let texts = Tensor::new(texts, &Device::Cpu)?;
        for kept in &mut self.layers {
            if let Some((keys, values)) = &mut kept.texts {
                *keys = keys.index_select(&texts, 0)?;
                *values = values.index_select(&texts, 0)?;
            }
        }
        Ok(())
    }

    /// How many pieces each text has.
    pub(crate) fn said(&self) -> usize {
        self.said
    }
}

impl EncoderLayer {
    fn new(w: &mut Weights, at: &str) -> std::result::Result<Self, ModelError> {
        Ok(Self { attention: SelfAttention::new(w, at)?, inner: Inner::new(w, at)? })
    }
}

impl DecoderLayer {
    fn new(w: &mut Weights, at: &str) -> std::result::Result<Self, ModelError> {
        Ok(Self {
            attention: SelfAttention::new(w, at)?,
            across: AcrossAttention::new(w, at)?,
            inner: Inner::new(w, at)?,
        })
    }
}

impl SelfAttention {
    fn new(w: &mut Weights, at: &str) -> std::result::Result<Self, ModelError> {
        let at = format!("{at}/self_attention");
        Ok(Self {
            norm: Norm::new(w, &at)?,
            query_key_value: linear(w, &format!("{at}/linear_0"), WIDTH, 3 * WIDTH)?,
            out: linear(w, &format!("{at}/linear_1"), WIDTH, WIDTH)?,
        })
    }

    /// Every state of `[states, width]` looks at every other.
    fn over_sound(&self, states: &Tensor) -> Result<Tensor> {
        let all = self.query_key_value.forward(&self.norm.apply(states)?)?;
        let part = |at: usize| heads(&all.narrow(1, at * WIDTH, WIDTH)?);
        let (query, key, value) = (part(0)?, part(1)?, part(2)?);
        let seen = attend(&query, &key.transpose(1, 2)?.contiguous()?, &value.contiguous()?)?;
        states + self.out.forward(&seen.transpose(0, 1)?.flatten_from(1)?)?
    }

    /// The newest state of each text, `[texts, width]`, looks at those before it and at itself.
    fn over_text(&self, states: &Tensor, kept: &mut Option<(Tensor, Tensor)>) -> Result<Tensor> {
        let texts = states.dim(0)?;
        let all = self.query_key_value.forward(&self.norm.apply(states)?)?;
        let part = |at: usize| all.narrow(1, at * WIDTH, WIDTH)?.reshape((texts, HEADS, 1, HEAD));
        let (query, mut key, mut value) = (part(0)?, part(1)?, part(2)?);
        if let Some((keys, values)) = kept {
            key = Tensor::cat(&[&*keys, &key], 2)?;
            value = Tensor::cat(&[&*values, &value], 2)?;
        }
        let seen = attend(&query, &key.transpose(2, 3)?.contiguous()?, &value)?;
        *kept = Some((key, value));
        states + self.out.forward(&seen.reshape((texts, WIDTH))?)?
    }
}

impl AcrossAttention {
    fn new(w: &mut Weights, at: &str) -> std::result::Result<Self, ModelError> {
        let at = format!("{at}/attention");
        Ok(Self {
            norm: Norm::new(w, &at)?,
            query: linear(w, &format!("{at}/linear_0"), WIDTH, WIDTH)?,
            key_value: linear(w, &format!("{at}/linear_1"), WIDTH, 2 * WIDTH)?,
            out: linear(w, &format!("{at}/linear_2"), WIDTH, WIDTH)?,
        })
    }

    /// The newest state of each text, `[texts, width]`, looks at the sound.
    fn over(&self, states: &Tensor, (key, value): &(Tensor, Tensor)) -> Result<Tensor> {
        let query = heads(&self.query.forward(&self.norm.apply(states)?)?)?;
        let seen = attend(&query, key, value)?;
        states + self.out.forward(&seen.transpose(0, 1)?.flatten_from(1)?)?
    }
}

impl Inner {
    fn new(w: &mut Weights, at: &str) -> std::result::Result<Self, ModelError> {
        let at = format!("{at}/ffn");
        Ok(Self {
            norm: Norm::new(w, &at)?,
            up: linear(w, &format!("{at}/linear_0"), WIDTH, INNER)?,
            down: linear(w, &format!("{at}/linear_1"), INNER, WIDTH)?,
        })
    }

    fn apply(&self, states: &Tensor) -> Result<Tensor> {
        let inner = self.up.forward(&self.norm.apply(states)?)?.gelu_erf()?;
        states + self.down.forward(&inner)?
    }
}

impl Norm {
    fn new(w: &mut Weights, at: &str) -> std::result::Result<Self, ModelError> {
        let mut part = |name: &str| w.take(&format!("{at}/layer_norm/{name}"), &[WIDTH]);
        Ok(Self { gamma: part("gamma")?, beta: part("beta")? })
    }

    fn apply(&self, states: &Tensor) -> Result<Tensor> {
        layer_norm(&states.contiguous()?, &self.gamma, &self.beta, 1e-5)
    }
}

fn linear(w: &mut Weights, at: &str, from: usize, to: usize) -> std::result::Result<Linear, ModelError> {
    let weight = w.take(&format!("{at}/weight"), &[to, from])?;
    Ok(Linear::new(weight, Some(w.take(&format!("{at}/bias"), &[to])?)))
}

/// `[states, width]` as `[heads, states, head]`.
fn heads(states: &Tensor) -> Result<Tensor> {
    states.reshape((states.dim(0)?, HEADS, HEAD))?.transpose(0, 1)?.contiguous()
}

fn attend(query: &Tensor, key: &Tensor, value: &Tensor) -> Result<Tensor> {
    let query = (query.contiguous()? * (HEAD as f64).powf(-0.5))?;
    softmax_last_dim(&query.matmul(key)?)?.matmul(value)
}

/// The logarithm of the sum of what these are logarithms of. In every step there are half a million of them.
fn together(common: &[f32], rare: &[f32]) -> f32 {
    let lanes = common.chunks_exact(LANES);
    let rest = || lanes.remainder().iter().chain(rare).copied();
    let mut most = [f32::MIN; LANES];
    for some in lanes.clone() {
        most.iter_mut()
            .zip(some)
            .for_each(|(most, weight)| *most = if weight > most { *weight } else { *most });
    }
    let most = most.into_iter().chain(rest()).fold(f32::MIN, f32::max);
    let mut sums = [0.0; LANES];
    for some in lanes.clone() {
        sums.iter_mut().zip(some).for_each(|(sum, weight)| *sum += exp(weight - most));
    }
    let sum = sums.into_iter().chain(rest().map(|weight| exp(weight - most))).sum::<f32>();
    most + sum.ln()
}

/// Numbers that a processor adds at once, or several times that.
const LANES: usize = 16;

/// The exponential of something negative, to four digits: a power of two for the whole turns and a polynomial for the rest.
/// Unlike the library's it is computed for several numbers at once.
fn exp(x: f32) -> f32 {
    /// Adding it leaves whole numbers in the lowest bits.
    const WHOLE: f32 = 12_582_912.0;
    let turns = x.max(-80.0) * LOG2_E;
    let whole = turns + WHOLE;
    let rest = turns - (whole - WHOLE);
    let power = 1.0 + rest * (LN_2 + rest * (0.240_227 + rest * (0.055_504 + rest * 0.009_618)));
    f32::from_bits(power.to_bits().wrapping_add(whole.to_bits() << 23))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_quick_exponential_is_near_the_exact_one() {
        for x in (0..8_000).map(|step| step as f32 * -0.01) {
            assert!((exp(x) / x.exp() - 1.0).abs() < 1e-4, "{x}: {} {}", exp(x), x.exp());
        }
        assert!(exp(-1_000.0) < 1e-30);
    }

    #[test]
    fn weights_are_summed_wherever_they_stand() {
        let common: Vec<f32> = (0..37).map(|at| at as f32 * 0.25).collect();
        let exact = common.iter().chain(&[11.0, -3.0]).map(|weight| weight.exp()).sum::<f32>().ln();
        assert!((together(&common, &[11.0, -3.0]) - exact).abs() < 1e-4);
    }
}
