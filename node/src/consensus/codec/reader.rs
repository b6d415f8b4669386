//! Reading fields from received bytes without ever reading past their end.

use bytes::{Buf, Bytes};
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::Signature;
use malachitebft_core_types::Round;

use super::CodecError;

pub(super) struct Reader(Bytes);

impl Reader {
    pub(super) fn new(bytes: Bytes) -> Self {
        Self(bytes)
    }

    /// Fails when bytes are left.
    pub(super) fn finish(self) -> Result<(), CodecError> {
        match self.0.len() {
            0 => Ok(()),
            left => Err(CodecError::Trailing(left)),
        }
    }

    fn take(&mut self, length: usize) -> Result<Bytes, CodecError> {
        if self.0.len() < length {
            return Err(CodecError::Truncated);
        }
        Ok(self.0.split_to(length))
    }

    fn array<const N: usize>(&mut self) -> Result<[u8; N], CodecError> {
        let mut array = [0; N];
        self.take(N)?.copy_to_slice(&mut array);
        Ok(array)
    }

    pub(super) fn u8(&mut self) -> Result<u8, CodecError> {
        Ok(u8::from_be_bytes(self.array()?))
    }

    pub(super) fn u32(&mut self) -> Result<u32, CodecError> {
        Ok(u32::from_be_bytes(self.array()?))
    }

    pub(super) fn u64(&mut self) -> Result<u64, CodecError> {
        Ok(u64::from_be_bytes(self.array()?))
    }

    pub(super) fn bytes(&mut self) -> Result<Bytes, CodecError> {
        let length = self.u32()?;
        self.take(usize::try_from(length).map_err(|_| CodecError::Truncated)?)
    }

    pub(super) fn hash(&mut self) -> Result<Hash, CodecError> {
        Ok(Hash::from_bytes(self.array()?))
    }

    pub(super) fn signature(&mut self) -> Result<Signature, CodecError> {
        Ok(Signature(self.array()?))
    }

    /// A round, −1 for none.
    pub(super) fn round(&mut self) -> Result<Round, CodecError> {
        match i64::from_be_bytes(self.array()?) {
            -1 => Ok(Round::Nil),
            round => u32::try_from(round)
                .map(Round::new)
                .map_err(|_| CodecError::Malformed("round")),
        }
    }

    /// A list of at most `most` entries.
    pub(super) fn list<T>(
        &mut self,
        name: &'static str,
        most: usize,
        mut entry: impl FnMut(&mut Self) -> Result<T, CodecError>,
    ) -> Result<Vec<T>, CodecError> {
        let count = self.u32()?;
        if usize::try_from(count).map_or(true, |count| count > most) {
            return Err(CodecError::TooMany(count, name));
        }
        (0..count).map(|_| entry(self)).collect()
    }
}
