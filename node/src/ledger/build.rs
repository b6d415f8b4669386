//! Proposing and validating blocks: both execute on the tip and fill in the
//! same header, so that a block is valid exactly when this node would have made it.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Instant;

use counterfoil_execution::{BlockContext, VerifiedTransaction, check_expiry};
use counterfoil_proto::v1::{Block, Header};
use counterfoil_storage::StorageError;
use counterfoil_types::block::{
    header_hash, params_hash, receipts_root, transactions_root, validator_set_hash,
};
use counterfoil_types::hash::Hash;
use counterfoil_types::keys;
use counterfoil_types::limits::{MAX_BLOCK_TIME_MS, MAX_BLOCK_TRANSACTIONS};
use counterfoil_types::strict;
use prost::Message;

use super::candidate::{Candidate, Executed};
use super::{Ledger, LedgerError, Part, Settings, State, Tip};

/// What a block builds on: the one before it, the records it leaves, and what these say of who decides the next.
struct Base {
    tip: Tip,
    state: State,
    settings: Settings,
}

/// How the signatures of a block are verified that are not known to be good.
#[derive(Clone, Copy)]
enum Signatures {
    /// So that a bad one ends the work on it.
    OneByOne,
    /// Some at a time, on all processors.
    Together,
}

/// So many transactions of a block are checked before the next ones: a bad block is left after the first part that is bad.
const PART: usize = 512;

impl Ledger {
    /// Builds the block after the tip from the transactions that may be in it.
    /// `clock_ms` is this validator's clock, which block time follows but for being later than the parent's. It has no more than
    /// `enough` work in it, but for its last transaction's.
    pub fn propose(
        &self,
        height: u64,
        clock_ms: u64,
        proposer: Hash,
        transactions: Vec<VerifiedTransaction>,
        enough: usize,
    ) -> Result<Candidate, LedgerError> {
        let base = self.base(height)?;
        let time_ms = clock_ms.min(MAX_BLOCK_TIME_MS).max(base.tip.time_ms + 1);
        let chosen = self.choose(transactions, time_ms, &base.settings)?;
        self.execute(&base, time_ms, proposer, chosen, enough)
    }

    /// Checks a block and executes it. [`LedgerError::InvalidBlock`] says what is wrong with
    /// it; every other error is this node's own.
    pub fn validate(&self, bytes: &[u8], height: u64) -> Result<Candidate, LedgerError> {
        self.judge(bytes, height, Signatures::OneByOne)
    }

    /// The same of a block that was decided, as whoever gave it says, with a certificate. Where that is a lie, at most a part
    /// of it is verified in vain.
    pub fn validate_decided(&self, bytes: &[u8], height: u64) -> Result<Candidate, LedgerError> {
        self.judge(bytes, height, Signatures::Together)
    }

    fn judge(
        &self,
        bytes: &[u8],
        height: u64,
        signatures: Signatures,
    ) -> Result<Candidate, LedgerError> {
        let base = self.base(height)?;
        let block: Block =
            strict::decode(bytes).map_err(|e| LedgerError::invalid(e.to_string()))?;
        let claimed = block
            .header
            .ok_or_else(|| LedgerError::invalid("it has no header"))?;
        if claimed.time_ms <= base.tip.time_ms {
            return Err(LedgerError::invalid(
                "its time is not later than its parent's",
            ));
        }
        if claimed.time_ms > MAX_BLOCK_TIME_MS {
            return Err(LedgerError::invalid("its time is after the calendar's end"));
        }
        let proposer = member(&base.settings, &claimed.proposer)?;
        let (transactions, settings) = (&block.transactions, &base.settings);
        let transactions = self.check_all(transactions, claimed.time_ms, settings, signatures)?;
        let time_ms = claimed.time_ms;
        let candidate = self.execute(&base, time_ms, proposer, transactions, usize::MAX)?;
        if candidate.receipts().len() < block.transactions.len() {
            let problem = "its receipts are larger than the chain allows";
            return Err(LedgerError::invalid(problem));
        }
        match difference(&claimed, candidate.header()) {
            None => Ok(candidate),
            Some(field) => Err(LedgerError::invalid(format!(
                "its {field} is not what this node finds"
            ))),
        }
    }

    /// What a block of this height builds on: the tip.
    fn base(&self, height: u64) -> Result<Base, LedgerError> {
        let tip = self.tip();
        if tip.height + 1 != height {
            return Err(LedgerError::invalid(format!(
                "it is for height {height}, and the last block is {}",
                tip.height
            )));
        }
        let state = self.state();
        let settings = Settings::of(&state)?;
        Ok(Base {
            tip,
            state,
            settings,
        })
    }

    /// Leaves out what may not be in a block of this time, and what does not fit.
    fn choose(
        &self,
        transactions: Vec<VerifiedTransaction>,
        time_ms: u64,
        settings: &Settings,
    ) -> Result<Vec<VerifiedTransaction>, LedgerError> {
        let max_bytes = settings.params.max_block_bytes;
        let lifetime_ms = settings.transaction_lifetime_ms();
        let (mut seen, mut bytes) = (BTreeSet::new(), 0u64);
        let mut chosen = Vec::new();
        let committed = self.committed(&transactions);
        for (tx, committed) in transactions.into_iter().zip(committed) {
            let more = bytes + tx.bytes().len() as u64;
            if chosen.len() == MAX_BLOCK_TRANSACTIONS || more > max_bytes {
                break;
            }
            let fresh = check_expiry(&tx, time_ms, lifetime_ms).is_ok()
                && seen.insert(tx.id())
                && !committed?;
            if fresh {
                bytes = more;
                chosen.push(tx);
            }
        }
        Ok(chosen)
    }

    /// Checks every transaction of a block that somebody else made.
    fn check_all(
        &self,
        transactions: &[Vec<u8>],
        time_ms: u64,
        settings: &Settings,
        signatures: Signatures,
    ) -> Result<Vec<VerifiedTransaction>, LedgerError> {
        let max_bytes = settings.params.max_block_bytes;
        let lifetime_ms = settings.transaction_lifetime_ms();
        let bytes: u64 = transactions.iter().map(|t| t.len() as u64).sum();
        if transactions.len() > MAX_BLOCK_TRANSACTIONS || bytes > max_bytes {
            return Err(LedgerError::invalid("it is larger than the chain allows"));
        }
        let (mut seen, mut good) = (BTreeSet::new(), Vec::with_capacity(transactions.len()));
        for part in transactions.chunks(PART) {
            let first = good.len();
            let checked: Box<dyn Iterator<Item = _>> = match signatures {
                Signatures::OneByOne => {
                    Box::new(part.iter().map(|bytes| self.check_proposed(bytes)))
                }
                Signatures::Together => Box::new(self.check_at_once(part).into_iter()),
            };
            for (index, tx) in (first..).zip(checked) {
                let at = |problem: String| {
                    LedgerError::invalid(format!("transaction {index}: {problem}"))
                };
                let tx = tx.map_err(|e| at(e.to_string()))?;
                check_expiry(&tx, time_ms, lifetime_ms).map_err(|e| at(e.to_string()))?;
                if !seen.insert(tx.id()) {
                    return Err(repeated(&tx));
                }
                good.push(tx);
            }
            for (tx, committed) in good[first..].iter().zip(self.committed(&good[first..])) {
                if committed? {
                    return Err(repeated(tx));
                }
            }
        }
        Ok(good)
    }

    /// Which of these are in a block by now, one answer for each.
    pub fn committed<'a>(
        &self,
        transactions: impl IntoIterator<Item = &'a VerifiedTransaction>,
    ) -> Vec<Result<bool, StorageError>> {
        let ids: Vec<Hash> = transactions.into_iter().map(|tx| tx.id().0).collect();
        self.storage().committed(&ids)
    }

    fn execute(
        &self,
        base: &Base,
        time_ms: u64,
        proposer: Hash,
        mut transactions: Vec<VerifiedTransaction>,
        enough: usize,
    ) -> Result<Candidate, LedgerError> {
        let began = Instant::now();
        let Base {
            tip,
            state,
            settings,
        } = base;
        let context = BlockContext {
            height: tip.height + 1,
            time_ms,
            parent: tip.block_hash,
        };
        let rules = self.rules_at(context.height, settings)?;
        let executor = self.executor();
        let execute = || executor.execute(state, &rules, &context, &transactions, enough);
        let outcome = self.metrics().charge(Part::Execute, execute)?;
        let next = settings.after(&outcome.writes)?;
        // Those that found no room wait for the next block.
        transactions.truncate(outcome.receipts.len());
        let stage = || self.storage().stage(context.height, &outcome.writes);
        let tree = self.metrics().charge(Part::Tree, stage)?;
        let bodies: Vec<Vec<u8>> = transactions.iter().map(|t| t.bytes().to_vec()).collect();
        let header = Header {
            version: rules.version(),
            chain_id: self.chain_id().to_owned(),
            height: context.height,
            time_ms,
            proposer: proposer.to_vec(),
            parent: tip.block_hash.to_vec(),
            transactions_root: transactions_root(&bodies).to_vec(),
            receipts_root: receipts_root(&outcome.receipts).to_vec(),
            state_root: tree.root().to_vec(),
            validators_hash: validator_set_hash(&settings.validators).to_vec(),
            next_validators_hash: validator_set_hash(&next.validators).to_vec(),
            params_hash: params_hash(&settings.params).to_vec(),
        };
        let block = Block {
            header: Some(header.clone()),
            transactions: bodies,
        };
        let took = began.elapsed();
        self.metrics().executed(took);
        Ok(Candidate {
            inner: Arc::new(Executed {
                block_hash: header_hash(&header),
                header,
                bytes: block.encode_to_vec(),
                transactions,
                receipts: outcome.receipts,
                writes: Arc::new(outcome.writes),
                appends: Arc::new(outcome.appends),
                tree,
                next_validators: (next.validators != settings.validators)
                    .then(|| next.validators.encode_to_vec()),
                took,
            }),
        })
    }
}

fn repeated(tx: &VerifiedTransaction) -> LedgerError {
    LedgerError::invalid(format!("transaction {} is committed already", tx.id()))
}

/// The address of a validator of this height.
fn member(settings: &Settings, address: &[u8]) -> Result<Hash, LedgerError> {
    let validators = settings.validators.validators.iter();
    validators
        .map(|validator| keys::address(&validator.public_key))
        .find(|known| known.as_bytes() == address)
        .ok_or_else(|| LedgerError::invalid("its proposer is not a validator"))
}

/// The first field in which a header differs from the one this node made.
fn difference(claimed: &Header, own: &Header) -> Option<&'static str> {
    let fields = [
        ("version", claimed.version == own.version),
        ("chain id", claimed.chain_id == own.chain_id),
        ("height", claimed.height == own.height),
        ("parent", claimed.parent == own.parent),
        (
            "transactions root",
            claimed.transactions_root == own.transactions_root,
        ),
        ("receipts root", claimed.receipts_root == own.receipts_root),
        ("state root", claimed.state_root == own.state_root),
        (
            "validators hash",
            claimed.validators_hash == own.validators_hash,
        ),
        (
            "next validators hash",
            claimed.next_validators_hash == own.next_validators_hash,
        ),
        ("parameters hash", claimed.params_hash == own.params_hash),
        ("header", claimed == own),
    ];
    fields
        .into_iter()
        .find(|(_, same)| !same)
        .map(|(name, _)| name)
}
