//! The seal on a bank's quote (specification 5.2).

use counterfoil_proto::financing::v1::QuoteTerms;
use prost::Message as _;

use crate::hash::Hash;
use crate::transaction::chain_prefix;

/// Bytes of a quote's salt, which keeps its terms from being guessed.
pub const SALT_BYTES: usize = 32;

/// What a bank commits to.
pub fn commitment(
    chain_id: &str,
    request: &[u8],
    bank: &str,
    salt: &[u8; SALT_BYTES],
    terms: &QuoteTerms,
) -> Hash {
    let length = u8::try_from(bank.len()).expect("an organization id has at most 64 bytes");
    Hash::tagged(
        "counterfoil/quote/v1",
        &[
            &chain_prefix(chain_id),
            request,
            &[length],
            bank.as_bytes(),
            salt,
            &terms.encode_to_vec(),
        ],
    )
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_commitment_is_bound_to_all_it_speaks_of() {
        let terms = QuoteTerms {
            rate_ppm: 60_000,
            ..Default::default()
        };
        let first = commitment("c", &[1; 32], "bank-a", &[2; 32], &terms);
        let dearer = QuoteTerms {
            rate_ppm: 60_001,
            ..terms.clone()
        };
        for other in [
            commitment("d", &[1; 32], "bank-a", &[2; 32], &terms),
            commitment("c", &[3; 32], "bank-a", &[2; 32], &terms),
            commitment("c", &[1; 32], "bank-b", &[2; 32], &terms),
            commitment("c", &[1; 32], "bank-a", &[3; 32], &terms),
            commitment("c", &[1; 32], "bank-a", &[2; 32], &dearer),
        ] {
            assert_ne!(first, other);
        }
    }
}
