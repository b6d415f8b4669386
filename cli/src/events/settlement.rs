//! What debtors paid, what was reported as not paid, and what others paid in their place.

use counterfoil_proto::settlement;
use counterfoil_proto::v1 as wire;

use super::Show;
use crate::output::View;

impl Show<'_> {
    pub(super) fn settlement(&self, event: settlement::v1::event::Event) -> View {
        use settlement::v1::event::Event::*;
        let reported = |name, receivable: &[u8], on: Option<&wire::Date>, outstanding| {
            let view = self
                .named(name)
                .id("receivable", receivable)
                .date("reported_on", on);
            self.amount(view, "outstanding_minor", outstanding)
        };
        match event {
            Paid(e) => self.paid(&e),
            ClaimPaid(e) => self.claim_paid(&e),
            ClaimRecovered(e) => self.claim_recovered(&e),
            FeeCharged(e) => {
                let view = self
                    .named("FeeCharged")
                    .id("receivable", &e.receivable)
                    .text("payee", e.payee);
                self.amount(view, "amount_minor", e.amount.as_ref())
            }
            Overdue(e) => reported(
                "ReceivableOverdue",
                &e.receivable,
                e.reported_on.as_ref(),
                e.outstanding.as_ref(),
            ),
            Defaulted(e) => reported(
                "ReceivableDefaulted",
                &e.receivable,
                e.reported_on.as_ref(),
                e.outstanding.as_ref(),
            ),
        }
    }

    fn paid(&self, e: &settlement::v1::ReceivablePaid) -> View {
        let currency = e.principal.as_ref().map_or("", |p| p.currency.as_str());
        let minor = |view: View, name, minor| view.minor(name, minor, currency, self.currencies);
        let shares = e.shares.iter().map(|share| {
            let view = View::new()
                .number("claim", share.claim)
                .text("controller", &share.controller);
            let view = minor(view, "principal_minor", share.principal_minor);
            minor(view, "penalty_minor", share.penalty_minor)
        });
        let fees = e.fees.iter().map(|fee| {
            let view = View::new().text("payee", &fee.payee);
            minor(view, "amount_minor", fee.amount_minor)
        });
        let view = self
            .named("ReceivablePaid")
            .id("receivable", &e.receivable)
            .text("issuer", &e.issuer)
            .text("end_to_end_id", &e.end_to_end_id);
        let view = self.amount(view, "principal_minor", e.principal.as_ref());
        let view = self.amount(view, "penalty_minor", e.penalty.as_ref());
        let view = self.amount(view, "refund_minor", e.refund.as_ref());
        view.number("days_late", e.days_late)
            .date("value_date", e.value_date.as_ref())
            .nested("shares", shares.collect())
            .nested("fees", fees.collect())
            .id("payment", &e.payment)
            .flag("settled", e.settled)
    }

    fn claim_recovered(&self, e: &settlement::v1::ClaimRecovered) -> View {
        let view = self
            .named("ClaimRecovered")
            .id("receivable", &e.receivable)
            .number("claim", e.claim)
            .text("controller", &e.controller)
            .id("undertaking", &e.undertaking)
            .text("kind", format_args!("{:?}", e.kind()))
            .text("payer", &e.payer)
            .text("issuer", &e.issuer)
            .text("end_to_end_id", &e.end_to_end_id);
        let view = self.amount(view, "principal_minor", e.principal.as_ref());
        let view = self.amount(view, "penalty_minor", e.penalty.as_ref());
        self.amount(view, "refund_minor", e.refund.as_ref())
            .number("into", e.into)
            .flag("spent", e.spent)
    }

    fn claim_paid(&self, e: &settlement::v1::ClaimPaid) -> View {
        let view = self
            .named("ClaimPaid")
            .id("receivable", &e.receivable)
            .number("claim", e.claim)
            .text("controller", &e.controller)
            .text("issuer", &e.issuer);
        let view = self.amount(view, "principal_minor", e.principal.as_ref());
        let view = self.amount(view, "penalty_minor", e.penalty.as_ref());
        let view = match &e.to_lender {
            None => view,
            to_lender => {
                let view = view.id("loan", &e.loan);
                self.amount(view, "to_lender_minor", to_lender.as_ref())
            }
        };
        view.number("days_late", e.days_late)
            .date("value_date", e.value_date.as_ref())
            .id("payment", &e.payment)
            .flag("spent", e.spent)
    }
}
