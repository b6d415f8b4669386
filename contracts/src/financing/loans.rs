//! Paying on loans and releasing their collateral (specification 5.5).

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    ClaimReference, Loan, LoanPaid, LoanState, RejectionCode, ReleasePledge, RepayLoan,
};
use counterfoil_proto::receivable::v1::{Claim, Pledge};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::interest::{Accrual, DayCount, Interest};
use counterfoil_types::limits::MAX_MINOR;

use super::events::emit;
use super::keys::{LOANS, put_loan};
use crate::cash::api::{self as cash, Payment};
use crate::kernel::{Context, Failure, StateError, Store, reject, stored_date};
use crate::receivable::api as receivables;

/// A payment on a loan, by its parts.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
struct Installment {
    interest_minor: u64,
    principal_minor: u64,
}

impl Installment {
    fn total_minor(self) -> u64 {
        // Both come out of one payment, which is at most 10^18.
        self.interest_minor + self.principal_minor
    }
}

/// Takes from an amount what is owed on a loan: interest accrued to the date, then principal.
fn take(loan: &mut Loan, amount_minor: u64, on: Date) -> Result<Installment, StateError> {
    let key = "financing/loan";
    let terms = Interest {
        rate_ppm: loan.rate_ppm,
        day_count: DayCount::of(loan.day_count())
            .ok_or_else(|| StateError::corrupt(key, "no day count"))?,
        since: stored_date(key, loan.opened_on)?,
    };
    let accrued = Accrual::try_from(&loan.interest.unwrap_or_default())
        .map_err(|e| StateError::corrupt(key, e))?;
    let mut accrued = terms.accrue(accrued, loan.outstanding_minor, on);
    let interest_minor = amount_minor.min(accrued.minor);
    let principal_minor = (amount_minor - interest_minor).min(loan.outstanding_minor);
    accrued.minor -= interest_minor;
    loan.interest = Some(accrued.to_proto());
    // More than 64 bits hold takes more deposits than eighteen banks may ever issue.
    loan.interest_paid_minor = loan.interest_paid_minor.saturating_add(interest_minor);
    loan.outstanding_minor -= principal_minor;
    if loan.outstanding_minor == 0 && accrued.minor == 0 {
        loan.state = LoanState::Repaid.into();
        loan.repaid_on = Some(on.to_proto());
    }
    Ok(Installment {
        interest_minor,
        principal_minor,
    })
}

pub(super) fn repay(context: &mut Context<'_>, repay: &RepayLoan) -> Result<(), Failure> {
    let borrower = context.caller.id.clone();
    let mut loan = find(&context.store, &repay.loan)?;
    if loan.borrower != borrower {
        let message = "only its borrower repays the loan";
        return Err(reject(RejectionCode::NotTheBorrower, message));
    }
    if loan.state() != LoanState::Open {
        return Err(reject(RejectionCode::LoanClosed, "the loan is repaid"));
    }
    if repay.issuer != loan.lender && repay.issuer != loan.issuer {
        let message = format!(
            "{} takes its own deposits, or those of {}, in which it paid the loan out",
            loan.lender, loan.issuer
        );
        return Err(reject(RejectionCode::IssuerNotAccepted, message));
    }
    let amount = repay.amount.clone().unwrap_or_default();
    let currency = loan.principal.clone().unwrap_or_default().currency;
    if amount.currency != currency {
        let message = format!("the loan is in {currency}, not {:?}", amount.currency);
        return Err(reject(RejectionCode::WrongCurrency, message));
    }
    if !(1..=MAX_MINOR).contains(&amount.minor) {
        let message = "an amount is from 1 to 10^18 minor units";
        return Err(reject(RejectionCode::InvalidAmount, message));
    }
    let installment = take(&mut loan, amount.minor, context.ledger_date)?;
    let legs = BTreeMap::from([(loan.lender.clone(), installment.total_minor())]);
    let payment = Payment {
        issuer: &repay.issuer,
        payer: &borrower,
        instructed: &amount,
        legs: &legs,
        end_to_end_id: &repay.end_to_end_id,
    };
    cash::check_end_to_end_id(&context.store, &borrower, &repay.end_to_end_id)
        .and_then(|()| payment.check_funds(context))
        .map_err(|fault| fault.under::<RejectionCode>())?;

    payment.make(context)?;
    tell(context, &loan, installment, None);
    Ok(settle(context, loan)?)
}

pub(super) fn release(context: &mut Context<'_>, release: &ReleasePledge) -> Result<(), Failure> {
    let mut loan = find(&context.store, &release.loan)?;
    if loan.lender != context.caller.id {
        let message = "only its lender releases the claim";
        return Err(reject(RejectionCode::NotTheLender, message));
    }
    let reference = ClaimReference {
        receivable: release.receivable.clone(),
        number: release.number,
    };
    if !loan.collateral.contains(&reference) {
        let message = "the claim is not pledged for this loan";
        return Err(reject(RejectionCode::NotPledged, message));
    }

    loan.collateral.retain(|pledged| *pledged != reference);
    put_loan(&mut context.store, &loan);
    Ok(free(context, &loan, &reference)?)
}

fn find(store: &Store<'_>, id: &[u8]) -> Result<Loan, Failure> {
    LOANS
        .get(store, &[id])?
        .ok_or_else(|| reject(RejectionCode::UnknownLoan, "no loan has this id"))
}

/// Writes a loan after payments, and frees its claims where nothing is owed any more.
fn settle(context: &mut Context<'_>, mut loan: Loan) -> Result<(), StateError> {
    if loan.state() == LoanState::Repaid {
        for reference in std::mem::take(&mut loan.collateral) {
            free(context, &loan, &reference)?;
        }
    }
    put_loan(&mut context.store, &loan);
    Ok(())
}

fn free(
    context: &mut Context<'_>,
    loan: &Loan,
    reference: &ClaimReference,
) -> Result<(), StateError> {
    let claim = receivables::claim(&context.store, &reference.receivable, reference.number)?
        .ok_or_else(|| StateError::corrupt("receivable/claim", "a pledged claim is missing"))?;
    let pledge = Pledge {
        loan: loan.id.clone(),
        pledgee: loan.lender.clone(),
    };
    receivables::release(context, claim, &pledge)
}

fn tell(
    context: &mut Context<'_>,
    loan: &Loan,
    installment: Installment,
    collateral: Option<ClaimReference>,
) {
    let currency = loan.principal.clone().unwrap_or_default().currency;
    let money = |minor| {
        Some(wire::Money {
            minor,
            currency: currency.clone(),
        })
    };
    let paid = LoanPaid {
        loan: loan.id.clone(),
        lender: loan.lender.clone(),
        borrower: loan.borrower.clone(),
        interest: money(installment.interest_minor),
        principal: money(installment.principal_minor),
        collateral,
        repaid: loan.state() == LoanState::Repaid,
    };
    let concerned = [loan.lender.as_str(), &loan.borrower];
    emit(context, &concerned, Kind::LoanPaid(paid));
}

/// What the cash of pledged claims pays on their loans: worked out first, written later.
#[derive(Default)]
pub struct Collections {
    /// The loans as they will stand.
    loans: BTreeMap<Vec<u8>, Loan>,
    /// What was taken of which claim, and the loan as it stood then.
    taken: Vec<(Loan, Installment, ClaimReference)>,
    /// Claims that are paid in full, by loan.
    spent: Vec<(Vec<u8>, ClaimReference)>,
}

impl Collections {
    /// Takes from what a pledged claim is paid as much as is owed on its loan, and says how much that is.
    /// `is_all` says whether nothing is owed on the claim afterwards.
    pub fn take(
        &mut self,
        store: &Store<'_>,
        (claim, pledge): (&Claim, &Pledge),
        amount_minor: u64,
        is_all: bool,
        on: Date,
    ) -> Result<u64, StateError> {
        let missing = || StateError::corrupt("financing/loan", "a pledge's loan is missing");
        let mut loan = match self.loans.remove(&pledge.loan) {
            Some(loan) => loan,
            None => LOANS.get(store, &[&pledge.loan])?.ok_or_else(missing)?,
        };
        let reference = ClaimReference {
            receivable: claim.receivable.clone(),
            number: claim.number,
        };
        if is_all {
            self.spent.push((pledge.loan.clone(), reference.clone()));
        }
        let installment = match loan.state() {
            LoanState::Open => take(&mut loan, amount_minor, on)?,
            // An earlier claim of the same payment has repaid it.
            _ => Installment {
                interest_minor: 0,
                principal_minor: 0,
            },
        };
        if installment.total_minor() > 0 {
            self.taken.push((loan.clone(), installment, reference));
        }
        self.loans.insert(pledge.loan.clone(), loan);
        Ok(installment.total_minor())
    }

    /// Notes that a pledged claim is paid in full by what others than its lender got.
    pub fn spend(
        &mut self,
        store: &Store<'_>,
        claim: &Claim,
        pledge: &Pledge,
    ) -> Result<(), StateError> {
        if !self.loans.contains_key(&pledge.loan) {
            let missing = || StateError::corrupt("financing/loan", "a pledge's loan is missing");
            let loan = LOANS.get(store, &[&pledge.loan])?.ok_or_else(missing)?;
            self.loans.insert(pledge.loan.clone(), loan);
        }
        let reference = ClaimReference {
            receivable: claim.receivable.clone(),
            number: claim.number,
        };
        self.spent.push((pledge.loan.clone(), reference));
        Ok(())
    }

    /// Records what was taken. Invariant: the claims' payment was recorded and made in this transaction.
    pub fn record(mut self, context: &mut Context<'_>) -> Result<(), StateError> {
        for (loan, installment, reference) in self.taken {
            tell(context, &loan, installment, Some(reference));
        }
        for (id, reference) in self.spent {
            if let Some(loan) = self.loans.get_mut(&id) {
                loan.collateral.retain(|pledged| *pledged != reference);
            }
        }
        for (_, loan) in self.loans {
            settle(context, loan)?;
        }
        Ok(())
    }
}
