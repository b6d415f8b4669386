//! Roots against an independent computation and against the crate `jmt`; the rows that are left; pruning.

use std::cell::RefCell;
use std::collections::HashMap;

use counterfoil_types::hash::Hash;
use counterfoil_types::proof::state::{Entry, StateProofError, leaf_path, verify};
use jmt::storage::{LeafNode, Node as JmtNode, NodeKey, TreeReader};
use jmt::{KeyHash, OwnedValue, Sha256Jmt};
use sha2::{Digest, Sha256};

use super::{Model, advance, hash, store_keeping, writes};
use crate::db::{Family, Frozen};
use crate::tree::node::{Child, Node, Path};
use crate::tree::{read, stored_root};
use crate::{KEEP_CHANGED, KEEP_SNAPSHOTS, Storage, Writes};

/// The root of a sparse Merkle tree written from its definition: an empty subtree is a
/// placeholder, one with a single leaf is that leaf, any other hashes its two halves.
fn reference_root(model: &Model) -> Hash {
    let mut leaves: Vec<([u8; 32], [u8; 32])> = model
        .iter()
        .map(|(key, record)| {
            let key = Hash::tagged("counterfoil/state-key/v1", &[key]);
            (*key.as_bytes(), Sha256::digest(record).into())
        })
        .collect();
    leaves.sort();
    Hash::from_bytes(subtree(&leaves, 0))
}

fn subtree(leaves: &[([u8; 32], [u8; 32])], bit: usize) -> [u8; 32] {
    match leaves {
        [] => *b"SPARSE_MERKLE_PLACEHOLDER_HASH__",
        [(key, value)] => digest(&[b"JMT::LeafNode", key, value]),
        _ => {
            let half = leaves.partition_point(|(key, _)| key[bit / 8] << (bit % 8) & 0x80 == 0);
            let (left, right) = leaves.split_at(half);
            digest(&[
                b"JMT::IntrnalNode",
                &subtree(left, bit + 1),
                &subtree(right, bit + 1),
            ])
        }
    }
}

fn digest(parts: &[&[u8]]) -> [u8; 32] {
    Sha256::digest(parts.concat()).into()
}

fn apply(model: &mut Model, changes: &Writes) {
    for (key, record) in changes {
        match record {
            Some(record) => model.insert(key.clone(), record.to_vec()),
            None => model.remove(key),
        };
    }
}

/// Changes that depend on nothing but the height: new keys, changed ones, deleted ones, absent ones deleted.
fn changes(height: u64) -> Writes {
    let number = |n: u64| u64::from(hash(&format!("{height} {n}")).as_bytes()[0]);
    (0..number(0) % 40)
        .map(|n| {
            let key = format!("record {}", number(n + 1) % 100).into_bytes();
            let record = (number(n + 100) % 3 > 0).then(|| height.to_string().as_bytes().into());
            (key, record)
        })
        .collect()
}

/// The tree of the crate `jmt`, in memory.
#[derive(Default)]
struct Oracle {
    nodes: RefCell<HashMap<NodeKey, JmtNode>>,
}

impl Oracle {
    fn advance(&self, version: u64, changes: &Writes) -> Hash {
        let leaves = changes.iter().map(|(key, record)| {
            (
                KeyHash(leaf_path(key)),
                record.as_deref().map(<[u8]>::to_vec),
            )
        });
        let tree = Sha256Jmt::new(self);
        let (root, update) = tree.put_value_set(leaves, version).unwrap();
        let nodes = update.node_batch.nodes().iter();
        let nodes = nodes.map(|(key, node)| (key.clone(), node.clone()));
        self.nodes.borrow_mut().extend(nodes);
        Hash::from_bytes(root.0)
    }
}

impl TreeReader for Oracle {
    fn get_node_option(&self, key: &NodeKey) -> anyhow::Result<Option<JmtNode>> {
        Ok(self.nodes.borrow().get(key).cloned())
    }

    fn get_value_option(&self, _: u64, _: KeyHash) -> anyhow::Result<Option<OwnedValue>> {
        unreachable!("records are not read through the tree")
    }

    fn get_rightmost_leaf(&self) -> anyhow::Result<Option<(NodeKey, LeafNode)>> {
        unreachable!("the tree is not restored from chunks")
    }
}

/// Reads every node from the root on, checks every hash and key on the way, and counts nodes and leaves.
fn walk(frozen: &Frozen<'_>) -> (usize, usize) {
    fn visit(frozen: &Frozen<'_>, path: Path, node: &Node) -> (usize, usize) {
        let (mut nodes, mut leaves) = (1, 0);
        for (nibble, child) in node.children() {
            let below = path.child(*nibble);
            match child {
                Child::Leaf(leaf) => {
                    let whole = (0..below.depth()).fold(Path::ROOT, |path, depth| {
                        path.child(crate::tree::node::nibble(&leaf.key, depth))
                    });
                    assert_eq!(whole, below, "a leaf stands under its own key");
                    leaves += 1;
                }
                Child::Inner(hash) => {
                    let inner = read(frozen, &below).unwrap();
                    let inner = inner.expect("every node is there");
                    assert_eq!(inner.hash(), *hash);
                    let found = visit(frozen, below, &inner);
                    nodes += found.0;
                    leaves += found.1;
                }
            }
        }
        (nodes, leaves)
    }
    match read(frozen, &Path::ROOT).unwrap() {
        Some(root) => visit(frozen, Path::ROOT, &root),
        None => (0, 0),
    }
}

fn rows(storage: &Storage, family: Family) -> usize {
    let frozen = storage.database().freeze();
    frozen
        .scan(family, Vec::new(), None, usize::MAX)
        .unwrap()
        .len()
}

#[test]
fn roots_equal_an_independent_computation_and_that_of_jmt() {
    let (_dir, storage) = store_keeping(1000);
    let mut model = Model::from([(b"genesis".to_vec(), b"record".to_vec())]);
    assert_eq!(storage.state_root(0).unwrap(), Some(reference_root(&model)));
    let mut roots = vec![reference_root(&model)];
    let oracle = Oracle::default();
    let genesis = [(b"genesis".to_vec(), Some(b"record"[..].into()))];
    assert_eq!(oracle.advance(0, &Writes::from(genesis)), roots[0]);
    for height in 1..=120 {
        // Some heights empty the tree altogether, the next fills it again.
        let changes = match height % 30 {
            0 => model.keys().map(|key| (key.clone(), None)).collect(),
            _ => changes(height),
        };
        apply(&mut model, &changes);
        let staged = storage.stage(height, &changes).unwrap();
        assert_eq!(staged.root(), reference_root(&model), "height {height}");
        assert_eq!(oracle.advance(height, &changes), staged.root());
        assert_eq!(advance(&storage, height, changes), staged.root());
        let frozen = storage.database().freeze();
        assert_eq!(stored_root(&frozen).unwrap(), staged.root());
        // Nothing is left over of what is no more.
        assert_eq!(walk(&frozen), (rows(&storage, Family::Nodes), model.len()));
        roots.push(staged.root());
    }
    for (height, root) in (0..).zip(roots) {
        assert_eq!(storage.state_root(height).unwrap(), Some(root));
    }
    assert_eq!(storage.state_root(121).unwrap(), None);
    let stored: Model = storage
        .snapshot()
        .scan(b"", None, 1000)
        .unwrap()
        .into_iter()
        .collect();
    assert_eq!(stored, model);
}

#[test]
fn the_root_does_not_tell_how_the_state_was_written() {
    let (_one_dir, one) = store_keeping(1000);
    let (_many_dir, many) = store_keeping(1000);
    let all: Writes = (0..100)
        .flat_map(changes)
        .filter(|(_, record)| record.is_some())
        .collect();
    let at_once = advance(&one, 1, all.clone());
    // One key a height from the last to the first, each with a detour that is undone.
    let mut height = 0;
    let mut piecemeal = None;
    for (key, record) in all.into_iter().rev() {
        height += 2;
        let detour = [
            (key.clone(), None),
            (b"detour".to_vec(), Some([1][..].into())),
        ];
        advance(&many, height - 1, Writes::from(detour));
        let undone = [(key, record), (b"detour".to_vec(), None)];
        piecemeal = Some(advance(&many, height, Writes::from(undone)));
    }
    assert_eq!(piecemeal, Some(at_once));
}

#[test]
fn an_empty_height_has_the_root_of_the_one_before() {
    for genesis in [writes(&[]), writes(&[("a", Some("1"))]), changes(7)] {
        let dir = tempfile::tempdir().unwrap();
        let storage = Storage::open_keeping(dir.path(), 3).unwrap();
        let root = storage.initialize(hash("genesis"), &genesis).unwrap();
        for height in 1..=8 {
            assert_eq!(advance(&storage, height, Writes::new()), root);
            assert_eq!(storage.state_root(height).unwrap(), Some(root));
        }
        // Deleting what is not there changes no root either.
        assert_eq!(advance(&storage, 9, writes(&[("absent", None)])), root);
        // And a root copied so often can still be built on.
        let mut model = Model::new();
        apply(&mut model, &genesis);
        apply(&mut model, &writes(&[("b", Some("2"))]));
        let changed = advance(&storage, 10, writes(&[("b", Some("2"))]));
        assert_eq!(changed, reference_root(&model));
        assert_eq!(rows(&storage, Family::Roots), 3);
    }
}

#[test]
fn pruning_keeps_the_last_roots() {
    const KEEP: u64 = 5;
    let (_dir, storage) = store_keeping(KEEP);
    let mut roots = vec![storage.state_root(0).unwrap().unwrap()];
    for height in 1..=25 {
        roots.push(advance(&storage, height, changes(height)));
        let oldest = (height + 1).saturating_sub(KEEP);
        for version in 0..=height {
            let root = storage.state_root(version).unwrap();
            let kept = (version >= oldest).then(|| roots[version as usize]);
            assert_eq!(root, kept, "version {version} at height {height}");
        }
    }
}

#[test]
fn nodes_that_are_read_again_are_those_that_were_in_memory() {
    let (_dir, storage) = store_keeping(5);
    let (twin_dir, mut twin) = store_keeping(5);
    for height in 1..=60 {
        let root = advance(&storage, height, changes(height));
        assert_eq!(advance(&twin, height, changes(height)), root);
        // Every other block finds nothing in memory.
        if height % 2 == 0 {
            drop(twin);
            twin = Storage::open_keeping(twin_dir.path(), 5).unwrap();
        }
    }
}

#[test]
fn a_store_that_kept_more_versions_is_caught_up_with() {
    let (dir, storage) = store_keeping(20);
    for height in 1..=20 {
        advance(&storage, height, changes(height));
    }
    drop(storage);
    let storage = Storage::open_keeping(dir.path(), 3).unwrap();
    let oldest =
        |storage: &Storage, tip| (0..=tip).find(|v| storage.state_root(*v).unwrap().is_some());
    assert_eq!(oldest(&storage, 20), Some(1));
    advance(&storage, 21, changes(21));
    assert_eq!(oldest(&storage, 21), Some(3));
    for height in 22..=45 {
        advance(&storage, height, changes(height));
    }
    assert_eq!(oldest(&storage, 45), Some(43));
    assert_eq!(rows(&storage, Family::Roots), 3);
    drop(storage);

    // Keeping more again cannot bring back what is gone.
    let storage = Storage::open_keeping(dir.path(), 20).unwrap();
    advance(&storage, 46, changes(46));
    assert_eq!(oldest(&storage, 46), Some(43));
}

/// What is there and what is not, of the last heights that are kept, as whoever has only the root checks it.
#[test]
fn records_are_proven_as_of_each_height_that_is_kept() {
    let (_dir, storage) = store_keeping(50);
    let mut model = Model::new();
    let mut roots = Vec::new();
    for height in 1..=30 {
        let changes = changes(height);
        apply(&mut model, &changes);
        roots.push((height, advance(&storage, height, changes), model.clone()));
    }
    let most = *KEEP_SNAPSHOTS.end();
    assert!(storage.snapshot_at(30 - most as u64).is_none());
    assert!(storage.snapshot_at(31).is_none());
    for (height, root, model) in roots.iter().skip(30 - most) {
        let snapshot = storage.snapshot_at(*height).expect("it is kept");
        let keys: Vec<Vec<u8>> = (0..130)
            .step_by(3)
            .map(|n| format!("record {n}").into_bytes())
            .collect();
        let entries: Vec<Entry<'_>> = keys
            .iter()
            .map(|key| Entry {
                key,
                record: model.get(key).map(Vec::as_slice),
            })
            .collect();
        assert!(entries.iter().any(|entry| entry.record.is_some()));
        let proof = snapshot.prove(&keys).unwrap();
        assert_eq!(verify(root, &proof, &entries), Ok(()), "height {height}");
        let other = Hash::tagged("another root", &[]);
        assert_eq!(
            verify(&other, &proof, &entries),
            Err(StateProofError::OtherRoot)
        );
    }
}

/// Rows that large blocks replace are not held from being merged away for long.
#[test]
fn of_large_commits_few_snapshots_are_kept() {
    let (_dir, storage) = store_keeping(50);
    let (least, most) = (*KEEP_SNAPSHOTS.start() as u64, *KEEP_SNAPSHOTS.end() as u64);
    let kept = |storage: &Storage, tip: u64| {
        let kept = (0..=tip).filter(|height| storage.snapshot_at(*height).is_some());
        let kept: Vec<u64> = kept.collect();
        // Always the last ones, without a gap.
        assert_eq!(kept.last(), Some(&tip));
        assert!(kept.windows(2).all(|two| two[0] + 1 == two[1]));
        kept.len() as u64
    };
    let change = |height: u64, records: usize| {
        let changed = (0..records).map(|n| {
            let key = format!("record {n}").into_bytes();
            (key, Some(height.to_be_bytes()[..].into()))
        });
        advance(&storage, height, changed.collect());
    };
    for height in 1..=20 {
        change(height, 3);
    }
    assert_eq!(kept(&storage, 20), most);
    // What one such changes is not too much yet with the small ones, what two do is.
    let large = KEEP_CHANGED - 3 * *KEEP_SNAPSHOTS.end();
    change(21, large);
    assert_eq!(kept(&storage, 21), most);
    change(22, large);
    assert_eq!(kept(&storage, 22), least);
    for height in 23..=40 {
        change(height, 3);
    }
    assert_eq!(kept(&storage, 40), most);
}
