//! What makes a file's name survive a power failure: its folder, synced.

use std::fs::File;
use std::io;
use std::path::Path;

/// Syncs the folder that a new, renamed or removed file is in.
pub fn sync_folder_of(file: &Path) -> io::Result<()> {
    match file.parent() {
        Some(folder) if folder != Path::new("") => File::open(folder)?.sync_all(),
        _ => Ok(()),
    }
}
