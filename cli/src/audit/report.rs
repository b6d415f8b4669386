//! The audit's result, as one JSON object or as tables.

use std::collections::BTreeMap;

use comfy_table::CellAlignment;
use counterfoil_types::money::{Currency, format_decimal};
use serde::Serialize;
use serde_json::Value;

use super::expected::{Bank, Transactions, minor};
use crate::amounts::grouped;
use crate::output::{Answer, new_table};

/// What names of amounts in minor units end with.
const MINOR: &str = "_minor";
pub const SCHEMA: &str = "counterfoil.audit.v1";

/// Fields are those that the JSON object has, in this order.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub schema: &'static str,
    pub chain_id: String,
    pub invoices: u64,
    /// Settled after the due date.
    pub late: u64,
    /// Ever under query.
    pub disputed: u64,
    #[serde(serialize_with = "minor::serialize")]
    pub confirmed_minor: u128,
    pub states: BTreeMap<String, u64>,
    pub banks: Vec<Bank>,
    pub transactions: Transactions,
    /// Block time from the first transaction to the last.
    pub wall_ms: u64,
    /// Transactions a second in that time.
    pub tps: f64,
    pub validators: Vec<Validator>,
    pub checks: Vec<Check>,
    #[serde(skip)]
    pub currency: Currency,
}

#[derive(Clone, Debug, Serialize)]
pub struct Validator {
    pub name: String,
    pub height: u64,
    /// Of the validator's own tree, in lower-case hex.
    pub state_root: String,
}

/// One comparison.
#[derive(Clone, Debug, PartialEq, Serialize)]
pub struct Check {
    pub name: String,
    pub expected: Value,
    pub actual: Value,
    pub ok: bool,
}

impl Check {
    pub fn new(
        name: impl Into<String>,
        expected: impl Into<Value>,
        actual: impl Into<Value>,
    ) -> Self {
        let (expected, actual) = (expected.into(), actual.into());
        Self {
            name: name.into(),
            ok: expected == actual,
            expected,
            actual,
        }
    }
}

impl Report {
    /// What to print, and bad news where a check failed.
    pub fn into_answer(self) -> Answer {
        let failed: Vec<&str> = self
            .checks
            .iter()
            .filter(|c| !c.ok)
            .map(|c| c.name.as_str())
            .collect();
        let bad_news = match failed.as_slice() {
            [] => None,
            names => Some(format!(
                "{} of {} checks failed: {}",
                names.len(),
                self.checks.len(),
                names.join(", ")
            )),
        };
        Answer::new(&self, self.in_words()).failing(bad_news)
    }

    fn money(&self, minor: u128) -> String {
        let exponent = self.currency.iso_exponent().unwrap_or(0);
        // Totals of the ledger stay within 64 bits; beyond that minor units are still right.
        match u64::try_from(minor) {
            Ok(minor) => format!(
                "{} {}",
                grouped(&format_decimal(minor, exponent)),
                self.currency
            ),
            Err(_) => format!("{minor} minor units of {}", self.currency),
        }
    }

    fn in_words(&self) -> String {
        let count = |number: u64| grouped(&number.to_string());
        let states = self.states.iter().filter(|(_, n)| **n > 0);
        let states: Vec<String> = states
            .map(|(state, n)| format!("{} {state}", count(*n)))
            .collect();
        let mut figures = new_table();
        let seconds = self.wall_ms / 1000;
        for (name, value) in [
            ("chain", self.chain_id.clone()),
            ("invoices", count(self.invoices)),
            ("settled late", count(self.late)),
            ("disputed", count(self.disputed)),
            ("confirmed", self.money(self.confirmed_minor)),
            ("states", states.join(", ")),
            (
                "transactions",
                format!(
                    "{}, {} of them rejected",
                    count(self.transactions.committed),
                    self.transactions.rejected
                ),
            ),
            (
                "from first to last",
                format!("{seconds} s, {:.1} transactions a second", self.tps),
            ),
        ] {
            figures.add_row([name.to_owned(), value]);
        }
        let mut banks = new_table();
        banks.set_header(["bank", "issued", "held", "redeemed"]);
        for bank in &self.banks {
            let amounts = [bank.issued_minor, bank.held_minor, bank.redeemed_minor]
                .map(|minor| self.money(minor));
            let [issued, held, redeemed] = amounts;
            banks.add_row([bank.name.clone(), issued, held, redeemed]);
        }
        let mut validators = new_table();
        validators.set_header(["validator", "height", "state root"]);
        for validator in &self.validators {
            validators.add_row([
                &validator.name,
                &count(validator.height),
                &validator.state_root,
            ]);
        }
        let mut checks = new_table();
        checks.set_header(["check", "expected", "actual", ""]);
        for check in &self.checks {
            let verdict = if check.ok { "✓ true" } else { "✗ false" };
            let name = check.name.trim_end_matches(MINOR).replace('_', " ");
            let figure = |value: &Value| match value {
                Value::String(text) if check.name.ends_with(MINOR) => text
                    .parse()
                    .map_or_else(|_| text.clone(), |minor| self.money(minor)),
                other => plain(other),
            };
            checks.add_row([
                name,
                figure(&check.expected),
                figure(&check.actual),
                verdict.into(),
            ]);
        }
        for column in 1..=2 {
            if let Some(column) = checks.column_mut(column) {
                column.set_cell_alignment(CellAlignment::Right);
            }
        }
        format!("{figures}\n{banks}\n{validators}\n{checks}")
    }
}

/// A figure as people read it.
fn plain(value: &Value) -> String {
    match value {
        Value::Number(number) => grouped(&number.to_string()),
        other => other.to_string(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn report(checks: Vec<Check>) -> Report {
        Report {
            schema: SCHEMA,
            chain_id: "c".into(),
            invoices: 2_466,
            late: 877,
            disputed: 561,
            confirmed_minor: 14_770_318,
            states: BTreeMap::from([("Settled".into(), 2_466), ("Rejected".into(), 0)]),
            banks: vec![Bank {
                name: "bank-a".into(),
                issued_minor: 5,
                held_minor: 5,
                redeemed_minor: 0,
            }],
            transactions: Transactions {
                committed: 10,
                rejected: 0,
            },
            wall_ms: 2_000,
            tps: 5.0,
            validators: Vec::new(),
            checks,
            currency: "USD".parse().unwrap(),
        }
    }

    #[test]
    fn the_object_has_exactly_its_keys() {
        let json = serde_json::to_value(report(vec![Check::new("late", 877, 877)])).unwrap();
        let mut keys: Vec<&str> = json
            .as_object()
            .unwrap()
            .keys()
            .map(String::as_str)
            .collect();
        keys.sort_unstable();
        let expected = [
            "banks",
            "chain_id",
            "checks",
            "confirmed_minor",
            "disputed",
            "invoices",
            "late",
            "schema",
            "states",
            "tps",
            "transactions",
            "validators",
            "wall_ms",
        ];
        assert_eq!(keys, expected);
        assert_eq!(json["confirmed_minor"], "14770318");
        assert_eq!(json["banks"][0]["issued_minor"], "5");
        assert_eq!(json["checks"][0]["ok"], true);
    }

    #[test]
    fn one_failed_check_is_bad_news() {
        assert_eq!(
            report(vec![Check::new("late", 877, 877)])
                .into_answer()
                .failure,
            None
        );
        let answer = report(vec![
            Check::new("late", 878, 877),
            Check::new("a", "1", "1"),
        ])
        .into_answer();
        assert_eq!(answer.failure.unwrap(), "1 of 2 checks failed: late");
        let words = report(vec![Check::new("confirmed_minor", "14770318", "14770318")]).in_words();
        assert_eq!(words.matches("147,703.18 USD").count(), 3, "{words}");
        assert!(words.contains("2,466 Settled") && !words.contains("0 Rejected"));
    }
}
