//! What banks have outstanding, and the limits they set themselves.

use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, GROSS, ISSUER, SELLER, TODAY, award, cancel, commit, issue_to, quote, repay,
    reveal, salt, set_limit, settle,
};
use counterfoil_rules_tests::workload::bench::Bench;

#[test]
fn a_limit_is_set_by_a_bank_about_those_who_owe() {
    let mut bench = Bench::new();
    bench.expect(SELLER, set_limit(BUYER, 1), 6001, "by a supplier");
    for subject in ["regulator", "nobody", ISSUER] {
        bench.expect(ISSUER, set_limit(subject, 1), 6064, subject);
    }
    bench.expect(
        ISSUER,
        set_limit(BUYER, 1_000_000_000_000_000_001),
        6011,
        "too much",
    );
    bench.succeed(ISSUER, set_limit(BUYER, 0));
    bench.succeed(ISSUER, set_limit(SELLER, 1));
}

#[test]
fn a_sale_counts_with_its_debtor_until_it_is_paid() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.finance(Finance::Sale, &[(&receivable, 0)], GROSS, "bank-west");
    assert_eq!(bench.used("bank-west", BUYER), GROSS);
    bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
    bench.succeed(BUYER, settle(&receivable, 345, "a part"));
    assert_eq!(bench.used("bank-west", BUYER), GROSS - 345);
    bench.succeed(BUYER, settle(&receivable, GROSS - 345, "the rest"));
    assert_eq!(bench.used("bank-west", BUYER), 0);
}

#[test]
fn a_loan_counts_with_its_borrower_until_it_is_repaid() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let loan = bench.finance(Finance::Loan, &[(&receivable, 0)], 8_000, "bank-west");
    assert_eq!(bench.used("bank-west", SELLER), 8_000);
    assert_eq!(
        bench.used("bank-west", BUYER),
        0,
        "the pledge is no exposure of its own"
    );
    bench.succeed(SELLER, repay(&loan, "bank-west", 3_000, "a part"));
    assert_eq!(bench.used("bank-west", SELLER), 5_000);
    bench.succeed(SELLER, repay(&loan, "bank-west", 5_000, "the rest"));
    assert_eq!(bench.used("bank-west", SELLER), 0);
}

#[test]
fn a_revealed_quote_reserves_until_it_ends_or_expires_and_is_honoured() {
    let mut bench = Bench::new();
    bench.succeed("bank-west", set_limit(BUYER, 1_000));
    let requests: Vec<Vec<u8>> = ["N-1", "N-2", "N-3", "N-4"]
        .into_iter()
        .map(|number| {
            let receivable = bench.owed(number, 600);
            bench.request_for(Finance::Sale, &[(&receivable, 0)], 600)
        })
        .collect();
    let mut terms = quote("bank-west", 600);
    for (request, n) in requests.iter().zip(1..) {
        terms.end_to_end_id = format!("purchase {n}");
        bench.succeed("bank-west", commit(request, "bank-west", &terms));
    }
    let mut open = |bench: &mut Bench, n: usize, code: u32| {
        terms.end_to_end_id = format!("purchase {n}");
        let act = reveal(&requests[n - 1], &terms, salt());
        bench.expect("bank-west", act, code, "a reveal");
    };
    bench.roll_to(TODAY + 1);
    open(&mut bench, 1, 0);
    open(&mut bench, 2, 6065);
    bench.succeed(SELLER, cancel(&requests[0]));
    open(&mut bench, 2, 0);
    open(&mut bench, 3, 6065);
    // A limit that is lowered undoes nothing: the bank is bound.
    bench.succeed("bank-west", set_limit(BUYER, 0));
    bench.succeed(SELLER, award(&requests[1], "bank-west"));
    assert_eq!(bench.used("bank-west", BUYER), 600);
    bench.succeed("bank-west", set_limit(BUYER, 1_200));
    open(&mut bench, 3, 0);
    open(&mut bench, 4, 6065);
}
