//! Where passwords come from: a file, the environment, the terminal. Never an argument, which
//! everybody on the machine can read.

use std::io::IsTerminal as _;
use std::path::{Path, PathBuf};

use zeroize::Zeroizing;

use crate::{KeystoreError, read_secret};

/// As much as OpenSSL takes, so that what is encrypted here opens there.
pub const MAX_PASSWORD_BYTES: usize = 1023;

pub(crate) type Password = Zeroizing<String>;

/// Where a program looks for its password, in the order of the fields; the terminal comes last.
pub struct PasswordSource {
    /// The file that the command line, the settings or the environment name. Its first line counts.
    pub file: Option<PathBuf>,
    /// How the file is named, for a message that asks for it.
    pub option: &'static str,
    /// The environment's variable with the password itself; with `_FILE` behind it, with the file's name.
    pub variable: &'static str,
}

impl PasswordSource {
    /// The password of a key that is there.
    pub(crate) fn of_key(&self, key: &Path) -> Result<Password, KeystoreError> {
        match self.given()? {
            Some(password) => Ok(password),
            None if at_terminal() => ask(&format!("Password of {}: ", key.display())),
            None => Err(self.locked(format!(
                "{} is encrypted: it needs its password",
                key.display()
            ))),
        }
    }

    /// The password of a key that is to be written: typed twice, as nothing else would show a slip.
    pub(crate) fn of_new_key(&self) -> Result<Password, KeystoreError> {
        match self.given()? {
            Some(password) => Ok(password),
            None if at_terminal() => {
                let password = ask("New password: ")?;
                if ask("The same again: ")? != password {
                    return Err(KeystoreError::PasswordsDiffer);
                }
                Ok(password)
            }
            None => Err(self.locked("keys are encrypted: a new one needs a password".to_owned())),
        }
    }

    /// What is there without asking anybody.
    fn given(&self) -> Result<Option<Password>, KeystoreError> {
        if let Some(file) = &self.file {
            let text = read_secret(file)?;
            let line = text.lines().next().unwrap_or_default().to_owned();
            return good(Zeroizing::new(line), &file.display().to_string()).map(Some);
        }
        match std::env::var_os(self.variable) {
            Some(value) => {
                // What is no UTF-8 is no password that could be typed, or given to OpenSSL.
                let text = Zeroizing::new(value.into_string().unwrap_or_default());
                good(text, self.variable).map(Some)
            }
            None => Ok(None),
        }
    }

    fn locked(&self, what: String) -> KeystoreError {
        KeystoreError::Locked {
            what,
            option: self.option,
            variable: self.variable,
        }
    }
}

/// Whether there is somebody to ask. A program whose input is a pipe or nothing runs by itself, even
/// where a terminal could be found, and must fail rather than wait.
fn at_terminal() -> bool {
    std::io::stdin().is_terminal()
}

fn ask(prompt: &str) -> Result<Password, KeystoreError> {
    let typed = rpassword::prompt_password(prompt).map_err(KeystoreError::Terminal)?;
    good(Zeroizing::new(typed), "the terminal")
}

fn good(password: Password, from: &str) -> Result<Password, KeystoreError> {
    match password.len() {
        1..=MAX_PASSWORD_BYTES => Ok(password),
        _ => Err(KeystoreError::NoPassword {
            from: from.to_owned(),
        }),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::write_secret;

    fn given(text: &str) -> Result<Option<Password>, KeystoreError> {
        let folder = tempfile::tempdir().unwrap();
        let file = folder.path().join("password");
        write_secret(&file, text).unwrap();
        let source = PasswordSource {
            file: Some(file),
            option: "--password-file",
            variable: "COUNTERFOIL_KEYSTORE_TEST",
        };
        source.given()
    }

    #[test]
    fn a_files_first_line_is_the_password() {
        for text in ["pass word", "pass word\n", "pass word\r\nsecond\n"] {
            assert_eq!(*given(text).unwrap().unwrap(), "pass word");
        }
        let longest = "x".repeat(MAX_PASSWORD_BYTES);
        assert_eq!(*given(&longest).unwrap().unwrap(), longest);
        for none in ["", "\n", "\nsecond", &format!("{longest}x")] {
            let error = given(none).unwrap_err();
            assert!(matches!(error, KeystoreError::NoPassword { .. }), "{error}");
        }
    }

    #[test]
    fn without_a_source_it_says_where_to_put_the_password() {
        let source = PasswordSource {
            file: None,
            option: "--password-file",
            variable: "COUNTERFOIL_KEYSTORE_TEST",
        };
        assert!(source.given().unwrap().is_none());
        let message = source
            .locked("a new key needs a password".to_owned())
            .to_string();
        for part in ["--password-file", "COUNTERFOIL_KEYSTORE_TEST_FILE"] {
            assert!(message.contains(part), "{message}");
        }
    }
}
