//! Events of receipts in words: each contract's own message, opened.

use counterfoil_proto::v1 as wire;
use counterfoil_proto::{calendar, cash, invoice, receivable, settlement};
use counterfoil_types::transaction::contract;
use prost::Message as _;

use crate::amounts::Currencies;
use crate::output::View;

/// An event's fields. One that this version does not know is shown as bytes.
pub fn view(event: &wire::Event, currencies: &Currencies) -> View {
    let show = Show { event, currencies };
    let body = event.body.as_slice();
    let known = match event.contract {
        contract::INVOICE => invoice::v1::Event::decode(body)
            .ok()
            .and_then(|e| e.event)
            .map(|e| show.invoice(e)),
        contract::CASH => cash::v1::Event::decode(body)
            .ok()
            .and_then(|e| e.event)
            .map(|e| show.cash(e)),
        contract::RECEIVABLE => receivable::v1::Event::decode(body)
            .ok()
            .and_then(|e| e.event)
            .map(|e| show.receivable(e)),
        contract::SETTLEMENT => settlement::v1::Event::decode(body)
            .ok()
            .and_then(|e| e.event)
            .map(|e| show.settlement(e)),
        contract::CALENDAR => calendar::v1::Event::decode(body)
            .ok()
            .and_then(|e| e.event)
            .map(|e| show.calendar(e)),
        _ => None,
    };
    known.unwrap_or_else(|| show.named("unknown").id("body", body))
}

struct Show<'a> {
    event: &'a wire::Event,
    currencies: &'a Currencies,
}

impl Show<'_> {
    fn named(&self, name: &str) -> View {
        View::new()
            .text("event", name)
            .hidden("contract", self.event.contract)
            .hidden("organizations", self.event.organizations.clone())
    }

    fn amount(&self, view: View, name: &str, money: Option<&wire::Money>) -> View {
        let money = money.cloned().unwrap_or_default();
        view.minor(name, money.minor, &money.currency, self.currencies)
            .hidden("currency", money.currency)
    }

    fn invoice(&self, event: invoice::v1::event::Event) -> View {
        use invoice::v1::event::Event::*;
        let of = |name, invoice: &[u8]| self.named(name).id("invoice", invoice);
        match event {
            Registered(e) => {
                let view = of("InvoiceRegistered", &e.invoice)
                    .text("seller", &e.seller)
                    .text("buyer", &e.buyer);
                let warnings = e.warnings.iter().map(|warning| {
                    View::new()
                        .text("kind", format_args!("{:?}", warning.kind()))
                        .id("invoice", &warning.invoice)
                });
                self.amount(view, "gross_minor", e.gross.as_ref())
                    .nested("warnings", warnings.collect())
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

    fn receivable(&self, event: receivable::v1::event::Event) -> View {
        let receivable::v1::event::Event::Opened(e) = event;
        let view = self
            .named("ReceivableOpened")
            .id("receivable", &e.receivable)
            .id("invoice", &e.invoice)
            .text("debtor", &e.debtor)
            .text("controller", &e.controller);
        self.amount(view, "face_minor", e.face.as_ref())
            .date("adjusted_due_date", e.adjusted_due_date.as_ref())
    }

    fn cash(&self, event: cash::v1::event::Event) -> View {
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
        }
    }

    fn settlement(&self, event: settlement::v1::event::Event) -> View {
        let settlement::v1::event::Event::Settled(e) = event;
        let view = self
            .named("ReceivableSettled")
            .id("receivable", &e.receivable)
            .text("issuer", &e.issuer)
            .text("end_to_end_id", &e.end_to_end_id)
            .text("payee", &e.payee);
        let view = self.amount(view, "principal_minor", e.principal.as_ref());
        self.amount(view, "penalty_minor", e.penalty.as_ref())
            .number("days_late", e.days_late)
            .date("value_date", e.value_date.as_ref())
    }

    fn calendar(&self, event: calendar::v1::event::Event) -> View {
        let calendar::v1::event::Event::Rolled(e) = event;
        self.named("ClockRolled")
            .date("from", e.from.as_ref())
            .date("to", e.to.as_ref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn events_are_opened_and_strange_ones_shown_as_bytes() {
        let body = invoice::v1::Event {
            event: Some(invoice::v1::event::Event::Queried(
                invoice::v1::InvoiceQueried {
                    invoice: vec![0xcd; 32],
                    reason: "which order?".into(),
                },
            )),
        };
        let event = wire::Event {
            contract: contract::INVOICE,
            organizations: vec!["buyer".into()],
            body: body.encode_to_vec(),
        };
        let currencies = Currencies::from_iter([]);
        let text = format!("{:?}", view(&event, &currencies));
        assert!(
            text.contains("InvoiceQueried") && text.contains("which order?"),
            "{text}"
        );
        let strange = wire::Event {
            contract: 77,
            body: vec![0xab],
            ..Default::default()
        };
        assert!(format!("{:?}", view(&strange, &currencies)).contains("ab"));
    }
}
