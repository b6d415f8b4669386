//! The expected figures of the sample file, and of rows that each count as something else.

use std::path::Path;

use super::super::data::Data;
use super::super::data::tests::parse;
use super::*;
use crate::localnet::Transport;

fn of(data: &Data) -> Expected {
    expected(&Business::of(data).unwrap()).unwrap()
}

#[test]
fn the_sample_file_has_the_figures_it_is_known_for() {
    let file = Path::new(env!("CARGO_MANIFEST_DIR"))
        .join("../tests/data/receivables/accounts-receivable.csv");
    let data = Data::read(&file).unwrap();
    let Expected {
        figures,
        transactions,
        ..
    } = of(&data);
    let usd = &figures[0];
    assert_eq!((usd.invoices, usd.late, usd.disputed), (2_466, 877, 561));
    assert_eq!(usd.confirmed_minor, 14_770_318);
    assert_eq!(usd.states["Settled"], 2_466);
    assert_eq!(
        data.plan("demo".into(), 4, Transport::Tls).members.len(),
        100 + 5 + 4 + 3
    );
    assert_eq!(data.first_date().to_string(), "2012-01-01");

    // All below was reckoned by another program, in exact fractions.
    assert_eq!(
        (usd.principal_paid_minor, usd.penalty_paid_minor),
        (14_770_318, 11_726)
    );
    assert_eq!((usd.split, usd.sold, usd.pledged), (352, 737, 216));
    assert_eq!((usd.overtaken, usd.not_financed), (14, 4));
    assert_eq!((usd.offers.accepted, usd.offers.overtaken), (348, 4));
    assert_eq!((usd.loans.opened, usd.loans.repaid), (216, 216));
    let sales = &usd.financing["ReceivablesDiscounting"];
    assert_eq!((sales.awards, sales.amount_minor), (737, 4_191_778));
    assert_eq!(
        (sales.cost_minor, sales.proceeds_minor),
        (19_113, 4_172_665)
    );
    assert_eq!(costs_ppm(sales), [62_547, 54_510, 73_000]);
    let loans = &usd.financing["LoanAgainstReceivables"];
    assert_eq!((loans.awards, loans.amount_minor), (216, 991_709));
    assert_eq!((loans.cost_minor, loans.proceeds_minor), (5_165, 991_709));
    assert_eq!(costs_ppm(loans), [71_036, 62_586, 74_067]);
    let [a, b] = usd.banks.as_slice() else {
        panic!("two banks: {:?}", usd.banks);
    };
    assert_eq!((a.issued_minor, a.redeemed_minor), (11_015_795, 2_021_624));
    assert_eq!((a.discount_minor, a.interest_minor), (14_171, 2_131));
    assert_eq!((b.issued_minor, b.redeemed_minor), (8_930_623, 1_030_740));
    assert_eq!((b.discount_minor, b.interest_minor), (4_942, 2_336));
    assert_eq!(b.held_minor, 8_930_623 - 1_030_740);

    let eur = &figures[1];
    assert_eq!(
        (eur.invoices, eur.late, eur.confirmed_minor),
        (8, 3, 92_000)
    );
    assert_eq!((eur.states["Settled"], eur.states["Defaulted"]), (7, 1));
    assert_eq!(
        (eur.principal_paid_minor, eur.penalty_paid_minor),
        (82_500, 56 + 155 + 129)
    );
    assert_eq!(eur.credited_minor, 1_500);
    assert_eq!((eur.recovered_minor, eur.suspended_minor), (15_000, 5_000));
    let [a, b] = eur.banks.as_slice() else {
        panic!("two banks: {:?}", eur.banks);
    };
    // All that is paid in deposits, by the debtor or in its place.
    assert_eq!(a.held_minor, 75_500 + 340 + 15_000);
    // The prices of three claims.
    assert_eq!((eur.sold, b.held_minor), (3, 11_900 + 3_990 + 5_973));
    assert_eq!((a.discount_minor, b.discount_minor), (0, 27));

    // 735 rolls. Scripted are 8 registrations and confirmations, 39 steps, and the issue of 11 deposits to pay in.
    assert_eq!(transactions.committed, 735 + 16_817 + 66);
    assert_eq!(transactions.rejected, 0);
}

fn costs_ppm(financing: &Financing) -> [u64; 3] {
    [
        financing.annual_cost_ppm,
        financing.lowest_annual_cost_ppm,
        financing.highest_annual_cost_ppm,
    ]
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
    let Expected {
        figures,
        transactions,
        ..
    } = of(&data);
    let usd = &figures[0];
    assert_eq!((usd.invoices, usd.late, usd.disputed), (3, 1, 2));
    assert_eq!((usd.states["Settled"], usd.states["Performing"]), (2, 1));
    assert_eq!(
        (usd.principal_paid_minor, usd.penalty_paid_minor),
        (12_000, 13)
    );
    // The third is put to the banks and sold to A, dearer by rate but not in cents.
    assert_eq!((usd.sold, usd.banks[0].discount_minor), (1, 27));
    assert_eq!(usd.banks[0].issued_minor, 6_013 + 5_973);
    assert_eq!(usd.banks[1].held_minor, 6_000);
    // Rolls to the 2nd to the 7th, 10, 14 to 17 and 29 to 31 January, 1, 5, 11 and 20 February, 17 to 19 and 29 March;
    // 4 registrations, 2 queries, 3 confirmations, 2 issues, 2 settlements, 6 for the sale; 66 scripted.
    assert_eq!(
        (transactions.committed, transactions.rejected),
        (22 + 19 + 66, 1)
    );
}

#[test]
fn a_split_receivable_pays_its_penalty_part_by_part_and_a_loan_its_lender_first() {
    let mut rows: Vec<String> = (1..77)
        .map(|n| format!("406,A,,{n},1/1/2013,1/1/2013,1.00,No,,,,"))
        .collect();
    rows.push("391,A,,77,1/2/2013,2/1/2013,100.00,No,3/3/2013,,,".into());
    let rows: Vec<&str> = rows.iter().map(String::as_str).collect();
    let figures = of(&parse(&rows).unwrap()).figures;
    let usd = &figures[0];
    // 30 days at 8 % on 60.00 and on 40.00.
    assert_eq!(usd.penalty_paid_minor, 40 + 27);
    assert_eq!((usd.loans.opened, usd.loans.repaid), (1, 1));
    // 48.00 lent on 8 January at 7 %, for 54 days.
    let bank = &usd.banks[0];
    assert_eq!((bank.interest_minor, bank.redeemed_minor), (50, 4_850));
    assert_eq!(bank.issued_minor, 4_800 + 10_067);
}
