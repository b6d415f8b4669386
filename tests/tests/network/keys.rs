//! A node with encrypted keys: where its password comes from, and where neither goes.

use std::fs;

use counterfoil_keystore::{Keystore, PasswordSource, read_plain_key, write_secret};
use counterfoil_tests::network::{Network, Plan, issue};

use super::{assert_fails, run};

const PASSWORD: &str = "correct horse battery staple";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_opens_its_keys_and_shows_them_to_nobody() {
    let mut network = Network::start(Plan::ONE).await;
    network.node_mut(0).terminate().await;
    let home = network.node(0).home().to_owned();
    let password_file = home.join("password");
    write_secret(&password_file, PASSWORD).expect("the home can be written");
    let keystore = Keystore::new(PasswordSource {
        file: Some(password_file.clone()),
        option: "password_file",
        variable: "COUNTERFOIL_TEST_PASSWORD",
    });
    let mut secrets = vec![PASSWORD.to_owned()];
    for file in ["peer.pem", "validator.pem"] {
        let key = read_plain_key(&home.join(file)).expect("test networks have plain keys");
        secrets.push(hex::encode(*key.seed()));
        secrets.extend(body(&key.to_pkcs8_pem()));
        keystore
            .replace_key(&home.join(file), &key)
            .expect("the home can be written");
    }

    let locked = run(&network, &[]).await;
    for part in [
        "peer.pem is encrypted",
        "password_file",
        "COUNTERFOILD_PASSWORD",
    ] {
        assert_fails(&locked, 1, part);
    }
    let wrong = run(&network, &[("COUNTERFOILD_PASSWORD", "wrong")]).await;
    assert_fails(&wrong, 1, "peer.pem: the password is wrong");

    let settings = home.join("node.toml");
    let text = fs::read_to_string(&settings).expect("the settings are there");
    fs::write(&settings, format!("password_file = \"password\"\n{text}"))
        .expect("the home can be written");
    network.node_mut(0).spawn();
    network.ready(&[0]).await;
    let deposit = network
        .wallet("bank-a")
        .sign(issue("buyer-a", 100, "first"));
    network.client(0).execute(&deposit).await;
    let process = format!("/proc/{}/cmdline", network.node(0).pid());
    let arguments = fs::read(process).expect("the node runs");
    let arguments = String::from_utf8_lossy(&arguments).into_owned();
    assert!(arguments.contains("run"), "{arguments}");
    let status = network.node_mut(0).terminate().await;
    assert_eq!(status.code(), Some(0), "{}", network.node(0).end_of_log());

    let log = fs::read_to_string(network.node(0).log()).expect("it wrote one");
    assert!(log.contains("stopped"), "{log}");
    for (place, text) in [("arguments", arguments), ("log", log)] {
        let shown = secrets.iter().find(|secret| text.contains(*secret));
        assert_eq!(shown, None, "in its {place}");
    }
}

/// A PEM's lines of Base64.
fn body(pem: &str) -> impl Iterator<Item = String> {
    let lines = pem.lines().filter(|line| !line.starts_with("-----"));
    lines.map(str::to_owned).collect::<Vec<_>>().into_iter()
}
