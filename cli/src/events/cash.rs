//! What happened to bank deposits.

use counterfoil_proto::cash;
use counterfoil_proto::v1 as wire;

use super::Show;
use crate::output::View;

impl Show<'_> {
    pub(super) fn cash(&self, event: cash::v1::event::Event) -> View {
        use cash::v1::event::Event::*;
        let deposit = |name, issuer: &str, amount: Option<&wire::Money>, id: &str| {
            let view = self
                .named(name)
                .text("issuer", issuer)
                .text("end_to_end_id", id);
            self.amount(view, "amount_minor", amount)
        };
        match event {
            Issued(e) => deposit(
                "DepositIssued",
                &e.issuer,
                e.amount.as_ref(),
                &e.end_to_end_id,
            )
            .text("holder", e.holder),
            Transferred(e) => deposit(
                "DepositTransferred",
                &e.issuer,
                e.amount.as_ref(),
                &e.end_to_end_id,
            )
            .text("from", e.from)
            .text("to", e.to),
            RedemptionRequested(e) => deposit(
                "RedemptionRequested",
                &e.issuer,
                e.amount.as_ref(),
                &e.end_to_end_id,
            )
            .text("holder", e.holder),
            RedemptionPaid(e) => deposit(
                "RedemptionPaid",
                &e.issuer,
                e.amount.as_ref(),
                &e.end_to_end_id,
            )
            .text("holder", e.holder),
            RedemptionRestored(e) => deposit(
                "RedemptionRestored",
                &e.issuer,
                e.amount.as_ref(),
                &e.end_to_end_id,
            )
            .text("holder", e.holder)
            .text("reason", e.reason),
            Returned(e) => deposit(
                "DepositReturned",
                &e.issuer,
                e.amount.as_ref(),
                &e.end_to_end_id,
            )
            .text("holder", e.holder),
            Held(e) => deposit(
                "DepositHeld",
                &e.issuer,
                e.amount.as_ref(),
                &e.end_to_end_id,
            )
            .id("suspense", &e.suspense)
            .text("payer", e.payer)
            .text("payee", e.payee),
            SuspenseCollected(e) => {
                let view = self
                    .named("SuspenseCollected")
                    .id("suspense", &e.suspense)
                    .text("issuer", e.issuer)
                    .text("payee", e.payee);
                self.amount(view, "amount_minor", e.amount.as_ref())
            }
            SuspenseRuled(e) => self
                .named("SuspenseRuled")
                .id("suspense", &e.suspense)
                .text("from", e.from)
                .text("to", e.to)
                .id("reason_hash", &e.reason_hash),
            IssuersAccepted(e) => self.named("IssuersAccepted").text("payee", e.payee),
            PaymentInstructed(e) => {
                let view = self
                    .named("PaymentInstructed")
                    .id("payment", &e.payment)
                    .text("payer", e.payer)
                    .text("payee", e.payee);
                self.amount(view, "amount_minor", e.amount.as_ref())
                    .text("end_to_end_id", e.end_to_end_id)
                    .text("asserter", e.asserter)
                    .text("confirmer", e.confirmer)
                    .id("receivable", &e.receivable)
                    .id("request", &e.request)
                    .date("deadline", e.deadline.as_ref())
            }
            PaymentAsserted(e) => {
                let assertion = e.assertion.unwrap_or_default();
                self.named("PaymentAsserted")
                    .id("payment", &e.payment)
                    .id("message_hash", &assertion.message_hash)
                    .text("entry_reference", assertion.entry_reference)
                    .date("value_date", assertion.value_date.as_ref())
                    .date("answer_by", assertion.answer_by.as_ref())
            }
            PaymentContested(e) => self
                .named("PaymentContested")
                .id("payment", &e.payment)
                .text("by", e.by)
                .text("reason", e.reason),
            PaymentClosed(e) => self
                .named("PaymentClosed")
                .id("payment", &e.payment)
                .text("state", format_args!("{:?}", e.state()))
                .text("reason", e.reason),
        }
    }
}
