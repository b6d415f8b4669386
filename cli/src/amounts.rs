//! Amounts as people write them, with the exponents this network's genesis fixes.

use std::collections::BTreeMap;

use counterfoil_proto::v1 as wire;
use counterfoil_types::money;

use crate::arguments::of_organization;
use crate::failure::Failure;

/// The currencies of a network with their decimal places.
#[derive(Clone, Debug)]
pub struct Currencies(BTreeMap<String, u32>);

impl FromIterator<(String, u32)> for Currencies {
    fn from_iter<I: IntoIterator<Item = (String, u32)>>(pairs: I) -> Self {
        Self(pairs.into_iter().collect())
    }
}

/// An amount on the command line: `"125.00 USD"`, or `125.00` with `--currency USD`.
#[derive(clap::Args, Debug)]
pub struct AmountArgument {
    /// The amount, such as "125.00 USD"
    #[arg(long, value_name = "AMOUNT")]
    amount: String,
    /// The amount's currency, where --amount does not say it
    #[arg(long, value_name = "CODE")]
    currency: Option<String>,
}

impl AmountArgument {
    pub fn resolve(&self, currencies: &Currencies) -> Result<wire::Money, Failure> {
        currencies.read(&self.amount, self.currency.as_deref())
    }
}

impl Currencies {
    pub fn of(genesis: &wire::Genesis) -> Self {
        genesis
            .currencies
            .iter()
            .map(|c| (c.code.clone(), c.exponent))
            .collect()
    }

    /// Reads `"125.00 USD"`, or `125.00` where the currency is known; where both say it, they agree.
    pub fn read(&self, text: &str, currency: Option<&str>) -> Result<wire::Money, Failure> {
        let (number, in_text) = match text.split_once(' ') {
            Some((number, code)) => (number, Some(code.trim())),
            None => (text, None),
        };
        match (in_text, currency) {
            (Some(a), Some(b)) if a != b => Err(Failure::Usage(format!(
                "{text:?} is in {a}, and {b} is asked for: give one"
            ))),
            (Some(code), _) | (None, Some(code)) => self.parse(number, code),
            (None, None) => Err(Failure::Usage(format!(
                "say the currency, as in \"{number} USD\""
            ))),
        }
    }

    /// Reads a decimal number of units, exactly.
    pub fn parse(&self, number: &str, code: &str) -> Result<wire::Money, Failure> {
        let Some(exponent) = self.0.get(code) else {
            let known: Vec<&str> = self.0.keys().map(String::as_str).collect();
            return Err(Failure::Usage(format!(
                "{code:?} is not a currency of this network: use {}",
                known.join(" or ")
            )));
        };
        let minor =
            money::parse_decimal(number, *exponent).map_err(|e| Failure::Usage(e.to_string()))?;
        Ok(wire::Money {
            minor,
            currency: code.to_owned(),
        })
    }

    /// Reads a fee as `--fee` has it, `bank-a=12.50`: its payee and an amount in this currency.
    pub fn fee(&self, text: &str, currency: &str) -> Result<(String, u64), Failure> {
        let how = "payee=amount, such as bank-a=12.50";
        let (payee, amount) = of_organization("fee", text, how)?;
        Ok((payee.to_string(), self.parse(amount, currency)?.minor))
    }

    /// Writes an amount with its currency; one of an unknown currency in minor units.
    pub fn format(&self, minor: u64, code: &str) -> String {
        match self.0.get(code) {
            Some(exponent) => format!("{} {code}", money::format_decimal(minor, *exponent)),
            None if code.is_empty() => format!("{minor} minor units"),
            None => format!("{minor} minor units of {code:?}"),
        }
    }

    pub fn money(&self, money: &wire::Money) -> String {
        self.format(money.minor, &money.currency)
    }
}

/// Decimal places of a rate in percent: one part per million is 0.0001 %.
const PERCENT_PLACES: u32 = 4;

/// Reads a yearly rate in percent, such as `6.2%`, exactly.
pub fn parse_percent(text: &str) -> Result<u32, String> {
    let number = text.strip_suffix('%').unwrap_or(text).trim_end();
    let ppm = money::parse_decimal(number, PERCENT_PLACES).ok();
    ppm.and_then(|ppm| u32::try_from(ppm).ok())
        .ok_or_else(|| "give percent a year with at most 4 decimal places, such as 6.2%".into())
}

/// Writes parts per million in percent.
pub fn percent(ppm: u32) -> String {
    let decimal = money::format_decimal(ppm.into(), PERCENT_PLACES);
    let short = decimal.trim_end_matches('0').trim_end_matches('.');
    format!("{short} %")
}

/// Writes a decimal number with a comma between groups of three digits.
pub fn grouped(number: &str) -> String {
    let (whole, fraction) = number.split_at(number.find('.').unwrap_or(number.len()));
    let mut text = String::with_capacity(number.len() + whole.len() / 3);
    for (i, digit) in whole.chars().enumerate() {
        if i > 0 && (whole.len() - i).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text + fraction
}

#[cfg(test)]
mod tests {
    use super::*;

    fn currencies() -> Currencies {
        Currencies::from_iter([("JPY".to_owned(), 0), ("USD".to_owned(), 2)])
    }

    fn resolve(amount: &str, currency: Option<&str>) -> Result<wire::Money, Failure> {
        let argument = AmountArgument {
            amount: amount.into(),
            currency: currency.map(Into::into),
        };
        argument.resolve(&currencies())
    }

    #[test]
    fn amounts_are_read_with_their_currency() {
        let usd = |minor| wire::Money {
            minor,
            currency: "USD".into(),
        };
        assert_eq!(resolve("125.00 USD", None).unwrap(), usd(12_500));
        assert_eq!(resolve("125", Some("USD")).unwrap(), usd(12_500));
        assert_eq!(resolve("0.07 USD", Some("USD")).unwrap(), usd(7));
        assert_eq!(resolve("500 JPY", None).unwrap().minor, 500);
        for (amount, currency) in [
            ("125", None),
            ("125 USD", Some("JPY")),
            ("125 EUR", None),
            ("1.234 USD", None),
            ("1.5 JPY", None),
            ("1,000 USD", None),
            ("-5 USD", None),
        ] {
            assert!(
                matches!(resolve(amount, currency), Err(Failure::Usage(_))),
                "{amount}"
            );
        }
    }

    #[test]
    fn rates_are_exact_percentages() {
        for (text, ppm, written) in [
            ("6.2%", 62_000, "6.2 %"),
            ("6.2", 62_000, "6.2 %"),
            ("0.0001 %", 1, "0.0001 %"),
            ("100%", 1_000_000, "100 %"),
            ("0%", 0, "0 %"),
        ] {
            assert_eq!(parse_percent(text), Ok(ppm), "{text}");
            assert_eq!(percent(ppm), written);
        }
        for bad in ["", "%", "6.00001%", "6,2%", "-1%", "1e2%", "500000%"] {
            assert!(parse_percent(bad).is_err(), "{bad}");
        }
    }

    #[test]
    fn amounts_are_written_for_people() {
        assert_eq!(currencies().format(14_770_318, "USD"), "147703.18 USD");
        assert_eq!(currencies().format(7, "XAU"), "7 minor units of \"XAU\"");
        for (plain, text) in [
            ("147703.18", "147,703.18"),
            ("1000", "1,000"),
            ("999", "999"),
            ("0.07", "0.07"),
        ] {
            assert_eq!(grouped(plain), text);
        }
    }
}
