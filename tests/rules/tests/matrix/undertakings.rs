//! Guarantees, notice of default and payment in the debtor's place, by every role, at every stage.

use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, ISSUER, SELLER, TODAY, guarantee, honour, issue_to, notice, report,
};
use counterfoil_rules_tests::workload::bench::Bench;

use crate::callers;

const GUARANTOR: &str = "guarantor";
const PART: u64 = 10_000;

/// How far it has come with a guaranteed claim.
#[derive(Clone, Copy, Debug, PartialEq, PartialOrd)]
enum Stage {
    Performing,
    InDefault,
    Called,
    Paid,
}
use Stage::*;

const STAGES: [Stage; 4] = [Performing, InDefault, Called, Paid];

type Row = (&'static str, &'static str, [u32; 4], u32);

/// The right signer's code at each stage, and everyone else's at any.
#[rustfmt::skip]
const ON_GUARANTEED: [Row; 3] = [
    //                       Performing InDefault Called  Paid   others
    // Alone, without the consent of the claim's controller.
    ("guarantee", GUARANTOR, [56,          56,       56,   56],  5041),
    ("notice",    SELLER,    [5046,         0,     5047, 5003],  5002),
    ("honour",    GUARANTOR, [7041,      7041,        0, 7042],  7040),
];

/// A claim that is guaranteed, and its receivable and guarantee.
fn guaranteed(stage: Stage) -> (Bench, Vec<u8>, Vec<u8>) {
    let mut bench = Bench::new();
    let receivable = bench.owed("N-1", PART);
    let act = guarantee(&receivable, 0, SELLER, 2 * PART);
    let receipt = bench.signed_by(GUARANTOR, act, &[SELLER], 0);
    let undertaking = tagged_hash("counterfoil/guarantee-id/v1", &[&receipt.tx_id]).to_vec();
    for caller in callers(&[SELLER, BUYER]) {
        bench.succeed(ISSUER, issue_to(caller, 2 * PART, &format!("of {caller}")));
    }
    if stage >= InDefault {
        bench.roll_to(TODAY + 30 + 45 + 1);
        bench.succeed("miller", report("default", &receivable));
    }
    if stage >= Called {
        bench.succeed(SELLER, notice(&receivable, 0, &undertaking));
    }
    if stage >= Paid {
        let all = honour(&receivable, 0, &undertaking, 2 * PART, "before");
        bench.succeed(GUARANTOR, all);
    }
    (bench, receivable, undertaking)
}

#[test]
fn who_stands_for_a_claim_pays_once_its_holder_calls() {
    for (action, signer, codes, others) in ON_GUARANTEED {
        for (stage, code) in STAGES.into_iter().zip(codes) {
            for caller in callers(&[SELLER, BUYER]) {
                let (mut bench, receivable, undertaking) = guaranteed(stage);
                let act = match action {
                    "guarantee" => guarantee(&receivable, 0, SELLER, PART),
                    "notice" => notice(&receivable, 0, &undertaking),
                    _ => honour(&receivable, 0, &undertaking, 2 * PART, "payment"),
                };
                let code = if caller == signer { code } else { others };
                let what = format!("{action} by {caller} when {stage:?}");
                bench.expect(caller, act, code, &what);
            }
        }
    }
}
