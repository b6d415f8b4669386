//! The demo's own pass over the file: what the ledger must show in the end.
//!
//! It reads the columns of dates, amounts and disputes only, and never the file's own `DaysLate`.

use counterfoil_proto::invoice::v1::InvoiceState;
use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_types::interest::{DayCount, TooMuchInterest, accrued};

use super::data::{BANKS, CURRENCY, Data, Row};
use crate::audit::{Expected, state_names};
use crate::failure::Failure;

/// Terms of every invoice: ACT/360 at 8 % a year, no fees.
pub const DAY_COUNT: DayCount = DayCount::A004;
pub const PENALTY_RATE_PPM: u32 = 80_000;
pub const GRACE_DAYS: u32 = 45;

/// What is owed beside the principal when a row is settled.
pub fn penalty(row: &Row) -> Result<u64, TooMuchInterest> {
    match row.settled {
        None => Ok(0),
        Some(settled) => accrued(
            row.amount_minor,
            PENALTY_RATE_PPM,
            DAY_COUNT,
            row.due,
            settled,
        ),
    }
}

/// Which bank issues the deposits that pay the row of a rank.
pub fn bank_of(rank: usize) -> usize {
    rank % BANKS.len()
}

/// Works out the expected figures. `rolls` is how often the date is rolled.
pub fn expected(data: &Data, rolls: u64) -> Result<Expected, Failure> {
    let currency = CURRENCY.parse().expect("an ISO 4217 code");
    let mut expected = Expected::none(currency, state_names(), &BANKS);
    expected.transactions.committed = rolls;
    for (rank, row) in data.rows.iter().enumerate() {
        expected.transactions.committed += 1;
        if row.repeats {
            expected.transactions.rejected += 1;
            continue;
        }
        expected.invoices += 1;
        expected.confirmed_minor += u128::from(row.amount_minor);
        expected.disputed += u64::from(row.disputed);
        // Confirmed, and queried before where disputed.
        expected.transactions.committed += 1 + u64::from(row.disputed);
        let mut count = |state: &str| *expected.states.entry(state.to_owned()).or_default() += 1;
        count(&format!("{:?}", InvoiceState::Confirmed));
        let Some(settled) = row.settled else {
            count(&format!("{:?}", ReceivableState::Performing));
            continue;
        };
        count(&format!("{:?}", ReceivableState::Settled));
        expected.late += u64::from(settled > row.due);
        let penalty =
            penalty(row).map_err(|e| Failure::Failed(format!("line {}: {e}", row.line)))?;
        expected.principal_paid_minor += u128::from(row.amount_minor);
        expected.penalty_paid_minor += u128::from(penalty);
        let paid = u128::from(row.amount_minor) + u128::from(penalty);
        let bank = &mut expected.banks[bank_of(rank)];
        bank.issued_minor += paid;
        bank.held_minor += paid;
        // Deposits issued, receivable settled.
        expected.transactions.committed += 2;
    }
    Ok(expected)
}

#[cfg(test)]
mod tests {
    use std::path::Path;

    use super::super::data::tests::parse;
    use super::*;

    #[test]
    fn the_sample_file_has_the_figures_it_is_known_for() {
        let file = Path::new(env!("CARGO_MANIFEST_DIR"))
            .join("../tests/data/receivables/accounts-receivable.csv");
        let data = Data::read(&file).unwrap();
        let expected = expected(&data, 0).unwrap();
        assert_eq!(
            (expected.invoices, expected.late, expected.disputed),
            (2_466, 877, 561)
        );
        assert_eq!(expected.confirmed_minor, 14_770_318);
        assert_eq!(expected.states["Settled"], 2_466);
        assert_eq!(expected.transactions.committed, 2_466 * 4 + 561);
        assert_eq!(expected.transactions.rejected, 0);
        assert_eq!(data.plan("demo".into(), 4).members.len(), 100 + 5 + 4);
        assert_eq!(data.first_date().to_string(), "2012-01-01");
    }

    #[test]
    fn late_repeated_and_unpaid_rows_are_counted_as_what_they_are() {
        let data = parse(&[
            "391,A,,1,1/2/2013,2/1/2013,60.00,No,2/11/2013,,,0",
            "391,A,,2,1/2/2013,2/1/2013,60.00,Yes,2/1/2013,,,99",
            "391,A,,3,1/3/2013,2/1/2013,60.00,Yes,,,,",
            "391,B,,0003,1/4/2013,2/1/2013,60.00,Yes,3/1/2013,,,",
        ])
        .unwrap();
        let expected = expected(&data, 5).unwrap();
        assert_eq!(
            (expected.invoices, expected.late, expected.disputed),
            (3, 1, 2)
        );
        assert_eq!(
            (expected.states["Settled"], expected.states["Performing"]),
            (2, 1)
        );
        assert_eq!(
            (expected.principal_paid_minor, expected.penalty_paid_minor),
            (12_000, 13)
        );
        assert_eq!(
            (expected.banks[0].issued_minor, expected.banks[1].held_minor),
            (6_013, 6_000)
        );
        // 5 rolls, 4 registrations, 2 queries, 3 confirmations, 2 issues, 2 settlements.
        assert_eq!(
            (
                expected.transactions.committed,
                expected.transactions.rejected
            ),
            (18, 1)
        );
    }
}
