//! Files with a secret in them: made whole and for their owner alone, read only where nobody else
//! can read them, and never into memory that is not wiped.

use std::fs::{self, File};
use std::io::{self, Read as _, Write as _};
use std::os::unix::fs::PermissionsExt as _;
use std::path::Path;

use tempfile::NamedTempFile;
use zeroize::Zeroizing;

use crate::KeystoreError;

/// The longest secret that is read. Keys and passwords are far shorter.
pub const MAX_SECRET_BYTES: usize = 4096;

/// Permission bits of a group or of others.
const OTHERS: u32 = 0o077;

/// The text of a file that only its owner may read.
pub fn read_secret(path: &Path) -> Result<Zeroizing<String>, KeystoreError> {
    let unreadable = |source| KeystoreError::Read {
        path: path.to_owned(),
        source,
    };
    let no_secret = || KeystoreError::NoSecret {
        path: path.to_owned(),
    };
    let file = File::open(path).map_err(unreadable)?;
    let metadata = file.metadata().map_err(unreadable)?;
    if metadata.is_dir() {
        return Err(no_secret());
    }
    let mode = metadata.permissions().mode() & 0o777;
    if mode & OTHERS != 0 {
        return Err(KeystoreError::Exposed {
            path: path.to_owned(),
            mode,
        });
    }
    // Wide enough from the start: growing would leave copies behind in memory.
    let mut text = Zeroizing::new(String::with_capacity(MAX_SECRET_BYTES + 1));
    match file
        .take(MAX_SECRET_BYTES as u64 + 1)
        .read_to_string(&mut text)
    {
        Ok(length) if length <= MAX_SECRET_BYTES => Ok(text),
        Ok(_) => Err(no_secret()),
        Err(e) if e.kind() == io::ErrorKind::InvalidData => Err(no_secret()),
        Err(e) => Err(unreadable(e)),
    }
}

/// Writes a new file that only its owner may read; one that exists is left as it is.
pub fn write_secret(path: &Path, text: &str) -> Result<(), KeystoreError> {
    let whole = || -> io::Result<()> {
        let file = staged(folder_of(path), text)?;
        file.persist_noclobber(path)?;
        sync(folder_of(path))
    };
    whole().map_err(|source| match source.kind() {
        io::ErrorKind::AlreadyExists => KeystoreError::Exists {
            path: path.to_owned(),
        },
        _ => KeystoreError::Write {
            path: path.to_owned(),
            source,
        },
    })
}

/// Writes a file in the place of another. Whatever interrupts it, one of the two is there whole.
pub fn replace_secret(path: &Path, text: &str) -> Result<(), KeystoreError> {
    let whole = || -> io::Result<()> {
        // A link stays one: what it points to is replaced.
        let path = fs::canonicalize(path)?;
        staged(folder_of(&path), text)?.persist(&path)?;
        sync(folder_of(&path))
    };
    whole().map_err(|source| KeystoreError::Write {
        path: path.to_owned(),
        source,
    })
}

/// A nameless neighbour that holds the text, on disk and for its owner alone (mode 0600).
fn staged(folder: &Path, text: &str) -> io::Result<NamedTempFile> {
    let mut file = tempfile::Builder::new()
        .prefix(".counterfoil-")
        .tempfile_in(folder)?;
    file.write_all(text.as_bytes())?;
    file.as_file().sync_all()?;
    Ok(file)
}

/// Without it a crash could take back the file's new name.
fn sync(folder: &Path) -> io::Result<()> {
    File::open(folder)?.sync_all()
}

fn folder_of(path: &Path) -> &Path {
    match path.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secrets_are_kept_from_others_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        write_secret(&path, "first").unwrap();
        let mode = || fs::metadata(&path).unwrap().permissions().mode() & 0o777;
        assert_eq!(mode(), 0o600);
        let again = write_secret(&path, "second").unwrap_err();
        assert!(matches!(again, KeystoreError::Exists { .. }), "{again}");
        assert_eq!(*read_secret(&path).unwrap(), "first");
        replace_secret(&path, "second").unwrap();
        assert_eq!(*read_secret(&path).unwrap(), "second");
        assert_eq!(mode(), 0o600);
        // Nothing half-written stays behind.
        assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1);

        for exposed in [0o640, 0o604, 0o620] {
            fs::set_permissions(&path, fs::Permissions::from_mode(exposed)).unwrap();
            let message = read_secret(&path).unwrap_err().to_string();
            assert!(message.contains("chmod 600"), "{message}");
        }
    }

    #[test]
    fn a_replaced_link_stays_a_link() {
        let folder = tempfile::tempdir().unwrap();
        let [path, link] = ["secret", "link"].map(|name| folder.path().join(name));
        write_secret(&path, "first").unwrap();
        std::os::unix::fs::symlink(&path, &link).unwrap();
        replace_secret(&link, "second").unwrap();
        assert!(fs::symlink_metadata(&link).unwrap().is_symlink());
        assert_eq!(*read_secret(&path).unwrap(), "second");
    }

    #[test]
    fn what_is_no_secret_is_not_read_to_its_end() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("secret");
        let refused =
            |path: &Path| matches!(read_secret(path), Err(KeystoreError::NoSecret { .. }));
        assert!(refused(folder.path()));
        write_secret(&path, &"x".repeat(MAX_SECRET_BYTES)).unwrap();
        assert!(!refused(&path));
        replace_secret(&path, &"x".repeat(MAX_SECRET_BYTES + 1)).unwrap();
        assert!(refused(&path));
        fs::write(&path, [0xff; 32]).unwrap();
        assert!(refused(&path));
    }
}
