//! Proofs of the state: that records stand, or do not stand, under a header's `state_root`, by hashes alone.
//!
//! The root is that of a Jellyfish Merkle tree (Gao, Hu, Wu: "Jellyfish Merkle Tree", 2021): an empty subtree has a hash of its
//! own, one with a single leaf is that leaf, any other the hash of its two halves. The form of a proof is told in
//! `proto/counterfoil/v1/proof.proto`.

use crate::hash::Hash;
use crate::limits::MAX_SHAPE_BYTES;

pub use counterfoil_proto::v1::StateProof;

/// What is hashed together: paths, hashes of records, of leaves and of subtrees.
pub type Digest = [u8; 32];

/// Bits of a leaf's path, which is a hash.
const DEPTH: usize = 256;
/// The hash of a subtree without leaves.
pub const NOTHING: Digest = *b"SPARSE_MERKLE_PLACEHOLDER_HASH__";

/// The path of a record's leaf.
pub fn leaf_path(key: &[u8]) -> Digest {
    *Hash::tagged("counterfoil/state-key/v1", &[key]).as_bytes()
}

/// The hash of a leaf: its path, and SHA-256 of its record.
pub fn leaf_hash(path: &Digest, record: &Digest) -> Digest {
    *Hash::tagged("JMT::LeafNode", &[path, record]).as_bytes()
}

/// The hash of two halves.
pub fn inner_hash(left: &Digest, right: &Digest) -> Digest {
    // In one piece: the hashes of a walk are most of what a proof takes to check, beside its signatures.
    let mut bytes = [0; 80];
    bytes[..16].copy_from_slice(b"JMT::IntrnalNode");
    bytes[16..48].copy_from_slice(left);
    bytes[48..].copy_from_slice(right);
    *Hash::of_document(&bytes).as_bytes()
}

/// What is said to stand under a key.
#[derive(Clone, Copy, Debug)]
pub struct Entry<'a> {
    pub key: &'a [u8],
    /// `None` where nothing does.
    pub record: Option<&'a [u8]>,
}

/// Why a proof does not hold.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum StateProofError {
    #[error("the proof of the state is shorter than the walk it describes")]
    TooShort,
    #[error("the proof of the state goes on after the walk it describes")]
    TooLong,
    #[error("the proof of the state says what no tree does")]
    Shape,
    #[error(
        "a record that is shown has no place in the tree, or one that is said to be missing has"
    )]
    Missing,
    #[error("a key is there twice")]
    Repeated,
    #[error("the records are not those under the header's state root")]
    OtherRoot,
}

/// Checks that all of this is so under a root.
pub fn verify(
    root: &Hash,
    proof: &StateProof,
    entries: &[Entry<'_>],
) -> Result<(), StateProofError> {
    if proof.shape.len() > MAX_SHAPE_BYTES {
        return Err(StateProofError::TooLong);
    }
    let mut leaves: Vec<Claimed> = entries.iter().map(Claimed::of).collect();
    leaves.sort_unstable_by_key(|leaf| leaf.path);
    if leaves.windows(2).any(|pair| pair[0].path == pair[1].path) {
        return Err(StateProofError::Repeated);
    }
    let mut walk = Walk {
        shape: &proof.shape,
        taken: 0,
        hashes: &proof.hashes,
    };
    let found = walk.subtree(0, &leaves)?;
    walk.end()?;
    match found == *root.as_bytes() {
        true => Ok(()),
        false => Err(StateProofError::OtherRoot),
    }
}

/// A leaf that should be there, or not.
struct Claimed {
    path: Digest,
    record: Option<Digest>,
}

impl Claimed {
    fn of(entry: &Entry<'_>) -> Self {
        Self {
            path: leaf_path(entry.key),
            record: entry
                .record
                .map(|record| *Hash::of_document(record).as_bytes()),
        }
    }
}

/// The bit of a path at a depth.
pub fn bit(path: &Digest, depth: usize) -> bool {
    path[depth / 8] >> (7 - depth % 8) & 1 == 1
}

/// Whether two paths go the same way down to a depth.
fn same_way(one: &Digest, other: &Digest, depth: usize) -> bool {
    (0..depth).all(|at| bit(one, at) == bit(other, at))
}

struct Walk<'a> {
    shape: &'a [u8],
    /// Of the shape, in steps of two bits.
    taken: usize,
    hashes: &'a [u8],
}

impl Walk<'_> {
    fn step(&mut self) -> Result<u8, StateProofError> {
        let byte = self.shape.get(self.taken / 4);
        let byte = byte.ok_or(StateProofError::TooShort)?;
        let step = byte >> (6 - 2 * (self.taken % 4)) & 3;
        self.taken += 1;
        Ok(step)
    }

    fn hash(&mut self) -> Result<Digest, StateProofError> {
        let taken = self.hashes.split_first_chunk::<32>();
        let (hash, rest) = taken.ok_or(StateProofError::TooShort)?;
        self.hashes = rest;
        Ok(*hash)
    }

    /// The hash of a subtree in which these lie.
    fn subtree(&mut self, depth: usize, leaves: &[Claimed]) -> Result<Digest, StateProofError> {
        let step = self.step()?;
        if leaves.is_empty() {
            return match step {
                // One subtree has one form.
                0 => Some(self.hash()?).filter(|hash| *hash != NOTHING),
                1 => Some(NOTHING),
                _ => None,
            }
            .ok_or(StateProofError::Shape);
        }
        match step {
            0 if depth == DEPTH => Err(StateProofError::Shape),
            0 => {
                let middle = leaves.partition_point(|leaf| !bit(&leaf.path, depth));
                let (left, right) = leaves.split_at(middle);
                let left = self.subtree(depth + 1, left)?;
                let right = self.subtree(depth + 1, right)?;
                Ok(inner_hash(&left, &right))
            }
            1 => match shown(leaves).next() {
                None => Ok(NOTHING),
                Some(_) => Err(StateProofError::Missing),
            },
            2 => {
                let mut shown = shown(leaves);
                match (shown.next(), shown.next()) {
                    (Some((path, record)), None) => Ok(leaf_hash(path, record)),
                    _ => Err(StateProofError::Missing),
                }
            }
            _ => {
                let (path, record) = (self.hash()?, self.hash()?);
                let is_one_of_them = leaves.iter().any(|leaf| leaf.path == path);
                if is_one_of_them || shown(leaves).next().is_some() {
                    return Err(StateProofError::Missing);
                }
                // A leaf from elsewhere would hide the one that is here.
                if !same_way(&path, &leaves[0].path, depth) {
                    return Err(StateProofError::Shape);
                }
                Ok(leaf_hash(&path, &record))
            }
        }
    }

    fn end(self) -> Result<(), StateProofError> {
        let filled = self.taken.div_ceil(4);
        if self.shape.len() > filled || !self.hashes.is_empty() {
            return Err(StateProofError::TooLong);
        }
        let last = self.shape.last().copied().unwrap_or_default();
        let used = 2 * (self.taken - 4 * (filled - 1));
        match used < 8 && last << used != 0 {
            true => Err(StateProofError::Shape),
            false => Ok(()),
        }
    }
}

/// Those of them that should be there.
fn shown(leaves: &[Claimed]) -> impl Iterator<Item = (&Digest, &Digest)> {
    leaves
        .iter()
        .filter_map(|leaf| Some((&leaf.path, leaf.record.as_ref()?)))
}

/// Puts a proof together in the order of the walk.
#[derive(Default)]
pub struct Builder {
    shape: Vec<u8>,
    steps: usize,
    hashes: Vec<u8>,
}

impl Builder {
    fn step(&mut self, step: u8) {
        if self.steps.is_multiple_of(4) {
            self.shape.push(0);
        }
        let last = self.shape.last_mut().expect("there is one by now");
        *last |= step << (6 - 2 * (self.steps % 4));
        self.steps += 1;
    }

    /// A subtree that has its two halves next, and in which a key lies.
    pub fn halves(&mut self) {
        self.step(0);
    }

    /// A subtree without leaves.
    pub fn nothing(&mut self) {
        self.step(1);
    }

    /// The leaf of a record that is shown.
    pub fn shown(&mut self) {
        self.step(2);
    }

    /// The leaf of another record, in the place of one that is said to be missing.
    pub fn other(&mut self, path: &Digest, record: &Digest) {
        self.step(3);
        self.hashes.extend_from_slice(path);
        self.hashes.extend_from_slice(record);
    }

    /// A subtree in which no key lies.
    pub fn aside(&mut self, hash: &Digest) {
        if *hash == NOTHING {
            return self.step(1);
        }
        self.step(0);
        self.hashes.extend_from_slice(hash);
    }

    pub fn finish(self) -> StateProof {
        StateProof {
            shape: self.shape,
            hashes: self.hashes,
        }
    }
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    /// A tree of leaves by the definition, without nodes.
    fn root(depth: usize, leaves: &[(Digest, Digest)]) -> Digest {
        match leaves {
            [] => NOTHING,
            [(path, record)] => leaf_hash(path, record),
            _ => {
                let middle = leaves.partition_point(|(path, _)| !bit(path, depth));
                let (left, right) = leaves.split_at(middle);
                inner_hash(&root(depth + 1, left), &root(depth + 1, right))
            }
        }
    }

    fn walk(builder: &mut Builder, depth: usize, leaves: &[(Digest, Digest)], asked: &[Digest]) {
        if asked.is_empty() {
            return builder.aside(&root(depth, leaves));
        }
        match leaves {
            [] => builder.nothing(),
            [(path, _)] if asked.contains(path) => builder.shown(),
            [(path, record)] => builder.other(path, record),
            _ => {
                builder.halves();
                let middle = leaves.partition_point(|(path, _)| !bit(path, depth));
                let split = asked.partition_point(|path| !bit(path, depth));
                walk(builder, depth + 1, &leaves[..middle], &asked[..split]);
                walk(builder, depth + 1, &leaves[middle..], &asked[split..]);
            }
        }
    }

    struct Tree {
        leaves: Vec<(Digest, Digest)>,
    }

    impl Tree {
        fn of(records: u32) -> Self {
            let leaf = |n: u32| {
                (
                    leaf_path(&key(n)),
                    *Hash::of_document(&record(n)).as_bytes(),
                )
            };
            let mut leaves: Vec<_> = (0..records).map(leaf).collect();
            leaves.sort();
            Self { leaves }
        }

        fn root(&self) -> Hash {
            Hash::from_bytes(root(0, &self.leaves))
        }

        fn prove(&self, asked: &[u32]) -> StateProof {
            let mut asked: Vec<Digest> = asked.iter().map(|n| leaf_path(&key(*n))).collect();
            asked.sort();
            let mut builder = Builder::default();
            walk(&mut builder, 0, &self.leaves, &asked);
            builder.finish()
        }
    }

    fn key(n: u32) -> Vec<u8> {
        format!("table/{n}").into_bytes()
    }

    fn record(n: u32) -> Vec<u8> {
        vec![7; n as usize % 5 + 1]
    }

    fn check(
        tree: &Tree,
        proof: &StateProof,
        asked: &[(u32, bool)],
    ) -> Result<(), StateProofError> {
        let held: Vec<_> = asked
            .iter()
            .map(|(n, there)| (key(*n), there.then(|| record(*n))))
            .collect();
        let entries: Vec<_> = held
            .iter()
            .map(|(key, record)| Entry {
                key,
                record: record.as_deref(),
            })
            .collect();
        verify(&tree.root(), proof, &entries)
    }

    #[test]
    fn what_is_there_and_what_is_not_is_proven_together() {
        for records in [0, 1, 2, 3, 40, 1_000] {
            let tree = Tree::of(records);
            let asked: Vec<(u32, bool)> = (0..records + 30)
                .step_by(7)
                .map(|n| (n, n < records))
                .collect();
            let numbers: Vec<u32> = asked.iter().map(|(n, _)| *n).collect();
            let proof = tree.prove(&numbers);
            assert_eq!(check(&tree, &proof, &asked), Ok(()), "{records} records");
        }
    }

    #[test]
    fn nothing_else_is_proven() {
        let tree = Tree::of(200);
        let proof = tree.prove(&[3, 500]);
        for wrong in [
            vec![(3, false), (500, false)],
            vec![(3, true), (500, true)],
            vec![(3, true)],
            vec![(500, false)],
            vec![(4, true), (500, false)],
            vec![(3, true), (501, false)],
            vec![(3, true), (500, false), (501, false)],
            vec![],
        ] {
            assert!(check(&tree, &proof, &wrong).is_err(), "{wrong:?}");
        }
        let twice = check(&tree, &proof, &[(3, true), (3, true)]);
        assert_eq!(twice, Err(StateProofError::Repeated));
        let other = Tree::of(201);
        assert_eq!(
            check(&other, &proof, &[(3, true), (500, false)]),
            Err(StateProofError::OtherRoot)
        );
    }

    #[test]
    fn a_proof_grows_with_the_logarithm_of_the_state() {
        let tree = Tree::of(1_000_000);
        for (n, there) in [(3, true), (1_000_001, false)] {
            let proof = tree.prove(&[n]);
            assert_eq!(check(&tree, &proof, &[(n, there)]), Ok(()));
            let bytes = proof.encoded_len();
            assert!((400..1_024).contains(&bytes), "{bytes} bytes");
        }
    }

    #[test]
    fn no_bit_and_no_byte_of_a_proof_is_free() {
        let tree = Tree::of(100);
        let asked = [(3, true), (4, true), (500, false), (501, false)];
        let proof = tree.prove(&[3, 4, 500, 501]);
        assert_eq!(check(&tree, &proof, &asked), Ok(()));
        let parts: [fn(&mut StateProof) -> &mut Vec<u8>; 2] =
            [|proof| &mut proof.shape, |proof| &mut proof.hashes];
        for part in parts {
            let length = part(&mut proof.clone()).len();
            for bit in 0..8 * length {
                let mut flipped = proof.clone();
                part(&mut flipped)[bit / 8] ^= 1 << (bit % 8);
                assert!(check(&tree, &flipped, &asked).is_err(), "bit {bit}");
            }
            for end in 0..length {
                let mut cut = proof.clone();
                part(&mut cut).truncate(end);
                assert!(check(&tree, &cut, &asked).is_err(), "cut at {end}");
            }
            let mut longer = proof.clone();
            part(&mut longer).extend([0; 32]);
            assert_eq!(check(&tree, &longer, &asked), Err(StateProofError::TooLong));
        }
    }

    /// A proof of absence must not show a leaf of another part of the tree in the place of the one that is there.
    #[test]
    fn a_leaf_from_elsewhere_hides_nothing() {
        let begins = |right: bool| {
            let mut keys = (0..).map(key);
            keys.find(|key| bit(&leaf_path(key), 0) == right).unwrap()
        };
        let (hidden, path, record) = (
            begins(false),
            leaf_path(&begins(true)),
            *Hash::of_document(b"another record").as_bytes(),
        );
        let mut builder = Builder::default();
        builder.halves();
        builder.other(&path, &record);
        builder.aside(&[1; 32]);
        let root = Hash::from_bytes(inner_hash(&leaf_hash(&path, &record), &[1; 32]));
        let missing = Entry {
            key: &hidden,
            record: None,
        };
        let verdict = verify(&root, &builder.finish(), &[missing]);
        assert_eq!(verdict, Err(StateProofError::Shape));
    }
}
