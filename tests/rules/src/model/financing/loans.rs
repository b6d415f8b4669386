//! Loans: what is owed on them, and how they are repaid.

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::{
    ClaimReference, Loan, LoanPaid, LoanState, RejectionCode as Code, ReleasePledge, RepayLoan,
    SplitCollateral, event,
};
use counterfoil_proto::receivable::v1::event::Event as ClaimEvent;
use counterfoil_proto::receivable::v1::{PledgeReleased, Purpose};
use counterfoil_proto::v1::{Accrual, KernelRejectionCode as Kernel};

use super::super::arithmetic::{MAX_MINOR, Rate, date};
use super::super::cash::{Payment, is_end_to_end_id};
use super::super::claims::{day_of, receivable};
use super::super::supervision::key;
use super::super::undertakings::WITHOUT;
use super::plan::left_after;
use super::{financing, money};
use crate::model::{Call, Happened, Id, Model, Rejected, ensure, ensure_first};

/// Claims pledged for a loan.
const MAX_COLLATERAL: usize = 256;

/// A loan's interest up to a day.
pub(in crate::model) fn interest_to(loan: &Loan, today: i64) -> Accrual {
    let rate = Rate {
        ppm: loan.rate_ppm,
        count: loan.day_count(),
        since: day_of(&loan.opened_on),
    };
    rate.accrue(loan.interest.as_ref(), loan.outstanding_minor, today)
}

impl Model {
    /// Interest and principal that are owed on a loan on this day.
    pub fn owed_on(&self, loan: &Id, today: i64) -> (u64, u64) {
        let loan = &self.loans[loan];
        (interest_to(loan, today).minor, loan.outstanding_minor)
    }

    pub(super) fn loan(&self, id: &[u8]) -> Result<(Id, &Loan), Rejected> {
        let unknown = Rejected::with(Code::UnknownLoan);
        let id = Id::try_from(id).map_err(|_| unknown)?;
        Ok((id, self.loans.get(&id).ok_or(unknown)?))
    }

    pub(in crate::model) fn repay(
        &mut self,
        call: &Call,
        action: &RepayLoan,
    ) -> Result<Vec<Happened>, Rejected> {
        let (borrower, today) = (call.organization, self.clock.day(call.time_ms));
        let (id, loan) = self.loan(&action.loan)?;
        ensure(loan.borrower == borrower, Code::NotTheBorrower)?;
        ensure(loan.state() != LoanState::Repaid, Code::LoanClosed)?;
        ensure(
            [&loan.lender, &loan.issuer].contains(&&action.issuer),
            Code::IssuerNotAccepted,
        )?;
        let amount = action.amount.clone().unwrap_or_default();
        let principal = loan.principal.as_ref().expect("a principal");
        ensure(amount.currency == principal.currency, Code::WrongCurrency)?;
        ensure((1..=MAX_MINOR).contains(&amount.minor), Code::InvalidAmount)?;
        ensure(
            is_end_to_end_id(&action.end_to_end_id),
            Code::InvalidEndToEndId,
        )?;
        ensure_first(
            self.first_use(borrower, &action.end_to_end_id),
            Code::RepeatedEndToEndId,
        )?;
        let (interest, outstanding) = self.owed_on(&id, today);
        let owed = u128::from(interest) + u128::from(outstanding);
        let paid = u64::try_from(owed.min(u128::from(amount.minor))).expect("at most the amount");
        let mut part = Model::part_for(&loan.lender, paid);
        part.records.insert(0, key("financing/loan", &[&id]));
        let (mut legs, mut waiting) = (BTreeMap::new(), Vec::new());
        if self.any_frozen(&part.records, today) {
            waiting.push(part);
        } else {
            legs.insert(part.payee, part.minor);
        }
        let payment = Payment {
            payer: borrower,
            issuer: &action.issuer,
            currency: &amount.currency,
            instructed: amount.minor,
            legs,
            end_to_end_id: &action.end_to_end_id,
        };
        ensure(self.can_pay(&payment), Code::NotEnoughDeposits)?;
        self.ensure_all_taken(call, &payment, (Code::IssuerNotTaken, Code::CapExceeded))?;

        let mut happened = self.pay(payment, call.tx_id);
        let deposits = (borrower, action.issuer.as_str(), amount.currency.as_str());
        happened.extend(self.hold(call, deposits, &action.end_to_end_id, waiting));
        happened.push(self.pay_loan(&id, paid, None, today));
        happened.extend(self.release_if_repaid(&id, call));
        Ok(happened)
    }

    /// Puts a sum that is not more than what is owed towards a loan.
    pub(in crate::model) fn pay_loan(
        &mut self,
        id: &Id,
        paid: u64,
        collateral: Option<ClaimReference>,
        today: i64,
    ) -> Happened {
        let loan = self.loans.get_mut(id).expect("the loan was found");
        let mut accrued = interest_to(loan, today);
        let interest = paid.min(accrued.minor);
        let principal = paid - interest;
        accrued.minor -= interest;
        loan.interest = Some(accrued);
        loan.interest_paid_minor = loan.interest_paid_minor.saturating_add(interest);
        loan.outstanding_minor -= principal;
        if loan.outstanding_minor < left_after(loan, today) {
            // Paid ahead: a new plan over the rest.
            loan.plan_from = Some(date(today.max(day_of(&loan.plan_from))));
            loan.plan_principal_minor = loan.outstanding_minor;
        }
        let repaid = loan.outstanding_minor == 0;
        if repaid {
            loan.set_state(LoanState::Repaid);
            loan.repaid_on = Some(date(today));
        }
        let currency = &loan.principal.as_ref().expect("a principal").currency;
        let told = LoanPaid {
            loan: loan.id.clone(),
            lender: loan.lender.clone(),
            borrower: loan.borrower.clone(),
            interest: money(interest, currency),
            principal: money(principal, currency),
            collateral,
            repaid,
        };
        let concerned = [loan.lender.as_str(), loan.borrower.as_str()];
        financing(concerned, event::Event::LoanPaid(told))
    }

    /// Frees what is still pledged for a loan on which nothing is owed any more.
    pub(in crate::model) fn release_if_repaid(&mut self, id: &Id, call: &Call) -> Vec<Happened> {
        if self.loans[id].state() != LoanState::Repaid {
            return Vec::new();
        }
        let collateral = self.loans[id].collateral.clone();
        collateral
            .iter()
            .flat_map(|claim| self.release_claim(id, claim, call))
            .collect()
    }

    fn release_claim(&mut self, loan: &Id, claim: &ClaimReference, call: &Call) -> Vec<Happened> {
        let key = (
            Id::try_from(claim.receivable.as_slice()).expect("an id"),
            claim.number,
        );
        let controller = self.free(&key);
        let loan = self.loans.get_mut(loan).expect("the loan was found");
        loan.collateral.retain(|other| other != claim);
        let debtor = self.receivables[&key.0].debtor.clone();
        let concerned = [controller.clone(), loan.lender.clone(), debtor];
        let released = PledgeReleased {
            receivable: claim.receivable.clone(),
            number: claim.number,
            controller,
            pledgee: loan.lender.clone(),
            loan: loan.id.clone(),
        };
        let (lender, borrower) = (loan.lender.clone(), loan.borrower.clone());
        let mut happened = vec![receivable(concerned, ClaimEvent::Released(released))];
        if self.claims[&key].controller == lender {
            // It had passed to the lender on default.
            happened.push(self.endorse(&key, &borrower, (Purpose::Enforcement, WITHOUT), call));
        }
        happened
    }

    pub(in crate::model) fn release(
        &mut self,
        call: &Call,
        action: &ReleasePledge,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, loan) = self.loan(&action.loan)?;
        ensure(loan.lender == call.organization, Code::NotTheLender)?;
        let claim = ClaimReference {
            receivable: action.receivable.clone(),
            number: action.number,
        };
        ensure(loan.collateral.contains(&claim), Code::NotPledged)?;
        Ok(self.release_claim(&id, &claim, call))
    }
    pub(in crate::model) fn split_collateral(
        &mut self,
        call: &Call,
        action: &SplitCollateral,
    ) -> Result<Vec<Happened>, Rejected> {
        let (id, loan) = self.loan(&action.loan)?;
        let named = |number| ClaimReference {
            receivable: action.receivable.clone(),
            number,
        };
        let divided = named(action.number);
        let key = self
            .claim_key(&action.receivable, action.number)
            .ok_or(Rejected::with(Code::UnknownClaim))?;
        let receivable = key.0;
        let caller = call.organization;
        ensure(
            self.claims[&key].controller == caller,
            Code::NotTheController,
        )?;
        ensure(loan.collateral.contains(&divided), Code::NotPledged)?;
        ensure(call.is_signed_by(&loan.lender), Kernel::ConsentLacking)?;
        ensure(!self.is_held(&receivable), Code::PaymentUnderWay)?;
        self.ensure_claim_free(call, &self.claims[&key])?;
        let (invalid, too_many) = (Code::InvalidParts, Code::TooManyClaims);
        let parts = self.parts_of(&key, &action.parts_minor, caller, invalid, too_many)?;
        ensure(
            loan.collateral.len() + parts.len() <= MAX_COLLATERAL + 1,
            Code::TooManyClaims,
        )?;

        let pledge = self.claims[&key].encumbrance.clone();
        let (numbers, told) = self.divide(&key, &parts, self.clock.day(call.time_ms));
        for number in &numbers {
            self.claim_mut(&(receivable, *number)).encumbrance = pledge.clone();
        }
        let loan = self.loans.get_mut(&id).expect("found above");
        loan.collateral.retain(|claim| *claim != divided);
        loan.collateral.extend(numbers.into_iter().map(named));
        loan.collateral
            .sort_by_key(|claim| (claim.receivable.clone(), claim.number));
        Ok(vec![told])
    }
}
