//! The golden files of proofs, which are real: what a validator signed whose key nobody has.

#![allow(dead_code, reason = "each target takes what it needs of them")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;

use counterfoil_proto::v1 as wire;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::hash::Hash;
use counterfoil_types::proof::{Verified, verify};
use serde_json::Value;

pub struct Golden {
    pub genesis: wire::Genesis,
    /// The blocks that they are as of.
    pub blocks: BTreeSet<Hash>,
    /// Those that begin with genesis, and what they say.
    pub files: Vec<(Vec<u8>, Verified)>,
}

pub fn golden() -> Golden {
    let folder = PathBuf::from(concat!(
        env!("CARGO_MANIFEST_DIR"),
        "/../tests/vectors/proofs"
    ));
    let read = |name: &str| fs::read_to_string(folder.join(name)).expect("a golden file");
    let genesis = Genesis::from_json(&read("genesis.json")).expect("a genesis").to_proto();
    let (mut blocks, mut files) = (BTreeSet::new(), Vec::new());
    for file in fs::read_dir(&folder).expect("the golden files") {
        let path = file.expect("a file").path();
        if path
            .extension()
            .is_none_or(|extension| extension != "proof")
        {
            continue;
        }
        let said = fs::read_to_string(path.with_extension("json")).expect("a summary");
        let said: Value = serde_json::from_str(&said).expect("a summary");
        let block = said["block"].as_str().expect("a block");
        blocks.insert(block.parse().expect("a hash"));
        if said["checkpoint"].is_null() {
            let file = fs::read(&path).expect("a proof");
            let said = verify(&file, &genesis, None).expect("it is proven");
            files.push((file, said));
        }
    }
    Golden {
        genesis,
        blocks,
        files,
    }
}
