//! Loans in default: all of them may be collected, and the lender takes control of what is pledged.

use counterfoil_proto::financing::v1::{
    ClaimReference, Loan, LoanDefaulted, LoanState, RejectionCode as Code, ReportLoanDefault,
    TakeControl, event,
};
use counterfoil_proto::receivable::v1::Purpose;

use super::super::arithmetic::date;
use super::super::undertakings::WITHOUT;
use super::plan::left_after;
use super::{financing, money};
use crate::model::{Call, Happened, Id, Model, Rejected, ensure};

/// Whether the lender may report the loan's default on a day.
pub fn is_overdue(loan: &Loan, today: i64) -> bool {
    let before = today - i64::from(loan.grace_days) - 1;
    loan.outstanding_minor > left_after(loan, before)
}

impl Model {
    pub(in crate::model) fn report_loan_default(
        &mut self,
        call: &Call,
        action: &ReportLoanDefault,
    ) -> Result<Vec<Happened>, Rejected> {
        let today = self.clock.day(call.time_ms);
        let (id, loan) = self.loan(&action.loan)?;
        ensure(loan.lender == call.organization, Code::NotTheLender)?;
        ensure(loan.state() != LoanState::Repaid, Code::LoanClosed)?;
        ensure(
            loan.state() == LoanState::Open && is_overdue(loan, today),
            Code::NothingOverdue,
        )?;
        let loan = self.loans.get_mut(&id).expect("found above");
        loan.set_state(LoanState::Defaulted);
        loan.defaulted_on = Some(date(today));
        let currency = &loan.principal.as_ref().expect("a principal").currency;
        let defaulted = LoanDefaulted {
            loan: loan.id.clone(),
            lender: loan.lender.clone(),
            borrower: loan.borrower.clone(),
            outstanding: money(loan.outstanding_minor, currency),
        };
        let told = [loan.lender.as_str(), loan.borrower.as_str()];
        Ok(vec![financing(
            told,
            event::Event::LoanDefaulted(defaulted),
        )])
    }

    pub(in crate::model) fn take_control(
        &mut self,
        call: &Call,
        action: &TakeControl,
    ) -> Result<Vec<Happened>, Rejected> {
        let (_, loan) = self.loan(&action.loan)?;
        let lender = call.organization;
        ensure(loan.lender == lender, Code::NotTheLender)?;
        ensure(loan.state() == LoanState::Defaulted, Code::NotInDefault)?;
        let claim = ClaimReference {
            receivable: action.receivable.clone(),
            number: action.number,
        };
        ensure(loan.collateral.contains(&claim), Code::NotPledged)?;
        let key = (
            Id::try_from(claim.receivable.as_slice()).expect("an id"),
            claim.number,
        );
        ensure(self.claims[&key].controller != lender, Code::ControlTaken)?;
        ensure(!self.is_held(&key.0), Code::PaymentUnderWay)?;
        self.ensure_claim_free(call, &self.claims[&key])?;

        let pledge = self.claims[&key].encumbrance.clone();
        let happened = self.endorse(&key, lender, (Purpose::Enforcement, WITHOUT), call);
        self.claim_mut(&key).encumbrance = pledge;
        Ok(vec![happened])
    }
}
