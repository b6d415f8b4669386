//! Keys at rest, from outside: made by the command and opened by OpenSSL, and the other way round.

use std::fs;
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;
use std::process::Command;

use counterfoil_keystore::write_secret;
use counterfoil_tests::network::{Finished, PATIENCE, counterfoil, finish};
use tempfile::TempDir;

const PASSWORD: &str = "correct horse battery staple";

/// A folder with a file `password` in it.
fn folder() -> TempDir {
    let folder = TempDir::new().expect("temporary folders can be made");
    write_secret(&folder.path().join("password"), PASSWORD).expect("the folder can be written");
    folder
}

/// Runs a program in a folder; words are separated by spaces.
async fn run(program: impl AsRef<Path>, folder: &TempDir, words: &str) -> Finished {
    let mut command = Command::new(program.as_ref());
    command.current_dir(folder.path()).args(words.split(' '));
    finish(command, PATIENCE).await
}

async fn key(folder: &TempDir, words: &str) -> Finished {
    run(counterfoil(), folder, &format!("-o json key {words}")).await
}

/// The public key, in hexadecimal digits, that OpenSSL reads from a file with the password.
async fn public_key_by_openssl(folder: &TempDir, file: &str) -> String {
    let words = format!("pkey -in {file} -passin file:password -text -noout");
    let shown = run("openssl", folder, &words).await;
    assert_eq!(shown.code, Some(0), "{}", shown.stderr);
    let (_, public) = shown
        .stdout
        .split_once("pub:")
        .expect("it shows the public key");
    public.chars().filter(char::is_ascii_hexdigit).collect()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn openssl_opens_what_the_command_writes() {
    let folder = folder();
    let made = key(&folder, "new --out key.pem --password-file password").await;
    let made = made.json();
    assert_eq!(
        public_key_by_openssl(&folder, "key.pem").await,
        made["public_key"].as_str().expect("a text")
    );
    let form = run("openssl", &folder, "asn1parse -in key.pem")
        .await
        .stdout;
    assert!(
        form.contains(":scrypt") && form.contains(":aes-256-cbc"),
        "{form}"
    );
    let wrong = run(
        "openssl",
        &folder,
        "pkey -in key.pem -passin pass:wrong -noout",
    )
    .await;
    assert_ne!(wrong.code, Some(0), "it opens with any password");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_command_opens_what_openssl_writes() {
    let folder = folder();
    let plain = run(
        "openssl",
        &folder,
        "genpkey -algorithm ed25519 -out plain.pem",
    )
    .await;
    assert_eq!(plain.code, Some(0), "{}", plain.stderr);
    for how in [
        "-scrypt",
        "-v2 aes-256-cbc",
        "-v2 aes-128-cbc -v2prf hmacWithSHA512 -iter 100000",
    ] {
        let _ = fs::remove_file(folder.path().join("key.pem"));
        let words = format!("pkcs8 -topk8 -in plain.pem -out key.pem -passout file:password {how}");
        let written = run("openssl", &folder, &words).await;
        assert_eq!(written.code, Some(0), "{how}: {}", written.stderr);
        let shown = key(&folder, "show --key key.pem --password-file password").await;
        assert_eq!(
            shown.json()["public_key"].as_str().expect("a text"),
            public_key_by_openssl(&folder, "key.pem").await,
            "{how}"
        );
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_password_is_changed_and_the_key_stays() {
    let folder = folder();
    let plain = key(&folder, "new --plain --out key.pem").await;
    let public_key = plain.json()["public_key"].clone();
    assert!(plain.stderr.contains("not encrypted"), "{}", plain.stderr);

    // Encrypted in its place, for its owner alone.
    let encrypt = "password --key key.pem --new-password-file password";
    assert_eq!(key(&folder, encrypt).await.json()["public_key"], public_key);
    let file = folder.path().join("key.pem");
    let mode = fs::metadata(&file)
        .expect("it is there")
        .permissions()
        .mode();
    assert_eq!(mode & 0o777, 0o600);
    let text = fs::read_to_string(&file).expect("it is there");
    assert!(text.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));

    write_secret(&folder.path().join("next"), "next").expect("the folder can be written");
    let change = "password --key key.pem --password-file password --new-password-file next";
    key(&folder, change).await.json();
    let show = "show --key key.pem --password-file";
    let shown = key(&folder, &format!("{show} next")).await;
    assert_eq!(shown.json()["public_key"], public_key);
    let old = key(&folder, &format!("{show} password")).await;
    assert_eq!(old.code, Some(1), "the old password opens it still");
    // A change that fails leaves what was there.
    let refused = key(&folder, change).await;
    assert_eq!(refused.code, Some(1));
    assert_eq!(key(&folder, &format!("{show} next")).await.code, Some(0));
}
