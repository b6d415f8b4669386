//! The demo's own pass over the file: what the ledger must show in the end.
//!
//! It reads the columns of dates, amounts and disputes only, and never the file's own `DaysLate`.

use counterfoil_proto::financing::v1::Technique;
use counterfoil_proto::invoice::v1::InvoiceState;
use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_types::dates::Date;
use counterfoil_types::interest::{DayCount, TooMuchInterest, accrued};
use counterfoil_types::money::Currency;

use super::business::Business;
use super::data::{BANKS, CURRENCY, Row};
use super::quotes::{Awarded, LOAN_RATE_PPM, award};
use super::schedule::{Schedule, Step, bank_of};
use super::scripted::{self, Case};
use crate::audit::{Expected, Figures, Financing, Transactions, state_names};
use crate::failure::Failure;

/// Terms of every invoice: ACT/360 at 8 % a year, no fees.
pub const DAY_COUNT: DayCount = DayCount::A004;
pub const PENALTY_RATE_PPM: u32 = 80_000;
pub const GRACE_DAYS: u32 = 45;

/// What each of a row's claims is paid on the day it is settled, penalty included: it is
/// reckoned and rounded claim by claim. Nothing where it stays unpaid.
pub fn paid_minor(row: &Row, schedule: &Schedule) -> Result<Vec<u64>, Failure> {
    let Some(settled) = row.settled.filter(|_| !row.repeats) else {
        return Ok(Vec::new());
    };
    let owed = |principal: u64| -> Result<u64, TooMuchInterest> {
        let rate = PENALTY_RATE_PPM;
        Ok(principal + accrued(principal, rate, DAY_COUNT, row.due, settled)?)
    };
    let claims = schedule.claims_minor(row).into_iter();
    claims
        .map(|principal| owed(principal).map_err(|e| at(row, e)))
        .collect()
}

fn at(row: &Row, problem: TooMuchInterest) -> Failure {
    Failure::Failed(format!("line {}: {problem}", row.line))
}

/// Works out the expected figures.
pub fn expected(business: &Business) -> Result<Expected, Failure> {
    let mut of_file = Pass::new(CURRENCY);
    for (rank, (row, schedule)) in business.of_file().enumerate() {
        of_file.row(row, rank, schedule)?;
    }
    let mut of_cases = Pass::new(scripted::CURRENCY);
    for case in &business.cases {
        of_cases.case(case);
    }
    let transactions = Transactions {
        committed: business.rolls() + of_file.committed + of_cases.committed,
        rejected: of_file.rejected,
    };
    let figures = vec![of_file.figures(), of_cases.figures()];
    Ok(Expected::new(transactions, figures))
}

/// Adds up what is in one currency.
struct Pass {
    figures: Figures,
    awards: Vec<Awarded>,
    committed: u64,
    rejected: u64,
}

impl Pass {
    fn new(currency: &str) -> Self {
        let currency: Currency = currency.parse().expect("an ISO 4217 code");
        let mut figures = Figures::none(currency, state_names());
        for bank in BANKS {
            figures.bank(bank);
        }
        Self {
            figures,
            awards: Vec::new(),
            committed: 0,
            rejected: 0,
        }
    }

    fn figures(mut self) -> Figures {
        let awards = self.awards.iter();
        self.figures.financing =
            Financing::by_technique(awards.map(|awarded| (awarded.technique, &awarded.award)));
        for bank in &mut self.figures.banks {
            bank.held_minor = bank.issued_minor - bank.redeemed_minor;
        }
        self.figures
    }

    fn row(&mut self, row: &Row, rank: usize, schedule: &Schedule) -> Result<(), Failure> {
        self.committed += 1;
        if row.repeats {
            self.rejected += 1;
            return Ok(());
        }
        self.confirmed(row);
        self.steps(schedule);
        let awarded = award(row, rank, schedule);
        if let Some(awarded) = &awarded {
            self.awarded(awarded);
        }
        let Some(settled) = row.settled else {
            self.figures
                .count(format!("{:?}", ReceivableState::Performing));
            return Ok(());
        };
        self.figures
            .count(format!("{:?}", ReceivableState::Settled));
        self.figures.late += u64::from(settled > row.due);
        self.figures.not_financed += u64::from(settled == row.issued);
        // Deposits issued, receivable settled.
        self.committed += 2;
        let paid = paid_minor(row, schedule)?;
        let total: u128 = paid.iter().map(|minor| u128::from(*minor)).sum();
        self.figures.principal_paid_minor += u128::from(row.amount_minor);
        self.figures.penalty_paid_minor += total - u128::from(row.amount_minor);
        let issuer = BANKS[bank_of(rank)];
        self.figures.bank(issuer).issued_minor += total;
        if let Some(awarded) = awarded {
            let of_bank = self.share_of_bank((row, settled), &awarded, paid[0])?;
            // What a bank is paid in its own deposits ends them.
            if BANKS[awarded.bank] == issuer {
                self.figures.bank(issuer).redeemed_minor += u128::from(of_bank);
            }
        }
        Ok(())
    }

    /// Confirmed once it is registered, and queried before where disputed.
    fn confirmed(&mut self, row: &Row) {
        self.committed += 1 + u64::from(row.disputed);
        self.figures.invoices += 1;
        self.figures.confirmed_minor += u128::from(row.amount_minor);
        self.figures.disputed += u64::from(row.disputed);
        self.figures.count(format!("{:?}", InvoiceState::Confirmed));
    }

    fn steps(&mut self, schedule: &Schedule) {
        let did = |step| u64::from(schedule.did(step));
        self.figures.split += did(Step::Split);
        self.figures.offers.accepted += did(Step::Accept);
        self.figures.offers.overtaken += did(Step::Offer) - did(Step::Accept);
        self.figures.overtaken += did(Step::Open) - did(Step::Award);
        let banks = schedule
            .request()
            .map_or(0, |request| request.banks.len() as u64);
        for (_, step) in &schedule.steps {
            self.committed += match step {
                Step::Quote | Step::Reveal => banks,
                _ => 1,
            };
        }
    }

    fn awarded(&mut self, awarded: &Awarded) {
        let bank = self.figures.bank(BANKS[awarded.bank]);
        bank.issued_minor += u128::from(awarded.award.proceeds_minor);
        if awarded.technique == Technique::LoanAgainstReceivables {
            self.figures.pledged += 1;
            self.figures.loans.opened += 1;
        } else {
            bank.discount_minor += u128::from(awarded.award.cost_minor);
            self.figures.sold += 1;
        }
        self.awards.push(awarded.clone());
    }

    /// What the bank gets of what the seller's claim is paid: all that it bought, or what is owed
    /// on the loan, interest first.
    fn share_of_bank(
        &mut self,
        (row, settled): (&Row, Date),
        awarded: &Awarded,
        paid_minor: u64,
    ) -> Result<u64, Failure> {
        if awarded.technique != Technique::LoanAgainstReceivables {
            return Ok(paid_minor);
        }
        let principal = awarded.award.proceeds_minor;
        let interest = accrued(principal, LOAN_RATE_PPM, DAY_COUNT, awarded.date, settled);
        let interest = interest.map_err(|e| at(row, e))?;
        let owed = principal + interest;
        let bank = self.figures.bank(BANKS[awarded.bank]);
        bank.interest_minor += u128::from(interest.min(paid_minor));
        self.figures.loans.repaid += u64::from(owed <= paid_minor);
        Ok(owed.min(paid_minor))
    }

    /// A scripted case: none of it is put to the banks.
    fn case(&mut self, case: &Case) {
        use scripted::Step;
        self.committed += 1;
        self.confirmed(&case.row);
        self.committed += case.steps.len() as u64;
        let mut frozen = false;
        for (_, step) in &case.steps {
            match step {
                Step::Freeze => frozen = true,
                Step::Release => frozen = false,
                Step::Pay(payment) => {
                    if frozen {
                        self.figures.suspended_minor += u128::from(payment.minor());
                    }
                    self.issued_for(payment.minor());
                    self.figures.principal_paid_minor += u128::from(payment.principal_minor);
                    self.figures.penalty_paid_minor += u128::from(payment.penalty_minor);
                }
                Step::Honour { minor, .. } => {
                    self.issued_for(*minor);
                    self.figures.recovered_minor += u128::from(*minor);
                }
                Step::Instruct { minor } => {
                    self.figures.principal_paid_minor += u128::from(*minor);
                }
                Step::ConsentToCredit { minor } => {
                    self.figures.credited_minor += u128::from(*minor);
                }
                Step::Accept { price_minor } => self.bought(*price_minor),
                Step::Purchase { cost_minor } => {
                    self.bought(case.row.amount_minor - cost_minor);
                    let bank = self.figures.bank(BANKS[scripted::BUYING_BANK]);
                    bank.discount_minor += u128::from(*cost_minor);
                }
                _ => {}
            }
        }
        let last = case.steps.last().map_or(case.row.issued, |(date, _)| *date);
        let late = case.end == ReceivableState::Settled && last > case.row.due;
        self.figures.late += u64::from(late);
        self.figures.count(format!("{:?}", case.end));
    }

    /// Deposits are issued for what is paid in them.
    fn issued_for(&mut self, minor: u64) {
        self.committed += 1;
        self.figures.bank(BANKS[scripted::BANK]).issued_minor += u128::from(minor);
    }

    /// A bank pays for a claim in its own deposits.
    fn bought(&mut self, price_minor: u64) {
        self.figures.sold += 1;
        let bank = self.figures.bank(BANKS[scripted::BUYING_BANK]);
        bank.issued_minor += u128::from(price_minor);
    }
}

#[cfg(test)]
#[path = "figures_tests.rs"]
mod tests;
