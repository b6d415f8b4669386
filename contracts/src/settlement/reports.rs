//! Anyone reports what is not paid in time; the ledger date decides (specification 6.5).

use std::collections::BTreeSet;

use counterfoil_proto::receivable::v1::{Receivable, ReceivableState};
use counterfoil_proto::settlement::v1::event::Event as Kind;
use counterfoil_proto::settlement::v1::{
    ReceivableDefaulted, ReceivableOverdue, RejectionCode, ReportDefault, ReportOverdue,
};
use counterfoil_proto::v1::Money;

use super::events::emit;
use super::external;
use super::payments::find;
use crate::kernel::{Context, Failure, reject, stored_date};
use crate::receivable::api as receivables;

pub(super) fn overdue(context: &mut Context<'_>, report: &ReportOverdue) -> Result<(), Failure> {
    let from = [ReceivableState::Performing];
    let late = find_late(context, &report.receivable, &from, Grace::None)?;

    receivables::report(
        &mut context.store,
        &late.receivable,
        ReceivableState::Overdue,
    );
    let event = ReceivableOverdue {
        receivable: late.receivable.id,
        reported_on: Some(context.ledger_date.to_proto()),
        outstanding: Some(late.outstanding),
        debtor: late.receivable.debtor,
    };
    tell(context, &late.parties, Kind::Overdue(event));
    Ok(())
}

pub(super) fn default(context: &mut Context<'_>, report: &ReportDefault) -> Result<(), Failure> {
    let from = [ReceivableState::Performing, ReceivableState::Overdue];
    let late = find_late(context, &report.receivable, &from, Grace::OfTerms)?;

    receivables::report(
        &mut context.store,
        &late.receivable,
        ReceivableState::Defaulted,
    );
    let event = ReceivableDefaulted {
        receivable: late.receivable.id,
        reported_on: Some(context.ledger_date.to_proto()),
        outstanding: Some(late.outstanding),
        debtor: late.receivable.debtor,
    };
    tell(context, &late.parties, Kind::Defaulted(event));
    Ok(())
}

/// What counts after the adjusted due date.
enum Grace {
    None,
    OfTerms,
}

/// A receivable that is not paid in time.
struct Late {
    receivable: Receivable,
    outstanding: Money,
    /// The debtor, the controllers and the pledgees.
    parties: BTreeSet<String>,
}

fn find_late(
    context: &Context<'_>,
    id: &[u8],
    from: &[ReceivableState],
    grace: Grace,
) -> Result<Late, Failure> {
    let receivable = find(&context.store, id)?;
    if !from.contains(&receivable.state()) {
        let state = receivable.state().as_str_name();
        let state = state.strip_prefix("RECEIVABLE_STATE_").unwrap_or(state);
        let message = format!("the receivable is {state} already");
        return Err(reject(RejectionCode::WrongState, message));
    }
    let due = stored_date("receivable/receivable", receivable.adjusted_due_date)?;
    let grace_days = match grace {
        Grace::None => 0,
        Grace::OfTerms => receivable
            .terms
            .as_ref()
            .map_or(0, |terms| terms.grace_days),
    };
    if due.days_until(context.ledger_date) <= i64::from(grace_days) {
        // Anybody may report, and not everybody may read the due date.
        let message = match grace {
            Grace::None => "the due date has not passed",
            Grace::OfTerms => "the days of grace after the due date have not passed",
        };
        return Err(reject(RejectionCode::NotYet, message));
    }
    let claims = receivables::live_claims(&context.store, &receivable)?;
    let minor = claims.iter().map(|claim| claim.outstanding_minor).sum();
    if minor == 0 {
        let message = "all principal is paid: unpaid penalty alone makes nothing overdue";
        return Err(reject(RejectionCode::NothingOutstanding, message));
    }
    if external::asserted_minor(context, &receivable)? >= minor {
        let message = "a bank asserts that it paid all that is outstanding: wait for the answer";
        return Err(reject(RejectionCode::PaymentAsserted, message));
    }
    let mut parties = BTreeSet::from([receivable.debtor.clone()]);
    for claim in &claims {
        parties.insert(claim.controller.clone());
        parties.extend(receivables::pledge_of(claim).map(|pledge| pledge.pledgee.clone()));
    }
    Ok(Late {
        outstanding: receivables::money(&receivable, minor),
        receivable,
        parties,
    })
}

fn tell(context: &mut Context<'_>, parties: &BTreeSet<String>, kind: Kind) {
    let parties: Vec<&str> = parties.iter().map(String::as_str).collect();
    emit(context, &parties, kind);
}
