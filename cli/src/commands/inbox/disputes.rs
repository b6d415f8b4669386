//! Disputes that wait for an arbiter's ruling.

use counterfoil_proto::invoice::v1::{DisputeState, Invoice};

use super::entry::{Desk, Entry, date};

/// Of invoices on whose disputes this organization rules, those on which it has not yet.
pub fn to_rule(desk: &Desk<'_>, invoices: &[Invoice]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for invoice in invoices {
        let Some(dispute) = &invoice.dispute else {
            continue;
        };
        let ruled = dispute.rulings.iter().any(|given| given.arbiter == desk.me);
        if dispute.state() != DisputeState::Open || ruled {
            continue;
        }
        let confirmed = invoice.conditions.as_ref().map(|c| c.amount.as_ref());
        entries.push(Entry {
            kind: "dispute",
            sentence: format!(
                "{} disputes {}'s invoice {} to {} over {}: \"{}\"; you rule on it: upheld over an amount, or --dismissed",
                dispute.opened_by,
                invoice.seller,
                invoice.number,
                invoice.buyer,
                desk.money(confirmed.unwrap_or(invoice.gross.as_ref())),
                dispute.reason
            ),
            since: date(dispute.opened_on),
            until: None,
            command: format!(
                "counterfoil invoice rule {} --upheld AMOUNT --document REASONS",
                hex::encode(&invoice.id)
            ),
        });
    }
    entries
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::invoice::v1::{ArbiterRuling, Dispute};

    use super::super::entry::tests::{at_desk, day, on, usd};
    use super::*;

    #[test]
    fn an_arbiter_is_to_rule_until_it_has_or_the_dispute_has_ended() {
        let disputed = |state: DisputeState, ruled: &[&str]| Invoice {
            id: vec![0xab; 32],
            seller: "supplier".into(),
            buyer: "buyer".into(),
            number: "7".into(),
            gross: Some(usd(12_500)),
            dispute: Some(Dispute {
                state: state.into(),
                opened_by: "buyer".into(),
                opened_on: on("2026-01-02"),
                reason: "half is broken".into(),
                rulings: ruled
                    .iter()
                    .map(|arbiter| ArbiterRuling {
                        arbiter: (*arbiter).into(),
                        ruling: None,
                    })
                    .collect(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let waits =
            |invoice: Invoice| at_desk("chamber", "2026-01-10", |desk| to_rule(desk, &[invoice]));
        let entries = waits(disputed(DisputeState::Open, &["bank-a"]));
        assert_eq!(
            entries[0].command,
            format!(
                "counterfoil invoice rule {} --upheld AMOUNT --document REASONS",
                "ab".repeat(32)
            )
        );
        let sentence = &entries[0].sentence;
        assert!(sentence.contains("buyer disputes supplier's invoice 7 to buyer over 125.00 USD"));
        assert!(sentence.contains("half is broken"), "{sentence}");
        assert_eq!(entries[0].since, Some(day("2026-01-02")));
        assert!(waits(disputed(DisputeState::Open, &["bank-a", "chamber"])).is_empty());
        assert!(waits(disputed(DisputeState::Ruled, &["bank-a"])).is_empty());
        assert!(waits(Invoice::default()).is_empty());
    }
}
