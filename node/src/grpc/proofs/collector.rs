//! What goes into a proof: records, keys without one, and transactions that records name.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::v1 as wire;
use counterfoil_types::hash::Hash;
use counterfoil_types::limits::MAX_PROOF_BYTES;
use counterfoil_types::proof::FORMAT;
use prost::Message;
use tonic::{Code, Status};

use super::PROOF;
use crate::grpc::access::{Records, decoded};
use crate::grpc::errors;
use crate::ledger::{Ledger, Start, State};

/// Records of one proof: more make it longer than whoever checks reads.
const MAX_RECORDS: usize = 4_096;

pub struct Collector<'a> {
    pub ledger: &'a Ledger,
    pub records: Records<'a>,
    keys: BTreeSet<Vec<u8>>,
    transactions: BTreeMap<Hash, Vec<u8>>,
    /// Of a history.
    pub range: Option<wire::HistoryRange>,
    /// Of a transaction.
    pub inclusion: Option<wire::Inclusion>,
}

impl<'a> Collector<'a> {
    pub fn new(ledger: &'a Ledger, state: State) -> Self {
        Self {
            ledger,
            records: Records::of(ledger, state),
            keys: BTreeSet::new(),
            transactions: BTreeMap::new(),
            range: None,
            inclusion: None,
        }
    }

    /// The record under a key, which goes into the proof when it is [taken](Self::take).
    pub fn read<R: Message + Default>(&self, key: &[u8]) -> Result<Option<R>, Status> {
        self.records.get(key)
    }

    /// Takes a key and what stands there.
    pub fn take(&mut self, key: Vec<u8>) -> Result<(), Status> {
        self.keys.insert(key);
        match self.keys.len() > MAX_RECORDS {
            true => Err(too_long()),
            false => Ok(()),
        }
    }

    pub fn has(&self, key: &[u8]) -> bool {
        self.keys.contains(key)
    }

    /// Takes a committed transaction, and says what it is.
    pub fn take_transaction(&mut self, id: &Hash) -> Result<wire::Transaction, Status> {
        let lost = || errors::failed("reading a transaction", format!("{id} is not in its block"));
        let receipt = self.records.receipt(id)?.ok_or_else(lost)?;
        let bytes = self.records.transaction(&receipt)?.ok_or_else(lost)?;
        let signed: wire::SignedTransaction = decoded(&bytes)?;
        self.take_signed(*id, bytes);
        decoded(&signed.transaction)
    }

    /// Takes a committed transaction that was read already.
    pub fn take_signed(&mut self, id: Hash, bytes: Vec<u8>) {
        self.transactions.insert(id, bytes);
    }

    /// Puts the proof together, under the header of its height.
    pub fn finish(self, subject: wire::proof::Subject, start: Start) -> Result<Vec<u8>, Status> {
        let state = self.records.state();
        let failed = |e: &dyn std::fmt::Display| errors::failed("proving records", e);
        let headers = self.ledger.way_to(state.height(), start);
        let headers = headers.map_err(|e| failed(&e))?;
        let keys: Vec<Vec<u8>> = self.keys.into_iter().collect();
        let mut records = Vec::with_capacity(keys.len());
        for key in &keys {
            let record = state.0.get(key).map_err(|e| failed(&e))?;
            records.push(wire::ProvenRecord {
                key: key.clone(),
                record: record.map(|record| record.to_vec()).unwrap_or_default(),
            });
        }
        let proof = wire::Proof {
            format: FORMAT,
            headers,
            records,
            state: Some(state.0.prove(&keys).map_err(|e| failed(&e))?),
            transactions: self.transactions.into_values().collect(),
            opened: Vec::new(),
            range: self.range,
            inclusion: self.inclusion,
            subject: Some(subject),
        };
        let bytes = proof.encode_to_vec();
        match bytes.len() > MAX_PROOF_BYTES {
            true => Err(too_long()),
            false => Ok(bytes),
        }
    }
}

pub fn too_long() -> Status {
    let message =
        format!("the proof would have more than {MAX_RECORDS} records or {MAX_PROOF_BYTES} bytes");
    errors::with_reason(Code::FailedPrecondition, PROOF, "TOO_LONG", message)
}
