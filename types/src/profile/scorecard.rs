//! The published scorecard (specification 8.2): points with their reasons, from a profile alone. docs/scorecard.md
//! has the same tables in words. What a bank makes of it is its own policy, and not on the ledger.

use counterfoil_proto::credit::v1::{BankProfile, DebtorProfile, Profile, SupplierProfile};

use super::figures;

/// Version of the scorecard. Points of different versions do not compare.
pub const SCORECARD: u32 = 1;

/// As what an organization is scored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Capacity {
    Debtor,
    Supplier,
    Bank,
}

/// One line: what was looked at, what it is, and what it is worth.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Reason {
    pub figure: &'static str,
    /// `None` where there is nothing to judge yet, which is worth nothing.
    pub value: Option<u64>,
    pub points: u32,
    /// The most it can be worth. All of a score's lines add up to 100.
    pub of: u32,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Score {
    pub capacity: Capacity,
    /// 0 to 100: the sum of the reasons' points.
    pub points: u32,
    pub reasons: Vec<Reason>,
}

/// From which value on (or up to which) a line is worth how many points; the best first.
struct Line {
    figure: &'static str,
    worth: Worth,
}

enum Worth {
    AtLeast(&'static [(u64, u32)]),
    AtMost(&'static [(u64, u32)]),
}

use Worth::{AtLeast, AtMost};

const ON_TIME: Line = Line {
    figure: "settled on time, ppm",
    worth: AtLeast(&[(980_000, 35), (950_000, 28), (900_000, 20), (750_000, 10)]),
};
const DAYS_LATE: Line = Line {
    figure: "mean days late",
    worth: AtMost(&[(0, 15), (2, 12), (7, 7), (30, 2)]),
};
const DEFAULTS: Line = Line {
    figure: "defaults per million confirmed invoices",
    worth: AtMost(&[(0, 25), (1_000, 15), (10_000, 5)]),
};
const DAYS_TO_CONFIRM: Line = Line {
    figure: "median days to confirm",
    worth: AtMost(&[(3, 10), (7, 8), (14, 5), (30, 2)]),
};
const QUERIES: Line = Line {
    figure: "queries per million confirmed invoices",
    worth: AtMost(&[(20_000, 5), (100_000, 3), (250_000, 1)]),
};
const INVOICES: Line = Line {
    figure: "invoices confirmed",
    worth: AtLeast(&[(100, 10), (25, 7), (5, 3)]),
};

const CONFIRMED: Line = Line {
    figure: "confirmed of those ended, ppm",
    worth: AtLeast(&[(980_000, 35), (950_000, 28), (900_000, 20), (750_000, 8)]),
};
const CONCENTRATION: Line = Line {
    figure: "buyer concentration, ppm",
    worth: AtMost(&[(150_000, 25), (250_000, 20), (500_000, 12), (800_000, 5)]),
};
const TENURE: Line = Line {
    figure: "tenure in days",
    worth: AtLeast(&[(730, 20), (365, 15), (180, 8), (90, 4)]),
};
const DELIVERIES: Line = Line {
    figure: "invoices confirmed",
    worth: AtLeast(&[(100, 20), (25, 13), (5, 6)]),
};

const REVEALED: Line = Line {
    figure: "missed reveals per million quotes",
    worth: AtMost(&[(0, 60), (10_000, 45), (50_000, 20)]),
};
const QUOTES: Line = Line {
    figure: "quotes",
    worth: AtLeast(&[(100, 20), (25, 13), (5, 6)]),
};
const AWARDS: Line = Line {
    figure: "awards",
    worth: AtLeast(&[(50, 20), (10, 13), (1, 6)]),
};

/// One score for each capacity in which the organization has figures.
pub fn scores(profile: &Profile) -> Vec<Score> {
    let scores = [
        profile.debtor.as_ref().map(of_debtor),
        profile.supplier.as_ref().map(of_supplier),
        profile.bank.as_ref().map(of_bank),
    ];
    scores.into_iter().flatten().collect()
}

fn of_debtor(debtor: &DebtorProfile) -> Score {
    let confirmed = debtor.invoices_confirmed;
    let reasons = vec![
        ON_TIME.judge(figures::on_time_ppm(debtor).map(u64::from)),
        DAYS_LATE.judge(figures::mean_days_late(debtor)),
        DEFAULTS.judge(per_million(debtor.defaults, confirmed)),
        DAYS_TO_CONFIRM.judge(figures::median_days_to_confirm(debtor)),
        QUERIES.judge(per_million(debtor.queries, confirmed)),
        INVOICES.judge(Some(confirmed)),
    ];
    Score::of(Capacity::Debtor, reasons)
}

fn of_supplier(supplier: &SupplierProfile) -> Score {
    let concentration = figures::main_volume(supplier).and_then(figures::concentration_ppm);
    let reasons = vec![
        CONFIRMED.judge(figures::confirmed_ppm(supplier).map(u64::from)),
        CONCENTRATION.judge(concentration.map(u64::from)),
        TENURE.judge(figures::tenure_days(supplier)),
        DELIVERIES.judge(Some(supplier.invoices_confirmed)),
    ];
    Score::of(Capacity::Supplier, reasons)
}

fn of_bank(bank: &BankProfile) -> Score {
    let reasons = vec![
        REVEALED.judge(per_million(bank.missed_reveals, bank.quotes)),
        QUOTES.judge(Some(bank.quotes)),
        AWARDS.judge(Some(bank.awards)),
    ];
    Score::of(Capacity::Bank, reasons)
}

/// Rounded down; may be above a million, as an invoice can be queried twice.
fn per_million(count: u64, of: u64) -> Option<u64> {
    let rate = (u128::from(count) * 1_000_000).checked_div(u128::from(of))?;
    Some(u64::try_from(rate).unwrap_or(u64::MAX))
}

impl Score {
    fn of(capacity: Capacity, reasons: Vec<Reason>) -> Self {
        Self {
            capacity,
            points: reasons.iter().map(|reason| reason.points).sum(),
            reasons,
        }
    }
}

impl Line {
    fn judge(&self, value: Option<u64>) -> Reason {
        let (AtLeast(steps) | AtMost(steps)) = self.worth;
        let reached = |value: u64| {
            let reached = steps.iter().find(|(bound, _)| match self.worth {
                AtLeast(_) => value >= *bound,
                AtMost(_) => value <= *bound,
            });
            reached.map_or(0, |(_, points)| *points)
        };
        Reason {
            figure: self.figure,
            value,
            points: value.map_or(0, reached),
            of: steps.first().map_or(0, |(_, points)| *points),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINES: [&Line; 13] = [
        &ON_TIME,
        &DAYS_LATE,
        &DEFAULTS,
        &DAYS_TO_CONFIRM,
        &QUERIES,
        &INVOICES,
        &CONFIRMED,
        &CONCENTRATION,
        &TENURE,
        &DELIVERIES,
        &REVEALED,
        &QUOTES,
        &AWARDS,
    ];

    /// 1,234,567.
    fn grouped(number: u64) -> String {
        let digits = number.to_string();
        let mut text = String::new();
        for (at, digit) in digits.chars().enumerate() {
            if at > 0 && (digits.len() - at).is_multiple_of(3) {
                text.push(',');
            }
            text.push(digit);
        }
        text
    }

    #[test]
    fn the_published_tables_are_these() {
        let published = include_str!("../../../docs/scorecard.md");
        assert!(published.contains(&format!("Version {SCORECARD}.")));
        for line in LINES {
            let (steps, bound) = match line.worth {
                AtLeast(steps) => (steps, "from"),
                AtMost(steps) => (steps, "up to"),
            };
            let step =
                |(value, points): &(u64, u32)| format!("{points} {bound} {}", grouped(*value));
            let steps: Vec<String> = steps.iter().map(step).collect();
            let row = format!("| {} | {} |\n", line.figure, steps.join("; "));
            assert!(published.contains(&row), "docs/scorecard.md lacks: {row}");
        }
        let rows = published.lines().filter(|line| line.starts_with("| "));
        let heads = 3;
        assert_eq!(rows.count(), LINES.len() + heads, "a row without a line");
    }

    fn points(profile: &Profile) -> Vec<(Capacity, u32)> {
        let scores = scores(profile).into_iter();
        scores.map(|score| (score.capacity, score.points)).collect()
    }

    #[test]
    fn every_score_is_out_of_a_hundred_and_falls_step_by_step() {
        let profile = Profile {
            debtor: Some(DebtorProfile::default()),
            supplier: Some(SupplierProfile::default()),
            bank: Some(BankProfile::default()),
            ..Profile::default()
        };
        for score in scores(&profile) {
            let most: u32 = score.reasons.iter().map(|reason| reason.of).sum();
            assert_eq!(most, 100, "{:?}", score.capacity);
            assert_eq!(score.points, 0, "{:?} without history", score.capacity);
        }
        for line in LINES {
            let (AtLeast(steps) | AtMost(steps)) = line.worth;
            let falling = steps.windows(2).all(|pair| pair[0].1 > pair[1].1);
            let harder = steps.windows(2).all(|pair| match line.worth {
                AtLeast(_) => pair[0].0 > pair[1].0,
                AtMost(_) => pair[0].0 < pair[1].0,
            });
            assert!(falling && harder, "{}", line.figure);
        }
    }

    /// 40 invoices confirmed after a day, one queried, 39 settled, one of them 20 days late; one default:
    /// 974,359 ppm on time is 28, a mean of 1 day late 12, 25,000 defaults a million 0, one day 10, 25,000
    /// queries a million 3, 40 invoices 7.
    #[test]
    fn a_debtor_scored_by_hand() {
        let debtor = DebtorProfile {
            invoices_confirmed: 40,
            confirmed_after_days: vec![0, 40],
            queries: 1,
            receivables_settled: 39,
            settled_on_time: 38,
            days_late: 20,
            defaults: 1,
            ..DebtorProfile::default()
        };
        let profile = Profile {
            debtor: Some(debtor),
            ..Profile::default()
        };
        assert_eq!(points(&profile), [(Capacity::Debtor, 60)]);
        let reasons = scores(&profile).remove(0).reasons;
        let lines: Vec<(Option<u64>, u32)> = reasons.iter().map(|r| (r.value, r.points)).collect();
        assert_eq!(
            lines,
            [
                (Some(974_359), 28),
                (Some(1), 12),
                (Some(25_000), 0),
                (Some(1), 10),
                (Some(25_000), 3),
                (Some(40), 7)
            ]
        );
    }

    #[test]
    fn a_bank_that_never_missed() {
        let bank = BankProfile {
            quotes: 100,
            reveals: 100,
            missed_reveals: 0,
            awards: 50,
            failed_payments: 0,
        };
        let profile = Profile {
            bank: Some(bank),
            ..Profile::default()
        };
        assert_eq!(points(&profile), [(Capacity::Bank, 100)]);
    }
}
