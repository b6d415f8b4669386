//! Private keys as PKCS#8 PEM files that only their owner may read.

use std::fs;
use std::io::Write as _;
use std::os::unix::fs::{OpenOptionsExt as _, PermissionsExt as _};
use std::path::Path;

use counterfoil_types::keys::SigningKey;

use crate::failure::Failure;

/// Permission bits of a group or of others.
const OTHERS: u32 = 0o077;

/// Writes a file that must not exist yet, readable by its owner only.
pub fn write_secret(path: &Path, text: &str) -> Result<(), Failure> {
    let failed = |e: std::io::Error| match e.kind() {
        std::io::ErrorKind::AlreadyExists => Failure::Failed(format!(
            "{} exists: name another file, nothing was written",
            path.display()
        )),
        _ => Failure::Failed(format!("cannot write {}: {e}", path.display())),
    };
    let mut file = fs::OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(path)
        .map_err(failed)?;
    file.write_all(text.as_bytes())
        .and_then(|()| file.sync_all())
        .map_err(failed)
}

pub fn write_key(path: &Path, key: &SigningKey) -> Result<(), Failure> {
    write_secret(path, &key.to_pkcs8_pem())
}

/// Reads a key, and refuses a file that others could have read.
pub fn read_key(path: &Path) -> Result<SigningKey, Failure> {
    let failed =
        |problem: String| Failure::Failed(format!("key file {}: {problem}", path.display()));
    let metadata = fs::metadata(path).map_err(|e| failed(e.to_string()))?;
    if metadata.permissions().mode() & OTHERS != 0 {
        return Err(failed(
            "others may read it: chmod 600 it, and consider the key known".into(),
        ));
    }
    let pem = fs::read_to_string(path).map_err(|e| failed(e.to_string()))?;
    SigningKey::from_pkcs8_pem(&pem).map_err(|e| failed(e.to_string()))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_kept_from_others_and_never_overwritten() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("key.pem");
        let key = SigningKey::from_seed([3; 32]);
        write_key(&path, &key).unwrap();
        assert_eq!(
            fs::metadata(&path).unwrap().permissions().mode() & 0o777,
            0o600
        );
        assert_eq!(read_key(&path).unwrap().public_key(), key.public_key());
        assert!(write_key(&path, &SigningKey::from_seed([4; 32])).is_err());
        assert_eq!(read_key(&path).unwrap().public_key(), key.public_key());
        fs::set_permissions(&path, fs::Permissions::from_mode(0o640)).unwrap();
        assert!(
            read_key(&path)
                .unwrap_err()
                .to_string()
                .contains("chmod 600")
        );
    }
}
