//! What an operator does with a node: stop it, replay it, clear a halt; and the
//! mistakes that are told by name.

use std::fs;
use std::ops::Range;

use counterfoil_tests::network::{Network, PATIENCE, Plan, eventually, finish, issue};
use counterfoil_types::genesis::LedgerKey;

use super::{ALL, assert_fails, replay, run, with};

/// Where the engine's log of votes names its height, in big-endian bytes.
const WAL_HEIGHT: Range<usize> = 4..12;
/// What the settings say of a node with TLS.
const CERTIFIED: &str = "certificate = \"tls.pem\"\nkey = \"tls.key\"";
/// A byte of its first entry, behind that entry's own 13 bytes of header.
const WAL_ENTRY: usize = WAL_HEIGHT.end + 13 + 5;

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
    assert_fails(&beyond, 1, "beyond");
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
    assert_fails(&finish(replay(&network, 0), PATIENCE).await, 1, "ledger");
    let again = bank.sign(issue("buyer-a", 100, "deposit-5"));
    assert!(network.client(0).execute(&again).await.height > height);

    // HALTED: no start until the operator has looked.
    network.node_mut(0).terminate().await;
    let halted = network.node(0).home().join("data").join("HALTED");
    fs::write(&halted, "the WAL does not replay\n").expect("the home can be written");
    let refused = run(&network, &[]).await;
    assert_fails(&refused, 1, "the WAL does not replay");
    assert_fails(&refused, 1, "before removing");
    assert_fails(&refused, 1, "data/HALTED");
    fs::remove_file(halted).expect("it is still there");
    network.node_mut(0).spawn();
    network.ready(&[0]).await;

    // Plain text is for this machine alone.
    network.node_mut(0).terminate().await;
    let settings = network.node(0).home().join("node.toml");
    let text = fs::read_to_string(&settings).expect("the settings are there");
    let open = text.replace("grpc = \"127.0.0.1:", "grpc = \"0.0.0.0:");
    let plain = open.replace(CERTIFIED, "plain_text = true");
    assert!(plain != open && open != text);
    fs::write(&settings, plain).expect("the home can be written");
    assert_fails(&run(&network, &[]).await, 1, "tls.plain_text");

    // With TLS, others may ask too.
    fs::write(&settings, open).expect("the home can be written");
    network.node_mut(0).spawn();
    network.ready(&[0]).await;
    network.node_mut(0).terminate().await;
    let certificate = network.node(0).home().join("tls.pem");
    fs::remove_file(certificate).expect("it is there");
    assert_fails(&run(&network, &[]).await, 1, "tls.certificate");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_whose_votes_are_damaged_halts_rather_than_vote_again() {
    let mut network = Network::start(Plan::FOUR).await;
    let bank = network.wallet("bank-a");
    let first = bank.sign(issue("buyer-a", 100, "first"));
    network.client(0).execute(&first).await;
    // Without a majority the next height stays undecided, with votes for it in the log.
    network.cut(&[2, 3]);
    let waiting = bank.sign(issue("buyer-a", 100, "waiting"));
    network
        .client(0)
        .submit(&waiting)
        .await
        .expect("its pool takes it");
    let wal = network.node(0).home().join("data/wal/consensus.wal");
    eventually("votes for the next height", async || {
        let next = network.height(&[0]).await + 1;
        let log = fs::read(&wal).map_err(|e| e.to_string())?;
        match log.get(WAL_HEIGHT) == Some(&next.to_be_bytes()) && log.len() > WAL_ENTRY {
            true => Ok(()),
            false => Err(format!("{} bytes, not of height {next}", log.len())),
        }
    })
    .await;
    network.node_mut(0).kill();
    let good = fs::read(&wal).expect("the log is there");
    let mut damaged = good.clone();
    damaged[WAL_ENTRY] ^= 1;
    fs::write(&wal, &damaged).expect("the home can be written");

    network.node_mut(0).spawn();
    let status = network.node_mut(0).ended().await;
    assert_eq!(status.code(), Some(1), "{}", network.node(0).end_of_log());
    let halted = network.node(0).home().join("data/HALTED");
    let reason = fs::read_to_string(&halted).expect("it says why");
    assert!(reason.contains("WAL"), "{reason}");
    assert_eq!(fs::read(&wal).expect("nobody deletes it"), damaged);
    assert_fails(&run(&network, &[]).await, 1, reason.trim());

    // The operator restores what was damaged, and only then clears the halt.
    fs::write(&wal, good).expect("the home can be written");
    fs::remove_file(halted).expect("it is still there");
    network.node_mut(0).spawn();
    network.heal(&[2, 3]);
    network.ready(&ALL).await;
    // Its own pool was lost with the process; nothing that was committed is.
    network.client(0).execute(&waiting).await;
    network.agree(&ALL).await;
    let receipt = network.client(3).receipt(first.id).await;
    receipt.expect("what was committed stays");
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
    assert_fails(&differs, 1, "height 1");
    let report = differs.json_whatever_the_code();
    assert_eq!(
        (&report["ok"], &report["difference"]["height"]),
        (&false.into(), &1.into())
    );
    assert_fails(&run(network, &[]).await, 1, "genesis");
    fs::write(&genesis, text.replacen('{', "<", 1)).expect("the home can be written");
    assert_fails(&finish(replay(network, 0), PATIENCE).await, 1, "genesis");
    fs::write(&genesis, text).expect("the home can be written");

    let key = home.join("ledger.key");
    let right = fs::read_to_string(&key).expect("the key is there");
    fs::write(&key, &*LedgerKey::generate().to_hex()).expect("the home can be written");
    assert_fails(&finish(replay(network, 0), PATIENCE).await, 1, "ledger key");
    fs::write(&key, right).expect("the home can be written");

    let good = finish(replay(network, 0), PATIENCE).await.json();
    assert_eq!(good["heights"], height);
}
