//! `counterfoild`, the node's command.

use std::process::ExitCode;

use tikv_jemallocator::Jemalloc;

/// Under load a sixth of a validator's time went into the system's allocator (docs/performance.md).
#[global_allocator]
static ALLOCATOR: Jemalloc = Jemalloc;

fn main() -> ExitCode {
    counterfoild::app::main()
}
