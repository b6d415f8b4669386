//! A file beside a network that a shell reads: `. ‹home›/env`, and then `as supplier-a inbox`.

use std::path::{Path, PathBuf};

use super::{Network, write};
use crate::failure::Failure;
use crate::shell::word;

const FILE: &str = "env";

impl Network {
    /// The command that reads it into a shell.
    pub fn env_command(&self) -> String {
        format!(". {}", in_shell(&self.env_file()))
    }

    fn env_file(&self) -> PathBuf {
        self.home.join(FILE)
    }

    /// Writes it, for any POSIX shell.
    pub(super) fn write_env(&self) -> Result<(), Failure> {
        let program = std::env::current_exe().map_err(Failure::failed)?;
        let programs = program.parent().unwrap_or(Path::new("/"));
        let text = format!(
            "# Read this into a shell:  {this}\n\
             case \":$PATH:\" in *:{programs}:*) ;; *) export PATH={programs}:\"$PATH\" ;; esac\n\
             {exports}\n\
             # Acts for an organization:  as supplier-a inbox\n\
             as() {{ as_org=\"$1\"; shift; counterfoil --org \"$as_org\" --key {keys}/\"$as_org\".pem \"$@\"; }}\n",
            this = self.env_command(),
            programs = in_shell(programs),
            exports = self.exports(),
            keys = in_shell(&self.home.join("keys")),
        );
        write(&self.env_file(), &text)
    }
}

/// A path as one word of a shell.
pub fn in_shell(path: &Path) -> String {
    word(&path.display().to_string())
}
