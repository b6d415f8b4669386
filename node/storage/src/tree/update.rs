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
        let mut root = before.clone().unwrap_or_default();
        update.change_children(&Path::ROOT, &mut root, changes)?;
        let hash = root.hash();
        // Unlike another node, the root stays where it has a single leaf.
        let after = (!root.children().is_empty()).then_some(root);
        if after != before {
            let row = after.map(|root| root.encode().into());
            update.changed.push((Path::ROOT, row));
        }
        // In the order of their keys, in which the store takes rows most easily.
        update.changed.sort_unstable_by_key(|(path, _)| *path);
        Ok((hash, update.changed))
    }

    fn change_children(
        &mut self,
        path: &Path,
        node: &mut Node,
        changes: &[Change],
    ) -> Result<(), StorageError> {
        let depth = path.depth();
        for group in changes.chunk_by(|(a, _), (b, _)| nibble(a, depth) == nibble(b, depth)) {
            let at = nibble(&group[0].0, depth);
            let child = self.change(&path.child(at), node.child(at), group)?;
            node.set(at, child);
        }
        Ok(())
    }

    /// What becomes of a child.
    fn change(
        &mut self,
        path: &Path,
        child: Option<&Child>,
        changes: &[Change],
    ) -> Result<Option<Child>, StorageError> {
        match child {
            Some(Child::Inner(_)) => {
                let before = (self.load)(path)?.ok_or_else(|| {
                    StorageError::Corrupt(format!("node {path:?} of the state tree is missing"))
                })?;
                let mut after = before.clone();
                self.change_children(path, &mut after, changes)?;
                Ok(self.settle(path, Some(&before), after))
            }
            Some(Child::Leaf(leaf)) => self.build(path, &merge(leaf, changes)),
            None => self.build(path, changes),
        }
    }

    /// A subtree where nothing was.
    fn build(&mut self, path: &Path, changes: &[Change]) -> Result<Option<Child>, StorageError> {
        let mut leaves = changes
            .iter()
            .filter_map(|(key, value)| Some((key, (*value)?)));
        match (leaves.next(), leaves.next()) {
            (None, _) => Ok(None),
            (Some((key, value)), None) => Ok(Some(Child::Leaf(Arc::new(Leaf::new(*key, value))))),
            _ => {
                let mut node = Node::default();
                self.change_children(path, &mut node, changes)?;
                Ok(self.settle(path, None, node))
            }
        }
    }

    /// A node below the root, as its parent sees it: nothing and a single leaf need none.
    fn settle(&mut self, path: &Path, before: Option<&Node>, after: Node) -> Option<Child> {
        let alone = match after.children() {
            [] => None,
            [(_, Child::Leaf(leaf))] => Some(Child::Leaf(leaf.clone())),
            _ => {
                let hash = after.hash();
                if before != Some(&after) {
                    self.changed.push((*path, Some(after.encode().into())));
                }
                return Some(Child::Inner(hash));
            }
        };
        if before.is_some() {
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
