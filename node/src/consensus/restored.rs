//! A validator that has lost its memory of votes: it was restored from a backup, or its WAL is gone.
//! Were it to vote at a height at which it has voted before, it might vote otherwise, and two
//! conflicting blocks could both find their majority. So it follows without voting, until it
//! has committed a block that was made after the loss.
//!
//! That is enough. Before the loss it had voted at most at the height after the last block it knew,
//! and that block's time is not later than the loss. A committed block with a later time therefore
//! stands at that height or above, and the validator votes only above it. Peers' word on
//! how far the chain is would not do: it is not proven, a block's time is.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};
use std::time::{SystemTime, UNIX_EPOCH};

use serde::{Deserialize, Serialize};

use super::error::ConsensusError;
use crate::durable::sync_folder_of;
use crate::ledger::Ledger;

/// How far clocks may be apart and a block's time ahead of them. Validators whose clocks differ by
/// more than 2 s refuse each other's blocks.
const MARGIN_MS: u64 = 10_000;

const NOTE: &str = "This validator does not remember what it has voted, so it follows without voting. Once it \
    has committed a block made after restored_at_ms, restart it: it removes this file and votes. \
    Remove the file yourself only where no such block can come without this validator's vote, and only if you are sure \
    that it has signed nothing after its last committed block: a vote that contradicts an earlier one can split the chain.";

#[derive(Serialize, Deserialize)]
struct Mark {
    restored_at_ms: u64,
    note: String,
}

/// Leaves the file, durably.
pub fn mark(file: &Path) -> io::Result<()> {
    let since_1970 = SystemTime::now()
        .duration_since(UNIX_EPOCH)
        .map_err(io::Error::other)?;
    let mark = Mark {
        restored_at_ms: u64::try_from(since_1970.as_millis()).map_err(io::Error::other)?,
        note: NOTE.to_owned(),
    };
    let aside = file.with_extension("new");
    let mut written = File::create(&aside)?;
    let text = serde_json::to_string_pretty(&mark).map_err(io::Error::other)?;
    writeln!(written, "{text}")?;
    written.sync_all()?;
    fs::rename(&aside, file)?;
    sync_folder_of(file)
}

/// Whether a validator whose last committed block has this time may vote. Removes the file once it may.
pub fn may_vote(file: &Path, tip_time_ms: u64) -> Result<bool, ConsensusError> {
    let unusable = |source| ConsensusError::Restored {
        path: file.to_owned(),
        source,
    };
    let Some(restored_at_ms) = read(file).map_err(unusable)? else {
        return Ok(true);
    };
    if !is_after(tip_time_ms, restored_at_ms) {
        return Ok(false);
    }
    fs::remove_file(file)
        .and_then(|()| sync_folder_of(file))
        .map_err(unusable)?;
    Ok(true)
}

/// Tells when a restart would let a restored validator vote.
pub async fn tell_when_it_may_vote(file: PathBuf, ledger: Ledger) {
    let Ok(Some(restored_at_ms)) = read(&file) else {
        return;
    };
    let mut tips = ledger.tip_watch();
    let found = tips
        .wait_for(|tip| is_after(tip.time_ms, restored_at_ms))
        .await;
    // An error means that the node stops.
    if let Ok(tip) = found {
        tracing::warn!(
            height = tip.height,
            "committed a block made after this validator was restored: restart it, and it votes again"
        );
    }
}

fn is_after(block_time_ms: u64, restored_at_ms: u64) -> bool {
    block_time_ms > restored_at_ms.saturating_add(MARGIN_MS)
}

fn read(file: &Path) -> io::Result<Option<u64>> {
    let text = match fs::read_to_string(file) {
        Err(e) if e.kind() == io::ErrorKind::NotFound => return Ok(None),
        text => text?,
    };
    let mark: Mark = serde_json::from_str(&text)?;
    Ok(Some(mark.restored_at_ms))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_restored_validator_votes_after_a_block_made_since() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("RESTORED");
        assert!(may_vote(&file, 0).unwrap());
        mark(&file).unwrap();
        let restored_at_ms = read(&file).unwrap().unwrap();
        assert!(!may_vote(&file, restored_at_ms + MARGIN_MS).unwrap());
        assert!(file.exists());
        assert!(may_vote(&file, restored_at_ms + MARGIN_MS + 1).unwrap());
        assert!(!file.exists());
    }

    #[test]
    fn a_file_that_cannot_be_read_lets_nobody_vote() {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("RESTORED");
        fs::write(&file, "junk").unwrap();
        assert!(matches!(
            may_vote(&file, u64::MAX),
            Err(ConsensusError::Restored { .. })
        ));
        assert!(file.exists());
    }
}
