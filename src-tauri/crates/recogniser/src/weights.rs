//! The model's file, as CTranslate2 writes it (format 6): names, shapes and numbers, one after the other.
//!
//! ```text
//! u32 version, string kind, u32 revision, u32 count
//! count times: string name, u8 rank, u32 dimensions[rank], u8 type, u32 bytes, data
//! string: u16 length with its closing zero, bytes
//! ```
//!
//! Nothing in the file is believed: a length that does not fit what was declared ends the reading with an error.

use crate::ModelError;
use candle_core::{DType, Device, Tensor};
use std::collections::BTreeMap;
use std::io::Read;

const VERSION: u32 = 6;
const KIND: &str = "WhisperSpec";

/// More entries, or a longer one, than any model of this size has.
const MOST_ENTRIES: u32 = 10_000;
const LONGEST: usize = 256 * 1024 * 1024;

/// Every array of numbers in the file, by name.
pub(crate) struct Weights {
    tensors: BTreeMap<String, Tensor>,
}

impl Weights {
    /// Reads them all. Half floats stay halves until [`Weights::take`] widens what is computed with.
    pub(crate) fn read(mut file: impl Read) -> Result<Self, ModelError> {
        let version = u32(&mut file)?;
        let kind = string(&mut file)?;
        if version != VERSION || kind != KIND {
            return Err(ModelError::Format(format!("{kind} in version {version}")));
        }
        let (_revision, count) = (u32(&mut file)?, u32(&mut file)?);
        if count > MOST_ENTRIES {
            return Err(ModelError::Format(format!("{count} entries")));
        }
        let mut tensors = BTreeMap::new();
        for _ in 0..count {
            let name = string(&mut file)?;
            let [rank] = bytes(&mut file)?;
            let shape = (0..rank)
                .map(|_| u32(&mut file).map(|side| side as usize))
                .collect::<std::io::Result<Vec<_>>>()?;
            let [kind] = bytes(&mut file)?;
            let length = u32(&mut file)? as usize;
            let (dtype, size) = match kind {
                0 => (Some(DType::F32), 4),
                4 => (Some(DType::F16), 2),
                1 => (None, 1),
                2 => (None, 2),
                3 => (None, 4),
                other => return Err(ModelError::Format(format!("{name} has numbers of kind {other}"))),
            };
            let fits = shape.iter().try_fold(size, |all: usize, side| all.checked_mul(*side));
            if fits != Some(length) || length > LONGEST {
                return Err(ModelError::Format(format!("{name} is {length} bytes for {shape:?}")));
            }
            let mut data = vec![0; length];
            file.read_exact(&mut data)?;
            if let Some(dtype) = dtype {
                tensors.insert(name, Tensor::from_raw_buffer(&data, dtype, &shape, &Device::Cpu)?);
            }
        }
        Ok(Self { tensors })
    }

    /// One array, as 32-bit floats. Taking it twice is an error like one that was never there.
    pub(crate) fn take(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        Ok(self.taken(name, shape)?.to_dtype(DType::F32)?)
    }

    /// The same, as half floats: for what is only looked up.
    pub(crate) fn take_halves(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        Ok(self.taken(name, shape)?.to_dtype(DType::F16)?)
    }

    fn taken(&mut self, name: &str, shape: &[usize]) -> Result<Tensor, ModelError> {
        let tensor =
            self.tensors.remove(name).ok_or_else(|| ModelError::Format(format!("there is no {name}")))?;
        if tensor.dims() == shape {
            Ok(tensor)
        } else {
            Err(ModelError::Format(format!("{name} is {:?} and not {shape:?}", tensor.dims())))
        }
    }
}

fn bytes<const N: usize>(file: &mut impl Read) -> std::io::Result<[u8; N]> {
    let mut bytes = [0; N];
    file.read_exact(&mut bytes)?;
    Ok(bytes)
}

fn u32(file: &mut impl Read) -> std::io::Result<u32> {
    Ok(u32::from_le_bytes(bytes(file)?))
}

fn string(file: &mut impl Read) -> Result<String, ModelError> {
    let mut text = vec![0; usize::from(u16::from_le_bytes(bytes(file)?))];
    file.read_exact(&mut text)?;
    if text.pop() != Some(0) {
        return Err(ModelError::Format("a name without its end".to_owned()));
    }
    String::from_utf8(text).map_err(|_| ModelError::Format("a name that is no text".to_owned()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn text(file: &mut Vec<u8>, text: &str) {
        file.extend(u16::try_from(text.len() + 1).unwrap().to_le_bytes());
        file.extend(text.bytes().chain([0]));
    }

    fn file(entries: &[(&str, &[u32], u8, &[u8])]) -> Vec<u8> {
        let mut file = 6_u32.to_le_bytes().to_vec();
        text(&mut file, "WhisperSpec");
        file.extend(3_u32.to_le_bytes());
        file.extend(u32::try_from(entries.len()).unwrap().to_le_bytes());
        for (name, shape, kind, data) in entries {
            text(&mut file, name);
            file.push(u8::try_from(shape.len()).unwrap());
            file.extend(shape.iter().flat_map(|side| side.to_le_bytes()));
            file.push(*kind);
            file.extend(u32::try_from(data.len()).unwrap().to_le_bytes());
            file.extend(*data);
        }
        file
    }

    #[test]
    fn halves_and_floats_are_read_and_settings_are_passed_over() {
        let one = 1.0_f32.to_le_bytes();
        // 0x3C00 is one, 0xC000 is minus two.
        let read = file(&[
            ("a", &[1, 2], 4, &[0x00, 0x3C, 0x00, 0xC0]),
            ("b", &[1], 0, &one),
            ("heads", &[], 2, &[6, 0]),
        ]);
        let mut weights = Weights::read(read.as_slice()).unwrap();
        let a = weights.take("a", &[1, 2]).unwrap();
        assert_eq!(a.to_vec2::<f32>().unwrap(), [[1.0, -2.0]]);
        assert_eq!(weights.take("b", &[1]).unwrap().to_vec1::<f32>().unwrap(), [1.0]);
        assert!(weights.take("a", &[1, 2]).is_err(), "it is taken");
        assert!(weights.take("heads", &[]).is_err());
    }

    #[test]
    fn a_file_that_is_torn_or_lies_is_refused() {
        let good = file(&[("a", &[1, 2], 4, &[0; 4])]);
        for end in 0..good.len() {
            assert!(Weights::read(&good[..end]).is_err(), "torn at {end}");
        }
        assert!(Weights::read(file(&[("a", &[1, 3], 4, &[0; 4])]).as_slice()).is_err());
        assert!(Weights::read(file(&[("a", &[u32::MAX; 4], 4, &[0; 4])]).as_slice()).is_err());
        assert!(Weights::read(file(&[("a", &[4], 9, &[0; 4])]).as_slice()).is_err());
        let mut weights = Weights::read(good.as_slice()).unwrap();
        assert!(weights.take("a", &[2, 1]).is_err(), "another shape");
    }
}
