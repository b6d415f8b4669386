//! `make bench` in small: that what it measures is right, not how fast it is.

use std::process::Command;
use std::time::Duration;

use counterfoil_tests::network::finish;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_small_bench_ends_with_one_chain_and_a_true_audit() {
    let mut bench = Command::new(env!("CARGO_BIN_EXE_bench"));
    bench.args(["--runs", "1", "--noisy", "--json", "--traders", "4"]);
    bench.args(["--invoices", "33", "--warm-up", "2", "--blocks", "4"]);
    bench.args(["--days", "60", "--seconds", "3"]);
    // It fails where a transaction is not executed, nodes differ, or the audit finds a check false.
    let figures = finish(bench, Duration::from_secs(300)).await.json();
    let median = |name: &str| figures[name]["median"].as_f64().expect("a number");
    for name in [
        "eta",
        "eta_verify",
        "eta_execute",
        "eta_tree",
        "eta_store",
        "idle_p50_ms",
    ] {
        assert!(median(name) > 0.0, "{name}");
    }
    assert!(median("transactions_per_block") > 0.0);
}
