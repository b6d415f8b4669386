//! Paying on loans and releasing their collateral (specification 5.5).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    ClaimReference, Loan, LoanPaid, LoanState, RejectionCode, ReleasePledge, RepayLoan, Schedule,
};
use counterfoil_proto::receivable::v1::{Claim, Pledge};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::interest::{Accrual, DayCount, Interest};
use counterfoil_types::schedule::left_on;

use super::events::emit;
use super::keys::{LOANS, put_loan};
use crate::cash::api::{self as cash, Held, Payment};
use crate::kernel::{Context, Failure, StateError, Store, reject, stored_date};
use crate::membership::api as membership;
use crate::receivable::api as receivables;
use crate::supervision::api as supervision;

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

/// A loan as it begins, but for whose it is and its terms.
pub(super) fn begun(principal: wire::Money, today: Date) -> Loan {
    let interest = Accrual {
        minor: 0,
        fraction: 0,
        to: today,
    };
    Loan {
        outstanding_minor: principal.minor,
        plan_principal_minor: principal.minor,
        principal: Some(principal),
        schedule: Schedule::Bullet.into(),
        opened_on: Some(today.to_proto()),
        plan_from: Some(today.to_proto()),
        interest: Some(interest.to_proto()),
        state: LoanState::Open.into(),
        ..Loan::default()
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
    // What is paid ahead of the plan makes the instalments to come smaller.
    if loan.outstanding_minor < left_on(loan, on).map_err(|e| StateError::corrupt(key, e))? {
        loan.plan_principal_minor = loan.outstanding_minor;
        // A value date may be earlier than that of a payment before.
        let from = stored_date(key, loan.plan_from)?;
        loan.plan_from = Some(from.max(on).to_proto());
    }
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
    check_not_repaid(&loan)?;
    if repay.issuer != loan.lender && repay.issuer != loan.issuer {
        let message = format!(
            "{} takes its own deposits, or those of {}, in which it paid the loan out",
            loan.lender, loan.issuer
        );
        return Err(reject(RejectionCode::IssuerNotAccepted, message));
    }
    let currency = loan.principal.clone().unwrap_or_default().currency;
    let amount = cash::check_amount_for(("loan", &currency), repay.amount.as_ref())
        .map_err(|fault| fault.under(RejectionCode::WrongCurrency, RejectionCode::InvalidAmount))?;
    let installment = take(&mut loan, amount.minor, context.ledger_date)?;
    let (legs, held) = to_lender(context, &loan, installment.total_minor())?;
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
    cash::hold(context, &payment, held)?;
    tell(context, &loan, installment, None);
    Ok(settle(context, loan)?)
}

/// What a lender is paid, or what waits for it in suspense where loan or lender is frozen.
fn to_lender(
    context: &Context<'_>,
    loan: &Loan,
    minor: u64,
) -> Result<(BTreeMap<String, u64>, Vec<Held>), StateError> {
    let records = vec![
        LOANS.key(&[&loan.id]),
        membership::organization_key(&loan.lender),
    ];
    let payee = loan.lender.clone();
    if !supervision::any_frozen(&context.store, &records, context.ledger_date)? {
        return Ok((BTreeMap::from([(payee, minor)]), Vec::new()));
    }
    let held = Held {
        payee,
        minor,
        records,
        price: Vec::new(),
    };
    Ok((BTreeMap::new(), vec![held]))
}

pub(super) fn release(context: &mut Context<'_>, release: &ReleasePledge) -> Result<(), Failure> {
    let mut loan = find(&context.store, &release.loan)?;
    if loan.lender != context.caller.id {
        let message = "only its lender releases the claim";
        return Err(reject(RejectionCode::NotTheLender, message));
    }
    let reference = find_collateral(&loan, &release.receivable, release.number)?;

    loan.collateral.retain(|pledged| *pledged != reference);
    put_loan(&mut context.store, &loan);
    Ok(free(context, &loan, &reference)?)
}

pub(super) fn find(store: &Store<'_>, id: &[u8]) -> Result<Loan, Failure> {
    LOANS
        .get(store, &[id])?
        .ok_or_else(|| reject(RejectionCode::UnknownLoan, "no loan has this id"))
}

/// A claim that is pledged for a loan.
pub(super) fn find_collateral(
    loan: &Loan,
    receivable: &[u8],
    number: u32,
) -> Result<ClaimReference, Failure> {
    let reference = ClaimReference {
        receivable: receivable.to_vec(),
        number,
    };
    if loan.collateral.contains(&reference) {
        return Ok(reference);
    }
    let message = "the claim is not pledged for this loan";
    Err(reject(RejectionCode::NotPledged, message))
}

pub(super) fn check_not_repaid(loan: &Loan) -> Result<(), Failure> {
    match loan.state() {
        LoanState::Repaid => Err(reject(RejectionCode::LoanClosed, "the loan is repaid")),
        _ => Ok(()),
    }
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
    receivables::release(context, claim, &pledge, &loan.borrower)
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

pub(super) fn reference(claim: &Claim) -> ClaimReference {
    ClaimReference {
        receivable: claim.receivable.clone(),
        number: claim.number,
    }
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
    /// The loan that a claim is pledged for, as it will stand.
    fn loan(&mut self, store: &Store<'_>, pledge: &Pledge) -> Result<&mut Loan, StateError> {
        match self.loans.entry(pledge.loan.clone()) {
            Entry::Occupied(known) => Ok(known.into_mut()),
            Entry::Vacant(unknown) => {
                let missing =
                    || StateError::corrupt("financing/loan", "a pledge's loan is missing");
                let loan = LOANS.get(store, &[&pledge.loan])?.ok_or_else(missing)?;
                Ok(unknown.insert(loan))
            }
        }
    }

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
        if is_all {
            self.spend(store, claim, pledge)?;
        }
        let loan = self.loan(store, pledge)?;
        let installment = match loan.state() {
            // An earlier claim of the same payment has repaid it.
            LoanState::Repaid => Installment {
                interest_minor: 0,
                principal_minor: 0,
            },
            _ => take(loan, amount_minor, on)?,
        };
        if installment.total_minor() > 0 {
            let taken = (loan.clone(), installment, reference(claim));
            self.taken.push(taken);
        }
        Ok(installment.total_minor())
    }

    /// Who gets what a pledged claim is paid beyond its loan's debt: the borrower, also where the lender has
    /// taken control of the claim. Invariant: something was taken, or tried to be, of the claim.
    pub fn owner<'a>(&'a self, claim: &'a Claim, pledge: &Pledge) -> &'a str {
        let loan = self.loans.get(&pledge.loan);
        loan.map_or(&claim.controller, |loan| &loan.borrower)
    }

    /// Notes that a pledged claim is paid in full.
    pub fn spend(
        &mut self,
        store: &Store<'_>,
        claim: &Claim,
        pledge: &Pledge,
    ) -> Result<(), StateError> {
        self.loan(store, pledge)?;
        self.spent.push((pledge.loan.clone(), reference(claim)));
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
