//! Where invoices stand, and who holds a fingerprint or document hash, credit notes' among them.

use counterfoil_proto::invoice::v1::{Invoice, InvoiceReference};

use crate::kernel::Table;

pub(super) const INVOICES: Table<Invoice> = Table::new("invoice/invoice");
pub(super) const STRICT: Table<InvoiceReference> = Table::new("invoice/strict");
pub(super) const LOOSE: Table<InvoiceReference> = Table::new("invoice/loose");
pub(super) const DOCUMENTS: Table<InvoiceReference> = Table::new("invoice/document");
pub(super) const CREDIT_NOTES: Table<InvoiceReference> = Table::new("invoice/credit-note");
