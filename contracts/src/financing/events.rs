//! What financing tells.

use counterfoil_proto::financing::v1::Event;
use counterfoil_proto::financing::v1::event::Event as Kind;

use super::Financing;
use crate::kernel::{Context, Contract as _};

pub(super) fn emit(context: &mut Context<'_>, organizations: &[&str], kind: Kind) {
    let event = Event { event: Some(kind) };
    context.emit(Financing::NUMBER, organizations, &event);
}
