//! Packs, freezes and suspense: by every role, and from every state.

use counterfoil_proto::supervision::v1::Rules;
use counterfoil_rules_tests::model::Act;
use counterfoil_rules_tests::model::supervision::organization_key;
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, ISSUER, SELLER, collect_suspense, freeze, issue_to, lift, publish_pack,
    rule_on_suspense, settle,
};
use counterfoil_rules_tests::workload::bench::Bench;

use super::{OUTSIDERS, callers};

const REGULATOR: &str = "regulator";

/// By role of the caller: what nobody else may do, and what each may.
#[rustfmt::skip]
const BY_ROLE: [(&str, [u32; 6]); 4] = [
    //                    CoreEnt. Supplier  Bank  Guarant. Regul. Operator
    ("publish",           [2001,      2001,  2001,    2001,     0,     2001]),
    ("freeze",            [2001,      2001,  2001,    2001,     0,     2001]),
    ("freeze it again",   [2001,      2001,  2001,    2001,  2013,     2001]),
    ("release",           [2001,      2001,  2001,    2001,     0,     2001]),
];

/// What is frozen, waits, was ruled to be a bystander's, or was collected.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stands {
    Frozen,
    Released,
    Ruled,
    Collected,
}

/// To whom a regulator gives it.
const BYSTANDER: &str = "smith";

/// Actions on deposits in suspense: their signer's code from each state, and everyone else's.
#[rustfmt::skip]
const ON_SUSPENSE: [(&str, &str, [u32; 4], u32); 3] = [
    //                       Frozen Released Ruled Collected  others
    ("collect", SELLER,      [2030,        0, 3051,     3052], 3051),
    ("collect", BYSTANDER,   [3051,     3051,    0,     3051], 3051),
    ("rule",    REGULATOR,   [0,           0,    0,     3052], 3001),
];

#[test]
fn supervision_by_role() {
    let record = organization_key(SELLER);
    for (action, codes) in BY_ROLE {
        for (caller, code) in OUTSIDERS.into_iter().zip(codes) {
            let mut bench = Bench::new();
            if matches!(action, "freeze it again" | "release") {
                bench.succeed(REGULATOR, freeze(&record, &[]));
            }
            let act = match action {
                "publish" => publish_pack(1, Rules::default()),
                "release" => lift(&record),
                _ => freeze(&record, &[]),
            };
            bench.expect(caller, act, code, &format!("{action} by {caller}"));
        }
    }
}

#[test]
fn actions_on_suspense() {
    let states = [
        Stands::Frozen,
        Stands::Released,
        Stands::Ruled,
        Stands::Collected,
    ];
    for (action, signer, codes, others) in ON_SUSPENSE {
        for (from, code) in states.into_iter().zip(codes) {
            for caller in callers(&[SELLER, BUYER, ISSUER, BYSTANDER]) {
                let own = caller == signer;
                // The other payee has a row of its own.
                if !own && action == "collect" && [SELLER, BYSTANDER].contains(&caller) {
                    continue;
                }
                let mut bench = Bench::new();
                let id = suspense_in(&mut bench, from);
                let act: Act = match action {
                    "collect" => collect_suspense(&id),
                    _ => rule_on_suspense(&id, BYSTANDER),
                };
                let code = if own { code } else { others };
                let what = format!("{action} by {caller} from {from:?}");
                bench.expect(caller, act, code, &what);
            }
        }
    }
}

/// What the buyer paid on the seller's claim, brought to a state.
fn suspense_in(bench: &mut Bench, state: Stands) -> Vec<u8> {
    let record = organization_key(SELLER);
    let receivable = bench.owed("N-1", 500);
    bench.succeed(ISSUER, issue_to(BUYER, 500, "funds"));
    bench.succeed(REGULATOR, freeze(&record, &[]));
    let paid = bench.succeed(BUYER, settle(&receivable, 500, "settlement"));
    let parts: [&[u8]; 2] = [&paid.tx_id, &0u32.to_be_bytes()];
    let id = tagged_hash("counterfoil/suspense-id/v1", &parts).to_vec();
    match state {
        Stands::Frozen => {}
        Stands::Ruled => drop(bench.succeed(REGULATOR, rule_on_suspense(&id, BYSTANDER))),
        Stands::Released | Stands::Collected => drop(bench.succeed(REGULATOR, lift(&record))),
    }
    if state == Stands::Collected {
        bench.succeed(SELLER, collect_suspense(&id));
    }
    id
}
