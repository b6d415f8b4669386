//! Debtors that pay in part, worked through in figures.

use counterfoil_proto::financing::v1::RequestState;
use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_proto::settlement::v1::event::Event as SettlementEvent;
use counterfoil_proto::settlement::v1::{ClaimPaid, Event, ReceivablePaid};
use counterfoil_proto::v1::{Accrual, Money, Receipt};
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::contract;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, ISSUER, RECIPIENT, SELLER, TODAY, accept, issue_to, offer, release, repay,
    settle, split, usd,
};
use counterfoil_rules_tests::workload::bench::Bench;
use prost::Message as _;

const BANK: &str = "bank-west";
const DUE: i64 = TODAY + 30;

/// Claim, principal, penalty and what the lender got of both, for each claim that was paid.
fn shares(receipt: &Receipt) -> Vec<(u32, u64, u64, u64)> {
    let minor = |sum: Option<Money>| sum.map_or(0, |sum| sum.minor);
    let figures = |paid: ClaimPaid| {
        (
            paid.claim,
            minor(paid.principal),
            minor(paid.penalty),
            minor(paid.to_lender),
        )
    };
    let told = told(receipt).into_iter();
    let claims = told.filter_map(|(_, event)| match event {
        SettlementEvent::ClaimPaid(paid) => Some(figures(paid)),
        _ => None,
    });
    claims.collect()
}

fn paid(receipt: &Receipt) -> ReceivablePaid {
    match told(receipt).swap_remove(0) {
        (_, SettlementEvent::Paid(paid)) => paid,
        other => panic!("not a payment: {other:?}"),
    }
}

/// The settlement's events, with whom they concern.
fn told(receipt: &Receipt) -> Vec<(Vec<String>, SettlementEvent)> {
    let events = receipt.events.iter();
    let settlements = events.filter(|event| event.contract == contract::SETTLEMENT);
    let opened = settlements.map(|event| {
        let body = Event::decode(event.body.as_slice()).expect("an event decodes");
        let kind = body.event.expect("some event");
        (event.organizations.clone(), kind)
    });
    opened.collect()
}

fn funded(bench: &mut Bench) {
    bench.succeed(ISSUER, issue_to(BUYER, 1_000_000, "funds"));
}

/// 100.00 is split into 60.00 and 40.00, and 80 % of the 60.00 is sold: 48.00 Senior are the bank's and
/// 12.00 Retained the seller's, beside its 40.00 Senior. 45 days late at 8 % a hundredth is owed on top
/// of each: 0.48, 0.12 and 0.40.
#[test]
fn part_payments_go_through_the_four_tiers() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    bench.succeed(SELLER, split(&receivable, 0, &[6_000, 4_000]));
    bench.finance(Finance::Sale, &[(&receivable, 1)], 4_800, BANK);
    funded(&mut bench);
    bench.roll_to(DUE + 45);
    let mut pay = |minor, name: &str| bench.succeed(BUYER, settle(&receivable, minor, name));
    // Half of the senior principal, pro rata 40 : 48.
    let first = pay(4_400, "1");
    assert_eq!(shares(&first), [(2, 2_000, 0, 0), (3, 2_400, 0, 0)]);
    // The rest of it, and half of the senior penalty.
    let second = pay(4_444, "2");
    assert_eq!(shares(&second), [(2, 2_000, 20, 0), (3, 2_400, 24, 0)]);
    // The rest of that, and half of the retained principal.
    let third = pay(644, "3");
    assert_eq!(
        shares(&third),
        [(2, 0, 20, 0), (3, 0, 24, 0), (4, 600, 0, 0)]
    );
    assert!(!paid(&third).settled);
    // The rest of all, and one cent too much.
    let last = paid(&pay(613, "4"));
    assert!(last.settled);
    assert_eq!(last.refund.map(|refund| refund.minor), Some(1));
    assert_eq!(last.days_late, 45);
    let settled = bench.receivable(&receivable);
    assert_eq!(settled.state(), ReceivableState::Settled);
    assert_eq!(
        (settled.redeemed_minor, settled.penalty_paid_minor),
        (10_000, 100)
    );
    assert_eq!(settled.settled_on, Some(date(DUE + 45)));
    assert_eq!(bench.available(BANK, ISSUER), 4_848);
    assert_eq!(bench.available(SELLER, ISSUER), 4_040 + 1_212);
    assert_eq!(bench.available(BUYER, ISSUER), 1_000_000 - 10_100);
}

/// A cent a day on 20.00 that is late, at 8 %: each day costs 0.44 of a cent, which rounded by the
/// day would be nothing for ever. After ten days it is 0.08 / 360 of 2,000 + 1,999 + … + 1,991 =
/// 19,955, which is 4.4344… cents: 4 are owed, 156,400,000 parts of 360,000,000 carried on.
#[test]
fn daily_payments_lose_no_penalty() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 2_000);
    funded(&mut bench);
    for day in 1..=10 {
        bench.roll_to(DUE + day);
        bench.succeed(BUYER, settle(&receivable, 1, &format!("cent {day}")));
    }
    let claim = bench.claim(&receivable, 0);
    assert_eq!(claim.outstanding_minor, 1_990);
    let expected = Accrual {
        minor: 4,
        fraction: 156_400_000,
        to: Some(date(DUE + 10)),
    };
    assert_eq!(claim.penalty, Some(expected));
    // All of it but a cent: that one, of the penalty, keeps the claim alive.
    bench.succeed(BUYER, settle(&receivable, 1_993, "almost all"));
    assert_eq!(bench.receivable(&receivable).live_claims, [0]);
    bench.roll_to(DUE + 400);
    let last = paid(&bench.succeed(BUYER, settle(&receivable, 5, "the last cent")));
    assert_eq!(last.penalty.map(|penalty| penalty.minor), Some(1));
    assert!(last.settled);
}

/// 80.00 are lent on a claim of 100.00 at 7 %. On the due date, 29 days later, 80.00 · 0.07 · 29 / 360 =
/// 45.11 cents of interest are owed. The debtor's 100.00 pay the lender 80.45 and the owner 19.55.
#[test]
fn collateral_repays_its_loan_and_the_owner_gets_the_rest() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    let loan = bench.finance(Finance::Loan, &[(&receivable, 0)], 8_000, BANK);
    assert_eq!(bench.available(SELLER, BANK), 8_000);
    funded(&mut bench);
    bench.roll_to(DUE);
    // 1.00 before the rest: the interest, and 0.55 of the principal.
    let first = bench.succeed(BUYER, settle(&receivable, 100, "1"));
    assert_eq!(shares(&first), [(0, 100, 0, 100)]);
    assert_eq!(bench.loan(&loan).outstanding_minor, 7_945);
    let rest = bench.succeed(BUYER, settle(&receivable, 9_900, "2"));
    assert_eq!(shares(&rest), [(0, 9_900, 0, 7_945)]);
    assert_eq!(bench.available(BANK, ISSUER), 8_045);
    assert_eq!(bench.available(SELLER, ISSUER), 1_955);
    let repaid = bench.loan(&loan);
    assert_eq!(repaid.repaid_on, Some(date(DUE)));
    assert_eq!(repaid.interest_paid_minor, 45);
    assert!(repaid.collateral.is_empty());
    // Two payees, the loan, the payment, the claim; that is paid, so that no pledge needs a release.
    let contracts: Vec<u32> = rest.events.iter().map(|event| event.contract).collect();
    assert_eq!(contracts, [3, 3, 6, 7, 7]);
}

/// The debtor is told of the whole payment, each payee of its own claim, and a lender of what it is pledged.
#[test]
fn a_payment_tells_each_payee_of_its_own_claim() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    bench.succeed(SELLER, split(&receivable, 0, &[4_000, 6_000]));
    bench.succeed(SELLER, offer(&receivable, 1, RECIPIENT, TODAY + 10));
    bench.succeed(RECIPIENT, accept(&receivable, 1, ""));
    bench.finance(Finance::Loan, &[(&receivable, 2)], 3_000, BANK);
    funded(&mut bench);
    let payment = bench.succeed(BUYER, settle(&receivable, 10_000, "all"));
    let mut told = told(&payment).into_iter();
    let (concerned, SettlementEvent::Paid(whole)) = told.next().expect("the payment") else {
        panic!("not a payment first");
    };
    assert_eq!(concerned, [BUYER]);
    let shares = whole.shares.iter();
    let shares: Vec<(u32, &str)> = shares.map(|s| (s.claim, s.controller.as_str())).collect();
    assert_eq!(shares, [(1, RECIPIENT), (2, SELLER)]);
    let mut claim_paid = |payees: &[&str]| {
        let (concerned, SettlementEvent::ClaimPaid(paid)) = told.next().expect("a claim") else {
            panic!("not a claim's payment");
        };
        assert_eq!(concerned, payees);
        assert!(paid.spent);
        paid
    };
    let passed_on = claim_paid(&[RECIPIENT]);
    assert_eq!((passed_on.claim, passed_on.to_lender), (1, None));
    assert!(passed_on.loan.is_empty());
    let pledged = claim_paid(&[BANK, SELLER]);
    assert_eq!((pledged.claim, pledged.controller.as_str()), (2, SELLER));
    assert_eq!(pledged.principal, usd(6_000));
    assert_eq!(pledged.to_lender, usd(3_000));
    assert!(told.next().is_none());
}

/// Three claims of two receivables secure one loan of 50.00. The first receivable's payment of 60.00
/// brings 30.00 by each of its claims: the first pays the lender in full, the second still something.
/// After that nothing is owed, and what is alive of the collateral is free.
#[test]
fn a_loan_on_several_claims_is_paid_in_their_order() {
    let mut bench = Bench::new();
    let (one, two) = (bench.owed("N-1", 10_000), bench.owed("N-2", 5_000));
    bench.succeed(SELLER, split(&one, 0, &[5_000, 5_000]));
    let claims: &[(&[u8], u32)] = &[(&one, 1), (&one, 2), (&two, 0)];
    let loan = bench.finance(Finance::Loan, claims, 5_000, BANK);
    funded(&mut bench);
    // On the day of the award no interest is owed yet.
    let payment = bench.succeed(BUYER, settle(&one, 6_000, "1"));
    assert_eq!(
        shares(&payment),
        [(1, 3_000, 0, 3_000), (2, 3_000, 0, 2_000)]
    );
    assert!(bench.loan(&loan).collateral.is_empty());
    for (receivable, number, outstanding) in [(&one, 1, 2_000), (&one, 2, 2_000), (&two, 0, 5_000)]
    {
        let claim = bench.claim(receivable, number);
        assert_eq!(claim.outstanding_minor, outstanding);
        assert_eq!(claim.encumbrance, None);
    }
    // Cash to lender and owner, the loan twice, three releases, the payment, two claims.
    let contracts: Vec<u32> = payment.events.iter().map(|event| event.contract).collect();
    assert_eq!(contracts, [3, 3, 6, 6, 5, 5, 5, 7, 7, 7]);
}

/// The borrower repays as it likes; a claim that the lender released brings it nothing.
#[test]
fn a_loan_outlives_its_collateral() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    let loan = bench.finance(Finance::Loan, &[(&receivable, 0)], 8_000, BANK);
    bench.succeed(BANK, release(&loan, &receivable, 0));
    funded(&mut bench);
    bench.succeed(BUYER, settle(&receivable, 10_000, "all"));
    assert_eq!(bench.available(SELLER, ISSUER), 10_000);
    // 360 days after it was opened: 8,000 · 0.07 = 560.
    bench.roll_to(TODAY + 1 + 360);
    bench.succeed(BANK, issue_to(SELLER, 2_000, "more"));
    bench.succeed(SELLER, repay(&loan, BANK, 559, "1"));
    let open = bench.loan(&loan);
    assert_eq!(
        (open.outstanding_minor, open.interest_paid_minor),
        (8_000, 559)
    );
    // What is more than owed stays with the borrower.
    bench.succeed(SELLER, repay(&loan, BANK, 9_000, "2"));
    assert_eq!(bench.available(SELLER, BANK), 10_000 - 8_560);
    bench.expect(SELLER, repay(&loan, BANK, 1, "3"), 6052, "a repaid loan");
}

/// 22.50 at 8 % is three days late: 1.5 cents, owed as 2. Who pays one of them with the principal owes the
/// other, also on a later day: half a cent is not rounded twice.
#[test]
fn a_rounded_half_is_owed_until_it_is_paid() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 2_250);
    funded(&mut bench);
    bench.roll_to(DUE + 3);
    bench.succeed(BUYER, settle(&receivable, 2_251, "1"));
    bench.roll_to(DUE + 60);
    let last = paid(&bench.succeed(BUYER, settle(&receivable, 5, "2")));
    assert_eq!(last.penalty.map(|penalty| penalty.minor), Some(1));
    assert_eq!(last.refund.map(|refund| refund.minor), Some(4));
    assert!(last.settled);
}

/// A cent of the debtor's ends the offer of one claim and the request that another is in, with all
/// of the request's claims.
#[test]
fn a_payment_overtakes_offers_and_requests() {
    let mut bench = Bench::new();
    let (one, two) = (bench.owed("N-1", 10_000), bench.owed("N-2", 5_000));
    bench.succeed(SELLER, split(&one, 0, &[4_000, 6_000]));
    bench.succeed(SELLER, offer(&one, 1, RECIPIENT, TODAY + 10));
    let request = bench.request_for(Finance::Sale, &[(&one, 2), (&two, 0)], 11_000);
    funded(&mut bench);
    // One cent goes to the larger claim, and nothing to the one on offer.
    bench.succeed(BUYER, settle(&one, 1, "1"));
    assert!(bench.claim(&one, 1).encumbrance.is_some());
    assert_eq!(bench.claim(&one, 2).encumbrance, None);
    assert_eq!(bench.claim(&two, 0).encumbrance, None);
    let state = bench.request(&request).state();
    assert_eq!(state, RequestState::Overtaken);
    bench.succeed(BUYER, settle(&one, 10, "2"));
    assert_eq!(bench.claim(&one, 1).encumbrance, None);
    bench.expect(RECIPIENT, accept(&one, 1, ""), 5012, "an overtaken offer");
}
