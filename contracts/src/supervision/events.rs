//! What supervision tells.

use counterfoil_proto::supervision::v1::Event;
use counterfoil_proto::supervision::v1::event::Event as Kind;

use super::Supervision;
use crate::kernel::{Context, Contract as _};

pub(super) fn emit(context: &mut Context<'_>, organizations: &[&str], kind: Kind) {
    let event = Event { event: Some(kind) };
    context.emit(Supervision::NUMBER, organizations, &event);
}
