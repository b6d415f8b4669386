//! What is paid on something frozen waits, for its release or a ruling (specification 7.2, 1.6).

use counterfoil_proto::membership::v1::Suspension;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_rules_tests::model::supervision::{
    claim_key, key, organization_key, receivable_key,
};
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, GROSS, ISSUER, RECIPIENT, SELLER, TODAY, assert_payment, collect_suspense,
    confirm_payment, freeze, freeze_until, instruct, issue_to, lift, offer, register, registration,
    repay, request_redemption, rule_on_suspense, settle, split, suspense_of, transfer, wire,
};
use counterfoil_rules_tests::workload::bench::Bench;

use super::{BANK, REGULATOR};

#[test]
fn a_frozen_share_waits_until_it_is_released() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(SELLER, split(&receivable, 0, &[GROSS - 2_345, 2_345]));
    let record = claim_key(&receivable, 2);
    bench.succeed(REGULATOR, freeze(&record, &[SELLER]));
    bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
    let paid = bench.succeed(BUYER, settle(&receivable, GROSS, "settlement"));
    // The debtor owes nothing any more.
    assert!(bench.receivable(&receivable).live_claims.is_empty());
    assert_eq!(bench.available(BUYER, ISSUER), 0);
    assert_eq!(bench.available(SELLER, ISSUER), GROSS - 2_345);
    let suspense = suspense_of(&paid.tx_id, 0);
    bench.expect(SELLER, collect_suspense(&suspense), 2030, "frozen");
    bench.expect(BUYER, collect_suspense(&suspense), 3051, "the payer");
    bench.expect(SELLER, collect_suspense(&[0; 32]), 3050, "no such thing");
    bench.succeed(REGULATOR, lift(&record));
    bench.succeed(SELLER, collect_suspense(&suspense));
    assert_eq!(bench.available(SELLER, ISSUER), GROSS);
    bench.expect(SELLER, collect_suspense(&suspense), 3052, "twice");
    bench.expect(
        REGULATOR,
        rule_on_suspense(&suspense, BUYER),
        3052,
        "too late",
    );
}

#[test]
fn a_regulator_rules_who_gets_what_waits() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(REGULATOR, freeze(&receivable_key(&receivable), &[SELLER]));
    bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
    let paid = bench.succeed(BUYER, settle(&receivable, GROSS, "settlement"));
    let suspense = suspense_of(&paid.tx_id, 0);
    bench.expect(
        BUYER,
        rule_on_suspense(&suspense, BUYER),
        3001,
        "no regulator",
    );
    bench.expect(
        REGULATOR,
        rule_on_suspense(&suspense, "nobody"),
        3003,
        "nobody",
    );
    bench.succeed(REGULATOR, rule_on_suspense(&suspense, RECIPIENT));
    bench.expect(
        SELLER,
        collect_suspense(&suspense),
        3051,
        "no longer its own",
    );
    // Frozen or not.
    bench.succeed(RECIPIENT, collect_suspense(&suspense));
    assert_eq!(bench.available(RECIPIENT, ISSUER), GROSS);
}

#[test]
fn a_freeze_with_a_last_day_lifts_by_itself() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let record = receivable_key(&receivable);
    bench.succeed(REGULATOR, freeze_until(&record, TODAY + 1));
    bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
    let paid = bench.succeed(BUYER, settle(&receivable, 345, "settlement"));
    let suspense = suspense_of(&paid.tx_id, 0);
    bench.roll_to(TODAY + 1);
    bench.expect(SELLER, collect_suspense(&suspense), 2030, "the last day");
    bench.roll_to(TODAY + 2);
    bench.expect(REGULATOR, lift(&record), 2016, "it is over");
    bench.succeed(SELLER, collect_suspense(&suspense));
    bench.succeed(SELLER, offer(&receivable, 0, RECIPIENT, TODAY + 3));
}

#[test]
fn a_frozen_organization_pays_and_releases_and_begins_nothing() {
    let mut bench = Bench::new();
    let claims = bench.owed("N-1", GROSS);
    let owed = bench.owed("N-2", GROSS);
    let loan = bench.finance(Finance::Loan, &[(&claims, 0)], 10_000, BANK);
    bench.succeed(ISSUER, issue_to(BUYER, 2 * GROSS, "funds"));
    bench.succeed(REGULATOR, freeze(&organization_key(SELLER), &[SELLER]));
    let acts = [
        offer(&owed, 0, RECIPIENT, TODAY + 3),
        split(&owed, 0, &[1, GROSS - 1]),
        transfer(RECIPIENT, 1, "away"),
    ];
    for act in acts {
        bench.expect(SELLER, act, 2030, "a frozen organization");
    }
    // It repays out of what it has, and its claim is free.
    bench.succeed(SELLER, repay(&loan, BANK, 9_000, "repayment"));
    // It is paid into suspense, whatever the debtor knows of it.
    let paid = bench.succeed(BUYER, settle(&owed, GROSS, "settlement"));
    assert_eq!(bench.available(SELLER, ISSUER), 0);
    let suspense = suspense_of(&paid.tx_id, 0);
    bench.expect(SELLER, collect_suspense(&suspense), 2030, "frozen");
    bench.expect(SELLER, request_redemption("out"), 2030, "out of reach");
    bench.succeed(SELLER, register(registration("N-3")));
    // Suspended as well it still pays.
    let suspension = Suspension {
        organization: SELLER.into(),
        reason: "It is wound up.".into(),
    };
    bench.decide(Decision::Suspend(suspension));
    bench.succeed(SELLER, repay(&loan, BANK, 100, "another"));
    bench.succeed(REGULATOR, lift(&organization_key(SELLER)));
    bench.succeed(SELLER, collect_suspense(&suspense));
    assert_eq!(bench.available(SELLER, ISSUER), GROSS);
}

#[test]
fn a_frozen_lender_is_paid_into_suspense_and_its_loan_is_repaid() {
    for record in [organization_key(BANK), Vec::new()] {
        let mut bench = Bench::new();
        let receivable = bench.owed("N-1", GROSS);
        let loan = bench.finance(Finance::Loan, &[(&receivable, 0)], 10_000, BANK);
        let record = match record.is_empty() {
            true => key("financing/loan", &[&loan]),
            false => record,
        };
        bench.succeed(REGULATOR, freeze(&record, &[BANK]));
        let repaid = bench.succeed(SELLER, repay(&loan, BANK, 1_000, "repayment"));
        assert_eq!(bench.available(SELLER, BANK), 9_000);
        bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
        let paid = bench.succeed(BUYER, settle(&receivable, GROSS, "settlement"));
        // The borrower has what the lender does not get.
        assert_eq!(bench.available(SELLER, ISSUER), GROSS - 9_000);
        assert_eq!(bench.loan(&loan).outstanding_minor, 0);
        bench.succeed(REGULATOR, lift(&record));
        bench.succeed(BANK, collect_suspense(&suspense_of(&repaid.tx_id, 0)));
        bench.succeed(BANK, collect_suspense(&suspense_of(&paid.tx_id, 0)));
        assert_eq!(bench.available(BANK, ISSUER), 9_000);
        // Its own deposits are redeemed.
        assert_eq!(bench.available(BANK, BANK), 0);
    }
}

#[test]
fn over_the_external_rail_nothing_waits() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let another = bench.owed("N-2", GROSS);
    let under_way = instruct(&another, GROSS, "another", TODAY);
    bench.succeed(BUYER, under_way);
    bench.succeed(REGULATOR, freeze(&organization_key(SELLER), &[SELLER]));
    let act = instruct(&receivable, GROSS, "wire", TODAY);
    bench.expect(BUYER, act, 2031, "pay in deposits");
    // What was under way goes on.
    let payment = bench.payments(&another).remove(0);
    let asserted = assert_payment(wire(&payment.id, "message", TODAY));
    bench.succeed(&payment.asserter, asserted);
    bench.succeed(&payment.confirmer, confirm_payment(&payment.id));
    assert!(bench.receivable(&another).live_claims.is_empty());
}
