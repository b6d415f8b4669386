//! What a proof shows: records that were proven, and transactions that they name.

use std::collections::BTreeMap;

use counterfoil_proto::v1 as wire;
use prost::Message;

use super::ProofError;
use super::signatures::Signatures;
use super::state::{self, Entry};
use crate::hash::Hash;
use crate::ids::TxId;
use crate::keys::{Signature, Unverified};
use crate::limits::MAX_SIGNERS;
use crate::strict;
use crate::transaction::{id, sign_bytes};

/// Proven records and named transactions. Each must be asked for.
pub struct Records<'a> {
    chain_id: &'a str,
    /// Ascending by key.
    records: &'a [wire::ProvenRecord],
    /// Of each record, whether it was asked for.
    asked_for: Vec<bool>,
    transactions: BTreeMap<Hash, (&'a [u8], wire::SignedTransaction)>,
    /// What is to be verified yet: of the transactions that were asked for, too.
    signatures: &'a mut Signatures<ProofError>,
}

/// A record of one kind under a key.
pub enum Found<R> {
    There(R),
    /// Nothing stands there.
    Nothing,
    /// The proof does not say.
    NotShown,
}

/// A transaction, if its signatures are good.
pub struct Signed {
    pub id: TxId,
    pub transaction: wire::Transaction,
}

impl<'a> Records<'a> {
    /// Checks the records against the header's state root.
    pub fn prove(
        proof: &'a wire::Proof,
        chain_id: &'a str,
        header: &wire::Header,
        signatures: &'a mut Signatures<ProofError>,
    ) -> Result<Self, ProofError> {
        let ascending = proof.records.windows(2).all(|two| two[0].key < two[1].key);
        if !ascending {
            return Err(ProofError::RecordsOrder);
        }
        let entry = |shown: &'a wire::ProvenRecord| Entry {
            key: &shown.key,
            record: Some(shown.record.as_slice()).filter(|record| !record.is_empty()),
        };
        let entries: Vec<Entry<'_>> = proof.records.iter().map(entry).collect();
        let root = Hash::try_from(header.state_root.as_slice());
        let root = root.map_err(|_| state::StateProofError::OtherRoot)?;
        let of_state = proof.state.as_ref().ok_or(ProofError::NoState)?;
        state::verify(&root, of_state, &entries)?;
        Ok(Self {
            chain_id,
            records: &proof.records,
            asked_for: vec![false; proof.records.len()],
            transactions: transactions(proof, chain_id)?,
            signatures,
        })
    }

    /// What stands under a key. `kind` names it where it is damaged.
    pub fn find<R: Message + Default>(
        &mut self,
        key: &[u8],
        kind: &'static str,
    ) -> Result<Found<R>, ProofError> {
        match self.raw(key) {
            Found::NotShown => Ok(Found::NotShown),
            Found::Nothing => Ok(Found::Nothing),
            Found::There(record) => strict::decode(record)
                .map(Found::There)
                .map_err(|_| ProofError::Damaged(kind)),
        }
    }

    /// A record that must be there.
    pub fn must<R: Message + Default>(
        &mut self,
        key: &[u8],
        kind: &'static str,
    ) -> Result<R, ProofError> {
        match self.find(key, kind)? {
            Found::There(record) => Ok(record),
            Found::Nothing | Found::NotShown => Err(ProofError::Lacks(kind)),
        }
    }

    /// A record that is there, unless the proof does not show it.
    pub fn may<R: Message + Default>(
        &mut self,
        key: &[u8],
        kind: &'static str,
    ) -> Result<Option<R>, ProofError> {
        match self.find(key, kind)? {
            Found::There(record) => Ok(Some(record)),
            Found::NotShown => Ok(None),
            Found::Nothing => Err(ProofError::Lacks(kind)),
        }
    }

    /// What stands under a key, where that is no message.
    pub fn raw(&mut self, key: &[u8]) -> Found<&'a [u8]> {
        let place = self
            .records
            .binary_search_by(|shown| shown.key.as_slice().cmp(key));
        let Ok(place) = place else {
            return Found::NotShown;
        };
        self.asked_for[place] = true;
        match self.records[place].record.as_slice() {
            [] => Found::Nothing,
            record => Found::There(record),
        }
    }

    /// The transaction of an id. Its signatures are verified with all others of the file; whose keys they are of, is the caller's to check.
    pub fn signed(&mut self, id: &[u8]) -> Result<Signed, ProofError> {
        let (_, signed) = self.signed_bytes(id)?;
        Ok(signed)
    }

    /// The same, with its encoded `SignedTransaction`.
    pub fn signed_bytes(&mut self, id: &[u8]) -> Result<(&'a [u8], Signed), ProofError> {
        const KIND: &str = "transaction";
        let id = Hash::try_from(id).map_err(|_| ProofError::Damaged(KIND))?;
        let taken = self.transactions.remove(&id);
        let (bytes, signed) = taken.ok_or(ProofError::Lacks(KIND))?;
        let transaction: wire::Transaction =
            strict::decode(&signed.transaction).map_err(|_| ProofError::Transactions)?;
        let signers = &transaction.signers;
        let count = signers.len();
        if !(1..=MAX_SIGNERS).contains(&count)
            || signed.signatures.len() != count
            || transaction.chain_id != self.chain_id
        {
            return Err(ProofError::Transactions);
        }
        let message = sign_bytes(self.chain_id, &signed.transaction);
        for (key, signature) in signers.iter().zip(&signed.signatures) {
            let key: Option<[u8; 32]> = key.as_slice().try_into().ok();
            let signature = Signature::try_from(signature.as_slice()).ok();
            let (key, signature) = key.zip(signature).ok_or(ProofError::Transactions)?;
            let unverified = Unverified {
                key,
                message: message.clone(),
                signature,
            };
            self.signatures.add(unverified, ProofError::Transactions);
        }
        let signed = Signed {
            id: TxId(id),
            transaction,
        };
        Ok((bytes, signed))
    }

    /// Those whose keys begin so, which stand together.
    pub fn beginning(&self, prefix: &[u8]) -> &'a [wire::ProvenRecord] {
        let from = self
            .records
            .partition_point(|shown| shown.key.as_slice() < prefix);
        let rest = &self.records[from..];
        let end = rest.partition_point(|shown| shown.key.starts_with(prefix));
        &rest[..end]
    }

    /// Checks that all of it was asked for.
    pub fn finish(self) -> Result<(), ProofError> {
        if self.asked_for.contains(&false) {
            return Err(ProofError::Stray("records"));
        }
        if !self.transactions.is_empty() {
            return Err(ProofError::Stray("transactions"));
        }
        Ok(())
    }
}

fn transactions<'a>(
    proof: &'a wire::Proof,
    chain_id: &str,
) -> Result<BTreeMap<Hash, (&'a [u8], wire::SignedTransaction)>, ProofError> {
    let mut transactions = BTreeMap::new();
    for bytes in &proof.transactions {
        let signed: wire::SignedTransaction =
            strict::decode(bytes).map_err(|_| ProofError::Transactions)?;
        let id = id(chain_id, &signed.transaction).0;
        let last = transactions.last_key_value().map(|(last, _)| *last);
        if last.is_some_and(|last| last >= id) {
            return Err(ProofError::Transactions);
        }
        transactions.insert(id, (bytes.as_slice(), signed));
    }
    Ok(transactions)
}
