//! The plan of a loan's instalments, reckoned from the comment of its record.

use counterfoil_proto::financing::v1::{Loan, Schedule};
use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_proto::v1::Date;

use super::super::arithmetic::{day, half_even, interest_days};
use super::super::claims::day_of;

const ONE: u128 = 1_000_000_000_000_000_000;

/// The day so many months after another: its day of the month, or that month's last.
fn months_after(start: &Date, months: u32) -> Option<i64> {
    let mut date = *start;
    for _ in 0..months {
        date.month += 1;
        if date.month == 13 {
            (date.year, date.month) = (date.year + 1, 1);
        }
    }
    while date.day > 28 && day(&date).is_none() {
        date.day -= 1;
    }
    day(&date)
}

/// The days of the instalments after `from`, up to the due date.
fn due_days(loan: &Loan) -> Vec<i64> {
    let (from, last) = (day_of(&loan.plan_from), day_of(&loan.due_date));
    let opened = loan.opened_on.expect("a loan is opened on a day");
    let monthly = (1..).map_while(|months| months_after(&opened, months));
    let mut days: Vec<i64> = monthly.take_while(|day| *day < last).collect();
    days.push(last);
    days.retain(|day| *day > from);
    days
}

/// Each instalment's day and its principal.
pub fn instalments(loan: &Loan) -> Vec<(i64, u64)> {
    let days = due_days(loan);
    let Some(last) = days.len().checked_sub(1) else {
        return Vec::new();
    };
    let (count, opened) = (loan.day_count(), day_of(&loan.opened_on));
    let elapsed = |to| u128::try_from(interest_days(count, opened, to).0).expect("later");
    let yearly: u128 = match count {
        DayCount::A005 => 365_000_000,
        _ => 360_000_000,
    };
    let ends = days.iter().map(|day| elapsed(*day));
    let starts = std::iter::once(elapsed(day_of(&loan.plan_from))).chain(ends.clone());
    let periods: Vec<u128> = ends
        .zip(starts)
        .map(|(end, start)| end.saturating_sub(start))
        .collect();
    let rate = u128::from(loan.rate_ppm);
    let principal = u128::from(loan.plan_principal_minor);
    let factors = periods.iter().scan(ONE, |factor, days| {
        *factor = *factor * yearly / (yearly + rate * days);
        Some(*factor)
    });
    let level = half_even(principal * ONE, factors.sum::<u128>().max(1));
    let mut left = principal;
    let mut plan = Vec::new();
    for (at, due) in days.into_iter().enumerate() {
        let wanted = match loan.schedule() {
            _ if at == last => left,
            Schedule::EqualPrincipal => half_even(principal, last as u128 + 1),
            Schedule::Annuity => level.saturating_sub(half_even(left * rate * periods[at], yearly)),
            _ => 0,
        };
        let paid = wanted.min(left);
        left -= paid;
        plan.push((due, u64::try_from(paid).expect("part of a sum")));
    }
    plan
}

/// What the plan leaves of the principal once a day is over.
pub fn left_after(loan: &Loan, day: i64) -> u64 {
    if day >= day_of(&loan.due_date) {
        return 0;
    }
    let due = instalments(loan).into_iter().filter(|(due, _)| *due <= day);
    loan.plan_principal_minor - due.map(|(_, principal)| principal).sum::<u64>()
}
