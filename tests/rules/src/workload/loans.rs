//! Loans repaid and collateral released, and what can be wrong with that.

use counterfoil_proto::financing::v1::{
    ClaimReference, Loan, LoanState, ReleasePledge, RepayLoan, ReportLoanDefault, SplitCollateral,
    TakeControl, action::Action as Kind,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;
use rand::Rng;

use super::requests::planned;
use super::{Generator, Planned, View};
use crate::model::arithmetic::MAX_MINOR;
use crate::model::claims::day_of;
use crate::model::contract::FINANCING;
use crate::model::financing::defaults::is_overdue;
use crate::model::{Id, Model};

impl Generator {
    fn loan<'a>(&mut self, model: &'a Model, open: bool) -> Option<&'a Loan> {
        let fits = |loan: &&Loan| (loan.state() != LoanState::Repaid) == open;
        let some: Vec<&Loan> = model.loans.values().filter(fits).collect();
        self.some(&some)
    }

    pub(super) fn repay(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(loan) = self.loan(model, true) else {
            return self.award(view);
        };
        let mut borrower = loan.borrower.clone();
        let currency = loan
            .principal
            .as_ref()
            .expect("a principal")
            .currency
            .clone();
        let id = Id::try_from(loan.id.as_slice()).expect("an id");
        let (interest, principal) = model.owed_on(&id, view.today);
        let owed = interest.saturating_add(principal);
        let minor = match self.rng.gen_range(0..8) {
            0 | 1 => owed,
            2 => owed.saturating_add(self.rng.gen_range(1..1_000)),
            3 => interest,
            4 => self.rng.gen_range(1..=5),
            _ => self.rng.gen_range(1..=owed),
        };
        let amount = Money {
            minor: minor.clamp(1, MAX_MINOR),
            currency,
        };
        // The borrower has what it was paid out in, or deposits of the lender.
        let mut issuers = vec![loan.lender.clone(), loan.issuer.clone()];
        issuers.retain(|issuer| !issuer.is_empty());
        let issuer = self.one_of(&issuers);
        let own = borrower == issuer;
        if !own && model.available(&borrower, &issuer, &amount.currency) < amount.minor {
            return self.issue_to(view, issuer, borrower, amount);
        }
        let mut action = RepayLoan {
            loan: loan.id.clone(),
            issuer,
            amount: Some(amount),
            end_to_end_id: self.end_to_end_id(),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..9) {
                0 => action.loan = self.one_of(&[vec![], vec![1; 32]]),
                1 => borrower = self.organization(|id| id != loan.borrower),
                2 => {
                    if let Some(repaid) = self.loan(model, false) {
                        borrower = repaid.borrower.clone();
                        action.loan = repaid.id.clone();
                    }
                }
                3 => action.issuer = self.no_bank(model),
                4 => {
                    action.amount.get_or_insert_default().currency = self.unknown_currency();
                    if self.chance(0.3) {
                        action.amount = None;
                    }
                }
                5 => action.amount.get_or_insert_default().minor = self.impossible_amount(),
                6 => action.end_to_end_id = self.bad_id(model, &borrower),
                7 => action.amount.get_or_insert_default().minor = MAX_MINOR,
                _ => action.issuer = self.organization(|id| model.has_role(id, Role::Bank)),
            }
        }
        planned(borrower, Kind::Repay(action))
    }

    pub(super) fn report_loan_default(&mut self, view: &View) -> Planned {
        let model = view.model;
        let ripe = |loan: &&Loan| loan.state() == LoanState::Open && is_overdue(loan, view.today);
        let ripe: Vec<&Loan> = model.loans.values().filter(ripe).collect();
        // An instalment before the last is seldom missed, and so is reported first.
        let is_early = |loan: &&Loan| view.today <= day_of(&loan.due_date);
        let early: Vec<&Loan> = ripe.iter().copied().filter(is_early).collect();
        let ripe = self.some(if early.is_empty() { &ripe } else { &early });
        let Some(loan) = ripe.or_else(|| self.loan(model, true)) else {
            return self.award(view);
        };
        let (mut lender, mut action) = (
            loan.lender.clone(),
            ReportLoanDefault {
                loan: loan.id.clone(),
            },
        );
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..3) {
                0 => action.loan = self.one_of(&[vec![], vec![1; 32]]),
                1 => lender = self.organization(|id| id != loan.lender),
                _ => {
                    let open = self.chance(0.5);
                    if let Some(other) = self.loan(model, open) {
                        lender = other.lender.clone();
                        action.loan = other.id.clone();
                    }
                }
            }
        }
        planned(lender, Kind::ReportLoanDefault(action))
    }

    pub(super) fn take_control(&mut self, view: &View) -> Planned {
        let model = view.model;
        let defaulted =
            |loan: &&Loan| loan.state() == LoanState::Defaulted && !loan.collateral.is_empty();
        let defaulted: Vec<&Loan> = model.loans.values().filter(defaulted).collect();
        let loan = match self.some(&defaulted) {
            Some(loan) => loan,
            // Not in default yet.
            None => match self.loan(model, true) {
                Some(loan) if !loan.collateral.is_empty() && self.chance(0.1) => loan,
                _ => return self.report_loan_default(view),
            },
        };
        let mut lender = loan.lender.clone();
        let mut claims = loan.collateral.clone();
        if !self.chance(0.4) {
            let taken = |claim: &ClaimReference| {
                let id = Id::try_from(claim.receivable.as_slice()).expect("an id");
                model.claims[&(id, claim.number)].controller == lender
            };
            claims.retain(|claim| !taken(claim));
        }
        if claims.is_empty() {
            claims.clone_from(&loan.collateral);
        }
        let claim = self.one_of(&claims);
        let mut action = TakeControl {
            loan: loan.id.clone(),
            receivable: claim.receivable,
            number: claim.number,
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..4) {
                0 => action.loan = self.one_of(&[vec![], vec![1; 32]]),
                1 => lender = self.organization(|id| id != loan.lender),
                2 => {
                    let mut caller = String::new();
                    (action.receivable, action.number) = self.wrong_claim(model, &mut caller);
                }
                _ => {
                    if let Some(other) = self.loan(model, true) {
                        lender = other.lender.clone();
                        action.loan = other.id.clone();
                    }
                }
            }
        }
        planned(lender, Kind::TakeControl(action))
    }

    pub(super) fn split_collateral(&mut self, view: &View) -> Planned {
        let model = view.model;
        let Some(loan) = self.loan(model, true).filter(|l| !l.collateral.is_empty()) else {
            return self.release(view);
        };
        let pledged = self.one_of(&loan.collateral);
        let receivable = Id::try_from(pledged.receivable.as_slice()).expect("an id");
        let claim = &model.claims[&(receivable, pledged.number)];
        let parts = self.one_of(&[2, 2, 3, 5, 70]);
        let mut caller = claim.controller.clone();
        let mut lender = loan.lender.clone();
        let mut action = SplitCollateral {
            loan: loan.id.clone(),
            receivable: pledged.receivable,
            number: pledged.number,
            parts_minor: self.parts(claim.outstanding_minor, parts),
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..6) {
                0 => action.loan = self.one_of(&[vec![], vec![1; 32]]),
                1 => caller = self.organization(|id| id != claim.controller),
                2 => lender = self.organization(|id| id != loan.lender),
                3 => {
                    let mut caller = String::new();
                    (action.receivable, action.number) = self.wrong_claim(model, &mut caller);
                }
                4 => action.parts_minor.push(self.one_of(&[0, 1, u64::MAX])),
                _ => action.parts_minor = self.parts(claim.outstanding_minor, 258),
            }
        }
        let alone = planned(caller, Kind::SplitCollateral(action));
        if self.chance(0.1) || alone.organization == lender {
            return alone;
        }
        let Planned {
            organization, act, ..
        } = alone;
        Planned::proposed(organization, FINANCING, &act, &[&lender], view.today)
    }

    pub(super) fn release(&mut self, view: &View) -> Planned {
        let model = view.model;
        let defaulted = |loan: &&Loan| loan.state() == LoanState::Defaulted;
        let defaulted: Vec<&Loan> = model.loans.values().filter(defaulted).collect();
        let defaulted = self.some(&defaulted).filter(|_| self.chance(0.4));
        let Some(loan) = defaulted.or_else(|| self.loan(model, true)) else {
            return self.repay(view);
        };
        let mut lender = loan.lender.clone();
        if loan.collateral.is_empty() {
            return self.repay(view);
        }
        let claim = self.one_of(&loan.collateral);
        let mut action = ReleasePledge {
            loan: loan.id.clone(),
            receivable: claim.receivable,
            number: claim.number,
        };
        for _ in 0..self.faults() {
            match self.rng.gen_range(0..5) {
                0 => action.loan = self.one_of(&[vec![], vec![1; 32]]),
                1 => lender = loan.borrower.clone(),
                2 => lender = self.organization(|id| id != loan.lender),
                3 => {
                    let mut caller = String::new();
                    (action.receivable, action.number) = self.wrong_claim(model, &mut caller);
                }
                _ => {
                    if let Some(repaid) = self.loan(model, false) {
                        lender = repaid.lender.clone();
                        action.loan = repaid.id.clone();
                    }
                }
            }
        }
        planned(lender, Kind::Release(action))
    }
}
