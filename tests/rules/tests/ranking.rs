//! What quotes cost, and how they rank (specification 5.3). Figures are worked out by hand.

use counterfoil_contracts::financing::api::{Price, Ranked, price, rank};
use counterfoil_proto::financing::v1::{
    Quote, QuoteFee, QuoteState, QuoteTerms, Request, RequestedClaim, Technique,
};
use counterfoil_proto::receivable::v1::{DayCount, Rank, Recourse, RecourseLimit};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;

fn date(text: &str) -> Date {
    text.parse().expect("a date")
}

fn usd(minor: u64) -> Option<Money> {
    Some(Money {
        minor,
        currency: "USD".into(),
    })
}

/// A request on claims of these sums and due dates, for all of them.
fn request(technique: Technique, claims: &[(u64, &str)]) -> Request {
    let claim = |(number, (minor, due)): (u32, &(u64, &str))| RequestedClaim {
        receivable: vec![1; 32],
        number,
        outstanding_minor: *minor,
        rank: Rank::Senior.into(),
        adjusted_due_date: Some(date(due).to_proto()),
    };
    Request {
        claims: (0..).zip(claims).map(claim).collect(),
        technique: technique.into(),
        amount: usd(claims.iter().map(|(minor, _)| minor).sum()),
        recourse: Recourse::None.into(),
        ..Default::default()
    }
}

fn terms(minor: u64, rate_ppm: u32) -> QuoteTerms {
    QuoteTerms {
        amount: usd(minor),
        rate_ppm,
        day_count: DayCount::A004.into(),
        recourse: Recourse::None.into(),
        expires_on: Some(date("2024-01-10").to_proto()),
        ..Default::default()
    }
}

fn with_fee(mut terms: QuoteTerms, amount_minor: u64) -> QuoteTerms {
    terms.fees.push(QuoteFee {
        name: "fee".into(),
        amount_minor,
    });
    terms
}

fn priced(request: &Request, terms: &QuoteTerms) -> Option<Price> {
    price(request, terms, date("2024-01-01")).expect("a request with due dates")
}

#[test]
fn a_sale_costs_its_discount() {
    // 100,000.00 at 6 % for 90 days of 360: 1,500.00; of a year 1,500 · 365 / (98,500 · 90).
    let request = request(
        Technique::ReceivablesDiscounting,
        &[(10_000_000, "2024-03-31")],
    );
    let price = priced(&request, &terms(10_000_000, 60_000)).expect("a price");
    let expected = Price {
        parts_minor: vec![10_000_000],
        cost_minor: 150_000,
        fees_minor: 0,
        proceeds_minor: 9_850_000,
        net_minor: 9_850_000,
        annual_cost_ppm: 61_760,
    };
    assert_eq!(price, expected);
}

#[test]
fn claims_are_discounted_each_to_its_own_due_date() {
    // Of 100.00 and 300.00, half is sold: 50.00 for 30 days, 150.00 for 60, at 12 %: 0.50 and 3.00.
    let request = request(
        Technique::Factoring,
        &[(10_000, "2024-01-31"), (30_000, "2024-03-01")],
    );
    let price = priced(&request, &with_fee(terms(20_000, 120_000), 25)).expect("a price");
    let expected = Price {
        parts_minor: vec![5_000, 15_000],
        cost_minor: 350,
        fees_minor: 25,
        proceeds_minor: 19_625,
        net_minor: 19_625,
        // 3.75 · 365 / (196.25 · 53); the days (50 · 30 + 150 · 60) / 200 are 52.5, half-even 52.
        annual_cost_ppm: 134_125,
    };
    assert_eq!(price, expected);
}

#[test]
fn a_loan_pays_out_all_but_its_fees_and_costs_interest_to_the_last_due_date() {
    // 80.00 at 7 % for 60 days of 360: 0.93; with the fee 1.93 · 365 / (79.00 · 60).
    let request = request(
        Technique::LoanAgainstReceivables,
        &[(5_000, "2024-01-31"), (5_000, "2024-03-01")],
    );
    let price = priced(&request, &with_fee(terms(8_000, 70_000), 100)).expect("a price");
    let expected = Price {
        parts_minor: Vec::new(),
        cost_minor: 93,
        fees_minor: 100,
        proceeds_minor: 7_900,
        net_minor: 7_807,
        annual_cost_ppm: 148_618,
    };
    assert_eq!(price, expected);
}

#[test]
fn a_quote_that_leaves_nothing_has_no_price() {
    let sale = request(Technique::ReceivablesDiscounting, &[(100, "2024-12-26")]);
    // A year's discount at 100 % is all there is.
    assert_eq!(priced(&sale, &terms(100, 1_000_000)), None);
    assert_eq!(priced(&sale, &with_fee(terms(100, 0), 100)), None);
    assert_eq!(priced(&sale, &with_fee(terms(100, 0), 101)), None);
    let one = priced(&sale, &with_fee(terms(100, 0), 99)).expect("a unit is left");
    assert_eq!((one.net_minor, one.proceeds_minor), (1, 1));
    // 99 · 365 · 10^6 / (1 · 360).
    assert_eq!(one.annual_cost_ppm, 100_375_000);
    // 999 · 365 · 10^6 is beyond what 32 bits hold.
    let tomorrow = request(Technique::ReceivablesDiscounting, &[(1_000, "2024-01-02")]);
    let dear = priced(&tomorrow, &with_fee(terms(1_000, 0), 999)).expect("a unit is left");
    assert_eq!(dear.annual_cost_ppm, u32::MAX);
}

/// A revealed quote, committed at a height and index; sealed where it has no terms.
fn quote(bank: &str, (height, index): (u64, u32), terms: Option<QuoteTerms>) -> Quote {
    let state = match terms {
        Some(_) => QuoteState::Revealed,
        None => QuoteState::Committed,
    };
    Quote {
        bank: bank.into(),
        height,
        index,
        state: state.into(),
        terms,
        ..Default::default()
    }
}

#[test]
fn the_best_net_comes_first_then_the_earlier_commitment() {
    let request = request(Technique::ReceivablesDiscounting, &[(10_000, "2024-01-31")]);
    let mut other_recourse = terms(10_000, 0);
    other_recourse.recourse = Recourse::Unspecified.into();
    let mut expired = terms(10_000, 0);
    expired.expires_on = Some(date("2023-12-31").to_proto());
    let quotes = vec![
        quote("expired", (5, 0), Some(expired)),
        quote("late", (7, 1), Some(terms(10_000, 60_000))),
        quote("sealed", (1, 0), None),
        quote("early", (7, 0), Some(terms(10_000, 60_000))),
        quote("other-sum", (2, 0), Some(terms(9_000, 0))),
        quote("dear", (1, 1), Some(terms(10_000, 120_000))),
        quote("earliest", (6, 9), Some(terms(10_000, 60_000))),
        quote("other-recourse", (3, 0), Some(other_recourse)),
        quote(
            "nothing-left",
            (4, 0),
            Some(with_fee(terms(10_000, 0), 10_000)),
        ),
        quote("best", (9, 0), Some(terms(10_000, 12_000))),
    ];
    let ranked = rank(&request, quotes, date("2024-01-01")).expect("good records");
    let order: Vec<(&str, Option<u32>)> = ranked
        .iter()
        .map(|Ranked { quote, rank, .. }| (quote.bank.as_str(), *rank))
        .collect();
    let expected = [
        ("best", Some(1)),
        ("earliest", Some(2)),
        ("early", Some(3)),
        ("late", Some(4)),
        ("dear", Some(5)),
        ("sealed", None),
        ("other-sum", None),
        ("other-recourse", None),
        ("nothing-left", None),
        ("expired", None),
    ];
    assert_eq!(order, expected);
    let has_price = |bank: &str| {
        let ranked = ranked.iter().find(|ranked| ranked.quote.bank == bank);
        ranked.is_some_and(|ranked| ranked.price.is_some())
    };
    // What is listed apart shows its price all the same.
    assert!(has_price("other-sum") && has_price("other-recourse"));
    assert!(!has_price("sealed") && !has_price("nothing-left"));
}

/// 5.3 ranks only within the recourse that was asked for: its kind, its cap and its last day.
#[test]
fn quotes_with_another_recourse_are_listed_apart() {
    let limit = |cap_minor, last: &str| {
        Some(RecourseLimit {
            cap_minor,
            expires_on: Some(date(last).to_proto()),
        })
    };
    let mut request = request(Technique::Factoring, &[(10_000, "2024-03-31")]);
    request.set_recourse(Recourse::Limited);
    request.recourse_limit = limit(2_000, "2024-06-30");
    let of = |rate_ppm, recourse: Recourse, recourse_limit| {
        Some(QuoteTerms {
            recourse: recourse.into(),
            recourse_limit,
            ..terms(10_000, rate_ppm)
        })
    };
    let more = limit(2_001, "2024-06-30");
    let quotes = vec![
        quote("full", (1, 0), of(10_000, Recourse::Full, None)),
        quote("more", (1, 1), of(20_000, Recourse::Limited, more)),
        quote(
            "asked",
            (1, 2),
            of(60_000, Recourse::Limited, request.recourse_limit),
        ),
        quote("none", (1, 3), of(70_000, Recourse::None, None)),
    ];
    let ranked = rank(&request, quotes, date("2024-01-01")).expect("good quotes");
    let order: Vec<(&str, Option<u32>)> = ranked
        .iter()
        .map(|ranked| (ranked.quote.bank.as_str(), ranked.rank))
        .collect();
    assert_eq!(order[0], ("asked", Some(1)));
    assert!(
        order[1..].iter().all(|(_, rank)| rank.is_none()),
        "{order:?}"
    );
}
