//! The part of the tree that proves what stands, or does not, under some keys (`counterfoil_types::proof::state`).

use counterfoil_types::proof::state::{Builder, StateProof};

use super::node::{Child, Digest, Node, Path, WIDTH, hash_of, nibble};
use crate::error::StorageError;

type Load<'a> = dyn Fn(&Path) -> Result<Option<Node>, StorageError> + 'a;

struct Prover<'a> {
    load: &'a Load<'a>,
    proof: Builder,
}

/// Walks to the leaves of these keys, which ascend, and tells the hashes beside the way.
pub fn prove(load: &Load<'_>, keys: &[Digest]) -> Result<StateProof, StorageError> {
    let root = load(&Path::ROOT)?.unwrap_or_default();
    let mut prover = Prover {
        load,
        proof: Builder::default(),
    };
    prover.subtree(&Path::ROOT, root.children(), 0, WIDTH, keys)?;
    Ok(prover.proof.finish())
}

impl Prover<'_> {
    /// Those of a node's children that stand from a nibble on, so many wide.
    fn subtree(
        &mut self,
        path: &Path,
        children: &[(u8, Child)],
        start: u8,
        width: u8,
        keys: &[Digest],
    ) -> Result<(), StorageError> {
        if keys.is_empty() {
            self.proof.aside(&hash_of(children, start, width));
            return Ok(());
        }
        match children {
            [] => self.proof.nothing(),
            [(_, Child::Leaf(leaf))] => match keys.binary_search(&leaf.key) {
                Ok(_) => self.proof.shown(),
                Err(_) => self.proof.other(&leaf.key, &leaf.value),
            },
            [(at, Child::Inner(_))] if width == 1 => {
                let path = path.child(*at);
                let node = (self.load)(&path)?.ok_or_else(|| {
                    StorageError::Corrupt(format!("node {path:?} of the state tree is missing"))
                })?;
                self.subtree(&path, node.children(), 0, WIDTH, keys)?;
            }
            _ => {
                self.proof.halves();
                let (half, depth) = (width / 2, path.depth());
                let middle = start + half;
                let right = children.partition_point(|(at, _)| *at < middle);
                let later = keys.partition_point(|key| nibble(key, depth) < middle);
                let (left, right) = children.split_at(right);
                self.subtree(path, left, start, half, &keys[..later])?;
                self.subtree(path, right, middle, half, &keys[later..])?;
            }
        }
        Ok(())
    }
}
