//! The commands of `counterfoild`: making a node's home, running the node, and
//! replaying what it stored.
//!
//! Exit codes: 0 ok, 1 failed, 2 usage.

mod init;
mod logs;
mod replay;
mod run;

use std::path::{Path, PathBuf};
use std::process::ExitCode;

use clap::{Parser, Subcommand, ValueEnum};
use counterfoil_keystore::{Keystore, KeystoreError};
use counterfoil_types::genesis::{Genesis, GenesisError};

use crate::config::{Config, ConfigError, keys};
use crate::ledger::LedgerError;

/// A node of a Counterfoil network.
#[derive(Parser)]
#[command(name = "counterfoild", version)]
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
}

pub fn main() -> ExitCode {
    // Says what is wrong with the arguments, and exits with 2.
    let arguments = Arguments::parse();
    let done = match arguments.command {
        Command::Init(arguments) => init::init(&arguments),
        Command::Run { home, password } => run::run(&home, &password),
        Command::Replay(arguments) => replay::replay(&arguments),
    };
    match done {
        Ok(()) => ExitCode::SUCCESS,
        Err(error) => {
            eprintln!("counterfoild: {error}");
            ExitCode::FAILURE
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
