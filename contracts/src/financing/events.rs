//! What financing tells.

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{Event, Request};

use super::Financing;
use crate::kernel::{Context, Contract as _};

pub(super) fn emit(context: &mut Context<'_>, organizations: &[&str], kind: Kind) {
    let event = Event { event: Some(kind) };
    context.emit(Financing::NUMBER, organizations, &event);
}

/// Tells the seller and every bank that quoted.
pub(super) fn emit_to_parties(context: &mut Context<'_>, request: &Request, kind: Kind) {
    let banks = request.quoting.iter().map(String::as_str);
    let parties: Vec<&str> = banks.chain([request.seller.as_str()]).collect();
    emit(context, &parties, kind);
}
