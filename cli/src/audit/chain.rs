//! The chain of blocks from genesis to the common height, each checked by what it says of itself.

use counterfoil_proto::v1 as wire;
use counterfoil_types::block::{header_hash, receipts_root, transactions_root, verify_certificate};
use counterfoil_types::hash::Hash;
use counterfoil_types::settings::Settings;
use futures::{StreamExt as _, TryStreamExt as _};
use prost::Message as _;

use super::clock::LedgerClock;
use super::evidence::{At, Evidence};
use super::is;
use crate::client::Client;
use crate::failure::Failure;

/// Blocks asked for at once.
const AT_ONCE: usize = 8;

/// What the blocks show.
#[derive(Default)]
pub struct Chain {
    pub genesis_matches: bool,
    /// Blocks that name their parent, in order of height and time, under the hash of their header, and are decided by those
    /// and under parameters that genesis or a decision before them names.
    pub chained: u64,
    /// Blocks that more than two thirds of their height's validators signed.
    pub certified: u64,
    /// Blocks whose transactions and receipts have the header's roots.
    pub rooted: u64,
    /// Block times of the first and last block with transactions.
    pub first_ms: Option<u64>,
    pub last_ms: Option<u64>,
    /// What the transactions show.
    pub evidence: Evidence,
    pub clock: LedgerClock,
    /// Who decides the next block.
    pub validators: wire::ValidatorSet,
}

/// The block before the one being looked at.
struct Parent {
    hash: Hash,
    height: u64,
    time_ms: u64,
    /// Who decides the block after it.
    settings: Settings,
}

impl Chain {
    pub async fn read(
        client: &Client,
        genesis: &wire::Genesis,
        genesis_hash: &[u8],
        height: u64,
    ) -> Result<Self, Failure> {
        let hash = Hash::tagged("counterfoil/genesis/v1", &[&genesis.encode_to_vec()]);
        let mut chain = Self {
            genesis_matches: is(&hash, genesis_hash),
            clock: LedgerClock::of(genesis),
            ..Self::default()
        };
        let mut parent = Parent {
            hash,
            height: 0,
            time_ms: genesis.time_ms,
            settings: Settings::of(genesis),
        };
        let fetch = |height| async move {
            let block = client
                .blocks()
                .get_block(wire::GetBlockRequest { height })
                .await;
            Ok::<_, Failure>(block.map_err(|s| client.failure(s))?.into_inner())
        };
        let mut blocks = futures::stream::iter(1..=height)
            .map(fetch)
            .buffered(AT_ONCE);
        while let Some(block) = blocks.try_next().await? {
            parent = chain.add(block, parent, genesis);
        }
        chain.validators = parent.settings.validators().clone();
        Ok(chain)
    }

    fn add(
        &mut self,
        answer: wire::GetBlockResponse,
        mut parent: Parent,
        genesis: &wire::Genesis,
    ) -> Parent {
        let header = answer.header.unwrap_or_default();
        let (transactions, receipts): (Vec<_>, Vec<_>) = answer
            .entries
            .into_iter()
            .map(|entry| (entry.transaction, entry.receipt.unwrap_or_default()))
            .unzip();
        let hash = header_hash(&header);
        let certificate = answer.certificate.unwrap_or_default();
        let certified = verify_certificate(
            &genesis.chain_id,
            &certificate,
            header.height,
            &hash,
            parent.settings.validators(),
        );
        let chained = is(&hash, &answer.hash)
            && is(&parent.hash, &header.parent)
            && header.height == parent.height + 1
            && header.time_ms > parent.time_ms
            && header.chain_id == genesis.chain_id
            && parent.settings.follow(&header, &transactions).is_ok();
        let rooted = is(&transactions_root(&transactions), &header.transactions_root)
            && is(&receipts_root(&receipts), &header.receipts_root);
        self.chained += u64::from(chained);
        self.certified += u64::from(certified.is_ok());
        self.rooted += u64::from(rooted);
        if !transactions.is_empty() {
            self.first_ms.get_or_insert(header.time_ms);
            self.last_ms = Some(header.time_ms);
        }
        let at = At {
            chain_id: &genesis.chain_id,
            height: header.height,
            time_ms: header.time_ms,
        };
        self.evidence
            .add(&at, &mut self.clock, &transactions, &receipts);
        Parent {
            hash,
            height: header.height,
            time_ms: header.time_ms,
            settings: parent.settings,
        }
    }

    /// Milliseconds of block time from the first transaction to the last.
    pub fn wall_ms(&self) -> u64 {
        self.last_ms.unwrap_or(0) - self.first_ms.unwrap_or(0)
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_types::block::{VoteKind, params_hash, validator_set_hash, vote_sign_bytes};
    use counterfoil_types::keys::SigningKey;

    use super::*;

    fn genesis(key: &SigningKey) -> wire::Genesis {
        let validator = wire::Validator {
            organization: "operator".into(),
            public_key: key.public_key().to_vec(),
            power: 1,
        };
        wire::Genesis {
            chain_id: "c".into(),
            time_ms: 1_000,
            validators: Some(wire::ValidatorSet {
                validators: vec![validator],
            }),
            params: Some(wire::ConsensusParams::default()),
            ..Default::default()
        }
    }

    fn empty_block(
        genesis: &wire::Genesis,
        key: &SigningKey,
        parent: Hash,
    ) -> wire::GetBlockResponse {
        let set_hash = validator_set_hash(genesis.validators.as_ref().unwrap());
        let header = wire::Header {
            chain_id: "c".into(),
            height: 1,
            time_ms: 1_001,
            parent: parent.to_vec(),
            transactions_root: transactions_root(&[]).to_vec(),
            receipts_root: receipts_root(&[]).to_vec(),
            validators_hash: set_hash.to_vec(),
            next_validators_hash: set_hash.to_vec(),
            params_hash: params_hash(genesis.params.as_ref().unwrap()).to_vec(),
            ..Default::default()
        };
        let hash = header_hash(&header);
        let address = key.public_key().address();
        let vote = vote_sign_bytes("c", VoteKind::Precommit, 1, 0, Some(&hash), &address);
        let signature = wire::CommitSignature {
            address: address.to_vec(),
            signature: key.sign(&vote).to_vec(),
        };
        wire::GetBlockResponse {
            hash: hash.to_vec(),
            header: Some(header),
            certificate: Some(wire::CommitCertificate {
                height: 1,
                round: 0,
                block_hash: hash.to_vec(),
                signatures: vec![signature],
            }),
            ..Default::default()
        }
    }

    #[test]
    fn each_fault_of_a_block_is_seen() {
        let key = SigningKey::from_seed([1; 32]);
        let genesis = genesis(&key);
        let start = Hash::tagged("start", &[]);
        let seen = |block: wire::GetBlockResponse| {
            let mut chain = Chain::default();
            chain.add(
                block,
                Parent {
                    hash: start,
                    height: 0,
                    time_ms: 1_000,
                    settings: Settings::of(&genesis),
                },
                &genesis,
            );
            (chain.chained, chain.certified, chain.rooted)
        };
        let good = empty_block(&genesis, &key, start);
        assert_eq!(seen(good.clone()), (1, 1, 1));
        assert_eq!(
            seen(empty_block(&genesis, &key, Hash::default())),
            (0, 1, 1)
        );
        let unsigned = wire::GetBlockResponse {
            certificate: None,
            ..good.clone()
        };
        assert_eq!(seen(unsigned), (1, 0, 1));
        let with_receipt = wire::GetBlockResponse {
            entries: vec![wire::BlockEntry::default()],
            ..good.clone()
        };
        assert_eq!(seen(with_receipt), (1, 1, 0));
        let mut other_validators = good.clone();
        other_validators
            .header
            .as_mut()
            .unwrap()
            .next_validators_hash = vec![1; 32];
        assert_eq!(seen(other_validators), (0, 0, 1));
        let mut other_root = good;
        other_root.header.as_mut().unwrap().state_root = vec![1; 32];
        assert_eq!(seen(other_root), (0, 0, 1));
    }
}
