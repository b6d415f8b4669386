//! Interest on a sum between two dates, and its exact accrual while the sum changes
//! (specification 2.3, 2.4).

use counterfoil_proto::receivable::v1 as receivable;
use counterfoil_proto::v1 as wire;

use crate::dates::{Date, NotADate};
use crate::limits::MAX_MINOR;

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
    /// A day count of the wire, once it is given.
    pub fn of(wire: receivable::DayCount) -> Option<Self> {
        match wire {
            receivable::DayCount::A001 => Some(Self::A001),
            receivable::DayCount::A004 => Some(Self::A004),
            receivable::DayCount::A005 => Some(Self::A005),
            receivable::DayCount::Unspecified => None,
        }
    }

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
        .filter(|minor| *minor <= MAX_MINOR)
        .ok_or(TooMuchInterest)
}

/// Rounds a quotient to the nearest integer, halves to the even one. The denominator is above zero.
pub fn round_half_even(numerator: i128, denominator: i128) -> i128 {
    let quotient = numerator.div_euclid(denominator);
    let remainder = numerator.rem_euclid(denominator);
    match (2 * remainder).cmp(&denominator) {
        std::cmp::Ordering::Less => quotient,
        std::cmp::Ordering::Greater => quotient + 1,
        std::cmp::Ordering::Equal => quotient + quotient.rem_euclid(2),
    }
}

/// At which rate, and from which date on, interest accrues.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Interest {
    pub rate_ppm: u32,
    pub day_count: DayCount,
    /// Days are counted from here, whatever was accrued in between: 30/360 days do not add up.
    pub since: Date,
}

/// What is accrued and not paid, exactly: the owed whole units and what rounding left.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Accrual {
    /// Owed, at most 10^18.
    pub minor: u64,
    /// Over 10^6 · basis.
    pub fraction: i64,
    /// That day excluded.
    pub to: Date,
}

impl Interest {
    /// Nothing accrued yet.
    pub fn none(&self) -> Accrual {
        Accrual {
            minor: 0,
            fraction: 0,
            to: self.since,
        }
    }

    /// Adds the interest on a principal up to a date; nothing where that is not later.
    pub fn accrue(&self, accrued: Accrual, principal_minor: u64, to: Date) -> Accrual {
        if to <= accrued.to {
            return accrued;
        }
        // What is owed does not change without principal: rounded again after a payment in part, a half could.
        if principal_minor == 0 {
            return Accrual { to, ..accrued };
        }
        let days = |date| self.day_count.days(self.since, date);
        let days = (days(to) - days(accrued.to)).max(0);
        let added = i128::from(principal_minor) * i128::from(self.rate_ppm) * i128::from(days);
        self.round(self.exact(accrued) + added, to)
    }

    /// Adds up what is accrued on several sums to the same date.
    pub fn join(&self, parts: &[Accrual], to: Date) -> Accrual {
        let exact = parts.iter().map(|part| self.exact(*part)).sum();
        self.round(exact, to)
    }

    fn unit(&self) -> i128 {
        PPM * i128::from(self.day_count.basis())
    }

    fn exact(&self, accrued: Accrual) -> i128 {
        i128::from(accrued.minor) * self.unit() + i128::from(accrued.fraction)
    }

    fn round(&self, exact: i128, to: Date) -> Accrual {
        // What was paid ahead by rounding is no debt of the payee.
        let rounded = round_half_even(exact, self.unit()).max(0);
        match u64::try_from(rounded) {
            Ok(minor) if minor < MAX_MINOR => Accrual {
                minor,
                fraction: i64::try_from(exact - rounded * self.unit())
                    .expect("a fraction is a few units at most"),
                to,
            },
            _ => Accrual {
                minor: MAX_MINOR,
                fraction: 0,
                to,
            },
        }
    }
}

impl Accrual {
    pub fn to_proto(self) -> wire::Accrual {
        wire::Accrual {
            minor: self.minor,
            fraction: self.fraction,
            to: Some(self.to.to_proto()),
        }
    }
}

impl TryFrom<&wire::Accrual> for Accrual {
    type Error = NotADate;

    fn try_from(accrual: &wire::Accrual) -> Result<Self, NotADate> {
        Ok(Self {
            minor: accrual.minor,
            fraction: accrual.fraction,
            to: Date::try_from(&accrual.to.unwrap_or_default())?,
        })
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
        let all = accrued(MAX_MINOR, u32::MAX, DayCount::A004, Date::MIN, Date::MAX);
        assert_eq!(all, Err(TooMuchInterest));
    }

    #[test]
    fn accruing_in_steps_loses_nothing() {
        for day_count in [DayCount::A001, DayCount::A004, DayCount::A005] {
            let interest = Interest {
                rate_ppm: 80_000,
                day_count,
                since: date("2024-01-30"),
            };
            let last = date("2025-03-31");
            let at_once = interest.accrue(interest.none(), 2_000, last);
            let mut daily = interest.none();
            for day in 1..=interest.since.days_until(last) {
                let to = Date::from_unix_ms(interest.since.midnight_unix_ms() + day * 86_400_000);
                daily = interest.accrue(daily, 2_000, to.unwrap());
            }
            assert_eq!(daily, at_once);
            let owed = accrued(2_000, 80_000, day_count, interest.since, last).unwrap();
            assert_eq!(at_once.minor, owed);
            assert_eq!(interest.accrue(at_once, 2_000, last), at_once);
        }
    }

    #[test]
    fn what_rounding_left_is_carried_on() {
        let interest = Interest {
            rate_ppm: 80_000,
            day_count: DayCount::A004,
            since: date("2013-03-01"),
        };
        // 20.00 a day late: 0.44 cents each; after two days 0.89, which is rounded up and paid.
        let mut accrual = interest.accrue(interest.none(), 2_000, date("2013-03-02"));
        assert_eq!(accrual.minor, 0);
        accrual = interest.accrue(accrual, 2_000, date("2013-03-03"));
        assert_eq!(accrual.minor, 1);
        accrual.minor = 0;
        assert!(accrual.fraction < 0);
        accrual = interest.accrue(accrual, 2_000, date("2013-03-04"));
        assert_eq!(accrual.minor, 0);
        accrual = interest.accrue(accrual, 2_000, date("2013-03-05"));
        assert_eq!(accrual.minor, 1);
    }

    #[test]
    fn without_principal_nothing_changes() {
        // 30.00 three days late at 6 %: 1.5 cents, owed as 2, of which one is paid with the principal.
        let interest = Interest {
            rate_ppm: 60_000,
            day_count: DayCount::A004,
            since: date("2013-03-01"),
        };
        let mut accrual = interest.accrue(interest.none(), 3_000, date("2013-03-04"));
        assert_eq!(accrual.minor, 2);
        accrual.minor = 1;
        let later = interest.accrue(accrual, 0, date("2013-05-01"));
        assert_eq!((later.minor, later.fraction), (1, accrual.fraction));
        assert_eq!(later.to, date("2013-05-01"));
    }

    #[test]
    fn joined_accruals_never_turn_the_debt_round() {
        let interest = Interest {
            rate_ppm: 1,
            day_count: DayCount::A004,
            since: date("2013-03-01"),
        };
        let ahead = Accrual {
            minor: 0,
            fraction: -150_000_000,
            to: interest.since,
        };
        let joined = interest.join(&[ahead; 3], interest.since);
        assert_eq!((joined.minor, joined.fraction), (0, -450_000_000));
        let most = Accrual {
            minor: MAX_MINOR,
            ..ahead
        };
        let joined = interest.join(&[most, most], interest.since);
        assert_eq!((joined.minor, joined.fraction), (MAX_MINOR, 0));
    }
}
