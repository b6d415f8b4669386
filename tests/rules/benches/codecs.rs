//! What bytes take: reading transactions strictly, writing receipts, and the roots over both, of a day of steady trade.

use std::hint::black_box;

use counterfoil_proto::v1::{Receipt, SignedTransaction, Transaction};
use counterfoil_rules_tests::trade::Chain;
use counterfoil_types::block::{receipts_root, transactions_root};
use counterfoil_types::strict;
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message as _;

fn codecs(criterion: &mut Criterion) {
    let mut chain = Chain::under_way();
    let day = chain.next_day();
    let receipts = chain.execute(&Chain::verified(&day)).receipts;
    let stored: Vec<Vec<u8>> = receipts.iter().map(Receipt::encode_to_vec).collect();

    let mut group = criterion.benchmark_group("codecs");
    group.throughput(Throughput::Elements(day.len() as u64));
    group.bench_function("read transactions", |bencher| {
        bencher.iter(|| {
            for bytes in &day {
                let signed: SignedTransaction = strict::decode(bytes).expect("canonical");
                let inner: Transaction = strict::decode(&signed.transaction).expect("canonical");
                black_box(inner);
            }
        });
    });
    group.bench_function("write receipts", |bencher| {
        bencher.iter(|| {
            for receipt in &receipts {
                black_box(receipt.encode_to_vec());
            }
        });
    });
    group.bench_function("read receipts", |bencher| {
        bencher.iter(|| {
            for bytes in &stored {
                black_box(Receipt::decode(bytes.as_slice())).expect("as it was written");
            }
        });
    });
    group.bench_function("root of transactions", |bencher| {
        bencher.iter(|| black_box(transactions_root(&day)));
    });
    group.bench_function("root of receipts", |bencher| {
        bencher.iter(|| black_box(receipts_root(&receipts)));
    });
    group.finish();
}

criterion_group!(benches, codecs);
criterion_main!(benches);
