//! Proof files in the hands of whoever wants to prove something else: of each of the golden files, thousands of others are made, and
//! none is a proof.

use std::path::PathBuf;

use counterfoil_proto::v1 as wire;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::proof::headers::Checkpoint;
use counterfoil_types::proof::history::Entry;
use counterfoil_types::proof::{ProofError, Subject, Verified, verify};
use rand::rngs::StdRng;
use rand::{Rng as _, SeedableRng as _};
use serde_json::Value;

/// Changes in all, beside two bits of each byte.
const CHANGES: usize = 100_000;

struct Vector {
    name: String,
    bytes: Vec<u8>,
    checkpoint: Option<Checkpoint>,
}

fn folder() -> PathBuf {
    PathBuf::from(env!("CARGO_MANIFEST_DIR")).join("vectors/proofs")
}

fn genesis() -> wire::Genesis {
    let text = std::fs::read_to_string(folder().join("genesis.json")).expect("a genesis");
    Genesis::from_json(&text).expect("a genesis").to_proto()
}

fn vectors() -> Vec<Vector> {
    let files = std::fs::read_dir(folder()).expect("the folder is there");
    let mut vectors: Vec<Vector> = files
        .map(|file| file.expect("a file").path())
        .filter(|path| {
            path.extension()
                .is_some_and(|extension| extension == "proof")
        })
        .map(|path| {
            let said = std::fs::read_to_string(path.with_extension("json")).expect("its summary");
            let said: Value = serde_json::from_str(&said).expect("JSON");
            let checkpoint = said["checkpoint"].as_object().map(|known| Checkpoint {
                height: known["height"].as_u64().expect("a height"),
                hash: known["hash"]
                    .as_str()
                    .and_then(|h| h.parse().ok())
                    .expect("a hash"),
            });
            Vector {
                name: path.display().to_string(),
                bytes: std::fs::read(&path).expect("a proof"),
                checkpoint,
            }
        })
        .collect();
    vectors.sort_by(|a, b| a.name.cmp(&b.name));
    assert_eq!(vectors.len(), 18);
    vectors
}

#[test]
fn every_byte_of_every_file_counts() {
    let genesis = genesis();
    for Vector {
        name,
        bytes,
        checkpoint,
    } in vectors()
    {
        let proven = verify(&bytes, &genesis, checkpoint);
        let proven = proven.unwrap_or_else(|e| panic!("{name}: {e}"));
        for at in 0..bytes.len() {
            // Every bit is as good as any other, and all of them would take a minute.
            for bit in [at % 8, (at + 3) % 8] {
                let mut flipped = bytes.clone();
                flipped[at] ^= 1 << bit;
                let verdict = verify(&flipped, &genesis, checkpoint);
                let holds = verdict.is_ok_and(|found| !is_as_true(&proven, &found));
                assert!(!holds, "{name}: bit {bit} of byte {at}");
            }
        }
    }
}

/// Spans that are dropped, doubled, moved, overwritten, or taken from another file.
#[test]
fn nothing_that_is_put_together_otherwise_is_a_proof() {
    let (genesis, vectors) = (genesis(), vectors());
    let mut rng = StdRng::seed_from_u64(7);
    let mut span = |length: usize| {
        let from = rng.gen_range(0..length);
        let most = (length - from).min(if rng.gen_bool(0.5) { 40 } else { length });
        (
            from,
            from + rng.gen_range(1..=most),
            rng.gen_range(0..6),
            rng.r#gen::<u64>(),
        )
    };
    let proven: Vec<Verified> = vectors
        .iter()
        .map(|of| verify(&of.bytes, &genesis, of.checkpoint).expect("it is proven"))
        .collect();
    let mut kinds = std::collections::BTreeMap::new();
    for n in 0..CHANGES {
        let of = &vectors[n % vectors.len()];
        let other = &vectors[(n / vectors.len()) % vectors.len()];
        let (from, to, kind, seed) = span(of.bytes.len());
        let mut changed = of.bytes.clone();
        let at = seed as usize % changed.len();
        match kind {
            0 => drop(changed.drain(from..to)),
            1 => drop(changed.splice(at..at, of.bytes[from..to].iter().copied())),
            2 => changed[from..to].rotate_left(seed as usize % (to - from)),
            3 => changed[from..to].fill(seed as u8),
            4 => changed[from..to].reverse(),
            _ => {
                let from = from.min(other.bytes.len() - 1);
                let to = to.min(other.bytes.len()).max(from + 1);
                changed.splice(at..at.max(to), other.bytes[from..to].iter().copied());
            }
        }
        if changed == of.bytes {
            continue;
        }
        match verify(&changed, &genesis, of.checkpoint) {
            Ok(found) if is_as_true(&proven[n % vectors.len()], &found) => {}
            Ok(_) => panic!(
                "{}: change {n} of kind {kind} at {from}..{to} and {at}",
                of.name
            ),
            Err(error) => *kinds.entry(kind_of(&error)).or_insert(0) += 1,
        }
    }
    // They get further than the first byte.
    assert!(kinds.len() >= 5, "{kinds:?}");
}

/// Whether a changed file says nothing but what the real one does: less of it, or of a window that the same entries answer for
/// (docs/verify.md, "Checking it").
fn is_as_true(real: &Verified, changed: &Verified) -> bool {
    let same = match (&real.subject, &changed.subject) {
        (Subject::History(real), Subject::History(changed)) => {
            let is_known = |entry: &Entry| {
                let known = real
                    .entries
                    .iter()
                    .find(|known| known.sequence == entry.sequence);
                match known {
                    Some(known) => {
                        known.entry == entry.entry && (entry.events.is_none() || known == entry)
                    }
                    // One that stood beside the window.
                    None => entry.events.is_none(),
                }
            };
            (&real.organization, real.length, &real.profile)
                == (&changed.organization, changed.length, &changed.profile)
                && changed.entries.iter().all(is_known)
        }
        (Subject::Committed(real), Subject::Committed(changed)) => {
            let receipt = changed.receipt.clone().or(real.receipt.clone());
            (real.id, &real.transaction, &real.header, &real.receipt)
                == (changed.id, &changed.transaction, &changed.header, &receipt)
        }
        (real, changed) => real == changed,
    };
    same && real.as_of == changed.as_of
}

fn kind_of(error: &ProofError) -> String {
    let text = format!("{error:?}");
    let end = text.find(['(', ' ', '{']).unwrap_or(text.len());
    text[..end].to_owned()
}
