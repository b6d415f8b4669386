//! What was read or written last, as of the tip.

use std::hash::Hash;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use quick_cache::unsync::Cache as Rows;
use quick_cache::{Equivalent, Weighter};

use crate::error::StorageError;

/// What a row takes beside its bytes and its key's: its places in the table and in the order of use.
const BESIDE: usize = 128;
/// What a row takes in all, about.
const ROW_BYTES: usize = 512;

type Row = Option<Arc<[u8]>>;

/// Rows of one kind, and that there is none under a key; what was used once and long ago is forgotten first.
pub(crate) struct Cache<K> {
    state: Mutex<State<K>>,
}

struct State<K> {
    /// The version that all of it is of.
    version: u64,
    rows: Rows<K, Row, Size>,
}

#[derive(Clone)]
struct Size;

impl<K: Hash + Eq + AsRef<[u8]>> Cache<K> {
    /// Knows nothing of a version yet.
    pub fn new(version: u64, max_bytes: usize) -> Self {
        let rows = Rows::with_weighter(max_bytes / ROW_BYTES, max_bytes as u64, Size);
        Self {
            state: Mutex::new(State { version, rows }),
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
        Q: Hash + Equivalent<K> + ToOwned<Owned = K> + ?Sized,
    {
        {
            let state = self.lock();
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
            state.rows.insert(key.to_owned(), row.clone());
        }
        Ok(row)
    }

    /// Takes over what is committed as the next version; `None` deletes a row.
    pub fn advance(&self, version: u64, changes: impl IntoIterator<Item = (K, Row)>) {
        let mut state = self.lock();
        state.version = version;
        for (key, row) in changes {
            state.rows.insert(key, row);
        }
    }

    /// The same, of rows that were asked for before. Most that were not never will be.
    pub fn refresh(&self, version: u64, changes: impl IntoIterator<Item = (K, Row)>) {
        let mut state = self.lock();
        state.version = version;
        for (key, row) in changes {
            // An error gives back what is not known.
            let _ = state.rows.replace(key, row, true);
        }
    }

    fn lock(&self) -> MutexGuard<'_, State<K>> {
        // A panic elsewhere leaves rows of no other version: nothing here panics between two changes.
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: AsRef<[u8]>> Weighter<K, Row> for Size {
    /// Keys count: whoever asks may make one up, as long as a request.
    fn weight(&self, key: &K, row: &Row) -> u64 {
        (BESIDE + key.as_ref().len() + row.as_ref().map_or(0, |row| row.len())) as u64
    }
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
    fn what_was_never_asked_for_is_not_taken_over_by_a_refresh() {
        let cache = Cache::new(4, ROOM);
        assert_eq!(cached(&cache, 4, "a"), None);
        cache.refresh(5, [(b"a".to_vec(), row(1)), (b"b".to_vec(), row(2))]);
        assert_eq!(cached(&cache, 5, "a"), Some(row(1)));
        assert_eq!(cached(&cache, 5, "b"), None);
        assert_eq!(cached(&cache, 4, "a"), None);
        // What has grown beyond all room is not kept as it was before.
        cache.refresh(6, [(b"a".to_vec(), Some(vec![0; ROOM].into()))]);
        assert!(cache.lock().rows.peek(b"a".as_slice()).is_none());
    }

    #[test]
    fn no_more_is_kept_than_there_is_room_for() {
        let cache = Cache::new(1, ROOM);
        let kept = || {
            let state = cache.lock();
            (state.rows.len(), state.rows.weight() as usize)
        };
        for number in 0..100u8 {
            cache.advance(1, [(vec![number], row(1))]);
            let (rows, bytes) = kept();
            assert!((1..=3).contains(&rows) && bytes <= ROOM, "{rows} {bytes}");
        }
        // One that is larger than all the room is not kept, be it by its key, nor is what it was before.
        let large: Row = Some(vec![0; ROOM].into());
        for (key, value) in [(b"e".to_vec(), large), (vec![b'e'; ROOM], None)] {
            cache.advance(2, [(key.clone(), row(1)), (key.clone(), value)]);
            assert!(cache.lock().rows.peek(&key).is_none());
            assert!(kept().1 <= ROOM);
        }
    }
}
