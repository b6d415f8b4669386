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
        }
    }
}
