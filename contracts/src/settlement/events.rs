//! What settlement tells.

use counterfoil_proto::settlement::v1::Event;
use counterfoil_proto::settlement::v1::event::Event as Kind;

use super::Settlement;
use crate::kernel::{Context, Contract as _};

pub(super) fn emit(context: &mut Context<'_>, organizations: &[&str], kind: Kind) {
    let event = Event { event: Some(kind) };
    context.emit(Settlement::NUMBER, organizations, &event);
}
