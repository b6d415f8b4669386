//! Any bytes as a proof: it is refused, or of a block that was signed.
#![no_main]

mod golden;

use std::sync::LazyLock;

use counterfoil_types::proof::verify;
use golden::{Golden, golden};
use libfuzzer_sys::fuzz_target;

static GOLDEN: LazyLock<Golden> = LazyLock::new(golden);

fuzz_target!(|file: &[u8]| {
    if let Ok(verified) = verify(file, &GOLDEN.genesis, None) {
        assert!(GOLDEN.blocks.contains(&verified.as_of.hash));
    }
});
