//! Loans in default, and what the lender may do about it (specification 5.5).

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    Loan, LoanDefaulted, LoanState, RejectionCode, ReportLoanDefault, TakeControl,
};
use counterfoil_proto::receivable::v1::Pledge;
use counterfoil_proto::v1::Money;
use counterfoil_types::schedule::is_overdue;

use super::awards::check_not_held;
use super::events::emit;
use super::keys::put_loan;
use super::loans::{check_not_repaid, find, find_collateral};
use crate::kernel::{Context, Failure, StateError, reject};
use crate::receivable::api as receivables;

pub(super) fn report(context: &mut Context<'_>, report: &ReportLoanDefault) -> Result<(), Failure> {
    let mut loan = find_lent(context, &report.loan)?;
    check_not_repaid(&loan)?;
    let overdue = is_overdue(&loan, context.ledger_date)
        .map_err(|e| StateError::corrupt("financing/loan", e))?;
    if loan.state() == LoanState::Defaulted || !overdue {
        let message = "no instalment is overdue beyond its grace days, or the default is recorded";
        return Err(reject(RejectionCode::NothingOverdue, message));
    }

    loan.state = LoanState::Defaulted.into();
    loan.defaulted_on = Some(context.ledger_date.to_proto());
    put_loan(&mut context.store, &loan);
    let defaulted = LoanDefaulted {
        loan: loan.id.clone(),
        lender: loan.lender.clone(),
        borrower: loan.borrower.clone(),
        outstanding: loan.principal.clone().map(|principal| Money {
            minor: loan.outstanding_minor,
            ..principal
        }),
    };
    let concerned = [loan.lender.as_str(), &loan.borrower];
    emit(context, &concerned, Kind::LoanDefaulted(defaulted));
    Ok(())
}

pub(super) fn take_control(context: &mut Context<'_>, take: &TakeControl) -> Result<(), Failure> {
    let loan = find_lent(context, &take.loan)?;
    if loan.state() != LoanState::Defaulted {
        let message = "the loan is not in default";
        return Err(reject(RejectionCode::NotInDefault, message));
    }
    find_collateral(&loan, &take.receivable, take.number)?;
    let claim = receivables::claim(&context.store, &take.receivable, take.number)?
        .ok_or_else(|| StateError::corrupt("receivable/claim", "a pledged claim is missing"))?;
    let pledge = Pledge {
        loan: loan.id,
        pledgee: loan.lender,
    };
    if receivables::is_taken(&claim, &pledge) {
        let message = "the lender has control of the claim already";
        return Err(reject(RejectionCode::ControlTaken, message));
    }
    let claims = [claim];
    check_not_held(context, &claims)?;
    let [claim] = claims;

    Ok(receivables::take(context, claim, &pledge)?)
}

/// A loan of the caller's.
fn find_lent(context: &Context<'_>, id: &[u8]) -> Result<Loan, Failure> {
    let loan = find(&context.store, id)?;
    if loan.lender == context.caller.id {
        return Ok(loan);
    }
    let message = "this is for the loan's lender";
    Err(reject(RejectionCode::NotTheLender, message))
}
