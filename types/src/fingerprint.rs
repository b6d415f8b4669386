//! Fingerprints that only who has the ledger key can compute (specification 3.2).

use hmac::{Hmac, Mac};
use sha2::Sha256;

use crate::genesis::LedgerKey;
use crate::hash::Hash;

/// HMAC-SHA-256 (RFC 2104) under the ledger key, over a tag and length-prefixed parts.
pub fn keyed(key: &LedgerKey, tag: &str, parts: &[&[u8]]) -> Hash {
    let mut mac =
        Hmac::<Sha256>::new_from_slice(key.as_bytes()).expect("HMAC takes keys of any length");
    mac.update(tag.as_bytes());
    for part in parts {
        mac.update(&(part.len() as u64).to_be_bytes());
        mac.update(part);
    }
    Hash::from_bytes(mac.finalize().into_bytes().into())
}

/// The strict fingerprint of an invoice, over its seller, its [normalised](crate::invoice_number::normalise) number and the year of its
/// issue: one invoice holds it.
pub fn strict(key: &LedgerKey, seller: &str, normal_number: &str, year: u32) -> Hash {
    let tag = "counterfoil/strict-fingerprint/v1";
    numbered(key, tag, seller, normal_number, year)
}

/// That of a credit note, apart from invoices.
pub fn credit_note(key: &LedgerKey, seller: &str, normal_number: &str, year: u32) -> Hash {
    let tag = "counterfoil/credit-note-fingerprint/v1";
    numbered(key, tag, seller, normal_number, year)
}

fn numbered(key: &LedgerKey, tag: &str, seller: &str, normal_number: &str, year: u32) -> Hash {
    let year = year.to_be_bytes();
    keyed(
        key,
        tag,
        &[seller.as_bytes(), normal_number.as_bytes(), &year],
    )
}
