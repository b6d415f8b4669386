//! Calendar dates, and the ledger's reading of time as a date (specification 2.2).

use std::fmt;
use std::str::FromStr;

use counterfoil_proto::v1 as wire;
use jiff::civil;
use serde::{Deserialize, Serialize};

const MS_PER_DAY: i64 = 86_400_000;

/// A date from 1990-01-01 to 2199-12-31, shown as ISO 8601.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Date(civil::Date);

/// Not a date the ledger knows.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{0} is not a date from 1990-01-01 to 2199-12-31")]
pub struct NotADate(pub String);

impl Date {
    pub const MIN: Self = Self(civil::date(1990, 1, 1));
    pub const MAX: Self = Self(civil::date(2199, 12, 31));

    pub fn new(year: u32, month: u32, day: u32) -> Result<Self, NotADate> {
        let not_a_date = || NotADate(format!("{year:04}-{month:02}-{day:02}"));
        let date = civil::Date::new(
            i16::try_from(year).map_err(|_| not_a_date())?,
            i8::try_from(month).map_err(|_| not_a_date())?,
            i8::try_from(day).map_err(|_| not_a_date())?,
        )
        .map_err(|_| not_a_date())?;
        Self::within(date).ok_or_else(not_a_date)
    }

    fn within(date: civil::Date) -> Option<Self> {
        (Self::MIN.0..=Self::MAX.0)
            .contains(&date)
            .then_some(Self(date))
    }

    /// The date of a moment, given in milliseconds since the Unix epoch and already shifted to the ledger's offset.
    pub fn from_unix_ms(ms: i64) -> Result<Self, NotADate> {
        let not_a_date = || NotADate(format!("{ms} ms after 1970-01-01"));
        let days = i32::try_from(ms.div_euclid(MS_PER_DAY)).map_err(|_| not_a_date())?;
        civil::date(1970, 1, 1)
            .checked_add(jiff::Span::new().try_days(days).map_err(|_| not_a_date())?)
            .ok()
            .and_then(Self::within)
            .ok_or_else(not_a_date)
    }

    /// 00:00 of this date in milliseconds since the Unix epoch.
    pub fn midnight_unix_ms(self) -> i64 {
        days_between(civil::date(1970, 1, 1), self.0) * MS_PER_DAY
    }

    pub fn add_days(self, days: i64) -> Result<Self, NotADate> {
        let out_of_range = || NotADate(format!("{self} and {days} days"));
        jiff::Span::new()
            .try_days(days)
            .and_then(|span| self.0.checked_add(span))
            .ok()
            .and_then(Self::within)
            .ok_or_else(out_of_range)
    }

    /// By ISO 8601: 1 Monday to 7 Sunday.
    pub fn weekday(self) -> u32 {
        self.0
            .weekday()
            .to_monday_one_offset()
            .unsigned_abs()
            .into()
    }

    /// Days from this date to a later one; negative to an earlier one.
    pub fn days_until(self, later: Self) -> i64 {
        days_between(self.0, later.0)
    }

    pub fn year(self) -> u32 {
        self.0.year().unsigned_abs().into()
    }

    pub fn month(self) -> u32 {
        self.0.month().unsigned_abs().into()
    }

    pub fn day(self) -> u32 {
        self.0.day().unsigned_abs().into()
    }

    pub fn to_proto(self) -> wire::Date {
        wire::Date {
            year: self.year(),
            month: self.month(),
            day: self.day(),
        }
    }
}

fn days_between(from: civil::Date, to: civil::Date) -> i64 {
    from.duration_until(to).as_secs() * 1000 / MS_PER_DAY
}

impl TryFrom<&wire::Date> for Date {
    type Error = NotADate;

    fn try_from(date: &wire::Date) -> Result<Self, NotADate> {
        Self::new(date.year, date.month, date.day)
    }
}

impl FromStr for Date {
    type Err = NotADate;

    fn from_str(text: &str) -> Result<Self, NotADate> {
        let not_a_date = || NotADate(format!("{text:?}"));
        let shaped = text.len() == 10
            && text.bytes().enumerate().all(|(i, b)| match i {
                4 | 7 => b == b'-',
                _ => b.is_ascii_digit(),
            });
        if !shaped {
            return Err(not_a_date());
        }
        let part =
            |range: std::ops::Range<usize>| text[range].parse::<u32>().map_err(|_| not_a_date());
        Self::new(part(0..4)?, part(5..7)?, part(8..10)?)
    }
}

impl TryFrom<String> for Date {
    type Error = NotADate;

    fn try_from(text: String) -> Result<Self, NotADate> {
        text.parse()
    }
}

impl From<Date> for String {
    fn from(date: Date) -> String {
        date.to_string()
    }
}

impl fmt::Display for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(
            f,
            "{:04}-{:02}-{:02}",
            self.year(),
            self.month(),
            self.day()
        )
    }
}

impl fmt::Debug for Date {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_read_and_write_iso_8601() {
        let leap: Date = "2012-02-29".parse().unwrap();
        assert_eq!(leap.to_string(), "2012-02-29");
        for bad in [
            "2013-02-29",
            "2012-2-9",
            "1989-12-31",
            "2200-01-01",
            "20120229",
            "2012-13-01",
            "2012-02-2é",
        ] {
            assert!(bad.parse::<Date>().is_err(), "{bad}");
        }
        assert_eq!(Date::try_from(&leap.to_proto()), Ok(leap));
        assert!(Date::try_from(&wire::Date::default()).is_err());
    }

    #[test]
    fn moments_fall_on_dates() {
        let day: Date = "2012-01-03".parse().unwrap();
        let midnight = day.midnight_unix_ms();
        assert_eq!(midnight, 1_325_548_800_000);
        assert_eq!(Date::from_unix_ms(midnight), Ok(day));
        assert_eq!(Date::from_unix_ms(midnight - 1), day.add_days(-1));
        assert!(Date::from_unix_ms(i64::MAX).is_err());
        assert!(Date::from_unix_ms(-1).is_err());
        let end = Date::MAX.midnight_unix_ms();
        assert_eq!(u64::try_from(end), Ok(crate::limits::MAX_BLOCK_TIME_MS));
    }

    #[test]
    fn days_count_over_leap_years() {
        let from: Date = "2011-12-31".parse().unwrap();
        assert_eq!(from.days_until("2012-12-31".parse().unwrap()), 366);
        assert_eq!(from.add_days(366), "2012-12-31".parse());
        assert!(Date::MAX.add_days(1).is_err());
        assert!(Date::MAX.add_days(i64::MAX).is_err());
    }
}
