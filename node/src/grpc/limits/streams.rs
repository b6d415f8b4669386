//! So many at once, for each of many.

use std::collections::HashMap;
use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

/// How many each has open.
pub struct Counts<K: Clone + Eq + Hash> {
    most: u32,
    /// Never zero for a key that is here.
    open: Mutex<HashMap<K, u32>>,
}

/// One that is open, until it is dropped.
pub struct Place<K: Clone + Eq + Hash> {
    counts: Arc<Counts<K>>,
    key: K,
}

impl<K: Clone + Eq + Hash> Counts<K> {
    pub fn new(most: NonZeroU32) -> Arc<Self> {
        Arc::new(Self {
            most: most.get(),
            open: Mutex::default(),
        })
    }

    /// A place, if there is one left.
    pub fn take(self: &Arc<Self>, key: &K) -> Option<Place<K>> {
        let mut open = self.lock();
        let count = open.get(key).copied().unwrap_or(0);
        if count == self.most {
            return None;
        }
        open.insert(key.clone(), count + 1);
        Some(Place {
            counts: self.clone(),
            key: key.clone(),
        })
    }

    /// A panic elsewhere cannot leave the counts half-changed: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, HashMap<K, u32>> {
        self.open.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<K: Clone + Eq + Hash> Drop for Place<K> {
    fn drop(&mut self) {
        let mut open = self.counts.lock();
        if let Some(count) = open.get_mut(&self.key) {
            *count -= 1;
            if *count == 0 {
                open.remove(&self.key);
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_has_so_many_places_and_gets_them_back() {
        let counts = Counts::new(NonZeroU32::new(2).unwrap());
        let first = counts.take(&'a').unwrap();
        let second = counts.take(&'a').unwrap();
        assert!(counts.take(&'a').is_none());
        // Another's places are its own.
        let other = counts.take(&'b').unwrap();
        drop(first);
        let third = counts.take(&'a').unwrap();
        assert!(counts.take(&'a').is_none());
        drop((second, third, other));
        assert!(counts.lock().is_empty());
    }
}
