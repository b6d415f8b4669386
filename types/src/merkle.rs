//! Merkle roots over ordered leaves (RFC 6962, section 2.1), of whole lists and of lists that grow.

use sha2::{Digest, Sha256};

use crate::hash::Hash;

/// The root over the leaves; of none, the hash of the empty string.
pub fn root<T: AsRef<[u8]>>(leaves: &[T]) -> Hash {
    match leaves {
        [] => Hash::of_document(&[]),
        [only] => leaf(only.as_ref()),
        _ => {
            let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
            node(&root(left), &root(right))
        }
    }
}

/// The hash of a leaf.
pub fn leaf(leaf: &[u8]) -> Hash {
    let hasher = Sha256::new().chain_update([0]).chain_update(leaf);
    Hash::from_bytes(hasher.finalize().into())
}

/// The hash of two subtrees.
pub fn node(left: &Hash, right: &Hash) -> Hash {
    let hasher = Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right);
    Hash::from_bytes(hasher.finalize().into())
}

/// Hashes as bytes, one after the other.
pub fn joined(hashes: &[Hash]) -> Vec<u8> {
    let hashes: Vec<&[u8]> = hashes.iter().map(AsRef::as_ref).collect();
    hashes.concat()
}

/// The hashes that stand in bytes one after the other; none where some bytes are left over.
pub fn parted(bytes: &[u8]) -> Option<Vec<Hash>> {
    let (hashes, rest) = bytes.as_chunks::<32>();
    let hashes = hashes.iter().copied().map(Hash::from_bytes).collect();
    rest.is_empty().then_some(hashes)
}

/// How many leaves the left half of a tree of two or more has: the largest power of two below the whole.
pub fn split(count: u64) -> u64 {
    1 << (count - 1).ilog2()
}

/// The siblings on the way from a leaf to the root, lowest first (RFC 6962, section 2.1.1).
pub fn siblings<T: AsRef<[u8]>>(leaves: &[T], position: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(split(leaves.len() as u64) as usize);
    let (mut below, beside) = match position.checked_sub(left.len()) {
        None => (siblings(left, position), root(right)),
        Some(position) => (siblings(right, position), root(left)),
    };
    below.push(beside);
    below
}

/// The root over so many leaves, from one of them and its siblings; none where these are too few or too many.
pub fn root_at(one: &[u8], position: usize, count: usize, siblings: &[Hash]) -> Option<Hash> {
    if position >= count {
        return None;
    }
    if count == 1 {
        return siblings.is_empty().then(|| leaf(one));
    }
    let (beside, below) = siblings.split_last()?;
    let split = split(count as u64) as usize;
    let (left, right) = match position.checked_sub(split) {
        None => (root_at(one, position, split, below)?, *beside),
        Some(position) => (*beside, root_at(one, position, count - split, below)?),
    };
    Some(node(&left, &right))
}

/// The root over `count` leaves from some neighbours among them, `shown` from position `first` on, and the roots of the
/// subtrees that have none of these, as `beside` gives them: each by the position of its first leaf and its number of leaves, from left to
/// right. None where `beside` gives none. Invariant: the shown ones are among the leaves, and at least one.
pub fn root_of_range(
    count: u64,
    first: u64,
    shown: &[Hash],
    beside: &mut impl FnMut(u64, u64) -> Option<Hash>,
) -> Option<Hash> {
    let range = Range { first, shown };
    range.root(0, count, beside)
}

struct Range<'a> {
    first: u64,
    shown: &'a [Hash],
}

impl Range<'_> {
    fn root(
        &self,
        at: u64,
        count: u64,
        beside: &mut impl FnMut(u64, u64) -> Option<Hash>,
    ) -> Option<Hash> {
        if at + count <= self.first || at >= self.first + self.shown.len() as u64 {
            return beside(at, count);
        }
        if count == 1 {
            return Some(self.shown[(at - self.first) as usize]);
        }
        let split = split(count);
        let left = self.root(at, split, beside)?;
        let right = self.root(at + split, count - split, beside)?;
        Some(node(&left, &right))
    }
}

/// A tree to which leaves are added: of its leaves, the roots of the largest full subtrees, from left to right. As many
/// as its number of leaves has bits that are one.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Frontier {
    count: u64,
    roots: Vec<Hash>,
}

impl Frontier {
    /// Of so many leaves; none where the roots are not as many as belong to it.
    pub fn new(count: u64, roots: Vec<Hash>) -> Option<Self> {
        (roots.len() == count.count_ones() as usize).then_some(Self { count, roots })
    }

    pub fn roots(&self) -> &[Hash] {
        &self.roots
    }

    /// Adds a leaf by its hash. Returns the roots of the subtrees that it completes: of 1, 2, 4 leaves and so on, the leaf itself first.
    pub fn push(&mut self, leaf: Hash) -> Vec<Hash> {
        let mut completed = vec![leaf];
        let mut root = leaf;
        // Each full subtree of a size is joined with the one before it of the same size.
        for _ in 0..self.count.trailing_ones() {
            let left = self.roots.pop().expect("one for each bit of the count");
            root = node(&left, &root);
            completed.push(root);
        }
        self.roots.push(root);
        self.count += 1;
        completed
    }

    /// The root over all leaves.
    pub fn root(&self) -> Hash {
        let mut roots = self.roots.iter().rev();
        match roots.next() {
            Some(last) => roots.fold(*last, |right, left| node(left, &right)),
            None => Hash::of_document(&[]),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_leaf_leads_to_the_root_by_its_own_way_alone() {
        for count in 1..=20 {
            let leaves: Vec<[u8; 1]> = (0..count).map(|n| [n as u8]).collect();
            for position in 0..count {
                let way = siblings(&leaves, position);
                let lead = |leaf: &[u8], position, count, way: &[Hash]| {
                    root_at(leaf, position, count, way) == Some(root(&leaves))
                };
                assert!(lead(&leaves[position], position, count, &way));
                assert!(!lead(&[99], position, count, &way));
                assert!(!lead(&leaves[position], count, count, &way));
                let longer = [&way[..], &[Hash::default()]].concat();
                assert!(!lead(&leaves[position], position, count, &longer));
                if let Some((_, shorter)) = way.split_last() {
                    assert!(!lead(&leaves[position], position, count, shorter));
                    assert!(!lead(&leaves[position], position ^ 1, count, &way));
                }
            }
        }
    }

    #[test]
    fn a_tree_that_grows_has_the_root_of_its_leaves_and_every_range_of_them_leads_to_it() {
        let leaves: Vec<[u8; 1]> = (0..40).map(|n| [n]).collect();
        let hashes: Vec<Hash> = leaves.iter().map(|one| leaf(one)).collect();
        let mut frontier = Frontier::default();
        let mut completed = Vec::new();
        assert_eq!(frontier.root(), root::<[u8; 1]>(&[]));
        for count in 1..=leaves.len() {
            completed.push(frontier.push(hashes[count - 1]));
            let expected = root(&leaves[..count]);
            assert_eq!(frontier.root(), expected);
            let again = Frontier::new(count as u64, frontier.roots().to_vec());
            assert_eq!(again.as_ref(), Some(&frontier));
            let longer = [frontier.roots(), &[Hash::default()]].concat();
            assert_eq!(Frontier::new(count as u64, longer), None);
            for first in 0..count {
                for end in first + 1..=count {
                    let mut asked = Vec::new();
                    let mut beside = |at: u64, size: u64| {
                        asked.push((at, size));
                        let (at, size) = (at as usize, size as usize);
                        // A full subtree was completed by its last leaf.
                        let kept = completed[at + size - 1].get(size.trailing_zeros() as usize);
                        let expected = root(&leaves[at..at + size]);
                        assert!(!size.is_power_of_two() || kept == Some(&expected));
                        Some(expected)
                    };
                    let shown = &hashes[first..end];
                    let (count, first) = (count as u64, first as u64);
                    let found = root_of_range(count, first, shown, &mut beside);
                    assert_eq!(found, Some(expected));
                    assert!(asked.is_sorted());
                    // One less beside them, or another leaf among them, is another tree.
                    let mut none = |_, _| None;
                    let found = root_of_range(count, first, shown, &mut none);
                    assert_eq!(found.is_none(), !asked.is_empty());
                    let mut other = shown.to_vec();
                    other[0] = Hash::default();
                    let mut beside =
                        |at: u64, size: u64| Some(root(&leaves[at as usize..(at + size) as usize]));
                    let found = root_of_range(count, first, &other, &mut beside);
                    assert_ne!(found, Some(expected));
                }
            }
        }
    }

    /// The vectors that Certificate Transparency implementations share.
    #[test]
    fn certificate_transparency_vectors() {
        let leaves: Vec<Vec<u8>> = [
            "",
            "00",
            "10",
            "2021",
            "3031",
            "40414243",
            "5051525354555657",
            "606162636465666768696a6b6c6d6e6f",
        ]
        .iter()
        .map(|h| hex::decode(h).unwrap())
        .collect();
        for (count, expected) in [
            (
                0,
                "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855",
            ),
            (
                1,
                "6e340b9cffb37a989ca544e6bb780a2c78901d3fb33738768511a30617afa01d",
            ),
            (
                2,
                "fac54203e7cc696cf0dfcb42c92a1d9dbaf70ad9e621f4bd8d98662f00e3c125",
            ),
            (
                3,
                "aeb6bcfe274b70a14fb067a5e5578264db0fa9b51af5e0ba159158f329e06e77",
            ),
            (
                5,
                "4e3bbb1f7b478dcfe71fb631631519a3bca12c9aefca1612bfce4c13a86264d4",
            ),
            (
                7,
                "ddb89be403809e325750d3d263cd78929c2942b7942a34b77e122c9594a74c8c",
            ),
            (
                8,
                "5dc9da79a70659a9ad559cb701ded9a2ab9d823aad2f4960cfe370eff4604328",
            ),
        ] {
            assert_eq!(
                root(&leaves[..count]).to_string(),
                expected,
                "{count} leaves"
            );
        }
    }
}
