//! The figures that are expected and those of the ledger, side by side.

use std::collections::BTreeSet;

use counterfoil_types::money::Currency;

use super::expected::{Bank, Expected, Figures, Financing};
use super::report::Check;

/// A figure's name, and the figure.
type Named<T, N> = (&'static str, fn(&T) -> N);

/// The figures handed over against those of the ledger. Names of checks begin with their currency,
/// but for the reporting currency's, which is the ledger's first.
pub fn compare(expected: &Expected, actual: &Expected) -> Vec<Check> {
    let mut checks = vec![
        Check::new(
            "transactions_committed",
            expected.transactions.committed,
            actual.transactions.committed,
        ),
        Check::new(
            "transactions_rejected",
            expected.transactions.rejected,
            actual.transactions.rejected,
        ),
    ];
    let reporting = actual.figures.first().map(|figures| figures.currency);
    let mut currencies: Vec<Currency> = actual.figures.iter().map(|f| f.currency).collect();
    let others = expected.figures.iter().map(|figures| figures.currency);
    currencies
        .extend(others.filter(|currency| !actual.figures.iter().any(|f| f.currency == *currency)));
    for currency in currencies {
        let of = |all: &Expected| {
            let figures = all.figures.iter().find(|f| f.currency == currency);
            figures
                .cloned()
                .unwrap_or_else(|| Figures::none(currency, []))
        };
        let prefix = match reporting {
            Some(reporting) if reporting == currency => String::new(),
            _ => format!("{currency}_"),
        };
        let pair = Pair {
            prefix,
            expected: of(expected),
            actual: of(actual),
        };
        checks.extend(pair.checks());
    }
    checks
}

/// What is expected of one currency, and what is there.
struct Pair {
    prefix: String,
    expected: Figures,
    actual: Figures,
}

impl Pair {
    fn checks(&self) -> Vec<Check> {
        let counts: [Named<Figures, u64>; 12] = [
            ("invoices", |f| f.invoices),
            ("late", |f| f.late),
            ("disputed", |f| f.disputed),
            ("not_financed", |f| f.not_financed),
            ("split", |f| f.split),
            ("sold", |f| f.sold),
            ("pledged", |f| f.pledged),
            ("overtaken", |f| f.overtaken),
            ("offers_accepted", |f| f.offers.accepted),
            ("offers_overtaken", |f| f.offers.overtaken),
            ("loans_opened", |f| f.loans.opened),
            ("loans_repaid", |f| f.loans.repaid),
        ];
        let mut checks: Vec<Check> = counts
            .iter()
            .map(|(name, of)| self.count(name, of))
            .collect();
        let amounts: [Named<Figures, u128>; 6] = [
            ("confirmed_minor", |f| f.confirmed_minor),
            ("principal_paid_minor", |f| f.principal_paid_minor),
            ("penalty_paid_minor", |f| f.penalty_paid_minor),
            ("credited_minor", |f| f.credited_minor),
            ("recovered_minor", |f| f.recovered_minor),
            ("suspended_minor", |f| f.suspended_minor),
        ];
        checks.extend(amounts.iter().map(|(name, of)| self.amount(name, of)));
        for state in self.names(|figures| figures.states.keys().cloned().collect()) {
            let of = |figures: &Figures| figures.states.get(&state).copied().unwrap_or(0);
            checks.push(self.count(&format!("state_{state}"), of));
        }
        for technique in self.names(|figures| figures.financing.keys().cloned().collect()) {
            checks.extend(self.of_technique(&technique));
        }
        for bank in self.names(|figures| figures.banks.iter().map(|b| b.name.clone()).collect()) {
            checks.extend(self.of_bank(&bank));
        }
        checks
    }

    fn of_technique(&self, technique: &str) -> Vec<Check> {
        let counts: [Named<Financing, u64>; 4] = [
            ("awards", |f| f.awards),
            ("annual_cost_ppm", |f| f.annual_cost_ppm),
            ("lowest_annual_cost_ppm", |f| f.lowest_annual_cost_ppm),
            ("highest_annual_cost_ppm", |f| f.highest_annual_cost_ppm),
        ];
        let amounts: [Named<Financing, u128>; 3] = [
            ("amount_minor", |f| f.amount_minor),
            ("cost_minor", |f| f.cost_minor),
            ("proceeds_minor", |f| f.proceeds_minor),
        ];
        let counts = counts.iter().map(|(figure, of)| {
            self.count(&format!("{technique}_{figure}"), |figures| {
                figures.financing.get(technique).map_or(0, of)
            })
        });
        let amounts = amounts.iter().map(|(figure, of)| {
            self.amount(&format!("{technique}_{figure}"), |figures| {
                figures.financing.get(technique).map_or(0, of)
            })
        });
        counts.chain(amounts).collect()
    }

    fn of_bank(&self, name: &str) -> Vec<Check> {
        let amounts: [Named<Bank, u128>; 5] = [
            ("issued_minor", |bank| bank.issued_minor),
            ("held_minor", |bank| bank.held_minor),
            ("redeemed_minor", |bank| bank.redeemed_minor),
            ("discount_minor", |bank| bank.discount_minor),
            ("interest_minor", |bank| bank.interest_minor),
        ];
        let amounts = amounts.iter().map(|(figure, of)| {
            self.amount(&format!("{name}_{figure}"), |figures| {
                let bank = figures.banks.iter().find(|bank| bank.name == name);
                bank.map_or(0, of)
            })
        });
        amounts.collect()
    }

    /// Names that either side has.
    fn names(&self, of: impl Fn(&Figures) -> Vec<String>) -> BTreeSet<String> {
        [&self.expected, &self.actual]
            .into_iter()
            .flat_map(of)
            .collect()
    }

    fn count(&self, name: &str, of: impl Fn(&Figures) -> u64) -> Check {
        let name = format!("{}{name}", self.prefix);
        Check::new(name, of(&self.expected), of(&self.actual))
    }

    fn amount(&self, name: &str, of: impl Fn(&Figures) -> u128) -> Check {
        let name = format!("{}{name}", self.prefix);
        let currency = self.actual.currency;
        Check::of_amount(name, of(&self.expected), of(&self.actual), currency)
    }
}
