//! First errors, as snapshots: each says what happened, why, and what to do next.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt as _;
use std::path::{Path, PathBuf};

use counterfoil_keystore::{write_plain_key, write_secret};
use counterfoil_tests::network::{Authority, Network, Plan, counterfoil};
use counterfoil_types::keys::SigningKey;
use tempfile::TempDir;
use trycmd::TestCases;

/// Nothing listens there, on any machine.
const NO_NODE: &str = "http://127.0.0.1:1";

#[test]
fn without_a_node() {
    let folder = TempDir::new().expect("temporary folders can be made");
    let path = |name: &str| folder.path().join(name);
    let key = SigningKey::generate();
    for (password, line) in [("password", "correct horse"), ("other-password", "staple")] {
        write_secret(&path(password), line).expect("the folder can be written");
    }
    write_secret(&path("empty-password"), "\n").expect("the folder can be written");
    write_plain_key(&path("plain.pem"), &key).expect("the folder can be written");
    write_secret(
        &path("bank-a.pem"),
        &key.to_encrypted_pkcs8_pem(b"correct horse"),
    )
    .expect("the folder can be written");
    write_secret(&path("notes.txt"), "call the bank\n").expect("the folder can be written");
    write_plain_key(&path("exposed.pem"), &key).expect("the folder can be written");
    fs::set_permissions(path("exposed.pem"), Permissions::from_mode(0o644))
        .expect("its owner may change a file");
    snapshots("without-node", folder.path(), NO_NODE).run();
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn with_a_node() {
    let network = Network::start(Plan::ONE).await;
    let keys = network.folder().join("keys");
    // A key that is nobody's here, under the name of somebody who is not here either.
    write_plain_key(&keys.join("stranger.pem"), &SigningKey::generate())
        .expect("the folder can be written");
    // The certificate of an authority that has nothing to do with this network.
    fs::write(
        network.folder().join("other-ca.pem"),
        Authority::generate().pem(),
    )
    .expect("the folder can be written");
    let (folder, node) = (network.folder().to_owned(), network.node(0).url());
    let run = move || {
        let cases = snapshots("with-node", &folder, &node);
        let address = node.trim_start_matches("https://").to_owned();
        cases.insert_var("[NODE]", address).expect("a good name");
        cases.run();
    };
    let done = tokio::task::spawn_blocking(run).await;
    done.unwrap_or_else(|e| std::panic::resume_unwind(e.into_panic()));
}

/// The snapshots of a folder, whose commands run in `within` and ask `node`.
fn snapshots(of: &str, within: &Path, node: &str) -> TestCases {
    let here = PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("tests/cli");
    let cases = TestCases::new();
    for program in ["as", "counterfoil", "in-plain-text"] {
        cases.register_bin(program, here.join("bin").join(program).as_path());
    }
    let text = |path: &Path| path.to_str().expect("test paths are text").to_owned();
    cases
        .env("FOLDER", text(within))
        .env("COUNTERFOIL", text(&counterfoil()))
        .env("COUNTERFOIL_NODE", node)
        .case(here.join(of).join("*.trycmd"));
    cases
}
