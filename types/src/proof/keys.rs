//! Where the records stand that proofs speak of: the table's name and the parts of the key, with `/` between them.

use crate::hash::Hash;

/// The key of a record of any table, as contracts write it.
pub fn key(table: &str, parts: &[&[u8]]) -> Vec<u8> {
    let length = parts.iter().map(|part| 1 + part.len()).sum::<usize>();
    let mut key = Vec::with_capacity(table.len() + length);
    key.extend_from_slice(table.as_bytes());
    for part in parts {
        key.push(b'/');
        key.extend_from_slice(part);
    }
    key
}

/// Where the hash of the header of a height stands; of height 0, the genesis hash.
pub fn block(height: u64) -> Vec<u8> {
    key("block", &[&height.to_be_bytes()])
}

pub fn organization(id: &str) -> Vec<u8> {
    key("membership/organization", &[id.as_bytes()])
}

pub fn proposal(id: &[u8]) -> Vec<u8> {
    key("membership/proposal", &[id])
}

pub fn invoice(id: &[u8]) -> Vec<u8> {
    key("invoice/invoice", &[id])
}

/// Which invoice holds a strict fingerprint.
pub fn strict(fingerprint: &Hash) -> Vec<u8> {
    key("invoice/strict", &[fingerprint.as_ref()])
}

pub fn receivable(id: &[u8]) -> Vec<u8> {
    key("receivable/receivable", &[id])
}

pub fn claim(receivable: &[u8], number: u32) -> Vec<u8> {
    key("receivable/claim", &[receivable, &number.to_be_bytes()])
}

/// What the debtor paid at one time.
pub fn debt_payment(receivable: &[u8], number: u32) -> Vec<u8> {
    let parts = [receivable, &number.to_be_bytes()];
    key("receivable/debt-payment", &parts)
}

pub fn endorsement(receivable: &[u8], id: &[u8]) -> Vec<u8> {
    key("receivable/endorsement", &[receivable, id])
}

pub fn undertaking(receivable: &[u8], id: &[u8]) -> Vec<u8> {
    key("receivable/undertaking", &[receivable, id])
}

/// What a bank quoted for a request.
pub fn quote(request: &[u8], bank: &str) -> Vec<u8> {
    key("financing/quote", &[request, bank.as_bytes()])
}

pub fn loan(id: &[u8]) -> Vec<u8> {
    key("financing/loan", &[id])
}

pub fn payment(id: &[u8]) -> Vec<u8> {
    key("cash/payment", &[id])
}

pub fn history(organization: &str) -> Vec<u8> {
    key("credit/history", &[organization.as_bytes()])
}

pub fn profile(organization: &str) -> Vec<u8> {
    key("credit/profile", &[organization.as_bytes()])
}
