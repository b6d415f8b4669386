//! Every action on a claim, by every role, whatever stands in the claim's way.

use counterfoil_proto::receivable::v1::Claim;
use counterfoil_rules_tests::model::Act;
use counterfoil_rules_tests::model::claims::encumbrance;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, GROSS, ISSUER, RECIPIENT, SELLER, TODAY, accept, decline, expire_offer,
    issue_to, merge, offer, open, settle, split,
};
use counterfoil_rules_tests::workload::bench::Bench;

use crate::callers;

/// What a claim is, or is under.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Claimed {
    Free,
    Offered,
    /// On offer after the offer's last day.
    OfferedLate,
    Locked,
    Pledged,
    /// Its principal is paid.
    PenaltyOnly,
    Spent,
}
use Claimed::*;

const STATES: [Claimed; 7] = [
    Free,
    Offered,
    OfferedLate,
    Locked,
    Pledged,
    PenaltyOnly,
    Spent,
];
const PART: u64 = 10_000;

/// What a claim's controller may do with it: its code from each state, another supplier's and
/// anyone else's from any.
#[rustfmt::skip]
const DISPOSAL: [(&str, [u32; 7], u32, u32); 4] = [
    //          Free Offered  Late  Locked Pledged Penalty Spent   supplier others
    ("split",   [0,    5004,  5004,  5004,   5004,   5003,  5003],    5002,  5002),
    ("merge",   [0,    5004,  5004,  5004,   5004,   5003,  5003],    5002,  5002),
    ("offer",   [0,    5004,  5004,  5004,   5004,   5003,  5003],    5002,  5002),
    ("open",    [0,    6006,  6006,  6006,   6006,   6005,  6005],    6004,  6001),
];

type OfferRow = (&'static str, &'static [&'static str], [u32; 7], [u32; 7]);

/// What the parties of an offer may do about it: their code from each state, and everyone else's.
#[rustfmt::skip]
const ON_OFFER: [OfferRow; 3] = [
    //                                     Free Offered  Late  Locked Pledged Penalty Spent
    ("accept",  &[RECIPIENT],            [5012,     0,  5014,  5012,   5012,   5012,  5012],
                                         [5012,  5013,  5013,  5012,   5012,   5012,  5012]),
    ("decline", &[RECIPIENT],            [5012,     0,     0,  5012,   5012,   5012,  5012],
                                         [5012,  5013,  5013,  5012,   5012,   5012,  5012]),
    ("expire",  &[SELLER, RECIPIENT],    [5012,  5015,     0,  5012,   5012,   5012,  5012],
                                         [5012,  5020,  5020,  5012,   5012,   5012,  5012]),
];

/// A receivable whose claim 1 is in a state; claim 2 is the rest of it, free.
fn claim_in(state: Claimed) -> (Bench, Vec<u8>) {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    bench.succeed(SELLER, split(&receivable, 0, &[PART, GROSS - PART]));
    let claim: &[(&[u8], u32)] = &[(&receivable, 1)];
    match state {
        Free => {}
        Offered => drop(bench.succeed(SELLER, offer(&receivable, 1, RECIPIENT, TODAY))),
        OfferedLate => {
            bench.succeed(SELLER, offer(&receivable, 1, RECIPIENT, TODAY));
            bench.roll_to(TODAY + 1);
        }
        Locked => drop(bench.request_for(Finance::Sale, claim, PART)),
        Pledged => drop(bench.finance(Finance::Loan, claim, PART, "bank-west")),
        PenaltyOnly => {
            bench.roll_to(TODAY + 60);
            bench.succeed(ISSUER, issue_to(BUYER, GROSS, "funds"));
            bench.succeed(BUYER, settle(&receivable, GROSS, "principal"));
        }
        Spent => drop(bench.succeed(SELLER, split(&receivable, 1, &[1, PART - 1]))),
    }
    (bench, receivable)
}

fn on_claim(action: &str, receivable: &[u8]) -> Act {
    match action {
        "split" => split(receivable, 1, &[1, PART - 1]),
        "merge" => merge(receivable, &[1, 2]),
        "offer" => offer(receivable, 1, RECIPIENT, TODAY + 60),
        "open" => open(Finance::Sale, &[(receivable, 1)], PART),
        "accept" => accept(receivable, 1, ""),
        "decline" => decline(receivable, 1),
        _ => expire_offer(receivable, 1),
    }
}

fn is_free(claim: &Claim) -> bool {
    encumbrance(claim).is_none()
}

#[test]
fn claims_are_their_controllers_to_dispose_of() {
    for (action, codes, supplier, others) in DISPOSAL {
        for (state, code) in STATES.into_iter().zip(codes) {
            for caller in callers(&[SELLER, BUYER, RECIPIENT]) {
                let (mut bench, receivable) = claim_in(state);
                let code = match caller {
                    SELLER => code,
                    RECIPIENT | "miller" => supplier,
                    _ => others,
                };
                let what = format!("{action} by {caller} of a claim that is {state:?}");
                bench.expect(caller, on_claim(action, &receivable), code, &what);
            }
        }
    }
}

#[test]
fn offers_are_answered_by_their_parties() {
    for (action, parties, codes, others) in ON_OFFER {
        for (at, state) in STATES.into_iter().enumerate() {
            for caller in callers(&[SELLER, BUYER, RECIPIENT]) {
                let (mut bench, receivable) = claim_in(state);
                let code = if parties.contains(&caller) {
                    codes[at]
                } else {
                    others[at]
                };
                let what = format!("{action} by {caller} of a claim that is {state:?}");
                bench.expect(caller, on_claim(action, &receivable), code, &what);
                let claim = bench.claim(&receivable, 1);
                let passed = action == "accept" && code == 0;
                let controller = if passed { RECIPIENT } else { SELLER };
                assert_eq!(claim.controller, controller, "after {what}");
                assert_eq!(claim.depth, u32::from(passed), "after {what}");
                if code == 0 {
                    assert!(is_free(&claim), "after {what}");
                }
            }
        }
    }
}
