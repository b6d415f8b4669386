//! `backup`: a copy of the ledger as of one block, and what it is a copy of.
//!
//! A backup is a folder with `ledger/` (a checkpoint of the store), `genesis.json`, and
//! `backup.json`, which is written last: without it the copy was not finished. It holds no key and
//! no vote. Where it lies on the node's own file system it shares files with the store, which
//! costs next to nothing and saves from a mistake, but not from a broken disk: copy it elsewhere.

use std::fs::{self, DirBuilder, File};
use std::io::{self, Write as _};
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use counterfoil_storage::{Storage, StorageError};
use counterfoil_types::genesis::Genesis;
use counterfoil_types::hash::Hash;
use serde::{Deserialize, Serialize};

use super::{AppError, Output, print_table, read_genesis};
use crate::config::Config;
use crate::durable::sync_folder_of;
use crate::vitals::COMMIT;

/// The layout of a backup; another one is refused by its number.
const FORMAT: u32 = 1;
const DESCRIPTION: &str = "backup.json";

#[derive(clap::Args)]
pub struct Arguments {
    /// The home of a node that is stopped.
    #[arg(long)]
    home: PathBuf,
    /// The folder to make, best on another disk.
    #[arg(long)]
    to: PathBuf,
    /// How the result is printed.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Debug, thiserror::Error)]
pub enum BackupError {
    #[error("{0} holds no ledger; has this node ever run?")]
    NoLedger(PathBuf),
    #[error("{0} is not empty; name a folder that is new")]
    NotEmpty(PathBuf),
    #[error(
        "{0} is in use: the node runs. It makes a backup itself when it is sent SIGUSR1, and its log says where"
    )]
    Running(PathBuf),
    #[error("{path}: {source}")]
    Folder { path: PathBuf, source: io::Error },
    #[error("{path} is no whole backup: {problem}")]
    NoBackup { path: PathBuf, problem: String },
    #[error(transparent)]
    Storage(#[from] StorageError),
}

/// What `backup.json` says.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Description {
    format: u32,
    pub chain_id: String,
    pub genesis_hash: Hash,
    pub height: u64,
    pub block_hash: Hash,
    pub state_root: Hash,
    /// What made it.
    version: String,
    commit: String,
}

/// A backup on disk.
pub struct Backup {
    pub folder: PathBuf,
    pub description: Description,
}

pub fn backup(arguments: &Arguments) -> Result<(), AppError> {
    let config = Config::load(&arguments.home)?;
    let genesis = read_genesis(&config.genesis)?;
    let ledger = config.ledger_dir();
    if !ledger.exists() {
        return Err(BackupError::NoLedger(ledger).into());
    }
    let storage = match Storage::open(&ledger) {
        Err(StorageError::InUse { dir }) => return Err(BackupError::Running(dir).into()),
        opened => opened.map_err(BackupError::from)?,
    };
    let made = Backup::make(&storage, &genesis, &arguments.to)?;
    made.print(arguments.output);
    Ok(())
}

impl Backup {
    /// Copies a store that may be in use.
    pub fn make(storage: &Storage, genesis: &Genesis, to: &Path) -> Result<Self, BackupError> {
        let at = |source| BackupError::Folder {
            path: to.to_owned(),
            source,
        };
        let mut folder = DirBuilder::new();
        folder.recursive(true).mode(0o700).create(to).map_err(at)?;
        if fs::read_dir(to).map_err(at)?.next().is_some() {
            return Err(BackupError::NotEmpty(to.to_owned()));
        }
        let folder = to.canonicalize().map_err(at)?;
        storage.checkpoint(&folder.join("ledger"))?;
        // The tip of the copy: the store may have gone on.
        let copy = Storage::open_read_only(&folder.join("ledger"))?;
        let missing = || BackupError::NoLedger(to.to_owned());
        let tip = copy.tip()?.ok_or_else(missing)?;
        let description = Description {
            format: FORMAT,
            chain_id: genesis.chain_id.clone(),
            genesis_hash: copy.genesis_hash()?.ok_or_else(missing)?,
            height: tip.height,
            block_hash: tip.block_hash,
            state_root: tip.state_root,
            version: env!("CARGO_PKG_VERSION").to_owned(),
            commit: COMMIT.to_owned(),
        };
        let text =
            serde_json::to_string_pretty(&description).expect("a description has string keys only");
        write_synced(&folder.join("genesis.json"), &genesis.to_json()).map_err(at)?;
        write_synced(&folder.join(DESCRIPTION), &text).map_err(at)?;
        Ok(Self {
            folder,
            description,
        })
    }

    /// Reads what a backup says of itself.
    pub fn open(folder: &Path) -> Result<Self, BackupError> {
        let no_backup = |problem: String| BackupError::NoBackup {
            path: folder.to_owned(),
            problem,
        };
        let text = fs::read_to_string(folder.join(DESCRIPTION))
            .map_err(|e| no_backup(format!("{DESCRIPTION}: {e}")))?;
        let description: Description =
            serde_json::from_str(&text).map_err(|e| no_backup(format!("{DESCRIPTION}: {e}")))?;
        if description.format != FORMAT {
            let problem = format!(
                "its format is {}, and this build reads {FORMAT}",
                description.format
            );
            return Err(no_backup(problem));
        }
        Ok(Self {
            folder: folder.to_owned(),
            description,
        })
    }

    pub fn ledger(&self) -> PathBuf {
        self.folder.join("ledger")
    }

    pub fn genesis(&self) -> PathBuf {
        self.folder.join("genesis.json")
    }

    fn print(&self, output: Output) {
        let description = &self.description;
        match output {
            Output::Json => {
                let mut json = serde_json::json!(description);
                json["folder"] = serde_json::json!(self.folder);
                println!("{json}");
            }
            Output::Table => print_table(&[
                ("backup", self.folder.display().to_string()),
                ("chain", description.chain_id.clone()),
                ("genesis", description.genesis_hash.to_string()),
                ("height", description.height.to_string()),
                ("state root", description.state_root.to_string()),
            ]),
        }
    }
}

fn write_synced(path: &Path, text: &str) -> io::Result<()> {
    let mut file = File::create_new(path)?;
    writeln!(file, "{text}")?;
    file.sync_all()?;
    sync_folder_of(path)
}
