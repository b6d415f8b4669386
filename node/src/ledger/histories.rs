//! Histories as they are read: entries by their sequence, from the records of older rules and from the list beside the state.

use counterfoil_contracts::credit::api::{entry_key, entry_list, history_key, subtree_list};
use counterfoil_execution::StateReader as _;
use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead};
use counterfoil_types::hash::Hash;
use counterfoil_types::{history, merkle};
use prost::Message;

use super::{LedgerError, State};

/// The history of one organization as of a block.
pub struct History<'a> {
    state: &'a State,
    organization: &'a str,
    pub head: HistoryHead,
}

impl<'a> History<'a> {
    pub fn of(state: &'a State, organization: &'a str) -> Result<Self, LedgerError> {
        let head = state.get(&history_key(organization))?;
        let head = head.map(|head| decoded(&head)).transpose()?;
        Ok(Self {
            state,
            organization,
            head: head.unwrap_or_default(),
        })
    }

    /// The sequence of the first entry in the tree; the length where none is.
    pub fn begin(&self) -> u64 {
        history::begin(&self.head)
    }

    /// At most `limit` entries from a sequence on.
    pub fn entries(&self, from: u64, limit: usize) -> Result<Vec<HistoryEntry>, LedgerError> {
        let mut entries = Vec::new();
        if from < self.begin() {
            let prefix = entry_list(self.organization);
            let after = from
                .checked_sub(1)
                .map(|last| entry_key(self.organization, last));
            let rows = self.state.scan(&prefix, after.as_deref(), limit)?;
            for (_, record) in rows {
                entries.push(decoded(&record)?);
            }
        }
        let next = from + entries.len() as u64;
        let list = entry_list(self.organization);
        for item in self.state.0.items(&list, next, limit - entries.len())? {
            entries.push(decoded(&item)?);
        }
        Ok(entries)
    }

    /// The sequence of the first entry in the tree of which this holds, which holds of all after it, too.
    pub fn first(&self, holds: impl Fn(&HistoryEntry) -> bool) -> Result<u64, LedgerError> {
        let (mut low, mut high) = (self.begin(), self.head.length);
        while low < high {
            let middle = low + (high - low) / 2;
            let entry = self.entries(middle, 1)?.pop().ok_or_else(missing)?;
            match holds(&entry) {
                true => high = middle,
                false => low = middle + 1,
            }
        }
        Ok(low)
    }

    /// The root over so many leaves of the tree from a position on: a subtree of it.
    pub fn subtree(&self, at: u64, count: u64) -> Result<Hash, LedgerError> {
        if !count.is_power_of_two() {
            let left = merkle::split(count);
            let (left, right) = (
                self.subtree(at, left)?,
                self.subtree(at + left, count - left)?,
            );
            return Ok(merkle::node(&left, &right));
        }
        // The last leaf of a full one completed it.
        let list = subtree_list(self.organization);
        let item = self.state.0.items(&list, at + count - 1, 1)?.pop();
        let item = item.ok_or_else(missing)?;
        let roots = merkle::parted(&item).ok_or_else(missing)?;
        let root = roots.get(count.trailing_zeros() as usize);
        root.copied().ok_or_else(missing)
    }
}

fn missing() -> LedgerError {
    LedgerError::corrupt("part of a history is missing")
}

fn decoded<M: Message + Default>(bytes: &[u8]) -> Result<M, LedgerError> {
    M::decode(bytes).map_err(|e| LedgerError::corrupt(format!("a history: {e}")))
}
