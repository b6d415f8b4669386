//! What checking and executing a day of steady trade takes: every kind of step, in the proportions of `counterfoil demo`, on
//! a state in memory.

use std::hint::black_box;

use counterfoil_execution::check;
use counterfoil_rules_tests::trade::{CHAIN_ID, Chain};
use criterion::{Criterion, Throughput, criterion_group, criterion_main};
use prost::Message as _;

fn kernel(criterion: &mut Criterion) {
    let mut chain = Chain::under_way();
    let day = chain.next_day();
    let transactions = Chain::verified(&day);
    let outcome = chain.execute(&transactions);
    println!(
        "a day: {} transactions of {} bytes; {} records written, {} bytes; receipts of {} bytes",
        day.len(),
        day.iter().map(Vec::len).sum::<usize>(),
        outcome.writes.len(),
        outcome
            .writes
            .values()
            .flatten()
            .map(|record| record.len())
            .sum::<usize>(),
        outcome
            .receipts
            .iter()
            .map(|receipt| receipt.encoded_len())
            .sum::<usize>(),
    );
    let mut group = criterion.benchmark_group("kernel");
    group.throughput(Throughput::Elements(day.len() as u64));
    group.bench_function("check one by one", |bencher| {
        bencher.iter(|| {
            for bytes in &day {
                black_box(check(bytes, CHAIN_ID)).expect("a good transaction");
            }
        });
    });
    group.bench_function("check together", |bencher| {
        bencher.iter(|| black_box(Chain::verified(&day)));
    });
    group.bench_function("execute", |bencher| {
        bencher.iter(|| black_box(chain.execute(&transactions)));
    });
    group.finish();
}

criterion_group!(benches, kernel);
criterion_main!(benches);
