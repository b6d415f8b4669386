//! Stopping for good. Where going on might sign two different votes, or build on
//! a ledger that differs from the others', the node leaves a `HALTED` file with the
//! reason and ends; it does not start again until an operator has removed the file.

use std::fs::{self, File};
use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::sync::{Arc, OnceLock};
use std::time::Duration;

use malachitebft_app::engine::util::events::{Event, RxEvent};
use malachitebft_app::wal;
use malachitebft_app_channel::EngineHandle;
use tokio::sync::broadcast::error::RecvError;

use super::context::Ctx;
use super::error::ConsensusError;
use crate::disk::Disk;
use crate::durable::sync_folder_of;

/// A stopping engine ends its supervisor within this; one that hangs on purpose never does.
const SUPERVISOR_END: Duration = Duration::from_secs(3);

/// Refuses to go on while the file stands.
pub fn check_halted(halted_file: &Path) -> Result<(), ConsensusError> {
    match fs::read_to_string(halted_file) {
        Ok(reason) => Err(ConsensusError::Halted {
            path: halted_file.to_owned(),
            reason: reason.trim().to_owned(),
        }),
        Err(e) if e.kind() == io::ErrorKind::NotFound => Ok(()),
        // A file that cannot be read still says that the node halted.
        Err(e) => Err(ConsensusError::Halted {
            path: halted_file.to_owned(),
            reason: format!("the file cannot be read: {e}"),
        }),
    }
}

/// Leaves the file, durably, and gives the error to end with. The first reason stays.
pub fn halt(halted_file: &Path, reason: String) -> ConsensusError {
    tracing::error!(reason, file = %halted_file.display(), "halted");
    match write_new(halted_file, &reason) {
        Ok(()) => ConsensusError::Halted {
            path: halted_file.to_owned(),
            reason,
        },
        Err(source) => ConsensusError::HaltedFile {
            path: halted_file.to_owned(),
            reason,
            source,
        },
    }
}

fn write_new(path: &Path, reason: &str) -> io::Result<()> {
    let mut file = match File::create_new(path) {
        Err(e) if e.kind() == io::ErrorKind::AlreadyExists => return Ok(()),
        file => file?,
    };
    writeln!(file, "{reason}")?;
    file.sync_all()?;
    sync_folder_of(path)
}

/// The engine's log of votes.
pub fn wal_file(wal_dir: &Path) -> PathBuf {
    wal_dir.join("consensus.wal")
}

/// Reads the WAL once before the engine does, to tell a damaged one, which halts
/// the node, from a disk that cannot be used just now. The engine would cut off
/// what it cannot read of the height it is to go on with, and with it what this node has signed.
pub fn check_wal(
    wal_dir: &Path,
    height: u64,
    halted_file: &Path,
) -> Result<PathBuf, ConsensusError> {
    let path = wal_file(wal_dir);
    let unusable = |source| ConsensusError::Wal {
        path: path.clone(),
        source,
    };
    fs::create_dir_all(wal_dir).map_err(unusable)?;
    match wal::Log::open(&path).and_then(|mut log| read_entries(&mut log, height)) {
        Ok(()) => Ok(path),
        Err(e)
            if matches!(
                e.kind(),
                io::ErrorKind::InvalidData | io::ErrorKind::UnexpectedEof
            ) =>
        {
            let reason = format!("the consensus WAL {} is damaged: {e}", path.display());
            Err(halt(halted_file, reason))
        }
        Err(e) => Err(unusable(e)),
    }
}

/// Fails at the first entry that is not as it was written. What is there of another height is over.
fn read_entries(log: &mut wal::Log, height: u64) -> io::Result<()> {
    if log.sequence() != height || log.is_empty() {
        return Ok(());
    }
    log.iter()?.try_for_each(|entry| entry.map(drop))
}

/// Listens to the engine for the reason of a hang.
pub struct Witness {
    reason: Arc<OnceLock<String>>,
}

impl Witness {
    pub fn listen(mut events: RxEvent<Ctx>) -> Self {
        let reason = Arc::new(OnceLock::new());
        let seen = reason.clone();
        tokio::spawn(async move {
            loop {
                let found = match events.recv().await {
                    Ok(Event::WalCorrupted(e)) => format!("the consensus WAL is damaged: {e}"),
                    Ok(Event::WalReplayError(e)) => {
                        format!("the consensus WAL does not replay to what was signed: {e}")
                    }
                    Ok(_) | Err(RecvError::Lagged(_)) => continue,
                    Err(RecvError::Closed) => return,
                };
                // The first reason is the cause; later ones follow from it.
                let _ = seen.set(found);
            }
        });
        Self { reason }
    }

    /// Why the engine has fallen silent. Where it failed in a way that a restart
    /// repairs, its supervisor ends; where signing again would be unsafe, the engine stops
    /// its actors and keeps the supervisor, and the process, alive on purpose.
    ///
    /// A write to the WAL that fails for want of room is such a failure to the engine. But what it
    /// could not write it has not sent either, and the WAL is whole up to there: with room, the node may go on.
    pub async fn diagnose(
        self,
        engine: EngineHandle,
        halted_file: &Path,
        disk: &Disk,
    ) -> ConsensusError {
        let ended = tokio::time::timeout(SUPERVISOR_END, engine.handle).await;
        if let Some(reason) = self.reason.get() {
            return halt(halted_file, reason.clone());
        }
        if let (Err(_), Err(shortage)) = (&ended, disk.check()) {
            return shortage.into();
        }
        match ended {
            Ok(_) => ConsensusError::Stopped("one of its parts failed; see the log".to_owned()),
            Err(_) => halt(
                halted_file,
                "the engine stopped itself rather than risk signing twice; see the log".to_owned(),
            ),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_halted_node_says_why_until_the_file_is_removed() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("HALTED");
        check_halted(&file).unwrap();
        assert!(matches!(
            halt(&file, "first".into()),
            ConsensusError::Halted { .. }
        ));
        halt(&file, "second".into());
        let ConsensusError::Halted { reason, path } = check_halted(&file).unwrap_err() else {
            panic!("a halted node is refused as halted");
        };
        assert_eq!((reason.as_str(), path), ("first", file.clone()));
        fs::remove_file(&file).unwrap();
        check_halted(&file).unwrap();
    }

    #[test]
    fn a_damaged_wal_halts_and_stays() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("HALTED");
        let wal_dir = dir.path().join("wal");
        let path = check_wal(&wal_dir, 3, &file).unwrap();
        check_wal(&wal_dir, 3, &file).unwrap();
        fs::write(&path, [0xff; 40]).unwrap();
        assert!(matches!(
            check_wal(&wal_dir, 3, &file),
            Err(ConsensusError::Halted { .. })
        ));
        assert!(check_halted(&file).is_err());
        assert_eq!(fs::read(&path).unwrap(), [0xff; 40]);
    }

    #[test]
    fn a_damaged_entry_halts_the_node_that_would_go_on_with_it() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("HALTED");
        let path = check_wal(dir.path(), 3, &file).unwrap();
        {
            let mut log = wal::Log::open(&path).unwrap();
            log.reset(3).unwrap();
            log.append(b"a vote").unwrap();
            log.append(b"another").unwrap();
            log.flush().unwrap();
        }
        check_wal(dir.path(), 3, &file).unwrap();
        let mut bytes = fs::read(&path).unwrap();
        let vote = bytes.windows(6).position(|part| part == b"a vote").unwrap();
        bytes[vote] ^= 1;
        fs::write(&path, &bytes).unwrap();
        // Of a height that is over it does not matter.
        check_wal(dir.path(), 4, &file).unwrap();
        let halted = check_wal(dir.path(), 3, &file);
        assert!(matches!(halted, Err(ConsensusError::Halted { .. })));
        assert_eq!(fs::read(&path).unwrap(), bytes);
    }

    #[test]
    fn a_halted_file_that_cannot_be_written_is_told() {
        let dir = tempfile::tempdir().unwrap();
        let file = dir.path().join("missing").join("HALTED");
        assert!(matches!(
            halt(&file, "reason".into()),
            ConsensusError::HaltedFile { .. }
        ));
    }
}
