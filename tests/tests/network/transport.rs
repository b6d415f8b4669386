//! TLS and plain text between the command and a real node.

use std::fs;
use std::process::Command;

use counterfoil_tests::network::{Authority, Network, Plan, eventually, refused};
use counterfoil_types::access::node_of_certificate;
use tokio_rustls::rustls::pki_types::CertificateDer;
use tokio_rustls::rustls::pki_types::pem::PemObject as _;
use tonic::Code;

use super::{assert_fails, with};

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_node_is_known_by_a_certificate_of_its_own_network() {
    let network = Network::start(Plan::ONE).await;
    let url = network.node(0).url();
    let status = json(network.command(0, "buyer-a"), &["status"]).await;
    assert_eq!(status["chain_id"], network.chain_id());
    let token = json(network.command(0, "buyer-a"), &["token"]).await;
    let certificate = fs::read(network.node(0).home().join("tls.pem")).expect("it is there");
    let certificate = CertificateDer::from_pem_slice(&certificate).expect("a certificate");
    assert_eq!(token["node"], node_of_certificate(&certificate).to_string());

    let other = network.folder().join("other.pem");
    fs::write(&other, Authority::generate().pem()).expect("the folder can be written");
    let mut command = network.command(0, "buyer-a");
    command.env("COUNTERFOIL_CA", &other);
    assert_fails(&with(command, &["status"]).await, 1, "another authority");
    let mut command = network.command(0, "buyer-a");
    command.env_remove("COUNTERFOIL_CA");
    assert_fails(&with(command, &["status"]).await, 2, "--ca");
    let mut command = network.command(0, "buyer-a");
    command.env("COUNTERFOIL_NODE", url.replace("https", "http"));
    assert_fails(&with(command, &["status"]).await, 1, "speaks TLS");
    for (variable, option) in [("COUNTERFOIL_ORG", "--org"), ("COUNTERFOIL_KEY", "--key")] {
        let mut command = network.command(0, "buyer-a");
        command.env_remove(variable);
        assert_fails(&with(command, &["org", "list"]).await, 2, option);
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_token_is_good_at_one_node_and_for_one_account() {
    let plan = Plan {
        outsiders: 1,
        ..Plan::ONE
    };
    let network = Network::start(plan).await;
    // What a node is shown is of no use to it at the next one.
    let passed_on = network.client(1).with_tokens_of(network.client(0));
    eventually("the other node to serve", async || {
        let status = passed_on
            .status()
            .await
            .expect_err("it is not for this node");
        match status.code() {
            Code::Unauthenticated => {
                let refused = refused(&status);
                assert_eq!(refused.domain, "counterfoil.access");
                assert_eq!(refused.reason, "TOKEN_WRONG_NODE");
                Ok(())
            }
            code => Err(format!("{code:?}")),
        }
    })
    .await;
    let status = network.client(0).status().await;
    status.expect("the same token is good where it is for");

    let mut command = network.command(0, "buyer-a");
    command.env("COUNTERFOIL_KEY", network.folder().join("keys/buyer-b.pem"));
    let stranger = with(command, &["status"]).await;
    assert_fails(&stranger, 1, "knows no account of buyer-a with this key");
    assert!(stranger.stderr.contains("what to do"), "{stranger:?}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn plain_text_works_on_this_machine_where_it_is_asked_for() {
    let plan = Plan {
        plain_text: true,
        ..Plan::ONE
    };
    let network = Network::start(plan).await;
    let status = json(network.command(0, "buyer-a"), &["status"]).await;
    assert_eq!(status["chain_id"], network.chain_id());
    let mut command = network.command(0, "buyer-a");
    let other = network.folder().join("other.pem");
    fs::write(&other, Authority::generate().pem()).expect("the folder can be written");
    command.env("COUNTERFOIL_CA", &other);
    let url = network.node(0).url().replace("http", "https");
    command.env("COUNTERFOIL_NODE", url);
    assert_fails(&with(command, &["status"]).await, 1, "plain text");
}

async fn json(mut command: Command, words: &[&str]) -> serde_json::Value {
    command.args(["-o", "json"]);
    with(command, words).await.json()
}
