//! Claims that a bank pays for over the external rail: they wait for its payment (specification 5.4, 6.3).

use counterfoil_proto::cash::v1::PaymentState;
use counterfoil_proto::financing::v1::{OpenRequest, QuoteState, QuoteTerms, RequestState};
use counterfoil_proto::receivable::v1::Rank;
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::supervision::{claim_key, organization_key};
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, ISSUER, SELLER, TODAY, assert_payment, award, award_outside,
    award_parts_outside, collect_suspense, commit, confirm_payment, contest, freeze, instruct,
    issue_to, lift, offer, open_as, open_request, quote, quote_outside, reveal, rule_payment, salt,
    settle, split, suspense_of, time_out, wire,
};
use counterfoil_rules_tests::workload::bench::Bench;

const BANK: &str = "bank-west";
const OTHER: &str = "bank-east";
const ARBITER: &str = "guarantor";
const REGULATOR: &str = "regulator";
/// The day on which the quotes are revealed and taken.
const AWARDED: i64 = TODAY + 1;

/// A request for all of a claim of 1,500.00, with these quotes revealed.
fn quoted(
    bench: &mut Bench,
    finance: Finance,
    quotes: &[QuoteTerms],
    banks: &[&str],
) -> (Vec<u8>, Vec<u8>) {
    let receivable = bench.owed("N-1", 150_000);
    let open = OpenRequest {
        arbiter: ARBITER.into(),
        ..open_request(finance, &[(&receivable, 0)], 150_000)
    };
    let opened = bench.succeed(SELLER, open_as(open));
    let request = tagged_hash("counterfoil/request-id/v1", &[&opened.tx_id]).to_vec();
    for (bank, terms) in banks.iter().zip(quotes) {
        bench.succeed(bank, commit(&request, bank, terms));
    }
    bench.roll_to(AWARDED);
    for (bank, terms) in banks.iter().zip(quotes) {
        bench.succeed(bank, reveal(&request, terms, salt()));
    }
    (receivable, request)
}

fn sold_outside(bench: &mut Bench) -> (Vec<u8>, Vec<u8>, Vec<u8>) {
    let terms = quote_outside(BANK, 100_000);
    let (receivable, request) = quoted(bench, Finance::Sale, &[terms], &[BANK]);
    bench.succeed(SELLER, award_outside(&request, BANK, AWARDED));
    let payment = bench.quote(&request, BANK).payment;
    (receivable, request, payment)
}

#[test]
fn a_claim_waits_for_its_price_and_passes_once_it_is_confirmed() {
    let mut bench = Bench::new();
    let terms = quote_outside(BANK, 100_000);
    let (receivable, request) = quoted(&mut bench, Finance::Sale, &[terms], &[BANK]);
    for (pay_on, what) in [(AWARDED - 1, "yesterday"), (AWARDED + 5, "too late")] {
        bench.expect(SELLER, award_outside(&request, BANK, pay_on), 6009, what);
    }
    bench.expect(SELLER, award(&request, BANK), 6009, "without a day");
    bench.succeed(SELLER, award_outside(&request, BANK, AWARDED));

    // 1,000.00 for 29 days at 7 %: 5.64. Two thirds are split off, the rest is the seller's at once.
    let taken = bench.quote(&request, BANK);
    assert_eq!(taken.state(), QuoteState::Taken);
    let payment = bench.payment(&taken.payment);
    assert_eq!(payment.amount.expect("an amount").minor, 100_000 - 564);
    assert_eq!(
        (payment.payer.as_str(), payment.payee.as_str()),
        (BANK, SELLER)
    );
    let (waiting, kept) = (bench.claim(&receivable, 1), bench.claim(&receivable, 2));
    assert_eq!(
        (waiting.outstanding_minor, kept.outstanding_minor),
        (100_000, 50_000)
    );
    assert_eq!((kept.rank(), &kept.encumbrance), (Rank::Retained, &None));
    assert_eq!(bench.request(&request).state(), RequestState::Awarded);
    // It can be neither divided nor passed on meanwhile, and the bank's limit keeps its place.
    bench.expect(SELLER, split(&receivable, 1, &[1, 99_999]), 5004, "a split");
    bench.expect(
        SELLER,
        offer(&receivable, 1, "smith", AWARDED),
        5004,
        "an offer",
    );
    assert_eq!(bench.claim(&receivable, 1).controller, SELLER);

    bench.roll_to(AWARDED + 1);
    bench.expect(
        BANK,
        assert_payment(wire(&taken.payment, "W-1", AWARDED + 1)),
        3035,
        "interest was reckoned from another day",
    );
    bench.succeed(BANK, assert_payment(wire(&taken.payment, "W-1", AWARDED)));
    bench.expect(
        BANK,
        confirm_payment(&taken.payment),
        3038,
        "by the bank itself",
    );
    bench.succeed(SELLER, confirm_payment(&taken.payment));
    let claim = bench.claim(&receivable, 1);
    assert_eq!(
        (claim.controller.as_str(), &claim.encumbrance),
        (BANK, &None)
    );
    assert_eq!(bench.quote(&request, BANK).state(), QuoteState::Awarded);
    assert_eq!(bench.used(BANK, BUYER), 100_000);
}

#[test]
fn a_bank_that_does_not_pay_leaves_the_claim_to_its_seller() {
    let mut bench = Bench::new();
    let (receivable, request, payment) = sold_outside(&mut bench);
    bench.roll_to(AWARDED + 5);
    bench.succeed(SELLER, time_out(&payment));
    let claim = bench.claim(&receivable, 1);
    assert_eq!(
        (claim.controller.as_str(), &claim.encumbrance),
        (SELLER, &None)
    );
    assert_eq!(claim.rank(), Rank::Senior);
    assert_eq!(bench.quote(&request, BANK).state(), QuoteState::Failed);
}

/// The bank says that it paid, and the seller nothing: no time lets the claim go.
#[test]
fn after_an_assertion_silence_keeps_the_claim_until_the_arbiter_rules() {
    for paid in [true, false] {
        let mut bench = Bench::new();
        let (receivable, request, payment) = sold_outside(&mut bench);
        bench.succeed(BANK, assert_payment(wire(&payment, "W-1", AWARDED)));
        bench.roll_to(AWARDED + 10);
        bench.expect(SELLER, time_out(&payment), 3032, "asserted");
        bench.succeed(BANK, contest(&payment));
        assert_eq!(bench.payment(&payment).state(), PaymentState::Contested);
        assert!(bench.claim(&receivable, 1).encumbrance.is_some());
        bench.succeed(ARBITER, rule_payment(&payment, paid));
        let (holder, state) = match paid {
            true => (BANK, QuoteState::Awarded),
            false => (SELLER, QuoteState::Failed),
        };
        assert_eq!(bench.claim(&receivable, 1).controller, holder);
        assert_eq!(bench.quote(&request, BANK).state(), state);
    }
}

/// Who is owed what the debtor pays meanwhile is known with the outcome of the price.
#[test]
fn what_the_debtor_pays_while_the_price_is_under_way_waits_for_its_outcome() {
    for bought in [true, false] {
        let mut bench = Bench::new();
        let (receivable, _, price) = sold_outside(&mut bench);
        bench.succeed(ISSUER, issue_to(BUYER, 150_000, "funds"));
        let over_the_rail = instruct(&receivable, 150_000, "wire", AWARDED);
        bench.expect(BUYER, over_the_rail, 2031, "only deposits wait");
        let paid = bench.succeed(BUYER, settle(&receivable, 150_000, "settlement"));
        assert!(bench.receivable(&receivable).live_claims.is_empty());
        assert_eq!(bench.available(SELLER, ISSUER), 50_000);
        let suspense = suspense_of(&paid.tx_id, 0);
        for due_to in [SELLER, BANK] {
            bench.expect(due_to, collect_suspense(&suspense), 3054, "under way");
        }
        let (due_to, other) = match bought {
            true => (BANK, SELLER),
            false => (SELLER, BANK),
        };
        if bought {
            bench.succeed(BANK, assert_payment(wire(&price, "W-1", AWARDED)));
            bench.succeed(SELLER, confirm_payment(&price));
        } else {
            bench.roll_to(AWARDED + 5);
            bench.succeed(SELLER, time_out(&price));
        }
        bench.expect(other, collect_suspense(&suspense), 3051, "the other's");
        bench.succeed(due_to, collect_suspense(&suspense));
        let has = [SELLER, BANK].map(|id| bench.available(id, ISSUER));
        assert_eq!(
            has,
            if bought {
                [50_000, 100_000]
            } else {
                [150_000, 0]
            }
        );
    }
}

#[test]
fn a_frozen_claim_does_not_pass_by_the_confirmation_of_its_price() {
    for buyer in [true, false] {
        let mut bench = Bench::new();
        let (receivable, _, price) = sold_outside(&mut bench);
        let record = match buyer {
            true => organization_key(BANK),
            false => claim_key(&receivable, 1),
        };
        bench.succeed(BANK, assert_payment(wire(&price, "W-1", AWARDED)));
        bench.succeed(REGULATOR, freeze(&record, &[SELLER]));
        bench.expect(SELLER, confirm_payment(&price), 2030, "frozen");
        bench.roll_to(AWARDED + 10);
        bench.succeed(BANK, contest(&price));
        bench.expect(ARBITER, rule_payment(&price, true), 2030, "frozen");
        bench.succeed(REGULATOR, lift(&record));
        bench.succeed(ARBITER, rule_payment(&price, true));
        assert_eq!(bench.claim(&receivable, 1).controller, BANK);
    }
}

#[test]
fn of_two_funders_one_pays_in_deposits_and_one_outside() {
    let mut bench = Bench::new();
    let terms = [
        QuoteTerms {
            smallest_part_minor: 1,
            ..quote(OTHER, 150_000)
        },
        QuoteTerms {
            smallest_part_minor: 1,
            ..quote_outside(BANK, 150_000)
        },
    ];
    let (receivable, request) = quoted(&mut bench, Finance::Sale, &terms, &[OTHER, BANK]);
    let parts = [(OTHER, 60_000), (BANK, 90_000)];
    let pay_on = Some(AWARDED);
    bench.succeed(SELLER, award_parts_outside(&request, &parts, pay_on));
    assert_eq!(bench.claim(&receivable, 1).controller, OTHER);
    assert_eq!(bench.claim(&receivable, 2).controller, SELLER);
    bench.roll_to(AWARDED + 5);
    bench.succeed(SELLER, time_out(&bench.quote(&request, BANK).payment));
    // The one part is sold, the other the seller's again, in its own rank.
    let back = bench.claim(&receivable, 2);
    assert_eq!((back.rank(), &back.encumbrance), (Rank::Senior, &None));
    let states = [OTHER, BANK].map(|bank| bench.quote(&request, bank).state());
    assert_eq!(states, [QuoteState::Awarded, QuoteState::Failed]);
}

#[test]
fn all_or_none_is_paid_in_deposits_alone() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 1_000);
    let open = OpenRequest {
        all_or_none: true,
        ..open_request(Finance::Sale, &[(&receivable, 0)], 1_000)
    };
    let opened = bench.succeed(SELLER, open_as(open));
    let request = tagged_hash("counterfoil/request-id/v1", &[&opened.tx_id]).to_vec();
    let terms = quote_outside(BANK, 1_000);
    bench.succeed(BANK, commit(&request, BANK, &terms));
    bench.roll_to(AWARDED);
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    bench.expect(SELLER, award_outside(&request, BANK, AWARDED), 6080, "all");
}

#[test]
fn a_loan_begins_with_the_value_date_of_its_payment() {
    let mut bench = Bench::new();
    let terms = quote_outside(BANK, 100_000);
    let (receivable, request) = quoted(&mut bench, Finance::Loan, &[terms], &[BANK]);
    bench.succeed(SELLER, award_outside(&request, BANK, AWARDED + 1));
    let payment = bench.quote(&request, BANK).payment;
    assert!(bench.claim(&receivable, 0).encumbrance.is_some());
    bench.roll_to(AWARDED + 3);
    bench.succeed(BANK, assert_payment(wire(&payment, "W-1", AWARDED + 1)));
    bench.succeed(SELLER, confirm_payment(&payment));
    let award = bench.quote(&request, BANK).award.expect("an award");
    let loan = bench.loan(&award.loan);
    assert_eq!(loan.opened_on, Some(date(AWARDED + 1)));
    assert_eq!(loan.outstanding_minor, 100_000);
    assert_eq!(loan.collateral[0].number, 0);
    assert_eq!(loan.issuer, "");
}
