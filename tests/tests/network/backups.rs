//! A validator that loses its data, gets it back from a backup, and does not vote twice.

use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_tests::network::{Network, Plan, Traffic, eventually, issue};
use serde_json::Value;

use super::{ALL, assert_fails, assert_present, command};

const OTHERS: [usize; 3] = [0, 1, 2];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_restored_validator_follows_and_votes_again_once_that_is_safe() {
    let mut network = Network::start(Plan::FOUR).await;
    let home = network.node(3).home().to_owned();
    let home_word = home.display().to_string();
    let traffic = Traffic::start(&network, &ALL, "flow");
    traffic.more(6).await;

    // While it runs.
    network.node(3).signal("USR1");
    let online = eventually("a backup", async || finished_backup(&home)).await;
    let online_word = online.display().to_string();
    traffic.more(6).await;
    let verified = command(&["verify", "--backup", &online_word]).await.json();
    assert_eq!(verified["ok"], true);
    let of_backup = number(&verified["height"]);
    assert!(of_backup > 0 && number(&verified["records"]) > 0);
    assert_fails(
        &command(&["verify", "--home", &home_word]).await,
        1,
        "stop the node",
    );
    let elsewhere = network.folder().join("offline").display().to_string();
    let early = command(&["backup", "--home", &home_word, "--to", &elsewhere]).await;
    assert_fails(&early, 1, "SIGUSR1");

    // While it is stopped.
    network.node_mut(3).terminate().await;
    let made = command(&["backup", "--home", &home_word, "--to", &elsewhere]).await;
    let made = made.json();
    assert!(number(&made["height"]) > of_backup);
    let verified = command(&["verify", "--home", &home_word]).await.json();
    for field in ["height", "state_root", "genesis_hash", "chain_id"] {
        assert_eq!(verified[field], made[field], "{field}");
    }
    let again = command(&["backup", "--home", &home_word, "--to", &elsewhere]).await;
    assert_fails(&again, 1, "not empty");

    // Its disk breaks. Nothing is restored over what is there.
    let restore = ["restore", "--home", &home_word, "--from", &online_word];
    assert_fails(&command(&restore).await, 1, "Move it away");
    fs::rename(home.join("data"), home.join("lost")).expect("the home can be written");
    let restored = command(&restore).await.json();
    assert_eq!(number(&restored["height"]), of_backup);
    network.node_mut(3).spawn();
    network.ready(&ALL).await;
    traffic.more(3).await;
    let receipts = traffic.stop().await;
    network.agree(&ALL).await;
    assert_present(&network, &ALL, &receipts).await;
    let status = network.client(3).status().await.expect("it answers");
    assert!(!status.validator, "it does not remember its votes");

    // A block made since then has come, and it is told so.
    let log = network.node(3).log();
    eventually("it may vote again", async || {
        let log = fs::read_to_string(&log).map_err(|e| e.to_string())?;
        log.contains("it votes again").then_some(()).ok_or(log)
    })
    .await;
    network.node_mut(3).terminate().await;
    network.node_mut(3).spawn();
    network.ready(&ALL).await;
    let status = network.client(3).status().await.expect("it answers");
    assert!(status.validator);
    assert!(!home.join("data/RESTORED").exists());
    // Now its vote is needed, and given.
    network.node_mut(0).terminate().await;
    let bank = network.wallet("bank-b");
    let without = bank.sign(issue("buyer-b", 7, "without the first"));
    network.client(3).execute(&without).await;
    network.agree(&[1, 2, 3]).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_validator_without_its_votes_does_not_vote() {
    let mut network = Network::start(Plan::FOUR).await;
    let bank = network.wallet("bank-a");
    let first = bank.sign(issue("buyer-a", 100, "first"));
    network.client(3).execute(&first).await;
    let home = network.node(3).home().to_owned();
    network.node_mut(3).terminate().await;
    fs::remove_dir_all(home.join("data/wal")).expect("it is there");
    network.node_mut(3).spawn();
    network.ready(&ALL).await;
    let status = network.client(3).status().await.expect("it answers");
    assert!(!status.validator);
    assert!(home.join("data/RESTORED").exists());
    let second = bank.sign(issue("buyer-a", 100, "second"));
    network.client(3).execute(&second).await;

    // From nothing it gets everything from its peers.
    network.node_mut(3).terminate().await;
    fs::remove_dir_all(home.join("data")).expect("it is there");
    let home_word = home.display().to_string();
    let begun = command(&["restore", "--home", &home_word, "--from-peers"]).await;
    assert_eq!(number(&begun.json()["height"]), 0);
    network.node_mut(3).spawn();
    network.ready(&ALL).await;
    network.agree(&ALL).await;
    let status = network.client(3).status().await.expect("it answers");
    assert!(!status.validator);
    network.agree(&OTHERS).await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_damaged_or_foreign_backup_is_found_out() {
    let mut network = Network::start(Plan::ONE).await;
    let bank = network.wallet("bank-a");
    for number in 0..5 {
        let deposit = bank.sign(issue("buyer-a", 100, &format!("deposit-{number}")));
        network.client(0).execute(&deposit).await;
    }
    network.node_mut(0).terminate().await;
    let home = network.node(0).home().to_owned();
    let home_word = home.display().to_string();
    let backup = network.folder().join("backup");
    let backup_word = backup.display().to_string();
    let words = ["backup", "--home", &home_word, "--to", &backup_word];
    command(&words).await.json();
    let verify = ["verify", "--backup", &backup_word];
    command(&verify).await.json();

    // One byte of the records' rows.
    let table = largest_table(&backup.join("ledger/rocks"));
    let whole = fs::read(&table).expect("it is there");
    let mut damaged = whole.clone();
    damaged[20] ^= 1;
    replace(&table, &damaged);
    let found = command(&verify).await;
    assert_fails(&found, 1, "damaged");
    assert_eq!(found.json_whatever_the_code()["ok"], false);
    replace(&table, &whole);
    command(&verify).await.json();

    // Another network's home.
    let other = Network::start(Plan::ONE).await;
    let other_home = other.node(0).home().display().to_string();
    let restore = ["restore", "--home", &other_home, "--from", &backup_word];
    assert_fails(&command(&restore).await, 1, "genesis");
    // One that was not finished.
    fs::remove_file(backup.join("backup.json")).expect("it is there");
    assert_fails(&command(&verify).await, 1, "no whole backup");
}

/// The backup that a running node has made, once it is whole.
fn finished_backup(home: &Path) -> Result<PathBuf, String> {
    let backups = fs::read_dir(home.join("backups")).map_err(|e| e.to_string())?;
    let mut folders = backups.filter_map(|entry| Some(entry.ok()?.path()));
    let whole = folders.find(|folder| folder.join("backup.json").exists());
    whole.ok_or_else(|| "none is whole".to_owned())
}

fn largest_table(rocks: &Path) -> PathBuf {
    let files = fs::read_dir(rocks).expect("a store's folder");
    let files = files.map(|file| file.expect("it can be read").path());
    let tables = files.filter(|path| path.extension().is_some_and(|end| end == "sst"));
    let size = |path: &PathBuf| path.metadata().map_or(0, |metadata| metadata.len());
    tables.max_by_key(size).expect("a backup has tables")
}

/// A file of its own: the store's may be another name of the same bytes.
fn replace(path: &Path, bytes: &[u8]) {
    fs::remove_file(path).expect("it is there");
    fs::write(path, bytes).expect("the backup can be written");
}

fn number(value: &Value) -> u64 {
    value
        .as_u64()
        .unwrap_or_else(|| panic!("a number: {value}"))
}
