//! Ed25519 keys and signatures, behind the project's own types.
//!
//! Keys are made and used by `ed25519-dalek`; signatures on the ledger are
//! judged by one rule, ZIP-215 (cofactored), which single and batch verification share.

mod batch;
mod encryption;

use std::fmt;
use std::str::FromStr;

use ed25519_dalek::Signer as _;
use pkcs8::der::pem::PemLabel as _;
use pkcs8::{
    EncodePrivateKey as _, EncryptedPrivateKeyInfo, LineEnding, PrivateKeyInfo, SecretDocument,
};
use rand::RngCore as _;
use rand::rngs::OsRng;
use serde::{Deserialize, Serialize};
use zeroize::Zeroizing;

pub use batch::{Batch, Unverified, first_bad};

use crate::hash::Hash;

/// Why bytes or text are not a key that may be used.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum KeyError {
    #[error("expected 32 bytes (64 hexadecimal digits)")]
    Length,
    #[error("not a point of the curve in canonical encoding")]
    NotCanonical,
    #[error("the point is outside the prime-order group")]
    Torsion,
    #[error("not an Ed25519 private key in PKCS#8 PEM")]
    Pem,
    #[error("the key is encrypted: it opens with its password only")]
    Encrypted,
    #[error("the password is wrong")]
    WrongPassword,
    #[error("the key is encrypted in another way than PBES2 with scrypt or PBKDF2, and AES-CBC")]
    UnknownEncryption,
    #[error(
        "its encryption asks for more than 256 MiB of scrypt or 10,000,000 rounds of PBKDF2: \
         encrypt the key anew, at less cost"
    )]
    CostlyEncryption,
}

/// An Ed25519 public key.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(try_from = "String", into = "String")]
pub struct PublicKey([u8; 32]);

impl PublicKey {
    /// Takes a key that a genesis or an admission names: canonical and
    /// torsion-free, so that one key has one encoding and one discrete logarithm.
    pub fn enrol(bytes: &[u8]) -> Result<Self, KeyError> {
        let bytes: [u8; 32] = bytes.try_into().map_err(|_| KeyError::Length)?;
        let key =
            ed25519_dalek::VerifyingKey::from_bytes(&bytes).map_err(|_| KeyError::NotCanonical)?;
        let point = key.to_edwards();
        if point.compress().to_bytes() != bytes {
            return Err(KeyError::NotCanonical);
        }
        if key.is_weak() || !point.is_torsion_free() {
            return Err(KeyError::Torsion);
        }
        Ok(Self(bytes))
    }

    /// Whether a signature is this key's over a message, by the rules of ZIP-215.
    pub fn verify(&self, message: &[u8], signature: &Signature) -> bool {
        verify_zip215(&self.0, message, &signature.0)
    }

    /// The validator's address under this consensus key.
    pub fn address(&self) -> Hash {
        address(&self.0)
    }

    pub const fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    pub fn to_vec(self) -> Vec<u8> {
        self.0.to_vec()
    }
}

/// The address under a consensus key that was enrolled before.
pub fn address(key: &[u8]) -> Hash {
    Hash::tagged("counterfoil/address/v1", &[key])
}

/// ZIP-215 verification of any 32 bytes that a transaction may name as its signer.
pub fn verify_zip215(key: &[u8; 32], message: &[u8], signature: &[u8; 64]) -> bool {
    ed25519_zebra::VerificationKey::try_from(*key)
        .is_ok_and(|key| key.verify(&(*signature).into(), message).is_ok())
}

impl FromStr for PublicKey {
    type Err = KeyError;

    fn from_str(text: &str) -> Result<Self, KeyError> {
        Self::enrol(&hex::decode(text).map_err(|_| KeyError::Length)?)
    }
}

impl TryFrom<String> for PublicKey {
    type Error = KeyError;

    fn try_from(text: String) -> Result<Self, KeyError> {
        text.parse()
    }
}

impl From<PublicKey> for String {
    fn from(key: PublicKey) -> String {
        key.to_string()
    }
}

impl fmt::Display for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

impl fmt::Debug for PublicKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, f)
    }
}

/// An Ed25519 signature.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub struct Signature(pub [u8; 64]);

impl Signature {
    pub fn to_vec(self) -> Vec<u8> {
        self.0.to_vec()
    }
}

impl TryFrom<&[u8]> for Signature {
    type Error = KeyError;

    fn try_from(bytes: &[u8]) -> Result<Self, KeyError> {
        bytes.try_into().map(Self).map_err(|_| KeyError::Length)
    }
}

impl fmt::Debug for Signature {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&hex::encode(self.0))
    }
}

/// An Ed25519 private key. Wiped from memory when dropped, never printed.
#[derive(Clone)]
pub struct SigningKey(ed25519_dalek::SigningKey);

impl SigningKey {
    /// A new key from the operating system's random numbers.
    pub fn generate() -> Self {
        Self(ed25519_dalek::SigningKey::generate(&mut OsRng))
    }

    pub fn from_seed(seed: [u8; 32]) -> Self {
        Self(ed25519_dalek::SigningKey::from_bytes(&seed))
    }

    /// The seed, for libraries that keep the key in a form of their own.
    pub fn seed(&self) -> Zeroizing<[u8; 32]> {
        Zeroizing::new(self.0.to_bytes())
    }

    /// Reads a PKCS#8 PEM file's text (RFC 5958, RFC 8410), as OpenSSL writes it.
    /// An encrypted one fails as [`KeyError::Encrypted`].
    pub fn from_pkcs8_pem(pem: &str) -> Result<Self, KeyError> {
        match SecretDocument::from_pem(pem) {
            Ok((PrivateKeyInfo::PEM_LABEL, key)) => Self::from_pkcs8(&key),
            Ok((EncryptedPrivateKeyInfo::PEM_LABEL, _)) => Err(KeyError::Encrypted),
            _ => Err(KeyError::Pem),
        }
    }

    /// Reads an encrypted PKCS#8 PEM file's text.
    pub fn from_encrypted_pkcs8_pem(pem: &str, password: &[u8]) -> Result<Self, KeyError> {
        match SecretDocument::from_pem(pem) {
            Ok((EncryptedPrivateKeyInfo::PEM_LABEL, sealed)) => {
                Self::from_pkcs8(&encryption::open(&sealed, password)?)
            }
            _ => Err(KeyError::Pem),
        }
    }

    fn from_pkcs8(key: &SecretDocument) -> Result<Self, KeyError> {
        let key = PrivateKeyInfo::try_from(key.as_bytes()).map_err(|_| KeyError::Pem)?;
        let key = ed25519_dalek::SigningKey::try_from(key).map_err(|_| KeyError::Pem)?;
        Ok(Self(key))
    }

    /// The key as an unencrypted PEM file's text.
    pub fn to_pkcs8_pem(&self) -> Zeroizing<String> {
        self.to_pkcs8()
            .to_pem(PrivateKeyInfo::PEM_LABEL, LineEnding::LF)
            .expect("32 bytes always encode as PKCS#8")
    }

    /// The key as a PEM file's text that opens with the password only, here and in OpenSSL.
    pub fn to_encrypted_pkcs8_pem(&self, password: &[u8]) -> Zeroizing<String> {
        let mut salt = [0; encryption::SALT_BYTES];
        let mut iv = [0; encryption::IV_BYTES];
        OsRng.fill_bytes(&mut salt);
        OsRng.fill_bytes(&mut iv);
        encryption::seal(&self.to_pkcs8(), password, &salt, &iv)
            .expect("32 bytes always encrypt and encode as PKCS#8")
    }

    fn to_pkcs8(&self) -> SecretDocument {
        // Version 1 (no public key inside) is what OpenSSL reads.
        let pair = ed25519_dalek::pkcs8::KeypairBytes {
            secret_key: self.0.to_bytes(),
            public_key: None,
        };
        pair.to_pkcs8_der()
            .expect("32 bytes always encode as PKCS#8")
    }

    pub fn public_key(&self) -> PublicKey {
        PublicKey(self.0.verifying_key().to_bytes())
    }

    pub fn sign(&self, message: &[u8]) -> Signature {
        Signature(self.0.sign(message).to_bytes())
    }
}

impl fmt::Debug for SigningKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SigningKey of {}", self.public_key())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The fourteen encodings of the eight small-order points: eight canonical, six not.
    /// From ZIP 215's test vectors.
    const SMALL_ORDER: [&str; 14] = [
        "0100000000000000000000000000000000000000000000000000000000000000",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "0000000000000000000000000000000000000000000000000000000000000080",
        "0000000000000000000000000000000000000000000000000000000000000000",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a",
        "c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac03fa",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05",
        "26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc85",
        "0100000000000000000000000000000000000000000000000000000000000080",
        "ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
        "eeffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff",
        "edffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f",
    ];

    fn bytes(text: &str) -> [u8; 32] {
        let mut bytes = [0; 32];
        hex::decode_to_slice(text, &mut bytes).unwrap();
        bytes
    }

    #[test]
    fn small_order_signatures_verify_and_such_keys_are_not_enrolled() {
        for key in SMALL_ORDER {
            assert!(PublicKey::enrol(&bytes(key)).is_err(), "{key}");
            for r in SMALL_ORDER {
                let mut signature = [0; 64];
                signature[..32].copy_from_slice(&bytes(r));
                assert!(
                    verify_zip215(&bytes(key), b"Zcash", &signature),
                    "{key} {r}"
                );
            }
        }
    }

    #[test]
    fn a_key_with_torsion_is_not_enrolled() {
        use ed25519_dalek::VerifyingKey;
        let honest = SigningKey::from_seed([7; 32])
            .0
            .verifying_key()
            .to_edwards();
        let torsion = VerifyingKey::from_bytes(&bytes(SMALL_ORDER[4]))
            .unwrap()
            .to_edwards();
        let mixed = (honest + torsion).compress().to_bytes();
        assert_eq!(PublicKey::enrol(&mixed), Err(KeyError::Torsion));
        assert_eq!(PublicKey::enrol(&[1; 31]), Err(KeyError::Length));
    }

    #[test]
    fn signatures_verify_only_as_made() {
        let key = SigningKey::from_seed([1; 32]);
        let signature = key.sign(b"message");
        assert!(key.public_key().verify(b"message", &signature));
        assert!(!key.public_key().verify(b"Message", &signature));
        assert!(
            !SigningKey::from_seed([2; 32])
                .public_key()
                .verify(b"message", &signature)
        );
        // S + group order would be a second encoding of the same signature.
        let mut malleated = signature.0;
        malleated[63] |= 0xe0;
        assert!(!verify_zip215(
            key.public_key().as_bytes(),
            b"message",
            &malleated
        ));
    }

    #[test]
    fn keys_read_back_from_pem() {
        let key = SigningKey::generate();
        let pem = key.to_pkcs8_pem();
        assert!(pem.starts_with("-----BEGIN PRIVATE KEY-----\n"));
        let read = SigningKey::from_pkcs8_pem(&pem).unwrap();
        assert_eq!(read.public_key(), key.public_key());
        assert!(SigningKey::from_pkcs8_pem("nonsense").is_err());
        // A PEM of another kind, with the right bytes in it.
        let public = pem.replace("PRIVATE", "PUBLIC");
        assert_eq!(
            SigningKey::from_pkcs8_pem(&public).unwrap_err(),
            KeyError::Pem
        );
    }

    #[test]
    fn encrypted_keys_open_with_their_password_only() {
        let key = SigningKey::generate();
        let pem = key.to_encrypted_pkcs8_pem(b"correct horse");
        assert!(pem.starts_with("-----BEGIN ENCRYPTED PRIVATE KEY-----\n"));
        assert_ne!(pem, key.to_encrypted_pkcs8_pem(b"correct horse"), "salted");
        let open = |password| SigningKey::from_encrypted_pkcs8_pem(&pem, password);
        assert_eq!(
            open(b"correct horse").unwrap().public_key(),
            key.public_key()
        );
        for wrong in [&b"correct horse "[..], b"", b"battery staple"] {
            assert_eq!(open(wrong).unwrap_err(), KeyError::WrongPassword);
        }
        assert_eq!(
            SigningKey::from_pkcs8_pem(&pem).unwrap_err(),
            KeyError::Encrypted
        );
        // Not mistaken for one whose password is wrong.
        let plain = key.to_pkcs8_pem();
        assert_eq!(
            SigningKey::from_encrypted_pkcs8_pem(&plain, b"").unwrap_err(),
            KeyError::Pem
        );
    }

    /// `openssl genpkey -algorithm ed25519 -aes-256-cbc -pass pass:secret`, which is PBKDF2.
    const OF_OPENSSL: &str = "-----BEGIN ENCRYPTED PRIVATE KEY-----\n\
        MIGbMFcGCSqGSIb3DQEFDTBKMCkGCSqGSIb3DQEFDDAcBAhErDeHzaTyTwICCAAw\n\
        DAYIKoZIhvcNAgkFADAdBglghkgBZQMEASoEEE0DI034iGgON3M9OByOa6gEQLtv\n\
        RgWjAHAjsNTP5apvrBDwGJe4swI0fziakRswwQBNqURThzz5R340mMtLO0MAhINk\n\
        z8VHMGu72ZJVa1quKQM=\n\
        -----END ENCRYPTED PRIVATE KEY-----";

    #[test]
    fn keys_that_openssl_encrypted_open() {
        let key = SigningKey::from_encrypted_pkcs8_pem(OF_OPENSSL, b"secret").unwrap();
        assert_eq!(
            key.public_key().to_string(),
            "a9af5a6aaf95c748d77e5b233c7aebec0560a84bf20a80925f647de8fa3dcd5c"
        );
        assert_eq!(
            SigningKey::from_encrypted_pkcs8_pem(OF_OPENSSL, b"Secret").unwrap_err(),
            KeyError::WrongPassword
        );
    }
}
