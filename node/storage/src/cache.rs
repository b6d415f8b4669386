//! What was read or written last, as of the tip.

use std::borrow::Borrow;
use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use lru::LruCache;

use crate::error::StorageError;

/// What a row takes beside its bytes and its key's: its places in the table and in the order of use.
const BESIDE: usize = 256;

type Row = Option<Arc<[u8]>>;

/// Rows of one kind, and that there is none under a key, the least used forgotten first.
pub(crate) struct Cache<K> {
    state: Mutex<State<K>>,
    max_bytes: usize,
}

struct State<K> {
    /// The version that all of it is of.
    version: u64,
    rows: LruCache<K, Row>,
    bytes: usize,
}

impl<K: Hash + Eq + AsRef<[u8]>> Cache<K> {
    /// Knows nothing of a version yet.
    pub fn new(version: u64, max_bytes: usize) -> Self {
        Self {
            state: Mutex::new(State {
                version,
                rows: LruCache::unbounded(),
                bytes: 0,
            }),
            max_bytes,
        }
    }

    /// A row of a version: one that is known, or else what is read of it. Another version than the tip's is read past the
    /// cache.
    pub fn get<Q>(
        &self,
        version: u64,
        key: &Q,
        read: impl FnOnce() -> Result<Option<Vec<u8>>, StorageError>,
    ) -> Result<Row, StorageError>
    where
        K: Borrow<Q>,
        Q: Hash + Eq + ToOwned<Owned = K> + ?Sized,
    {
        {
            let mut state = self.lock();
            if state.version == version
                && let Some(row) = state.rows.get(key)
            {
                return Ok(row.clone());
            }
        }
        let row = read()?.map(Arc::from);
        let mut state = self.lock();
        // The tip may have moved on meanwhile.
        if state.version == version {
            state.put(key.to_owned(), row.clone(), self.max_bytes);
        }
        Ok(row)
    }

    /// Takes over what is committed as the next version; `None` deletes a row.
    pub fn advance(&self, version: u64, changes: impl IntoIterator<Item = (K, Row)>) {
        let mut state = self.lock();
        state.version = version;
        for (key, row) in changes {
            state.put(key, row, self.max_bytes);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        // A panic elsewhere leaves rows of no other version: nothing here panics between two changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Hash + Eq + AsRef<[u8]>> State<K> {
    fn put(&mut self, key: K, row: Row, max_bytes: usize) {
        if let Some(former) = self.rows.pop(&key) {
            self.bytes -= size(&key, &former);
        }
        self.bytes += size(&key, &row);
        self.rows.put(key, row);
        while self.bytes > max_bytes
            && let Some((key, oldest)) = self.rows.pop_lru()
        {
            self.bytes -= size(&key, &oldest);
        }
    }
}

/// Keys count: whoever asks may make one up, as long as a request.
fn size(key: &impl AsRef<[u8]>, row: &Row) -> usize {
    BESIDE + key.as_ref().len() + row.as_ref().map_or(0, |row| row.len())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// For three rows of ten bytes under a key of one.
    const ROOM: usize = 3 * (BESIDE + 1 + 10);

    fn row(byte: u8) -> Row {
        Some(vec![byte; 10].into())
    }

    fn cached(cache: &Cache<Vec<u8>>, version: u64, key: &str) -> Option<Row> {
        let mut known = true;
        let found = cache.get(version, key.as_bytes(), || {
            known = false;
            Ok(Some(b"read".to_vec()))
        });
        let found = found.unwrap();
        known.then_some(found)
    }

    #[test]
    fn a_row_is_read_once_and_replaced_by_commits() {
        let cache = Cache::new(4, ROOM);
        assert_eq!(cached(&cache, 4, "a"), None);
        assert_eq!(cached(&cache, 4, "a"), Some(Some(b"read"[..].into())));
        cache.advance(5, [(b"a".to_vec(), row(1)), (b"b".to_vec(), None)]);
        assert_eq!(cached(&cache, 5, "a"), Some(row(1)));
        // That there is none is known, too.
        assert_eq!(cached(&cache, 5, "b"), Some(None));
    }

    #[test]
    fn another_version_than_the_tips_is_read_past_it() {
        let cache = Cache::new(4, ROOM);
        cache.advance(5, [(b"a".to_vec(), row(1))]);
        for version in [4, 6] {
            assert_eq!(cached(&cache, version, "a"), None);
            assert_eq!(cached(&cache, version, "c"), None);
        }
        assert_eq!(cached(&cache, 5, "a"), Some(row(1)));
        // Nor is kept what was read while the tip moved on.
        let read = || {
            cache.advance(6, [(b"d".to_vec(), row(2))]);
            Ok(Some(b"of version 5".to_vec()))
        };
        cache.get(5, b"d".as_slice(), read).unwrap();
        assert_eq!(cached(&cache, 6, "d"), Some(row(2)));
    }

    #[test]
    fn the_least_used_is_forgotten_first() {
        let cache = Cache::new(1, ROOM);
        for key in ["a", "b", "c"] {
            cache.advance(1, [(key.as_bytes().to_vec(), row(1))]);
        }
        assert!(cached(&cache, 1, "a").is_some());
        cache.advance(2, [(b"d".to_vec(), row(2))]);
        assert_eq!(cache.lock().rows.len(), 3);
        assert!(cached(&cache, 2, "a").is_some());
        assert!(!cache.lock().rows.contains(b"b".as_slice()));
        // One that is larger than all the room leaves nothing, be it by its key.
        let large = Some(vec![0; ROOM].into());
        for (key, value) in [(b"e".to_vec(), large), (vec![b'e'; ROOM], None)] {
            cache.advance(3, [(b"f".to_vec(), row(1)), (key, value)]);
            let state = cache.lock();
            assert_eq!((state.rows.len(), state.bytes), (0, 0));
        }
    }
}
