//! What receivable tells.

use counterfoil_proto::receivable::v1::Event;
use counterfoil_proto::receivable::v1::event::Event as Kind;

use super::Receivables;
use crate::kernel::{Context, Contract as _};

pub(super) fn emit(context: &mut Context<'_>, organizations: &[&str], kind: Kind) {
    let event = Event { event: Some(kind) };
    context.emit(Receivables::NUMBER, organizations, &event);
}
