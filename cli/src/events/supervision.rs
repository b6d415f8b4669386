//! Policy packs that were published, records that were frozen and released.

use counterfoil_proto::supervision;

use super::Show;
use crate::frozen::Record;
use crate::output::View;

impl Show<'_> {
    pub(super) fn supervision(&self, event: supervision::v1::event::Event) -> View {
        use supervision::v1::event::Event::*;
        match event {
            PackPublished(e) => self
                .named("PackPublished")
                .number("version", e.version)
                .date("effective_from", e.effective_from.as_ref()),
            Frozen(e) => self
                .named("RecordFrozen")
                .text("record", Record::of(&e.record))
                .id("reason_hash", &e.reason_hash)
                .date("last_day", e.last_day.as_ref()),
            Released(e) => self
                .named("RecordReleased")
                .text("record", Record::of(&e.record)),
        }
    }
}
