//! What an operator does with a node: stop it, replay it, clear a halt; and the
//! mistakes that are told by name.

use std::fs;
use std::process::Command;

use counterfoil_tests::network::{Finished, Network, PATIENCE, Plan, counterfoild, finish, issue};
use counterfoil_types::genesis::LedgerKey;

use super::replay;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_stops_replays_and_starts_as_its_operator_says() {
    let mut network = Network::start(Plan::ONE).await;
    let bank = network.wallet("bank-a");
    for number in 0..5 {
        let deposit = bank.sign(issue("buyer-a", 100, &format!("deposit-{number}")));
        network.client(0).execute(&deposit).await;
    }

    // SIGTERM: an orderly end.
    let status = network.node_mut(0).terminate().await;
    assert_eq!(status.code(), Some(0), "{}", network.node(0).end_of_log());

    let good = finish(replay(&network, 0), PATIENCE).await.json();
    assert_eq!(good["ok"], true);
    assert_eq!(good["transactions"], 5);
    let height = good["heights"].as_u64().expect("a number");
    let beyond = with(replay(&network, 0), &["--to", &(height + 1).to_string()]).await;
    assert_fails(&beyond, "beyond");
    replays_nothing_else(&network, height).await;

    // Not while the node runs: two processes would write one store.
    network.node_mut(0).spawn();
    network.ready(&[0]).await;
    let root = network
        .client(0)
        .state_root(height)
        .await
        .expect("it has this tree");
    assert_eq!(good["state_root"], hex::encode(root));
    assert_fails(&finish(replay(&network, 0), PATIENCE).await, "ledger");
    let again = bank.sign(issue("buyer-a", 100, "deposit-5"));
    assert!(network.client(0).execute(&again).await.height > height);

    // HALTED: no start until the operator has looked.
    network.node_mut(0).terminate().await;
    let halted = network.node(0).home().join("data").join("HALTED");
    fs::write(&halted, "the WAL does not replay\n").expect("the home can be written");
    let refused = run(&network).await;
    assert_fails(&refused, "the WAL does not replay");
    assert_fails(&refused, "before removing");
    assert_fails(&refused, "data/HALTED");
    fs::remove_file(halted).expect("it is still there");
    network.node_mut(0).spawn();
    network.ready(&[0]).await;

    // The API is for this machine alone.
    network.node_mut(0).terminate().await;
    let settings = network.node(0).home().join("node.toml");
    let text = fs::read_to_string(&settings).expect("the settings are there");
    let open = text.replace("grpc = \"127.0.0.1:", "grpc = \"0.0.0.0:");
    assert_ne!(open, text);
    fs::write(&settings, open).expect("the home can be written");
    assert_fails(&run(&network).await, "loopback");
}

/// Another genesis, ledger key or block is refused, each by its name.
async fn replays_nothing_else(network: &Network, height: u64) {
    let home = network.node(0).home();
    let genesis = home.join("genesis.json");
    let text = fs::read_to_string(&genesis).expect("the genesis is there");
    let other = text.replace("bank-a plc", "bank-x plc");
    assert_ne!(other, text);
    fs::write(&genesis, other).expect("the home can be written");
    let differs = finish(replay(network, 0), PATIENCE).await;
    assert_fails(&differs, "height 1");
    let report = differs.json_whatever_the_code();
    assert_eq!(
        (&report["ok"], &report["difference"]["height"]),
        (&false.into(), &1.into())
    );
    assert_fails(&run(network).await, "genesis");
    fs::write(&genesis, text.replacen('{', "<", 1)).expect("the home can be written");
    assert_fails(&finish(replay(network, 0), PATIENCE).await, "genesis");
    fs::write(&genesis, text).expect("the home can be written");

    let key = home.join("ledger.key");
    let right = fs::read_to_string(&key).expect("the key is there");
    fs::write(&key, &*LedgerKey::generate().to_hex()).expect("the home can be written");
    assert_fails(&finish(replay(network, 0), PATIENCE).await, "ledger key");
    fs::write(&key, right).expect("the home can be written");

    let good = finish(replay(network, 0), PATIENCE).await.json();
    assert_eq!(good["heights"], height);
}

/// Runs the node in the foreground, where it must end by itself.
async fn run(network: &Network) -> Finished {
    let mut command = Command::new(counterfoild());
    command.arg("run").arg("--home").arg(network.node(0).home());
    finish(command, PATIENCE).await
}

async fn with(mut command: Command, arguments: &[&str]) -> Finished {
    command.args(arguments);
    finish(command, PATIENCE).await
}

fn assert_fails(finished: &Finished, names: &str) {
    assert_eq!(finished.code, Some(1), "{finished:?}");
    assert!(
        finished.stderr.contains(names),
        "{names:?} in {}",
        finished.stderr
    );
}
