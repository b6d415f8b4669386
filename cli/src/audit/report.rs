//! The audit's result, as one JSON object or as tables.

use std::collections::BTreeSet;

use comfy_table::{CellAlignment, Table};
use counterfoil_types::money::{Currency, format_decimal};
use serde::Serialize;
use serde_json::Value;

use super::expected::{Figures, Transactions};
use crate::amounts::grouped;
use crate::output::{Answer, new_table};

/// What names of amounts in minor units end with.
const MINOR: &str = "_minor";
/// Decimal places of a rate in percent: one part per million is 0.0001 %.
const PERCENT_PLACES: u32 = 4;
pub const SCHEMA: &str = "counterfoil.audit.v4";

/// Fields are those that the JSON object has, in this order.
#[derive(Clone, Debug, Serialize)]
pub struct Report {
    pub schema: &'static str,
    pub chain_id: String,
    /// Of the reporting currency, as fields of the report itself.
    #[serde(flatten)]
    pub figures: Figures,
    /// The same of the other currencies.
    pub currencies: Vec<Figures>,
    pub transactions: Transactions,
    /// Block time from the first transaction to the last.
    pub wall_ms: u64,
    /// Transactions a second in that time.
    pub tps: f64,
    pub validators: Vec<Validator>,
    pub checks: Vec<Check>,
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
    /// Of an amount.
    #[serde(skip)]
    currency: Option<Currency>,
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
            currency: None,
        }
    }

    /// Of an amount, under a name that ends in `_minor`.
    pub fn of_amount(name: String, expected: u128, actual: u128, currency: Currency) -> Self {
        debug_assert!(name.ends_with(MINOR), "{name}");
        Self {
            currency: Some(currency),
            ..Self::new(name, expected.to_string(), actual.to_string())
        }
    }

    /// That two sets are the same: how many things are in either, and how many in both.
    pub fn same<T: Ord>(name: &str, one: &BTreeSet<T>, other: &BTreeSet<T>) -> Self {
        Self::new(
            name,
            one.union(other).count(),
            one.intersection(other).count(),
        )
    }

    fn figure(&self, value: &Value) -> String {
        let minor = value.as_str().and_then(|text| text.parse().ok());
        match (self.currency, minor, value) {
            (Some(currency), Some(minor), _) => money(minor, currency),
            (_, _, Value::Number(number)) => grouped(&number.to_string()),
            _ => value.to_string(),
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

    fn in_words(&self) -> String {
        let mut parts = vec![self.totals()];
        for figures in std::iter::once(&self.figures).chain(&self.currencies) {
            parts.push(business(figures));
            parts.push(banks(figures));
            if !figures.financing.is_empty() {
                parts.push(financing(figures));
            }
        }
        parts.push(self.of_validators());
        parts.push(self.of_checks());
        let parts: Vec<String> = parts.iter().map(ToString::to_string).collect();
        parts.join("\n")
    }

    fn totals(&self) -> Table {
        let seconds = self.wall_ms / 1000;
        let mut table = new_table();
        table.add_row(["chain", &self.chain_id]);
        let transactions = format!(
            "{}, {} of them rejected",
            count(self.transactions.committed),
            self.transactions.rejected
        );
        table.add_row(["transactions", &transactions]);
        let pace = format!("{seconds} s, {:.1} transactions a second", self.tps);
        table.add_row(["from first to last", &pace]);
        table
    }

    fn of_validators(&self) -> Table {
        let mut table = new_table();
        table.set_header(["validator", "height", "state root"]);
        for validator in &self.validators {
            table.add_row([
                &validator.name,
                &count(validator.height),
                &validator.state_root,
            ]);
        }
        table
    }

    fn of_checks(&self) -> Table {
        let mut table = new_table();
        table.set_header(["check", "expected", "actual", ""]);
        for check in &self.checks {
            let verdict = if check.ok { "✓ true" } else { "✗ false" };
            let name = check.name.trim_end_matches(MINOR).replace('_', " ");
            let [expected, actual] = [&check.expected, &check.actual].map(|v| check.figure(v));
            table.add_row([name, expected, actual, verdict.into()]);
        }
        align_right(&mut table, 1..=2);
        table
    }
}

/// What became of one currency's invoices.
fn business(figures: &Figures) -> Table {
    let states = figures.states.iter().filter(|(_, n)| **n > 0);
    let states: Vec<String> = states
        .map(|(state, n)| format!("{} {state}", count(*n)))
        .collect();
    let money = |minor| money(minor, figures.currency);
    let mut table = new_table();
    for (name, value) in [
        ("currency", figures.currency.to_string()),
        ("invoices", count(figures.invoices)),
        ("settled late", count(figures.late)),
        ("disputed", count(figures.disputed)),
        ("confirmed", money(figures.confirmed_minor)),
        ("paid", money(figures.principal_paid_minor)),
        ("penalty paid", money(figures.penalty_paid_minor)),
        ("credited", money(figures.credited_minor)),
        ("paid in the debtor's place", money(figures.recovered_minor)),
        ("paid on what was frozen", money(figures.suspended_minor)),
        ("states", states.join(", ")),
        (
            "claims",
            format!(
                "{} split, {} passed on in payment, {} sold, {} pledged",
                count(figures.split),
                count(figures.offers.accepted),
                count(figures.sold),
                count(figures.pledged)
            ),
        ),
        (
            "loans",
            format!(
                "{} opened, {} repaid",
                count(figures.loans.opened),
                count(figures.loans.repaid)
            ),
        ),
        (
            "overtaken by payment",
            format!(
                "{} requests, {} offers",
                count(figures.overtaken),
                count(figures.offers.overtaken)
            ),
        ),
        (
            "not financed, as settled on the day of issue",
            count(figures.not_financed),
        ),
    ] {
        table.add_row([name.to_owned(), value]);
    }
    table
}

fn banks(figures: &Figures) -> Table {
    let mut table = new_table();
    table.set_header(["bank", "issued", "held", "redeemed", "discount", "interest"]);
    for bank in &figures.banks {
        let amounts = [
            bank.issued_minor,
            bank.held_minor,
            bank.redeemed_minor,
            bank.discount_minor,
            bank.interest_minor,
        ];
        let amounts = amounts.map(|minor| money(minor, figures.currency));
        table.add_row(std::iter::once(bank.name.clone()).chain(amounts));
    }
    align_right(&mut table, 1..=5);
    table
}

/// What suppliers got, and what it cost them.
fn financing(figures: &Figures) -> Table {
    let mut table = new_table();
    table.set_header([
        "financing",
        "awards",
        "amount",
        "cost",
        "paid out",
        "a year, on average",
        "lowest",
        "highest",
    ]);
    for (technique, financing) in &figures.financing {
        let amounts = [
            financing.amount_minor,
            financing.cost_minor,
            financing.proceeds_minor,
        ];
        let costs = [
            financing.annual_cost_ppm,
            financing.lowest_annual_cost_ppm,
            financing.highest_annual_cost_ppm,
        ];
        let amounts = amounts.map(|minor| money(minor, figures.currency));
        let costs = costs.map(|ppm| format!("{} %", format_decimal(ppm, PERCENT_PLACES)));
        let cells = [technique.clone(), count(financing.awards)];
        table.add_row(cells.into_iter().chain(amounts).chain(costs));
    }
    align_right(&mut table, 1..=7);
    table
}

fn align_right(table: &mut Table, columns: std::ops::RangeInclusive<usize>) {
    for column in columns {
        if let Some(column) = table.column_mut(column) {
            column.set_cell_alignment(CellAlignment::Right);
        }
    }
}

fn count(number: u64) -> String {
    grouped(&number.to_string())
}

fn money(minor: u128, currency: Currency) -> String {
    let exponent = currency.iso_exponent().unwrap_or(0);
    // Totals of the ledger stay within 64 bits; beyond that minor units are still right.
    match u64::try_from(minor) {
        Ok(minor) => format!("{} {currency}", grouped(&format_decimal(minor, exponent))),
        Err(_) => format!("{minor} minor units of {currency}"),
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeMap;

    use super::super::expected::Financing;
    use super::*;

    fn report(checks: Vec<Check>) -> Report {
        let mut figures = Figures::none(usd(), []);
        figures.invoices = 2_466;
        figures.late = 877;
        figures.disputed = 561;
        figures.confirmed_minor = 14_770_318;
        figures.states = BTreeMap::from([("Settled".into(), 2_466), ("Rejected".into(), 0)]);
        figures.bank("bank-a").discount_minor = 5;
        let sold = Financing {
            awards: 1,
            amount_minor: 100_000,
            cost_minor: 517,
            proceeds_minor: 99_483,
            annual_cost_ppm: 63_228,
            lowest_annual_cost_ppm: 63_228,
            highest_annual_cost_ppm: 63_228,
        };
        figures
            .financing
            .insert("ReceivablesDiscounting".into(), sold);
        Report {
            schema: SCHEMA,
            chain_id: "c".into(),
            figures,
            currencies: vec![Figures::none("EUR".parse().unwrap(), [])],
            transactions: Transactions {
                committed: 10,
                rejected: 0,
            },
            wall_ms: 2_000,
            tps: 5.0,
            validators: Vec::new(),
            checks,
        }
    }

    fn usd() -> Currency {
        "USD".parse().unwrap()
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
            "credited_minor",
            "currencies",
            "currency",
            "disputed",
            "financing",
            "invoices",
            "late",
            "loans",
            "not_financed",
            "offers",
            "overtaken",
            "penalty_paid_minor",
            "pledged",
            "principal_paid_minor",
            "recovered_minor",
            "schema",
            "sold",
            "split",
            "states",
            "suspended_minor",
            "tps",
            "transactions",
            "validators",
            "wall_ms",
        ];
        assert_eq!(keys, expected);
        assert_eq!(json["confirmed_minor"], "14770318");
        assert_eq!(json["banks"][0]["discount_minor"], "5");
        assert_eq!(json["currencies"][0]["currency"], "EUR");
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
        let check = Check::of_amount("confirmed_minor".into(), 14_770_318, 14_770_318, usd());
        let words = report(vec![check]).in_words();
        assert_eq!(words.matches("147,703.18 USD").count(), 3, "{words}");
        assert!(words.contains("2,466 Settled") && !words.contains("0 Rejected"));
        assert!(
            words.contains("6.3228 %") && words.contains("0.05 USD"),
            "{words}"
        );
    }

    #[test]
    fn sets_are_the_same_where_nothing_is_in_one_alone() {
        let set = |items: &[u8]| items.iter().copied().collect::<BTreeSet<u8>>();
        assert!(Check::same("a", &set(&[1, 2]), &set(&[2, 1])).ok);
        let check = Check::same("a", &set(&[1, 2]), &set(&[2, 3]));
        assert_eq!((check.expected, check.actual), (3.into(), 1.into()));
    }
}
