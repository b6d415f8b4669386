//! Credit notes and disputes after confirmation (specification 6.7, 6.8).

use counterfoil_proto::invoice::v1::{ClaimCredit, DisputeState, RegisterInvoice};
use counterfoil_proto::receivable::v1::{ClaimState, ReceivableState};
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, ISSUER, SELLER, TODAY, accept, confirm, credit, end_dispute, issue_to,
    of_claim, offer, open_dispute, register, registration, report, rule_on_dispute, ruling, settle,
    split, usd,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};

const BANK: &str = "bank-east";
const ARBITERS: [&str; 3] = ["bank-west", "guarantor", "operator"];

/// An invoice that the buyer owes, and the receivable.
fn owed(bench: &mut Bench, gross: u64, arbiters: &[&str], threshold: u32) -> (Vec<u8>, Vec<u8>) {
    let mut invoice = RegisterInvoice {
        gross: usd(gross),
        ..registration("N-1")
    };
    let terms = invoice.terms.as_mut().expect("terms");
    terms.arbiters = arbiters.iter().map(|id| (*id).to_owned()).collect();
    terms.arbiter_threshold = threshold;
    let id = invoice_id(&bench.succeed(SELLER, register(invoice.clone())));
    bench.succeed(BUYER, confirm(&id, &invoice));
    let receivable = tagged_hash("counterfoil/receivable-id/v1", &[&id]).to_vec();
    (id, receivable)
}

/// 100 are sold and 15 credited. Without the bank the debtor pays 100, and the seller owes it 15.
#[test]
fn without_the_bank_the_debtor_pays_a_sold_claim_in_full() {
    let mut bench = Bench::new();
    let (id, receivable) = owed(&mut bench, 100, &[], 0);
    bench.finance(Finance::Sale, &[(&receivable, 0)], 100, BANK);
    let of_bank = credit(&id, "C-1", 15, vec![of_claim(0, BANK, 15)]);
    bench.signed_by(SELLER, of_bank, &[BUYER], 56);
    let of_seller = credit(&id, "C-1", 15, vec![of_claim(0, SELLER, 15)]);
    bench.signed_by(SELLER, of_seller, &[BUYER], 4039);
    bench.signed_by(SELLER, credit(&id, "C-1", 15, Vec::new()), &[BUYER], 0);
    let note = &bench.invoice(&id).credit_notes[0];
    assert_eq!((note.owed_to_buyer_minor, note.claims.len()), (15, 0));
    assert_eq!(bench.claim(&receivable, 0).outstanding_minor, 100);
    // What the seller owes for is not credited a second time.
    let most = credit(&id, "C-2", 86, Vec::new());
    bench.expect(SELLER, most, 4037, "86 of the 85 that are left");
    bench.succeed(ISSUER, issue_to(BUYER, 100, "funds"));
    bench.succeed(BUYER, settle(&receivable, 100, "all"));
    assert_eq!(bench.receivable(&receivable).redeemed_minor, 100);
}

#[test]
fn with_the_bank_a_credit_note_of_15_leaves_85_of_a_sold_100() {
    let mut bench = Bench::new();
    let (id, receivable) = owed(&mut bench, 100, &[], 0);
    bench.finance(Finance::Sale, &[(&receivable, 0)], 100, BANK);
    let act = credit(&id, "C-1", 15, vec![of_claim(0, BANK, 15)]);
    bench.signed_by(SELLER, act, &[BUYER, BANK], 0);
    assert_eq!(bench.claim(&receivable, 0).outstanding_minor, 85);
    let reduced = bench.receivable(&receivable);
    assert_eq!((reduced.credited_minor, reduced.redeemed_minor), (15, 0));
    bench.succeed(ISSUER, issue_to(BUYER, 100, "funds"));
    bench.succeed(BUYER, settle(&receivable, 100, "all"));
    let settled = bench.receivable(&receivable);
    assert_eq!(settled.state(), ReceivableState::Settled);
    assert_eq!((settled.credited_minor, settled.redeemed_minor), (15, 85));
    assert_eq!(bench.available(BUYER, ISSUER), 15);
}

#[test]
fn a_pledged_claim_is_credited_with_its_lender_and_not_to_nothing() {
    let mut bench = Bench::new();
    let (id, receivable) = owed(&mut bench, 100, &[], 0);
    bench.finance(Finance::Loan, &[(&receivable, 0)], 50, BANK);
    let act = |minor| {
        let part = ClaimCredit {
            pledgee: BANK.into(),
            ..of_claim(0, SELLER, minor)
        };
        credit(&id, "C-1", minor, vec![part])
    };
    bench.signed_by(SELLER, act(15), &[BUYER], 56);
    bench.signed_by(SELLER, act(100), &[BUYER, BANK], 4040);
    bench.signed_by(SELLER, act(15), &[BUYER, BANK], 0);
    let claim = bench.claim(&receivable, 0);
    assert_eq!(
        (claim.outstanding_minor, claim.encumbrance.is_some()),
        (85, true)
    );
}

#[test]
fn beyond_what_the_seller_keeps_each_controller_signs() {
    let mut bench = Bench::new();
    let (id, receivable) = owed(&mut bench, 100, &[], 0);
    bench.succeed(SELLER, split(&receivable, 0, &[60, 40]));
    bench.succeed(SELLER, offer(&receivable, 2, "smith", TODAY));
    bench.succeed("smith", accept(&receivable, 2, ""));
    let parts = vec![of_claim(1, SELLER, 20), of_claim(2, "smith", 30)];
    let note = || credit(&id, "C-1", 50, parts.clone());
    bench.signed_by(SELLER, note(), &[BUYER], 56);
    bench.signed_by(SELLER, note(), &[BUYER, "smith"], 0);
    let left = [1, 2].map(|number| bench.claim(&receivable, number).outstanding_minor);
    assert_eq!(left, [40, 10]);
}

#[test]
fn what_is_credited_to_nothing_is_settled() {
    let mut bench = Bench::new();
    let (id, receivable) = owed(&mut bench, 100, &[], 0);
    bench.succeed(SELLER, offer(&receivable, 0, "smith", TODAY));
    let all = credit(&id, "C-1", 100, vec![of_claim(0, SELLER, 100)]);
    bench.signed_by(SELLER, all.clone(), &[BUYER], 4040);
    bench.succeed(
        "smith",
        counterfoil_rules_tests::workload::acts::decline(&receivable, 0),
    );
    bench.signed_by(SELLER, all, &[BUYER], 0);
    let settled = bench.receivable(&receivable);
    assert_eq!(settled.state(), ReceivableState::Settled);
    assert_eq!((settled.credited_minor, settled.redeemed_minor), (100, 0));
    assert_eq!(bench.claim(&receivable, 0).state(), ClaimState::Spent);
    let more = credit(&id, "C-2", 1, Vec::new());
    bench.expect(SELLER, more, 4037, "more than is outstanding");
}

/// 100.00 at 8 % are 18 days late when 50.00 are credited: a penalty of 0.40 stays owed, and half as much comes to it
/// in 18 days more.
#[test]
fn a_credit_note_keeps_the_penalty() {
    let mut bench = Bench::new();
    let invoice = RegisterInvoice {
        gross: usd(10_000),
        due_date: Some(date(TODAY)),
        ..registration("N-1")
    };
    let id = invoice_id(&bench.succeed(SELLER, register(invoice.clone())));
    bench.succeed(BUYER, confirm(&id, &invoice));
    let receivable = tagged_hash("counterfoil/receivable-id/v1", &[&id]).to_vec();
    bench.roll_to(TODAY + 18);
    let half = credit(&id, "C-1", 5_000, vec![of_claim(0, SELLER, 5_000)]);
    bench.signed_by(SELLER, half, &[BUYER], 0);
    let claim = bench.claim(&receivable, 0);
    assert_eq!(claim.outstanding_minor, 5_000);
    assert_eq!(claim.penalty.expect("a penalty").minor, 40);
    bench.roll_to(TODAY + 36);
    bench.succeed(ISSUER, issue_to(BUYER, 10_000, "funds"));
    bench.succeed(BUYER, settle(&receivable, 10_000, "all"));
    assert_eq!(bench.receivable(&receivable).penalty_paid_minor, 60);
}

#[test]
fn a_credit_note_is_one_for_ever_and_32_are_enough() {
    let mut bench = Bench::new();
    let (id, _) = owed(&mut bench, 100, &[], 0);
    for number in 1..=32 {
        let act = credit(&id, &format!("C-{number}"), 1, Vec::new());
        bench.signed_by(SELLER, act, &[BUYER], 0);
        if number == 1 {
            let again = credit(&id, "c1", 1, Vec::new());
            bench.expect(SELLER, again, 4042, "its number");
            let document = register(RegisterInvoice {
                document_hash: tagged_hash("credit note", &[b"C-1"]).to_vec(),
                ..registration("N-2")
            });
            bench.expect(SELLER, document, 4013, "its document");
        }
    }
    let act = credit(&id, "C-33", 1, Vec::new());
    bench.expect(SELLER, act, 4041, "one more than 32");
}

/// Two of three arbiters; the receivable is overdue before, while and after it is disputed, and is paid meanwhile.
#[test]
fn arbiters_rule_and_the_state_beneath_stays() {
    let mut bench = Bench::new();
    let (id, receivable) = owed(&mut bench, 100, &ARBITERS, 2);
    bench.roll_to(TODAY + 31);
    bench.succeed(SELLER, report("overdue", &receivable));
    bench.succeed(BUYER, open_dispute(&id));
    bench.expect(SELLER, open_dispute(&id), 4043, "a second dispute");
    let disputed = bench.receivable(&receivable);
    assert!(disputed.disputed);
    assert_eq!(disputed.state(), ReceivableState::Overdue);
    bench.succeed(ISSUER, issue_to(BUYER, 100, "funds"));
    bench.succeed(BUYER, settle(&receivable, 40, "part"));

    bench.expect(
        BUYER,
        rule_on_dispute(&id, ruling(0)),
        4045,
        "a party's ruling",
    );
    let too_much = rule_on_dispute(&id, ruling(101));
    bench.expect(ARBITERS[0], too_much, 4046, "more than was confirmed");
    bench.succeed(ARBITERS[0], rule_on_dispute(&id, ruling(0)));
    let again = rule_on_dispute(&id, ruling(0));
    bench.expect(ARBITERS[0], again, 4047, "the same ruling");
    bench.succeed(ARBITERS[1], rule_on_dispute(&id, ruling(30)));
    assert!(bench.receivable(&receivable).disputed, "one against one");
    bench.succeed(ARBITERS[0], rule_on_dispute(&id, ruling(30)));
    let dispute = bench.invoice(&id).dispute.expect("a dispute");
    assert_eq!(dispute.state(), DisputeState::Ruled);
    assert_eq!(
        (dispute.rulings.len(), dispute.outcome),
        (2, Some(ruling(30)))
    );
    let after = bench.receivable(&receivable);
    assert!(!after.disputed);
    assert_eq!(after.state(), ReceivableState::Overdue);
    // No claim changes without a credit note.
    assert_eq!(bench.claim(&receivable, 0).outstanding_minor, 60);
    let late = rule_on_dispute(&id, ruling(30));
    bench.expect(ARBITERS[2], late, 4044, "a ruling on what has ended");
}

#[test]
fn where_there_are_no_arbiters_both_end_a_dispute() {
    let mut bench = Bench::new();
    let (id, receivable) = owed(&mut bench, 100, &[], 0);
    bench.succeed(SELLER, open_dispute(&id));
    let alone = rule_on_dispute(&id, ruling(0));
    bench.expect(
        "regulator",
        alone,
        4045,
        "a ruling that no terms provide for",
    );
    bench.expect(SELLER, end_dispute(&id, ruling(5)), 56, "an end by one");
    bench.signed_by(BUYER, end_dispute(&id, ruling(5)), &[SELLER], 0);
    let dispute = bench.invoice(&id).dispute.expect("a dispute");
    assert_eq!(dispute.state(), DisputeState::Agreed);
    assert_eq!(dispute.outcome, Some(ruling(5)));
    assert!(!bench.receivable(&receivable).disputed);
    bench.succeed(BUYER, open_dispute(&id));
    assert_eq!(bench.invoice(&id).dispute.expect("another").number, 2);
}
