//! Amounts: whole minor units of an ISO 4217 currency (specification 2.1).

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

pub use crate::limits::MAX_MINOR;

/// An ISO 4217 alphabetic code.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct Currency([u8; 3]);

/// Text that is not a currency or an amount.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum MoneyError {
    #[error("{0:?} is not an ISO 4217 currency code such as USD")]
    UnknownCurrency(String),
    #[error("{0:?} is not an amount: write digits and at most one point, such as 125.00")]
    NotAnAmount(String),
    #[error(
        "{text:?} has more than the {exponent} decimal places of its currency, and amounts are never rounded: \
         write at most {exponent}"
    )]
    TooPrecise { text: String, exponent: u32 },
    #[error("amounts go up to 10^18 minor units")]
    TooLarge,
}

impl Currency {
    pub fn code(&self) -> &str {
        std::str::from_utf8(&self.0).expect("a currency is three ASCII letters")
    }

    /// Decimal places that ISO 4217 gives it; none for codes that are no money (XXX).
    pub fn iso_exponent(&self) -> Option<u32> {
        iso_currency::Currency::from_code(self.code())
            .and_then(|c| c.exponent())
            .map(u32::from)
    }
}

impl FromStr for Currency {
    type Err = MoneyError;

    fn from_str(text: &str) -> Result<Self, MoneyError> {
        let unknown = || MoneyError::UnknownCurrency(text.to_owned());
        let bytes: [u8; 3] = text.as_bytes().try_into().map_err(|_| unknown())?;
        if !bytes.iter().all(u8::is_ascii_uppercase) {
            return Err(unknown());
        }
        let currency = Self(bytes);
        currency.iso_exponent().ok_or_else(unknown)?;
        Ok(currency)
    }
}

impl TryFrom<String> for Currency {
    type Error = MoneyError;

    fn try_from(text: String) -> Result<Self, MoneyError> {
        text.parse()
    }
}

impl From<Currency> for String {
    fn from(currency: Currency) -> String {
        currency.code().to_owned()
    }
}

impl fmt::Display for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

impl fmt::Debug for Currency {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.code())
    }
}

/// Reads a decimal string exactly: `"125"`, `"125.5"` and `"125.50"` are 12550 at exponent 2.
pub fn parse_decimal(text: &str, exponent: u32) -> Result<u64, MoneyError> {
    let bad = || MoneyError::NotAnAmount(text.to_owned());
    let (whole, fraction) = match text.split_once('.') {
        Some((_, "")) => return Err(bad()),
        Some(parts) => parts,
        None => (text, ""),
    };
    let digits = |s: &str| s.bytes().all(|b| b.is_ascii_digit());
    if whole.is_empty() || !digits(whole) || !digits(fraction) {
        return Err(bad());
    }
    if fraction.len() > exponent as usize {
        return Err(MoneyError::TooPrecise {
            text: text.to_owned(),
            exponent,
        });
    }
    let mut minor: u64 = 0;
    let zeros = std::iter::repeat_n(b'0', exponent as usize - fraction.len());
    for digit in whole.bytes().chain(fraction.bytes()).chain(zeros) {
        minor = minor
            .checked_mul(10)
            .and_then(|m| m.checked_add(u64::from(digit - b'0')))
            .filter(|m| *m <= MAX_MINOR)
            .ok_or(MoneyError::TooLarge)?;
    }
    Ok(minor)
}

/// Writes minor units as a decimal string: 12550 at exponent 2 is `"125.50"`.
pub fn format_decimal(minor: u64, exponent: u32) -> String {
    if exponent == 0 {
        return minor.to_string();
    }
    let width = exponent as usize;
    let digits = format!("{minor:0>pad$}", pad = width + 1);
    let (whole, fraction) = digits.split_at(digits.len() - width);
    format!("{whole}.{fraction}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn decimals_are_read_exactly() {
        for (text, exponent, minor) in [
            ("0", 2, 0),
            ("125", 2, 12_500),
            ("125.5", 2, 12_550),
            ("0.07", 2, 7),
            ("007.10", 2, 710),
            ("12", 0, 12),
            ("1.234", 3, 1_234),
            ("10000000000000000", 2, MAX_MINOR),
        ] {
            assert_eq!(parse_decimal(text, exponent), Ok(minor), "{text}");
        }
        for bad in [
            "", ".", "1.", ".5", "-1", "+1", "1,5", "1e3", " 1", "1.2.3", "٣",
        ] {
            assert!(
                matches!(parse_decimal(bad, 2), Err(MoneyError::NotAnAmount(_))),
                "{bad}"
            );
        }
        assert!(matches!(
            parse_decimal("1.234", 2),
            Err(MoneyError::TooPrecise { .. })
        ));
        assert_eq!(
            parse_decimal("10000000000000000.01", 2),
            Err(MoneyError::TooLarge)
        );
        assert_eq!(parse_decimal(&"9".repeat(40), 2), Err(MoneyError::TooLarge));
    }

    #[test]
    fn decimals_are_written_with_their_places() {
        assert_eq!(format_decimal(12_550, 2), "125.50");
        assert_eq!(format_decimal(7, 2), "0.07");
        assert_eq!(format_decimal(0, 3), "0.000");
        assert_eq!(format_decimal(12, 0), "12");
    }

    #[test]
    fn currencies_are_those_of_iso_4217() {
        assert_eq!("USD".parse::<Currency>().unwrap().iso_exponent(), Some(2));
        assert_eq!("JPY".parse::<Currency>().unwrap().iso_exponent(), Some(0));
        for bad in ["usd", "US", "ABC", "DOLLAR", "XXX", "ÄÖ"] {
            assert!(bad.parse::<Currency>().is_err(), "{bad}");
        }
    }
}
