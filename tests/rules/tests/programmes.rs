//! Payables finance: early payment under a buyer's programme, and extensions for the buyer.

use counterfoil_proto::financing::v1::{LoanState, StandingTerms};
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, GROSS, ISSUER, SELLER, TODAY, close_programme, draw_extension, issue_to,
    make_standing_quote, open_programme, purchase, repay, set_limit, settle, standing_terms,
};
use counterfoil_rules_tests::workload::bench::Bench;

const BANK: &str = "bank-west";
const RATE: u32 = 70_000;

fn programme(bench: &mut Bench, cap: u64) -> Vec<u8> {
    let receipt = bench.succeed(BUYER, open_programme(&[]));
    let id = tagged_hash("counterfoil/programme-id/v1", &[&receipt.tx_id]).to_vec();
    bench.succeed(BANK, make_standing_quote(&id, standing_terms(cap)));
    id
}

#[test]
fn a_seller_is_paid_early_without_recourse_in_one_transaction() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let programme = programme(&mut bench, GROSS);
    bench.expect(
        SELLER,
        purchase(&programme, ISSUER, &receivable, RATE),
        6075,
        "no quote",
    );
    bench.expect(
        SELLER,
        purchase(&programme, BANK, &receivable, RATE - 1),
        6076,
        "a rate",
    );
    bench.expect(
        "smith",
        purchase(&programme, BANK, &receivable, RATE),
        6004,
        "another's",
    );
    bench.succeed(SELLER, purchase(&programme, BANK, &receivable, RATE));
    // 123.45 for 30 days at 7 %: 72.01 cents.
    assert_eq!(bench.available(SELLER, BANK), GROSS - 72);
    assert_eq!(bench.claim(&receivable, 0).controller, BANK);
    assert_eq!(bench.used(BANK, BUYER), GROSS);
    // The buyer pays the bank on the day that was always due.
    bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
    bench.succeed(BUYER, settle(&receivable, GROSS, "settlement"));
    assert_eq!(bench.available(BANK, ISSUER), GROSS);
}

#[test]
fn cap_days_limit_and_last_day_bound_what_is_bought() {
    let mut bench = Bench::new();
    let first = bench.owed("N-1", 1_000);
    let second = bench.owed("N-2", 1_000);
    let programme = programme(&mut bench, 1_500);
    bench.succeed(BANK, set_limit(BUYER, 999));
    bench.expect(
        SELLER,
        purchase(&programme, BANK, &first, RATE),
        6065,
        "above the limit",
    );
    bench.succeed(BANK, set_limit(BUYER, 2_000));
    bench.succeed(SELLER, purchase(&programme, BANK, &first, RATE));
    bench.expect(
        SELLER,
        purchase(&programme, BANK, &second, RATE),
        6077,
        "above the cap",
    );
    // A new quote counts anew.
    let patient = StandingTerms {
        minimum_days: 31,
        ..standing_terms(1_500)
    };
    bench.succeed(BANK, make_standing_quote(&programme, patient));
    bench.expect(
        SELLER,
        purchase(&programme, BANK, &second, RATE),
        6008,
        "due too soon",
    );
    bench.succeed(BANK, make_standing_quote(&programme, standing_terms(1_500)));
    bench.roll_to(TODAY + 11);
    bench.expect(
        SELLER,
        purchase(&programme, BANK, &second, RATE),
        6075,
        "too late",
    );
}

#[test]
fn programmes_are_their_buyers_and_quotes_their_banks() {
    let mut bench = Bench::new();
    bench.expect(SELLER, open_programme(&[]), 6001, "by a supplier");
    bench.expect(BUYER, open_programme(&["smith"]), 6013, "no bank");
    let receipt = bench.succeed(BUYER, open_programme(&[BANK]));
    let id = tagged_hash("counterfoil/programme-id/v1", &[&receipt.tx_id]).to_vec();
    let quote = || make_standing_quote(&id, standing_terms(1));
    bench.expect(SELLER, quote(), 6001, "a supplier");
    bench.expect(ISSUER, quote(), 6022, "not invited");
    bench.succeed(BANK, quote());
    for terms in [
        StandingTerms {
            rate_ppm: 1_000_001,
            ..standing_terms(1)
        },
        StandingTerms {
            day_count: 0,
            ..standing_terms(1)
        },
        StandingTerms {
            cap: None,
            ..standing_terms(1)
        },
        StandingTerms {
            expires_on: None,
            ..standing_terms(1)
        },
        StandingTerms {
            extension_days: 3_661,
            ..standing_terms(1)
        },
    ] {
        bench.expect(BANK, make_standing_quote(&id, terms), 6073, "terms");
    }
    bench.expect("builder", close_programme(&id), 6071, "another buyer");
    bench.succeed(BUYER, close_programme(&id));
    bench.expect(BUYER, close_programme(&id), 6072, "again");
    bench.expect(BANK, quote(), 6072, "after its end");
    bench.expect(
        BUYER,
        draw_extension(&id, BANK, 1, 60_000),
        6072,
        "after its end",
    );
}

#[test]
fn an_extension_is_a_loan_beside_the_invoice_whose_due_date_stays() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let programme = programme(&mut bench, 3 * GROSS);
    bench.succeed(SELLER, purchase(&programme, BANK, &receivable, RATE));
    let due = bench.receivable(&receivable).adjusted_due_date;
    bench.expect(
        SELLER,
        draw_extension(&programme, BANK, GROSS, 60_000),
        6071,
        "by a seller",
    );
    bench.expect(
        BUYER,
        draw_extension(&programme, BANK, GROSS, 1),
        6076,
        "a rate",
    );
    bench.expect(
        BUYER,
        draw_extension(&programme, BANK, 0, 60_000),
        6011,
        "nothing",
    );
    let drawn = bench.succeed(BUYER, draw_extension(&programme, BANK, GROSS, 60_000));
    let loan = tagged_hash("counterfoil/extension-id/v1", &[&drawn.tx_id]);
    assert_eq!(bench.receivable(&receivable).adjusted_due_date, due);
    assert_eq!(bench.used(BANK, BUYER), 2 * GROSS);
    assert_eq!(bench.available(BUYER, BANK), GROSS);
    // It is repaid as any loan: 123.45 for 90 days at 6 % is 1.85.
    bench.roll_to(TODAY + 90);
    bench.succeed(BANK, issue_to(BUYER, 185, "for interest"));
    bench.succeed(BUYER, repay(&loan, BANK, GROSS + 185, "repayment"));
    assert_eq!(bench.loan(&loan).state(), LoanState::Repaid);
    let silent = StandingTerms {
        extension_days: 0,
        expires_on: Some(counterfoil_rules_tests::model::arithmetic::date(
            TODAY + 100,
        )),
        ..standing_terms(1)
    };
    bench.succeed(BANK, make_standing_quote(&programme, silent));
    bench.expect(
        BUYER,
        draw_extension(&programme, BANK, 1, 60_000),
        6078,
        "none offered",
    );
}
