//! Every key that the tests hold.

use std::collections::BTreeMap;
use std::sync::LazyLock;

use counterfoil_types::keys::SigningKey;

use super::world::CHAIN_ID;
use crate::model::membership::KnownKeys;

/// Keys that a network begins with, and as many for accounts that are enrolled later.
const KEYS: u16 = 512;
const FIRST_SPARE: u16 = 256;

static KEYRING: LazyLock<BTreeMap<Vec<u8>, SigningKey>> = LazyLock::new(|| {
    let keys = (1..=KEYS).map(key);
    keys.map(|key| (key.public_key().to_vec(), key)).collect()
});

/// The key of a number.
pub fn key(number: u16) -> SigningKey {
    let [high, low] = number.to_be_bytes();
    let mut seed = [low; 32];
    seed[0] = high;
    SigningKey::from_seed(seed)
}

/// The public keys that no network begins with.
pub fn spare_keys() -> impl Iterator<Item = Vec<u8>> {
    (FIRST_SPARE..=KEYS).map(|number| key(number).public_key().to_vec())
}

/// The whole of a public key.
pub fn holder_of(public_key: &[u8]) -> Option<&'static SigningKey> {
    KEYRING.get(public_key)
}

/// What shows that an organization's new key is at hand.
pub fn enrolment_signature(organization: &str, public_key: &[u8]) -> Vec<u8> {
    let length = u8::try_from(CHAIN_ID.len()).expect("a short name");
    let tag = b"counterfoil/enrolment/v1";
    let chain = [&[length], CHAIN_ID.as_bytes()].concat();
    let message = [tag, chain.as_slice(), organization.as_bytes()].concat();
    holder_of(public_key).map_or_else(|| vec![1; 64], |key| key.sign(&message).to_vec())
}

/// What the model is told of keys.
pub fn known_keys() -> KnownKeys {
    KnownKeys {
        is_key: |bytes| holder_of(bytes).is_some(),
        proves: |organization, key, signature| {
            holder_of(key).is_some() && enrolment_signature(organization, key) == signature
        },
    }
}
