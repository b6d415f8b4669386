//! The disk under the node's data: what the data takes of it, what is free, and when too
//! little is left to go on.

use std::fs;
use std::io;
use std::os::unix::fs::MetadataExt as _;
use std::path::PathBuf;
use std::time::Duration;

const MIB: u64 = 1024 * 1024;
/// What `st_blocks` counts in, whatever the file system's own blocks are.
const STAT_BLOCK: u64 = 512;
/// How often free room is looked at while the node runs. Within it a node writes a small part of
/// the least reserve.
const LOOK: Duration = Duration::from_secs(1);

/// The folder of the node's data, and how much of its disk must stay free.
#[derive(Clone, Debug)]
pub struct Disk {
    folder: PathBuf,
    reserve_mib: u64,
}

/// Less is free than must be.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "the disk of {} is nearly full: {free_mib} MiB are free, and the node stops below {reserve_mib} MiB \
     (disk.reserve_mib), before a write fails. The data is whole; make room, then start the node again",
    folder.display()
)]
pub struct Shortage {
    folder: PathBuf,
    free_mib: u64,
    reserve_mib: u64,
}

impl Disk {
    pub fn new(folder: PathBuf, reserve_mib: u64) -> Self {
        Self {
            folder,
            reserve_mib,
        }
    }

    /// What this user may still write.
    pub fn free_bytes(&self) -> io::Result<u64> {
        let stat = rustix::fs::statvfs(&self.folder)?;
        Ok(stat.f_bavail.saturating_mul(stat.f_frsize))
    }

    /// What the files in the folder take.
    pub fn data_bytes(&self) -> io::Result<u64> {
        let mut bytes = 0;
        let mut folders = vec![self.folder.clone()];
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder)? {
                let entry = entry?;
                match entry.metadata() {
                    Ok(found) if found.is_dir() => folders.push(entry.path()),
                    Ok(found) => bytes += found.blocks() * STAT_BLOCK,
                    // The store removes files while they are counted.
                    Err(e) if e.kind() == io::ErrorKind::NotFound => {}
                    Err(e) => return Err(e),
                }
            }
        }
        Ok(bytes)
    }

    /// Fails where less is free than must be.
    pub fn check(&self) -> Result<(), Shortage> {
        let free_mib = match self.free_bytes() {
            Ok(free) => free / MIB,
            Err(error) => {
                // A disk that does not tell is not a full one; writes to it still fail by themselves.
                tracing::warn!(%error, folder = %self.folder.display(), "cannot see how much of the disk is free");
                return Ok(());
            }
        };
        if free_mib >= self.reserve_mib {
            return Ok(());
        }
        Err(Shortage {
            folder: self.folder.clone(),
            free_mib,
            reserve_mib: self.reserve_mib,
        })
    }

    /// Resolves when less is free than must be.
    pub async fn until_short(&self) -> Shortage {
        let mut looks = tokio::time::interval(LOOK);
        looks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            looks.tick().await;
            if let Err(shortage) = self.check() {
                return shortage;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn less_free_than_the_reserve_is_a_shortage() {
        let folder = tempfile::tempdir().unwrap();
        let disk = |reserve_mib| Disk::new(folder.path().to_owned(), reserve_mib);
        disk(0).check().unwrap();
        let shortage = disk(u64::MAX).check().unwrap_err();
        let message = shortage.to_string();
        assert!(message.contains("disk.reserve_mib"), "{message}");
    }

    #[test]
    fn data_is_counted_in_every_folder() {
        let folder = tempfile::tempdir().unwrap();
        let disk = Disk::new(folder.path().to_owned(), 0);
        let before = disk.data_bytes().unwrap();
        fs::create_dir(folder.path().join("inner")).unwrap();
        fs::write(folder.path().join("inner/file"), vec![1; 100_000]).unwrap();
        let grown = disk.data_bytes().unwrap() - before;
        assert!((100_000..200_000).contains(&grown), "{grown}");
    }
}
