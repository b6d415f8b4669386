//! One walk through the tree for all changes of a block: each node on the way to a changed leaf is read, hashed and
//! written once.

use std::sync::Arc;

use super::node::{Child, Digest, Leaf, Node, Path, nibble};
use crate::error::StorageError;

/// A leaf's key, and its new value; `None` deletes it.
pub type Change = (Digest, Option<Digest>);

/// Rows of nodes as they become, ascending by path; `None` for one that is no more.
pub type Changed = Vec<(Path, Option<Arc<[u8]>>)>;

type Load<'a> = dyn Fn(&Path) -> Result<Option<Node>, StorageError> + 'a;

pub struct Update<'a> {
    load: &'a Load<'a>,
    changed: Changed,
}

impl<'a> Update<'a> {
    /// The new root and the changed nodes. Changes ascend by key, and no key comes twice.
    pub fn apply(
        load: &'a Load<'a>,
        changes: &[Change],
    ) -> Result<(Digest, Changed), StorageError> {
        let mut update = Self {
            load,
            changed: Vec::new(),
        };
        let before = load(&Path::ROOT)?;
        let mut root = before.unwrap_or_default();
        if update.change_children(&Path::ROOT, &mut root, changes)? {
            // Unlike another node, the root stays where it has a single leaf.
            let is_empty = root.children().is_empty();
            let row = (!is_empty).then(|| root.encode());
            update.changed.push((Path::ROOT, row));
        }
        // In the order of their keys, in which the store takes rows most easily.
        update.changed.sort_unstable_by_key(|(path, _)| *path);
        Ok((root.hash(), update.changed))
    }

    /// Whether anything is another now.
    fn change_children(
        &mut self,
        path: &Path,
        node: &mut Node,
        changes: &[Change],
    ) -> Result<bool, StorageError> {
        let depth = path.depth();
        let mut changed = false;
        for group in changes.chunk_by(|(a, _), (b, _)| nibble(a, depth) == nibble(b, depth)) {
            let at = nibble(&group[0].0, depth);
            let child = self.change(&path.child(at), node.child(at), group)?;
            changed |= node.set(at, child);
        }
        Ok(changed)
    }

    /// What becomes of a child.
    fn change(
        &mut self,
        path: &Path,
        child: Option<Child>,
        changes: &[Change],
    ) -> Result<Option<Child>, StorageError> {
        match child {
            Some(Child::Inner(_)) => {
                let mut node = (self.load)(path)?.ok_or_else(|| {
                    StorageError::Corrupt(format!("node {path:?} of the state tree is missing"))
                })?;
                match self.change_children(path, &mut node, changes)? {
                    true => Ok(self.settle(path, &node, true)),
                    false => Ok(child),
                }
            }
            Some(Child::Leaf(leaf)) => self.build(path, &merge(&leaf, changes)),
            None => self.build(path, changes),
        }
    }

    /// A subtree where nothing was.
    fn build(&mut self, path: &Path, changes: &[Change]) -> Result<Option<Child>, StorageError> {
        let mut leaves = changes
            .iter()
            .filter_map(|(key, value)| Some((*key, (*value)?)));
        match (leaves.next(), leaves.next()) {
            (None, _) => Ok(None),
            (Some((key, value)), None) => Ok(Some(Child::Leaf(Leaf { key, value }))),
            _ => {
                let mut node = Node::default();
                self.change_children(path, &mut node, changes)?;
                Ok(self.settle(path, &node, false))
            }
        }
    }

    /// A node below the root that is another now, as its parent sees it: nothing and a single leaf need none.
    fn settle(&mut self, path: &Path, node: &Node, is_stored: bool) -> Option<Child> {
        let alone = match node.children() {
            [] => None,
            [(_, leaf @ Child::Leaf(_))] => Some(*leaf),
            _ => {
                self.changed.push((*path, Some(node.encode())));
                return Some(Child::Inner(node.hash()));
            }
        };
        if is_stored {
            self.changed.push((*path, None));
        }
        alone
    }
}

/// The changes that make of nothing what these make of a leaf.
fn merge(there: &Leaf, changes: &[Change]) -> Vec<Change> {
    let mut merged = changes.to_vec();
    if let Err(at) = merged.binary_search_by_key(&there.key, |(key, _)| *key) {
        merged.insert(at, (there.key, Some(there.value)));
    }
    merged
}
