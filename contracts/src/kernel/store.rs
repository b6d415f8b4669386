//! The state as one transaction sees it: the block's state below, its own writes above.

use std::collections::BTreeMap;
use std::ops::Bound;
use std::sync::Arc;

use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;

/// An encoded record. Whoever reads or keeps it shares it.
pub type Record = Arc<[u8]>;

/// Records by key; `None` removes one.
pub type Writes = BTreeMap<Vec<u8>, Option<Record>>;

/// What is added to lists that only grow, by list: the place of the first item, and the items. They stand beside the state: nothing
/// reads them in execution, and whoever adds to one vouches for it in a record.
pub type Appends = BTreeMap<Vec<u8>, (u64, Vec<Vec<u8>>)>;

/// What became of one record in a transaction.
pub struct Change {
    pub before: Option<Record>,
    pub now: Option<Record>,
}

/// The state could not be read. Not a rejection: the transaction has no outcome.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum StateError {
    #[error("the state could not be read: {0}")]
    Unavailable(String),
    #[error("the record {key} is not what this software writes: {problem}")]
    Corrupt { key: String, problem: String },
}

impl StateError {
    pub fn corrupt(key: &str, problem: impl ToString) -> Self {
        Self::Corrupt {
            key: key.to_owned(),
            problem: problem.to_string(),
        }
    }
}

/// Reads the date of a record, which was one when it was written.
pub fn stored_date(key: &str, date: Option<wire::Date>) -> Result<Date, StateError> {
    Date::try_from(&date.unwrap_or_default()).map_err(|e| StateError::corrupt(key, e))
}

/// Where records are read from.
pub trait StateReader {
    fn get(&self, key: &[u8]) -> Result<Option<Record>, StateError>;
}

/// A transaction's view of the state.
pub struct Store<'a> {
    below: &'a dyn StateReader,
    writes: Writes,
}

impl<'a> Store<'a> {
    pub fn new(below: &'a dyn StateReader) -> Self {
        Self {
            below,
            writes: Writes::new(),
        }
    }

    pub fn get(&self, key: &[u8]) -> Result<Option<Record>, StateError> {
        match self.writes.get(key) {
            Some(written) => Ok(written.clone()),
            None => self.below.get(key),
        }
    }

    pub fn put(&mut self, key: Vec<u8>, value: Vec<u8>) {
        self.writes.insert(key, Some(value.into()));
    }

    /// Records whose keys begin so and which this transaction has written, in order of their keys: before, and now.
    pub fn changes(&self, prefix: &[u8]) -> Result<Vec<Change>, StateError> {
        let from = (Bound::Included(prefix), Bound::Unbounded);
        let written = self.writes.range::<[u8], _>(from);
        let written = written.take_while(|(key, _)| key.starts_with(prefix));
        written
            .map(|(key, now)| {
                let before = self.below.get(key)?;
                Ok(Change {
                    before,
                    now: now.clone(),
                })
            })
            .collect()
    }

    /// How many records are written.
    pub fn written(&self) -> usize {
        self.writes.len()
    }

    pub fn into_writes(self) -> Writes {
        self.writes
    }
}
