//! One sale, several banks.

use counterfoil_proto::financing::v1::{OpenRequest, QuoteState, QuoteTerms};
use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::receivable::v1::{ClaimState, Rank};
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    Finance, SELLER, TODAY, award, award_parts, change_accounts, commit, enrolment, open_as,
    open_request, quote, requirement, reveal, salt, set_rule,
};
use counterfoil_rules_tests::workload::bench::Bench;
use counterfoil_rules_tests::workload::keyring::key;
use counterfoil_rules_tests::workload::world::{ALL, first_key};

const EAST: &str = "bank-east";
const WEST: &str = "bank-west";

/// Two claims of 1,000 and 500, put to the banks as `ask` says, with quotes at no cost over the whole and 1 at least:
/// bank-east's in its own deposits, bank-west's in those of `issuer`.
fn quoted(
    bench: &mut Bench,
    ask: impl Fn(&mut OpenRequest),
    issuer: &str,
) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut receivables = vec![bench.owed("N-1", 1_000), bench.owed("N-2", 500)];
    receivables.sort();
    let claims: Vec<(&[u8], u32)> = receivables.iter().map(|id| (id.as_slice(), 0)).collect();
    let mut open = open_request(Finance::Sale, &claims, 1_500);
    ask(&mut open);
    let receipt = bench.succeed(SELLER, open_as(open));
    let request = tagged_hash("counterfoil/request-id/v1", &[&receipt.tx_id]).to_vec();
    let terms = |bank: &str| QuoteTerms {
        rate_ppm: 0,
        smallest_part_minor: 1,
        issuer: if bank == WEST { issuer } else { bank }.to_owned(),
        ..quote(bank, 1_500)
    };
    for bank in [EAST, WEST] {
        bench.succeed(bank, commit(&request, bank, &terms(bank)));
    }
    bench.roll_to(TODAY + 1);
    for bank in [EAST, WEST] {
        bench.succeed(bank, reveal(&request, &terms(bank), salt()));
    }
    (receivables, request)
}

/// Controller, rank and principal of a receivable's live claims.
fn live(bench: &Bench, receivable: &[u8]) -> Vec<(String, Rank, u64)> {
    let claims = bench.receivable(receivable).live_claims;
    let claims = claims.iter().map(|number| bench.claim(receivable, *number));
    claims
        .map(|claim| {
            assert_eq!(claim.state(), ClaimState::Live);
            assert_eq!(claim.encumbrance, None);
            (
                claim.controller.clone(),
                claim.rank(),
                claim.outstanding_minor,
            )
        })
        .collect()
}

fn of(receivables: &[Vec<u8>], bench: &Bench, face: u64) -> Vec<u8> {
    let with = |id: &&Vec<u8>| bench.receivable(id).face.expect("a face").minor == face;
    receivables.iter().find(with).expect("one of them").clone()
}

#[test]
fn each_bank_has_its_part_of_every_claim_and_the_seller_the_rest() {
    let mut bench = Bench::new();
    let (receivables, request) = quoted(&mut bench, |_| {}, WEST);
    bench.succeed(SELLER, award_parts(&request, &[(EAST, 600), (WEST, 300)]));
    let parts = |large: &[(&str, Rank, u64)]| -> Vec<(String, Rank, u64)> {
        let parts = large.iter();
        parts
            .map(|(who, rank, minor)| ((*who).to_owned(), *rank, *minor))
            .collect()
    };
    // 600 pro rata of 1,000 and 500; then 300 of the 600 and 300 that are left.
    let (senior, retained) = (Rank::Senior, Rank::Retained);
    let first = live(&bench, &of(&receivables, &bench, 1_000));
    assert_eq!(
        first,
        parts(&[
            (EAST, senior, 400),
            (WEST, senior, 200),
            (SELLER, retained, 400)
        ])
    );
    let second = live(&bench, &of(&receivables, &bench, 500));
    assert_eq!(
        second,
        parts(&[
            (EAST, senior, 200),
            (WEST, senior, 100),
            (SELLER, retained, 200)
        ])
    );
    assert_eq!(bench.available(SELLER, EAST), 600);
    assert_eq!(bench.available(SELLER, WEST), 300);
    assert_eq!(bench.used(WEST, "airline"), 300);
}

#[test]
fn a_part_that_is_not_paid_returns_to_the_seller_in_the_claims_own_rank() {
    let mut bench = Bench::new();
    // Bank-west has no deposits of house-bank.
    let (receivables, request) = quoted(&mut bench, |_| {}, "house-bank");
    bench.succeed(SELLER, award_parts(&request, &[(EAST, 900), (WEST, 600)]));
    let senior = |who: &str, minor| (who.to_owned(), Rank::Senior, minor);
    let first = live(&bench, &of(&receivables, &bench, 1_000));
    assert_eq!(first, [senior(EAST, 600), senior(SELLER, 400)]);
    let second = live(&bench, &of(&receivables, &bench, 500));
    assert_eq!(second, [senior(EAST, 300), senior(SELLER, 200)]);
    assert_eq!(bench.quote(&request, EAST).state(), QuoteState::Awarded);
    let failed = bench.quote(&request, WEST);
    assert_eq!(failed.state(), QuoteState::Failed);
    assert_eq!(failed.award.expect("what it owed").proceeds_minor, 600);
    assert_eq!(bench.available(SELLER, EAST), 900);
}

#[test]
fn all_or_none_and_a_minimum_hold_whoever_fails() {
    let all = |open: &mut OpenRequest| open.all_or_none = true;
    let least = |open: &mut OpenRequest| open.minimum_minor = 901;
    let mut bench = Bench::new();
    let (_, request) = quoted(&mut bench, all, "house-bank");
    bench.expect(
        SELLER,
        award_parts(&request, &[(EAST, 900), (WEST, 599)]),
        6067,
        "not all",
    );
    bench.expect(
        SELLER,
        award_parts(&request, &[(EAST, 900), (WEST, 600)]),
        6041,
        "one fails",
    );
    bench.succeed(SELLER, award(&request, EAST));

    let mut bench = Bench::new();
    let (_, request) = quoted(&mut bench, least, "house-bank");
    bench.expect(
        SELLER,
        award_parts(&request, &[(EAST, 800), (WEST, 100)]),
        6067,
        "too little",
    );
    bench.expect(
        SELLER,
        award_parts(&request, &[(EAST, 900), (WEST, 600)]),
        6041,
        "one fails",
    );
    bench.succeed(SELLER, award_parts(&request, &[(EAST, 901), (WEST, 599)]));

    let mut bench = Bench::new();
    let (_, request) = quoted(&mut bench, all, WEST);
    bench.succeed(SELLER, award_parts(&request, &[(EAST, 900), (WEST, 600)]));
}

#[test]
fn conditions_and_parts_keep_their_bounds() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-9", 1_000);
    let claim: &[(&[u8], u32)] = &[(&receivable, 0)];
    for (finance, all_or_none, minimum_minor) in [
        (Finance::Sale, true, 1),
        (Finance::Sale, false, 1_001),
        (Finance::Loan, true, 0),
        (Finance::Loan, false, 1),
    ] {
        let open = OpenRequest {
            all_or_none,
            minimum_minor,
            ..open_request(finance, claim, 1_000)
        };
        bench.expect(SELLER, open_as(open), 6066, "a condition");
    }
    let (_, request) = quoted(&mut bench, |_| {}, WEST);
    for (parts, code) in [
        (&[(EAST, 1_500)][..], 6068),
        (&[(WEST, 1), (EAST, 1)], 6068),
        (&[(EAST, 1), (EAST, 1)], 6068),
        (&[(EAST, 0), (WEST, 1)], 6068),
        (&[(EAST, 1_500), (WEST, 1)], 6068),
        (&[(EAST, u64::MAX), (WEST, 1)], 6068),
        (&[(EAST, 1), ("house-bank", 1)], 6028),
    ] {
        bench.expect(SELLER, award_parts(&request, parts), code, "parts");
    }
}

#[test]
fn the_last_bank_to_reveal_stays_silent_and_is_recorded_so() {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", 1_000);
    let request = bench.request_for(Finance::Sale, &[(&receivable, 0)], 1_000);
    for bank in [EAST, WEST] {
        bench.succeed(bank, commit(&request, bank, &quote(bank, 1_000)));
    }
    bench.roll_to(TODAY + 1);
    bench.succeed(EAST, reveal(&request, &quote(EAST, 1_000), salt()));
    // Bank-west may reveal until the end of the third day: until then its silence holds the award up, and no longer.
    for day in 1..=3 {
        bench.roll_to(TODAY + day);
        bench.expect(SELLER, award(&request, EAST), 6037, "while it may reveal");
    }
    bench.roll_to(TODAY + 4);
    bench.expect(
        WEST,
        reveal(&request, &quote(WEST, 1_000), salt()),
        6029,
        "too late",
    );
    bench.succeed(SELLER, award(&request, EAST));
    assert_eq!(bench.quote(&request, WEST).state(), QuoteState::Missed);
    assert_eq!(bench.available(SELLER, WEST), 0);
}

/// Asked are 1,500; what the seller takes of it, 600 and 300, decides who must sign.
#[test]
fn an_approval_rule_looks_at_the_sum_of_the_parts() {
    let mut bench = Bench::new();
    let (_, request) = quoted(&mut bench, |_| {}, WEST);
    let (maker, checker) = (first_key(SELLER), key(300));
    let enrol = vec![enrolment(SELLER, &checker, ALL, 0)];
    bench.succeed(SELLER, change_accounts(enrol, Vec::new()));
    let rule = set_rule(vec![requirement(ActionClass::Award, Some(900), 1)]);
    bench.expect_signed((SELLER, &[&maker, &checker]), rule, 0, "a rule of both");
    let parts = |east| award_parts(&request, &[(EAST, east), (WEST, 300)]);
    bench.expect_signed((SELLER, &[&maker]), parts(601), 55, "above the amount");
    bench.expect_signed((SELLER, &[&maker]), parts(600), 0, "up to the amount");
}
