//! What this organization owes, due soon or late.

use counterfoil_proto::financing::v1::{Loan, LoanState};
use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};
use counterfoil_proto::v1 as wire;
use counterfoil_types::schedule::{instalments, is_overdue};

use super::entry::{Desk, Entry, date};
use crate::owed::Owed;
use crate::views;

pub fn receivables_to_pay(desk: &Desk<'_>, receivables: &[(Receivable, Owed)]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (receivable, owed) in receivables {
        let open = receivable.state() != ReceivableState::Settled;
        if receivable.debtor != desk.me || !open || !desk.soon(receivable.adjusted_due_date) {
            continue;
        }
        let id = hex::encode(&receivable.id);
        entries.push(Entry {
            kind: "receivable",
            sentence: format!(
                "you owe {} on a confirmed invoice, due {}",
                in_words(desk, owed, "penalty"),
                views::day(receivable.adjusted_due_date)
            ),
            since: date(receivable.confirmed_on),
            until: date(receivable.adjusted_due_date),
            command: format!(
                "counterfoil receivable settle {id} --issuer {}",
                owed.total().map_or("BANK", |total| desk.issuer(&total))
            ),
        });
    }
    entries
}

pub fn loans_to_repay(desk: &Desk<'_>, loans: &[(Loan, Owed)]) -> Vec<Entry> {
    let mut entries = Vec::new();
    for (loan, owed) in loans {
        let next = next_due(loan);
        let repaid = loan.state() == LoanState::Repaid;
        if loan.borrower != desk.me || repaid || !desk.soon(next) {
            continue;
        }
        entries.push(Entry {
            kind: "loan",
            sentence: format!(
                "you owe {} to {} on a loan, {} due {}",
                in_words(desk, owed, "interest"),
                loan.lender,
                if next == loan.due_date {
                    "all of it"
                } else {
                    "an instalment"
                },
                views::day(next)
            ),
            since: date(loan.opened_on),
            until: date(next),
            command: format!("counterfoil loan repay {}", hex::encode(&loan.id)),
        });
    }
    entries
}

/// The day of the next instalment, or of the first that is behind its plan; the due date where nothing else is planned.
pub fn next_due(loan: &Loan) -> Option<wire::Date> {
    let plan = instalments(loan).unwrap_or_default();
    let unpaid = plan
        .iter()
        .find(|instalment| loan.outstanding_minor > instalment.left_minor);
    unpaid.map_or(loan.due_date, |instalment| Some(instalment.due.to_proto()))
}

/// Loans of this lender of which an instalment is overdue.
pub fn defaults_to_report(desk: &Desk<'_>, loans: &[Loan]) -> Vec<Entry> {
    let overdue = |loan: &&Loan| {
        loan.lender == desk.me
            && loan.state() == LoanState::Open
            && is_overdue(loan, desk.today).unwrap_or(false)
    };
    let overdue = loans.iter().filter(overdue);
    let entry = |loan: &Loan| Entry {
        kind: "loan",
        sentence: format!(
            "{} is behind with a loan of yours: its default can be reported, and its claims be taken control of",
            loan.borrower
        ),
        since: date(next_due(loan)),
        until: None,
        command: format!("counterfoil loan default {}", hex::encode(&loan.id)),
    };
    overdue.map(entry).collect()
}

fn in_words(desk: &Desk<'_>, owed: &Owed, added: &str) -> String {
    if owed.added == 0 {
        return desk
            .currencies
            .format(owed.principal_minor(), &owed.currency);
    }
    owed.in_words(added, desk.currencies)
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::financing::v1::Schedule;
    use counterfoil_proto::receivable::v1::DayCount;

    use super::super::entry::tests::{at_desk, day, on};
    use super::*;

    fn owed(today: &str, principal: u128, added: u128) -> Owed {
        Owed {
            date: day(today),
            principal,
            added,
            currency: "USD".into(),
        }
    }

    #[test]
    fn receivables_wait_from_a_week_before_they_fall_due() {
        let receivable = |state: ReceivableState| Receivable {
            id: vec![0xab; 32],
            debtor: "buyer".into(),
            adjusted_due_date: on("2026-01-31"),
            confirmed_on: on("2026-01-01"),
            state: state.into(),
            ..Default::default()
        };
        let waits = |me, today, state| {
            let owing = [(receivable(state), owed(today, 6_000, 13))];
            at_desk(me, today, |desk| receivables_to_pay(desk, &owing))
        };
        assert!(waits("buyer", "2026-01-23", ReceivableState::Performing).is_empty());
        let entries = waits("buyer", "2026-01-24", ReceivableState::Performing);
        let settle = format!(
            "counterfoil receivable settle {} --issuer bank-y",
            "ab".repeat(32)
        );
        assert_eq!(entries[0].command, settle);
        assert_eq!(entries[0].until, Some(day("2026-01-31")));
        let late = waits("buyer", "2026-03-01", ReceivableState::Overdue);
        let sentence = &late[0].sentence;
        assert!(
            sentence.contains("60.00 USD principal and 0.13 USD penalty"),
            "{sentence}"
        );
        assert!(waits("buyer", "2026-03-01", ReceivableState::Settled).is_empty());
        assert!(waits("supplier", "2026-03-01", ReceivableState::Overdue).is_empty());
    }

    #[test]
    fn loans_wait_likewise() {
        let loan = |state: LoanState| Loan {
            id: vec![0xcd; 32],
            lender: "bank-a".into(),
            borrower: "supplier".into(),
            due_date: on("2026-01-31"),
            state: state.into(),
            ..Default::default()
        };
        let waits = |today, state, principal| {
            let owing = [(loan(state), owed(today, principal, 0))];
            at_desk("supplier", today, |desk| loans_to_repay(desk, &owing))
        };
        assert!(waits("2026-01-01", LoanState::Open, 6_000).is_empty());
        let entries = waits("2026-01-31", LoanState::Open, 6_000);
        assert!(entries[0].sentence.contains("60.00 USD to bank-a"));
        let repay = format!("counterfoil loan repay {}", "cd".repeat(32));
        assert_eq!(entries[0].command, repay);
        assert!(waits("2026-01-31", LoanState::Repaid, 0).is_empty());
    }

    #[test]
    fn instalments_wait_for_the_borrower_and_what_is_overdue_for_the_lender() {
        let loan = Loan {
            lender: "bank-a".into(),
            borrower: "supplier".into(),
            state: LoanState::Open.into(),
            schedule: Schedule::EqualPrincipal.into(),
            day_count: DayCount::A004.into(),
            opened_on: on("2026-01-10"),
            plan_from: on("2026-01-10"),
            due_date: on("2026-04-10"),
            plan_principal_minor: 9_000,
            outstanding_minor: 9_000,
            ..Default::default()
        };
        assert_eq!(next_due(&loan), on("2026-02-10"));
        let paid = Loan {
            outstanding_minor: 6_000,
            ..loan.clone()
        };
        assert_eq!(next_due(&paid), on("2026-03-10"));
        let late = |today, loan: &Loan| {
            let loans = [loan.clone()];
            at_desk("bank-a", today, |desk| defaults_to_report(desk, &loans)).len()
        };
        assert_eq!(
            (late("2026-02-10", &loan), late("2026-02-11", &loan)),
            (0, 1)
        );
        assert_eq!(
            (late("2026-03-10", &paid), late("2026-03-11", &paid)),
            (0, 1)
        );
    }
}
