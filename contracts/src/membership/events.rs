//! What membership tells.

use counterfoil_proto::membership::v1::Event;
use counterfoil_proto::membership::v1::event::Event as Kind;

use super::Membership;
use crate::kernel::{Context, Contract as _};

pub(super) fn emit<'a>(
    context: &mut Context<'_>,
    organizations: impl IntoIterator<Item = &'a str>,
    kind: Kind,
) {
    let organizations: Vec<&str> = organizations.into_iter().collect();
    context.emit(
        Membership::NUMBER,
        &organizations,
        &Event { event: Some(kind) },
    );
}
