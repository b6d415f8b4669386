//! Cases beside the file's, in a currency of their own: an invoice paid in three parts, one that is never paid and
//! defaults, and one that is disputed, ruled on and credited.

use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_types::dates::{Date, NotADate};
use counterfoil_types::hash::Hash;
use counterfoil_types::interest::Interest;

use super::data::{BANKS, OPERATOR, Row};
use super::figures::{DAY_COUNT, GRACE_DAYS, PENALTY_RATE_PPM};

pub const CURRENCY: &str = "EUR";
pub const SELLER: &str = "scripted-supplier";
pub const BUYER: &str = "scripted-customer";
/// Who rules on disputes, ascending, and how many of them must rule the same.
pub const ARBITERS: [&str; 3] = [BANKS[0], BANKS[1], OPERATOR];
pub const ARBITER_THRESHOLD: u32 = 2;
const DAYS_TO_PAY: i64 = 30;

/// One invoice and what becomes of it.
#[derive(Clone, Debug)]
pub struct Case {
    pub row: Row,
    /// By their days.
    pub steps: Vec<(Date, Step)>,
    /// How its receivable ends.
    pub end: ReceivableState,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    pub principal_minor: u64,
    pub penalty_minor: u64,
}

impl Payment {
    pub fn minor(&self) -> u64 {
        self.principal_minor + self.penalty_minor
    }
}

/// One day's step of a case.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Step {
    Pay(Payment),
    ReportOverdue,
    ReportDefault,
    /// The buyer says that the goods are not what it confirmed.
    Dispute,
    /// An arbiter finds that the seller owes so much.
    Rule {
        arbiter: &'static str,
        minor: u64,
    },
    /// The seller credits so much on its claim, which the buyer signs, too.
    Credit {
        minor: u64,
    },
    ConsentToCredit {
        minor: u64,
    },
}

/// The cases, issued on the ledger's first date.
pub fn cases(first: Date) -> Result<Vec<Case>, NotADate> {
    Ok(vec![
        in_parts(first)?,
        in_default(first)?,
        in_dispute(first)?,
    ])
}

/// A third on the due date, a third five days late, and 20 days late the rest with the penalty:
/// what is paid before goes to the principal, so that the penalty has grown on two sums.
fn in_parts(first: Date) -> Result<Case, NotADate> {
    let row = row("IN-PARTS", first, 30_000)?;
    let interest = Interest {
        rate_ppm: PENALTY_RATE_PPM,
        day_count: DAY_COUNT,
        since: row.due,
    };
    let third = row.amount_minor / 3;
    let mut outstanding = row.amount_minor;
    let mut accrued = interest.none();
    let mut steps = Vec::new();
    for (days_late, principal_minor) in [(0, third), (5, third), (20, row.amount_minor - 2 * third)]
    {
        let date = row.due.add_days(days_late)?;
        accrued = interest.accrue(accrued, outstanding, date);
        outstanding -= principal_minor;
        let payment = Payment {
            principal_minor,
            penalty_minor: if outstanding == 0 { accrued.minor } else { 0 },
        };
        steps.push((date, Step::Pay(payment)));
    }
    Ok(Case {
        row,
        steps,
        end: ReceivableState::Settled,
    })
}

fn in_default(first: Date) -> Result<Case, NotADate> {
    let row = row("IN-DEFAULT", first, 8_000)?;
    let grace_is_over = i64::from(GRACE_DAYS) + 1;
    let steps = vec![
        (row.due.add_days(1)?, Step::ReportOverdue),
        (row.due.add_days(grace_is_over)?, Step::ReportDefault),
    ];
    Ok(Case {
        row,
        steps,
        end: ReceivableState::Defaulted,
    })
}

/// Two of three arbiters rule that 15.00 of 100.00 are not owed; a credit note follows, and the rest is paid.
fn in_dispute(first: Date) -> Result<Case, NotADate> {
    let row = row("IN-DISPUTE", first, 10_000)?;
    let minor = 1_500;
    let rest = Payment {
        principal_minor: row.amount_minor - minor,
        penalty_minor: 0,
    };
    let ruled = |arbiter| Step::Rule { arbiter, minor };
    let steps = vec![
        (first.add_days(2)?, Step::Dispute),
        (first.add_days(3)?, ruled(ARBITERS[0])),
        (first.add_days(4)?, ruled(ARBITERS[2])),
        (first.add_days(5)?, Step::Credit { minor }),
        (first.add_days(6)?, Step::ConsentToCredit { minor }),
        (row.due, Step::Pay(rest)),
    ];
    Ok(Case {
        row,
        steps,
        end: ReceivableState::Settled,
    })
}

fn row(number: &str, issued: Date, amount_minor: u64) -> Result<Row, NotADate> {
    Ok(Row {
        line: 0,
        seller: SELLER.parse().expect("an organization id"),
        buyer: BUYER.parse().expect("an organization id"),
        number: number.to_owned(),
        issued,
        due: issued.add_days(DAYS_TO_PAY)?,
        currency: CURRENCY,
        amount_minor,
        disputed: false,
        settled: None,
        document: Hash::of_document(number.as_bytes()),
        repeats: false,
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_are_the_scripts() {
        let on = |text: &str| text.parse::<Date>().unwrap();
        let cases = cases(on("2012-01-01")).unwrap();
        let pay = |principal_minor, penalty_minor| {
            Step::Pay(Payment {
                principal_minor,
                penalty_minor,
            })
        };
        // 5 days on 200.00 and 15 on 100.00 are 55.56 cents; rounded one by one they would be 55.
        assert_eq!(
            cases[0].steps,
            [
                (on("2012-01-31"), pay(10_000, 0)),
                (on("2012-02-05"), pay(10_000, 0)),
                (on("2012-02-20"), pay(10_000, 56))
            ]
        );
        assert_eq!(
            cases[1].steps,
            [
                (on("2012-02-01"), Step::ReportOverdue),
                (on("2012-03-17"), Step::ReportDefault)
            ]
        );
        assert_eq!(
            cases[2].steps.last(),
            Some(&(on("2012-01-31"), pay(8_500, 0)))
        );
        let by_day = |case: &Case| case.steps.is_sorted_by_key(|(date, _)| *date);
        assert!(cases.iter().all(by_day));
        assert!(ARBITERS.is_sorted());
    }
}
