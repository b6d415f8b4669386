//! Nodes that are cut off on both swarms, by relays that carry nothing any more.

use counterfoil_tests::network::{Network, Plan, eventually, issue};
use tonic::Code;

use super::ALL;

/// Long enough for several rounds of consensus, were they possible.
const NOTHING_FOR_MS: u32 = 4_000;
/// A block that was all but decided before a cut may still be.
const ON_ITS_WAY: u64 = 1;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_minority_waits_and_a_majority_goes_on() {
    let mut network = Network::start(Plan::FOUR).await;
    let bank = network.wallet("bank-a");
    let deposit = |number: u32| bank.sign(issue("buyer-a", 10, &format!("deposit-{number}")));
    network.client(3).execute(&deposit(0)).await;

    // One cut off: the other three go on, it does not commit alone.
    network.cut(&[3]);
    let alone_at = network.client(3).height().await.expect("it serves");
    let stranded = deposit(1);
    network
        .client(3)
        .submit(&stranded)
        .await
        .expect("its own pool takes it");
    let mut last = 0;
    for number in 2..6 {
        last = network
            .client(number % 3)
            .execute(&deposit(number as u32))
            .await
            .height;
    }
    network.reach(&[0, 1, 2], last.max(alone_at + 4)).await;
    let now_at = network.client(3).height().await.expect("it serves");
    assert!(
        now_at <= alone_at + ON_ITS_WAY,
        "it went from {alone_at} to {now_at} alone"
    );
    for node in [0, 1, 2] {
        let unknown = network.client(node).receipt(stranded.id).await;
        assert_eq!(
            unknown.expect_err("it never left node 3").code(),
            Code::NotFound
        );
    }

    // Healed: it catches up, and what it was told meanwhile is committed by all.
    network.heal(&[3]);
    network.ready(&ALL).await;
    network.reach(&[3], last).await;
    for node in ALL {
        eventually(
            &format!("the stranded deposit on node {node}"),
            async || {
                let receipt = network.client(node).receipt(stranded.id).await;
                receipt.map(|_| ()).map_err(|status| status.to_string())
            },
        )
        .await;
    }
    network.agree(&ALL).await;

    // Two cut off: nobody has more than two thirds, and nothing is committed anywhere.
    network.cut(&[2, 3]);
    let halves_at = network.height(&ALL).await;
    let waiting = deposit(7);
    network
        .client(0)
        .submit(&waiting)
        .await
        .expect("its pool takes it");
    let uncommitted = network
        .client(0)
        .wait_receipt(waiting.id, NOTHING_FOR_MS)
        .await;
    assert_eq!(
        uncommitted.expect_err("nobody can decide").code(),
        Code::DeadlineExceeded
    );
    let now_at = network.height(&ALL).await;
    assert!(
        now_at <= halves_at + ON_ITS_WAY,
        "from {halves_at} to {now_at} without a majority"
    );

    network.heal(&[2, 3]);
    network.ready(&ALL).await;
    network.client(0).execute(&waiting).await;
    network.agree(&ALL).await;
}
