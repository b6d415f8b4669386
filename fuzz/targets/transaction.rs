//! Any bytes as a signed transaction: it is refused, or they are the one encoding of it.
#![no_main]

use counterfoil_execution::check;
use libfuzzer_sys::fuzz_target;

fuzz_target!(|bytes: &[u8]| {
    if let Ok(verified) = check(bytes, "test-1") {
        assert_eq!(verified.bytes(), bytes);
    }
});
