//! The `counterfoil` command: everything is in the library beside it.

use std::process::ExitCode;

fn main() -> ExitCode {
    counterfoil_cli::run()
}
