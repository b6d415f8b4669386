//! Recourse and guarantees after the debtor's default (specification 4.4, 5.6, 6.6).

use counterfoil_proto::financing::v1::{OpenRequest, QuoteTerms};
use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, DayCount, Purpose, ReceivableState, Recourse, RecourseLimit,
    RejectionCode as Code, Terms,
};
use counterfoil_proto::settlement::v1::RejectionCode as Settling;
use counterfoil_rules_tests::model::arithmetic::date;
use counterfoil_rules_tests::model::supervision::claim_key;
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, ISSUER, SELLER, TODAY, accept, award, collect_suspense, commit, freeze,
    guarantee, honour, issue_to, lift, merge, notice, offer, offer_with_recourse, open_as,
    open_request, quote, register, registration, report, reveal, salt, settle, split, suspense_of,
    usd,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};

const GUARANTOR: &str = "guarantor";
const HOLDER: &str = "bank-west";
const DUE: i64 = TODAY + 30;
/// The first day of default, without days of grace.
const DEFAULT: i64 = DUE + 1;

fn code(code: impl Into<i32>) -> u32 {
    u32::try_from(code.into()).expect("codes are positive")
}

/// What the buyer owes the seller on [`DUE`], at so much penalty and without grace.
fn owed_at(bench: &mut Bench, number: &str, gross: u64, penalty_rate_ppm: u32) -> Vec<u8> {
    let terms = |terms: &mut Terms| terms.penalty_rate_ppm = penalty_rate_ppm;
    owed_under(bench, number, gross, terms)
}

/// The same, with these terms changed.
fn owed_under(
    bench: &mut Bench,
    number: &str,
    gross: u64,
    change: impl FnOnce(&mut Terms),
) -> Vec<u8> {
    let mut invoice = registration(number);
    invoice.gross = usd(gross);
    let terms = invoice.terms.as_mut().expect("terms");
    terms.grace_days = 0;
    change(terms);
    let id = invoice_id(&bench.succeed(SELLER, register(invoice.clone())));
    bench.confirm(&id, &invoice);
    tagged_hash("counterfoil/receivable-id/v1", &[&id]).to_vec()
}

fn owed(bench: &mut Bench, gross: u64) -> Vec<u8> {
    owed_at(bench, "R-1", gross, 0)
}

/// Has the guarantor guarantee a claim, and returns the guarantee.
fn guaranteed(bench: &mut Bench, claim: (&[u8], u32), controller: &str, cap: u64) -> Vec<u8> {
    let act = guarantee(claim.0, claim.1, controller, cap);
    let receipt = bench.signed_by(GUARANTOR, act, &[controller], 0);
    let id = tagged_hash("counterfoil/guarantee-id/v1", &[&receipt.tx_id]);
    bench.undertaking(&id).id
}

/// Passes claim 0 on with recourse, and returns the undertaking.
fn pass_on(
    bench: &mut Bench,
    receivable: &[u8],
    (from, to): (&str, &str),
    limit: Option<(u64, i64)>,
) -> Vec<u8> {
    bench.succeed(from, offer_with_recourse(receivable, 0, to, limit));
    bench.succeed(to, accept(receivable, 0, ""));
    bench.claim(receivable, 0).endorsement
}

fn fall_into_default(bench: &mut Bench, receivable: &[u8]) {
    bench.roll_to(DEFAULT);
    bench.succeed("operator", report("default", receivable));
}

fn fund(bench: &mut Bench, holder: &str, minor: u64) {
    bench.succeed(
        ISSUER,
        issue_to(holder, minor, &format!("funds of {holder}")),
    );
}

fn outstanding(claim: &Claim) -> (&str, u64) {
    (&claim.controller, claim.outstanding_minor)
}

#[test]
fn a_cap_of_200_000_over_ten_split_claims_pays_200_000_in_all() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 1_000_000);
    let guarantee = guaranteed(&mut bench, (&receivable, 0), SELLER, 200_000);
    bench.succeed(SELLER, split(&receivable, 0, &[100_000; 10]));
    fund(&mut bench, GUARANTOR, 1_000_000);
    fall_into_default(&mut bench, &receivable);
    for number in 1..=3 {
        bench.succeed(SELLER, notice(&receivable, number, &guarantee));
    }
    let pay = |number: u32, minor| {
        honour(
            &receivable,
            number,
            &guarantee,
            minor,
            &format!("for {number}"),
        )
    };
    bench.succeed(GUARANTOR, pay(1, 70_000));
    bench.succeed(GUARANTOR, pay(2, 100_000));
    // 30,000 are left of the cap; the other 70,000 stay with the guarantor.
    bench.succeed(GUARANTOR, pay(3, 100_000));
    assert_eq!(bench.available(SELLER, ISSUER), 200_000);
    assert_eq!(bench.available(GUARANTOR, ISSUER), 800_000);
    assert_eq!(bench.undertaking(&guarantee).paid_minor, 200_000);
    let rests = [1, 2, 3].map(|number| bench.claim(&receivable, number).outstanding_minor);
    assert_eq!(rests, [30_000, 0, 70_000]);
    bench.succeed(SELLER, notice(&receivable, 4, &guarantee));
    let more = honour(&receivable, 4, &guarantee, 1, "for 4");
    bench.expect(GUARANTOR, more, code(Settling::UsedUp), "more than the cap");
}

#[test]
fn a_guarantor_who_paid_60_of_100_before_the_debtor_pays_40_is_owed_60_still() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    let guarantee = guaranteed(&mut bench, (&receivable, 0), SELLER, 60);
    fund(&mut bench, GUARANTOR, 60);
    fund(&mut bench, BUYER, 100);
    let pay = honour(&receivable, 0, &guarantee, 60, "aval");
    bench.expect(GUARANTOR, pay.clone(), code(Settling::NoNotice), "unasked");
    let call = notice(&receivable, 0, &guarantee);
    bench.expect(
        SELLER,
        call.clone(),
        code(Code::NotInDefault),
        "before default",
    );
    fall_into_default(&mut bench, &receivable);
    bench.succeed(SELLER, call.clone());
    bench.expect(SELLER, call, code(Code::NoticeGiven), "twice");
    bench.succeed(GUARANTOR, pay);
    let (rest, part) = (bench.claim(&receivable, 0), bench.claim(&receivable, 1));
    assert_eq!(outstanding(&rest), (SELLER, 40));
    assert_eq!(outstanding(&part), (GUARANTOR, 60));
    assert_eq!(
        (part.parents.as_slice(), part.behind, part.origin),
        (&[0][..], 1, Some(0))
    );
    assert!(part.undertakings.is_empty(), "{part:?}");
    // Nothing is redeemed: the debtor owes all of it still.
    assert_eq!(bench.receivable(&receivable).redeemed_minor, 0);
    bench.succeed(BUYER, settle(&receivable, 40, "40"));
    assert_eq!(bench.available(SELLER, ISSUER), 100);
    assert_eq!(bench.available(GUARANTOR, ISSUER), 0);
    assert_eq!(outstanding(&bench.claim(&receivable, 1)), (GUARANTOR, 60));
    bench.succeed(BUYER, settle(&receivable, 60, "60"));
    assert_eq!(bench.available(GUARANTOR, ISSUER), 60);
    assert_eq!(
        bench.receivable(&receivable).state(),
        ReceivableState::Settled
    );
}

/// Without days of grace, and with a penalty of 3.65 % a year by ACT/365 of 1,000,000: 100 a day. The guarantor pays principal
/// and the penalty up to now, and both go on to accrue.
#[test]
fn a_guarantor_pays_principal_then_penalty() {
    let mut bench = Bench::new();
    let receivable = owed_under(&mut bench, "R-1", 1_000_000, |terms| {
        terms.penalty_rate_ppm = 36_500;
        terms.set_day_count(DayCount::A005);
    });
    let guarantee = guaranteed(&mut bench, (&receivable, 0), SELLER, 1_000_030);
    fund(&mut bench, GUARANTOR, 2_000_000);
    fall_into_default(&mut bench, &receivable);
    bench.succeed(SELLER, notice(&receivable, 0, &guarantee));
    bench.succeed(
        GUARANTOR,
        honour(&receivable, 0, &guarantee, 2_000_000, "aval"),
    );
    assert_eq!(bench.available(SELLER, ISSUER), 1_000_030);
    let (rest, part) = (bench.claim(&receivable, 0), bench.claim(&receivable, 1));
    assert_eq!(
        (rest.outstanding_minor, part.outstanding_minor),
        (0, 1_000_000)
    );
    let penalty = |claim: &Claim| claim.penalty.expect("a penalty").minor;
    assert_eq!((penalty(&rest), penalty(&part)), (70, 30));
    // Ten days later 1,000 came on top of the guarantor's part, nothing on the holder's penalty, which comes first.
    bench.roll_to(DEFAULT + 10);
    fund(&mut bench, BUYER, 2_000_000);
    bench.succeed(BUYER, settle(&receivable, 70, "70"));
    assert_eq!(bench.available(SELLER, ISSUER), 1_000_100);
    bench.succeed(BUYER, settle(&receivable, 1_001_030, "rest"));
    assert_eq!(
        bench.available(GUARANTOR, ISSUER),
        2_000_000 - 1_000_030 + 1_001_030
    );
    assert_eq!(
        bench.receivable(&receivable).state(),
        ReceivableState::Settled
    );
}

#[test]
fn recourse_goes_in_reverse_order_over_three_endorsements() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    let of_farmer = pass_on(&mut bench, &receivable, (SELLER, "smith"), None);
    let of_smith = pass_on(&mut bench, &receivable, ("smith", "miller"), None);
    let of_miller = pass_on(&mut bench, &receivable, ("miller", HOLDER), None);
    for payer in [SELLER, "smith", "miller"] {
        fund(&mut bench, payer, 100);
    }
    fall_into_default(&mut bench, &receivable);
    let call = |undertaking: &Vec<u8>| notice(&receivable, 0, undertaking);
    bench.expect(
        HOLDER,
        call(&of_farmer),
        code(Code::OutOfTurn),
        "the first endorser first",
    );
    bench.expect(
        HOLDER,
        call(&of_smith),
        code(Code::OutOfTurn),
        "the second before the last",
    );
    bench.succeed(HOLDER, call(&of_miller));
    bench.expect(HOLDER, call(&of_smith), code(Code::OutOfTurn), "at once");
    bench.succeed("miller", honour(&receivable, 0, &of_miller, 100, "miller"));
    assert_eq!(bench.available(HOLDER, ISSUER), 100);
    assert_eq!(bench.claim(&receivable, 0).state(), ClaimState::Spent);
    let claim = bench.claim(&receivable, 1);
    assert_eq!(outstanding(&claim), ("miller", 100));
    let left: Vec<&Vec<u8>> = claim.undertakings.iter().map(|u| &u.undertaking).collect();
    assert_eq!(
        left,
        [&of_farmer, &of_smith],
        "rights against earlier endorsers only"
    );
    // The second is silent for its five days; then the first is asked.
    bench.succeed("miller", notice(&receivable, 1, &of_smith));
    bench.roll_to(DEFAULT + 5);
    let call = notice(&receivable, 1, &of_farmer);
    bench.expect(
        "miller",
        call.clone(),
        code(Code::OutOfTurn),
        "on the last of five days",
    );
    bench.roll_to(DEFAULT + 6);
    bench.succeed("miller", call);
    bench.succeed(SELLER, honour(&receivable, 1, &of_farmer, 100, "farmer"));
    let claim = bench.claim(&receivable, 2);
    assert_eq!((outstanding(&claim), claim.behind), ((SELLER, 100), 2));
    assert!(claim.undertakings.is_empty(), "{claim:?}");
    // What has passed on is nobody's to pay for twice.
    let again = honour(&receivable, 1, &of_smith, 100, "smith");
    bench.expect(
        "smith",
        again,
        code(Settling::ClaimPaid),
        "after the first paid",
    );
    fund(&mut bench, BUYER, 100);
    bench.succeed(BUYER, settle(&receivable, 100, "all"));
    let balances = [SELLER, "smith", "miller", HOLDER].map(|id| bench.available(id, ISSUER));
    assert_eq!(balances, [100, 100, 100, 100]);
}

#[test]
fn notice_after_the_last_day_is_too_late_and_frees_the_turn() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    let of_farmer = pass_on(
        &mut bench,
        &receivable,
        (SELLER, "smith"),
        Some((80, DEFAULT + 9)),
    );
    let of_smith = pass_on(
        &mut bench,
        &receivable,
        ("smith", HOLDER),
        Some((50, DEFAULT)),
    );
    let endorsement = bench.undertaking(&of_smith);
    assert_eq!(
        (endorsement.cap_minor, endorsement.expires_on),
        (50, Some(date(DEFAULT)))
    );
    fund(&mut bench, SELLER, 100);
    fall_into_default(&mut bench, &receivable);
    bench.roll_to(DEFAULT + 1);
    let late = notice(&receivable, 0, &of_smith);
    bench.expect(
        HOLDER,
        late,
        code(Code::NoticeTooLate),
        "the day after the last",
    );
    bench.succeed(HOLDER, notice(&receivable, 0, &of_farmer));
    // Notice was in time: payment may come later, up to the cap.
    bench.roll_to(DEFAULT + 30);
    bench.succeed(SELLER, honour(&receivable, 0, &of_farmer, 100, "farmer"));
    assert_eq!(bench.available(SELLER, ISSUER), 20);
    assert_eq!(outstanding(&bench.claim(&receivable, 0)), (HOLDER, 20));
    assert_eq!(outstanding(&bench.claim(&receivable, 1)), (SELLER, 80));
}

/// Of two claims of 100 one is guaranteed, and 60 of it paid. The debtor's 100 are shared as if nobody had paid: 50 go to
/// the other claim, 40 to the holder's rest, and 10 to the guarantor behind it.
#[test]
fn part_payment_splits_the_claim_and_ranks_behind_its_rest_alone() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 200);
    bench.succeed(SELLER, split(&receivable, 0, &[100, 100]));
    let guarantee = guaranteed(&mut bench, (&receivable, 1), SELLER, 60);
    bench.succeed(SELLER, offer(&receivable, 2, "smith", TODAY));
    bench.succeed("smith", accept(&receivable, 2, ""));
    fund(&mut bench, GUARANTOR, 60);
    fund(&mut bench, BUYER, 200);
    fall_into_default(&mut bench, &receivable);
    bench.succeed(SELLER, notice(&receivable, 1, &guarantee));
    bench.succeed(GUARANTOR, honour(&receivable, 1, &guarantee, 60, "aval"));
    bench.succeed(BUYER, settle(&receivable, 100, "half"));
    let balances =
        |bench: &Bench| [SELLER, GUARANTOR, "smith"].map(|id| bench.available(id, ISSUER));
    assert_eq!(balances(&bench), [100, 10, 50]);
    bench.succeed(BUYER, settle(&receivable, 100, "rest"));
    assert_eq!(balances(&bench), [100, 60, 100]);
}

#[test]
fn excess_is_refunded_to_the_last_payer() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    let of_farmer = pass_on(&mut bench, &receivable, (SELLER, "smith"), None);
    let guarantee = guaranteed(&mut bench, (&receivable, 0), "smith", 70);
    fund(&mut bench, GUARANTOR, 70);
    fund(&mut bench, SELLER, 100);
    fall_into_default(&mut bench, &receivable);
    bench.succeed("smith", notice(&receivable, 0, &guarantee));
    bench.succeed("smith", notice(&receivable, 0, &of_farmer));
    bench.succeed(GUARANTOR, honour(&receivable, 0, &guarantee, 70, "aval"));
    // 30 are left; the endorser, which did not know, pays 100, and 70 stay with it.
    bench.succeed(SELLER, honour(&receivable, 0, &of_farmer, 100, "recourse"));
    assert_eq!(bench.available("smith", ISSUER), 100);
    assert_eq!(bench.available(SELLER, ISSUER), 70);
    // The guarantor has the endorser before it to ask for its part, by the notice that the holder gave.
    let part = bench.claim(&receivable, 1);
    assert_eq!(outstanding(&part), (GUARANTOR, 70));
    assert_eq!(part.undertakings[0].undertaking, of_farmer);
    bench.succeed(SELLER, honour(&receivable, 1, &of_farmer, 70, "the rest"));
    assert_eq!(bench.available(GUARANTOR, ISSUER), 70);
    let mine = [2, 3].map(|number| bench.claim(&receivable, number).outstanding_minor);
    assert_eq!(mine, [30, 70]);
}

#[test]
fn a_pledged_claims_recovery_pays_its_lender_first() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100_000);
    let guarantee = guaranteed(&mut bench, (&receivable, 0), SELLER, 100_000);
    let loan = bench.finance(Finance::Loan, &[(&receivable, 0)], 80_000, HOLDER);
    fund(&mut bench, GUARANTOR, 100_000);
    fall_into_default(&mut bench, &receivable);
    let stranger = notice(&receivable, 0, &guarantee);
    bench.expect(
        ISSUER,
        stranger,
        code(Code::NotTheController),
        "another bank",
    );
    bench.succeed(HOLDER, notice(&receivable, 0, &guarantee));
    bench.succeed(
        GUARANTOR,
        honour(&receivable, 0, &guarantee, 100_000, "aval"),
    );
    let interest = bench.loan(&loan).interest_paid_minor;
    assert!(interest > 0);
    assert_eq!(bench.loan(&loan).outstanding_minor, 0);
    assert!(bench.loan(&loan).collateral.is_empty());
    assert_eq!(bench.available(HOLDER, ISSUER), 80_000 + interest);
    assert_eq!(bench.available(SELLER, ISSUER), 20_000 - interest);
    assert_eq!(
        outstanding(&bench.claim(&receivable, 1)),
        (GUARANTOR, 100_000)
    );
}

/// Of 100.00 the bank bought 80.00; who paid 15.00 for the seller's 20.00 is owed behind both.
#[test]
fn a_retained_claims_guarantor_is_owed_in_its_rank() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 10_000);
    bench.finance(Finance::Sale, &[(&receivable, 0)], 8_000, HOLDER);
    let guarantee = guaranteed(&mut bench, (&receivable, 2), SELLER, 1_500);
    fund(&mut bench, GUARANTOR, 1_500);
    fund(&mut bench, BUYER, 10_000);
    fall_into_default(&mut bench, &receivable);
    bench.succeed(SELLER, notice(&receivable, 2, &guarantee));
    bench.succeed(GUARANTOR, honour(&receivable, 2, &guarantee, 1_500, "aval"));
    for (minor, guarantors) in [(8_000, 0), (500, 0), (1_500, 1_500)] {
        bench.succeed(BUYER, settle(&receivable, minor, &format!("{minor}")));
        assert_eq!(bench.available(GUARANTOR, ISSUER), guarantors, "{minor}");
    }
}

/// A sale of two claims with a cap of 200 for both: 150 for the one of 300, 50 for the one of 100.
#[test]
fn the_cap_of_an_award_is_divided_among_its_claims() {
    let mut bench = Bench::new();
    let first = owed_at(&mut bench, "R-1", 300, 0);
    let second = owed_at(&mut bench, "R-2", 100, 0);
    let limit = RecourseLimit {
        cap_minor: 200,
        expires_on: Some(date(DEFAULT + 10)),
    };
    let claims: [(&[u8], u32); 2] = [(&first, 0), (&second, 0)];
    let open = OpenRequest {
        recourse: Recourse::Limited.into(),
        recourse_limit: Some(limit),
        ..open_request(Finance::Sale, &claims, 400)
    };
    let receipt = bench.succeed(SELLER, open_as(open));
    let request = tagged_hash("counterfoil/request-id/v1", &[&receipt.tx_id]).to_vec();
    let terms = QuoteTerms {
        recourse: Recourse::Limited.into(),
        recourse_limit: Some(limit),
        ..quote(HOLDER, 400)
    };
    bench.succeed(HOLDER, commit(&request, HOLDER, &terms));
    bench.roll_to(TODAY + 1);
    bench.succeed(HOLDER, reveal(&request, &terms, salt()));
    bench.succeed(SELLER, award(&request, HOLDER));
    let caps = [&first, &second].map(|receivable| {
        let claim = bench.claim(receivable, 0);
        let undertaking = bench.undertaking(&claim.undertakings[0].undertaking);
        assert_eq!(undertaking.by, SELLER);
        undertaking.cap_minor
    });
    assert_eq!(caps, [150, 50]);
}

#[test]
fn who_has_a_claim_again_asks_neither_itself_nor_who_had_it_between() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    let of_farmer = pass_on(&mut bench, &receivable, (SELLER, "smith"), None);
    pass_on(&mut bench, &receivable, ("smith", "miller"), None);
    pass_on(&mut bench, &receivable, ("miller", HOLDER), None);
    bench.succeed(HOLDER, offer(&receivable, 0, "smith", TODAY));
    bench.succeed("smith", accept(&receivable, 0, ""));
    let claim = bench.claim(&receivable, 0);
    let left: Vec<&Vec<u8>> = claim.undertakings.iter().map(|u| &u.undertaking).collect();
    assert_eq!(left, [&of_farmer]);
}

#[test]
fn only_claims_with_the_same_undertakings_are_merged() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    let all = guaranteed(&mut bench, (&receivable, 0), SELLER, 10);
    bench.succeed(SELLER, split(&receivable, 0, &[50, 25, 25]));
    guaranteed(&mut bench, (&receivable, 1), SELLER, 10);
    let unlike = merge(&receivable, &[1, 2]);
    bench.expect(
        SELLER,
        unlike,
        code(Code::CannotMerge),
        "one is guaranteed twice",
    );
    bench.succeed(SELLER, merge(&receivable, &[2, 3]));
    assert_eq!(bench.claim(&receivable, 4).undertakings[0].undertaking, all);
}

#[test]
fn a_claim_has_eight_guarantees_and_eight_endorsers_with_recourse() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    for _ in 0..8 {
        guaranteed(&mut bench, (&receivable, 0), SELLER, 10);
    }
    let ninth = guarantee(&receivable, 0, SELLER, 10);
    bench.signed_by(GUARANTOR, ninth, &[SELLER], code(Code::TooManyGuarantees));
    let mut bench = Bench::with_banks(9);
    let receivable = owed(&mut bench, 100);
    let banks: Vec<String> = (100..109).map(|n| format!("bank-{n}")).collect();
    let mut from = SELLER.to_owned();
    for to in &banks[..8] {
        pass_on(&mut bench, &receivable, (&from, to), None);
        from = to.clone();
    }
    let ninth = offer_with_recourse(&receivable, 0, &banks[8], None);
    bench.expect(
        &from,
        ninth,
        code(Code::InvalidRecourse),
        "a ninth endorser",
    );
    bench.succeed(&from, offer(&receivable, 0, &banks[8], TODAY));
}

#[test]
fn where_there_is_no_room_for_a_part_the_whole_is_paid() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 512);
    let guarantee = guaranteed(&mut bench, (&receivable, 0), SELLER, 10);
    bench.succeed(SELLER, split(&receivable, 0, &[2; 256]));
    fund(&mut bench, GUARANTOR, 10);
    fall_into_default(&mut bench, &receivable);
    bench.succeed(SELLER, notice(&receivable, 7, &guarantee));
    let part = honour(&receivable, 7, &guarantee, 1, "part");
    bench.expect(
        GUARANTOR,
        part,
        code(Settling::TooManyClaims),
        "a 257th claim",
    );
    bench.succeed(GUARANTOR, honour(&receivable, 7, &guarantee, 2, "whole"));
    let claim = bench.claim(&receivable, 257);
    assert_eq!(outstanding(&claim), (GUARANTOR, 2));
    assert_eq!(bench.receivable(&receivable).live_claims.len(), 256);
}

/// Recourse is for the debtor's default: a claim passed on without it has none, and enforcing a pledge makes none.
#[test]
fn without_recourse_nobody_is_asked() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    bench.succeed(SELLER, offer(&receivable, 0, HOLDER, TODAY));
    bench.succeed(HOLDER, accept(&receivable, 0, ""));
    let claim = bench.claim(&receivable, 0);
    assert!(claim.undertakings.is_empty(), "{claim:?}");
    fall_into_default(&mut bench, &receivable);
    let call = notice(&receivable, 0, &claim.endorsement);
    bench.expect(
        HOLDER,
        call,
        code(Code::UnknownUndertaking),
        "of a sale without recourse",
    );
}

/// Specification 7.2: a freeze stops no payment, and what is paid on something frozen waits.
#[test]
fn what_is_paid_in_the_debtors_place_on_a_frozen_claim_waits() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 1_000);
    let guarantee = guaranteed(&mut bench, (&receivable, 0), SELLER, 400);
    fund(&mut bench, GUARANTOR, 400);
    fall_into_default(&mut bench, &receivable);
    bench.succeed(SELLER, notice(&receivable, 0, &guarantee));
    let record = claim_key(&receivable, 0);
    bench.succeed("regulator", freeze(&record, &[SELLER]));
    let act = honour(&receivable, 0, &guarantee, 400, "aval");
    let paid = bench.succeed(GUARANTOR, act);
    assert_eq!(bench.available(GUARANTOR, ISSUER), 0);
    assert_eq!(bench.available(SELLER, ISSUER), 0);
    assert_eq!(outstanding(&bench.claim(&receivable, 1)), (GUARANTOR, 400));
    let suspense = suspense_of(&paid.tx_id, 0);
    bench.expect(SELLER, collect_suspense(&suspense), 2030, "frozen");
    bench.succeed("regulator", lift(&record));
    bench.succeed(SELLER, collect_suspense(&suspense));
    assert_eq!(bench.available(SELLER, ISSUER), 400);
}

#[test]
fn a_subrogating_endorsement_is_without_recourse() {
    let mut bench = Bench::new();
    let receivable = owed(&mut bench, 100);
    let of_farmer = pass_on(&mut bench, &receivable, (SELLER, HOLDER), None);
    fund(&mut bench, SELLER, 100);
    fall_into_default(&mut bench, &receivable);
    bench.succeed(HOLDER, notice(&receivable, 0, &of_farmer));
    bench.succeed(SELLER, honour(&receivable, 0, &of_farmer, 100, "all"));
    let claim = bench.claim(&receivable, 1);
    let id = claim.endorsement;
    let endorsement = counterfoil_rules_tests::workload::bench::find(
        bench.rules.records(),
        "receivable/endorsement/",
        |e: &counterfoil_proto::receivable::v1::Endorsement| e.id == id,
    );
    assert_eq!(endorsement.purpose(), Purpose::Subrogation);
    assert_eq!(endorsement.recourse(), Recourse::None);
    assert_eq!(
        (endorsement.from.as_str(), endorsement.to.as_str()),
        (HOLDER, SELLER)
    );
    assert_eq!(endorsement.previous, of_farmer);
}
