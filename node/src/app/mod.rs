//! The commands of `counterfoild`: making a node's home, running the node, and
//! replaying, copying, restoring and verifying what it stored.
//!
//! Exit codes: 0 ok, 1 failed, 2 usage, 5 no room on the disk.

mod backup;
mod descriptors;
mod init;
mod logs;
mod progress;
mod replay;
mod restore;
mod run;
mod runtimes;
mod verify;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use counterfoil_keystore::{Keystore, KeystoreError};
use counterfoil_types::genesis::{Genesis, GenesisError};

use crate::config::{Config, ConfigError, keys};
use crate::ledger::LedgerError;

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("COUNTERFOIL_COMMIT"),
    ")"
);

/// The disk is full: with room the same command goes on where it was, which no other failure promises.
const NO_ROOM: u8 = 5;

/// A node of a Counterfoil network.
#[derive(Parser)]
#[command(name = "counterfoild", version = VERSION)]
struct Arguments {
    #[command(subcommand)]
    command: Command,
}

#[derive(Subcommand)]
enum Command {
    /// Make a node's home: its settings, and keys where there are none.
    Init(init::Arguments),
    /// Run the node until it is told to stop (SIGTERM, or Ctrl-C).
    Run {
        /// The node's home.
        #[arg(long)]
        home: PathBuf,
        #[command(flatten)]
        password: Password,
    },
    /// Execute every stored block anew and compare all roots. The node must be stopped.
    Replay(replay::Arguments),
    /// Copy a stopped node's ledger to a new folder. A running node does it on SIGUSR1.
    Backup(backup::Arguments),
    /// Put a backup into the home of a node that has no data.
    Restore(restore::Arguments),
    /// Hold what a stopped node, or a backup, has stored against its own hashes and signatures.
    Verify(verify::Arguments),
}

/// What opens the node's keys. A password is never an argument: everybody on the machine could read it.
#[derive(clap::Args)]
struct Password {
    /// The first line of this file is the password of the node's keys. COUNTERFOILD_PASSWORD may
    /// hold the password itself; else it is asked for at the terminal.
    #[arg(long, env = "COUNTERFOILD_PASSWORD_FILE", value_name = "FILE")]
    password_file: Option<PathBuf>,
}

impl Password {
    /// The command line before `node.toml`.
    fn keystore(&self, config: &Config) -> Keystore {
        let named = self.password_file.as_ref();
        keys::keystore(named.or(config.password_file.as_ref()).cloned())
    }
}

/// How results are printed. Everything else goes to stderr.
#[derive(Clone, Copy, PartialEq, Eq, Debug, ValueEnum)]
enum Output {
    Table,
    Json,
}

/// Why a command failed.
#[derive(Debug, thiserror::Error)]
enum AppError {
    #[error(transparent)]
    Config(#[from] ConfigError),
    #[error(transparent)]
    Keystore(#[from] KeystoreError),
    #[error("{path}: {source}")]
    Genesis { path: PathBuf, source: GenesisError },
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Init(#[from] init::InitError),
    #[error(transparent)]
    Run(#[from] run::RunError),
    #[error(transparent)]
    Replay(#[from] replay::ReplayError),
    #[error(transparent)]
    Backup(#[from] backup::BackupError),
    #[error(transparent)]
    Restore(#[from] restore::RestoreError),
    #[error(transparent)]
    Verify(#[from] verify::VerifyError),
}

impl AppError {
    fn exit_code(&self) -> ExitCode {
        let no_room = match self {
            Self::Run(error) => error.is_for_want_of_room(),
            Self::Ledger(LedgerError::Storage(error)) => error.is_for_want_of_room(),
            _ => false,
        };
        if no_room {
            return NO_ROOM.into();
        }
        ExitCode::FAILURE
    }
}

pub fn main() -> ExitCode {
    // Says what is wrong with the arguments, and exits with 2.
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Init(arguments) => init::init(&arguments),
        Command::Run { home, password } => run::run(&home, &password),
        Command::Replay(arguments) => replay::replay(&arguments),
        Command::Backup(arguments) => backup::backup(&arguments),
        Command::Restore(arguments) => restore::restore(&arguments),
        Command::Verify(arguments) => verify::verify(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            // A log in JSON stays JSON to its last line.
            if tracing::dispatcher::has_been_set() {
                tracing::error!("{error}");
            } else {
                eprintln!("counterfoild: {error}");
            }
            error.exit_code()
        }
    }
}

fn read_genesis(path: &Path) -> Result<Genesis, AppError> {
    let text = std::fs::read_to_string(path).map_err(|source| ConfigError::Read {
        path: path.to_owned(),
        source,
    })?;
    Genesis::from_json(&text).map_err(|source| AppError::Genesis {
        path: path.to_owned(),
        source,
    })
}

/// Prints pairs of a name and a value in two columns.
fn print_table(rows: &[(&str, String)]) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, value) in rows {
        println!("{name:width$}  {value}");
    }
}
