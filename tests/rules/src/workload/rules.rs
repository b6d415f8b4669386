//! The real rules in process: blocks of signed transactions executed over a plain map.

use std::collections::BTreeMap;
use std::sync::Arc;

use counterfoil_execution::{
    BlockContext, Executor, Outcome, Record, StateError, StateReader, VerifiedTransaction, Writes,
    check,
};
use counterfoil_proto::credit::v1::HistoryEntry;
use counterfoil_proto::membership::v1::ConsensusSettings;
use counterfoil_proto::v1::{Receipt, SignedTransaction, Transaction};
use counterfoil_types::genesis::LedgerKeys;
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::{Signature, SigningKey};
use counterfoil_types::transaction::sign_bytes;
use prost::Message as _;

use super::audit::table;
use super::keyring::holder_of;
use super::world::{CHAIN_ID, World, ledger_keys};
use super::{Planned, Signer};
use crate::model::{Id, tagged_hash};

const LIFETIME_MS: u64 = 600_000;

/// Records by key.
pub type Records = BTreeMap<Vec<u8>, Vec<u8>>;

/// Lists beside the records, by name: the place where each begins, and its items.
type Lists = BTreeMap<Vec<u8>, (u64, Vec<Vec<u8>>)>;

/// A transaction as it is sent, with its id.
#[derive(Clone)]
pub struct Signed {
    pub id: Id,
    pub bytes: Vec<u8>,
}

/// A block that was executed, for a replay.
pub struct Executed {
    time_ms: u64,
    transactions: Vec<Vec<u8>>,
    outcome: Outcome,
}

/// A chain of one process, without consensus and disk.
pub struct Rules {
    executor: Executor,
    records: State,
    lists: Lists,
    blocks: Vec<Executed>,
    time_ms: u64,
    nonce: u64,
    keys: BTreeMap<String, SigningKey>,
    stranger: SigningKey,
}

#[derive(Clone, Default)]
struct State(Records);

impl StateReader for State {
    fn get(&self, key: &[u8]) -> Result<Option<Record>, StateError> {
        Ok(self.0.get(key).map(|record| record[..].into()))
    }
}

impl State {
    fn write(&mut self, writes: &Writes) {
        for (key, value) in writes {
            match value {
                Some(value) => self.0.insert(key.clone(), value.to_vec()),
                None => self.0.remove(key),
            };
        }
    }
}

impl Rules {
    /// The ledger of a world at genesis.
    pub fn new(world: &World) -> Rules {
        let genesis = Arc::new(world.genesis.clone());
        let executor = Executor::new(genesis, LedgerKeys::from_iter(ledger_keys()));
        let mut records = State::default();
        let writes = executor.genesis_writes();
        records.write(&writes.expect("genesis' own ledger key is there"));
        Rules {
            executor,
            records,
            lists: Lists::new(),
            blocks: Vec::new(),
            time_ms: world.genesis.time_ms,
            nonce: 0,
            keys: world.keys.clone(),
            stranger: world.stranger.clone(),
        }
    }

    /// Height of the last block.
    pub fn height(&self) -> u64 {
        self.blocks.len() as u64
    }

    /// Time of the last block, or of genesis.
    pub fn time_ms(&self) -> u64 {
        self.time_ms
    }

    /// Every record as of the last block.
    pub fn records(&self) -> &Records {
        &self.records.0
    }

    /// Every receipt so far, in the order of the chain.
    pub fn receipts(&self) -> impl Iterator<Item = &Receipt> {
        self.blocks.iter().flat_map(|block| &block.outcome.receipts)
    }

    /// Every transaction that has a receipt, encoded.
    pub fn transactions(&self) -> impl Iterator<Item = &[u8]> {
        let blocks = self.blocks.iter();
        blocks.flat_map(|block| block.transactions.iter().map(Vec::as_slice))
    }

    /// The items of a list beside the records.
    pub fn list(&self, name: &str) -> &[Vec<u8>] {
        let list = self.lists.get(name.as_bytes());
        list.map(|(_, items)| items.as_slice()).unwrap_or_default()
    }

    /// The history of an organization: what of it are records, under older rules, and then what is in its list.
    pub fn history(&self, organization: &str) -> Vec<HistoryEntry> {
        let name = format!("credit/entry/{organization}/");
        let mut entries: Vec<HistoryEntry> = table(&self.records.0, &name);
        let items = self.list(&name).iter();
        entries.extend(
            items.map(|item| HistoryEntry::decode(item.as_slice()).expect("an entry decodes")),
        );
        entries
    }

    /// What the last block put down, by key.
    pub fn last_writes(&self) -> impl Iterator<Item = (&[u8], &[u8])> {
        let writes = self
            .blocks
            .last()
            .into_iter()
            .flat_map(|b| &b.outcome.writes);
        writes.filter_map(|(key, record)| Some((key.as_slice(), record.as_deref()?)))
    }

    /// The keys that sign what is planned, ascending.
    pub fn signers(&self, planned: &Planned) -> Vec<Vec<u8>> {
        let key = match &planned.signer {
            Signer::Itself => self
                .keys
                .get(&planned.organization)
                .unwrap_or(&self.stranger),
            Signer::Accounts(keys) => return keys.clone(),
            Signer::Stranger => &self.stranger,
        };
        vec![key.public_key().to_vec()]
    }

    /// Signs a transaction for the block of this time.
    pub fn sign(&mut self, planned: &Planned, time_ms: u64) -> Signed {
        let signers = self.signers(planned);
        self.nonce += 1;
        let transaction = Transaction {
            chain_id: CHAIN_ID.to_owned(),
            organization: planned.organization.clone(),
            signers: signers.clone(),
            expires_at_ms: time_ms + LIFETIME_MS,
            nonce: self.nonce,
            contract: planned.contract,
            action: planned.act.encode(),
        }
        .encode_to_vec();
        let length = u8::try_from(CHAIN_ID.len()).expect("a short name");
        let id = tagged_hash(
            "counterfoil/transaction-id/v1",
            &[&[length], CHAIN_ID.as_bytes(), &transaction],
        );
        let message = sign_bytes(CHAIN_ID, &transaction);
        let signatures = signers
            .iter()
            .map(|signer| {
                holder_of(signer)
                    .expect("a key of the tests")
                    .sign(&message)
            })
            .map(Signature::to_vec)
            .collect();
        Signed {
            id,
            bytes: SignedTransaction {
                transaction,
                signatures,
            }
            .encode_to_vec(),
        }
    }

    /// Executes the next block and returns its receipts.
    pub fn execute(&mut self, time_ms: u64, transactions: &[Signed]) -> Vec<Receipt> {
        assert!(time_ms > self.time_ms, "a block is later than its parent");
        let transactions: Vec<Vec<u8>> = transactions
            .iter()
            .map(|signed| signed.bytes.clone())
            .collect();
        let outcome = run(
            &self.executor,
            &self.records,
            self.height() + 1,
            time_ms,
            &transactions,
        );
        self.records.write(&outcome.writes);
        for (name, (first, items)) in &outcome.appends {
            let begins = || (*first, Vec::new());
            let (begin, list) = self.lists.entry(name.clone()).or_insert_with(begins);
            assert_eq!(*begin + list.len() as u64, *first, "a list has no gaps");
            list.extend(items.iter().cloned());
        }
        self.time_ms = time_ms;
        let receipts = outcome.receipts.clone();
        self.blocks.push(Executed {
            time_ms,
            transactions,
            outcome,
        });
        receipts
    }

    /// Executes every block again from genesis, in a ledger of its own, and
    /// panics where writes or receipts differ.
    pub fn replay(&self, world: &World) {
        let mut again = Rules::new(world);
        for (block, height) in self.blocks.iter().zip(1..) {
            let outcome = run(
                &again.executor,
                &again.records,
                height,
                block.time_ms,
                &block.transactions,
            );
            assert_eq!(
                outcome, block.outcome,
                "what block {height} leaves differs when replayed"
            );
            again.records.write(&outcome.writes);
        }
        assert!(
            again.records.0 == self.records.0,
            "the replayed state differs"
        );
    }
}

fn run(
    executor: &Executor,
    records: &State,
    height: u64,
    time_ms: u64,
    transactions: &[Vec<u8>],
) -> Outcome {
    let checked: Vec<VerifiedTransaction> = transactions
        .iter()
        .map(|bytes| check(bytes, CHAIN_ID).expect("the workload signs well-formed transactions"))
        .collect();
    let parent = Hash::tagged("counterfoil-tests/parent", &[&height.to_be_bytes()]);
    let context = BlockContext {
        height,
        time_ms,
        parent,
    };
    let settings: Vec<ConsensusSettings> = table(&records.0, "membership/consensus");
    let ConsensusSettings {
        upgrades,
        rotations,
        ..
    } = &settings[0];
    let rules = executor
        .rules_at(height, upgrades, rotations)
        .expect("the workload goes no further than what is known");
    executor
        .execute(records, &rules, &context, &checked, usize::MAX)
        .expect("reading a map cannot fail")
}
