//! Days, interest and shares, counted independently of the ledger's own arithmetic
//! (specification 2.2 to 2.5).
//!
//! A day is the number of days since 1970-01-01.

use counterfoil_proto::receivable::v1::DayCount;
use counterfoil_proto::v1::{Accrual, Date};

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

/// What accrues at a rate, days being counted from one day on.
#[derive(Clone, Copy, Debug)]
pub struct Rate {
    pub ppm: u32,
    pub count: DayCount,
    /// Days between two dates are the difference of the days from here, as those of
    /// 30/360 do not add up.
    pub since: i64,
}

impl Rate {
    /// How many parts a minor unit has.
    fn unit(&self) -> i128 {
        1_000_000
            * match self.count {
                DayCount::A005 => 365,
                DayCount::A001 | DayCount::A004 => 360,
                DayCount::Unspecified => panic!("no interest without a day count"),
            }
    }

    /// What has accrued, in parts of a unit.
    fn parts(&self, accrual: &Accrual) -> i128 {
        i128::from(accrual.minor) * self.unit() + i128::from(accrual.fraction)
    }

    /// So many parts as a record: at least zero and at most 10^18 are owed.
    fn record(&self, parts: i128, to: i64) -> Accrual {
        let unit = self.unit().unsigned_abs();
        let owed = u128::try_from(parts).map_or(0, |parts| half_even(parts, unit));
        let (minor, fraction) = if owed >= u128::from(MAX_MINOR) {
            (MAX_MINOR, 0)
        } else {
            let minor = u64::try_from(owed).expect("less than 10^18");
            (minor, parts - i128::from(minor) * self.unit())
        };
        Accrual {
            minor,
            fraction: i64::try_from(fraction).expect("what rounding left"),
            to: Some(date(to)),
        }
    }

    /// Adds the interest on a principal up to a day to what had accrued before.
    pub fn accrue(&self, before: Option<&Accrual>, principal: u64, to: i64) -> Accrual {
        let start = Accrual {
            to: Some(date(self.since)),
            ..Accrual::default()
        };
        let before = before.unwrap_or(&start);
        let from = before.to.as_ref().and_then(day).expect("a day");
        if to <= from {
            return *before;
        }
        if principal == 0 {
            // Nothing new is owed: what was paid of a rounded half is not rounded again.
            return Accrual {
                to: Some(date(to)),
                ..*before
            };
        }
        let days = |to| interest_days(self.count, self.since, to).0;
        // 10^18 · 10^6 · 77,000 days are less than 10^29.
        let added =
            i128::from(principal) * i128::from(self.ppm) * i128::from(days(to) - days(from));
        self.record(self.parts(before) + added, to)
    }

    /// The sum of what has accrued on several principals to one day.
    pub fn sum(&self, accruals: &[Accrual], to: i64) -> Accrual {
        self.record(accruals.iter().map(|accrual| self.parts(accrual)).sum(), to)
    }
}

/// Divides a total in proportion to weights, whole units first; what is left goes one by
/// one to the largest remainder, the first of equals.
pub fn pro_rata(total: u64, weights: &[u64]) -> Vec<u64> {
    let sum: u128 = weights.iter().map(|weight| u128::from(*weight)).sum();
    if sum == 0 {
        return vec![0; weights.len()];
    }
    let exact = |weight: &u64| u128::from(total) * u128::from(*weight);
    let mut shares: Vec<u64> = weights
        .iter()
        .map(|weight| u64::try_from(exact(weight) / sum).expect("at most the total"))
        .collect();
    let mut remainders: Vec<u128> = weights.iter().map(|weight| exact(weight) % sum).collect();
    for _ in shares.iter().sum()..total {
        let mut largest = 0;
        for at in 1..remainders.len() {
            if remainders[at] > remainders[largest] {
                largest = at;
            }
        }
        shares[largest] += 1;
        remainders[largest] = 0;
    }
    shares
}

/// Rounds a quotient to the nearest whole number, halves to the even one.
pub fn half_even(numerator: u128, denominator: u128) -> u128 {
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

    #[test]
    fn accruing_by_the_day_comes_to_the_same() {
        for count in [DayCount::A001, DayCount::A004, DayCount::A005] {
            let since = on(2024, 1, 30);
            let rate = Rate {
                ppm: 123_457,
                count,
                since,
            };
            let mut daily = None;
            for to in since + 1..since + 800 {
                daily = Some(rate.accrue(daily.as_ref(), 2_000, to));
                assert_eq!(daily, Some(rate.accrue(None, 2_000, to)));
                let owed = interest(2_000, rate.ppm, count, since, to);
                assert_eq!(daily.map(|a| u128::from(a.minor)), Some(owed));
            }
        }
    }

    #[test]
    fn what_is_owed_is_never_negative_nor_beyond_all_amounts() {
        let rate = Rate {
            ppm: 1_000_000,
            count: DayCount::A004,
            since: on(2024, 1, 1),
        };
        let ahead = Accrual {
            minor: 0,
            fraction: -170_000_000,
            to: Some(date(on(2024, 1, 2))),
        };
        let sum = rate.sum(&[ahead; 3], on(2024, 1, 2));
        assert_eq!((sum.minor, sum.fraction), (0, -510_000_000));
        let most = rate.accrue(None, MAX_MINOR, on(2025, 2, 1));
        assert_eq!((most.minor, most.fraction), (MAX_MINOR, 0));
    }

    #[test]
    fn shares_go_by_the_largest_remainder() {
        assert_eq!(pro_rata(10, &[1, 1, 1]), [4, 3, 3]);
        assert_eq!(pro_rata(1, &[1, 2]), [0, 1]);
        assert_eq!(pro_rata(5, &[3, 3, 3, 1]), [2, 2, 1, 0]);
        assert_eq!(pro_rata(7, &[0, 0]), [0, 0]);
        assert_eq!(pro_rata(MAX_MINOR, &[1, MAX_MINOR - 1]), [1, MAX_MINOR - 1]);
    }
}
