//! Debtors that pay over the external rail, and what payees take, worked through in figures.

use counterfoil_proto::cash::v1::PaymentState;
use counterfoil_proto::membership::v1::{self as membership, action::Action as Membership};
use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_proto::v1::Receipt;
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::{Act, tagged_hash};
use counterfoil_rules_tests::workload::Planned;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, ISSUER, RECIPIENT, SELLER, TODAY, accept, accept_issuers, assert_payment,
    cancel_payment, cash_act, confirm, confirm_payment, contest, instruct, instruct_by, issue_to,
    offer, open, register, registration, release, repay, report, request_redemption, rule_payment,
    sell, settle, settle_with_fees, split, time_out, transfer, usd, wire,
};
use counterfoil_rules_tests::workload::bench::{Bench, find, invoice_id};
use prost::Message as _;

/// The seller's bank, and who lends to it or buys from it.
const BANK: &str = "bank-west";
/// Who rules by the terms.
const ARBITER: &str = "regulator";
const DUE: i64 = TODAY + 30;
/// [`TODAY`] is a Thursday, so that two business days later is Monday.
const DEADLINE: i64 = TODAY + 4;

/// A receivable of 100.00 of which the buyer has its bank pay so much, and the one payment.
fn instructed(bench: &mut Bench, minor: u64) -> (Vec<u8>, Vec<u8>) {
    let receivable = bench.owed("N-1", 10_000);
    bench.succeed(BUYER, instruct(&receivable, minor, "wire 1", TODAY));
    let id = bench.payments(&receivable)[0].id.clone();
    (receivable, id)
}

/// The same, and its bank says that it paid on this day.
fn asserted(bench: &mut Bench, minor: u64) -> (Vec<u8>, Vec<u8>) {
    let (receivable, payment) = instructed(bench, minor);
    bench.succeed(ISSUER, assert_payment(wire(&payment, "entry 1", TODAY)));
    (receivable, payment)
}

fn state(bench: &Bench, payment: &[u8]) -> PaymentState {
    bench.payment(payment).state()
}

/// The whole way: the seller's bank confirms on Tuesday what was paid on Friday, and that day counts.
#[test]
fn a_wire_pays_on_its_value_date() {
    let mut bench = Bench::new();
    bench.succeed(SELLER, accept_issuers(&[], BANK));
    let (receivable, payment) = instructed(&mut bench, 10_000);
    let record = bench.payment(&payment);
    assert_eq!(
        (record.asserter.as_str(), record.confirmer.as_str()),
        (ISSUER, BANK)
    );
    assert_eq!(record.deadline, Some(date(DEADLINE)));
    bench.roll_to(TODAY + 1);
    let late = assert_payment(wire(&payment, "entry 1", TODAY + 2));
    bench.expect(ISSUER, late, 3035, "a value date to come");
    let early = assert_payment(wire(&payment, "entry 1", TODAY - 1));
    bench.expect(ISSUER, early, 3035, "a value date before the instruction");
    bench.succeed(ISSUER, assert_payment(wire(&payment, "entry 1", TODAY + 1)));
    bench.roll_to(TODAY + 5);
    bench.expect(
        SELLER,
        confirm_payment(&payment),
        3038,
        "the payee has a bank for that",
    );
    bench.succeed(BANK, confirm_payment(&payment));
    let settled = bench.receivable(&receivable);
    assert_eq!(settled.state(), ReceivableState::Settled);
    assert_eq!(settled.settled_on, Some(date(TODAY + 1)));
    assert!(settled.payments.is_empty());
    // No deposits were touched.
    assert_eq!(bench.available(SELLER, ISSUER), 0);
    bench.expect(
        BANK,
        confirm_payment(&payment),
        3032,
        "a second confirmation",
    );
}

/// The due date passes while a wire is under way. It arrives three days late on 22.50 at 8 %: 1.5 cents, owed as 2,
/// stay owed. Instructed for a day, a debtor pays what is owed on that day.
#[test]
fn a_late_wire_leaves_the_penalty_of_its_days() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 2_250);
    // DUE is a Saturday: from there to Tuesday, two business days later.
    bench.roll_to(DUE);
    bench.expect(
        BUYER,
        instruct(&receivable, 2_251, "wire 1", DUE),
        7052,
        "more than is owed on the due date",
    );
    bench.succeed(BUYER, instruct(&receivable, 2_250, "wire 1", DUE));
    let payment = bench.payments(&receivable)[0].id.clone();
    bench.roll_to(DUE + 3);
    bench.succeed(ISSUER, assert_payment(wire(&payment, "entry 1", DUE + 3)));
    bench.succeed(SELLER, confirm_payment(&payment));
    let late = bench.receivable(&receivable);
    assert_eq!(late.state(), ReceivableState::Performing);
    assert_eq!((late.redeemed_minor, late.penalty_paid_minor), (2_250, 0));
    let claim = bench.claim(&receivable, 0);
    assert_eq!(claim.penalty.map(|penalty| penalty.minor), Some(2));
    // Of another, both are paid: for the day on which the bank then pays, and no earlier one.
    let receivable = bench.owed("N-2", 4_500);
    bench.roll_to(TODAY + 61);
    let today = TODAY + 61;
    let owed = 4_500 + 32;
    bench.succeed(BUYER, instruct(&receivable, owed, "wire 2", today + 1));
    let payment = bench.payments(&receivable)[0].id.clone();
    let early = assert_payment(wire(&payment, "entry 2", today));
    bench.expect(
        ISSUER,
        early,
        3035,
        "a value date before the day instructed for",
    );
    bench.roll_to(today + 1);
    bench.succeed(ISSUER, assert_payment(wire(&payment, "entry 2", today + 1)));
    bench.succeed(SELLER, confirm_payment(&payment));
    let settled = bench.receivable(&receivable);
    assert_eq!(settled.state(), ReceivableState::Settled);
    assert_eq!(settled.settled_on, Some(date(today + 1)));
}

/// A bank's wire asserted, then silence: after two business days any party reports it, the claim stays held, and the
/// terms' arbiter rules.
#[test]
fn silence_means_contested() {
    let mut bench = Bench::new();
    let (receivable, payment) = asserted(&mut bench, 10_000);
    bench.roll_to(DEADLINE);
    bench.expect(BUYER, contest(&payment), 3037, "the payee may still answer");
    bench.expect(
        BUYER,
        time_out(&payment),
        3032,
        "a time-out of an asserted payment",
    );
    bench.roll_to(DEADLINE + 1);
    bench.expect("miller", contest(&payment), 3036, "a stranger's report");
    bench.succeed(BUYER, contest(&payment));
    assert_eq!(state(&bench, &payment), PaymentState::Contested);
    bench.expect(
        SELLER,
        split(&receivable, 0, &[1, 9_999]),
        5080,
        "a held claim",
    );
    bench.expect(
        BUYER,
        settle(&receivable, 1, "again"),
        7050,
        "a second payment",
    );
    bench.expect(
        BUYER,
        rule_payment(&payment, true),
        3039,
        "a party's own ruling",
    );
    bench.expect(
        "guarantor",
        rule_payment(&payment, true),
        3039,
        "nobody's ruling",
    );
    bench.succeed(ARBITER, rule_payment(&payment, true));
    let settled = bench.receivable(&receivable);
    assert_eq!(settled.settled_on, Some(date(TODAY)));
}

/// The arbiter finds that nothing was paid: all is as before the instruction, but for the name and the message that
/// are used up.
#[test]
fn a_ruling_may_undo_a_payment() {
    let mut bench = Bench::new();
    let (receivable, payment) = asserted(&mut bench, 10_000);
    bench.expect(
        ARBITER,
        rule_payment(&payment, false),
        3032,
        "nothing to rule on",
    );
    bench.succeed(SELLER, contest(&payment));
    bench.succeed(ARBITER, rule_payment(&payment, false));
    assert_eq!(state(&bench, &payment), PaymentState::Cancelled);
    let free = bench.receivable(&receivable);
    assert_eq!((free.redeemed_minor, free.payments.len()), (0, 0));
    bench.succeed(SELLER, split(&receivable, 0, &[1, 9_999]));
    bench.expect(
        BUYER,
        instruct(&receivable, 10_000, "wire 1", TODAY),
        7007,
        "a used end-to-end id",
    );
}

/// One bank message pays one deal: neither its hash nor its entry is asserted twice, whatever became of the first.
#[test]
fn one_message_pays_once() {
    let mut bench = Bench::new();
    let (_, first) = instructed(&mut bench, 10_000);
    let other = bench.owed("N-2", 5_000);
    bench.succeed(BUYER, instruct(&other, 5_000, "wire 2", TODAY));
    let second = bench.payments(&other)[0].id.clone();
    let asserted = bench.succeed(ISSUER, assert_payment(wire(&first, "entry 1", TODAY)));
    let names_the_first = |receipt: Receipt| {
        let rejection = receipt.rejection.expect("a rejection");
        assert_eq!(rejection.first, hex::encode(&asserted.tx_id));
    };
    let same = assert_payment(wire(&second, "entry 1", TODAY));
    names_the_first(bench.expect(ISSUER, same, 3034, "the same message"));
    let mut entry = wire(&second, "entry 2", TODAY);
    entry.entry_reference = "entry 1".into();
    names_the_first(bench.expect(ISSUER, assert_payment(entry), 3034, "the same entry"));
    let mut hash = wire(&second, "entry 2", TODAY);
    hash.message_hash = wire(&first, "entry 1", TODAY).message_hash;
    names_the_first(bench.expect(ISSUER, assert_payment(hash), 3034, "the same hash"));
    bench.succeed(ISSUER, assert_payment(wire(&second, "entry 2", TODAY)));
    // Another bank has entries of its own.
    let third = bench.owed("N-3", 500);
    bench.succeed(BUYER, instruct_by(BANK, &third, 500, "wire 3", TODAY));
    let third = bench.payments(&third)[0].id.clone();
    let mut entry = wire(&third, "entry 3", TODAY);
    entry.entry_reference = "entry 1".into();
    bench.succeed(BANK, assert_payment(entry));
}

/// Nothing is asserted: the day after its deadline any party ends the payment, and the claim is free.
#[test]
fn only_what_is_instructed_times_out() {
    let mut bench = Bench::new();
    let (receivable, payment) = instructed(&mut bench, 10_000);
    bench.expect(BUYER, contest(&payment), 3032, "nothing to contest");
    bench.roll_to(DEADLINE);
    bench.expect(SELLER, time_out(&payment), 3040, "the last day");
    bench.roll_to(DEADLINE + 1);
    bench.expect("refinery", time_out(&payment), 3036, "a stranger");
    bench.succeed(SELLER, time_out(&payment));
    assert_eq!(state(&bench, &payment), PaymentState::TimedOut);
    let late = assert_payment(wire(&payment, "entry 1", TODAY + 1));
    bench.expect(ISSUER, late, 3032, "an assertion after the time-out");
    bench.succeed(SELLER, split(&receivable, 0, &[1, 9_999]));
}

/// Payer and payee cancel what was contested, with both their signatures.
#[test]
fn both_sides_cancel() {
    let mut bench = Bench::new();
    let (receivable, payment) = asserted(&mut bench, 10_000);
    bench.expect(BUYER, cancel_payment(&payment), 3032, "not contested");
    bench.succeed(SELLER, contest(&payment));
    bench.expect(ISSUER, cancel_payment(&payment), 3036, "the bank's word");
    bench.expect(
        BUYER,
        cancel_payment(&payment),
        56,
        "the buyer's word alone",
    );
    bench.expect(
        SELLER,
        cancel_payment(&payment),
        56,
        "the seller's word alone",
    );
    with_consent(&mut bench, BUYER, SELLER, 7, &cancel_payment(&payment));
    assert_eq!(state(&bench, &payment), PaymentState::Cancelled);
    assert!(bench.receivable(&receivable).payments.is_empty());
}

/// Has an organization propose an action and another one consent to it, which carries it out.
fn with_consent(bench: &mut Bench, caller: &str, other: &str, contract: u32, act: &Act) {
    let propose = membership::Propose {
        contract,
        action: act.encode(),
        consents_of: vec![other.to_owned()],
        expires_on: Some(date(TODAY + 30)),
    };
    let proposed = send(bench, caller, Membership::Propose(propose));
    let proposal = tagged_hash("counterfoil/proposal-id/v1", &[&proposed.tx_id]).to_vec();
    let record: membership::Proposal = find(bench.rules.records(), "membership/proposal/", {
        |p: &membership::Proposal| p.id == proposal
    });
    let consent = membership::Consent {
        proposal,
        action_hash: record.action_hash,
    };
    send(bench, other, Membership::Consent(consent));
}

/// Both operators suspend an organization.
fn suspend(bench: &mut Bench, organization: &str) {
    let suspension = membership::Suspension {
        organization: organization.to_owned(),
        reason: "It closes.".into(),
    };
    let propose = membership::ProposeDecision {
        decision: Some(membership::Decision {
            decision: Some(membership::decision::Decision::Suspend(suspension)),
        }),
        expires_on: Some(date(TODAY + 30)),
    };
    let proposed = send(bench, "operator", Membership::ProposeDecision(propose));
    let decision = tagged_hash("counterfoil/decision-id/v1", &[&proposed.tx_id]).to_vec();
    let record: membership::ProposedDecision =
        find(bench.rules.records(), "membership/decision/", {
            |d: &membership::ProposedDecision| d.id == decision
        });
    let vote = membership::Vote {
        decision,
        decision_hash: record.decision_hash,
    };
    send(bench, "operator-2", Membership::Vote(vote));
}

fn send(bench: &mut Bench, caller: &str, kind: Membership) -> Receipt {
    let action = membership::Action { action: Some(kind) };
    let time_ms = bench.rules.time_ms() + 1_000;
    let planned = Planned::new(caller, 1, Act::Garbage(action.encode_to_vec()));
    let signed = bench.rules.sign(&planned, time_ms);
    let receipt = bench.rules.execute(time_ms, &[signed]).remove(0);
    assert_eq!(receipt.code, 0, "{receipt:?}");
    receipt
}

/// From the instruction to the outcome the claims stay with whom they pay, whatever was begun before; the outcome ends
/// what was begun.
#[test]
fn a_payment_holds_the_claims() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    bench.succeed(SELLER, split(&receivable, 0, &[4_000, 6_000]));
    bench.succeed(SELLER, offer(&receivable, 1, RECIPIENT, TODAY + 10));
    bench.succeed(BUYER, instruct(&receivable, 10_000, "wire 1", TODAY));
    let payment = bench.payments(&receivable)[0].id.clone();
    bench.expect(
        RECIPIENT,
        accept(&receivable, 1, ""),
        5080,
        "an offer from before",
    );
    let on = offer(&receivable, 2, RECIPIENT, TODAY + 10);
    bench.expect(SELLER, on, 5080, "a new offer");
    let request = open(Finance::Sale, &[(&receivable, 2)], 6_000);
    bench.expect(SELLER, request, 6016, "a request");
    bench.succeed(ISSUER, assert_payment(wire(&payment, "entry 1", TODAY)));
    bench.succeed(SELLER, confirm_payment(&payment));
    assert_eq!(
        bench.receivable(&receivable).state(),
        ReceivableState::Settled
    );
    bench.expect(
        RECIPIENT,
        accept(&receivable, 1, ""),
        5012,
        "an overtaken offer",
    );
}

/// A report is barred while a bank says that all was paid, not while it says so of a part, and not once that is denied.
#[test]
fn asserted_payments_bar_reports() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    bench.roll_to(DUE + 1);
    let owed = 10_000 + 2;
    bench.succeed(BUYER, instruct(&receivable, owed, "wire 1", DUE + 1));
    let payment = bench.payments(&receivable)[0].id.clone();
    bench.succeed(ISSUER, assert_payment(wire(&payment, "entry 1", DUE + 1)));
    bench.expect(
        "miller",
        report("overdue", &receivable),
        7055,
        "all is asserted",
    );
    bench.succeed(SELLER, contest(&payment));
    bench.succeed("miller", report("overdue", &receivable));
    let part = bench.owed("N-2", 20_000);
    bench.succeed(BUYER, instruct(&part, 19_999, "wire 2", DUE + 1));
    let payment = bench.payments(&part)[0].id.clone();
    bench.succeed(ISSUER, assert_payment(wire(&payment, "entry 2", DUE + 1)));
    bench.succeed("miller", report("overdue", &part));
}

/// Two payees, two payments, each confirmed by itself. A lender is paid before the owner of what it is pledged: of
/// 100.00 what is owed on a loan of 30.00, on the day of the award without interest. What the borrower repaid in
/// between, the lender has too much: the debtor is discharged all the same.
#[test]
fn each_payee_confirms_its_own() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    let loan = bench.finance(Finance::Loan, &[(&receivable, 0)], 3_000, BANK);
    bench.succeed(BUYER, instruct(&receivable, 10_000, "wire 1", TODAY + 1));
    let payments = bench.payments(&receivable);
    let of = |payee: &str| {
        let payment = payments.iter().find(|payment| payment.payee == payee);
        payment.expect("a payment to the payee").clone()
    };
    let (lender, owner) = (of(BANK), of(SELLER));
    assert_eq!(
        (lender.amount.clone(), owner.amount.clone()),
        (usd(3_000), usd(7_000))
    );
    assert_eq!(
        (lender.confirmer.as_str(), owner.confirmer.as_str()),
        (BANK, SELLER)
    );
    bench.succeed(
        ISSUER,
        assert_payment(wire(&owner.id, "entry 1", TODAY + 1)),
    );
    bench.succeed(SELLER, confirm_payment(&owner.id));
    let claim = bench.claim(&receivable, 0);
    assert_eq!(claim.outstanding_minor, 3_000);
    // Still held, by the other payment; the pledge may be released.
    bench.expect(
        BUYER,
        settle(&receivable, 1, "again"),
        7050,
        "the other payment",
    );
    bench.succeed(SELLER, repay(&loan, BANK, 1_000, "repaid"));
    bench.succeed(BANK, release(&loan, &receivable, 0));
    bench.succeed(
        ISSUER,
        assert_payment(wire(&lender.id, "entry 2", TODAY + 1)),
    );
    bench.succeed(BANK, confirm_payment(&lender.id));
    assert_eq!(
        bench.receivable(&receivable).state(),
        ReceivableState::Settled
    );
    let repaid = bench.loan(&loan);
    assert_eq!(repaid.outstanding_minor, 0);
    assert!(repaid.collateral.is_empty());
}

/// Where the debtor's bank is a payee, too, nobody else could confirm, unless it names another bank.
#[test]
fn asserter_and_confirmer_differ() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    bench.finance(Finance::Sale, &[(&receivable, 0)], 10_000, ISSUER);
    let pay = |name: &str| instruct(&receivable, 10_000, name, TODAY + 1);
    bench.expect(
        BUYER,
        pay("wire 1"),
        3042,
        "a bank that would confirm to itself",
    );
    bench.succeed(ISSUER, accept_issuers(&[], BANK));
    bench.succeed(BUYER, pay("wire 1"));
    assert_eq!(bench.payments(&receivable)[0].confirmer, BANK);
    // One bank for both sides: the payee itself confirms.
    let other = bench.owed("N-2", 5_000);
    bench.succeed(SELLER, accept_issuers(&[], ISSUER));
    bench.succeed(BUYER, instruct(&other, 5_000, "wire 2", TODAY + 1));
    assert_eq!(bench.payments(&other)[0].confirmer, SELLER);
}

/// A payee takes the deposits it says it takes, up to its cap, and what the message names instead helps.
#[test]
fn payees_say_whose_deposits_they_take() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    bench.succeed(ISSUER, issue_to(BUYER, 50_000, "funds"));
    bench.succeed(SELLER, accept_issuers(&[(BANK, 4_000)], ""));
    let refused = bench.expect(BUYER, settle(&receivable, 100, "1"), 7056, "other deposits");
    let message = refused.rejection.expect("a rejection").message;
    assert!(message.contains(BANK), "{message}");
    bench.expect(
        BUYER,
        transfer(SELLER, 100, "1"),
        3022,
        "a transfer of them",
    );
    bench.expect(ISSUER, issue_to(SELLER, 100, "1"), 3022, "an issue of them");
    bench.succeed(SELLER, accept_issuers(&[(ISSUER, 4_000)], ""));
    bench.succeed(BUYER, settle(&receivable, 4_000, "1"));
    bench.expect(BUYER, settle(&receivable, 1, "2"), 7057, "beyond the cap");
    bench.expect(BUYER, transfer(SELLER, 1, "2"), 3023, "beyond the cap");
    // The way out, which asks for no list.
    bench.succeed(BUYER, instruct(&receivable, 6_000, "wire 1", TODAY));
    // The list binds the controller's own sale, too.
    let sold = bench.owed("N-2", 5_000);
    bench.succeed(ISSUER, issue_to(RECIPIENT, 9_000, "more"));
    bench.succeed(SELLER, sell(&sold, 0, 500, TODAY + 10));
    bench.expect(
        RECIPIENT,
        accept(&sold, 0, "1"),
        5082,
        "a price beyond the cap",
    );
    bench.succeed(SELLER, accept_issuers(&[(BANK, 4_000)], ""));
    bench.expect(
        RECIPIENT,
        accept(&sold, 0, "1"),
        5081,
        "a price in other deposits",
    );
    bench.succeed(SELLER, accept_issuers(&[], ""));
    bench.succeed(RECIPIENT, accept(&sold, 0, "1"));
}

/// The deposits of a suspended bank settle nothing without the payee's consent, and are still redeemed.
#[test]
fn a_suspended_issuers_deposits_need_consent() {
    use counterfoil_proto::cash::v1::action::Action as Cash;
    use counterfoil_proto::cash::v1::{AcceptIssuers, AcceptedIssuer};
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 10_000);
    bench.succeed(ISSUER, issue_to(BUYER, 50_000, "funds"));
    suspend(&mut bench, ISSUER);
    bench.expect(BUYER, settle(&receivable, 100, "1"), 56, "without consent");
    with_consent(&mut bench, BUYER, SELLER, 7, &settle(&receivable, 100, "1"));
    let taken = AcceptedIssuer {
        issuer: ISSUER.into(),
        currency: "USD".into(),
        cap_minor: 1_000,
        while_suspended: true,
    };
    let accept = AcceptIssuers {
        accepted: vec![taken],
        account_bank: String::new(),
    };
    bench.succeed(SELLER, cash_act(Cash::AcceptIssuers(accept)));
    bench.succeed(BUYER, settle(&receivable, 100, "2"));
    assert_eq!(bench.available(SELLER, ISSUER), 200);
    bench.succeed(BUYER, request_redemption("R-1"));
}

/// Fees go to those whom the terms name, no more in all than they allow, on top of what is owed.
#[test]
fn fees_are_those_of_the_terms() {
    let mut bench = Bench::new();
    let mut invoice = registration("N-1");
    invoice.gross = usd(10_000);
    let fee = |payee: &str, cap_minor| counterfoil_proto::receivable::v1::Fee {
        payee: payee.into(),
        cap_minor,
    };
    let terms = invoice.terms.as_mut().expect("terms");
    terms.fees = vec![fee(BANK, 300), fee("guarantor", 50), fee(BANK, 200)];
    let id = invoice_id(&bench.succeed(SELLER, register(invoice.clone())));
    bench.succeed(BUYER, confirm(&id, &invoice));
    let receivable = tagged_hash("counterfoil/receivable-id/v1", &[&id]).to_vec();
    bench.succeed(ISSUER, issue_to(BUYER, 10_551, "funds"));
    let pay =
        |minor, fees: &[(&str, u64)], name: &str| settle_with_fees(&receivable, minor, fees, name);
    let wrong: [(&[(&str, u64)], u32); 6] = [
        (&[(BANK, 0)], 7053),
        (&[("guarantor", 1), (BANK, 1)], 7053),
        (&[(BUYER, 1)], 7053),
        (&[(BANK, u64::MAX)], 7053),
        (&[("miller", 1)], 7054),
        (&[(BANK, 501)], 7054),
    ];
    for (fees, code) in wrong {
        bench.expect(BUYER, pay(1, fees, "1"), code, &format!("{fees:?}"));
    }
    bench.succeed(BUYER, pay(4_000, &[(BANK, 400), ("guarantor", 50)], "1"));
    assert_eq!(bench.available(BANK, ISSUER), 400);
    assert_eq!(bench.available("guarantor", ISSUER), 50);
    assert_eq!(bench.available(SELLER, ISSUER), 4_000);
    bench.expect(BUYER, pay(6_000, &[(BANK, 101)], "2"), 7054, "more in all");
    // 6,101 are left: the fee must be there, too.
    bench.expect(
        BUYER,
        pay(6_002, &[(BANK, 100)], "2"),
        7008,
        "a cent too little",
    );
    bench.succeed(BUYER, pay(6_000, &[(BANK, 100)], "2"));
    assert_eq!(
        bench.receivable(&receivable).state(),
        ReceivableState::Settled
    );
}
