//! The signatures of a file, verified together once everything else of it was read: a sum of many takes less time than each by itself.

use crate::keys::{Unverified, first_bad};

/// Signatures that are still to be verified, and of each what is wrong if it is not good.
pub struct Signatures<E>(Vec<(Unverified, E)>);

impl<E> Default for Signatures<E> {
    fn default() -> Self {
        Self(Vec::new())
    }
}

impl<E> Signatures<E> {
    pub fn add(&mut self, signature: Unverified, otherwise: E) {
        self.0.push((signature, otherwise));
    }

    /// How many there are, if all are good.
    pub fn verify(mut self) -> Result<usize, E> {
        match first_bad(self.0.iter().map(|(signature, _)| signature)) {
            Some(bad) => Err(self.0.swap_remove(bad).1),
            None => Ok(self.0.len()),
        }
    }
}
