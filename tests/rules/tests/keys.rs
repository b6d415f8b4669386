//! Where records stand, as queries ask for them: the keys that the protos document.

use counterfoil_contracts::{cash, financing, invoice, membership, receivable};

/// A table's name and the parts of a key, with `/` between them.
fn key(table: &str, parts: &[&[u8]]) -> Vec<u8> {
    let mut key = table.as_bytes().to_vec();
    for part in parts {
        key.push(b'/');
        key.extend_from_slice(part);
    }
    key
}

#[test]
fn queries_find_records_where_the_protos_say() {
    let id = [7; 32];
    let cases = [
        (
            membership::api::organization_key("bank"),
            key("membership/organization", &[b"bank"]),
        ),
        (
            membership::api::organization_prefix(),
            key("membership/organization", &[b""]),
        ),
        (
            cash::api::balance_key("buyer", "bank", "USD"),
            key("cash/balance", &[b"buyer", b"bank", b"USD"]),
        ),
        (cash::api::balance_prefix(), key("cash/balance", &[b""])),
        (cash::api::issuance_prefix(), key("cash/issuance", &[b""])),
        (
            cash::api::redemption_key("buyer", "R/1"),
            key("cash/redemption", &[b"buyer", b"R/1"]),
        ),
        (
            cash::api::redemption_prefix(),
            key("cash/redemption", &[b""]),
        ),
        (
            invoice::api::invoice_key(&id),
            key("invoice/invoice", &[&id]),
        ),
        (
            invoice::api::invoice_prefix(),
            key("invoice/invoice", &[b""]),
        ),
        (
            receivable::api::receivable_key(&id),
            key("receivable/receivable", &[&id]),
        ),
        (
            receivable::api::receivable_prefix(),
            key("receivable/receivable", &[b""]),
        ),
        (
            receivable::api::claim_key(&id, 258),
            key("receivable/claim", &[&id, &[0, 0, 1, 2]]),
        ),
        (
            receivable::api::claim_prefix(),
            key("receivable/claim", &[b""]),
        ),
        (
            receivable::api::claims_of_prefix(&id),
            key("receivable/claim", &[&id, b""]),
        ),
        (
            receivable::api::endorsement_prefix(),
            key("receivable/endorsement", &[b""]),
        ),
        (
            receivable::api::endorsements_of_prefix(&id),
            key("receivable/endorsement", &[&id, b""]),
        ),
        (
            financing::api::request_key(&id),
            key("financing/request", &[&id]),
        ),
        (
            financing::api::request_prefix(),
            key("financing/request", &[b""]),
        ),
        (
            financing::api::quotes_of_prefix(&id),
            key("financing/quote", &[&id, b""]),
        ),
        (financing::api::loan_key(&id), key("financing/loan", &[&id])),
        (financing::api::loan_prefix(), key("financing/loan", &[b""])),
    ];
    for (asked, documented) in cases {
        let shown = String::from_utf8_lossy(&documented);
        assert_eq!(asked, documented, "{shown}");
    }
}
