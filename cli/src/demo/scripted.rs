//! Two cases beside the file's, in a currency of their own: an invoice paid in three parts, and
//! one that is never paid and defaults.

use counterfoil_types::dates::{Date, NotADate};
use counterfoil_types::hash::Hash;
use counterfoil_types::interest::Interest;

use super::data::Row;
use super::figures::{DAY_COUNT, GRACE_DAYS, PENALTY_RATE_PPM};

pub const CURRENCY: &str = "EUR";
pub const SELLER: &str = "scripted-supplier";
pub const BUYER: &str = "scripted-customer";
const DAYS_TO_PAY: i64 = 30;

/// One invoice and what becomes of it.
#[derive(Clone, Debug)]
pub struct Case {
    pub row: Row,
    pub payments: Vec<Payment>,
    /// When it is reported overdue, and then in default.
    pub reports: Option<[Date; 2]>,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Payment {
    pub date: Date,
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
    /// The payment of this position.
    Pay(usize),
    ReportOverdue,
    ReportDefault,
}

impl Case {
    pub fn steps(&self) -> impl Iterator<Item = (Date, Step)> {
        let payments = self.payments.iter().enumerate();
        let reports = self.reports.into_iter().flatten();
        payments
            .map(|(at, payment)| (payment.date, Step::Pay(at)))
            .chain(reports.zip([Step::ReportOverdue, Step::ReportDefault]))
    }
}

/// The cases, issued on the ledger's first date.
pub fn cases(first: Date) -> Result<[Case; 2], NotADate> {
    let in_parts = row("IN-PARTS", first, 30_000)?;
    let in_default = row("IN-DEFAULT", first, 8_000)?;
    let after_due = |days| in_default.due.add_days(days);
    let reports = [after_due(1)?, after_due(i64::from(GRACE_DAYS) + 1)?];
    Ok([
        Case {
            payments: in_three_parts(&in_parts)?,
            row: in_parts,
            reports: None,
        },
        Case {
            payments: Vec::new(),
            reports: Some(reports),
            row: in_default,
        },
    ])
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

/// A third on the due date, a third five days late, and 20 days late the rest with the penalty:
/// what is paid before goes to the principal, so that the penalty has grown on two sums.
fn in_three_parts(row: &Row) -> Result<Vec<Payment>, NotADate> {
    let interest = Interest {
        rate_ppm: PENALTY_RATE_PPM,
        day_count: DAY_COUNT,
        since: row.due,
    };
    let third = row.amount_minor / 3;
    let mut outstanding = row.amount_minor;
    let mut accrued = interest.none();
    let mut payments = Vec::new();
    for (days_late, principal_minor) in [(0, third), (5, third), (20, row.amount_minor - 2 * third)]
    {
        let date = row.due.add_days(days_late)?;
        accrued = interest.accrue(accrued, outstanding, date);
        outstanding -= principal_minor;
        payments.push(Payment {
            date,
            principal_minor,
            penalty_minor: if outstanding == 0 { accrued.minor } else { 0 },
        });
    }
    Ok(payments)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_cases_are_the_scripts() {
        let on = |text: &str| text.parse::<Date>().unwrap();
        let [in_parts, in_default] = cases(on("2012-01-01")).unwrap();
        let paid: Vec<_> = in_parts
            .payments
            .iter()
            .map(|p| (p.date.to_string(), p.principal_minor, p.penalty_minor))
            .collect();
        // 5 days on 200.00 and 15 on 100.00 are 55.56 cents; rounded one by one they would be 55.
        assert_eq!(
            paid,
            [
                ("2012-01-31".into(), 10_000, 0),
                ("2012-02-05".into(), 10_000, 0),
                ("2012-02-20".into(), 10_000, 56)
            ]
        );
        let steps: Vec<_> = in_default.steps().collect();
        assert_eq!(
            steps,
            [
                (on("2012-02-01"), Step::ReportOverdue),
                (on("2012-03-17"), Step::ReportDefault)
            ]
        );
    }
}
