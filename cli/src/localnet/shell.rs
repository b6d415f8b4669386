//! A file of shell commands beside a network: `. ‹home›/env` and then `as supplier-a inbox`.

use std::path::{Path, PathBuf};

use super::{Network, write};
use crate::failure::Failure;

const FILE: &str = "env";

impl Network {
    /// The file that a shell reads to work with this network.
    pub fn env_file(&self) -> PathBuf {
        self.home.join(FILE)
    }

    /// Writes it, for any POSIX shell.
    pub(super) fn write_env(&self) -> Result<(), Failure> {
        let keys = quoted(&self.home.join("keys"));
        let node = &self.nodes()[0].url;
        let program = std::env::current_exe().map_err(Failure::failed)?;
        let programs = quoted(program.parent().unwrap_or(Path::new("/")));
        let text = format!(
            "# Read this into a shell:  . {file}\n\
             case \":$PATH:\" in *:{programs}:*) ;; *) export PATH={programs}:\"$PATH\" ;; esac\n\
             export COUNTERFOIL_NODE={node}\n\
             # Acts for an organization:  as supplier-a inbox\n\
             as() {{ as_org=\"$1\"; shift; counterfoil --org \"$as_org\" --key {keys}/\"$as_org\".pem \"$@\"; }}\n",
            file = quoted(&self.env_file()),
        );
        write(&self.env_file(), &text)
    }
}

/// A path as one word of a shell.
pub fn quoted(path: &Path) -> String {
    let path = path.display().to_string();
    let plain = |c: char| c.is_ascii_alphanumeric() || "/._-+,=@:".contains(c);
    if !path.is_empty() && path.chars().all(plain) {
        return path;
    }
    format!("'{}'", path.replace('\'', r"'\''"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn any_path_is_one_word() {
        for path in ["/a/plain-path_1.x", "/with space", "/it's", "/$HOME/`x`"] {
            let word = quoted(Path::new(path));
            let said = std::process::Command::new("sh")
                .args(["-c", &format!("printf %s {word}")])
                .output()
                .unwrap();
            assert_eq!(String::from_utf8(said.stdout).unwrap(), path, "{word}");
        }
    }
}
