//! `counterfoild`, the node's command.

use std::process::ExitCode;

fn main() -> ExitCode {
    counterfoild::app::main()
}
