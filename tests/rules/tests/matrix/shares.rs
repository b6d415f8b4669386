//! Letting others read a profile: by every role, and from every state of a share.

use counterfoil_rules_tests::workload::acts::{
    BUYER, SELLER, TODAY, roll, share_profile, unshare_profile,
};
use counterfoil_rules_tests::workload::bench::Bench;

use super::{OUTSIDERS, callers};

const READER: &str = "smith";

/// By role of the caller, with another organization.
#[rustfmt::skip]
const BY_ROLE: [(&str, [u32; 6]); 2] = [
    //            CoreEnt. Supplier  Bank  Guarant. Regul. Operator
    // A history belongs to whoever has it.
    ("share",     [0,             0,    0,       0,     0,        0]),
    // A share is found by who gave it: nobody else has one to the same reader.
    ("unshare",   [8003,       8003, 8003,    8003,  8003,     8003]),
];

/// What became of the seller's share.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Stands {
    Never,
    InForce,
    Over,
    TakenBack,
}

/// Actions of the seller on its share from each state; of everyone else there is no share to act on.
#[rustfmt::skip]
const ON_SHARE: [(&str, [u32; 4], u32); 2] = [
    //          Never InForce  Over TakenBack  others
    ("share",   [0,         0,    0,        0],     0),
    ("unshare", [8003,      0, 8003,     8003],  8003),
];

#[test]
fn sharing_by_role() {
    for (action, codes) in BY_ROLE {
        for (caller, code) in OUTSIDERS.into_iter().zip(codes) {
            let mut bench = Bench::new();
            bench.succeed(SELLER, share_profile(READER, TODAY + 9));
            let act = match action {
                "share" => share_profile(READER, TODAY + 9),
                _ => unshare_profile(READER),
            };
            bench.expect(caller, act, code, &format!("{action} by {caller}"));
            let oneself = share_profile(caller, TODAY);
            bench.expect(caller, oneself, 8001, &format!("{caller} with itself"));
        }
    }
}

#[test]
fn actions_on_shares() {
    let states = [
        Stands::Never,
        Stands::InForce,
        Stands::Over,
        Stands::TakenBack,
    ];
    for (action, codes, others) in ON_SHARE {
        for (from, code) in states.into_iter().zip(codes) {
            for caller in callers(&[SELLER, BUYER]) {
                let mut bench = Bench::new();
                if from != Stands::Never {
                    bench.succeed(SELLER, share_profile(READER, TODAY));
                }
                match from {
                    Stands::Over => drop(bench.succeed("operator", roll(TODAY + 1))),
                    Stands::TakenBack => drop(bench.succeed(SELLER, unshare_profile(READER))),
                    Stands::Never | Stands::InForce => {}
                }
                let act = match action {
                    "share" => share_profile(READER, TODAY + 1),
                    _ => unshare_profile(READER),
                };
                let code = if caller == SELLER { code } else { others };
                let what = format!("{action} by {caller} from {from:?}");
                bench.expect(caller, act, code, &what);
            }
        }
    }
}
