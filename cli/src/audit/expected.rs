//! The figures that a ledger is expected to show, as one party works them out beforehand, and the
//! shape in which the audit reports those it finds.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use counterfoil_proto::financing::v1::{Award, Technique};
use counterfoil_types::interest::round_half_even;
use counterfoil_types::money::Currency;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

const SCHEMA: &str = "counterfoil.expected.v4";

#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub schema: String,
    /// Of the whole ledger.
    pub transactions: Transactions,
    /// One for each currency; nothing is expected of others.
    pub figures: Vec<Figures>,
}

/// How many transactions are in blocks, and how many of these were rejected there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transactions {
    pub committed: u64,
    pub rejected: u64,
}

/// All that is in one currency. Amounts in its minor units are decimal strings, as in every answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Figures {
    pub currency: Currency,
    pub invoices: u64,
    /// Settled after the due date.
    pub late: u64,
    /// Ever under query.
    pub disputed: u64,
    #[serde(with = "minor")]
    pub confirmed_minor: u128,
    /// Invoices by their state, and receivables by theirs.
    pub states: BTreeMap<String, u64>,
    #[serde(with = "minor")]
    pub principal_paid_minor: u128,
    #[serde(with = "minor")]
    pub penalty_paid_minor: u128,
    /// Principal that credit notes took of claims.
    #[serde(with = "minor")]
    pub credited_minor: u128,
    /// What endorsers and guarantors paid in the debtors' place.
    #[serde(with = "minor")]
    pub recovered_minor: u128,
    /// What was paid on something frozen, and so waited in suspense.
    #[serde(with = "minor")]
    pub suspended_minor: u128,
    /// Settled on the day of their issue, without having been put to the banks.
    pub not_financed: u64,
    /// Claims that were divided.
    pub split: u64,
    /// Claims that changed hands for a price.
    pub sold: u64,
    /// Claims that secured a loan.
    pub pledged: u64,
    /// Financing requests that a payment of the debtor came before.
    pub overtaken: u64,
    pub offers: Offers,
    pub loans: Loans,
    /// What was awarded, by technique.
    pub financing: BTreeMap<String, Financing>,
    pub banks: Vec<Bank>,
}

/// Claims offered from hand to hand.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Offers {
    pub accepted: u64,
    /// Ended by a payment of the debtor.
    pub overtaken: u64,
}

#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Loans {
    pub opened: u64,
    pub repaid: u64,
}

/// What suppliers sold or borrowed, got for it, and at what cost.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Financing {
    pub awards: u64,
    #[serde(with = "minor")]
    pub amount_minor: u128,
    /// Discount, or interest up to the day a loan falls due, and fees.
    #[serde(with = "minor")]
    pub cost_minor: u128,
    #[serde(with = "minor")]
    pub proceeds_minor: u128,
    /// Mean of the awards', weighted by what they paid out.
    pub annual_cost_ppm: u64,
    pub lowest_annual_cost_ppm: u64,
    pub highest_annual_cost_ppm: u64,
}

/// What a bank owes in deposits, and what it earned.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    pub name: String,
    #[serde(with = "minor")]
    pub issued_minor: u128,
    #[serde(with = "minor")]
    pub held_minor: u128,
    #[serde(with = "minor")]
    pub redeemed_minor: u128,
    /// On the claims that it was awarded, and on those bought under programmes.
    #[serde(with = "minor")]
    pub discount_minor: u128,
    /// Paid on its loans so far.
    #[serde(with = "minor")]
    pub interest_minor: u128,
}

impl Figures {
    /// Nothing at all; the caller adds up.
    pub fn none(currency: Currency, states: impl IntoIterator<Item = String>) -> Self {
        Self {
            currency,
            invoices: 0,
            late: 0,
            disputed: 0,
            confirmed_minor: 0,
            states: states.into_iter().map(|state| (state, 0)).collect(),
            principal_paid_minor: 0,
            penalty_paid_minor: 0,
            credited_minor: 0,
            recovered_minor: 0,
            suspended_minor: 0,
            not_financed: 0,
            split: 0,
            sold: 0,
            pledged: 0,
            overtaken: 0,
            offers: Offers::default(),
            loans: Loans::default(),
            financing: BTreeMap::new(),
            banks: Vec::new(),
        }
    }

    /// A bank's figures, all zero at first.
    pub fn bank(&mut self, name: &str) -> &mut Bank {
        let at = self.banks.iter().position(|bank| bank.name == name);
        let at = at.unwrap_or_else(|| {
            self.banks.push(Bank {
                name: name.to_owned(),
                ..Bank::default()
            });
            self.banks.len() - 1
        });
        &mut self.banks[at]
    }

    pub fn count(&mut self, state: String) {
        *self.states.entry(state).or_default() += 1;
    }
}

impl Financing {
    /// Awards in one currency, by the names of their techniques.
    pub fn by_technique<'a>(
        awards: impl Iterator<Item = (Technique, &'a Award)>,
    ) -> BTreeMap<String, Self> {
        let mut by_name: BTreeMap<String, Vec<&Award>> = BTreeMap::new();
        for (technique, award) in awards {
            by_name
                .entry(format!("{technique:?}"))
                .or_default()
                .push(award);
        }
        let of = |(name, awards): (String, Vec<&Award>)| (name, Self::of(&awards));
        by_name.into_iter().map(of).collect()
    }

    fn of(awards: &[&Award]) -> Self {
        let sum = |figure: fn(&Award) -> u64| -> u128 {
            awards.iter().map(|award| u128::from(figure(award))).sum()
        };
        let costs = || awards.iter().map(|award| u64::from(award.annual_cost_ppm));
        let proceeds_minor = sum(|award| award.proceeds_minor);
        Self {
            awards: awards.len() as u64,
            amount_minor: sum(|award| award.amount.as_ref().map_or(0, |amount| amount.minor)),
            cost_minor: sum(|award| award.cost_minor) + sum(|award| award.fees_minor),
            proceeds_minor,
            annual_cost_ppm: mean_cost(awards, proceeds_minor),
            lowest_annual_cost_ppm: costs().min().unwrap_or(0),
            highest_annual_cost_ppm: costs().max().unwrap_or(0),
        }
    }
}

fn mean_cost(awards: &[&Award], proceeds_minor: u128) -> u64 {
    let weighted: i128 = awards
        .iter()
        .map(|award| i128::from(award.annual_cost_ppm) * i128::from(award.proceeds_minor))
        .sum();
    match i128::try_from(proceeds_minor) {
        Ok(paid_out @ 1..) => u64::try_from(round_half_even(weighted, paid_out))
            .expect("a mean is no more than the highest"),
        _ => 0,
    }
}

impl Expected {
    pub fn new(transactions: Transactions, figures: Vec<Figures>) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            transactions,
            figures,
        }
    }

    pub fn read(file: &Path) -> Result<Self, Failure> {
        let failed = |problem: String| Failure::Failed(format!("{}: {problem}", file.display()));
        let text = fs::read_to_string(file).map_err(|e| failed(e.to_string()))?;
        let expected: Self = serde_json::from_str(&text).map_err(|e| failed(e.to_string()))?;
        if expected.schema != SCHEMA {
            return Err(failed(format!(
                "its schema is {:?}, not {SCHEMA:?}",
                expected.schema
            )));
        }
        Ok(expected)
    }

    pub fn write(&self, file: &Path) -> Result<(), Failure> {
        let text =
            serde_json::to_string_pretty(self).expect("expected figures have string keys only");
        fs::write(file, text)
            .map_err(|e| Failure::Failed(format!("cannot write {}: {e}", file.display())))
    }
}

/// Amounts as decimal strings: JSON numbers lose digits in many readers.
mod minor {
    use serde::{Deserialize as _, Deserializer, Serializer, de};

    pub fn serialize<S: Serializer>(minor: &u128, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(minor)
    }

    pub fn deserialize<'de, D: Deserializer<'de>>(deserializer: D) -> Result<u128, D::Error> {
        let text = String::deserialize(deserializer)?;
        text.parse().map_err(|_| {
            de::Error::custom(format!("{text:?} is not a decimal string of minor units"))
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn figures_read_back_and_unknown_ones_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("expected.json");
        let mut figures = Figures::none("USD".parse().unwrap(), ["Settled".to_owned()]);
        figures.confirmed_minor = 14_770_318;
        figures.bank("bank-a").discount_minor = 7;
        let expected = Expected::new(Transactions::default(), vec![figures]);
        expected.write(&file).unwrap();
        assert_eq!(Expected::read(&file).unwrap(), expected);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(r#""confirmed_minor": "14770318""#));
        for (from, to) in [
            (r#""late""#, r#""latte""#),
            ("expected.v4", "expected.v3"),
            (r#""14770318""#, "14770318"),
        ] {
            fs::write(&file, text.replacen(from, to, 1)).unwrap();
            assert!(Expected::read(&file).is_err(), "{to}");
        }
    }

    #[test]
    fn the_mean_cost_is_weighted_by_what_was_paid_out() {
        let award = |proceeds_minor, annual_cost_ppm| Award {
            cost_minor: 3,
            fees_minor: 1,
            proceeds_minor,
            annual_cost_ppm,
            ..Default::default()
        };
        let (small, large) = (award(100, 90_000), award(300, 50_000));
        let financing = Financing::of(&[&small, &large]);
        assert_eq!((financing.awards, financing.cost_minor), (2, 8));
        assert_eq!(financing.annual_cost_ppm, 60_000);
        assert_eq!(
            (
                financing.lowest_annual_cost_ppm,
                financing.highest_annual_cost_ppm
            ),
            (50_000, 90_000)
        );
        assert_eq!(Financing::of(&[]).annual_cost_ppm, 0);
    }
}
