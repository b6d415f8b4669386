//! Any text as a genesis: it is refused, or it says the same when it is written again.
#![no_main]

use counterfoil_types::genesis::Genesis;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|text: &str| {
    if let Ok(genesis) = Genesis::from_json(text) {
        let again = Genesis::from_json(&genesis.to_json()).expect("what is written is read");
        assert_eq!(again.hash(), genesis.hash());
    }
});
