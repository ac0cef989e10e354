//! The network: an encoder that turns sound into states, and a decoder that says how likely each next piece of text is.
//!
//! Whisper tiny.en: four layers each, six heads, 384 wide. Several texts are decoded side by side over one sound; what each
//! has said so far is kept as keys and values, so that a step costs one piece and not the whole text.

use crate::ModelError;
use crate::mel::BANDS;
use crate::vocabulary::{TOKENS, Token};
use crate::weights::Weights;
use candle_core::{Device, IndexOp, Result, Tensor};
use candle_nn::ops::{layer_norm, softmax_last_dim};
use candle_nn::{Linear, Module};

const WIDTH: usize = 384;
const HEADS: usize = 6;
const HEAD: usize = WIDTH / HEADS;
const INNER: usize = 4 * WIDTH;
const LAYERS: usize = 4;

/// States of sound that fit: 30 s, one every 20 ms.
pub(crate) const LONGEST_SOUND: usize = 1_500;
/// Pieces of text that fit.
pub(crate) const LONGEST_TEXT: usize = 448;

pub(crate) struct Network {
    conv1: (Tensor, Tensor),
    conv2: (Tensor, Tensor),
    sound_places: Tensor,
    encoder: Vec<EncoderLayer>,
    sound_norm: Norm,
    /// `[tokens, width]`. More than half of all weights, and each is used in every step: as halves they would take 40 MB less
    /// and twice the time.
    pieces: Tensor,
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

/// What the decoder knows of one sound and of the texts begun over it.
pub(crate) struct Decoding {
    layers: Vec<Kept>,
    said: usize,
}

struct Kept {
    /// Of the sound: `[heads, head, states]` and `[heads, states, head]`.
    sound: (Tensor, Tensor),
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
        Ok(Self {
            conv1: (w.take("encoder/conv1/weight", &[WIDTH, BANDS, 3])?, bias(w, "encoder/conv1/bias")?),
            conv2: (w.take("encoder/conv2/weight", &[WIDTH, WIDTH, 3])?, bias(w, "encoder/conv2/bias")?),
            sound_places: w.take("encoder/position_encodings/encodings", &[LONGEST_SOUND, WIDTH])?,
            encoder,
            sound_norm: Norm::new(w, "encoder")?,
            pieces: w.take("decoder/embeddings/weight", &[TOKENS, WIDTH])?,
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
            Ok(Kept { sound: (key, value), texts: None })
        });
        Ok(Decoding { layers: layers.collect::<Result<_>>()?, said: 0 })
    }

    /// Adds one piece to each text and returns, for each, the logarithm of how likely every piece is to be the next.
    pub(crate) fn say(&self, decoding: &mut Decoding, pieces: &[Token]) -> Result<Vec<Vec<f32>>> {
        let pieces = Tensor::new(pieces, &Device::Cpu)?;
        let place = self.text_places.i(decoding.said)?;
        let mut states = self.pieces.index_select(&pieces, 0)?.broadcast_add(&place)?;
        for (layer, kept) in self.decoder.iter().zip(&mut decoding.layers) {
            states = layer.attention.over_text(&states, &mut kept.texts)?;
            states = layer.across.over(&states, &kept.sound)?;
            states = layer.inner.apply(&states)?;
        }
        decoding.said += 1;
        let states = self.text_norm.apply(&states)?;
        let mut likely = states.matmul(&self.pieces.t()?)?.to_vec2::<f32>()?;
        likely.iter_mut().for_each(|row| logarithms(row));
        Ok(likely)
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

/// Turns what the network weighs into logarithms of likelihoods.
fn logarithms(row: &mut [f32]) {
    let most = row.iter().copied().fold(f32::MIN, f32::max);
    let sum: f32 = row.iter().map(|weight| (weight - most).exp()).sum();
    let all = most + sum.ln();
    row.iter_mut().for_each(|weight| *weight -= all);
}
