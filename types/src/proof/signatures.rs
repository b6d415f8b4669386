//! The signatures of a file, verified together once everything else of it was read: a sum of many takes less time than each by itself.

use crate::keys::{Unverified, first_bad};

/// Signatures that are still to be verified, and of each what is wrong if it is not good.
pub struct Signatures<E> {
    unverified: Vec<Unverified>,
    otherwise: Vec<E>,
}

impl<E> Default for Signatures<E> {
    fn default() -> Self {
        Self {
            unverified: Vec::new(),
            otherwise: Vec::new(),
        }
    }
}

impl<E> Signatures<E> {
    pub fn add(&mut self, signature: Unverified, otherwise: E) {
        self.unverified.push(signature);
        self.otherwise.push(otherwise);
    }

    /// How many there are, if all are good.
    pub fn verify(mut self) -> Result<usize, E> {
        match first_bad(&self.unverified) {
            Some(bad) => Err(self.otherwise.swap_remove(bad)),
            None => Ok(self.unverified.len()),
        }
    }
}
