//! The `counterfoil` command: signs transactions, reads the ledger, runs local
//! networks, the demo and the audit. It speaks to nodes through gRPC alone.

mod advice;
mod amounts;
mod arguments;
mod audit;
mod award;
mod client;
mod commands;
mod demo;
mod events;
mod failure;
mod frozen;
mod interrupt;
mod lists;
mod localnet;
mod output;
mod owed;
mod session;
mod shell;
mod signer;
mod views;

use std::process::ExitCode;

use clap::Parser as _;

use crate::arguments::Arguments;
use crate::failure::Failure;
use crate::session::Session;

/// Parses the command line, does what it says, prints, and returns the exit code.
pub fn run() -> ExitCode {
    let Arguments { global, command } = Arguments::parse();
    let format = global.output;
    let session = Session::new(global);
    let outcome = tokio::runtime::Builder::new_multi_thread()
        .enable_all()
        .build()
        .map_err(|e| Failure::Failed(format!("cannot start the runtime: {e}")))
        .and_then(|runtime| runtime.block_on(commands::execute(command, &session)));
    match outcome {
        Ok(answer) => {
            answer.print(format);
            match answer.failure {
                None => ExitCode::SUCCESS,
                Some(message) => {
                    eprintln!("counterfoil: {message}");
                    Failure::FAILED.into()
                }
            }
        }
        Err(failure) => {
            output::print_failure(&failure, format);
            failure.exit_code()
        }
    }
}
