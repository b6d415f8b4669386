//! All that the demo does, day by day: the file's invoices, each with its schedule, and the scripted cases.

use std::collections::BTreeMap;

use counterfoil_types::dates::Date;
use counterfoil_types::ids::OrganizationId;

use super::data::{Data, Row};
use super::schedule::{Schedule, Step};
use super::scripted::{self, Case};
use crate::failure::Failure;

/// Invoices by rank: those of the file, then those of the cases.
pub struct Business {
    first_date: Date,
    rows: Vec<Row>,
    schedules: Vec<Schedule>,
    pub cases: Vec<Case>,
}

/// What happens on a day, by rank.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Day {
    pub issued: Vec<usize>,
    pub steps: Vec<(usize, Step)>,
    pub settled: Vec<usize>,
    /// By the case's position.
    pub scripted: Vec<(usize, scripted::Step)>,
}

impl Business {
    pub fn of(data: &Data) -> Result<Self, Failure> {
        let first_date = data.first_date();
        let cases = scripted::cases(first_date).map_err(Failure::failed)?;
        let schedules = (0..data.rows.len()).map(|rank| Schedule::of(data, rank));
        let of_cases = cases.iter().map(|case| case.row.clone());
        Ok(Self {
            first_date,
            rows: data.rows.iter().cloned().chain(of_cases).collect(),
            schedules: schedules.collect(),
            cases,
        })
    }

    /// The date on which the ledger begins.
    pub fn first_date(&self) -> Date {
        self.first_date
    }

    pub fn row(&self, rank: usize) -> &Row {
        &self.rows[rank]
    }

    /// Of an invoice of the file.
    pub fn schedule(&self, rank: usize) -> &Schedule {
        &self.schedules[rank]
    }

    /// The file's invoices with their schedules.
    pub fn of_file(&self) -> impl Iterator<Item = (&Row, &Schedule)> {
        self.rows.iter().zip(&self.schedules)
    }

    /// The rank of a case's invoice.
    pub fn rank_of_case(&self, case: usize) -> usize {
        self.schedules.len() + case
    }

    /// Everyone who sells or buys.
    pub fn parties(&self) -> impl Iterator<Item = &OrganizationId> {
        self.rows.iter().flat_map(|row| [&row.seller, &row.buyer])
    }

    /// The days on which something happens.
    pub fn days(&self) -> BTreeMap<Date, Day> {
        let mut days: BTreeMap<Date, Day> = BTreeMap::new();
        for (rank, row) in self.rows.iter().enumerate() {
            days.entry(row.issued).or_default().issued.push(rank);
            if let Some(settled) = row.settled.filter(|_| !row.repeats) {
                days.entry(settled).or_default().settled.push(rank);
            }
        }
        for (rank, schedule) in self.schedules.iter().enumerate() {
            for (date, step) in &schedule.steps {
                days.entry(*date).or_default().steps.push((rank, *step));
            }
        }
        for (at, case) in self.cases.iter().enumerate() {
            for (date, step) in &case.steps {
                days.entry(*date).or_default().scripted.push((at, *step));
            }
        }
        days
    }

    /// How often the date is rolled: on every such day but the ledger's first.
    pub fn rolls(&self) -> u64 {
        let days = self.days();
        days.keys().filter(|date| **date > self.first_date).count() as u64
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::tests::parse;
    use super::*;

    #[test]
    fn days_hold_the_file_s_business_and_the_cases() {
        let data = parse(&[
            "391,A,,1,1/2/2013,2/1/2013,60.00,No,1/7/2013,,,",
            "391,A,,2,1/2/2013,2/1/2013,60.00,No,,,,",
            "391,A,,3,1/2/2013,2/1/2013,60.00,No,1/4/2013,,,",
        ])
        .unwrap();
        let business = Business::of(&data).unwrap();
        let days = business.days();
        let on = |text: &str| days[&text.parse::<Date>().unwrap()].clone();
        assert_eq!(on("2013-01-01").issued, [3, 4, 5, 6, 7, 8, 9, 10]);
        assert_eq!(on("2013-01-02").issued, [0, 1, 2]);
        assert_eq!(on("2013-01-02").steps, [(2, Step::Open)]);
        // The third step comes on the day of payment, the fourth no more.
        assert_eq!(on("2013-01-04").steps, [(2, Step::Reveal)]);
        assert_eq!(
            (on("2013-01-04").settled, on("2013-01-07").settled),
            (vec![2], vec![0])
        );
        let cases: Vec<usize> = on("2013-01-31").scripted.iter().map(|(c, _)| *c).collect();
        assert_eq!(cases, [0, 2, 5, 6, 7]);
        // The first seven days of January, and the cases' 15 later ones.
        assert_eq!((days.len(), business.rolls()), (22, 21));
    }
}
