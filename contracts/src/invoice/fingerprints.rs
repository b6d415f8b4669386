//! The two fingerprints of an invoice (specification 3.2).

use counterfoil_types::dates::Date;
use counterfoil_types::genesis::LedgerKey;
use counterfoil_types::hash::Hash;

use counterfoil_proto::v1::Money;

use crate::kernel::keyed_fingerprint;

/// Over seller, normalised number and year of issue: one invoice holds it.
pub(super) fn strict(key: &LedgerKey, seller: &str, normal_number: &str, year: u32) -> Hash {
    keyed_fingerprint(
        key,
        "counterfoil/strict-fingerprint/v1",
        &[
            seller.as_bytes(),
            normal_number.as_bytes(),
            &year.to_be_bytes(),
        ],
    )
}

/// Over what another number would not change: a hit is a warning.
pub(super) fn loose(key: &LedgerKey, seller: &str, buyer: &str, gross: &Money, due: Date) -> Hash {
    keyed_fingerprint(
        key,
        "counterfoil/loose-fingerprint/v1",
        &[
            seller.as_bytes(),
            buyer.as_bytes(),
            &gross.minor.to_be_bytes(),
            gross.currency.as_bytes(),
            due.to_string().as_bytes(),
        ],
    )
}
