//! Making and naming transactions (specification 10.1).

use counterfoil_proto::membership::v1::Decision;
use counterfoil_proto::v1 as wire;
use prost::Message;

use crate::hash::Hash;
use crate::ids::{OrganizationId, TxId};
use crate::keys::{PublicKey, SigningKey};

/// The number of each contract in a transaction.
pub mod contract {
    pub const MEMBERSHIP: u32 = 1;
    pub const SUPERVISION: u32 = 2;
    pub const CASH: u32 = 3;
    pub const INVOICE: u32 = 4;
    pub const RECEIVABLE: u32 = 5;
    pub const FINANCING: u32 = 6;
    pub const SETTLEMENT: u32 = 7;
    pub const CREDIT: u32 = 8;
    pub const CALENDAR: u32 = 9;
}

/// A chain id, length first, as it stands behind every domain tag.
pub fn chain_prefix(chain_id: &str) -> Vec<u8> {
    let length = u8::try_from(chain_id.len()).expect("a chain id has at most 32 bytes");
    [&[length], chain_id.as_bytes()].concat()
}

/// What a signer of these transaction bytes signs.
pub fn sign_bytes(chain_id: &str, transaction: &[u8]) -> Vec<u8> {
    [
        b"counterfoil/transaction/v1",
        chain_prefix(chain_id).as_slice(),
        transaction,
    ]
    .concat()
}

/// The id of these transaction bytes.
pub fn id(chain_id: &str, transaction: &[u8]) -> TxId {
    TxId(Hash::tagged(
        "counterfoil/transaction-id/v1",
        &[&chain_prefix(chain_id), transaction],
    ))
}

/// What the key of an account to be enrolled signs, to show that it is at hand.
pub fn enrolment_bytes(chain_id: &str, organization: &str) -> Vec<u8> {
    [
        b"counterfoil/enrolment/v1",
        chain_prefix(chain_id).as_slice(),
        organization.as_bytes(),
    ]
    .concat()
}

/// The hash of what operators decide: what those who vote look at and repeat.
pub fn decision_hash(decision: &Decision) -> Hash {
    Hash::tagged("counterfoil/decision/v1", &[&decision.encode_to_vec()])
}

/// What a client says; the rest of a transaction follows from who signs.
#[derive(Clone, Debug)]
pub struct Draft<'a> {
    pub chain_id: &'a str,
    pub organization: &'a OrganizationId,
    pub expires_at_ms: u64,
    pub nonce: u64,
    /// One of [`contract`].
    pub contract: u32,
    /// The encoded `Action` of that contract.
    pub action: Vec<u8>,
}

impl Draft<'_> {
    /// Signs as one account of the organization.
    pub fn sign(self, key: &SigningKey) -> (TxId, wire::SignedTransaction) {
        self.sign_with(&[key])
    }

    /// Signs as several accounts of the organization: one that makes the action, the others approve it.
    pub fn sign_with(self, keys: &[&SigningKey]) -> (TxId, wire::SignedTransaction) {
        let mut keys: Vec<(PublicKey, &SigningKey)> =
            keys.iter().map(|key| (key.public_key(), *key)).collect();
        keys.sort_by_key(|(account, _)| *account);
        keys.dedup_by_key(|(account, _)| *account);
        let transaction = wire::Transaction {
            chain_id: self.chain_id.to_owned(),
            organization: self.organization.to_string(),
            signers: keys.iter().map(|(account, _)| account.to_vec()).collect(),
            expires_at_ms: self.expires_at_ms,
            nonce: self.nonce,
            contract: self.contract,
            action: self.action,
        }
        .encode_to_vec();
        let bytes = sign_bytes(self.chain_id, &transaction);
        let signatures = keys.iter().map(|(_, key)| key.sign(&bytes).to_vec());
        let signed = wire::SignedTransaction {
            signatures: signatures.collect(),
            transaction,
        };
        (id(self.chain_id, &signed.transaction), signed)
    }
}
