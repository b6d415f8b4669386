//! What others may ask of invoices.

use super::keys::INVOICES;

/// Key of an invoice.
pub fn invoice_key(id: &[u8]) -> Vec<u8> {
    INVOICES.key(&[id])
}

/// What the keys of all invoices begin with.
pub fn invoice_prefix() -> Vec<u8> {
    INVOICES.prefix()
}
