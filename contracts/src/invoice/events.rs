//! What invoice tells, and whom.

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{Event, Invoice};

use super::Invoices;
use crate::kernel::{Context, Contract as _};

/// Tells seller and buyer.
pub(super) fn emit(context: &mut Context<'_>, invoice: &Invoice, kind: Kind) {
    emit_to(context, &[&invoice.seller, &invoice.buyer], kind);
}

/// Tells the seller alone.
pub(super) fn emit_to_seller(context: &mut Context<'_>, invoice: &Invoice, kind: Kind) {
    emit_to(context, &[&invoice.seller], kind);
}

pub(super) fn emit_to(context: &mut Context<'_>, organizations: &[&str], kind: Kind) {
    let event = Event { event: Some(kind) };
    context.emit(Invoices::NUMBER, organizations, &event);
}
