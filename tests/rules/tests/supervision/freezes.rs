//! What is frozen stays where it is, and no deal about it is taken or runs out (specification 7.2).

use counterfoil_proto::financing::v1::QuoteTerms;
use counterfoil_proto::invoice::v1::InvoiceState;
use counterfoil_proto::v1::Date;
use counterfoil_rules_tests::model::arithmetic::day;
use counterfoil_rules_tests::model::supervision::{
    balance_key, claim_key, key, organization_key, receivable_key,
};
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, GROSS, ISSUER, RECIPIENT, SELLER, TODAY, accept, accept_conditions, answer,
    award, commit, confirm_conditionally, expire_offer, expire_request, freeze, freeze_until,
    issue_to, lift, make_standing_quote, merge, offer, open, open_programme, purchase, quote,
    registration, request_redemption, reveal, salt, sell, settle, split, standing_terms, transfer,
};
use counterfoil_rules_tests::workload::bench::Bench;

use super::{BANK, REGULATOR, registered};

#[test]
fn only_a_regulator_freezes_what_is_there_and_releases_what_is_frozen() {
    let mut bench = Bench::new();
    let record = organization_key(SELLER);
    bench.expect(BUYER, freeze(&record, &[]), 2001, "no regulator");
    bench.expect("operator", freeze(&record, &[]), 2001, "an operator");
    bench.expect(REGULATOR, freeze(b"nothing", &[]), 2010, "no record");
    let past = freeze_until(&record, TODAY - 1);
    bench.expect(REGULATOR, past, 2012, "it would be over");
    bench.expect(REGULATOR, freeze(&record, &["nobody"]), 2014, "nobody");
    bench.expect(REGULATOR, lift(&record), 2016, "not frozen");
    bench.succeed(REGULATOR, freeze(&record, &[SELLER]));
    bench.expect(REGULATOR, freeze(&record, &[]), 2013, "twice");
    bench.expect(SELLER, lift(&record), 2001, "by itself");
    bench.succeed(REGULATOR, lift(&record));
    for _ in 1..64 {
        bench.succeed(REGULATOR, freeze(&record, &[]));
        bench.succeed(REGULATOR, lift(&record));
    }
    bench.expect(REGULATOR, freeze(&record, &[]), 2015, "a 65th time");
}

#[test]
fn a_frozen_claim_stays_where_it_is_and_its_offer_does_not_run_out() {
    for whole in [false, true] {
        let mut bench = Bench::new();
        let receivable = bench.owed("N-1", GROSS);
        bench.succeed(SELLER, offer(&receivable, 0, RECIPIENT, TODAY + 2));
        let record = match whole {
            true => receivable_key(&receivable),
            false => claim_key(&receivable, 0),
        };
        bench.succeed(REGULATOR, freeze(&record, &[SELLER]));
        bench.expect(RECIPIENT, accept(&receivable, 0, ""), 2030, "accepted");
        bench.roll_to(TODAY + 10);
        bench.expect(SELLER, expire_offer(&receivable, 0), 5015, "run out");
        bench.expect(RECIPIENT, accept(&receivable, 0, ""), 2030, "accepted");
        bench.succeed(REGULATOR, lift(&record));
        // Two days were left of it, and ten were frozen.
        bench.roll_to(TODAY + 12);
        bench.expect(SELLER, expire_offer(&receivable, 0), 5015, "the last day");
        if whole {
            bench.succeed(RECIPIENT, accept(&receivable, 0, ""));
        } else {
            bench.roll_to(TODAY + 13);
            bench.expect(RECIPIENT, accept(&receivable, 0, ""), 5014, "too late");
            bench.succeed(SELLER, expire_offer(&receivable, 0));
        }
    }
}

#[test]
fn a_frozen_claim_is_neither_divided_nor_put_to_the_banks() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(SELLER, split(&receivable, 0, &[GROSS - 1, 1]));
    bench.succeed(REGULATOR, freeze(&claim_key(&receivable, 1), &[]));
    let acts = [
        split(&receivable, 1, &[GROSS - 2, 1]),
        merge(&receivable, &[1, 2]),
        offer(&receivable, 1, RECIPIENT, TODAY + 1),
        sell(&receivable, 1, 1, TODAY + 1),
        open(Finance::Sale, &[(&receivable, 1)], GROSS - 1),
        open(Finance::Loan, &[(&receivable, 1)], GROSS - 1),
    ];
    for act in acts {
        bench.expect(SELLER, act, 2030, "a frozen claim");
    }
    // The other one is free.
    bench.succeed(SELLER, offer(&receivable, 2, RECIPIENT, TODAY + 1));
}

#[test]
fn a_frozen_balance_pays_debts_alone() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
    let record = balance_key(BUYER, ISSUER, "USD");
    bench.succeed(REGULATOR, freeze(&record, &[BUYER]));
    bench.expect(BUYER, transfer(RECIPIENT, 1, "away"), 2030, "a transfer");
    bench.expect(BUYER, request_redemption("out"), 2030, "a redemption");
    bench.succeed(BUYER, settle(&receivable, GROSS, "settlement"));
    assert_eq!(bench.available(SELLER, ISSUER), GROSS);
}

#[test]
fn a_frozen_request_keeps_its_days() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let request = bench.request_for(Finance::Sale, &[(&receivable, 0)], GROSS);
    let terms = quote(BANK, GROSS);
    bench.succeed(BANK, commit(&request, BANK, &terms));
    let record = key("financing/request", &[&request]);
    let opened = bench.request(&request);
    let last = day_of(&opened.expires_on);
    bench.succeed(REGULATOR, freeze(&record, &[SELLER]));
    bench.roll_to(TODAY + 5);
    // The deadline was today, and is five days later.
    bench.expect(
        BANK,
        reveal(&request, &terms, salt()),
        6029,
        "before the deadline",
    );
    bench.succeed(REGULATOR, lift(&record));
    bench.roll_to(TODAY + 6);
    bench.succeed(BANK, reveal(&request, &terms, salt()));
    bench.succeed(REGULATOR, freeze_until(&record, TODAY + 6));
    bench.expect(SELLER, award(&request, BANK), 2030, "frozen");
    bench.roll_to(last + 6);
    bench.expect(SELLER, expire_request(&request), 6043, "the last day");
    bench.roll_to(last + 7);
    bench.succeed(SELLER, expire_request(&request));
}

fn day_of(date: &Option<Date>) -> i64 {
    day(&date.expect("a date")).expect("a date")
}

#[test]
fn a_frozen_bank_or_quote_funds_nothing() {
    for record in ["bank", "quote", "balance"] {
        let mut bench = Bench::new();
        let receivable = bench.owed("N-1", GROSS);
        let request = bench.request_for(Finance::Sale, &[(&receivable, 0)], GROSS);
        bench.succeed(ISSUER, issue_to(BANK, GROSS, "funds"));
        let terms = QuoteTerms {
            issuer: ISSUER.into(),
            ..quote(BANK, GROSS)
        };
        bench.succeed(BANK, commit(&request, BANK, &terms));
        bench.roll_to(TODAY + 1);
        bench.succeed(BANK, reveal(&request, &terms, salt()));
        let record = match record {
            "bank" => organization_key(BANK),
            "quote" => key("financing/quote", &[&request, BANK.as_bytes()]),
            _ => balance_key(BANK, ISSUER, "USD"),
        };
        bench.succeed(REGULATOR, freeze(&record, &[BANK]));
        bench.expect(SELLER, award(&request, BANK), 2030, "frozen");
        bench.succeed(REGULATOR, lift(&record));
        bench.succeed(SELLER, award(&request, BANK));
    }
}

#[test]
fn a_frozen_programme_or_standing_quote_is_not_sold_under() {
    for frozen in ["programme", "quote"] {
        let mut bench = Bench::new();
        let receivable = bench.owed("N-1", GROSS);
        let opened = bench.succeed(BUYER, open_programme(&[]));
        let programme = tagged_hash("counterfoil/programme-id/v1", &[&opened.tx_id]);
        bench.succeed(BANK, make_standing_quote(&programme, standing_terms(GROSS)));
        let record = match frozen {
            "programme" => key("financing/programme", &[&programme]),
            _ => key("financing/standing", &[&programme, BANK.as_bytes()]),
        };
        bench.succeed(REGULATOR, freeze(&record, &[BANK]));
        let sale = purchase(&programme, BANK, &receivable, 70_000);
        bench.expect(SELLER, sale.clone(), 2030, frozen);
        // Its last day was the tenth; four days are frozen.
        bench.roll_to(TODAY + 4);
        bench.succeed(REGULATOR, lift(&record));
        bench.roll_to(TODAY + 14);
        bench.succeed(SELLER, sale);
    }
}

#[test]
fn frozen_conditions_are_neither_accepted_nor_run_out() {
    let mut bench = Bench::new();
    let invoice = registration("N-1");
    let id = registered(&mut bench, &invoice);
    bench.succeed(BUYER, confirm_conditionally(&id, GROSS - 1));
    let last = bench
        .invoice(&id)
        .conditions
        .expect("conditions")
        .expires_on;
    let last = day_of(&last);
    let record = key("invoice/invoice", &[&id]);
    bench.succeed(REGULATOR, freeze_until(&record, TODAY + 2));
    let act = accept_conditions(&id, GROSS - 1);
    bench.expect(SELLER, act.clone(), 2030, "frozen");
    bench.roll_to(last + 3);
    bench.expect(
        SELLER,
        answer("expire_conditions", &id),
        4036,
        "the last day",
    );
    bench.succeed(SELLER, act);
    assert_eq!(bench.invoice(&id).state(), InvoiceState::Confirmed);
}
