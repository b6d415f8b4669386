//! Versions of the rules and ledger keys, each from a height on (specification 3.2, 10.2, 10.3).

use std::collections::BTreeSet;

use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{DecisionState, LedgerKeyRotation, Role, Upgrade};
use counterfoil_proto::v1::{ConsensusParams, KernelRejectionCode};
use counterfoil_rules_tests::workload::acts::{
    SELLER, TODAY, admission, decide, propose, register, registration, roll, vote,
};
use counterfoil_rules_tests::workload::bench::{Bench, invoice_id};
use counterfoil_rules_tests::workload::keyring::key;
use counterfoil_rules_tests::workload::world::ledger_keys;
use counterfoil_types::genesis::{
    LedgerKey, NAMING_VERSION, OLDEST_PROTOCOL_VERSION, ROTATION_VERSION,
};

const MALFORMED: u32 = KernelRejectionCode::MalformedAction as u32;

fn rotation(to: &LedgerKey, from_height: u64) -> Decision {
    Decision::RotateLedgerKey(LedgerKeyRotation {
        key_hash: to.hash().to_vec(),
        from_height,
    })
}

fn upgrade(version: u32, from_height: u64) -> Decision {
    Decision::Upgrade(Upgrade {
        version,
        from_height,
    })
}

/// A lifetime of ten minutes.
fn lifetime(bench: &Bench) -> Decision {
    Decision::Params(ConsensusParams {
        transaction_lifetime_ms: 600_000,
        ..bench.settings().params.unwrap()
    })
}

/// Has blocks made until this one.
fn pass(bench: &mut Bench, height: u64) {
    while bench.rules.height() + 1 < height {
        // To where it is: rejected, in a block.
        bench.send("operator", roll(TODAY));
    }
}

#[test]
fn what_is_new_is_malformed_until_its_version_is_in_force() {
    let mut bench = Bench::of_version(OLDEST_PROTOCOL_VERSION);
    let [_, second, ..] = ledger_keys();
    let from = bench.rules.height() + 9;
    bench.decide(upgrade(ROTATION_VERSION, from));
    let new = |bench: &Bench| [lifetime(bench), rotation(&second, from + 100)];
    for decision in new(&bench) {
        let act = decide(decision);
        bench.expect("operator", act.clone(), MALFORMED, "before the upgrade");
        // Nor is it put before others to sign.
        let proposed = propose(&act, &["operator-2"]);
        bench.expect("operator", proposed, MALFORMED, "proposed before");
    }
    pass(&mut bench, from);
    assert_eq!(bench.rules.height() + 1, from);
    for decision in new(&bench) {
        bench.decide(decision);
    }
    let params = bench.settings().params.unwrap();
    assert_eq!(params.transaction_lifetime_ms, 600_000);
    assert_eq!(bench.settings().rotations.len(), 1);
}

#[test]
fn an_upgrade_is_to_the_next_version_and_can_be_taken_back() {
    let mut bench = Bench::of_version(OLDEST_PROTOCOL_VERSION);
    let now = bench.rules.height() + 1;
    let (this, next) = (OLDEST_PROTOCOL_VERSION, OLDEST_PROTOCOL_VERSION + 1);
    for (version, from) in [
        (this - 1, now + 9),
        (next + 1, now + 9),
        (0, now + 9),
        (u32::MAX, now + 9),
        (next, 0),
        (next, now),
        (next, now + 2_000_000),
        (next, u64::MAX),
    ] {
        let what = format!("version {version} from {from}");
        bench.expect("operator", decide(upgrade(version, from)), 1066, &what);
    }
    bench.decide(upgrade(next, now + 900));
    // Another height takes its place, and the version in force takes it back.
    bench.decide(upgrade(next, now + 800));
    let planned = Upgrade {
        version: next,
        from_height: now + 800,
    };
    assert_eq!(bench.settings().upgrades, [planned]);
    bench.decide(upgrade(this, now + 800));
    assert_eq!(bench.settings().upgrades, []);
}

#[test]
fn a_vote_that_comes_too_late_for_its_height_decides_nothing() {
    let mut bench = Bench::new();
    let [_, second, ..] = ledger_keys();
    let from = bench.rules.height() + 4;
    let decision = bench.put_to_the_vote("operator", rotation(&second, from));
    pass(&mut bench, from);
    bench.expect("operator-2", vote(&decision), 1066, "at the height itself");
    let after = bench.decision(&decision.id);
    assert_eq!(after.state(), DecisionState::Open);
}

/// Specification 3.2: fingerprints are kept over a rotation of the key.
#[test]
fn what_was_registered_before_a_rotation_still_collides() {
    let mut bench = Bench::new();
    let [_, second, third, ..] = ledger_keys();
    let mut before = registration("INV-1");
    let first = invoice_id(&bench.succeed(SELLER, register(before.clone())));
    let mut ids = vec![first.clone()];
    for (to, number) in [(&second, "INV-2"), (&third, "INV-3")] {
        let from = bench.rules.height() + 3;
        bench.decide(rotation(to, from));
        pass(&mut bench, from);
        before.document_hash = registration(number).document_hash;
        let receipt = bench.expect(SELLER, register(before.clone()), 4012, "the same number");
        let hex = receipt.rejection.unwrap().first;
        assert_eq!(hex, hex::encode(&first));
        // Another number over the same amount and day is warned of, whichever key it was entered under.
        let mut other = before.clone();
        other.number = number.into();
        let id = invoice_id(&bench.succeed(SELLER, register(other)));
        let invoice = bench.invoice(&id);
        assert_eq!(invoice.warnings.len(), 1, "{invoice:?}");
        ids.push(id);
    }
    // Of the same particulars, each under its own key.
    let fingerprints = ids.iter().map(|id| bench.invoice(id).loose_fingerprint);
    assert_eq!(fingerprints.collect::<BTreeSet<_>>().len(), 3);
}

#[test]
fn one_legal_entity_has_one_id_over_a_rotation() {
    let mut bench = Bench::new();
    let [_, second, ..] = ledger_keys();
    bench.decide(Decision::Admit(admission(
        "newcomer",
        &[Role::Supplier],
        &key(300),
    )));
    let from = bench.rules.height() + 3;
    bench.decide(rotation(&second, from));
    pass(&mut bench, from);
    let mut twin = admission("twin", &[Role::Supplier], &key(301));
    twin.national_id = "workload:newcomer".into();
    bench.expect(
        "operator",
        decide(Decision::Admit(twin)),
        1055,
        "its id again",
    );
}

#[test]
fn a_rotation_is_to_a_new_key_and_there_are_at_most_sixteen() {
    let mut bench = Bench::new();
    let [first, second, third, ..] = ledger_keys();
    let now = bench.rules.height() + 1;
    // To the key in force where nothing is to come: nothing changes.
    bench.decide(rotation(&first, now + 90));
    assert_eq!(bench.settings().rotations, []);
    let from = bench.rules.height() + 3;
    bench.decide(rotation(&second, from));
    pass(&mut bench, from);
    let later = bench.rules.height() + 500;
    let refused = |bench: &mut Bench, to: Vec<u8>, from_height: u64, what: &str| {
        let decision = Decision::RotateLedgerKey(LedgerKeyRotation {
            key_hash: to,
            from_height,
        });
        bench.expect("operator", decide(decision), 1066, what);
    };
    let hash = |key: &LedgerKey| key.hash().to_vec();
    refused(&mut bench, hash(&first), later, "a former key");
    refused(&mut bench, vec![1; 31], later, "no hash");
    refused(&mut bench, hash(&third), 1, "a height that has passed");
    bench.decide(rotation(&third, later));
    assert_eq!(bench.settings().rotations.len(), 2);
    bench.decide(rotation(&second, later));
    assert_eq!(bench.settings().rotations.len(), 1);

    let [_, _, others @ .., last] = ledger_keys();
    for key in &others {
        let from = bench.rules.height() + 3;
        bench.decide(rotation(key, from));
        pass(&mut bench, from);
    }
    assert_eq!(bench.settings().rotations.len(), 15);
    let later = bench.rules.height() + 500;
    refused(&mut bench, hash(&last), later, "a seventeenth");
}

#[test]
fn records_name_what_they_come_of_from_a_version_on() {
    let mut bench = Bench::of_version(NAMING_VERSION - 1);
    let before = bench.owed("INV-1", 10_000);
    let from = bench.rules.height() + 9;
    bench.decide(upgrade(NAMING_VERSION, from));
    pass(&mut bench, from);
    let after = bench.owed("INV-2", 20_000);
    let named = |receivable: &[u8]| bench.receivable(receivable).confirmation.len();
    assert_eq!((named(&before), named(&after)), (0, 32));
}
