//! Where a follower goes on, kept in a file over its own end.

use std::fs::{self, File};
use std::io::{self, Write as _};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};

use crate::failure::Failure;

/// A state file of one organization on one chain.
#[derive(Debug)]
pub struct State {
    path: PathBuf,
    chain_id: String,
    organization: String,
    next_height: Option<u64>,
}

#[derive(Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
struct Kept {
    chain_id: String,
    organization: String,
    next_height: u64,
}

impl State {
    /// Reads the file, where there is one already.
    pub fn open(path: PathBuf, chain_id: &str, organization: &str) -> Result<Self, Failure> {
        let failed = |problem: &dyn std::fmt::Display| {
            let path = path.display();
            Failure::Failed(format!("state file {path}: {problem}"))
        };
        let kept = match fs::read_to_string(&path) {
            Ok(text) => {
                let kept: Kept = serde_json::from_str(&text).map_err(|e| {
                    failed(&format!(
                        "{e}; it is no state file of `counterfoil events`: name another"
                    ))
                })?;
                if (&*kept.chain_id, &*kept.organization) != (chain_id, organization) {
                    return Err(failed(&format!(
                        "it is of {} on {}, not of {organization} on {chain_id}: name another for this one",
                        kept.organization, kept.chain_id
                    )));
                }
                Some(kept.next_height)
            }
            Err(e) if e.kind() == io::ErrorKind::NotFound => None,
            Err(e) => return Err(failed(&e)),
        };
        Ok(Self {
            path,
            chain_id: chain_id.to_owned(),
            organization: organization.to_owned(),
            next_height: kept,
        })
    }

    /// The height that was kept when the file was opened.
    pub fn next_height(&self) -> Option<u64> {
        self.next_height
    }

    /// Keeps a height. Once this returns, it survives the machine; before, the earlier one does.
    pub fn keep(&self, next_height: u64) -> Result<(), Failure> {
        let kept = Kept {
            chain_id: self.chain_id.clone(),
            organization: self.organization.clone(),
            next_height,
        };
        let text = serde_json::to_string(&kept).expect("text and a number are JSON");
        self.replace(&text).map_err(|e| {
            let path = self.path.display();
            Failure::Failed(format!(
                "state file {path}: {e}; what was printed last will be printed again"
            ))
        })
    }

    fn replace(&self, text: &str) -> io::Result<()> {
        let folder = match self.path.parent() {
            Some(folder) if folder != Path::new("") => folder,
            _ => Path::new("."),
        };
        let mut file = tempfile::NamedTempFile::new_in(folder)?;
        writeln!(file, "{text}")?;
        file.as_file().sync_all()?;
        file.persist(&self.path)?;
        File::open(folder)?.sync_all()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_was_kept_is_read_again_by_the_same_organization_on_the_same_chain() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("events.state");
        let open = |chain_id, organization| State::open(path.clone(), chain_id, organization);
        let state = open("c", "bank-a").unwrap();
        assert_eq!(state.next_height(), None);
        state.keep(3).unwrap();
        state.keep(4).unwrap();
        assert_eq!(open("c", "bank-a").unwrap().next_height(), Some(4));
        for (chain_id, organization) in [("d", "bank-a"), ("c", "bank-b")] {
            let refused = open(chain_id, organization).unwrap_err().to_string();
            assert!(refused.contains("bank-a on c"), "{refused}");
        }
        // Nothing else is left behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);
        fs::write(&path, "4").unwrap();
        assert!(open("c", "bank-a").is_err());
    }
}
