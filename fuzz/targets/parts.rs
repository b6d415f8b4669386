//! A real proof with parts of it changed, dropped, doubled or swapped: it is refused, or says the same.
#![no_main]

mod golden;

use std::sync::LazyLock;

use counterfoil_proto::v1 as wire;
use counterfoil_types::proof::verify;
use counterfoil_types::strict;
use golden::{Golden, golden};
use libfuzzer_sys::{arbitrary, fuzz_target};
use prost::Message as _;

static GOLDEN: LazyLock<Golden> = LazyLock::new(golden);

#[derive(Debug, arbitrary::Arbitrary)]
struct Edits {
    file: u8,
    edits: Vec<Edit>,
}

#[derive(Debug, arbitrary::Arbitrary)]
enum Edit {
    Record(u8, Change),
    Transaction(u8, Change),
    Entry(u8, Change),
    Shape(Change),
    Hashes(Change),
    Beside(Change),
}

#[derive(Debug, arbitrary::Arbitrary)]
enum Change {
    Flip(u16, u8),
    Cut(u16),
    Drop,
    Double,
    SwapWith(u8),
}

fuzz_target!(|edits: Edits| {
    let files = &GOLDEN.files;
    let (file, said) = &files[usize::from(edits.file) % files.len()];
    let mut proof: wire::Proof = strict::decode(file).expect("a proof");
    for edit in edits.edits {
        apply(&mut proof, edit);
    }
    if let Ok(other) = verify(&proof.encode_to_vec(), &GOLDEN.genesis, None) {
        assert_eq!(other, *said);
    }
});

fn apply(proof: &mut wire::Proof, edit: Edit) {
    let mut none = wire::HistoryRange::default();
    match edit {
        Edit::Record(at, change) => list(&mut proof.records, at, change),
        Edit::Transaction(at, change) => list(&mut proof.transactions, at, change),
        Edit::Entry(at, change) => {
            list(
                &mut proof.range.as_mut().unwrap_or(&mut none).entries,
                at,
                change,
            );
        }
        Edit::Shape(change) => {
            bytes(&mut proof.state.get_or_insert_default().shape, change);
        }
        Edit::Hashes(change) => {
            bytes(&mut proof.state.get_or_insert_default().hashes, change);
        }
        Edit::Beside(change) => {
            bytes(
                &mut proof.range.as_mut().unwrap_or(&mut none).hashes,
                change,
            );
        }
    }
}

/// Something of which bytes can be flipped.
trait Part: Clone {
    fn flip(&mut self, byte: u16, bit: u8);
}

impl Part for Vec<u8> {
    fn flip(&mut self, byte: u16, bit: u8) {
        if !self.is_empty() {
            let at = usize::from(byte) % self.len();
            self[at] ^= 1 << (bit % 8);
        }
    }
}

impl Part for wire::ProvenRecord {
    fn flip(&mut self, byte: u16, bit: u8) {
        match byte % 4 {
            0 => self.key.flip(byte / 4, bit),
            _ => self.record.flip(byte / 4, bit),
        }
    }
}

impl Part for wire::ShownEntry {
    fn flip(&mut self, byte: u16, bit: u8) {
        let mut encoded = self.encode_to_vec();
        encoded.flip(byte, bit);
        if let Ok(flipped) = Self::decode(encoded.as_slice()) {
            *self = flipped;
        }
    }
}

fn list<T: Part>(parts: &mut Vec<T>, at: u8, change: Change) {
    if parts.is_empty() {
        return;
    }
    let at = usize::from(at) % parts.len();
    match change {
        Change::Flip(byte, bit) => parts[at].flip(byte, bit),
        Change::Cut(to) => parts.truncate(usize::from(to)),
        Change::Drop => drop(parts.remove(at)),
        Change::Double => parts.insert(at, parts[at].clone()),
        Change::SwapWith(other) => {
            let other = usize::from(other) % parts.len();
            parts.swap(at, other);
        }
    }
}

fn bytes(of: &mut Vec<u8>, change: Change) {
    match change {
        Change::Flip(byte, bit) => of.flip(byte, bit),
        Change::Cut(to) => of.truncate(usize::from(to)),
        Change::Drop => of.clear(),
        Change::Double => of.extend(of.clone()),
        Change::SwapWith(_) => of.reverse(),
    }
}
