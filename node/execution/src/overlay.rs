//! The state as a block leaves it so far, above the state before it.

use counterfoil_contracts::kernel::{Record, StateError, StateReader, Writes};

pub struct Overlay<'a> {
    below: &'a dyn StateReader,
    writes: Writes,
}

impl<'a> Overlay<'a> {
    pub fn new(below: &'a dyn StateReader) -> Self {
        Self {
            below,
            writes: Writes::new(),
        }
    }

    /// Takes over what a transaction that was not rejected writes.
    pub fn apply(&mut self, writes: Writes) {
        self.writes.extend(writes);
    }

    pub fn into_writes(self) -> Writes {
        self.writes
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
