//! What the banks quote, and which quote the seller takes.

use counterfoil_proto::financing::v1::{Award, QuoteTerms, Technique};
use counterfoil_proto::receivable::v1::{DayCount as WireDayCount, Recourse};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;

use super::data::{BANKS, Row};
use super::figures::DAY_COUNT;
use super::schedule::{Request, Schedule, Step};
use crate::award::{Outcome, Part, Price};

/// Of a loan, by whichever bank.
pub const LOAN_RATE_PPM: u32 = 70_000;
/// Of a sale: bank A's goes up from invoice to invoice, five times over, bank B's stays.
const RATES_PPM_OF_A: [u32; 5] = [60_000, 61_000, 62_000, 63_000, 64_000];
const RATE_PPM_OF_B: u32 = 62_000;

/// A bank's quote on the request of a rank.
pub fn terms(row: &Row, rank: usize, request: &Request, bank: usize) -> QuoteTerms {
    QuoteTerms {
        amount: Some(row.money(request.amount_minor)),
        rate_ppm: rate_ppm(rank, request.technique, bank),
        day_count: WireDayCount::A004.into(),
        fees: Vec::new(),
        recourse: Recourse::None.into(),
        expires_on: Some(request.expires_on.to_proto()),
        issuer: BANKS[bank].to_owned(),
        end_to_end_id: format!("award-{rank}"),
        ..Default::default()
    }
}

fn rate_ppm(rank: usize, technique: Technique, bank: usize) -> u32 {
    match (technique, bank) {
        (Technique::LoanAgainstReceivables, _) => LOAN_RATE_PPM,
        (_, 0) => RATES_PPM_OF_A[(rank + 1) % RATES_PPM_OF_A.len()],
        _ => RATE_PPM_OF_B,
    }
}

/// The salt of a quote. A bank draws it at random; a demo may be read by anybody.
pub fn salt(rank: usize, bank: usize) -> [u8; 32] {
    let rank = u64::try_from(rank).unwrap_or(u64::MAX);
    let parts: [&[u8]; 2] = [&rank.to_be_bytes(), BANKS[bank].as_bytes()];
    *Hash::tagged("counterfoil/demo-salt/v1", &parts).as_bytes()
}

/// What the seller takes.
#[derive(Clone, Debug)]
pub struct Awarded {
    /// Position of the bank.
    pub bank: usize,
    pub technique: Technique,
    pub date: Date,
    /// As it must stand on the ledger, but for the id of a loan.
    pub award: Award,
}

/// The quote the seller takes, where it comes to that: the one that costs least, which leaves the
/// best net, of equal ones bank A's, which was committed earlier.
pub fn award(row: &Row, rank: usize, schedule: &Schedule) -> Option<Awarded> {
    let request = schedule.request().filter(|_| schedule.did(Step::Award))?;
    let quotes = request.banks.iter().filter_map(|bank| {
        let rate_ppm = rate_ppm(rank, request.technique, *bank);
        Some((*bank, outcome(row, request, rate_ppm)?))
    });
    let (bank, outcome) = quotes.min_by_key(|(_, outcome)| outcome.cost_minor)?;
    Some(Awarded {
        bank,
        technique: request.technique,
        date: request.awarded_on,
        award: Award {
            bank: BANKS[bank].to_owned(),
            amount: Some(row.money(request.amount_minor)),
            cost_minor: outcome.cost_minor,
            fees_minor: outcome.fees_minor,
            proceeds_minor: outcome.proceeds_minor,
            annual_cost_ppm: outcome.annual_cost_ppm,
            awarded_on: Some(request.awarded_on.to_proto()),
            loan: Vec::new(),
        },
    })
}

fn outcome(row: &Row, request: &Request, rate_ppm: u32) -> Option<Outcome> {
    let price = Price {
        rate_ppm,
        day_count: DAY_COUNT,
        fees_minor: 0,
    };
    let (minor, due) = (request.amount_minor, row.due);
    match request.technique {
        Technique::LoanAgainstReceivables => price.of_loan(minor, due, request.awarded_on),
        _ => price.of_sale(&[Part { minor, due }], request.awarded_on),
    }
}

#[cfg(test)]
mod tests {
    use super::super::data::tests::parse;
    use super::*;

    /// What is awarded on the row of a rank, alone in its file but for the rows before it.
    fn awarded(n: usize, amount: &str) -> (usize, Award) {
        let before = (1..n).map(|number| format!("391,A,,{number},1/1/2013,3/1/2013,1,No,,,,"));
        let mut rows: Vec<String> = before.collect();
        rows.push(format!("391,A,,{n},1/2/2013,2/4/2013,{amount},No,,,,"));
        let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
        let data = parse(&rows).unwrap();
        let schedule = Schedule::of(&data, n - 1);
        let awarded = award(&data.rows[n - 1], n - 1, &schedule).unwrap();
        (awarded.bank, awarded.award)
    }

    #[test]
    fn the_seller_takes_the_best_net_and_of_equal_ones_bank_a_s() {
        // 30 days: A at 63,000, 64,000 and 62,000 ppm against B at 62,000.
        let (bank, award) = awarded(3, "1000.00");
        assert_eq!(
            (bank, award.cost_minor, award.proceeds_minor),
            (1, 517, 99_483)
        );
        assert_eq!(awarded(9, "1000.00").0, 1);
        assert_eq!(awarded(12, "1000.00").0, 0);
        assert_eq!(awarded(6, "1000.00").1.cost_minor, 508);
        // Dearer by rate, equal in whole cents.
        assert_eq!(awarded(3, "1.00").0, 0);
    }

    #[test]
    fn a_loan_is_of_the_one_bank_asked() {
        let (bank, award) = awarded(11, "1000.00");
        assert_eq!((bank, award.bank.as_str()), (0, "bank-a"));
        assert_eq!((award.cost_minor, award.proceeds_minor), (467, 80_000));
        assert_eq!(award.annual_cost_ppm, 71_023);
    }
}
