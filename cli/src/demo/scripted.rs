//! Cases beside the file's, in a currency of their own: an invoice paid in three parts, one that is never paid and
//! defaults, one that is disputed, ruled on and credited, two that are paid by an endorser and a guarantor before their
//! debtor pays, one that is frozen for a while, one paid outside the ledger, and one sold under its buyer's programme.

use counterfoil_proto::receivable::v1::{ReceivableState, Recourse};
use counterfoil_types::dates::{Date, NotADate};
use counterfoil_types::hash::Hash;
use counterfoil_types::interest::{Accrual, Interest, accrued};

use super::data::{BANKS, OPERATOR, Row};
use super::figures::{DAY_COUNT, GRACE_DAYS, PENALTY_RATE_PPM};

pub const CURRENCY: &str = "EUR";
pub const SELLER: &str = "scripted-supplier";
pub const BUYER: &str = "scripted-customer";
pub const GUARANTOR: &str = "scripted-guarantor";
/// Who rules on disputes, ascending, and how many of them must rule the same.
pub const ARBITERS: [&str; 3] = [BANKS[0], BANKS[1], OPERATOR];
pub const ARBITER_THRESHOLD: u32 = 2;
/// The bank in whose deposits the cases are paid, and that pays outside the ledger.
pub const BANK: usize = 0;
/// The bank that buys their claims, in its own deposits.
pub const BUYING_BANK: usize = 1;
/// Of its standing quote.
pub const DISCOUNT_RATE_PPM: u32 = 60_000;
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
    /// By the due date.
    fn in_time(principal_minor: u64) -> Self {
        Self {
            principal_minor,
            penalty_minor: 0,
        }
    }

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
    /// The seller offers its claim to the buying bank, and says what it pays itself if the debtor does not.
    Offer {
        price_minor: u64,
        recourse: Recourse,
    },
    Accept {
        price_minor: u64,
    },
    /// A guarantor is ready to pay so much if the debtor does not.
    Guarantee {
        cap_minor: u64,
    },
    ConsentToGuarantee,
    /// The claim's holder calls on who undertook to pay.
    Notice {
        holder: &'static str,
    },
    /// Who is called on pays in the debtor's place.
    Honour {
        payer: &'static str,
        minor: u64,
    },
    /// The regulator freezes the receivable.
    Freeze,
    Release,
    /// The seller takes what was paid meanwhile.
    Collect,
    /// The buyer has its bank pay outside the ledger.
    Instruct {
        minor: u64,
    },
    Assert,
    ConfirmPayment,
    /// The buyer lets banks pay its suppliers early.
    OpenProgramme,
    MakeStandingQuote,
    /// The seller sells its whole claim under the programme.
    Purchase {
        cost_minor: u64,
    },
}

/// The cases, issued on the ledger's first date.
pub fn cases(first: Date) -> Result<Vec<Case>, NotADate> {
    Ok(vec![
        in_parts(first)?,
        in_default(first)?,
        in_dispute(first)?,
        with_recourse(first)?,
        with_a_guarantee(first)?,
        in_a_freeze(first)?,
        by_wire(first)?,
        under_a_programme(first)?,
    ])
}

/// A third on the due date, a third five days late, and 20 days late the rest with the penalty:
/// what is paid before goes to the principal, so that the penalty has grown on two sums.
fn in_parts(first: Date) -> Result<Case, NotADate> {
    let row = row("IN-PARTS", first, 30_000)?;
    let interest = penalty(&row);
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
    Ok(settled(row, steps))
}

fn in_default(first: Date) -> Result<Case, NotADate> {
    let row = row("IN-DEFAULT", first, 8_000)?;
    let (_, steps) = defaulted(&row)?;
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
    let rest = Payment::in_time(row.amount_minor - minor);
    let ruled = |arbiter| Step::Rule { arbiter, minor };
    let steps = vec![
        (first.add_days(2)?, Step::Dispute),
        (first.add_days(3)?, ruled(ARBITERS[0])),
        (first.add_days(4)?, ruled(ARBITERS[2])),
        (first.add_days(5)?, Step::Credit { minor }),
        (first.add_days(6)?, Step::ConsentToCredit { minor }),
        (row.due, Step::Pay(rest)),
    ];
    Ok(settled(row, steps))
}

/// The day on which it is reported that nothing was paid in time, nor in the days of grace, and the reports.
fn defaulted(row: &Row) -> Result<(Date, Vec<(Date, Step)>), NotADate> {
    let default = row.due.add_days(i64::from(GRACE_DAYS) + 1)?;
    let reports = vec![
        (row.due.add_days(1)?, Step::ReportOverdue),
        (default, Step::ReportDefault),
    ];
    Ok((default, reports))
}

/// A bank buys 120.00 with full recourse. After the default the seller pays 90.00 of it, and the debtor all in the end.
fn with_recourse(first: Date) -> Result<Case, NotADate> {
    let row = row("WITH-RECOURSE", first, 12_000)?;
    let price_minor = 11_900;
    let offer = Step::Offer {
        price_minor,
        recourse: Recourse::Full,
    };
    let mut steps = vec![
        (first.add_days(1)?, offer),
        (first.add_days(2)?, Step::Accept { price_minor }),
    ];
    steps.extend(recovered(&row, BANKS[BUYING_BANK], (SELLER, 9_000))?);
    Ok(settled(row, steps))
}

/// A guarantor pays the 60.00 that it guaranteed of 100.00, and the debtor all in the end.
fn with_a_guarantee(first: Date) -> Result<Case, NotADate> {
    let row = row("WITH-GUARANTEE", first, 10_000)?;
    let cap_minor = 6_000;
    let mut steps = vec![
        (first.add_days(1)?, Step::Guarantee { cap_minor }),
        (first.add_days(2)?, Step::ConsentToGuarantee),
    ];
    steps.extend(recovered(&row, SELLER, (GUARANTOR, cap_minor))?);
    Ok(settled(row, steps))
}

/// From the reports on: notice, payment of a part in the debtor's place, and ten days after it the debtor's own. Penalty
/// goes on for the holder's rest, and from the day of its payment on for the payer's part.
fn recovered(
    row: &Row,
    holder: &'static str,
    (payer, minor): (&'static str, u64),
) -> Result<Vec<(Date, Step)>, NotADate> {
    let (default, mut steps) = defaulted(row)?;
    let (called, honoured, paid) = (
        default.add_days(1)?,
        default.add_days(2)?,
        default.add_days(12)?,
    );
    let interest = penalty(row);
    let before = interest.accrue(interest.none(), row.amount_minor, honoured);
    let rest = interest.accrue(before, row.amount_minor - minor, paid);
    let none = Accrual {
        minor: 0,
        fraction: 0,
        to: honoured,
    };
    let part = interest.accrue(none, minor, paid);
    let payment = Payment {
        principal_minor: row.amount_minor,
        penalty_minor: rest.minor + part.minor,
    };
    steps.extend([
        (called, Step::Notice { holder }),
        (honoured, Step::Honour { payer, minor }),
        (paid, Step::Pay(payment)),
    ]);
    Ok(steps)
}

/// What is paid while it is frozen waits for the release. Then the seller has it, and sells the rest.
fn in_a_freeze(first: Date) -> Result<Case, NotADate> {
    let row = row("IN-A-FREEZE", first, 9_000)?;
    let early = 5_000;
    let rest = row.amount_minor - early;
    let price_minor = 3_990;
    let offer = Step::Offer {
        price_minor,
        recourse: Recourse::None,
    };
    let steps = vec![
        (first.add_days(2)?, Step::Freeze),
        (first.add_days(9)?, Step::Pay(Payment::in_time(early))),
        (first.add_days(13)?, Step::Release),
        (first.add_days(14)?, Step::Collect),
        (first.add_days(15)?, offer),
        (first.add_days(16)?, Step::Accept { price_minor }),
        (row.due, Step::Pay(Payment::in_time(rest))),
    ];
    Ok(settled(row, steps))
}

fn by_wire(first: Date) -> Result<Case, NotADate> {
    let row = row("BY-WIRE", first, 7_000)?;
    let minor = row.amount_minor;
    let steps = vec![
        (row.due.add_days(-2)?, Step::Instruct { minor }),
        (row.due.add_days(-1)?, Step::Assert),
        (row.due, Step::ConfirmPayment),
    ];
    Ok(settled(row, steps))
}

fn under_a_programme(first: Date) -> Result<Case, NotADate> {
    let row = row("UNDER-A-PROGRAMME", first, 6_000)?;
    let sold = first.add_days(3)?;
    let cost = accrued(
        row.amount_minor,
        DISCOUNT_RATE_PPM,
        DAY_COUNT,
        sold,
        row.due,
    );
    let cost_minor = cost.expect("a month's discount is less than the claim");
    let payment = Payment::in_time(row.amount_minor);
    let steps = vec![
        (first.add_days(1)?, Step::OpenProgramme),
        (first.add_days(2)?, Step::MakeStandingQuote),
        (sold, Step::Purchase { cost_minor }),
        (row.due, Step::Pay(payment)),
    ];
    Ok(settled(row, steps))
}

fn settled(row: Row, steps: Vec<(Date, Step)>) -> Case {
    Case {
        row,
        steps,
        end: ReceivableState::Settled,
    }
}

fn penalty(row: &Row) -> Interest {
    Interest {
        rate_ppm: PENALTY_RATE_PPM,
        day_count: DAY_COUNT,
        since: row.due,
    }
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
        let last = |case: usize| cases[case].steps.last().copied();
        // On 120.00 in 48 days 128 cents, in ten more 6.67 on the holder's 30.00 and 20 on the seller's 90.00.
        let paid = on("2012-03-29");
        assert_eq!(last(3), Some((paid, pay(12_000, 135 + 20))));
        // 106.67 cents on 100.00, then 8.89 on the seller's 40.00 and 13.33 on the guarantor's 60.00.
        assert_eq!(last(4), Some((paid, pay(10_000, 116 + 13))));
        // 60.00 for 27 days at 6 %.
        assert_eq!(
            cases[7].steps[2],
            (on("2012-01-04"), Step::Purchase { cost_minor: 27 })
        );
        let by_day = |case: &Case| case.steps.is_sorted_by_key(|(date, _)| *date);
        assert!(cases.iter().all(by_day));
        assert!(ARBITERS.is_sorted());
    }
}
