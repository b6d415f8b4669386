//! The bytes of consensus messages between nodes and in the WAL.
//!
//! Fixed-width big-endian fields; byte strings carry a u32 length. Decoding is
//! total: every input gives a message or an error, and no byte may be left over.

mod messages;
mod reader;
#[cfg(test)]
mod tests;

use bytes::{BufMut, Bytes, BytesMut};
use malachitebft_app::consensus::{LivenessMsg, ProposedValue, SignedConsensusMsg};
use malachitebft_app::streaming::StreamMessage;
use malachitebft_codec::{Codec, HasEncodedLen};
use malachitebft_core_types::{PolkaCertificate, ValidatorProof};
use malachitebft_sync::{Request, Response, Status};

use super::context::{Ctx, Part};
use reader::Reader;

/// Encodes and decodes every message the engine sends or logs.
#[derive(Clone, Copy, Debug)]
pub struct Wire;

/// Why bytes are not a consensus message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum CodecError {
    #[error("the message ends too early")]
    Truncated,
    #[error("{0} bytes follow the message")]
    Trailing(usize),
    #[error("{0} is not a known {1}")]
    UnknownTag(u8, &'static str),
    #[error("{0} of {1} entries is too many")]
    TooMany(u32, &'static str),
    #[error("the {0} is malformed")]
    Malformed(&'static str),
}

/// A message with one encoding.
trait Message: Sized {
    fn put(&self, out: &mut BytesMut);
    fn get(from: &mut Reader) -> Result<Self, CodecError>;
}

fn put_bytes(out: &mut BytesMut, bytes: &[u8]) {
    let length = u32::try_from(bytes.len()).expect("no message comes near 4 GiB");
    out.put_u32(length);
    out.put_slice(bytes);
}

/// The engine asks for one implementation a message.
macro_rules! codec {
    ($($message:ty),+ $(,)?) => {$(
        impl Codec<$message> for Wire {
            type Error = CodecError;

            fn encode(&self, message: &$message) -> Result<Bytes, CodecError> {
                let mut out = BytesMut::new();
                message.put(&mut out);
                Ok(out.freeze())
            }

            fn decode(&self, bytes: Bytes) -> Result<$message, CodecError> {
                let mut reader = Reader::new(bytes);
                let message = <$message>::get(&mut reader)?;
                reader.finish()?;
                Ok(message)
            }
        }
    )+};
}

codec!(
    Part,
    SignedConsensusMsg<Ctx>,
    LivenessMsg<Ctx>,
    StreamMessage<Part>,
    ValidatorProof<Ctx>,
    ProposedValue<Ctx>,
    PolkaCertificate<Ctx>,
    Status<Ctx>,
    Request<Ctx>,
    Response<Ctx>,
);

impl HasEncodedLen<Response<Ctx>> for Wire {
    fn encoded_len(&self, response: &Response<Ctx>) -> Result<usize, CodecError> {
        Ok(messages::response_len(response))
    }
}
