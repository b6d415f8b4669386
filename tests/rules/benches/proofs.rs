//! Checking the passport of a claim that was passed on twenty times, and for comparison only the signatures that are in it: as the
//! one validator of the golden files decided it, and as three of four validators.

use std::hint::black_box;
use std::time::Instant;

use counterfoil_proto::v1 as wire;
use counterfoil_types::block::{VoteKind, header_hash, validator_set_hash, vote_sign_bytes};
use counterfoil_types::genesis::Genesis;
use counterfoil_types::keys::SigningKey;
use counterfoil_types::proof::verify;
use prost::Message as _;

const PASSPORT: &[u8] = include_bytes!("../../vectors/proofs/passport-passed-on.proof");
const GENESIS: &str = include_str!("../../vectors/proofs/genesis.json");

/// Both are timed by turns, so that what else the machine does falls on both.
const TURNS: usize = 500;
const EACH_TURN: u32 = 10;

fn main() {
    let genesis: wire::Genesis = Genesis::from_json(GENESIS).expect("a genesis").to_proto();
    let (by_four, of_four) = decided_by_four(&genesis);
    println!("A passport of twenty endorsements, median of {TURNS} turns:");
    measure("one validator", PASSPORT, &genesis);
    measure("three of four validators", &by_four, &of_four);
}

fn measure(by: &str, file: &[u8], genesis: &wire::Genesis) {
    let count = verify(file, genesis, None).expect("a proof").signatures;
    // Messages of three hundred bytes, as many as it has signatures.
    let key = SigningKey::from_seed([1; 32]);
    let message = [7; 300];
    let signature = key.sign(&message);
    let public = key.public_key();
    let (mut checked, mut signatures) = (Vec::new(), Vec::new());
    for _ in 0..TURNS {
        checked.push(time(|| {
            black_box(verify(black_box(file), genesis, None)).expect("a proof");
        }));
        signatures.push(time(|| {
            for _ in 0..count {
                assert!(public.verify(black_box(&message), &signature));
            }
        }));
    }
    let [checked, signatures] = [checked, signatures].map(median);
    let ratio = checked / signatures;
    println!(
        "decided by {by}: {checked:.1} us, its {count} signatures alone {signatures:.1} us: {ratio:.2}"
    );
}

/// In microseconds.
fn time(mut once: impl FnMut()) -> f64 {
    let began = Instant::now();
    for _ in 0..EACH_TURN {
        once();
    }
    began.elapsed().as_secs_f64() * 1e6 / f64::from(EACH_TURN)
}

fn median(mut times: Vec<f64>) -> f64 {
    times.sort_by(f64::total_cmp);
    times[times.len() / 2]
}

/// The same passport, had the chain begun with four validators.
fn decided_by_four(genesis: &wire::Genesis) -> (Vec<u8>, wire::Genesis) {
    let mut keys: Vec<SigningKey> = (1..=4).map(|n| SigningKey::from_seed([n; 32])).collect();
    keys.sort_by_key(|key| key.public_key().address());
    let validator = |key: &SigningKey| wire::Validator {
        organization: "bank-a".into(),
        public_key: key.public_key().to_vec(),
        power: 1,
    };
    let set = wire::ValidatorSet {
        validators: keys.iter().map(validator).collect(),
    };
    let mut proof = wire::Proof::decode(PASSPORT).expect("a proof");
    let [certified] = proof.headers.as_mut_slice() else {
        panic!("the golden file has one header");
    };
    let header = certified.header.as_mut().expect("a header");
    header.validators_hash = validator_set_hash(&set).to_vec();
    header.next_validators_hash = validator_set_hash(&set).to_vec();
    let hash = header_hash(header);
    let vote = |key: &SigningKey| {
        let (kind, address) = (VoteKind::Precommit, key.public_key().address());
        let bytes = vote_sign_bytes(
            &header.chain_id,
            kind,
            header.height,
            0,
            Some(&hash),
            &address,
        );
        wire::CommitSignature {
            address: address.to_vec(),
            signature: key.sign(&bytes).to_vec(),
        }
    };
    certified.certificate = Some(wire::CommitCertificate {
        height: header.height,
        round: 0,
        block_hash: hash.to_vec(),
        signatures: keys[..3].iter().map(vote).collect(),
    });
    let genesis = wire::Genesis {
        validators: Some(set),
        ..genesis.clone()
    };
    (proof.encode_to_vec(), genesis)
}
