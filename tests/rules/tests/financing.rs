//! Requests, sealed quotes and awards, where figures and limits matter.

use counterfoil_proto::financing::v1::action::Action as Kind;
use counterfoil_proto::financing::v1::{Action, Award, Quote, QuoteFee, QuoteState, QuoteTerms};
use counterfoil_proto::receivable::v1::Rank;
use counterfoil_rules_tests::model::Act;
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::workload::acts::{
    Finance, GROSS, SELLER, TODAY, award, cancel, commit, issue_to, open_request, quote, repay,
    reveal, salt, split, usd,
};
use counterfoil_rules_tests::workload::bench::{Bench, find};

const BANK: &str = "bank-west";

fn quote_of(bench: &Bench, bank: &str) -> Quote {
    let records = bench.rules.records();
    find(records, "financing/quote/", |quote: &Quote| {
        quote.bank == bank
    })
}

/// A request for a sale of claims 1 and on, for which the bank has committed to the terms, on the
/// first day of reveals.
fn to_be_revealed(claims: &[u64], asked: u64, terms: &QuoteTerms) -> (Bench, Vec<u8>, Vec<u8>) {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", claims.iter().sum());
    bench.succeed(SELLER, split(&receivable, 0, claims));
    let numbers = 1..=u32::try_from(claims.len()).expect("a few");
    let put: Vec<(&[u8], u32)> = numbers.map(|n| (receivable.as_slice(), n)).collect();
    let request = bench.request_for(Finance::Sale, &put, asked);
    bench.succeed(BANK, commit(&request, BANK, terms));
    bench.roll_to(TODAY + 1);
    (bench, receivable, request)
}

#[test]
fn sixty_four_banks_quote_and_no_more() {
    let mut bench = Bench::with_banks(65);
    let receivable = bench.owed("N-1", GROSS);
    let request = bench.request_for(Finance::Sale, &[(&receivable, 0)], GROSS);
    for number in 100..164 {
        let bank = format!("bank-{number}");
        let terms = quote(&bank, GROSS);
        bench.succeed(&bank, commit(&request, &bank, &terms));
    }
    let late = commit(&request, "bank-164", &quote("bank-164", GROSS));
    bench.expect("bank-164", late, 6026, "a 65th quote");
    assert_eq!(bench.request(&request).quoting.len(), 64);
    let receipt = bench.expect(SELLER, cancel(&request), 0, "a cancellation");
    // The seller is told of the request, and with each bank of its quote.
    assert_eq!(receipt.events.len(), 65);
    assert_eq!(receipt.events[0].organizations, [SELLER]);
    for (number, event) in (100..164).zip(&receipt.events[1..]) {
        assert_eq!(
            event.organizations,
            [format!("bank-{number}"), SELLER.into()]
        );
    }
    assert_eq!(quote_of(&bench, "bank-163").state(), QuoteState::Declined);
}

#[test]
fn a_quote_is_opened_as_it_was_sealed() {
    let terms = quote(BANK, 8_000);
    let (mut bench, _, request) = to_be_revealed(&[8_000, 2_000], 8_000, &terms);
    let dearer = QuoteTerms {
        rate_ppm: terms.rate_ppm + 1,
        ..terms.clone()
    };
    let other_salt = vec![8; 32];
    for (act, what) in [
        (reveal(&request, &dearer, salt()), "other terms"),
        (reveal(&request, &terms, other_salt), "another salt"),
        (reveal(&request, &terms, vec![9; 31]), "a salt of 31 bytes"),
        (reveal(&request, &QuoteTerms::default(), salt()), "no terms"),
    ] {
        bench.expect(BANK, act, 6031, what);
    }
    bench.expect(BANK, reveal(&request, &terms, salt()), 0, "the quote");
    bench.expect(
        BANK,
        reveal(&request, &terms, salt()),
        6030,
        "a second time",
    );
    assert_eq!(quote_of(&bench, BANK).terms, Some(terms));
}

/// Who copies another bank's commitment cannot open it: the seal names its bank.
#[test]
fn a_copied_commitment_opens_for_nobody_else() {
    let terms = quote(BANK, GROSS);
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let request = bench.request_for(Finance::Sale, &[(&receivable, 0)], GROSS);
    bench.succeed(BANK, commit(&request, BANK, &terms));
    bench.succeed("bank-east", commit(&request, BANK, &terms));
    bench.roll_to(TODAY + 1);
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    let copied = reveal(&request, &terms, salt());
    bench.expect("bank-east", copied, 6031, "a copied quote");
}

/// 60.00 and 40.00 are put to the bank, which buys 80.00 at 7 % with a fee of 1.00: parts of 48.00 and
/// 32.00. 29 days before they fall due they cost 48.00 · 0.07 · 29 / 360 = 27.07 cents and 18.04
/// cents, 0.45 in all, so 78.55 is paid. A year of that, on 78.55 for 29 days: 145 · 365 · 10^6 /
/// (7,855 · 29) = 232,336.09 ppm.
#[test]
fn an_advance_splits_claims_into_senior_and_retained() {
    let terms = QuoteTerms {
        fees: vec![QuoteFee {
            name: "Handling".into(),
            amount_minor: 100,
        }],
        ..quote(BANK, 8_000)
    };
    let (mut bench, receivable, request) = to_be_revealed(&[6_000, 4_000], 8_000, &terms);
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    let receipt = bench.expect(SELLER, award(&request, BANK), 0, "the award");
    // The cash, split and transfer of each claim, the award.
    let contracts: Vec<u32> = receipt.events.iter().map(|event| event.contract).collect();
    assert_eq!(contracts, [3, 5, 5, 5, 5, 6]);
    let expected = Award {
        bank: BANK.into(),
        amount: usd(8_000),
        cost_minor: 45,
        fees_minor: 100,
        proceeds_minor: 7_855,
        annual_cost_ppm: 232_336,
        awarded_on: Some(date(TODAY + 1)),
        loan: Vec::new(),
    };
    assert_eq!(bench.request(&request).award, Some(expected));
    assert_eq!(bench.available(SELLER, BANK), 7_855);
    let claims = [3, 4, 5, 6].map(|number| {
        let claim = bench.claim(&receivable, number);
        (claim.outstanding_minor, claim.rank(), claim.controller)
    });
    let (bank, seller) = (BANK.to_owned(), SELLER.to_owned());
    assert_eq!(
        claims,
        [
            (4_800, Rank::Senior, bank.clone()),
            (1_200, Rank::Retained, seller.clone()),
            (3_200, Rank::Senior, bank),
            (800, Rank::Retained, seller),
        ]
    );
    assert_eq!(bench.claim(&receivable, 4).parents, [1]);
    assert_eq!(bench.receivable(&receivable).live_claims, [3, 4, 5, 6]);
}

/// One cent of three claims of 1.00 goes to the first; the others are free again.
#[test]
fn a_claim_without_a_part_stays_the_sellers() {
    let terms = quote(BANK, 1);
    let (mut bench, receivable, request) = to_be_revealed(&[100, 100, 100], 300, &terms);
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    bench.succeed(SELLER, award(&request, BANK));
    assert_eq!(bench.receivable(&receivable).live_claims, [2, 3, 4, 5]);
    assert_eq!(bench.claim(&receivable, 4).controller, BANK);
    assert_eq!(bench.claim(&receivable, 5).outstanding_minor, 99);
    for number in [2, 3] {
        let claim = bench.claim(&receivable, number);
        assert_eq!(claim.controller, SELLER);
        assert_eq!(claim.encumbrance, None);
        assert_eq!(claim.rank(), Rank::Senior);
    }
}

/// What was sold in part leaves a Retained claim, of which nothing more is sold in part.
#[test]
fn a_retained_claim_is_sold_whole() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    bench.finance(Finance::Sale, &[(&receivable, 0)], 8_000, BANK);
    let rest: &[(&[u8], u32)] = &[(&receivable, 2)];
    assert_eq!(bench.claim(&receivable, 2).rank(), Rank::Retained);
    let put = |finance, minor| {
        // A day has passed since the deadline of other requests here.
        let mut action = open_request(finance, rest, minor);
        action.deadline = Some(date(TODAY + 1));
        Act::Financing(Action {
            action: Some(Kind::Open(action)),
        })
    };
    bench.expect(SELLER, put(Finance::Sale, 1_999), 6011, "part of it");
    bench.expect(SELLER, put(Finance::Loan, 1_999), 0, "a loan on it");
}

/// A reveal uses up the name of the payment that it promises, so that it cannot be spoilt later.
#[test]
fn a_revealed_quote_keeps_the_name_of_its_payment() {
    let terms = quote(BANK, 10_000);
    let (mut bench, receivable, request) = to_be_revealed(&[8_000, 2_000], 10_000, &terms);
    let name = terms.end_to_end_id.as_str();
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    bench.expect(BANK, issue_to("miller", 1, name), 3006, "the name again");
    bench.expect(SELLER, award(&request, BANK), 0, "the award");
    assert_eq!(bench.claim(&receivable, 1).controller, BANK);

    let (mut bench, _, request) = to_be_revealed(&[8_000, 2_000], 10_000, &terms);
    bench.succeed(BANK, issue_to("miller", 1, name));
    let late = reveal(&request, &terms, salt());
    bench.expect(BANK, late, 6040, "a name used before");
}

/// Where the bank lacks the deposits that it promised, no claim moves.
#[test]
fn an_award_without_its_payment_is_none() {
    let terms = QuoteTerms {
        issuer: "bank-east".into(),
        ..quote(BANK, 10_000)
    };
    let (mut bench, receivable, request) = to_be_revealed(&[8_000, 2_000], 10_000, &terms);
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    bench.succeed("bank-east", issue_to(BANK, 100, "too little"));
    bench.expect(SELLER, award(&request, BANK), 6041, "too few deposits");
    assert_eq!(bench.claim(&receivable, 1).controller, SELLER);
    bench.succeed("bank-east", issue_to(BANK, 9_900, "enough"));
    bench.expect(SELLER, award(&request, BANK), 0, "enough deposits");
    assert_eq!(bench.claim(&receivable, 1).controller, BANK);
}

/// A loan is repaid in what it was paid out in, or in the lender's own deposits.
#[test]
fn a_lender_takes_two_kinds_of_deposits() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    let request = bench.request_for(Finance::Loan, &[(&receivable, 0)], 1_000);
    let terms = QuoteTerms {
        issuer: "bank-east".into(),
        ..quote(BANK, 1_000)
    };
    bench.succeed("bank-east", issue_to(BANK, 1_000, "funds"));
    bench.succeed(BANK, commit(&request, BANK, &terms));
    bench.roll_to(TODAY + 1);
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    bench.succeed(SELLER, award(&request, BANK));
    let loan = bench.request(&request).award.expect("an award").loan;
    for (issuer, code) in [
        (BANK, 0),
        ("bank-east", 0),
        ("house-bank", 6055),
        ("miller", 6055),
    ] {
        if code == 0 || issuer == "house-bank" {
            bench.succeed(issuer, issue_to(SELLER, 100, "more"));
        }
        let act = repay(&loan, issuer, 100, &format!("in deposits of {issuer}"));
        bench.expect(SELLER, act, code, issuer);
    }
    assert_eq!(bench.loan(&loan).outstanding_minor, 800);
    // The lender's own are redeemed.
    assert_eq!(bench.available(BANK, BANK), 0);
    assert_eq!(bench.available(BANK, "bank-east"), 100);
}
