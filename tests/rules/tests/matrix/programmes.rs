//! Every action on a programme of payables finance, by every role, while it is open and after.

use counterfoil_proto::financing::v1::ProgrammeState::{self, Closed, Open};
use counterfoil_rules_tests::model::tagged_hash;
use counterfoil_rules_tests::workload::acts::{
    BUYER, GROSS, SELLER, close_programme, draw_extension, make_standing_quote, open_programme,
    purchase, set_limit, standing_terms,
};
use counterfoil_rules_tests::workload::bench::{Bench, find};

use crate::{OUTSIDERS, callers};

const BANK: &str = "bank-east";

/// Actions on nothing yet, by role of the caller.
#[rustfmt::skip]
const BY_ROLE: [(&str, [u32; 6]); 2] = [
    //                 CoreEnt. Supplier  Bank  Guarant. Regul. Operator
    ("open_programme", [0,       6001,    6001,  6001,   6001,  6001]),
    // About the buyer.
    ("set_limit",      [6001,    6001,       0,  6001,   6001,  6001]),
];

type Row = (&'static str, &'static [&'static str], [u32; 2], [u32; 8]);

/// The right signers' code while the programme is open and once it is closed; everyone else's.
#[rustfmt::skip]
const ON_PROGRAMME: [Row; 4] = [
    //                                            Open Closed   SELLER BUYER refinery miller bank-west guarantor regulator operator
    ("close_programme",     &[BUYER],             [0,   6072], [6071, 6071,  6071,    6071,  6071,     6071,     6071,     6071]),
    ("make_standing_quote", &["bank-west"],       [0,   6072], [6001, 6001,  6001,    6001,  6001,     6001,     6001,     6001]),
    // Of a claim of the seller's; whether a programme is open anybody may learn.
    ("purchase",            &[SELLER],            [0,   6072], [6004, 6001,  6001,    6004,  6001,     6001,     6001,     6001]),
    ("draw_extension",      &[BUYER],             [0,   6072], [6071, 6071,  6071,    6071,  6071,     6071,     6071,     6071]),
];

#[test]
fn actions_by_role() {
    for (action, codes) in BY_ROLE {
        for (caller, code) in OUTSIDERS.into_iter().zip(codes) {
            let mut bench = Bench::new();
            let act = match action {
                "open_programme" => open_programme(&[]),
                _ => set_limit(BUYER, 1),
            };
            bench.expect(caller, act, code, &format!("{action} by {caller}"));
        }
    }
}

fn programme_in(bench: &mut Bench, state: ProgrammeState) -> Vec<u8> {
    let receipt = bench.succeed(BUYER, open_programme(&[]));
    let id = tagged_hash("counterfoil/programme-id/v1", &[&receipt.tx_id]).to_vec();
    bench.succeed(BANK, make_standing_quote(&id, standing_terms(2 * GROSS)));
    if state == Closed {
        bench.succeed(BUYER, close_programme(&id));
    }
    id
}

#[test]
fn actions_on_programmes() {
    for (action, signers, codes, others) in ON_PROGRAMME {
        for (state, code) in [Open, Closed].into_iter().zip(codes) {
            for (caller, other) in callers(&[SELLER, BUYER]).into_iter().zip(others) {
                let mut bench = Bench::new();
                let receivable = bench.owed("N-1", GROSS);
                let programme = programme_in(&mut bench, state);
                let rate = standing_terms(0).rate_ppm;
                let extension_rate = standing_terms(0).extension_rate_ppm;
                let act = match action {
                    "close_programme" => close_programme(&programme),
                    "make_standing_quote" => make_standing_quote(&programme, standing_terms(1)),
                    "purchase" => purchase(&programme, BANK, &receivable, rate),
                    _ => draw_extension(&programme, BANK, 100, extension_rate),
                };
                // Whose claim it is is asked after whether the programme is open.
                let code = match (signers.contains(&caller), action, state) {
                    (true, _, _) => code,
                    (false, "purchase", Closed) if other == 6004 => 6072,
                    (false, _, _) => other,
                };
                let what = format!("{action} by {caller} of a programme that is {state:?}");
                bench.expect(caller, act, code, &what);
                let after = match (code, action) {
                    (0, "close_programme") => Closed,
                    _ => state,
                };
                let records = bench.rules.records();
                let of = |p: &counterfoil_proto::financing::v1::Programme| p.id == programme;
                let found = find(records, "financing/programme/", of);
                assert_eq!(found.state(), after, "after {what}");
            }
        }
    }
}
