//! `restore`: puts a backup into a home without data. The WAL with the node's votes is never
//! restored: an old one would have forgotten the latest, which are those that matter. Instead a
//! file says that this validator's votes are lost, and `consensus` lets it vote when that is safe.

use std::fs::{self, DirBuilder, File};
use std::io;
use std::os::unix::fs::DirBuilderExt as _;
use std::path::{Path, PathBuf};

use counterfoil_proto::v1::Header;
use counterfoil_storage::{Storage, StorageError};
use counterfoil_types::hash::Hash;
use prost::Message as _;

use super::backup::Backup;
use super::{AppError, Output, print_table, read_genesis};
use crate::clock::clock_ms;
use crate::config::Config;
use crate::consensus::mark_restored;

#[derive(clap::Args)]
pub struct Arguments {
    /// The home of the node: its settings, genesis and keys, without data.
    #[arg(long)]
    home: PathBuf,
    /// The backup.
    #[arg(long, required_unless_present = "from_peers")]
    from: Option<PathBuf>,
    /// Restore nothing: the node begins at genesis and gets every block from its peers.
    #[arg(long, conflicts_with = "from")]
    from_peers: bool,
    /// How the result is printed.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Debug, thiserror::Error)]
pub enum RestoreError {
    #[error("{0} holds data; nothing is restored over it. Move it away first")]
    Occupied(PathBuf),
    #[error("the backup is of the chain with genesis {backup}, and this home's genesis is {home}")]
    OtherChain { backup: Hash, home: Hash },
    #[error("{path}: {source}")]
    Copy { path: PathBuf, source: io::Error },
    #[error(
        "what was restored is not the state that backup.json names (height {found}, it says {said}); verify the backup"
    )]
    OtherState { found: u64, said: u64 },
    #[error(
        "this machine's clock is behind the backup's last block; set it right, move {0} away and restore again: by the \
         clock it is told when this validator may vote"
    )]
    ClockBehind(PathBuf),
    #[error(transparent)]
    Storage(#[from] StorageError),
}

pub fn restore(arguments: &Arguments) -> Result<(), AppError> {
    let config = Config::load(&arguments.home)?;
    let genesis_hash = read_genesis(&config.genesis)?.hash();
    let backup = arguments.from.as_deref().map(Backup::open).transpose()?;
    if let Some(backup) = &backup {
        let of_backup = backup.description.genesis_hash;
        if of_backup != genesis_hash {
            return Err(RestoreError::OtherChain {
                backup: of_backup,
                home: genesis_hash,
            }
            .into());
        }
    }
    let at = |source| RestoreError::Copy {
        path: config.data.clone(),
        source,
    };
    if fs::read_dir(&config.data).is_ok_and(|mut entries| entries.next().is_some()) {
        return Err(RestoreError::Occupied(config.data).into());
    }
    let mut folder = DirBuilder::new();
    folder
        .recursive(true)
        .mode(0o700)
        .create(&config.data)
        .map_err(at)?;
    // First, so that no crash leaves data without it.
    mark_restored(&config.restored_file()).map_err(at)?;
    let height = match &backup {
        Some(backup) => copy(backup, &config)?,
        None => 0,
    };
    let file = config.restored_file().display().to_string();
    match arguments.output {
        Output::Json => println!(
            "{}",
            serde_json::json!({ "home": config.home, "height": height, "restored_file": file })
        ),
        Output::Table => print_table(&[
            ("home", config.home.display().to_string()),
            ("height", height.to_string()),
            ("does not vote while", format!("{file} is there")),
        ]),
    }
    Ok(())
}

/// Copies the store, and says at which height it is.
fn copy(backup: &Backup, config: &Config) -> Result<u64, RestoreError> {
    let to = config.ledger_dir();
    let aside = to.with_extension("partial");
    let copied = copy_folder(&backup.ledger(), &aside)
        .and_then(|()| fs::rename(&aside, &to))
        .and_then(|()| File::open(&config.data)?.sync_all());
    copied.map_err(|source| RestoreError::Copy {
        path: to.clone(),
        source,
    })?;
    let storage = Storage::open(&to)?;
    let tip = storage.tip()?;
    let said = &backup.description;
    let found = tip.as_ref().map_or(0, |tip| tip.height);
    let same = tip.is_some_and(|tip| {
        tip.height == said.height
            && tip.block_hash == said.block_hash
            && tip.state_root == said.state_root
    });
    if !same {
        return Err(RestoreError::OtherState {
            found,
            said: said.height,
        });
    }
    let last = storage.summaries(found.max(1), 1)?;
    let header = last
        .first()
        .map(|last| Header::decode(last.header.as_slice()));
    if let Some(Ok(header)) = header
        && header.time_ms > clock_ms()
    {
        return Err(RestoreError::ClockBehind(config.data.clone()));
    }
    Ok(found)
}

/// A store has files and one level of folders.
fn copy_folder(from: &Path, to: &Path) -> io::Result<()> {
    fs::create_dir(to)?;
    for entry in fs::read_dir(from)? {
        let entry = entry?;
        let target = to.join(entry.file_name());
        if entry.file_type()?.is_dir() {
            copy_folder(&entry.path(), &target)?;
        } else {
            fs::copy(entry.path(), &target)?;
            File::open(&target)?.sync_all()?;
        }
    }
    File::open(to)?.sync_all()
}
