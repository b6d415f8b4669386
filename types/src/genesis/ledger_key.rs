//! The members' secret under which fingerprints are computed (specification 3.2).

use std::fmt;
use std::str::FromStr;

use rand::RngCore as _;
use rand::rngs::OsRng;
use zeroize::Zeroizing;

use crate::hash::{Hash, NotAHash};

/// Wiped from memory when dropped, never printed, never on the ledger.
#[derive(Clone)]
pub struct LedgerKey(Zeroizing<[u8; 32]>);

impl LedgerKey {
    pub fn generate() -> Self {
        let mut key = Zeroizing::new([0; 32]);
        OsRng.fill_bytes(key.as_mut_slice());
        Self(key)
    }

    pub fn from_bytes(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }

    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }

    /// The hash that stands in genesis, or in the decision to rotate to this key.
    pub fn hash(&self) -> Hash {
        Hash::tagged("counterfoil/ledger-key/v1", &[self.0.as_slice()])
    }

    /// The key file's text: 64 hexadecimal digits.
    pub fn to_hex(&self) -> Zeroizing<String> {
        Zeroizing::new(hex::encode(self.0.as_slice()))
    }
}

impl FromStr for LedgerKey {
    type Err = NotAHash;

    fn from_str(text: &str) -> Result<Self, NotAHash> {
        let mut key = Zeroizing::new([0; 32]);
        hex::decode_to_slice(text.trim(), key.as_mut_slice()).map_err(|_| NotAHash)?;
        Ok(Self(key))
    }
}

impl fmt::Debug for LedgerKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "LedgerKey of hash {}", self.hash())
    }
}

/// The ledger keys that a member holds: genesis' own and those that it was rotated to. Older ones are kept, as what was
/// entered under them is still looked up.
#[derive(Clone, Debug)]
pub struct LedgerKeys(Vec<LedgerKey>);

#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("a ledger key is 64 hexadecimal digits; there is one a line, at least one")]
pub struct NoLedgerKeys;

impl LedgerKeys {
    /// The key of a hash.
    pub fn get(&self, hash: &[u8]) -> Option<&LedgerKey> {
        self.0.iter().find(|key| key.hash().as_bytes() == hash)
    }
}

impl<'a> IntoIterator for &'a LedgerKeys {
    type Item = &'a LedgerKey;
    type IntoIter = std::slice::Iter<'a, LedgerKey>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter()
    }
}

impl From<LedgerKey> for LedgerKeys {
    fn from(key: LedgerKey) -> Self {
        Self(vec![key])
    }
}

impl FromIterator<LedgerKey> for LedgerKeys {
    fn from_iter<I: IntoIterator<Item = LedgerKey>>(keys: I) -> Self {
        Self(keys.into_iter().collect())
    }
}

/// The key file's text.
impl FromStr for LedgerKeys {
    type Err = NoLedgerKeys;

    fn from_str(text: &str) -> Result<Self, NoLedgerKeys> {
        let lines = text.lines().filter(|line| !line.trim().is_empty());
        let keys: Result<Vec<LedgerKey>, NotAHash> = lines.map(str::parse).collect();
        match keys {
            Ok(keys) if !keys.is_empty() => Ok(Self(keys)),
            _ => Err(NoLedgerKeys),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_key_file_has_a_key_a_line() {
        let keys = [3, 4].map(|byte| LedgerKey::from_bytes([byte; 32]));
        let text = keys.each_ref().map(|key| key.to_hex().to_string());
        let read: LedgerKeys = format!("{}\n\n{}\n", text[0], text[1]).parse().unwrap();
        for key in &keys {
            assert_eq!(
                read.get(key.hash().as_bytes()).unwrap().as_bytes(),
                key.as_bytes()
            );
        }
        assert!(read.get(&[5; 32]).is_none());
        for bad in ["", "\n", "12", &format!("{}\nkey", text[0])] {
            assert_eq!(
                bad.parse::<LedgerKeys>().unwrap_err(),
                NoLedgerKeys,
                "{bad}"
            );
        }
    }
}
