//! Fingerprints that only holders of the ledger key can compute (specification 3.2).

use counterfoil_types::genesis::LedgerKey;
use counterfoil_types::hash::Hash;
use hmac::{Hmac, Mac};
use sha2::Sha256;

/// HMAC-SHA-256 (RFC 2104) under the ledger key, over a tag and length-prefixed parts.
pub fn keyed_fingerprint(key: &LedgerKey, tag: &str, parts: &[&[u8]]) -> Hash {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(tag.as_bytes());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    Hash::from_bytes(mac.finalize().into_bytes().into())
}
