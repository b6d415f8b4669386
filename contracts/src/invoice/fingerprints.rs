//! The two fingerprints of an invoice (specification 3.2), and that of a credit note.

use counterfoil_types::dates::Date;
use counterfoil_types::fingerprint;
use counterfoil_types::genesis::LedgerKey;

use counterfoil_proto::v1::Money;

use crate::kernel::Fingerprints;

/// Over seller, normalised number and year of issue: one invoice holds it.
pub(super) fn strict(
    keys: &[&LedgerKey],
    seller: &str,
    normal_number: &str,
    year: u32,
) -> Fingerprints {
    Fingerprints::new(keys, |key| {
        fingerprint::strict(key, seller, normal_number, year)
    })
}

/// Over seller, normalised number and year of issue of a credit note: one holds it, apart from invoices.
pub(super) fn credit_note(
    keys: &[&LedgerKey],
    seller: &str,
    normal_number: &str,
    year: u32,
) -> Fingerprints {
    Fingerprints::new(keys, |key| {
        fingerprint::credit_note(key, seller, normal_number, year)
    })
}

/// Over what another number would not change: a hit is a warning.
pub(super) fn loose(
    keys: &[&LedgerKey],
    seller: &str,
    buyer: &str,
    gross: &Money,
    due: Date,
) -> Fingerprints {
    let (minor, due) = (gross.minor.to_be_bytes(), due.to_string());
    let parts = [
        seller.as_bytes(),
        buyer.as_bytes(),
        &minor,
        gross.currency.as_bytes(),
        due.as_bytes(),
    ];
    Fingerprints::new(keys, |key| {
        fingerprint::keyed(key, "counterfoil/loose-fingerprint/v1", &parts)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Computed apart, with Python's `hmac`.
    #[test]
    fn fingerprints_are_hmacs_of_length_prefixed_parts() {
        let key = LedgerKey::from_bytes([7; 32]);
        let keys = &[&key];
        let strict = strict(keys, "acme", "inv20130042", 2013);
        assert_eq!(
            strict.newest().to_string(),
            "e780f7f52d1c10948074b854f44575cbba1be80f0f3b9785d1c8b3347c93bca7"
        );
        let gross = Money {
            minor: 12_550,
            currency: "USD".into(),
        };
        let due = "2013-03-01".parse().unwrap();
        let loose = loose(keys, "acme", "globex", &gross, due);
        assert_eq!(
            loose.newest().to_string(),
            "585eb294ccd51ef1b55aa4a95b719ee7f29a7b9e3b93f2d0f14ea3e9226896a5"
        );
    }
}
