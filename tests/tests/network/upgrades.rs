//! The version of the rules, the lifetime of transactions and the ledger key, changed while the chain goes on.

use counterfoil_proto::membership::v1::action::Action;
use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{LedgerKeyRotation, Upgrade};
use counterfoil_proto::v1::{ConsensusParams, KernelRejectionCode};
use counterfoil_tests::network::{Network, Plan, Signed, Traffic, issue, now_ms, refused};
use counterfoil_types::genesis::{LedgerKey, OLDEST_PROTOCOL_VERSION};

use super::members::{decide, header, proposal};
use super::{ALL, assert_present, replay, with};

/// It is not given the new ledger key in time.
const LATE: usize = 3;
const PREPARED: [usize; 3] = [0, 1, 2];
/// How many blocks ahead a change begins: enough to restart a node before it.
const AHEAD: u64 = 40;
const MINUTE_MS: u64 = 60_000;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_rules_and_the_ledger_key_change_at_their_heights() {
    let plan = Plan {
        version: OLDEST_PROTOCOL_VERSION,
        ..Plan::FOUR
    };
    let mut network = Network::start(plan).await;
    let traffic = Traffic::start(&network, &PREPARED, "flow");
    traffic.more(3).await;

    // Under the first version nobody knows a lifetime.
    let before = network.genesis().params.to_proto();
    let longer = Decision::Params(ConsensusParams {
        transaction_lifetime_ms: 120 * MINUTE_MS,
        ..before
    });
    assert_eq!(
        propose(&network, longer.clone()).await,
        KernelRejectionCode::MalformedAction as u32
    );
    let turn = network.height(&ALL).await + 10;
    let upgrade = Decision::Upgrade(Upgrade {
        version: OLDEST_PROTOCOL_VERSION + 1,
        from_height: turn,
    });
    decide(&network, upgrade).await;
    network.reach(&ALL, turn).await;
    for (height, version) in [(turn - 1, 0), (turn, 1)] {
        let header = header(&network, height).await;
        assert_eq!(header.version, OLDEST_PROTOCOL_VERSION + version);
    }
    for node in ALL {
        let status = network.client(node).status().await.expect("a status");
        assert_eq!(status.protocol_version, OLDEST_PROTOCOL_VERSION + 1);
    }

    // Now they do, from the next height on.
    let late = expiring_in(&network, 90 * MINUTE_MS);
    let refusal = network.client(1).submit(&late).await;
    let refusal = refused(&refusal.expect_err("it expires too late"));
    assert_eq!(refusal.reason, "EXPIRES_TOO_LATE");
    decide(&network, longer).await;
    network.client(1).execute(&late).await;

    // Another ledger key. Three nodes get it, and are started again, one after the other.
    let key = LedgerKey::generate();
    for node in PREPARED {
        network.node_mut(node).terminate().await;
        network.give_ledger_key(node, &key);
        network.node_mut(node).spawn();
        network.ready(&ALL).await;
    }
    let turn = network.height(&ALL).await + AHEAD;
    let rotation = Decision::RotateLedgerKey(LedgerKeyRotation {
        key_hash: key.hash().to_vec(),
        from_height: turn,
    });
    let at = decide(&network, rotation).await;
    network.reach(&ALL, at).await;
    for node in ALL {
        let status = network.client(node).status().await.expect("a status");
        let expected = node == LATE;
        assert_eq!(
            status.lacking.contains(&key.hash().to_string()),
            expected,
            "node {node}: {:?}",
            status.lacking
        );
    }

    // The fourth stops before it, and will not start. The others go on.
    let ended = network.node_mut(LATE).ended().await;
    assert_eq!(ended.code(), Some(1));
    network.reach(&PREPARED, turn + 3).await;
    network.node_mut(LATE).spawn();
    let ended = network.node_mut(LATE).ended().await;
    assert_eq!(ended.code(), Some(1));
    let log = network.node(LATE).end_of_log();
    assert!(
        log.contains(&format!("block {turn} needs the ledger key")),
        "{log}"
    );
    traffic.more(3).await;

    // With the key it goes on where it was.
    network.give_ledger_key(LATE, &key);
    network.node_mut(LATE).spawn();
    network.ready(&ALL).await;
    let receipts = traffic.stop().await;
    network.agree(&ALL).await;
    assert_present(&network, &ALL, &receipts).await;
    network.node_mut(LATE).terminate().await;
    let replayed = with(replay(&network, LATE), &[]).await.json();
    assert_eq!(replayed["ok"], true, "{replayed}");
}

/// The code that proposing a decision ends in.
async fn propose(network: &Network, decision: Decision) -> u32 {
    let operator = network.wallet("operator");
    let signed = operator.sign(Action::ProposeDecision(proposal(decision)));
    let client = network.client(1).of(operator);
    let receipt = client.try_execute(&signed).await;
    receipt.expect("it is in a block").code
}

/// A deposit by a transaction that expires so far ahead.
fn expiring_in(network: &Network, lifetime_ms: u64) -> Signed {
    let bank = network.wallet("bank-b");
    let mut draft = bank.draft(issue("buyer-b", 7, "long-lived"));
    draft.expires_at_ms = now_ms() + lifetime_ms;
    bank.seal(&draft)
}
