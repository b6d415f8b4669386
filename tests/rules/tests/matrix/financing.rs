//! Every action on a request for finance and on a loan, by every role, at every stage.

use counterfoil_proto::financing::v1::{LoanState, QuoteTerms, RequestState};
use counterfoil_rules_tests::model::Act;
use counterfoil_rules_tests::workload::acts::{
    BUYER, Finance, GROSS, ISSUER, SELLER, TODAY, award, award_parts, cancel, commit,
    expire_request, issue_to, quote, release, repay, report_loan_default, reveal, salt, settle,
    split_collateral, take_control,
};
use counterfoil_rules_tests::workload::bench::Bench;

use crate::OUTSIDERS;

/// How far a request for which bank-east and bank-west quote has come. Bank-east reveals in time, and where parts are
/// awarded, bank-west, too.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stage {
    /// Up to the deadline.
    Quoting,
    /// On the three days after it.
    Revealing,
    /// Up to the last day.
    Awarding,
    /// After that.
    Late,
    Awarded,
    Cancelled,
    Expired,
    Overtaken,
}
use Stage::*;

const STAGES: [Stage; 8] = [
    Quoting, Revealing, Awarding, Late, Awarded, Cancelled, Expired, Overtaken,
];

/// Everybody but bank-east, whose quote is taken.
const CALLERS: [&str; 9] = [
    SELLER,
    BUYER,
    "house-bank",
    OUTSIDERS[0],
    OUTSIDERS[1],
    OUTSIDERS[2],
    OUTSIDERS[3],
    OUTSIDERS[4],
    OUTSIDERS[5],
];

type RequestRow = (&'static str, &'static [&'static str], [u32; 8], [u32; 8]);

/// The right signers' code at each stage, and everyone else's. Bank-west has quoted and not revealed.
#[rustfmt::skip]
const ON_REQUEST: [RequestRow; 6] = [
    //                                   Quoting Revealing Awarding Late Awarded Cancelled Expired Overtaken
    ("commit", &["house-bank"],          [0,       6024,    6024,   6024,   6023,   6023,   6023,   6023],
    // Bank-west has quoted already; it is told so only where that is all that is wrong.
                                         [6001,    6001,    6001,   6001,   6001,   6001,   6001,   6001]),
    ("reveal", &["bank-west"],           [6029,       0,    6029,   6029,   6023,   6023,   6023,   6023],
                                         [6028,    6028,    6028,   6028,   6023,   6023,   6023,   6023]),
    ("award",  &[SELLER],                [6037,    6037,       0,   6038,   6023,   6023,   6023,   6023],
                                         [6036,    6036,    6036,   6036,   6036,   6036,   6036,   6036]),
    // Of what both banks have revealed.
    ("award_parts", &[SELLER],           [6037,       0,       0,   6038,   6023,   6023,   6023,   6023],
                                         [6036,    6036,    6036,   6036,   6036,   6036,   6036,   6036]),
    ("cancel", &[SELLER],                [0,          0,       0,      0,   6023,   6023,   6023,   6023],
                                         [6036,    6036,    6036,   6036,   6036,   6036,   6036,   6036]),
    ("expire", &[SELLER, "bank-west"],   [6043,    6043,    6043,      0,   6023,   6023,   6023,   6023],
                                         [6042,    6042,    6042,   6042,   6042,   6042,   6042,   6042]),
];

/// The right signer's code from each state of a loan, and everyone else's.
#[rustfmt::skip]
const ON_LOAN: [(&str, &str, [u32; 3], u32); 5] = [
    //                                Open Defaulted Repaid  others
    ("repay",        SELLER,          [0,       0,   6052],   6051),
    ("release",      "bank-west",     [0,       0,   6054],   6053),
    ("default",      "bank-west",     [6061, 6061,   6052],   6053),
    ("take_control", "bank-west",     [6062,    0,   6062],   6053),
    // Not without the lender's consent.
    ("split",        SELLER,          [56,     56,   6054],   6004),
];

const LOAN_STATES: [LoanState; 3] = [LoanState::Open, LoanState::Defaulted, LoanState::Repaid];

/// What each bank quotes, in parts of any size.
fn terms_of(bank: &str) -> QuoteTerms {
    QuoteTerms {
        smallest_part_minor: 1,
        ..quote(bank, GROSS)
    }
}

fn request_at(stage: Stage, revealing: &[&str]) -> (Bench, Vec<u8>) {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", GROSS);
    let request = bench.request_for(Finance::Sale, &[(&receivable, 0)], GROSS);
    for bank in ["bank-east", "bank-west"] {
        bench.succeed(bank, commit(&request, bank, &terms_of(bank)));
    }
    match stage {
        Quoting => {}
        Cancelled => drop(bench.succeed(SELLER, cancel(&request))),
        Overtaken => {
            bench.succeed(ISSUER, issue_to(BUYER, 1, "funds"));
            bench.succeed(BUYER, settle(&receivable, 1, "a cent"));
        }
        Revealing | Awarding | Late | Awarded | Expired => {
            bench.roll_to(TODAY + 1);
            for bank in revealing {
                bench.succeed(bank, reveal(&request, &terms_of(bank), salt()));
            }
        }
    }
    match stage {
        Awarding | Awarded => bench.roll_to(TODAY + 4),
        Late | Expired => bench.roll_to(TODAY + 11),
        _ => {}
    }
    match stage {
        Awarded => drop(bench.succeed(SELLER, award(&request, "bank-east"))),
        Expired => drop(bench.succeed(SELLER, expire_request(&request))),
        _ => {}
    }
    (bench, request)
}

fn on_request(action: &str, request: &[u8], caller: &str) -> Act {
    let terms = terms_of("bank-west");
    match action {
        "commit" => commit(request, caller, &terms),
        "award_parts" => award_parts(request, &[("bank-east", 1), ("bank-west", GROSS - 1)]),
        "reveal" => reveal(request, &terms, salt()),
        "award" => award(request, "bank-east"),
        "cancel" => cancel(request),
        _ => expire_request(request),
    }
}

fn state_of(stage: Stage) -> RequestState {
    match stage {
        Quoting | Revealing | Awarding | Late => RequestState::Open,
        Awarded => RequestState::Awarded,
        Cancelled => RequestState::Cancelled,
        Expired => RequestState::Expired,
        Overtaken => RequestState::Overtaken,
    }
}

#[test]
fn actions_on_requests() {
    for (action, signers, codes, others) in ON_REQUEST {
        for (at, stage) in STAGES.into_iter().enumerate() {
            for caller in CALLERS {
                if action == "commit" && caller == "bank-west" {
                    continue;
                }
                let revealing: &[&str] = match action {
                    "award_parts" => &["bank-east", "bank-west"],
                    _ => &["bank-east"],
                };
                let (mut bench, request) = request_at(stage, revealing);
                let code = if signers.contains(&caller) {
                    codes[at]
                } else {
                    others[at]
                };
                let what = format!("{action} by {caller} when {stage:?}");
                bench.expect(caller, on_request(action, &request, caller), code, &what);
                let state = match action {
                    "award" | "award_parts" if code == 0 => RequestState::Awarded,
                    "cancel" if code == 0 => RequestState::Cancelled,
                    "expire" if code == 0 => RequestState::Expired,
                    _ => state_of(stage),
                };
                assert_eq!(bench.request(&request).state(), state, "after {what}");
            }
        }
    }
}

#[test]
fn actions_on_loans() {
    for (action, signer, codes, others) in ON_LOAN {
        for (state, code) in LOAN_STATES.into_iter().zip(codes) {
            for caller in CALLERS {
                let mut bench = Bench::new();
                let receivable = bench.owed("N-1", GROSS);
                let claim: &[(&[u8], u32)] = &[(&receivable, 0)];
                let loan = bench.finance(Finance::Loan, claim, 8_000, "bank-west");
                if state == LoanState::Defaulted {
                    bench.roll_to(TODAY + 31);
                    bench.succeed("bank-west", report_loan_default(&loan));
                    bench.succeed("bank-west", issue_to(SELLER, 100, "for interest"));
                }
                if state == LoanState::Repaid {
                    bench.succeed(SELLER, repay(&loan, "bank-west", 8_000, "all"));
                }
                let act = match action {
                    "repay" if state == LoanState::Defaulted => {
                        repay(&loan, "bank-west", 8_047, "repayment")
                    }
                    "repay" => repay(&loan, "bank-west", 8_000, "repayment"),
                    "default" => report_loan_default(&loan),
                    "take_control" => take_control(&loan, &receivable, 0),
                    "split" => split_collateral(&loan, &receivable, 0, &[1, GROSS - 1]),
                    _ => release(&loan, &receivable, 0),
                };
                let code = if caller == signer { code } else { others };
                let what = format!("{action} by {caller} of a loan that is {state:?}");
                bench.expect(caller, act, code, &what);
                let repaid = code == 0 && action == "repay";
                let state = if repaid { LoanState::Repaid } else { state };
                let loan = bench.loan(&loan);
                assert_eq!(loan.state(), state, "after {what}");
                let ends = ["repay", "release"].contains(&action);
                let pledged = (code != 0 || !ends) && state != LoanState::Repaid;
                assert_eq!(!loan.collateral.is_empty(), pledged, "after {what}");
                let claim = bench.claim(&receivable, 0);
                assert_eq!(claim.encumbrance.is_some(), pledged, "after {what}");
                let taken = code == 0 && action == "take_control";
                let controller = if taken { "bank-west" } else { SELLER };
                assert_eq!(claim.controller, controller, "after {what}");
            }
        }
    }
}
