//! The figures that a ledger is expected to show, as one party works them out beforehand.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use counterfoil_types::money::Currency;
use serde::{Deserialize, Serialize};

use crate::failure::Failure;

const SCHEMA: &str = "counterfoil.expected.v1";

/// Amounts in minor units of one currency are decimal strings, as in every answer.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Expected {
    pub schema: String,
    pub currency: Currency,
    pub invoices: u64,
    pub late: u64,
    pub disputed: u64,
    #[serde(with = "minor")]
    pub confirmed_minor: u128,
    /// Invoices by their state, and receivables by theirs.
    pub states: BTreeMap<String, u64>,
    #[serde(with = "minor")]
    pub principal_paid_minor: u128,
    #[serde(with = "minor")]
    pub penalty_paid_minor: u128,
    pub banks: Vec<Bank>,
    pub transactions: Transactions,
}

/// What a bank owes in deposits.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Bank {
    pub name: String,
    #[serde(with = "minor")]
    pub issued_minor: u128,
    #[serde(with = "minor")]
    pub held_minor: u128,
    #[serde(with = "minor")]
    pub redeemed_minor: u128,
}

/// How many transactions are in blocks, and how many of these were rejected there.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Transactions {
    pub committed: u64,
    pub rejected: u64,
}

impl Expected {
    /// Expects nothing at all; the caller adds up.
    pub fn none(
        currency: Currency,
        states: impl IntoIterator<Item = String>,
        banks: &[&str],
    ) -> Self {
        Self {
            schema: SCHEMA.to_owned(),
            currency,
            invoices: 0,
            late: 0,
            disputed: 0,
            confirmed_minor: 0,
            states: states.into_iter().map(|state| (state, 0)).collect(),
            principal_paid_minor: 0,
            penalty_paid_minor: 0,
            banks: banks
                .iter()
                .map(|name| Bank {
                    name: (*name).to_owned(),
                    issued_minor: 0,
                    held_minor: 0,
                    redeemed_minor: 0,
                })
                .collect(),
            transactions: Transactions::default(),
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
pub mod minor {
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
        let mut expected =
            Expected::none("USD".parse().unwrap(), ["Settled".to_owned()], &["bank-a"]);
        expected.confirmed_minor = 14_770_318;
        expected.write(&file).unwrap();
        assert_eq!(Expected::read(&file).unwrap(), expected);
        let text = fs::read_to_string(&file).unwrap();
        assert!(text.contains(r#""confirmed_minor": "14770318""#));
        for (from, to) in [
            (r#""late""#, r#""latte""#),
            ("expected.v1", "expected.v2"),
            (r#""14770318""#, "14770318"),
        ] {
            fs::write(&file, text.replacen(from, to, 1)).unwrap();
            assert!(Expected::read(&file).is_err(), "{to}");
        }
    }
}
