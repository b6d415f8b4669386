//! The plan by which a loan is repaid (specification 5.5), in integers alone.

use counterfoil_proto::financing::v1::{Loan, Schedule};

use crate::dates::{Date, NotADate};
use crate::interest::{DayCount, round_half_even};

const PPM: i128 = 1_000_000;
/// What discount factors are multiples of. Each is at most k of its units too small after k periods, so that an annuity's sum
/// is off by less than 10^−14 of it: for all sums below 10^14 by less than a minor unit, beyond the rounding.
const FACTOR_ONE: i128 = 1_000_000_000_000_000_000;
const MONTHS_A_YEAR: u32 = 12;

/// One payment of a plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Instalment {
    pub due: Date,
    pub principal_minor: u64,
    /// On the plan's principal over the period; what is really owed is accrued exactly, and may differ by the rounding.
    pub interest_minor: u64,
    /// Principal that the plan leaves after it.
    pub left_minor: u64,
}

/// Why a loan's record has no plan.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum NoPlan {
    #[error(transparent)]
    Date(#[from] NotADate),
    #[error("a loan without a day count")]
    DayCount,
    #[error("interest beyond what a sum of money may be")]
    TooMuch,
}

/// The instalments of a loan's record that are still planned, in order; the last one on its due date. None where the plan
/// starts on or after that.
pub fn instalments(loan: &Loan) -> Result<Vec<Instalment>, NoPlan> {
    let opened = Date::try_from(&loan.opened_on.unwrap_or_default())?;
    let from = Date::try_from(&loan.plan_from.unwrap_or_default())?;
    let due = Date::try_from(&loan.due_date.unwrap_or_default())?;
    let day_count = DayCount::of(loan.day_count()).ok_or(NoPlan::DayCount)?;
    let dates = dates(opened, from, due);
    let mut days = Vec::with_capacity(dates.len());
    let mut start = day_count.days(opened, from);
    for date in &dates {
        let end = day_count.days(opened, *date);
        days.push((end - start).max(0));
        start = end;
    }
    let rate = i128::from(loan.rate_ppm);
    let unit = PPM * i128::from(day_count.basis());
    let principal = i128::from(loan.plan_principal_minor);
    let level = match loan.schedule() {
        Schedule::Annuity => annuity(principal, rate, unit, &days),
        _ => 0,
    };
    let mut left = principal;
    let mut plan = Vec::with_capacity(dates.len());
    for (at, (due, days)) in dates.iter().zip(&days).enumerate() {
        // At most 10^18 · 2^32 · 8·10^4 < 2^127.
        let interest = round_half_even(left * rate * i128::from(*days), unit);
        let paid = match loan.schedule() {
            _ if at + 1 == dates.len() => left,
            Schedule::EqualPrincipal => {
                let count = i128::try_from(dates.len()).map_err(|_| NoPlan::TooMuch)?;
                round_half_even(principal, count).min(left)
            }
            Schedule::Annuity => (level - interest).clamp(0, left),
            Schedule::Bullet | Schedule::Unspecified => 0,
        };
        left -= paid;
        let minor = |sum: i128| u64::try_from(sum).map_err(|_| NoPlan::TooMuch);
        plan.push(Instalment {
            due: *due,
            principal_minor: minor(paid)?,
            interest_minor: minor(interest)?,
            left_minor: minor(left)?,
        });
    }
    Ok(plan)
}

/// The days on which instalments fall due after a date.
fn dates(opened: Date, from: Date, due: Date) -> Vec<Date> {
    let mut dates = Vec::new();
    let mut months = 1;
    while let Some(date) = months_later(opened, months).filter(|date| *date < due) {
        if date > from {
            dates.push(date);
        }
        months += 1;
    }
    if from < due {
        dates.push(due);
    }
    dates
}

/// The same day so many months later, or the last of that month; `None` beyond the calendar.
fn months_later(date: Date, months: u32) -> Option<Date> {
    let month = date.month() - 1 + months;
    let (year, month) = (
        date.year() + month / MONTHS_A_YEAR,
        month % MONTHS_A_YEAR + 1,
    );
    (28..=date.day())
        .rev()
        .find_map(|day| Date::new(year, month, day).ok())
        .or_else(|| Date::new(year, month, date.day()).ok())
}

/// The sum that pays a principal and its interest over periods of so many days.
fn annuity(principal: i128, rate: i128, unit: i128, days: &[i64]) -> i128 {
    let mut factor = FACTOR_ONE;
    let mut sum = 0;
    for days in days {
        factor = factor * unit / (unit + rate * i128::from(*days));
        sum += factor;
    }
    // At most 10^18 · 10^18 < 2^127. Interest over centuries leaves nothing of a sum.
    round_half_even(principal * FACTOR_ONE, sum.max(1))
}

/// What a loan's plan leaves outstanding by the end of a day: all of it before the first instalment.
pub fn left_on(loan: &Loan, day: Date) -> Result<u64, NoPlan> {
    let due = Date::try_from(&loan.due_date.unwrap_or_default())?;
    if day >= due {
        return Ok(0);
    }
    let plan = instalments(loan)?;
    let passed = plan.iter().take_while(|instalment| instalment.due <= day);
    Ok(passed
        .last()
        .map_or(loan.plan_principal_minor, |last| last.left_minor))
}

/// Whether more is outstanding than the plan left by the last day whose grace was over before a day.
pub fn is_overdue(loan: &Loan, today: Date) -> Result<bool, NoPlan> {
    match today.add_days(-1 - i64::from(loan.grace_days)) {
        Ok(day) => Ok(loan.outstanding_minor > left_on(loan, day)?),
        // Before the calendar's first day nothing was due.
        Err(_) => Ok(false),
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::receivable::v1::DayCount as WireDayCount;
    use counterfoil_proto::v1::Money;

    use super::*;

    fn loan(schedule: Schedule, minor: u64, rate_ppm: u32, opened: &str, due: &str) -> Loan {
        let date = |text: &str| Some(text.parse::<Date>().unwrap().to_proto());
        Loan {
            principal: Some(Money {
                minor,
                currency: "EUR".into(),
            }),
            schedule: schedule.into(),
            rate_ppm,
            day_count: WireDayCount::A004.into(),
            plan_principal_minor: minor,
            opened_on: date(opened),
            plan_from: date(opened),
            due_date: date(due),
            ..Loan::default()
        }
    }

    /// Principal and interest of each instalment, as exact fractions give them outside of this program.
    #[test]
    fn plans_are_those_of_exact_fractions() {
        let plan = |loan: &Loan| -> Vec<(String, u64, u64)> {
            let plan = instalments(loan).unwrap();
            let last = plan.last().unwrap();
            assert_eq!(last.left_minor, 0);
            let shown = plan.iter();
            shown
                .map(|i| (i.due.to_string(), i.principal_minor, i.interest_minor))
                .collect()
        };
        let expect = |plan: Vec<(String, u64, u64)>, rows: &[(&str, u64, u64)]| {
            let rows = rows.iter();
            let rows: Vec<_> = rows
                .map(|(due, p, i)| ((*due).to_owned(), *p, *i))
                .collect();
            assert_eq!(plan, rows);
        };
        let annuity = loan(
            Schedule::Annuity,
            1_000_000,
            60_000,
            "2024-01-31",
            "2024-06-15",
        );
        let rows = [
            ("2024-02-29", 198_083, 4_833),
            ("2024-03-31", 198_773, 4_143),
            ("2024-04-30", 199_900, 3_016),
            ("2024-05-31", 200_833, 2_083),
            ("2024-06-15", 202_411, 506),
        ];
        expect(plan(&annuity), &rows);
        let mut thirties = loan(
            Schedule::Annuity,
            123_456_789,
            123_457,
            "2024-01-31",
            "2024-07-31",
        );
        thirties.day_count = WireDayCount::A001.into();
        let rows = [
            ("2024-02-29", 20_094_326, 1_227_796),
            ("2024-03-31", 20_223_274, 1_098_848),
            ("2024-04-30", 20_466_779, 855_343),
            ("2024-05-31", 20_677_343, 644_779),
            ("2024-06-30", 20_890_073, 432_049),
            ("2024-07-31", 21_104_994, 217_130),
        ];
        expect(plan(&thirties), &rows);
        let mut equal = loan(
            Schedule::EqualPrincipal,
            1_000_000,
            60_000,
            "2024-02-01",
            "2024-05-20",
        );
        equal.day_count = WireDayCount::A005.into();
        let rows = [
            ("2024-03-01", 250_000, 4_767),
            ("2024-04-01", 250_000, 3_822),
            ("2024-05-01", 250_000, 2_466),
            ("2024-05-20", 250_000, 781),
        ];
        expect(plan(&equal), &rows);
        let mut large = loan(
            Schedule::Annuity,
            100_000_000_000_000,
            400_000,
            "2023-03-30",
            "2023-09-30",
        );
        large.day_count = WireDayCount::A005.into();
        let rows = [
            ("2023-04-30", 15_280_620_427_050, 3_397_260_273_973),
            ("2023-05-30", 15_892_586_030_131, 2_785_294_670_892),
            ("2023-06-30", 16_339_655_386_144, 2_338_225_314_879),
            ("2023-07-30", 16_952_276_158_886, 1_725_604_542_137),
            ("2023-08-30", 17_470_668_950_961, 1_207_211_750_062),
            ("2023-09-30", 18_064_193_046_828, 613_687_654_194),
        ];
        expect(plan(&large), &rows);
    }

    #[test]
    fn no_sum_and_no_span_is_too_large() {
        for schedule in [
            Schedule::Bullet,
            Schedule::EqualPrincipal,
            Schedule::Annuity,
        ] {
            for minor in [1, 7, crate::limits::MAX_MINOR] {
                for rate_ppm in [0, 1, crate::limits::MAX_RATE_PPM] {
                    let loan = loan(schedule, minor, rate_ppm, "1990-01-31", "2199-12-31");
                    let plan = instalments(&loan).unwrap();
                    let sum: u64 = plan.iter().map(|i| i.principal_minor).sum();
                    assert_eq!(sum, minor);
                    let instalment = &plan[plan.len() / 2];
                    assert_eq!(left_on(&loan, instalment.due), Ok(instalment.left_minor));
                }
            }
        }
    }

    #[test]
    fn a_plan_ends_with_its_loan() {
        let mut late = loan(Schedule::Annuity, 500, 60_000, "2024-01-31", "2024-06-15");
        late.plan_from = Some("2024-06-15".parse::<Date>().unwrap().to_proto());
        assert_eq!(instalments(&late), Ok(Vec::new()));
        assert_eq!(left_on(&late, "2024-06-15".parse().unwrap()), Ok(0));
        assert_eq!(instalments(&Loan::default()).ok(), None);
    }
}
