//! The figures that the ledger shows, in the shape of those expected, and the two side by side.

use std::collections::BTreeSet;

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::Receivable;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::money::Currency;

use super::chain::Chain;
use super::expected::{Bank, Expected, Transactions};
use super::records::Records;
use super::report::Check;
use super::state_names;

/// Takes one figure from a bank's.
type OfBank = fn(&Bank) -> u128;

/// What the ledger shows, in the shape of what is expected. Amounts are those of one currency.
pub fn figures(records: &Records, chain: &Chain, currency: Currency) -> Expected {
    let banks: Vec<&str> = records
        .organizations
        .iter()
        .filter(|organization| organization.roles().any(|role| role == Role::Bank))
        .map(|organization| organization.id.as_str())
        .collect();
    let mut figures = Expected::none(currency, state_names(), &banks);
    figures.invoices = count(&records.invoices, |_| true);
    figures.disputed = count(&records.invoices, |invoice| invoice.query_count > 0);
    figures.transactions = Transactions {
        committed: chain.evidence.committed,
        rejected: chain.evidence.rejected,
    };
    let invoice_states = records
        .invoices
        .iter()
        .map(|invoice| format!("{:?}", invoice.state()));
    let receivable_states = records
        .receivables
        .iter()
        .map(|receivable| format!("{:?}", receivable.state()));
    for state in invoice_states.chain(receivable_states) {
        *figures.states.entry(state).or_default() += 1;
    }
    for receivable in &records.receivables {
        figures.late += u64::from(paid_late(receivable));
        let face = receivable.face.clone().unwrap_or_default();
        if face.currency == currency.code() {
            figures.confirmed_minor += u128::from(face.minor);
            figures.principal_paid_minor += u128::from(receivable.redeemed_minor);
            figures.penalty_paid_minor += u128::from(receivable.penalty_paid_minor);
        }
    }
    let bank = |banks: &mut Vec<Bank>, name: &str| banks.iter().position(|bank| bank.name == name);
    for issuance in records
        .issuances
        .iter()
        .filter(|issuance| issuance.currency == currency.code())
    {
        if let Some(at) = bank(&mut figures.banks, &issuance.issuer) {
            figures.banks[at].issued_minor += u128::from(issuance.issued_minor);
            figures.banks[at].redeemed_minor += u128::from(issuance.redeemed_minor);
        }
    }
    for balance in records
        .balances
        .iter()
        .filter(|balance| balance.currency == currency.code())
    {
        if let Some(at) = bank(&mut figures.banks, &balance.issuer) {
            let held = u128::from(balance.available_minor) + u128::from(balance.locked_minor);
            figures.banks[at].held_minor += held;
        }
    }
    figures
}

fn paid_late(receivable: &Receivable) -> bool {
    match (
        date(receivable.settled_on.as_ref()),
        date(receivable.due_date.as_ref()),
    ) {
        (Some(settled), Some(due)) => settled > due,
        _ => false,
    }
}

pub fn date(date: Option<&wire::Date>) -> Option<Date> {
    date.and_then(|date| Date::try_from(date).ok())
}

pub fn count<T>(items: &[T], holds: impl Fn(&T) -> bool) -> u64 {
    items.iter().filter(|item| holds(item)).count() as u64
}

/// The figures handed over against those of the ledger.
pub fn compare(expected: &Expected, actual: &Expected) -> Vec<Check> {
    let amount = |name: &str, expected: u128, actual: u128| {
        Check::new(name, expected.to_string(), actual.to_string())
    };
    let mut checks = vec![
        Check::new("invoices", expected.invoices, actual.invoices),
        Check::new("late", expected.late, actual.late),
        Check::new("disputed", expected.disputed, actual.disputed),
        amount(
            "confirmed_minor",
            expected.confirmed_minor,
            actual.confirmed_minor,
        ),
        amount(
            "principal_paid_minor",
            expected.principal_paid_minor,
            actual.principal_paid_minor,
        ),
        amount(
            "penalty_paid_minor",
            expected.penalty_paid_minor,
            actual.penalty_paid_minor,
        ),
        Check::new(
            "transactions_committed",
            expected.transactions.committed,
            actual.transactions.committed,
        ),
        Check::new(
            "transactions_rejected",
            expected.transactions.rejected,
            actual.transactions.rejected,
        ),
    ];
    let states: BTreeSet<&String> = expected.states.keys().chain(actual.states.keys()).collect();
    for state in states {
        let of = |figures: &Expected| figures.states.get(state).copied().unwrap_or(0);
        checks.push(Check::new(
            format!("state_{state}"),
            of(expected),
            of(actual),
        ));
    }
    let banks: BTreeSet<&String> = expected
        .banks
        .iter()
        .chain(&actual.banks)
        .map(|bank| &bank.name)
        .collect();
    for name in banks {
        let of = |figures: &Expected, figure: OfBank| {
            figures
                .banks
                .iter()
                .find(|bank| &bank.name == name)
                .map_or(0, figure)
        };
        let figures: [(&str, OfBank); 3] = [
            ("issued_minor", |bank| bank.issued_minor),
            ("held_minor", |bank| bank.held_minor),
            ("redeemed_minor", |bank| bank.redeemed_minor),
        ];
        for (figure, of_bank) in figures {
            checks.push(amount(
                &format!("{name}_{figure}"),
                of(expected, of_bank),
                of(actual, of_bank),
            ));
        }
    }
    checks
}
