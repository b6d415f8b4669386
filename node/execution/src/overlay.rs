//! The state as a block leaves it so far, above the state before it.

#![allow(
    clippy::disallowed_types,
    reason = "read by key alone; all of it is taken only once it is sorted"
)]

use std::collections::HashMap;

use counterfoil_contracts::kernel::{Record, StateError, StateReader, Writes};

pub struct Overlay<'a> {
    below: &'a dyn StateReader,
    /// Looked up for every read of every transaction, and needed in order once.
    writes: HashMap<Vec<u8>, Option<Record>>,
}

impl<'a> Overlay<'a> {
    pub fn new(below: &'a dyn StateReader) -> Self {
        Self {
            below,
            writes: HashMap::new(),
        }
    }

    /// Takes over what a transaction that was not rejected writes.
    pub fn apply(&mut self, writes: Writes) {
        self.writes.extend(writes);
    }

    /// How many records it changes so far.
    pub fn written(&self) -> usize {
        self.writes.len()
    }

    /// In the order of their keys.
    pub fn into_writes(self) -> Writes {
        self.writes.into_iter().collect()
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
