//! Recourse and guarantees of this organization that were called on.

use counterfoil_proto::receivable::v1::{Claim, Receivable, Undertaking, UndertakingKind};
use counterfoil_types::limits::RECOURSE_DAYS;

use super::entry::{Desk, Entry, date};
use crate::commands::undertaking::covered;
use crate::failure::Failure;

/// What is to be paid on the claims of a receivable in default under this organization's undertakings.
pub fn to_pay(
    desk: &Desk<'_>,
    receivable: &Receivable,
    claims: &[Claim],
    mine: &[Undertaking],
) -> Result<Vec<Entry>, Failure> {
    let mut entries = Vec::new();
    for claim in claims {
        for undertaken in &claim.undertakings {
            let named = mine.iter().find(|mine| mine.id == undertaken.undertaking);
            let (Some(undertaking), Some(noticed_on)) = (named, date(undertaken.noticed_on)) else {
                continue;
            };
            let amount = covered(desk.today, receivable, claim, undertaking)?;
            if amount.minor == 0 {
                continue;
            }
            let called_on = match undertaking.kind() {
                UndertakingKind::Guarantee => "guarantee",
                _ => "recourse",
            };
            entries.push(Entry {
                kind: "notice",
                sentence: format!(
                    "your {called_on} for {}'s claim against {} was called on: {} is yours to pay",
                    claim.controller,
                    receivable.debtor,
                    desk.money(Some(&amount))
                ),
                since: Some(noticed_on),
                until: noticed_on.add_days(RECOURSE_DAYS).ok(),
                command: format!(
                    "counterfoil undertaking pay {}#{} {} --issuer {}",
                    hex::encode(&claim.receivable),
                    claim.number,
                    hex::encode(&undertaking.id),
                    desk.issuer(&amount)
                ),
            });
        }
    }
    Ok(entries)
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::receivable::v1::{DayCount, Terms, Undertaken};
    use counterfoil_proto::v1 as wire;

    use super::super::entry::tests::{at_desk, day, on, usd};
    use super::*;

    fn undertaking(id: u8, kind: UndertakingKind, cap_minor: u64) -> Undertaking {
        Undertaking {
            id: vec![id; 32],
            kind: kind.into(),
            by: "endorser".into(),
            cap_minor,
            paid_minor: 1_000,
            ..Default::default()
        }
    }

    /// What waits on a day for notice of the 10th of these undertakings.
    fn waits(today: &str, noticed_on: Option<wire::Date>, mine: &[Undertaking]) -> Vec<Entry> {
        let receivable = Receivable {
            debtor: "buyer".into(),
            face: Some(usd(6_000)),
            adjusted_due_date: on("2026-01-01"),
            terms: Some(Terms {
                day_count: DayCount::A004.into(),
                ..Default::default()
            }),
            ..Default::default()
        };
        let claim = Claim {
            receivable: vec![0xab; 32],
            number: 3,
            controller: "bank-a".into(),
            outstanding_minor: 6_000,
            undertakings: [1, 2]
                .map(|id| Undertaken {
                    undertaking: vec![id; 32],
                    noticed_on,
                })
                .to_vec(),
            ..Default::default()
        };
        at_desk("endorser", today, |desk| {
            to_pay(desk, &receivable, &[claim], mine).unwrap()
        })
    }

    #[test]
    fn what_was_called_on_waits_while_it_covers_anything() {
        let mine = [
            undertaking(1, UndertakingKind::Recourse, 0),
            undertaking(2, UndertakingKind::Guarantee, 3_000),
            undertaking(3, UndertakingKind::Guarantee, 0),
        ];
        let entries = waits("2026-01-12", on("2026-01-10"), &mine);
        let said: Vec<&str> = entries.iter().map(|e| e.sentence.as_str()).collect();
        assert_eq!(
            said,
            [
                "your recourse for bank-a's claim against buyer was called on: 60.00 USD is yours to pay",
                "your guarantee for bank-a's claim against buyer was called on: 20.00 USD is yours to pay",
            ]
        );
        assert_eq!(
            entries[0].command,
            format!(
                "counterfoil undertaking pay {}#3 {} --issuer bank-y",
                "ab".repeat(32),
                "01".repeat(32)
            )
        );
        assert_eq!(entries[0].until, Some(day("2026-01-15")));
        assert!(waits("2026-01-12", None, &mine).is_empty(), "no notice");
        let used_up = [undertaking(2, UndertakingKind::Guarantee, 1_000)];
        assert!(waits("2026-01-12", on("2026-01-10"), &used_up).is_empty());
    }
}
