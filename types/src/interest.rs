//! Interest on a sum between two dates (specification 2.3, 2.4).

use crate::dates::Date;

const PPM: i128 = 1_000_000;

/// Day-count fractions by their ISO 20022 codes.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum DayCount {
    /// 30/360, bond basis: ISDA 2006 definitions, section 4.16(f).
    A001,
    /// Actual/360.
    A004,
    /// Actual/365 fixed.
    A005,
}

impl DayCount {
    /// Days of a year.
    pub fn basis(self) -> u32 {
        match self {
            Self::A001 | Self::A004 => 360,
            Self::A005 => 365,
        }
    }

    /// Days from a date (included) to another (excluded).
    pub fn days(self, from: Date, to: Date) -> i64 {
        match self {
            Self::A004 | Self::A005 => from.days_until(to),
            Self::A001 => {
                let first = from.day().min(30);
                let last = if first == 30 {
                    to.day().min(30)
                } else {
                    to.day()
                };
                let field = |date: Date, day: u32| {
                    360 * i64::from(date.year()) + 30 * i64::from(date.month()) + i64::from(day)
                };
                field(to, last) - field(from, first)
            }
        }
    }
}

/// The interest owed is beyond what a sum of money may be.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("interest would pass 10^18 minor units")]
pub struct TooMuchInterest;

/// `round-half-even(amount · rate_ppm · days / (10^6 · basis))`, zero when `to` is not after `from`.
pub fn accrued(
    amount_minor: u64,
    rate_ppm: u32,
    day_count: DayCount,
    from: Date,
    to: Date,
) -> Result<u64, TooMuchInterest> {
    let days = day_count.days(from, to).max(0);
    // At most 10^18 · 4.3·10^9 · 8·10^4 < 2^127.
    let numerator = i128::from(amount_minor) * i128::from(rate_ppm) * i128::from(days);
    let rounded = round_half_even(numerator, PPM * i128::from(day_count.basis()));
    u64::try_from(rounded)
        .ok()
        .filter(|minor| *minor <= crate::limits::MAX_MINOR)
        .ok_or(TooMuchInterest)
}

/// Rounds a quotient of non-negative numbers to the nearest integer, halves to the even one.
fn round_half_even(numerator: i128, denominator: i128) -> i128 {
    let (quotient, remainder) = (numerator / denominator, numerator % denominator);
    match (2 * remainder).cmp(&denominator) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient % 2,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn date(text: &str) -> Date {
        text.parse().unwrap()
    }

    #[test]
    fn halves_go_to_the_even_side() {
        assert_eq!(round_half_even(5, 10), 0);
        assert_eq!(round_half_even(15, 10), 2);
        assert_eq!(round_half_even(25, 10), 2);
        assert_eq!(round_half_even(26, 10), 3);
        assert_eq!(round_half_even(24, 10), 2);
    }

    #[test]
    fn day_counts() {
        // Worked examples of ISDA's 30/360 bond basis.
        for (from, to, days) in [
            ("2007-01-15", "2007-01-30", 15),
            ("2007-01-15", "2007-02-15", 30),
            ("2007-09-30", "2008-03-31", 180),
            ("2007-09-30", "2007-10-31", 30),
            ("2007-01-15", "2007-01-31", 16),
            ("2007-01-31", "2007-02-28", 28),
            ("2008-02-28", "2008-08-30", 182),
        ] {
            assert_eq!(
                DayCount::A001.days(date(from), date(to)),
                days,
                "{from} {to}"
            );
        }
        assert_eq!(
            DayCount::A004.days(date("2012-02-28"), date("2012-03-01")),
            2
        );
    }

    #[test]
    fn sixty_paid_ten_days_late_at_eight_percent() {
        let owed = accrued(
            6_000,
            80_000,
            DayCount::A004,
            date("2013-03-01"),
            date("2013-03-11"),
        );
        assert_eq!(owed, Ok(13)); // 13.33 cents
        let early = accrued(
            6_000,
            80_000,
            DayCount::A004,
            date("2013-03-11"),
            date("2013-03-01"),
        );
        assert_eq!(early, Ok(0));
    }

    #[test]
    fn interest_beyond_money_is_refused() {
        let all = accrued(
            crate::limits::MAX_MINOR,
            u32::MAX,
            DayCount::A004,
            Date::MIN,
            Date::MAX,
        );
        assert_eq!(all, Err(TooMuchInterest));
    }
}
