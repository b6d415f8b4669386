//! Secrets on this machine's disk: key files, encrypted or plain, that only their owner may read,
//! and the passwords that open them. The command and the node share it, so that what one
//! writes the other opens.

mod files;
mod passwords;

use std::io;
use std::path::{Path, PathBuf};
use std::sync::OnceLock;

use counterfoil_types::keys::{KeyError, SigningKey};

pub use files::{MAX_SECRET_BYTES, read_secret, write_secret};
pub use passwords::{MAX_PASSWORD_BYTES, PasswordSource};

use passwords::Password;

/// Why a secret was not read or not written.
#[derive(Debug, thiserror::Error)]
pub enum KeystoreError {
    #[error("cannot read {path}: {source}")]
    Read { path: PathBuf, source: io::Error },
    #[error("cannot write {path}: {source}")]
    Write { path: PathBuf, source: io::Error },
    #[error("{path} exists: name another file, nothing was written")]
    Exists { path: PathBuf },
    #[error(
        "{path} may be read by others (mode {mode:o}), and its content is known to whoever did; \
         run: chmod 600 {path}"
    )]
    Exposed { path: PathBuf, mode: u32 },
    #[error(
        "{path} is a folder, or not text, or longer than {MAX_SECRET_BYTES} bytes: it holds no key"
    )]
    NoSecret { path: PathBuf },
    #[error("{path}: {problem}")]
    Key { path: PathBuf, problem: KeyError },
    #[error(
        "{what}, and there is no terminal to ask at\n  what to do: write the password into the first line of a \
         file that only you may read, and name that by {option} or {variable}_FILE; or set {variable}"
    )]
    Locked {
        what: String,
        option: &'static str,
        variable: &'static str,
    },
    #[error(
        "{from} has no password of 1 to {MAX_PASSWORD_BYTES} bytes: nothing was read or written"
    )]
    NoPassword { from: String },
    #[error("the two passwords differ: nothing was written, try again")]
    PasswordsDiffer,
    #[error("the terminal cannot be asked for a password: {0}")]
    Terminal(io::Error),
}

/// Reads and writes key files under one password, which is looked for once, when it is first needed.
pub struct Keystore {
    source: PasswordSource,
    password: OnceLock<Password>,
}

impl Keystore {
    pub fn new(source: PasswordSource) -> Self {
        Self {
            source,
            password: OnceLock::new(),
        }
    }

    /// Reads a key; asks for the password where the file is encrypted.
    pub fn read_key(&self, path: &Path) -> Result<SigningKey, KeystoreError> {
        let failed = |problem| KeystoreError::Key {
            path: path.to_owned(),
            problem,
        };
        let pem = read_secret(path)?;
        match SigningKey::from_pkcs8_pem(&pem) {
            Err(KeyError::Encrypted) => {
                let password = self.password(|source| source.of_key(path))?;
                SigningKey::from_encrypted_pkcs8_pem(&pem, password.as_bytes()).map_err(failed)
            }
            other => other.map_err(failed),
        }
    }

    /// Writes a key into a new file, encrypted.
    pub fn write_key(&self, path: &Path, key: &SigningKey) -> Result<(), KeystoreError> {
        if path.exists() {
            // Before anybody has thought of a password.
            return Err(KeystoreError::Exists {
                path: path.to_owned(),
            });
        }
        let password = self.password(PasswordSource::of_new_key)?;
        write_secret(path, &key.to_encrypted_pkcs8_pem(password.as_bytes()))
    }

    /// Writes a key in the place of what the file held, encrypted; all of it or nothing.
    pub fn replace_key(&self, path: &Path, key: &SigningKey) -> Result<(), KeystoreError> {
        let password = self.password(PasswordSource::of_new_key)?;
        files::replace_secret(path, &key.to_encrypted_pkcs8_pem(password.as_bytes()))
    }

    fn password(
        &self,
        look: impl FnOnce(&PasswordSource) -> Result<Password, KeystoreError>,
    ) -> Result<&Password, KeystoreError> {
        if let Some(password) = self.password.get() {
            return Ok(password);
        }
        let password = look(&self.source)?;
        Ok(self.password.get_or_init(|| password))
    }
}

/// Reads a key that is not encrypted, as test networks have them.
pub fn read_plain_key(path: &Path) -> Result<SigningKey, KeystoreError> {
    SigningKey::from_pkcs8_pem(&read_secret(path)?).map_err(|problem| KeystoreError::Key {
        path: path.to_owned(),
        problem,
    })
}

/// Writes a key into a new file, unencrypted: for test networks, and where its owner asks for it.
pub fn write_plain_key(path: &Path, key: &SigningKey) -> Result<(), KeystoreError> {
    write_secret(path, &key.to_pkcs8_pem())
}

#[cfg(test)]
mod tests {
    use std::fs;

    use super::*;

    /// Passwords come from a file of these lines alone.
    fn keystore(folder: &Path, name: &str, text: &str) -> Keystore {
        let file = folder.join(name);
        write_secret(&file, text).unwrap();
        Keystore::new(PasswordSource {
            file: Some(file),
            option: "--password-file",
            variable: "COUNTERFOIL_KEYSTORE_TEST",
        })
    }

    #[test]
    fn keys_are_encrypted_and_open_with_their_password() {
        let folder = tempfile::tempdir().unwrap();
        let right = keystore(folder.path(), "right", "correct horse\nnot part of it\n");
        let wrong = keystore(folder.path(), "wrong", "correct horse \n");
        let path = folder.path().join("key.pem");
        let key = SigningKey::generate();
        right.write_key(&path, &key).unwrap();
        let written = fs::read_to_string(&path).unwrap();
        assert!(written.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----"));
        assert_eq!(
            right.read_key(&path).unwrap().public_key(),
            key.public_key()
        );
        let message = wrong.read_key(&path).unwrap_err().to_string();
        assert!(
            message.ends_with("key.pem: the password is wrong"),
            "{message}"
        );
        assert!(matches!(
            read_plain_key(&path),
            Err(KeystoreError::Key {
                problem: KeyError::Encrypted,
                ..
            })
        ));
    }

    #[test]
    fn a_plain_key_needs_no_password() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let key = SigningKey::generate();
        write_plain_key(&path, &key).unwrap();
        let absent = Keystore::new(PasswordSource {
            file: Some(folder.path().join("absent")),
            option: "--password-file",
            variable: "COUNTERFOIL_KEYSTORE_TEST",
        });
        for read in [absent.read_key(&path), read_plain_key(&path)] {
            assert_eq!(read.unwrap().public_key(), key.public_key());
        }
    }

    #[test]
    fn a_password_is_changed_and_a_plain_key_encrypted() {
        let folder = tempfile::tempdir().unwrap();
        let old = keystore(folder.path(), "old", "old");
        let new = keystore(folder.path(), "new", "new");
        let path = folder.path().join("key.pem");
        let key = SigningKey::generate();
        write_plain_key(&path, &key).unwrap();
        for keystore in [&old, &new] {
            keystore.replace_key(&path, &key).unwrap();
            assert_eq!(
                keystore.read_key(&path).unwrap().public_key(),
                key.public_key()
            );
        }
        assert!(old.read_key(&path).is_err());
    }
}
