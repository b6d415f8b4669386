//! Profiles that were shared, and are shared no more.

use counterfoil_proto::credit;

use super::Show;
use crate::output::View;

impl Show<'_> {
    pub(super) fn credit(&self, event: credit::v1::event::Event) -> View {
        use credit::v1::event::Event::*;
        match event {
            Shared(e) => self
                .named("ProfileShared")
                .text("organization", e.organization)
                .text("reader", e.reader)
                .date("until", e.until.as_ref()),
            Unshared(e) => self
                .named("ProfileUnshared")
                .text("organization", e.organization)
                .text("reader", e.reader),
        }
    }
}
