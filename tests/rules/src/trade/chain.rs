//! The ledger of a steady trade in memory, without consensus and disk, one day a block.

use std::collections::{BTreeMap, HashMap};
use std::sync::Arc;

use counterfoil_execution::{
    BlockContext, Executor, Outcome, Record, StateError, StateReader, VerifiedTransaction, Writes,
    check_all,
};
use counterfoil_types::genesis::{GenesisValidator, LedgerKey, LedgerKeys};
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::SigningKey;
use prost::Message as _;

use super::{Days, PAID, Wallet, genesis, members};

pub const CHAIN_ID: &str = "trade-1";
const TRADERS: usize = 32;
const INVOICES_A_DAY: usize = 7 * 11 * 3;
/// Days until steps of every kind come, and more, so that there is something to look up among.
const DAYS_BEFORE: usize = PAID + 20;

pub struct Chain {
    executor: Executor,
    state: State,
    height: u64,
    time_ms: u64,
    days: Days,
}

#[derive(Default)]
struct State(HashMap<Vec<u8>, Record>);

impl StateReader for State {
    fn get(&self, key: &[u8]) -> Result<Option<Record>, StateError> {
        Ok(self.0.get(key).cloned())
    }
}

impl State {
    fn write(&mut self, writes: Writes) {
        for (key, record) in writes {
            match record {
                Some(record) => self.0.insert(key, record),
                None => self.0.remove(&key),
            };
        }
    }
}

impl Chain {
    /// After so many days that steps of every kind come.
    pub fn under_way() -> Self {
        let mut chain = Self::at_genesis();
        for _ in 0..DAYS_BEFORE {
            let day = Self::verified(&chain.next_day());
            chain.commit(&day);
        }
        chain
    }

    fn at_genesis() -> Self {
        let members = members(TRADERS);
        let keys: BTreeMap<String, SigningKey> = members
            .iter()
            .map(|(id, _)| (id.clone(), SigningKey::generate()))
            .collect();
        let ledger_key = LedgerKey::from_bytes([7; 32]);
        let mut genesis = genesis(CHAIN_ID.to_owned(), &members, &keys, &ledger_key);
        genesis.validators.push(GenesisValidator {
            organization: members[0].0.parse().expect("members have well-formed ids"),
            public_key: SigningKey::generate().public_key(),
            power: 1,
        });
        genesis.sort();
        let wallets = keys
            .iter()
            .map(|(id, key)| Wallet::new(CHAIN_ID, id, key.clone()));
        let days = Days::new(wallets, TRADERS, INVOICES_A_DAY);
        let time_ms = genesis.time_ms;
        let executor = Executor::new(Arc::new(genesis), LedgerKeys::from_iter([ledger_key]));
        let mut state = State::default();
        let writes = executor.genesis_writes();
        state.write(writes.expect("genesis' own ledger key is there"));
        Self {
            executor,
            state,
            height: 0,
            time_ms,
            days,
        }
    }

    /// What is sent on the next day: encoded transactions.
    pub fn next_day(&mut self) -> Vec<Vec<u8>> {
        let day = self.days.next_day().into_iter();
        day.map(|signed| signed.transaction.encode_to_vec())
            .collect()
    }

    /// Checks signatures together.
    pub fn verified(day: &[Vec<u8>]) -> Vec<VerifiedTransaction> {
        check_all(day.iter().map(Vec::as_slice), CHAIN_ID)
            .into_iter()
            .map(|checked| checked.expect("the trade signs good transactions"))
            .collect()
    }

    /// Executes a day as the next block, which changes nothing yet.
    pub fn execute(&self, transactions: &[VerifiedTransaction]) -> Outcome {
        let block = BlockContext {
            height: self.height + 1,
            time_ms: self.time_ms + 1,
            parent: Hash::of_document(&self.height.to_be_bytes()),
        };
        let rules = self.executor.rules_at(block.height, &[], &[]);
        let rules = rules.expect("the first rules");
        let outcome = self
            .executor
            .execute(&self.state, &rules, &block, transactions, usize::MAX);
        let outcome = outcome.expect("reading a map cannot fail");
        assert_eq!(outcome.receipts.len(), transactions.len());
        outcome
    }

    fn commit(&mut self, transactions: &[VerifiedTransaction]) {
        let outcome = self.execute(transactions);
        let rejected = outcome.receipts.iter().find(|receipt| receipt.code != 0);
        assert_eq!(rejected, None, "every step is a good one");
        self.state.write(outcome.writes);
        self.height += 1;
        self.time_ms += 1;
    }
}
