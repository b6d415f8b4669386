//! What happened to an invoice.

use counterfoil_proto::invoice;

use super::Show;
use crate::output::View;

impl Show<'_> {
    pub(super) fn invoice(&self, event: invoice::v1::event::Event) -> View {
        use invoice::v1::event::Event::*;
        let of = |name, invoice: &[u8]| self.named(name).id("invoice", invoice);
        match event {
            Registered(e) => {
                let view = of("InvoiceRegistered", &e.invoice)
                    .text("seller", &e.seller)
                    .text("buyer", &e.buyer);
                let warnings = e.warnings().map(|kind| format!("{kind:?}"));
                self.amount(view, "gross_minor", e.gross.as_ref())
                    .list("warnings", warnings)
            }
            Warned(e) => {
                let warnings = e.warnings.iter().map(|warning| {
                    View::new()
                        .text("kind", format_args!("{:?}", warning.kind()))
                        .id("invoice", &warning.invoice)
                });
                of("InvoiceWarned", &e.invoice).nested("warnings", warnings.collect())
            }
            Queried(e) => of("InvoiceQueried", &e.invoice).text("reason", e.reason),
            QueryResolved(e) => of("QueryResolved", &e.invoice).text("reason", e.reason),
            Confirmed(e) => self
                .amount(
                    of("InvoiceConfirmed", &e.invoice),
                    "amount_minor",
                    e.amount.as_ref(),
                )
                .id("terms_hash", &e.terms_hash)
                .id("receivable", &e.receivable),
            Rejected(e) => of("InvoiceRejected", &e.invoice).text("reason", e.reason),
            Withdrawn(e) => of("InvoiceWithdrawn", &e.invoice),
        }
    }
}
