//! Holds the arrows of ARCHITECTURE.md over the house as it stands: which crate may depend on
//! which, and which source may import what.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Path, PathBuf};

use cargo_metadata::{DependencyKind, MetadataCommand};

mod checks;
mod source;
mod violations;

use checks::*;
use source::Source;

fn root() -> PathBuf {
    let tests = Path::new(env!("CARGO_MANIFEST_DIR"));
    tests
        .parent()
        .expect("tests is a folder of the workspace")
        .to_owned()
}

/// Every Rust source of the workspace, by its path from the root.
fn sources() -> Vec<Source> {
    let mut found = Vec::new();
    for folder in [
        "proto",
        "types",
        "keystore",
        "contracts",
        "node",
        "cli",
        "tests",
    ] {
        collect(&root().join(folder), &mut found);
    }
    assert!(found.len() > 40, "too few sources: {}", found.len());
    found
}

fn collect(folder: &Path, found: &mut Vec<Source>) {
    for entry in std::fs::read_dir(folder).unwrap() {
        let path = entry.unwrap().path();
        if path.is_dir() {
            if path.file_name().is_none_or(|name| name != "target") {
                collect(&path, found);
            }
        } else if path.extension().is_some_and(|e| e == "rs") {
            let text = std::fs::read_to_string(&path).unwrap();
            let relative = path.strip_prefix(root()).unwrap().to_str().unwrap();
            found.push(Source::new(relative, &text));
        }
    }
}

fn assert_none(violations: Vec<String>) {
    assert!(violations.is_empty(), "\n{}", violations.join("\n"));
}

#[test]
fn crates_depend_along_the_arrows() {
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .no_deps()
        .exec()
        .unwrap();
    let members: BTreeSet<&str> = metadata.packages.iter().map(|p| p.name.as_str()).collect();
    assert_eq!(
        members.len(),
        ARROWS.len() + 1,
        "a crate without arrows: {members:?}"
    );
    let mut violations = Vec::new();
    for package in &metadata.packages {
        for dependency in &package.dependencies {
            if members.contains(dependency.name.as_str()) {
                violations.extend(crate_arrow(&package.name, &dependency.name));
            }
        }
    }
    assert_none(violations);
}

#[test]
fn the_rules_reach_no_io() {
    let version = std::process::Command::new("rustc")
        .arg("-vV")
        .output()
        .unwrap();
    let version = String::from_utf8(version.stdout).unwrap();
    let host = version
        .lines()
        .find_map(|line| line.strip_prefix("host: "))
        .unwrap();
    // Offline: the test's own build has fetched what this platform needs.
    let options = ["--locked", "--offline", "--filter-platform", host];
    let metadata = MetadataCommand::new()
        .manifest_path(root().join("Cargo.toml"))
        .other_options(options.map(String::from))
        .exec()
        .unwrap();
    let names: BTreeMap<_, _> = metadata
        .packages
        .iter()
        .map(|p| (&p.id, p.name.to_string()))
        .collect();
    let mut graph: BTreeMap<String, BTreeSet<String>> = BTreeMap::new();
    for node in &metadata.resolve.as_ref().unwrap().nodes {
        let normal = node.deps.iter().filter(|dependency| {
            dependency
                .dep_kinds
                .iter()
                .any(|kind| kind.kind == DependencyKind::Normal)
        });
        let targets = normal.map(|dependency| names[&dependency.pkg].clone());
        graph
            .entry(names[&node.id].clone())
            .or_default()
            .extend(targets);
    }
    // The walk finds what is there: the node does reach them.
    assert!(impure_dependencies("counterfoild", &graph).len() > 5);
    assert_none(
        PURE.iter()
            .flat_map(|(name, _)| impure_dependencies(name, &graph))
            .collect(),
    );
}

#[test]
fn the_rules_import_nothing_impure() {
    assert_none(sources().iter().flat_map(impurities).collect());
}

#[test]
fn crates_with_one_room_stay_in_it() {
    assert_none(sources().iter().flat_map(strangers).collect());
}

#[test]
fn contracts_call_only_the_api_of_earlier_ones() {
    let mut folders = BTreeSet::new();
    for entry in std::fs::read_dir(root().join("contracts/src")).unwrap() {
        let entry = entry.unwrap();
        if entry.path().is_dir() {
            folders.insert(entry.file_name().into_string().unwrap());
        }
    }
    let expected = CONTRACTS
        .iter()
        .chain(&["kernel"])
        .map(|name| name.to_string());
    assert_eq!(
        folders,
        expected.collect(),
        "contracts without a place in the order"
    );
    assert_none(sources().iter().flat_map(contract_imports).collect());
}

#[test]
fn the_model_knows_the_wire_only() {
    let all = sources();
    let is_model = |s: &&Source| s.path.starts_with("tests/") && s.path.contains("/model");
    assert!(all.iter().any(|s| is_model(&s)), "there is no model");
    assert_none(all.iter().flat_map(model_imports).collect());
}

#[test]
fn files_are_short_and_say_what_they_own() {
    let mut violations = Vec::new();
    for source in sources() {
        violations.extend(too_long(&source.path, source.lines));
        violations.extend(empty_names(&source.path));
        if !source.documented {
            violations.push(format!("{}: does not begin with `//!`", source.path));
        }
    }
    assert_none(violations);
}
