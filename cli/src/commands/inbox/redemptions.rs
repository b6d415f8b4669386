//! Redemptions that were asked for and are not finished.

use counterfoil_proto::cash::v1::{Redemption, RedemptionState};

use super::entry::{Desk, Entry, date};
use crate::shell::word;

/// What the holder is to confirm and the issuer to pay.
pub fn to_finish(desk: &Desk<'_>, redemptions: &[Redemption]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for redemption in redemptions {
        if redemption.state() != RedemptionState::Requested {
            continue;
        }
        let amount = desk.money(redemption.amount.as_ref());
        let id = word(&redemption.end_to_end_id);
        let (sentence, command) = if redemption.holder == desk.me {
            (
                format!(
                    "{} is to pay out {amount} to you: confirm it when the money has come",
                    redemption.issuer
                ),
                format!("counterfoil deposit confirm --end-to-end-id {id}"),
            )
        } else if redemption.issuer == desk.me {
            (
                format!(
                    "{} asks you to pay out {amount}, outside the ledger: it confirms, or you decline",
                    redemption.holder
                ),
                format!(
                    "counterfoil deposit show --holder {} --end-to-end-id {id}",
                    redemption.holder
                ),
            )
        } else {
            continue;
        };
        entries.push(Entry {
            kind: "redemption",
            sentence,
            since: date(redemption.requested_on),
            until: None,
            command,
        });
    }
    entries
}

#[cfg(test)]
mod tests {
    use super::super::entry::tests::{at_desk, on, usd};
    use super::*;

    #[test]
    fn the_holder_confirms_and_the_issuer_pays() {
        let redemption = |state: RedemptionState| Redemption {
            issuer: "bank-a".into(),
            holder: "supplier".into(),
            amount: Some(usd(10_000)),
            end_to_end_id: "PAYOUT 1".into(),
            state: state.into(),
            requested_on: on("2026-01-01"),
        };
        let all = [RedemptionState::Requested, RedemptionState::Paid].map(redemption);
        let waits = |me| at_desk(me, "2026-01-10", |desk| to_finish(desk, &all));
        let holders = waits("supplier");
        assert_eq!(holders.len(), 1);
        let confirm = "counterfoil deposit confirm --end-to-end-id 'PAYOUT 1'";
        assert_eq!(holders[0].command, confirm);
        let issuers = waits("bank-a");
        assert!(
            issuers[0]
                .sentence
                .contains("supplier asks you to pay out 100.00 USD")
        );
        assert!(waits("bank-b").is_empty());
    }
}
