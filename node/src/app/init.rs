//! `init`: a node's home. What is there already stays as it is, so that it can
//! be run again once genesis and the ledger key are known.

use std::fs::{self, DirBuilder};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use counterfoil_keystore::{Keystore, KeystoreError, write_plain_key};
use counterfoil_types::keys::SigningKey;

use super::{AppError, Output, Password, print_table, read_genesis};
use crate::config::{self, Config, ConfigError, keys};

#[derive(clap::Args)]
pub struct Arguments {
    /// The folder to make; only its owner may look into it.
    #[arg(long)]
    home: PathBuf,
    /// The network's genesis, copied into the home. May be put there later.
    #[arg(long)]
    genesis: Option<PathBuf>,
    /// The network's ledger key, copied into the home. May be put there later.
    #[arg(long)]
    ledger_key: Option<PathBuf>,
    /// The node's name; the folder's if it is left out.
    #[arg(long)]
    moniker: Option<String>,
    #[command(flatten)]
    password: Password,
    /// Leave new keys unencrypted: whoever reads the files can vote as this node. For test networks.
    #[arg(long)]
    plain_keys: bool,
    /// How the result is printed.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Debug, thiserror::Error)]
pub enum InitError {
    #[error("{path} exists and differs; remove it first if it is to be replaced")]
    Differs { path: PathBuf },
    #[error("{path} names this node {found:?} already; change it there")]
    Named { path: PathBuf, found: String },
}

pub fn init(arguments: &Arguments) -> Result<(), AppError> {
    let home = &arguments.home;
    let unwritable = |source: io::Error| ConfigError::Write {
        path: home.clone(),
        source,
    };
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(home)
        .map_err(unwritable)?;
    let home = home.canonicalize().map_err(unwritable)?;
    let config = settings(&home, arguments.moniker.as_deref())?;
    let keys = NewKeys {
        keystore: arguments.password.keystore(&config),
        plain: arguments.plain_keys,
    };
    let peer_key = keys.read_or_make(&config.peer_key)?;
    let validator_key = config.validator_key.as_deref();
    let validator_key = validator_key.map(|path| keys.read_or_make(path));
    let validator_key = validator_key.transpose()?;
    copy_genesis(&config, arguments.genesis.as_deref())?;
    copy_ledger_key(&config, arguments.ledger_key.as_deref())?;
    if config.genesis.exists() && config.ledger_key.exists() {
        keys::read_ledger_keys(&config.ledger_key, &read_genesis(&config.genesis)?)?;
    }

    let peer_id = keys::peer_keypair(&peer_key).public().to_peer_id();
    let validator = validator_key.map(|key| key.public_key().to_string());
    let file = home.join(config::FILE_NAME);
    match arguments.output {
        Output::Json => {
            let result = serde_json::json!({
                "home": home,
                "moniker": config.moniker,
                "peer_id": peer_id.to_string(),
                "validator_public_key": validator,
                "config": file,
            });
            println!("{result}");
        }
        Output::Table => print_table(&[
            ("home", home.display().to_string()),
            ("moniker", config.moniker),
            ("peer id", peer_id.to_string()),
            (
                "validator public key",
                validator.unwrap_or_else(|| "none".to_owned()),
            ),
            ("settings", file.display().to_string()),
        ]),
    }
    Ok(())
}

/// Writes the settings where there are none, and reads them.
fn settings(home: &Path, moniker: Option<&str>) -> Result<Config, AppError> {
    let path = home.join(config::FILE_NAME);
    if !path.exists() {
        let folder = home
            .file_name()
            .map_or_else(|| "node".into(), |name| name.to_string_lossy());
        let text = config::initial_file(moniker.unwrap_or(&folder));
        fs::write(&path, text).map_err(|source| ConfigError::Write {
            path: path.clone(),
            source,
        })?;
    }
    let config = Config::load(home)?;
    match moniker {
        Some(moniker) if moniker != config.moniker => Err(InitError::Named {
            path,
            found: config.moniker,
        }
        .into()),
        _ => Ok(config),
    }
}

/// How keys that are missing are made.
struct NewKeys {
    keystore: Keystore,
    plain: bool,
}

impl NewKeys {
    fn read_or_make(&self, path: &Path) -> Result<SigningKey, KeystoreError> {
        if path.exists() {
            return self.keystore.read_key(path);
        }
        let key = SigningKey::generate();
        if self.plain {
            eprintln!("{} is not encrypted", path.display());
            write_plain_key(path, &key)?;
        } else {
            self.keystore.write_key(path, &key)?;
        }
        Ok(key)
    }
}

fn copy_genesis(config: &Config, from: Option<&Path>) -> Result<(), AppError> {
    let Some(from) = from else {
        return Ok(());
    };
    let genesis = read_genesis(from)?;
    let to = &config.genesis;
    if to.exists() {
        if read_genesis(to)?.hash() != genesis.hash() {
            return Err(InitError::Differs { path: to.clone() }.into());
        }
        return Ok(());
    }
    fs::write(to, genesis.to_json() + "\n").map_err(|source| ConfigError::Write {
        path: to.clone(),
        source,
    })?;
    Ok(())
}

fn copy_ledger_key(config: &Config, from: Option<&Path>) -> Result<(), AppError> {
    let Some(from) = from else {
        return Ok(());
    };
    let text = keys::read_secret(from)?;
    let to = &config.ledger_key;
    if to.exists() {
        if keys::read_secret(to)?.trim() != text.trim() {
            return Err(InitError::Differs { path: to.clone() }.into());
        }
        return Ok(());
    }
    Ok(keys::write_secret(to, &text)?)
}

#[cfg(test)]
mod tests {
    use counterfoil_keystore::read_plain_key;

    use super::*;

    fn arguments(home: &Path, moniker: Option<&str>) -> Arguments {
        Arguments {
            home: home.to_owned(),
            genesis: None,
            ledger_key: None,
            moniker: moniker.map(str::to_owned),
            password: Password {
                password_file: None,
            },
            plain_keys: true,
            output: Output::Json,
        }
    }

    #[test]
    fn a_second_init_keeps_the_keys_of_the_first() {
        let folder = tempfile::tempdir().unwrap();
        let home = folder.path().join("bank-a");
        init(&arguments(&home, None)).unwrap();
        let config = Config::load(&home).unwrap();
        assert_eq!(config.moniker, "bank-a");
        let before = read_plain_key(&config.peer_key).unwrap();
        init(&arguments(&home, Some("bank-a"))).unwrap();
        let after = read_plain_key(&config.peer_key).unwrap();
        assert_eq!(before.public_key(), after.public_key());
        assert!(init(&arguments(&home, Some("bank-b"))).is_err());
    }

    #[test]
    fn keys_are_encrypted_unless_plain_ones_are_asked_for() {
        let folder = tempfile::tempdir().unwrap();
        let password = folder.path().join("password");
        keys::write_secret(&password, "correct horse").unwrap();
        let home = folder.path().join("bank-a");
        let encrypted = || Arguments {
            plain_keys: false,
            password: Password {
                password_file: Some(password.clone()),
            },
            ..arguments(&home, None)
        };
        init(&encrypted()).unwrap();
        for file in ["peer.pem", "validator.pem"] {
            let pem = fs::read_to_string(home.join(file)).unwrap();
            assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        }
        // Opened, not made anew.
        init(&encrypted()).unwrap();
        fs::write(&password, "battery staple").unwrap();
        let message = init(&encrypted()).unwrap_err().to_string();
        assert!(message.contains("password is wrong"), "{message}");
    }

    #[test]
    fn a_genesis_that_is_none_is_not_copied() {
        let folder = tempfile::tempdir().unwrap();
        let genesis = folder.path().join("genesis.json");
        fs::write(&genesis, "{}").unwrap();
        let home = folder.path().join("node");
        let arguments = Arguments {
            genesis: Some(genesis),
            ..arguments(&home, None)
        };
        let message = init(&arguments).unwrap_err().to_string();
        assert!(message.contains("genesis"), "{message}");
        assert!(!home.join("genesis.json").exists());
    }
}
