//! Lists each clause of the specification with its contract and its tests, and fails where a clause has no test
//! that ran and passed. Runs `cargo test` for it, or reads what one has said.
//!
//! `conformance [FILE]`: FILE is the output of `cargo test --workspace`, both streams in one.

use std::collections::BTreeSet;
use std::io::{BufRead as _, BufReader};
use std::process::{Command, ExitCode};

use counterfoil_rules_tests::conformance::{Row, passed, rows};

const DOCUMENT: &str = include_str!("../../../../docs/conformance.md");

fn main() -> ExitCode {
    let output = match std::env::args().nth(1) {
        Some(file) => std::fs::read_to_string(&file).map_err(|e| format!("{file}: {e}")),
        None => run_tests().map_err(|e| format!("cargo test: {e}")),
    };
    let output = match output {
        Ok(output) => output,
        Err(problem) => {
            eprintln!("conformance: {problem}");
            return ExitCode::from(2);
        }
    };
    let passed = passed(&output);
    let rows = rows(DOCUMENT);
    let failing: Vec<&Row> = rows.iter().filter(|row| !report(row, &passed)).collect();
    println!(
        "\n{} of {} clauses hold: each of their tests ran and passed",
        rows.len() - failing.len(),
        rows.len()
    );
    if failing.is_empty() {
        return ExitCode::SUCCESS;
    }
    let names: Vec<&str> = failing.iter().map(|row| row.clause.as_str()).collect();
    println!(
        "without: {}; docs/status.md says what they lack",
        names.join(", ")
    );
    ExitCode::FAILURE
}

/// Prints a clause's line. Whether it has tests, and all of them passed.
fn report(row: &Row, passed: &BTreeSet<String>) -> bool {
    let missing: Vec<&String> = row.tests.iter().filter(|t| !passed.contains(*t)).collect();
    let word = match (row.tests.len(), missing.len()) {
        (0, _) => "lacks".to_owned(),
        (all, 0) => format!("{all} passed"),
        (all, missing) => format!("{missing} of {all} DID NOT PASS"),
    };
    println!("{:<6}{:<36}{word}", row.clause, row.contract);
    for test in &row.tests {
        let mark = if missing.contains(&test) {
            "missing"
        } else {
            "ok"
        };
        println!("      {mark:<8}{test}");
    }
    !row.tests.is_empty() && missing.is_empty()
}

/// Runs every test of the workspace to its end, showing what cargo says on stderr.
fn run_tests() -> std::io::Result<String> {
    let cargo = std::env::var("CARGO").unwrap_or_else(|_| "cargo".to_owned());
    let (reader, writer) = std::io::pipe()?;
    let mut command = Command::new(cargo);
    command
        .args([
            "test",
            "--release",
            "--workspace",
            "--locked",
            "--no-fail-fast",
        ])
        .stdout(writer.try_clone()?)
        .stderr(writer);
    let mut child = command.spawn()?;
    // The command's own ends of the pipe would keep it open.
    drop(command);
    let mut output = String::new();
    for line in BufReader::new(reader).lines() {
        let line = line?;
        eprintln!("{line}");
        output.push_str(&line);
        output.push('\n');
    }
    child.wait()?;
    Ok(output)
}
