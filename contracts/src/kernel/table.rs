//! Typed tables: a prefix, a key of parts, and one message a record.

use std::marker::PhantomData;

use prost::Message;

use super::store::{StateError, Store};

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
        let mut key = self.name.as_bytes().to_vec();
        for part in parts {
            key.push(b'/');
            key.extend_from_slice(part);
        }
        key
    }

    pub fn get(&self, store: &Store<'_>, parts: &[&[u8]]) -> Result<Option<R>, StateError> {
        let key = self.key(parts);
        let Some(bytes) = store.get(&key)? else {
            return Ok(None);
        };
        R::decode(bytes.as_slice())
            .map(Some)
            .map_err(|problem| StateError::corrupt(&String::from_utf8_lossy(&key), problem))
    }

    pub fn put(&self, store: &mut Store<'_>, parts: &[&[u8]], record: &R) {
        store.put(self.key(parts), record.encode_to_vec());
    }
}
