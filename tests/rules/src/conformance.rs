//! docs/conformance.md: which contract keeps each clause of the specification, and which tests hold it there.

use std::collections::{BTreeMap, BTreeSet};

/// Invariants of specification 9.
const INVARIANTS: u32 = 12;

/// One row: a clause and what holds it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Row {
    pub clause: String,
    pub contract: String,
    /// `target::module::test`, as cargo's test runner calls them.
    pub tests: Vec<String>,
}

/// What is built of a clause, by docs/status.md.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum State {
    Built,
    InPart,
    Lacks,
}

/// The clauses of the specification, in its order; an invariant is a clause of its own.
pub fn clauses(specification: &str) -> Vec<String> {
    let before_notes = specification.split("\n## 11").next().unwrap_or_default();
    let mut clauses = Vec::new();
    for line in before_notes.lines() {
        if line.starts_with("## 9 ") {
            clauses.extend((1..=INVARIANTS).map(|n| format!("9.{n}")));
        }
        if let Some((clause, _)) = line.strip_prefix("- **").and_then(|l| l.split_once("**")) {
            clauses.push(clause.to_owned());
        }
    }
    clauses
}

/// The rows of the document.
pub fn rows(document: &str) -> Vec<Row> {
    let cells = document.lines().filter_map(cells);
    let rows = cells.filter(|cells| cells.len() == 3 && is_clause(&cells[0]));
    let row = |cells: Vec<String>| Row {
        clause: cells[0].clone(),
        contract: cells[1].clone(),
        tests: quoted(&cells[2]),
    };
    rows.map(row).collect()
}

/// What docs/status.md says of each clause that it names.
pub fn states(status: &str) -> BTreeMap<String, State> {
    let cells = status.lines().filter_map(cells);
    let states = cells.filter_map(|cells| {
        let clause = cells.first()?.strip_prefix("**")?.split_once("**")?.0;
        let state = match cells.get(1)?.as_str() {
            "built" => State::Built,
            "in part" => State::InPart,
            "lacks" => State::Lacks,
            _ => return None,
        };
        Some((clause.to_owned(), state))
    });
    states.collect()
}

/// The tests that ran and passed, read from the output of `cargo test`, both of its streams in one.
pub fn passed(output: &str) -> BTreeSet<String> {
    let mut target = "";
    let mut passed = BTreeSet::new();
    for line in output.lines().map(str::trim) {
        if let Some(binary) = line.strip_prefix("Running ") {
            target = target_of(binary).unwrap_or_default();
        } else if line.starts_with("Doc-tests ") {
            target = "";
        } else if let Some(test) = line.strip_prefix("test ")
            && let Some(name) = test.strip_suffix(" ... ok")
        {
            passed.insert(format!("{target}::{name}"));
        }
    }
    passed
}

/// "tests/matrix/main.rs (target/release/deps/matrix-0123456789abcdef)" is of "matrix".
fn target_of(binary: &str) -> Option<&str> {
    let path = binary.split_once('(')?.1.strip_suffix(')')?;
    let file = path.rsplit('/').next()?;
    Some(file.rsplit_once('-')?.0)
}

fn cells(line: &str) -> Option<Vec<String>> {
    let inner = line.trim().strip_prefix('|')?.strip_suffix('|')?;
    Some(
        inner
            .split('|')
            .map(|cell| cell.trim().to_owned())
            .collect(),
    )
}

fn is_clause(text: &str) -> bool {
    text.split_once('.').is_some_and(|(section, number)| {
        section.parse::<u32>().is_ok() && number.parse::<u32>().is_ok()
    })
}

/// What stands between backquotes.
fn quoted(text: &str) -> Vec<String> {
    let parts = text.split('`').skip(1).step_by(2);
    parts.map(str::to_owned).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn clauses_are_read_up_to_the_notes() {
        let text = "## 1 A\n- **1.1** one\n- **1.2** two\n\n## 9 B\n1 x 2 y\n## 10 C\n- **10.1** z\n\n## 11 Notes\n- **1.1** more\n";
        let mut expected = vec!["1.1".to_owned(), "1.2".to_owned()];
        expected.extend((1..=12).map(|n| format!("9.{n}")));
        expected.push("10.1".to_owned());
        assert_eq!(clauses(text), expected);
    }

    #[test]
    fn rows_and_states_are_read() {
        let text = "| clause | contract | tests |\n|---|---|---|\n| 1.1 | membership | `a::b`, `c::d` |\n| 5.6 | – | – |\n";
        let rows = rows(text);
        assert_eq!(rows.len(), 2);
        assert_eq!(rows[0].tests, ["a::b", "c::d"]);
        assert!(rows[1].tests.is_empty());
        let status = "| **1.1** Organization | in part | some |\n| **5.6** Guarantee | lacks | |\n| figure | built |\n";
        let states = states(status);
        assert_eq!(states.get("1.1"), Some(&State::InPart));
        assert_eq!(states.get("5.6"), Some(&State::Lacks));
        assert_eq!(states.len(), 2);
    }

    #[test]
    fn only_tests_that_passed_count() {
        let output = "     Running tests/matrix/main.rs (/t/release/deps/matrix-01ab)\n\nrunning 3 tests\ntest claims::one ... ok\n\
                      test claims::two ... FAILED\ntest three ... ignored\n   Doc-tests counterfoil_types\ntest src/a.rs - a (line 3) ... ok\n\
                           Running unittests src/lib.rs (/t/release/deps/counterfoil_types-99)\ntest dates::tests::four ... ok\n";
        let passed = passed(output);
        assert!(passed.contains("matrix::claims::one"));
        assert!(passed.contains("counterfoil_types::dates::tests::four"));
        assert!(
            !passed
                .iter()
                .any(|name| name.contains("two") || name.contains("three"))
        );
        assert_eq!(passed.len(), 3);
    }
}
