//! The one way from transactions to durable blocks: execution above, storage
//! below. Consensus, mempool, API and replay all go through it.
//!
//! Every call is synchronous and does CPU or disk work.

mod build;
mod candidate;
mod error;
mod histories;
mod metrics;
mod settings;
mod state;
mod verified;
mod way;

use std::path::Path;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::{Duration, Instant};

use counterfoil_contracts::membership::api::{settings_key, version_at};
use counterfoil_execution::{Executor, HeightRules, Unprepared};
use counterfoil_proto::v1::{CommitCertificate, Header, Receipt};
use counterfoil_storage::{Commit, Storage, Undecided};
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::{Genesis, LedgerKeys};
use counterfoil_types::hash::Hash;
use prost::Message;
use tokio::sync::watch;

pub use candidate::{Candidate, Receipts};
pub use error::LedgerError;
pub use histories::History;
pub use metrics::{LedgerMetrics, Part};
pub use settings::Settings;
pub use state::State;
pub use way::Start;

use verified::Verified;

/// The last committed block; height 0 stands for genesis.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Tip {
    pub height: u64,
    pub block_hash: Hash,
    pub state_root: Hash,
    pub time_ms: u64,
}

/// A chain's ledger on this machine. Clones share it.
#[derive(Clone)]
pub struct Ledger {
    shared: Arc<Shared>,
}

struct Shared {
    genesis: Arc<Genesis>,
    genesis_hash: Hash,
    executor: Executor,
    storage: Storage,
    tip: watch::Sender<Tip>,
    /// The last block that was committed since the node started.
    last: Mutex<Option<Candidate>>,
    metrics: LedgerMetrics,
    verified: Verified,
}

impl Ledger {
    /// Opens the ledger in a folder, and begins it from genesis where there is none. Fails where the node lacks what the
    /// next block needs.
    pub fn open(
        dir: &Path,
        genesis: Genesis,
        ledger_keys: impl Into<LedgerKeys>,
    ) -> Result<Self, LedgerError> {
        let genesis = Arc::new(genesis);
        let genesis_hash = genesis.hash();
        let executor = Executor::new(genesis.clone(), ledger_keys.into());
        let storage = Storage::open(dir)?;
        storage.initialize(genesis_hash, &executor.genesis_writes()?)?;
        let tip = read_tip(&storage, &genesis)?;
        let ledger = Self {
            shared: Arc::new(Shared {
                genesis,
                genesis_hash,
                executor,
                storage,
                tip: watch::Sender::new(tip),
                last: Mutex::default(),
                metrics: LedgerMetrics::default(),
                verified: Verified::default(),
            }),
        };
        let settings = ledger.settings()?;
        ledger.rules_at(tip.height + 1, &settings)?;
        if let Some(lacking) = ledger.lacking(&settings) {
            tracing::warn!("{lacking}");
        }
        Ok(ledger)
    }

    pub fn genesis(&self) -> &Arc<Genesis> {
        &self.shared.genesis
    }

    pub fn genesis_hash(&self) -> Hash {
        self.shared.genesis_hash
    }

    pub fn chain_id(&self) -> &str {
        &self.shared.genesis.chain_id
    }

    pub fn executor(&self) -> &Executor {
        &self.shared.executor
    }

    pub fn storage(&self) -> &Storage {
        &self.shared.storage
    }

    pub fn metrics(&self) -> &LedgerMetrics {
        &self.shared.metrics
    }

    /// Who decides the block after the last committed one, and under which parameters.
    pub fn settings(&self) -> Result<Settings, LedgerError> {
        Settings::of(&self.state())
    }

    fn rules_at(&self, height: u64, settings: &Settings) -> Result<HeightRules<'_>, Unprepared> {
        let (upgrades, rotations) = (&settings.upgrades, &settings.rotations);
        self.executor().rules_at(height, upgrades, rotations)
    }

    /// The version of the rules under which the next block is made.
    pub fn version(&self, settings: &Settings) -> u32 {
        let (first, next) = (self.genesis().protocol_version, self.tip().height + 1);
        version_at(first, &settings.upgrades, next)
    }

    /// What this node lacks for a change of the rules or the ledger key that is decided and still to come.
    pub fn lacking(&self, settings: &Settings) -> Option<Unprepared> {
        let mut changes = settings.changes_after(self.tip().height + 1).into_iter();
        changes.find_map(|height| self.rules_at(height, settings).err())
    }

    pub fn tip(&self) -> Tip {
        *self.shared.tip.borrow()
    }

    /// Tells of each new tip, after it is durable.
    pub fn tip_watch(&self) -> watch::Receiver<Tip> {
        self.shared.tip.subscribe()
    }

    /// The records as of the last committed block.
    pub fn state(&self) -> State {
        State(self.shared.storage.snapshot())
    }

    /// The records as of an earlier block, where it is one of the last few.
    pub fn state_at(&self, height: u64) -> Option<State> {
        self.shared.storage.snapshot_at(height).map(State)
    }

    /// The records as of the last committed block, and the ledger date at its time.
    pub fn dated_state(&self) -> Result<(State, Date), LedgerError> {
        let state = self.state();
        // The tip may be told a moment later than the state is there.
        let time_ms = time_of(self.storage(), self.genesis(), state.height())?;
        let date = self.executor().ledger_date(&state, time_ms)?;
        Ok((state, date))
    }

    /// The receipts of a committed block, in its order; none above the tip and none for genesis.
    pub fn receipts(&self, height: u64) -> Result<Option<Receipts>, LedgerError> {
        if let Some(last) = self.last().clone()
            && last.header().height == height
        {
            return Ok(Some(Receipts::Executed(last)));
        }
        let Some(stored) = self.storage().receipts(height)? else {
            return Ok(None);
        };
        let receipts = stored.iter().map(|bytes| Receipt::decode(&bytes[..]));
        let receipts = receipts.collect::<Result<_, _>>();
        receipts
            .map(|receipts| Some(Receipts::Read(receipts)))
            .map_err(|e| LedgerError::corrupt(format!("a receipt of block {height}: {e}")))
    }

    fn last(&self) -> MutexGuard<'_, Option<Candidate>> {
        // One change is one assignment.
        self.shared
            .last
            .lock()
            .unwrap_or_else(PoisonError::into_inner)
    }

    /// Makes a proposed block durable before it is sent or voted on.
    pub fn put_undecided(&self, block: &Undecided) -> Result<(), LedgerError> {
        let put = || self.storage().put_undecided(block);
        Ok(self.metrics().charge(Part::Store, put)?)
    }

    /// Makes a candidate durable under its certificate, in one synced batch.
    /// The same block again changes nothing; another one at its height is an error.
    pub fn commit(
        &self,
        candidate: &Candidate,
        certificate: &CommitCertificate,
    ) -> Result<(), LedgerError> {
        let began = Instant::now();
        let commit = self.prepare(candidate, certificate);
        let (transactions, rejected) = (commit.receipts.len(), commit.rejected);
        let metrics = self.metrics();
        metrics.charge(Part::Store, || self.storage().commit(commit))?;
        let header = candidate.header();
        let tip = Tip {
            height: header.height,
            block_hash: candidate.block_hash(),
            state_root: candidate.tree().root(),
            time_ms: header.time_ms,
        };
        // Whoever is told of the tip finds its receipts in memory.
        if header.height == self.tip().height + 1 {
            *self.last() = Some(candidate.clone());
        }
        // A block committed again must not take the tip back.
        let newer = self.shared.tip.send_if_modified(|current| {
            let newer = tip.height > current.height;
            if newer {
                *current = tip;
            }
            newer
        });
        // Once the tip is told, by which admission sees that it came too late.
        self.forget(candidate.transactions());
        if newer {
            let took = began.elapsed();
            self.metrics().committed(took, transactions, rejected);
            // The one line of each block.
            tracing::info!(
                height = tip.height,
                transactions,
                rejected,
                round = certificate.round,
                hash = %tip.block_hash,
                took_ms = millis(candidate.execution_time() + took),
                "block"
            );
            let decided = candidate.writes().contains_key(&settings_key());
            if decided && let Some(lacking) = self.lacking(&self.settings()?) {
                tracing::warn!("{lacking}");
            }
        }
        Ok(())
    }

    /// A candidate as it is stored.
    pub(crate) fn prepare(&self, candidate: &Candidate, certificate: &CommitCertificate) -> Commit {
        let header = candidate.header();
        let rejected = candidate.receipts().iter().filter(|r| r.code != 0).count();
        let receipts = candidate
            .tx_ids()
            .zip(candidate.receipts())
            .map(|(id, receipt)| (id.0, receipt.encode_to_vec()))
            .collect();
        Commit {
            height: header.height,
            block_hash: candidate.block_hash(),
            block: candidate.bytes().to_vec(),
            header: header.encode_to_vec(),
            round: certificate.round,
            certificate: certificate.encode_to_vec(),
            writes: candidate.writes().clone(),
            tree: candidate.tree().clone(),
            appends: candidate.inner.appends.clone(),
            receipts,
            rejected: u32::try_from(rejected).expect("a block has at most 10,000 transactions"),
            next_validators: candidate.inner.next_validators.clone(),
        }
    }
}

fn millis(duration: Duration) -> u64 {
    u64::try_from(duration.as_millis()).unwrap_or(u64::MAX)
}

fn read_tip(storage: &Storage, genesis: &Genesis) -> Result<Tip, LedgerError> {
    let stored = storage
        .tip()?
        .ok_or_else(|| LedgerError::corrupt("there is no tip"))?;
    let time_ms = time_of(storage, genesis, stored.height)?;
    Ok(Tip {
        height: stored.height,
        block_hash: stored.block_hash,
        state_root: stored.state_root,
        time_ms,
    })
}

/// The time of the block of a height; genesis' for 0.
fn time_of(storage: &Storage, genesis: &Genesis, height: u64) -> Result<u64, LedgerError> {
    if height == 0 {
        return Ok(genesis.time_ms);
    }
    let missing = || LedgerError::corrupt(format!("the header of block {height} is missing"));
    let summaries = storage.summaries(height, 1)?;
    let summary = summaries.first().ok_or_else(missing)?;
    let header = Header::decode(summary.header.as_slice())
        .map_err(|e| LedgerError::corrupt(format!("the header of block {height}: {e}")))?;
    Ok(header.time_ms)
}
