//! The node's secrets, as its configuration names them: its own keys and the network's ledger key.

use std::path::{Path, PathBuf};

use counterfoil_keystore::{Keystore, PasswordSource};
use counterfoil_types::genesis::{Genesis, LedgerKeys, NoLedgerKeys};
use counterfoil_types::keys::SigningKey;
use libp2p::identity::Keypair;

use super::ConfigError;

pub use counterfoil_keystore::{read_secret, write_secret};

/// What opens the node's keys, and encrypts new ones: all under one password.
pub fn keystore(password_file: Option<PathBuf>) -> Keystore {
    Keystore::new(PasswordSource {
        file: password_file,
        option: "--password-file, by password_file in node.toml",
        variable: "COUNTERFOILD_PASSWORD",
    })
}

/// Reads the ledger keys and checks that this network's first is among them.
pub fn read_ledger_keys(path: &Path, genesis: &Genesis) -> Result<LedgerKeys, ConfigError> {
    let keys: LedgerKeys = read_secret(path)?
        .parse()
        .map_err(|problem: NoLedgerKeys| ConfigError::Key {
            path: path.to_owned(),
            problem: problem.to_string(),
        })?;
    if keys.get(genesis.ledger_key_hash.as_bytes()).is_none() {
        return Err(ConfigError::OtherLedgerKey {
            path: path.to_owned(),
            expected: genesis.ledger_key_hash.to_string(),
        });
    }
    Ok(keys)
}

/// The same key as libp2p holds it.
pub fn peer_keypair(key: &SigningKey) -> Keypair {
    let mut seed = key.seed();
    Keypair::ed25519_from_bytes(seed.as_mut()).expect("any 32 bytes are an Ed25519 seed")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_id_follows_from_the_key() {
        let key = SigningKey::from_seed([5; 32]);
        let pair = peer_keypair(&key);
        let public = pair.public().try_into_ed25519().unwrap();
        assert_eq!(&public.to_bytes(), key.public_key().as_bytes());
    }
}
