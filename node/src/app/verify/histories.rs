//! Histories stand beside the records, which no root is over but those in their heads: each entry is held against its transaction, and the
//! trees over them are grown again.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use counterfoil_contracts::credit::api::{history_key, subtree_list};
use counterfoil_execution::StateReader as _;
use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead};
use counterfoil_proto::v1::Receipt;
use counterfoil_types::genesis::HISTORY_VERSION;
use counterfoil_types::hash::Hash;
use counterfoil_types::history;
use counterfoil_types::merkle::{self, Frontier};
use prost::Message as _;

use crate::ledger::{History, State};

/// Items of a list that are read at once.
const CHUNK: usize = 500;

/// The histories as far as their blocks were looked at.
pub struct Histories {
    state: State,
    histories: BTreeMap<String, Grown>,
}

#[derive(Default)]
struct Grown {
    begin: u64,
    length: u64,
    tree: Frontier,
    /// Entries and completed roots as they are stored, from `length` on.
    ahead: VecDeque<(HistoryEntry, Vec<u8>)>,
}

impl Histories {
    pub fn new(state: State) -> Self {
        Self {
            state,
            histories: BTreeMap::new(),
        }
    }

    /// Goes on by a block: its transactions, and the receipt of each.
    pub fn block(
        &mut self,
        version: u32,
        transactions: &[Vec<u8>],
        receipts: &[Receipt],
    ) -> Result<(), String> {
        for (signed, receipt) in transactions.iter().zip(receipts) {
            let concerned: BTreeSet<&String> = receipt
                .events
                .iter()
                .flat_map(|event| &event.organizations)
                .collect();
            let salt = history::salt(signed);
            for organization in concerned {
                let grown = self.histories.entry(organization.clone()).or_default();
                // Those of older rules are records, which a root is over.
                if version >= HISTORY_VERSION {
                    grown
                        .check(&self.state, organization, &salt, receipt)
                        .map_err(|problem| format!("the history of {organization}: {problem}"))?;
                }
                grown.length += 1;
            }
        }
        Ok(())
    }

    /// Compares their heads.
    pub fn finish(self) -> Result<(), String> {
        for (organization, grown) in &self.histories {
            let head = history::head(grown.begin, grown.length, &grown.tree);
            let stored = self.state.get(&history_key(organization));
            let stored = stored.map_err(|e| e.to_string())?;
            let stored = stored.map(|stored| HistoryHead::decode(&stored[..]));
            if stored != Some(Ok(head)) {
                return Err(format!(
                    "the history of {organization} is not what its head says"
                ));
            }
        }
        Ok(())
    }
}

impl Grown {
    /// Holds the next entry against the transaction that it is of.
    fn check(
        &mut self,
        state: &State,
        organization: &str,
        salt: &Hash,
        receipt: &Receipt,
    ) -> Result<(), String> {
        if self.tree.roots().is_empty() {
            self.begin = self.length;
        }
        if self.ahead.is_empty() {
            self.read(state, organization)?;
        }
        let sequence = self.length;
        let missing = || format!("entry {sequence} is missing");
        let (entry, stored) = self.ahead.pop_front().ok_or_else(missing)?;
        let is_of = entry.tx_id == receipt.tx_id
            && (entry.height, entry.index) == (receipt.height, receipt.index);
        let own = receipt.events.iter();
        let own = own.filter(|event| history::concerns(event, organization));
        let leaf = history::leaf(&entry, &history::events_hash(salt, own));
        let completed = merkle::joined(&self.tree.push(leaf));
        if !is_of || completed != stored {
            return Err(format!("entry {sequence} is not of its transaction"));
        }
        Ok(())
    }

    fn read(&mut self, state: &State, organization: &str) -> Result<(), String> {
        let history = History::of(state, organization).map_err(|e| e.to_string())?;
        let entries = history.entries(self.length, CHUNK);
        let entries = entries.map_err(|e| e.to_string())?;
        let at = self.length - self.begin;
        let roots = state
            .0
            .items(&subtree_list(organization), at, entries.len());
        let roots = roots.map_err(|e| e.to_string())?;
        self.ahead = entries.into_iter().zip(roots).collect();
        Ok(())
    }
}
