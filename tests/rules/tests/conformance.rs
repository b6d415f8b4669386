//! docs/conformance.md against the specification, the status and the sources: no clause is left out, what is built names
//! tests, and every test that is named exists. That they pass is seen by running them: `make conformance`.

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

use counterfoil_rules_tests::conformance::{State, clauses, rows, states};

const DOCUMENT: &str = include_str!("../../../docs/conformance.md");
const SPECIFICATION: &str = include_str!("../../../docs/specification.md");
const STATUS: &str = include_str!("../../../docs/status.md");

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("../..")
}

/// The files of a folder that end so, in all its folders.
fn files(folder: &Path, extension: &str, found: &mut Vec<PathBuf>) {
    for entry in fs::read_dir(folder).expect("a folder") {
        let path = entry.expect("an entry").path();
        let name = path.file_name().and_then(|name| name.to_str());
        let is_own = name.is_some_and(|name| !name.starts_with('.') && name != "target");
        if path.is_dir() && is_own {
            files(&path, extension, found);
        } else if path.extension().is_some_and(|e| e == extension) {
            found.push(path);
        }
    }
}

/// The test target of a package's source file, and the module that the file is there.
fn module_of(package: &str, file: &Path) -> Option<(String, Vec<String>)> {
    let parts: Vec<String> = file
        .with_extension("")
        .iter()
        .map(|part| part.to_string_lossy().into_owned())
        .collect();
    let (target, mut module) = match parts.split_first()? {
        (first, rest) if first == "src" && rest.first().is_none_or(|part| part != "bin") => {
            (package.replace('-', "_"), rest.to_vec())
        }
        (first, rest) if first == "tests" => (rest.first()?.clone(), rest[1..].to_vec()),
        _ => return None,
    };
    let root = ["lib", "main", "mod"];
    if module
        .last()
        .is_some_and(|last| root.contains(&last.as_str()))
    {
        module.pop();
    }
    Some((target, module))
}

/// Every test of the workspace, as the runner calls it. A test of a source file stands in the file itself or in its module `tests`.
fn existing() -> BTreeSet<String> {
    let mut manifests = Vec::new();
    files(&root(), "toml", &mut manifests);
    manifests.retain(|path| path.ends_with("Cargo.toml"));
    let mut tests = BTreeSet::new();
    for manifest in &manifests {
        let text = fs::read_to_string(manifest).expect("a manifest");
        let name = text.lines().find_map(|line| line.strip_prefix("name = \""));
        let Some(package) = name.and_then(|name| name.strip_suffix('"')) else {
            continue;
        };
        let folder = manifest.parent().expect("a folder");
        for room in ["src", "tests"].map(|room| folder.join(room)) {
            let mut sources = Vec::new();
            if room.is_dir() {
                files(&room, "rs", &mut sources);
            }
            for source in sources {
                let file = source.strip_prefix(folder).expect("inside");
                let Some((target, module)) = module_of(package, file) else {
                    continue;
                };
                let text = fs::read_to_string(&source).expect("a source");
                for test in test_functions(&text) {
                    let path = [vec![target.clone()], module.clone()].concat().join("::");
                    tests.insert(format!("{path}::{test}"));
                    tests.insert(format!("{path}::tests::{test}"));
                }
            }
        }
    }
    tests
}

/// The functions behind an attribute that makes them tests.
fn test_functions(source: &str) -> Vec<&str> {
    let mut found = Vec::new();
    let mut is_test = false;
    for line in source.lines().map(str::trim) {
        if line.starts_with("#[test]") || line.starts_with("#[tokio::test") {
            is_test = true;
        } else if is_test && let Some((_, rest)) = line.split_once("fn ") {
            found.push(rest.split('(').next().unwrap_or_default());
            is_test = false;
        }
    }
    found
}

#[test]
fn every_clause_has_its_row() {
    let named: Vec<String> = rows(DOCUMENT).into_iter().map(|row| row.clause).collect();
    assert_eq!(named, clauses(SPECIFICATION), "rows, then clauses");
}

#[test]
fn what_is_built_names_tests_and_what_lacks_names_none() {
    let states = states(STATUS);
    for row in rows(DOCUMENT) {
        let clause = &row.clause;
        let names_tests = !row.tests.is_empty();
        if clause.starts_with("9.") {
            assert!(names_tests, "invariant {clause} names no test");
            continue;
        }
        let state = states
            .get(clause)
            .unwrap_or_else(|| panic!("docs/status.md lacks {clause}"));
        assert_eq!(
            names_tests,
            *state != State::Lacks,
            "{clause} is {state:?} by docs/status.md and names {:?}",
            row.tests
        );
        assert!(
            !row.contract.is_empty(),
            "{clause} names nobody who keeps it"
        );
    }
}

#[test]
fn every_test_that_is_named_exists() {
    let existing = existing();
    assert!(
        existing.contains("conformance::every_test_that_is_named_exists"),
        "the tests are not found where they are: {existing:?}"
    );
    for row in rows(DOCUMENT) {
        let own: BTreeSet<&String> = row.tests.iter().collect();
        assert_eq!(
            own.len(),
            row.tests.len(),
            "{} names a test twice",
            row.clause
        );
        for test in &row.tests {
            assert!(
                existing.contains(test),
                "{} names {test}, which is none",
                row.clause
            );
        }
    }
}
