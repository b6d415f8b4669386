//! Typed tables: a prefix, a key of parts, and one message a record.

use std::marker::PhantomData;

use counterfoil_types::proof::keys;
use prost::Message;

use super::store::{Record, StateError, Store};

/// Records that a transaction wrote, each before it and now.
pub type Changes<R> = Vec<(Option<R>, Option<R>)>;

/// Records of one kind. A key is the table's name and the parts, with `/`
/// between them: ids of organizations as text, hashes as 32 raw bytes, numbers big-endian.
///
/// Invariant: no two keys of a table are equal, as only the last part may hold a `/`
/// or have raw bytes of another length than 32.
pub struct Table<R> {
    name: &'static str,
    record: PhantomData<fn() -> R>,
}

impl<R: Message + Default> Table<R> {
    pub const fn new(name: &'static str) -> Self {
        Self {
            name,
            record: PhantomData,
        }
    }

    /// What all keys of the table begin with.
    pub fn prefix(&self) -> Vec<u8> {
        [self.name.as_bytes(), b"/"].concat()
    }

    pub fn key(&self, parts: &[&[u8]]) -> Vec<u8> {
        keys::key(self.name, parts)
    }

    pub fn get(&self, store: &Store<'_>, parts: &[&[u8]]) -> Result<Option<R>, StateError> {
        let key = self.key(parts);
        match store.get(&key)? {
            Some(bytes) => self.decode(&bytes).map(Some),
            None => Ok(None),
        }
    }

    fn decode(&self, bytes: &[u8]) -> Result<R, StateError> {
        R::decode(bytes).map_err(|problem| StateError::corrupt(self.name, problem))
    }

    /// The table's records that this transaction has written: before, and now.
    pub fn changes(&self, store: &Store<'_>) -> Result<Changes<R>, StateError> {
        let read = |bytes: Option<Record>| bytes.map(|bytes| self.decode(&bytes)).transpose();
        let changes = store.changes(&self.prefix())?.into_iter();
        changes
            .map(|change| Ok((read(change.before)?, read(change.now)?)))
            .collect()
    }

    pub fn put(&self, store: &mut Store<'_>, parts: &[&[u8]], record: &R) {
        store.put(self.key(parts), record.encode_to_vec());
    }
}
