//! The state as a block leaves it so far, above the state before it.

#![allow(
    clippy::disallowed_types,
    reason = "read by key alone; all of it is taken only once it is sorted"
)]

use std::collections::HashMap;
use std::collections::btree_map::Entry;

use counterfoil_contracts::kernel::{Appends, Record, StateError, StateReader, Writes};

pub struct Overlay<'a> {
    below: &'a dyn StateReader,
    /// Looked up for every read of every transaction, and needed in order once.
    writes: HashMap<Vec<u8>, Option<Record>>,
    appends: Appends,
}

impl<'a> Overlay<'a> {
    pub fn new(below: &'a dyn StateReader) -> Self {
        Self {
            below,
            writes: HashMap::new(),
            appends: Appends::new(),
        }
    }

    /// Takes over what a transaction that was not rejected writes.
    pub fn apply(&mut self, writes: Writes) {
        self.writes.extend(writes);
    }

    /// Takes over what it adds to lists, at the end of what was added before.
    pub fn append(&mut self, appends: Appends) {
        for (list, more) in appends {
            match self.appends.entry(list) {
                Entry::Occupied(mut appended) => appended.get_mut().1.extend(more.1),
                Entry::Vacant(none) => {
                    none.insert(more);
                }
            }
        }
    }

    /// How many records it changes so far.
    pub fn len(&self) -> usize {
        self.writes.len()
    }

    /// In the order of their keys.
    pub fn into_changes(self) -> (Writes, Appends) {
        (self.writes.into_iter().collect(), self.appends)
    }
}

impl StateReader for Overlay<'_> {
    fn get(&self, key: &[u8]) -> Result<Option<Record>, StateError> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.below.get(key),
        }
    }
}
