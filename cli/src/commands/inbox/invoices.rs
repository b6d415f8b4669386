//! Invoices that wait for an answer.

use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};

use super::entry::{Desk, Entry, date};
use crate::views;

/// Those that the buyer has to answer, and queries that their seller should know of.
pub fn to_answer(desk: &Desk<'_>, invoices: &[Invoice]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for invoice in invoices {
        let (mine, sold) = (invoice.buyer == desk.me, invoice.seller == desk.me);
        let id = hex::encode(&invoice.id);
        let conditions = invoice.conditions.as_ref();
        let what = format!(
            "invoice {} over {}, due {}",
            invoice.number,
            desk.money(invoice.gross.as_ref()),
            views::day(invoice.due_date)
        );
        let (sentence, command) = match invoice.state() {
            InvoiceState::Registered if mine => (
                format!(
                    "{}'s {what} waits for you to confirm, query or reject it",
                    invoice.seller
                ),
                format!("counterfoil invoice confirm {id}"),
            ),
            InvoiceState::UnderQuery if mine => (
                format!(
                    "{}'s {what} is under your query \"{}\": confirm, resolve or reject it",
                    invoice.seller, invoice.reason
                ),
                format!("counterfoil invoice confirm {id}"),
            ),
            InvoiceState::UnderQuery if sold => (
                format!(
                    "{} asks about your {what}: \"{}\"",
                    invoice.buyer, invoice.reason
                ),
                format!("counterfoil invoice show {id}"),
            ),
            InvoiceState::Proposed if sold => (
                format!("{} proposes {what}: accept or decline it", invoice.buyer),
                format!("counterfoil invoice accept-proposal {id}"),
            ),
            InvoiceState::ConditionallyConfirmed if sold => (
                format!(
                    "{} would pay {} of your {what}: \"{}\"; accept or refuse it",
                    invoice.buyer,
                    desk.money(conditions.and_then(|c| c.amount.as_ref())),
                    invoice.reason
                ),
                format!("counterfoil invoice accept-conditions {id}"),
            ),
            _ => continue,
        };
        entries.push(Entry {
            kind: "invoice",
            sentence,
            since: date(invoice.registered_on),
            until: date(conditions.and_then(|c| c.expires_on)),
            command,
        });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{at_desk, day, on, usd};
    use super::*;
    use counterfoil_proto::invoice::v1::Conditions;

    fn invoice(state: InvoiceState) -> Invoice {
        Invoice {
            id: vec![0xab; 32],
            seller: "supplier".into(),
            buyer: "buyer".into(),
            number: "7".into(),
            gross: Some(usd(12_500)),
            due_date: on("2026-03-01"),
            registered_on: on("2026-01-01"),
            reason: "which order?".into(),
            conditions: Some(Conditions {
                amount: Some(usd(10_000)),
                terms: None,
                expires_on: on("2026-01-20"),
                made_on: on("2026-01-02"),
                confirmation: Vec::new(),
            })
            .filter(|_| state == InvoiceState::ConditionallyConfirmed),
            state: state.into(),
            ..Default::default()
        }
    }

    #[test]
    fn the_seller_is_to_answer_proposals_and_conditions() {
        let all = [
            InvoiceState::Proposed,
            InvoiceState::ConditionallyConfirmed,
            InvoiceState::Declined,
        ]
        .map(invoice);
        let waits = |me| at_desk(me, "2026-01-10", |desk| to_answer(desk, &all));
        let sellers = waits("supplier");
        assert_eq!(sellers.len(), 2);
        let accept = format!("counterfoil invoice accept-proposal {}", "ab".repeat(32));
        assert_eq!(sellers[0].command, accept);
        assert!(sellers[1].sentence.contains("would pay 100.00 USD of your"));
        assert_eq!(sellers[1].until, Some(day("2026-01-20")));
        assert!(waits("buyer").is_empty());
    }

    #[test]
    fn the_buyer_is_to_answer_and_the_seller_to_know_of_queries() {
        let all = [
            InvoiceState::Registered,
            InvoiceState::UnderQuery,
            InvoiceState::Confirmed,
            InvoiceState::Withdrawn,
        ]
        .map(invoice);
        let waits = |me| at_desk(me, "2026-01-10", |desk| to_answer(desk, &all));
        let buyers = waits("buyer");
        assert_eq!(buyers.len(), 2);
        assert!(
            buyers[0]
                .sentence
                .contains("supplier's invoice 7 over 125.00 USD")
        );
        let confirm = format!("counterfoil invoice confirm {}", "ab".repeat(32));
        assert_eq!(buyers[0].command, confirm);
        assert_eq!(buyers[0].since, Some(day("2026-01-01")));
        let sellers = waits("supplier");
        assert_eq!(sellers.len(), 1);
        assert!(sellers[0].sentence.contains("which order?"));
        assert!(waits("stranger").is_empty());
    }
}
