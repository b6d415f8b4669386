//! Checking the passport of a claim that was passed on twenty times, and for comparison only the signatures that are in it.

use std::hint::black_box;

use counterfoil_proto::v1 as wire;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::keys::SigningKey;
use counterfoil_types::proof::verify;
use criterion::{Criterion, criterion_group, criterion_main};

const PASSPORT: &[u8] = include_bytes!("../../vectors/proofs/passport-passed-on.proof");
const GENESIS: &str = include_str!("../../vectors/proofs/genesis.json");

fn proofs(criterion: &mut Criterion) {
    let genesis: wire::Genesis = Genesis::from_json(GENESIS).expect("a genesis").to_proto();
    let verified = verify(PASSPORT, &genesis, None).expect("a proof");
    let mut group = criterion.benchmark_group("passport of twenty endorsements");
    group.bench_function("checked", |bencher| {
        bencher.iter(|| black_box(verify(black_box(PASSPORT), &genesis, None)));
    });
    // Messages of three hundred bytes, as many as it has signatures.
    let key = SigningKey::from_seed([1; 32]);
    let message = [7; 300];
    let signature = key.sign(&message);
    let public = key.public_key();
    group.bench_function("its signatures alone", |bencher| {
        bencher.iter(|| {
            for _ in 0..verified.signatures {
                assert!(public.verify(black_box(&message), &signature));
            }
        });
    });
    group.finish();
}

criterion_group!(benches, proofs);
criterion_main!(benches);
