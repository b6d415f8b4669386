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
            Proposed(e) => {
                let view = of("InvoiceProposed", &e.invoice)
                    .text("seller", &e.seller)
                    .text("buyer", &e.buyer);
                self.amount(view, "gross_minor", e.gross.as_ref())
            }
            ProposalEnded(e) => of("ProposalEnded", &e.invoice)
                .text("state", format_args!("{:?}", e.state()))
                .text("reason", e.reason),
            ConditionallyConfirmed(e) => self
                .amount(
                    of("InvoiceConditionallyConfirmed", &e.invoice),
                    "amount_minor",
                    e.amount.as_ref(),
                )
                .id("terms_hash", &e.terms_hash)
                .text("reason", e.reason)
                .date("expires_on", e.expires_on.as_ref()),
            ConditionsEnded(e) => of("ConditionsEnded", &e.invoice).text("reason", e.reason),
            Credited(e) => {
                let view = of("InvoiceCredited", &e.invoice)
                    .text("number", e.number)
                    .id("document_hash", &e.document_hash)
                    .text("reason", e.reason);
                let view = self.amount(view, "amount_minor", e.amount.as_ref());
                let view = self.amount(view, "of_claims_minor", e.of_claims.as_ref());
                self.amount(view, "owed_to_buyer_minor", e.owed_to_buyer.as_ref())
            }
            Disputed(e) => of("InvoiceDisputed", &e.invoice)
                .number("number", e.number)
                .text("seller", &e.seller)
                .text("buyer", &e.buyer)
                .text("opened_by", &e.opened_by)
                .text("reason", e.reason),
            Ruled(e) => {
                let view = of("DisputeRuled", &e.invoice)
                    .number("number", e.number)
                    .text("arbiter", &e.arbiter);
                self.ruling(view, e.ruling.as_ref())
            }
            DisputeEnded(e) => {
                let view = of("DisputeEnded", &e.invoice)
                    .number("number", e.number)
                    .text("state", format_args!("{:?}", e.state()));
                self.ruling(view, e.outcome.as_ref())
            }
        }
    }

    fn ruling(&self, view: View, ruling: Option<&invoice::v1::Ruling>) -> View {
        let ruling = ruling.cloned().unwrap_or_default();
        let view = view
            .text("verdict", format_args!("{:?}", ruling.verdict()))
            .id("reason_hash", &ruling.reason_hash);
        match &ruling.amount {
            None => view,
            amount => self.amount(view, "amount_minor", amount.as_ref()),
        }
    }
}
