//! A node of the tree: up to sixteen children, four levels of halves below it.

use std::fmt;
use std::sync::Arc;

use counterfoil_types::proof::state::{NOTHING, inner_hash, leaf_hash};

pub use counterfoil_types::proof::state::Digest;

pub const WIDTH: u8 = 16;
/// Sixteen leaves.
const LONGEST_ROW: usize = 4 + 16 * 64;

/// Where a node stands: the first nibbles of the keys of all leaves below it.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Path {
    nibbles: u8,
    /// Two to a byte; zero after the last one.
    bytes: [u8; 32],
}

impl Path {
    pub const ROOT: Self = Self {
        nibbles: 0,
        bytes: [0; 32],
    };

    pub fn depth(&self) -> usize {
        usize::from(self.nibbles)
    }

    pub fn child(&self, nibble: u8) -> Self {
        let mut child = *self;
        let shift = if self.nibbles.is_multiple_of(2) { 4 } else { 0 };
        child.bytes[self.depth() / 2] |= nibble << shift;
        child.nibbles += 1;
        child
    }

    /// The key of its row: nodes of a level stand together, in order.
    pub fn key(&self) -> Vec<u8> {
        let mut key = vec![self.nibbles];
        key.extend_from_slice(&self.bytes[..self.depth().div_ceil(2)]);
        key
    }
}

impl AsRef<[u8]> for Path {
    /// As much as it takes, whatever its depth.
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

impl fmt::Debug for Path {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{:.*}", self.depth(), hex::encode(self.bytes))
    }
}

/// The nibble of a key at a depth.
pub fn nibble(key: &Digest, depth: usize) -> u8 {
    let byte = key[depth / 2];
    if depth.is_multiple_of(2) {
        byte >> 4
    } else {
        byte & 0xf
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Leaf {
    pub key: Digest,
    pub value: Digest,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Child {
    Leaf(Leaf),
    /// A node of its own, with its hash.
    Inner(Digest),
}

impl Child {
    fn hash(&self) -> Digest {
        match self {
            Self::Leaf(leaf) => leaf_hash(&leaf.key, &leaf.value),
            Self::Inner(hash) => *hash,
        }
    }
}

#[derive(Debug, Default)]
pub struct Node {
    /// By nibble, ascending.
    children: Vec<(u8, Child)>,
}

impl Node {
    pub fn children(&self) -> &[(u8, Child)] {
        &self.children
    }

    pub fn child(&self, nibble: u8) -> Option<Child> {
        let found = self.find(nibble).ok();
        found.map(|index| self.children[index].1)
    }

    /// Whether anything is another now.
    pub fn set(&mut self, nibble: u8, child: Option<Child>) -> bool {
        match (self.find(nibble), child) {
            (Ok(index), Some(child)) => {
                let before = std::mem::replace(&mut self.children[index].1, child);
                return before != child;
            }
            (Err(index), Some(child)) => self.children.insert(index, (nibble, child)),
            (Ok(index), None) => {
                self.children.remove(index);
            }
            (Err(_), None) => return false,
        }
        true
    }

    fn find(&self, nibble: u8) -> Result<usize, usize> {
        self.children.binary_search_by_key(&nibble, |(at, _)| *at)
    }

    /// The hash of all that is below it, which may be nothing.
    pub fn hash(&self) -> Digest {
        hash_of(&self.children, 0, WIDTH)
    }

    /// Which of the sixteen children there are, which of them are leaves, then each: a leaf's key and
    /// value, or a node's hash.
    pub fn encode(&self) -> Arc<[u8]> {
        let mut row = [0; LONGEST_ROW];
        let mut length = 4;
        let (mut there, mut leaves) = (0u16, 0u16);
        let mut put = |part: &Digest| {
            row[length..length + 32].copy_from_slice(part);
            length += 32;
        };
        for (nibble, child) in &self.children {
            there |= 1 << nibble;
            match child {
                Child::Leaf(leaf) => {
                    leaves |= 1 << nibble;
                    put(&leaf.key);
                    put(&leaf.value);
                }
                Child::Inner(hash) => put(hash),
            }
        }
        row[..2].copy_from_slice(&there.to_be_bytes());
        row[2..4].copy_from_slice(&leaves.to_be_bytes());
        Arc::from(&row[..length])
    }

    /// Reads a row back; none where it is damaged.
    pub fn decode(row: &[u8]) -> Option<Self> {
        let (there, row) = row.split_first_chunk()?;
        let (leaves, mut row) = row.split_first_chunk()?;
        let there = u16::from_be_bytes(*there);
        let leaves = u16::from_be_bytes(*leaves);
        if there == 0 || leaves & !there != 0 {
            return None;
        }
        let mut take = || {
            let (digest, rest) = row.split_first_chunk::<32>()?;
            row = rest;
            Some(*digest)
        };
        let mut children = Vec::with_capacity(there.count_ones() as usize);
        for nibble in (0..WIDTH).filter(|nibble| there & (1 << nibble) != 0) {
            let child = if leaves & (1 << nibble) != 0 {
                let (key, value) = (take()?, take()?);
                Child::Leaf(Leaf { key, value })
            } else {
                Child::Inner(take()?)
            };
            children.push((nibble, child));
        }
        row.is_empty().then_some(Self { children })
    }
}

/// The hash of those of these children that stand from a nibble on, so many wide.
pub fn hash_of(children: &[(u8, Child)], start: u8, width: u8) -> Digest {
    match children {
        [] => NOTHING,
        [(_, child)] if width == 1 || matches!(child, Child::Leaf(_)) => child.hash(),
        _ => {
            let half = width / 2;
            let middle = start + half;
            let (left, right) = children.split_at(children.partition_point(|(n, _)| *n < middle));
            let (left, right) = (hash_of(left, start, half), hash_of(right, middle, half));
            inner_hash(&left, &right)
        }
    }
}
