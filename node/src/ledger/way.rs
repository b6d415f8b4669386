//! The way to a header for a light client (`counterfoil_types::proof::headers`): one certified header for each change of validators,
//! and the header itself.

use std::collections::BTreeSet;

use counterfoil_proto::v1::{CertifiedHeader, CommitCertificate, Header, ValidatorSet};
use counterfoil_types::block::validator_set_hash;
use counterfoil_types::hash::Hash;
use counterfoil_types::limits::MAX_PROOF_HEADERS;
use counterfoil_types::proof::headers::shortest;
use prost::Message;

use super::{Ledger, LedgerError};

/// Where a way begins.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Start {
    Genesis,
    /// The header of this height, which is believed for its hash.
    Checkpoint(u64),
}

impl Ledger {
    /// The headers that lead to the one of a committed height. Invariant: a checkpoint is above 0 and at most that height.
    pub fn way_to(&self, height: u64, start: Start) -> Result<Vec<CertifiedHeader>, LedgerError> {
        let genesis = self.genesis().validator_set();
        let mut known = BTreeSet::from([validator_set_hash(&genesis)]);
        let mut set = genesis;
        let mut way = Vec::new();
        if let Start::Checkpoint(from) = start {
            way.push(CertifiedHeader {
                header: Some(self.header(from)?),
                ..CertifiedHeader::default()
            });
        }
        let turns = self.storage().turns(height, MAX_PROOF_HEADERS)?;
        for (at, next) in turns {
            let is_before = match start {
                Start::Genesis => false,
                Start::Checkpoint(from) => at <= from,
            };
            if !is_before {
                way.push(self.certified(at, &set, &mut known)?);
            }
            set = decoded(&next, "validators")?;
        }
        if way
            .last()
            .and_then(|last| last.header.as_ref())
            .map(|last| last.height)
            != Some(height)
        {
            way.push(self.certified(height, &set, &mut known)?);
        }
        Ok(way)
    }

    /// The header of a committed height for who has those before it: with its validators where they are others than decided the last.
    pub fn next_on_the_way(&self, height: u64) -> Result<CertifiedHeader, LedgerError> {
        let mut known = BTreeSet::new();
        let (is_known, set) = match self.storage().last_turn(height)? {
            Some((at, next)) => (at + 1 < height, decoded(&next, "validators")?),
            None => (true, self.genesis().validator_set()),
        };
        if is_known {
            known.insert(validator_set_hash(&set));
        }
        self.certified(height, &set, &mut known)
    }

    /// A header with its shortest certificate, and its validators where they are not known.
    fn certified(
        &self,
        height: u64,
        set: &ValidatorSet,
        known: &mut BTreeSet<Hash>,
    ) -> Result<CertifiedHeader, LedgerError> {
        let missing = || LedgerError::corrupt(format!("block {height} has no certificate"));
        let certificate = self.storage().certificate(height)?.ok_or_else(missing)?;
        let certificate: CommitCertificate = decoded(&certificate, "a certificate")?;
        let is_new = known.insert(validator_set_hash(set));
        Ok(CertifiedHeader {
            header: Some(self.header(height)?),
            certificate: Some(shortest(&certificate, set)),
            validators: is_new.then(|| set.clone()),
        })
    }

    fn header(&self, height: u64) -> Result<Header, LedgerError> {
        let missing = || LedgerError::corrupt(format!("the header of block {height} is missing"));
        let summary = self
            .storage()
            .summaries(height, 1)?
            .pop()
            .ok_or_else(missing)?;
        decoded(&summary.header, "a header")
    }
}

fn decoded<M: Message + Default>(bytes: &[u8], what: &str) -> Result<M, LedgerError> {
    M::decode(bytes).map_err(|e| LedgerError::corrupt(format!("{what}: {e}")))
}
