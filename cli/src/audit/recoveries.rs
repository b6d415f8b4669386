//! What endorsers and guarantors pay in the debtor's place: whom it reaches, and that nobody is paid more than is owed
//! (specification 6.6, 9.11).

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::Loan;
use counterfoil_proto::financing::v1::event::Event as FinancingEvent;
use counterfoil_proto::receivable::v1::{Claim, event::Event as ReceivableEvent};
use counterfoil_proto::settlement::v1::ClaimRecovered;
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;

use super::claims::ClaimKey;
use super::deposits::paid;
use super::evidence::{Event, Executed};
use super::figures::{count, minor};
use super::records::Records;
use super::report::Check;

pub fn checks(records: &Records, history: &[Executed]) -> Vec<Check> {
    let recoveries: Vec<(&Executed, &ClaimRecovered)> = history
        .iter()
        .flat_map(|executed| executed.events.iter().map(move |event| (executed, event)))
        .filter_map(|(executed, event)| match event {
            Event::Settlement(SettlementEvent::ClaimRecovered(e)) => Some((executed, e)),
            _ => None,
        })
        .collect();
    let gone = gone(history);
    let within = |claim: &Claim| {
        let gone = gone.get(&(claim.receivable.clone(), claim.number));
        let left = u128::from(claim.outstanding_minor);
        gone.copied().unwrap_or(0) + left <= u128::from(claim.face_minor)
    };
    vec![
        Check::new(
            "recoveries_reach_holders_and_lenders",
            recoveries.len(),
            count(&recoveries, |(executed, recovered)| {
                reaches(executed, recovered, &records.loans)
            }),
        ),
        Check::new(
            "claims_paid_no_more_than_their_face",
            records.claims.len(),
            count(&records.claims, within),
        ),
    ]
}

/// Whether a payer's cash went to the claim's holder, as far as not to the lenders whose loans were credited with it.
/// What it would pay itself is set off.
fn reaches(executed: &Executed, recovered: &ClaimRecovered, loans: &[Loan]) -> bool {
    let mut owed: BTreeMap<&str, u128> = BTreeMap::new();
    let mut owner = recovered.controller.as_str();
    let mut left = u128::from(minor(&recovered.principal)) + u128::from(minor(&recovered.penalty));
    for event in &executed.events {
        if let Event::Financing(FinancingEvent::LoanPaid(e)) = event
            && let Some(loan) = loans.iter().find(|loan| loan.id == e.loan)
        {
            let lent = u128::from(minor(&e.interest)) + u128::from(minor(&e.principal));
            let Some(rest) = left.checked_sub(lent) else {
                return false;
            };
            left = rest;
            // A lender in control of a claim accounts for the surplus.
            owner = &loan.borrower;
            *owed.entry(&loan.lender).or_default() += lent;
        }
    }
    *owed.entry(owner).or_default() += left;
    owed.retain(|payee, minor| *payee != recovered.payer && *minor > 0);
    let mut got: BTreeMap<&str, u128> = BTreeMap::new();
    for paid in executed.events.iter().filter_map(paid) {
        if paid.payer != recovered.payer || paid.issuer != recovered.issuer {
            return false;
        }
        *got.entry(paid.payee).or_default() += u128::from(paid.minor);
    }
    owed == got
}

/// By claim, the principal that its holder was paid or credited, by whomever.
fn gone(history: &[Executed]) -> BTreeMap<ClaimKey, u128> {
    let mut gone: BTreeMap<ClaimKey, u128> = BTreeMap::new();
    let mut add = |receivable: &[u8], number, minor: u64| {
        *gone.entry((receivable.to_vec(), number)).or_default() += u128::from(minor);
    };
    for event in history.iter().flat_map(|executed| &executed.events) {
        match event {
            Event::Settlement(SettlementEvent::Paid(e)) => {
                for share in &e.shares {
                    add(&e.receivable, share.claim, share.principal_minor);
                }
            }
            Event::Settlement(SettlementEvent::ClaimRecovered(e)) => {
                add(&e.receivable, e.claim, minor(&e.principal));
            }
            Event::Receivable(ReceivableEvent::Credited(e)) => {
                add(&e.receivable, e.number, e.credited_minor);
            }
            _ => {}
        }
    }
    gone
}

#[cfg(test)]
#[path = "recoveries_tests.rs"]
mod tests;
