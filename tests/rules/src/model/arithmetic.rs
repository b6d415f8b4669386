//! Days and interest, counted independently of the ledger's own arithmetic
//! (specification 2.2 to 2.4).
//!
//! A day is the number of days since 1970-01-01.

use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_proto::v1::Date;

/// The largest amount and total (specification 2.1).
pub const MAX_MINOR: u64 = 1_000_000_000_000_000_000;

const FIRST_YEAR: u32 = 1990;
const LAST_YEAR: u32 = 2199;
const PPM: u128 = 1_000_000;

fn is_leap(year: u32) -> bool {
    year.is_multiple_of(4) && (!year.is_multiple_of(100) || year.is_multiple_of(400))
}

fn month_length(year: u32, month: u32) -> u32 {
    match month {
        2 if is_leap(year) => 29,
        2 => 28,
        4 | 6 | 9 | 11 => 30,
        _ => 31,
    }
}

fn year_length(year: u32) -> i64 {
    if is_leap(year) { 366 } else { 365 }
}

/// The day of a date, or none where it is not in the calendar or not between
/// 1990 and 2199.
pub fn day(date: &Date) -> Option<i64> {
    let known = (FIRST_YEAR..=LAST_YEAR).contains(&date.year)
        && (1..=12).contains(&date.month)
        && (1..=month_length(date.year, date.month)).contains(&date.day);
    known.then(|| {
        let years: i64 = (1970..date.year).map(year_length).sum();
        let months: u32 = (1..date.month).map(|m| month_length(date.year, m)).sum();
        years + i64::from(months) + i64::from(date.day) - 1
    })
}

/// The date of a day from 1970 on.
pub fn date(day: i64) -> Date {
    assert!(day >= 0, "the model's calendar begins in 1970");
    let mut rest = day;
    let mut year = 1970;
    while rest >= year_length(year) {
        rest -= year_length(year);
        year += 1;
    }
    let mut month = 1;
    while rest >= i64::from(month_length(year, month)) {
        rest -= i64::from(month_length(year, month));
        month += 1;
    }
    let day = u32::try_from(rest).expect("a month has at most 31 days") + 1;
    Date { year, month, day }
}

/// Days of interest from `from` (included) to `to` (excluded), and the days of
/// the year they are divided by.
pub fn interest_days(count: DayCount, from: i64, to: i64) -> (i64, i64) {
    match count {
        DayCount::A001 => {
            let (start, end) = (date(from), date(to));
            let start_day = start.day.min(30);
            // Bond basis: a 31st at the end counts as a 30th only after a start on the 30th or 31st.
            let end_day = if start_day == 30 {
                end.day.min(30)
            } else {
                end.day
            };
            let of = |year: u32, month: u32, day: u32| i64::from(year * 360 + month * 30 + day);
            let days = of(end.year, end.month, end_day) - of(start.year, start.month, start_day);
            (days, 360)
        }
        DayCount::A004 => (to - from, 360),
        DayCount::A005 => (to - from, 365),
        DayCount::Unspecified => panic!("terms without a day count are never registered"),
    }
}

/// round-half-even(principal · rate · days / (10^6 · basis)).
pub fn interest(principal: u64, rate_ppm: u32, count: DayCount, from: i64, to: i64) -> u128 {
    if to <= from {
        return 0;
    }
    let (days, basis) = interest_days(count, from, to);
    let days = u128::try_from(days).expect("a later date is never a negative number of days away");
    let basis = u128::try_from(basis).expect("360 or 365");
    half_even(
        u128::from(principal) * u128::from(rate_ppm) * days,
        PPM * basis,
    )
}

fn half_even(numerator: u128, denominator: u128) -> u128 {
    let below = numerator / denominator;
    let twice_rest = 2 * (numerator % denominator);
    let up = twice_rest > denominator || (twice_rest == denominator && below % 2 == 1);
    below + u128::from(up)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn on(year: u32, month: u32, day_of_month: u32) -> i64 {
        day(&Date {
            year,
            month,
            day: day_of_month,
        })
        .expect("a date")
    }

    #[test]
    fn days_and_dates_are_each_others_inverse() {
        for number in on(1990, 1, 1)..=on(2199, 12, 31) {
            assert_eq!(day(&date(number)), Some(number));
        }
        assert_eq!(on(2000, 3, 1) - on(2000, 2, 28), 2);
        assert_eq!(on(2100, 3, 1) - on(2100, 2, 28), 1);
    }

    #[test]
    fn what_is_no_date_has_no_day() {
        for (year, month, day_of_month) in [
            (1989, 12, 31),
            (2200, 1, 1),
            (2023, 2, 29),
            (2024, 0, 1),
            (2024, 13, 1),
            (2024, 4, 31),
            (2024, 4, 0),
        ] {
            assert_eq!(
                day(&Date {
                    year,
                    month,
                    day: day_of_month
                }),
                None
            );
        }
    }

    #[test]
    fn bond_basis_shortens_the_end_only_after_a_late_start() {
        let a001 = |from, to| interest_days(DayCount::A001, from, to).0;
        assert_eq!(a001(on(2024, 1, 31), on(2024, 3, 31)), 60);
        assert_eq!(a001(on(2024, 1, 30), on(2024, 1, 31)), 0);
        assert_eq!(a001(on(2024, 1, 29), on(2024, 1, 31)), 2);
        assert_eq!(a001(on(2024, 2, 29), on(2024, 3, 31)), 32);
        assert_eq!(a001(on(2023, 12, 15), on(2024, 12, 15)), 360);
    }

    #[test]
    fn halves_go_to_the_even_neighbour() {
        assert_eq!([1, 2, 3, 5, 7].map(|n| half_even(n, 2)), [0, 1, 2, 2, 4]);
        assert_eq!(half_even(2, 3), 1);
        assert_eq!(half_even(1, 3), 0);
        // 100,000.00 at 8% for 45 days of 360 is 1,000.00.
        assert_eq!(interest(10_000_000, 80_000, DayCount::A004, 0, 45), 100_000);
    }
}
