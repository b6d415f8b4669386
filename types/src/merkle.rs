//! Merkle roots over ordered leaves (RFC 6962, section 2.1).

use sha2::{Digest, Sha256};

use crate::hash::Hash;

/// The root over the leaves; of none, the hash of the empty string.
pub fn root<T: AsRef<[u8]>>(leaves: &[T]) -> Hash {
    match leaves {
        [] => Hash::from_bytes(Sha256::digest([]).into()),
        [leaf] => {
            let hasher = Sha256::new().chain_update([0]).chain_update(leaf.as_ref());
            Hash::from_bytes(hasher.finalize().into())
        }
        _ => {
            // The left half is the largest power of two below the whole.
            let split = leaves.len().next_power_of_two() / 2;
            let (left, right) = leaves.split_at(split);
            let hasher = Sha256::new()
                .chain_update([1])
                .chain_update(root(left))
                .chain_update(root(right));
            Hash::from_bytes(hasher.finalize().into())
        }
    }
}

/// The siblings on the way from a leaf to the root, lowest first (RFC 6962, section 2.1.1).
pub fn siblings<T: AsRef<[u8]>>(leaves: &[T], position: usize) -> Vec<Hash> {
    if leaves.len() < 2 {
        return Vec::new();
    }
    let (left, right) = leaves.split_at(leaves.len().next_power_of_two() / 2);
    let (mut below, beside) = match position.checked_sub(left.len()) {
        None => (siblings(left, position), root(right)),
        Some(position) => (siblings(right, position), root(left)),
    };
    below.push(beside);
    below
}

/// The root over so many leaves, from one of them and its siblings; none where these are too few or too many.
pub fn root_at(leaf: &[u8], position: usize, count: usize, siblings: &[Hash]) -> Option<Hash> {
    if position >= count {
        return None;
    }
    if count == 1 {
        return siblings.is_empty().then(|| root(&[leaf]));
    }
    let (beside, below) = siblings.split_last()?;
    let split = count.next_power_of_two() / 2;
    let (left, right) = match position.checked_sub(split) {
        None => (root_at(leaf, position, split, below)?, *beside),
        Some(position) => (*beside, root_at(leaf, position, count - split, below)?),
    };
    let hasher = Sha256::new()
        .chain_update([1])
        .chain_update(left)
        .chain_update(right);
    Some(Hash::from_bytes(hasher.finalize().into()))
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
