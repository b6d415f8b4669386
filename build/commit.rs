//! Names the commit that is built, for `--version`, status and metrics: the build script of node and command.

use std::process::Command;

fn main() {
    println!("cargo::rerun-if-changed=../build/commit.rs");
    // Grows with every commit and checkout, and with nothing else.
    if let Some(log) = git(&["rev-parse", "--git-path", "logs/HEAD"]) {
        println!("cargo::rerun-if-changed={log}");
    }
    let commit = git(&["rev-parse", "--short=12", "HEAD"]);
    let commit = commit.unwrap_or_else(|| "unknown".to_owned());
    println!("cargo::rustc-env=COUNTERFOIL_COMMIT={commit}");
}

/// Nothing outside a repository, or where there is no git.
fn git(arguments: &[&str]) -> Option<String> {
    let output = Command::new("git").args(arguments).output().ok()?;
    let text = String::from_utf8(output.stdout).ok()?;
    output.status.success().then(|| text.trim().to_owned())
}
