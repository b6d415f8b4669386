//! Strict decoding (specification 10.2): decode, encode, compare.

use bytes::Bytes;
use prost::Message;

/// Why bytes are not a canonical message.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StrictError {
    #[error("not the expected message: {0}")]
    Malformed(String),
    #[error("not in canonical encoding: unknown field, wrong order, or a default written out")]
    NotCanonical,
}

/// Decodes a message whose one encoding these bytes are.
pub fn decode<M: Message + Default>(bytes: &[u8]) -> Result<M, StrictError> {
    // Of a slice, `prost` copies each field of bytes twice.
    let shared = Bytes::copy_from_slice(bytes);
    let message = M::decode(shared).map_err(|e| StrictError::Malformed(e.to_string()))?;
    if message.encode_to_vec() != bytes {
        return Err(StrictError::NotCanonical);
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::v1::Money;

    use super::*;

    #[test]
    fn only_the_canonical_encoding_is_taken() {
        let money = Money {
            minor: 5,
            currency: "USD".into(),
        };
        let bytes = money.encode_to_vec();
        assert_eq!(decode::<Money>(&bytes), Ok(money));
        let unknown_field = [&bytes[..], &[0x18, 1]].concat();
        let wrong_order = [&bytes[2..], &bytes[..2]].concat();
        let written_default = [&[0x08, 0x00], &bytes[2..]].concat();
        let long_varint = [&[0x08, 0x85, 0x00], &bytes[2..]].concat();
        for bad in [unknown_field, wrong_order, written_default, long_varint] {
            assert_eq!(decode::<Money>(&bad), Err(StrictError::NotCanonical));
        }
        assert!(matches!(
            decode::<Money>(&bytes[..3]),
            Err(StrictError::Malformed(_))
        ));
    }
}
