//! This node's side of the engine: where consensus stands, and what the handlers
//! share. Calls into the ledger are synchronous; handlers make them in place, in the order
//! the engine's messages come.

use std::collections::BTreeMap;
use std::path::PathBuf;
use std::sync::Arc;

use counterfoil_proto::v1 as wire;
use counterfoil_storage::{Storage, StorageError, Undecided};
use counterfoil_types::block::parts_sign_bytes;
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::SigningKey;
use malachitebft_app::engine::host::{HeightParams, Next};
use malachitebft_app::types::{PeerId, ProposedValue};
use malachitebft_app_channel::{NetworkMsg, Reply};
use malachitebft_core_types::{Context as _, Round, ValidatorSet as _};
use tokio::sync::{mpsc, watch};
use tokio::task::JoinSet;
use tokio::time::Instant;

use super::absent::Absent;
use super::context::{Address, Ctx, Height, Validator, ValidatorSet};
use super::engine;
use super::error::ConsensusError;
use super::fetch::{self, BlockFetcher};
use super::halt;
use super::pacing::{self, Finished, Speed};
use super::proposals::{Entry, MAX_BLOCKS_PER_ROUND, Proposals, Verdict, round_of};
use super::received::{Body, Received};
use super::streams::{self, Assembled, EARLY_HEIGHTS, Streams};
use super::time_rule;
use crate::clock::clock_ms;
use crate::ledger::{Candidate, Ledger, LedgerError};
use crate::mempool::Pool;

/// A decided height whose block this node has not got.
pub struct Missing {
    pub certificate: wire::CommitCertificate,
    pub hash: Hash,
    pub decided: Reply<()>,
    pub finalized: Option<Reply<Next<Ctx>>>,
}

/// A finished height that waits for something to do.
pub struct Held {
    pub height: u64,
    pub until: Instant,
    pub reply: Reply<Next<Ctx>>,
}

pub struct Host {
    pub ledger: Ledger,
    pub pool: Pool,
    pub chain_id: Arc<str>,
    pub key: Option<SigningKey>,
    pub address: Address,
    pub halted_file: PathBuf,
    /// The highest height listed peers have spoken of.
    pub seen: watch::Sender<u64>,
    pub publish: mpsc::Sender<NetworkMsg<Ctx>>,
    pub fetcher: Arc<dyn BlockFetcher>,
    pub fetches: JoinSet<Body>,
    pub round: Round,
    pub streams: Streams,
    pub proposals: Proposals,
    /// Complete blocks of heights that have not begun, with the peers that sent them. Whose turn it is there is known
    /// once the height before is committed, and so is whether anybody answers for them.
    pub early: BTreeMap<u64, Vec<(PeerId, Assembled)>>,
    /// The last height that was taken from another node's store.
    pub synced: Option<u64>,
    pub missing: Option<Missing>,
    pub held: Option<Held>,
    pub speed: Speed,
    pub absent: Absent,
    /// The set last read from the state, in both forms: reading keys is not free, and sets rarely change.
    pub validators: (wire::ValidatorSet, ValidatorSet),
}

impl Host {
    /// Stands after the ledger's tip, before the engine has begun.
    pub fn new(
        ledger: Ledger,
        pool: Pool,
        key: Option<SigningKey>,
        halted_file: PathBuf,
        seen: watch::Sender<u64>,
        publish: mpsc::Sender<NetworkMsg<Ctx>>,
        fetcher: Arc<dyn BlockFetcher>,
    ) -> Result<Self, ConsensusError> {
        let height = ledger.tip().height + 1;
        let set = ledger.settings()?.validators;
        let validators = ValidatorSet::try_from(&set)?;
        let mut streams = Streams::default();
        streams.enter(height, 0);
        Ok(Self {
            chain_id: ledger.chain_id().into(),
            address: Address::of(key.as_ref()),
            ledger,
            pool,
            key,
            halted_file,
            seen,
            publish,
            fetcher,
            fetches: JoinSet::new(),
            round: Round::Nil,
            streams,
            proposals: Proposals::default(),
            early: BTreeMap::new(),
            synced: None,
            missing: None,
            held: None,
            speed: Speed::default(),
            absent: Absent::default(),
            validators: (set, validators),
        })
    }

    pub fn storage(&self) -> &Storage {
        self.ledger.storage()
    }

    /// Stops for good: writes the halted file.
    pub fn halt(&self, reason: String) -> ConsensusError {
        halt::halt(&self.halted_file, reason)
    }

    /// Who decides the height after the last committed one.
    pub fn validators(&mut self) -> Result<ValidatorSet, ConsensusError> {
        let set = self.ledger.settings()?.validators;
        self.read_validators(set)
    }

    fn read_validators(&mut self, set: wire::ValidatorSet) -> Result<ValidatorSet, ConsensusError> {
        if set != self.validators.0 {
            let read = ValidatorSet::try_from(&set)?;
            self.validators = (set, read);
        }
        Ok(self.validators.1.clone())
    }

    /// Whose turn a round of the height after the last committed one is.
    pub fn proposer(&mut self, round: Round) -> Result<Validator, ConsensusError> {
        let height = Height(self.ledger.tip().height + 1);
        let validators = self.validators()?;
        Ok(Ctx.select_proposer(&validators, height, round).clone())
    }

    /// What the height after the last committed one is decided under.
    pub fn params(&mut self) -> Result<HeightParams<Ctx>, ConsensusError> {
        let settings = self.ledger.settings()?;
        let timeouts = engine::timeouts(&settings.params);
        let validators = self.read_validators(settings.validators)?;
        let height = Height(self.ledger.tip().height + 1);
        let waits = self.absent.waits(timeouts, height, &validators);
        Ok(HeightParams::new(validators, waits, None))
    }

    /// Moves to a round, and at the beginning of a height takes up what is known of it.
    pub fn enter(&mut self, height: u64, round: Round) -> Result<(), ConsensusError> {
        self.round = round;
        // What peers say of later heights is not proven: it counts for one height only,
        // or one message would keep an idle chain busy for good.
        self.seen.send_if_modified(|seen| {
            *seen = (*seen).min(height);
            false
        });
        self.streams.enter(height, round.as_u32().unwrap_or(0));
        if self.proposals.height() != height {
            self.proposals = Proposals::begin(height, &self.storage().undecided(height)?);
        }
        let later = self.early.split_off(&(height.saturating_add(1)));
        let current = std::mem::replace(&mut self.early, later);
        for (from, assembled) in current.into_values().flatten() {
            if assembled.height == height {
                self.receive(from, assembled)?;
            }
        }
        Ok(())
    }

    /// Keeps a block of a height that has not begun.
    pub fn keep_early(&mut self, from: PeerId, assembled: Assembled) {
        let current = self.proposals.height();
        if assembled.height > current.saturating_add(EARLY_HEIGHTS) {
            return;
        }
        let blocks = self.early.entry(assembled.height).or_default();
        // Counted by peer, so that none crowds out what another sends.
        let of_peer = blocks.iter().filter(|(sender, _)| *sender == from);
        let known = blocks.iter().any(|(_, block)| *block == assembled);
        if of_peer.count() < MAX_BLOCKS_PER_ROUND && !known {
            blocks.push((from, assembled));
        }
    }

    /// Checks a complete block of the current height against its proposer's signature, before anything else is done with
    /// it, and judges it.
    pub fn receive(
        &mut self,
        from: PeerId,
        assembled: Assembled,
    ) -> Result<Option<ProposedValue<Ctx>>, ConsensusError> {
        let (height, round) = (assembled.height, Round::new(assembled.round));
        let proposer = self.proposer(round)?;
        match Received::verify(assembled, &self.chain_id, &proposer) {
            Err(junk) => {
                tracing::warn!(%from, height, %round, %junk, "dropped a stream that is no proposal");
                Ok(None)
            }
            Ok(received) => self.judge(received),
        }
    }

    /// Executes and stores a proposed block of the current height, and says what the
    /// engine is to make of it; nothing when it has been told already.
    ///
    /// Invariant: a value goes to the engine as valid only after its block is in the store.
    pub fn judge(
        &mut self,
        received: Received,
    ) -> Result<Option<ProposedValue<Ctx>>, ConsensusError> {
        let hash = received.body.hash;
        if self.proposals.is_full(received.round, &hash) {
            return Ok(None);
        }
        let known = self.proposals.entry(received.round, &hash);
        if known.is_some_and(|entry| entry.verdict == Verdict::Valid) {
            return Ok(None);
        }
        if !self.made_by_a_proposer(&received)? {
            // No verdict on the block: whoever passes a stream on can change its valid round.
            tracing::warn!(height = received.height, round = %received.round, %hash,
                "dropped a block that names another proposer");
            return Ok(None);
        }
        let verdict = if !self.execute(&received.body)? {
            Verdict::Invalid
        } else {
            let fresh = time_rule::is_fresh(received.round, received.valid_round, self.round);
            let time = received.body.header.time_ms;
            let timely = time_rule::accepts(time, clock_ms(), fresh);
            self.ledger.put_undecided(&undecided(&received, timely))?;
            if timely {
                Verdict::Valid
            } else {
                tracing::warn!(height = received.height, round = %received.round, time,
                    "refused a block whose time is too far from this node's clock");
                Verdict::Untimely
            }
        };
        let entry = Entry {
            round: received.round,
            valid_round: received.valid_round,
            proposer: received.proposer,
            hash,
            verdict,
        };
        let value = self.proposals.value(&entry);
        self.proposals.note(entry);
        Ok(Some(value))
    }

    /// A fresh block names the proposer of its round; one of an earlier round, some validator.
    fn made_by_a_proposer(&mut self, received: &Received) -> Result<bool, ConsensusError> {
        let Ok(named) = Hash::try_from(received.body.header.proposer.as_slice()) else {
            return Ok(false);
        };
        if received.valid_round.is_nil() {
            return Ok(Address(named) == received.proposer);
        }
        let validators = self.validators()?;
        Ok(validators.get_by_address(&Address(named)).is_some())
    }

    /// Whether the ledger takes the block; keeps the outcome.
    fn execute(&mut self, body: &Body) -> Result<bool, ConsensusError> {
        if self.proposals.is_stored(&body.hash) {
            return Ok(true);
        }
        let began = Instant::now();
        match self.ledger.validate(&body.bytes, self.proposals.height()) {
            Ok(candidate) => {
                self.speed.note(candidate.work(), began.elapsed());
                self.proposals.keep(candidate);
                Ok(true)
            }
            Err(LedgerError::InvalidBlock(reason)) => {
                tracing::warn!(hash = %body.hash, reason, "refused a block");
                Ok(false)
            }
            Err(e) => Err(e.into()),
        }
    }

    /// Signs a block as the proposer of a round.
    pub fn sign_parts(
        &self,
        key: &SigningKey,
        round: Round,
        valid_round: Round,
        hash: Hash,
        block: Vec<u8>,
    ) -> Undecided {
        let height = self.proposals.height();
        let message = parts_sign_bytes(&self.chain_id, height, round.as_i64(), &hash);
        Undecided {
            height,
            round: round.as_i64(),
            valid_round: valid_round.as_i64(),
            block_hash: hash,
            proposer: self.address.0,
            signature: key.sign(&message).to_vec(),
            timely: true,
            block,
        }
    }

    /// Sends a stored block to all peers, as its proposer signed it.
    pub async fn stream(&self, row: Undecided) {
        let Some(assembled) = assembled(row) else {
            return;
        };
        for part in streams::split(&assembled, rand::random()) {
            let sent = self.publish.send(NetworkMsg::PublishProposalPart(part));
            if sent.await.is_err() {
                // The engine has stopped, which the dispatcher learns by itself.
                return;
            }
        }
    }

    /// Commits a decided block; false when its bytes are nowhere on this node.
    pub fn commit(
        &mut self,
        certificate: &wire::CommitCertificate,
        hash: Hash,
    ) -> Result<bool, ConsensusError> {
        let height = certificate.height;
        if height <= self.ledger.tip().height {
            let committed = self
                .storage()
                .summaries(height, 1)?
                .pop()
                .map(|block| block.hash);
            if committed == Some(hash) {
                return Ok(true);
            }
            return Err(self.halt(format!(
                "height {height} is committed with another block than {hash}, which was decided now"
            )));
        }
        let candidate = match self.proposals.candidate(&hash).cloned() {
            Some(candidate) => candidate,
            None => match self.storage().block_body(&hash)? {
                Some(bytes) => self.execute_decided(height, hash, &bytes)?,
                None => return Ok(false),
            },
        };
        self.commit_candidate(&candidate, certificate)?;
        Ok(true)
    }

    /// Commits a decided block whose bytes another node gave.
    pub fn commit_fetched(
        &mut self,
        certificate: &wire::CommitCertificate,
        body: &Body,
    ) -> Result<(), ConsensusError> {
        let candidate = self.execute_decided(certificate.height, body.hash, &body.bytes)?;
        self.commit_candidate(&candidate, certificate)
    }

    fn commit_candidate(
        &self,
        candidate: &Candidate,
        certificate: &wire::CommitCertificate,
    ) -> Result<(), ConsensusError> {
        match self.ledger.commit(candidate, certificate) {
            Err(LedgerError::Storage(conflict @ StorageError::ConflictingCommit { .. })) => {
                return Err(self.halt(conflict.to_string()));
            }
            committed => committed?,
        }
        self.pool.remove(candidate.tx_ids());
        Ok(())
    }

    /// Executes a block that two thirds decided. When it is not valid here, this
    /// ledger has come to differ from theirs.
    fn execute_decided(
        &self,
        height: u64,
        hash: Hash,
        bytes: &[u8],
    ) -> Result<Candidate, ConsensusError> {
        match self.ledger.validate_decided(bytes, height) {
            Ok(candidate) => Ok(candidate),
            Err(LedgerError::InvalidBlock(reason)) => Err(self.halt(format!(
                "block {hash} of height {height} was decided but is not valid on this node: {reason}"
            ))),
            Err(e) => Err(e.into()),
        }
    }

    /// Looks for a decided block at the other nodes.
    pub fn fetch(&mut self, hash: Hash) {
        tracing::warn!(%hash, "a decided block is missing here; asking the other nodes");
        self.fetches
            .spawn(fetch::until_found(self.fetcher.clone(), hash));
    }

    /// Answers `Finalized` now, or later when the chain is idle.
    pub fn finish(&mut self, height: u64, reply: Reply<Next<Ctx>>) -> Result<(), ConsensusError> {
        let finished = Finished {
            height,
            live: self.synced != Some(height),
            pool_empty: self.pool.is_empty(),
            seen: *self.seen.borrow(),
        };
        if pacing::holds(finished) {
            let until = pacing::heartbeat(self.ledger.settings()?.params.heartbeat_ms);
            self.held = Some(Held {
                height,
                until,
                reply,
            });
            return Ok(());
        }
        self.start_next(height, reply)
    }

    /// Leaves a held height.
    pub fn release(&mut self) -> Result<(), ConsensusError> {
        match self.held.take() {
            Some(held) => self.start_next(held.height, held.reply),
            None => Ok(()),
        }
    }

    /// Only ever forward: a restart of the height would forget what this node has signed.
    fn start_next(&mut self, height: u64, reply: Reply<Next<Ctx>>) -> Result<(), ConsensusError> {
        let next = height + 1;
        let params = self.params()?;
        // The engine may have stopped; the dispatcher learns that by itself.
        let _ = reply.send(Next::Start(Height(next), params));
        Ok(())
    }
}

/// A received block as it is stored.
fn undecided(received: &Received, timely: bool) -> Undecided {
    Undecided {
        height: received.height,
        round: received.round.as_i64(),
        valid_round: received.valid_round.as_i64(),
        block_hash: received.body.hash,
        proposer: received.proposer.0,
        signature: received.signature.to_vec(),
        timely,
        block: received.body.bytes.clone(),
    }
}

/// A stored block as it is sent; none where no proposer's signature came with it.
fn assembled(row: Undecided) -> Option<Assembled> {
    Some(Assembled {
        height: row.height,
        round: u32::try_from(row.round).ok()?,
        valid_round: round_of(row.valid_round),
        proposer: Address(row.proposer),
        block: row.block,
        signature: row.signature.as_slice().try_into().ok()?,
    })
}
