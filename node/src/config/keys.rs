//! Key files: read only where nobody else can read them, written so.

use std::fs;
use std::io::{self, Write as _};
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use counterfoil_types::genesis::{Genesis, LedgerKey};
use counterfoil_types::keys::SigningKey;
use libp2p::identity::Keypair;
use zeroize::Zeroizing;

use super::ConfigError;

/// A key file of any kind is far smaller.
const MAX_KEY_FILE_BYTES: u64 = 4096;
const OTHERS: u32 = 0o077;

/// Reads a private key in PKCS#8 PEM.
pub fn read_signing_key(path: &Path) -> Result<SigningKey, ConfigError> {
    SigningKey::from_pkcs8_pem(&read_secret(path)?).map_err(|e| ConfigError::Key {
        path: path.to_owned(),
        problem: e.to_string(),
    })
}

/// Reads the ledger key and checks that it is this network's.
pub fn read_ledger_key(path: &Path, genesis: &Genesis) -> Result<LedgerKey, ConfigError> {
    let key: LedgerKey = read_secret(path)?.parse().map_err(|e| ConfigError::Key {
        path: path.to_owned(),
        problem: format!("not a ledger key: {e}"),
    })?;
    if key.hash() != genesis.ledger_key_hash {
        return Err(ConfigError::OtherLedgerKey {
            path: path.to_owned(),
            actual: key.hash().to_string(),
            expected: genesis.ledger_key_hash.to_string(),
        });
    }
    Ok(key)
}

/// The same key as libp2p holds it.
pub fn peer_keypair(key: &SigningKey) -> Keypair {
    let mut seed = key.seed();
    Keypair::ed25519_from_bytes(seed.as_mut()).expect("any 32 bytes are an Ed25519 seed")
}

/// Writes a secret to a new file of mode 0600; an existing file is an error.
pub fn write_secret(path: &Path, text: &str) -> Result<(), ConfigError> {
    let write = || -> io::Result<()> {
        let mut file = fs::OpenOptions::new()
            .write(true)
            .create_new(true)
            .mode(0o600)
            .open(path)?;
        file.write_all(text.as_bytes())?;
        file.sync_all()
    };
    write().map_err(|source| ConfigError::Write {
        path: path.to_owned(),
        source,
    })
}

/// The text of a file that only its owner may read.
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>, ConfigError> {
    let unreadable = |source| ConfigError::Read {
        path: path.to_owned(),
        source,
    };
    let file = fs::File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    let mode = metadata.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(ConfigError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    if metadata.len() > MAX_KEY_FILE_BYTES {
        return Err(ConfigError::Key {
            path: path.to_owned(),
            problem: format!("longer than {MAX_KEY_FILE_BYTES} bytes, so not a key"),
        });
    }
    io::read_to_string(file)
        .map(Zeroizing::new)
        .map_err(unreadable)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_read_back_and_exposed_files_are_refused() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("peer.pem");
        let key = SigningKey::generate();
        write_secret(&path, &key.to_pkcs8_pem()).unwrap();
        assert_eq!(
            read_signing_key(&path).unwrap().public_key(),
            key.public_key()
        );
        assert!(write_secret(&path, "again").is_err());

        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        let message = read_signing_key(&path).unwrap_err().to_string();
        assert!(message.contains("chmod 600"), "{message}");
    }

    #[test]
    fn a_peer_id_follows_from_the_key() {
        let key = SigningKey::from_seed([5; 32]);
        let pair = peer_keypair(&key);
        let public = pair.public().try_into_ed25519().unwrap();
        assert_eq!(&public.to_bytes(), key.public_key().as_bytes());
    }
}
