//! What cash tells.

use counterfoil_proto::cash::v1::Event;
use counterfoil_proto::cash::v1::event::Event as Kind;

use super::Cash;
use crate::kernel::{Context, Contract as _};

pub(super) fn emit(context: &mut Context<'_>, organizations: &[&str], kind: Kind) {
    context.emit(Cash::NUMBER, organizations, &Event { event: Some(kind) });
}
