//! Roots against an independent computation, and pruning.

use counterfoil_types::hash::Hash;
use jmt::JellyfishMerkleTree;
use jmt::storage::{NibblePath, Node, NodeKey, TreeReader};
use sha2::{Digest, Sha256};

use super::{Model, advance, hash, store_keeping, writes};
use crate::db::{Family, Frozen};
use crate::tree::Nodes;
use crate::{Storage, Writes};

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
            Some(record) => model.insert(key.clone(), record.clone()),
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
            let record = (number(n + 100) % 3 > 0).then(|| format!("{height}").into_bytes());
            (key, record)
        })
        .collect()
}

fn root_key(version: u64) -> NodeKey {
    NodeKey::new(version, NibblePath::from_iter([]))
}

/// Reads every node of a version, checks every hash on the way, and counts the leaves.
fn walk(frozen: &Frozen<'_>, version: u64) -> usize {
    fn visit(nodes: &Nodes<'_>, key: NodeKey, expected: [u8; 32]) -> usize {
        match nodes
            .get_node(&key)
            .expect("every node of a kept version is there")
        {
            Node::Null => 0,
            Node::Leaf(leaf) => {
                assert_eq!(leaf.hash::<Sha256>(), expected);
                1
            }
            Node::Internal(node) => {
                assert_eq!(node.hash::<Sha256>(), expected);
                let children = node.children_sorted();
                children
                    .map(|(nibble, child)| {
                        let path = key.nibble_path().nibbles().chain([nibble]);
                        let child_key = NodeKey::new(child.version, path.collect::<NibblePath>());
                        visit(nodes, child_key, child.hash)
                    })
                    .sum()
            }
        }
    }
    let nodes = Nodes(frozen);
    let root = JellyfishMerkleTree::<_, Sha256>::new(&nodes)
        .get_root_hash(version)
        .unwrap();
    visit(&nodes, root_key(version), root.0)
}

fn rows(storage: &Storage, family: Family) -> usize {
    let frozen = storage.database().freeze();
    frozen
        .scan(family, Vec::new(), None, usize::MAX)
        .unwrap()
        .len()
}

#[test]
fn roots_equal_an_independent_computation() {
    let (_dir, storage) = store_keeping(1000);
    let mut model = Model::from([(b"genesis".to_vec(), b"record".to_vec())]);
    assert_eq!(storage.state_root(0).unwrap(), Some(reference_root(&model)));
    let mut roots = vec![reference_root(&model)];
    for height in 1..=120 {
        // Some heights empty the tree altogether, the next fills it again.
        let changes = match height % 30 {
            0 => model.keys().map(|key| (key.clone(), None)).collect(),
            _ => changes(height),
        };
        apply(&mut model, &changes);
        let staged = storage.stage(height, &changes).unwrap();
        assert_eq!(staged.root(), reference_root(&model), "height {height}");
        assert_eq!(advance(&storage, height, changes), staged.root());
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
        let detour = [(key.clone(), None), (b"detour".to_vec(), Some(vec![1]))];
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
        // Copies of the root are pruned like other nodes.
        assert_eq!(rows(&storage, Family::Stale), 2);
    }
}

#[test]
fn pruning_keeps_the_last_versions_and_nothing_else() {
    const KEEP: u64 = 5;
    let (_dir, storage) = store_keeping(KEEP);
    let (mut model, mut leaves, mut roots) = (
        Model::from([(b"genesis".to_vec(), b"record".to_vec())]),
        vec![1],
        vec![],
    );
    roots.push(reference_root(&model));
    for height in 1..=55 {
        let changes = match height % 20 {
            0 => model.keys().map(|key| (key.clone(), None)).collect(),
            19 => Writes::new(),
            _ => changes(height),
        };
        apply(&mut model, &changes);
        leaves.push(model.len());
        roots.push(advance(&storage, height, changes));

        let oldest = (height + 1).saturating_sub(KEEP);
        let frozen = storage.database().freeze();
        for version in 0..=height {
            let root = storage.state_root(version).unwrap();
            if version < oldest {
                assert_eq!(root, None, "version {version} at height {height}");
            } else {
                assert_eq!(root, Some(roots[version as usize]));
                assert_eq!(walk(&frozen, version), leaves[version as usize]);
            }
        }
    }
    // Once the state stands still, only its own nodes and the copied roots are left.
    let live = roots.len() as u64;
    let mut counts = Vec::new();
    for height in live..live + 3 * KEEP {
        advance(&storage, height, Writes::new());
        counts.push((rows(&storage, Family::Nodes), rows(&storage, Family::Stale)));
    }
    let frozen = storage.database().freeze();
    let nodes_without_root = count_nodes(&frozen, live + 3 * KEEP - 1) - 1;
    assert!(nodes_without_root > 0);
    assert_eq!(
        counts.last(),
        Some(&(nodes_without_root + KEEP as usize, KEEP as usize - 1))
    );
    assert_eq!(counts[2 * KEEP as usize], counts[3 * KEEP as usize - 1]);
}

/// The nodes one version consists of.
fn count_nodes(frozen: &Frozen<'_>, version: u64) -> usize {
    let nodes = Nodes(frozen);
    let mut open = vec![root_key(version)];
    let mut count = 0;
    while let Some(key) = open.pop() {
        count += 1;
        if let Node::Internal(node) = nodes.get_node(&key).unwrap() {
            open.extend(node.children_sorted().map(|(nibble, child)| {
                let path = key.nibble_path().nibbles().chain([nibble]);
                NodeKey::new(child.version, path.collect::<NibblePath>())
            }));
        }
    }
    count
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
    assert_eq!(rows(&storage, Family::Stale), 2);
    drop(storage);

    // Keeping more again cannot bring back what is gone.
    let storage = Storage::open_keeping(dir.path(), 20).unwrap();
    advance(&storage, 46, changes(46));
    assert_eq!(oldest(&storage, 46), Some(43));
}
