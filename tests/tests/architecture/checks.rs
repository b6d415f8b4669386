//! What the architecture forbids: each check takes names or a source and gives what is wrong.

use std::collections::{BTreeMap, BTreeSet};

use crate::source::{Source, float_literals};

/// The contracts in the order of calls: each may call only those before it.
pub const CONTRACTS: [&str; 9] = [
    "membership",
    "calendar",
    "supervision",
    "cash",
    "receivable",
    "invoice",
    "financing",
    "settlement",
    "credit",
];

/// The kernel knows no contract, but who calls is an organization, as membership's messages have it.
pub const KERNEL_KNOWS: &str = "membership";

/// Which crates of the workspace each may depend on. Only the tests see the node's parts together.
pub const ARROWS: [(&str, &[&str]); 9] = [
    ("counterfoil-proto", &[]),
    ("counterfoil-types", &["counterfoil-proto"]),
    ("counterfoil-keystore", &["counterfoil-types"]),
    (
        "counterfoil-contracts",
        &["counterfoil-types", "counterfoil-proto"],
    ),
    (
        "counterfoil-execution",
        &[
            "counterfoil-contracts",
            "counterfoil-types",
            "counterfoil-proto",
        ],
    ),
    ("counterfoil-storage", &["counterfoil-types"]),
    (
        "counterfoild",
        &[
            "counterfoil-execution",
            "counterfoil-storage",
            "counterfoil-keystore",
            "counterfoil-contracts",
            "counterfoil-types",
            "counterfoil-proto",
        ],
    ),
    (
        "counterfoil-cli",
        &[
            "counterfoil-keystore",
            "counterfoil-types",
            "counterfoil-proto",
        ],
    ),
    // Without node and storage, so that a change of the rules is tested within a minute.
    (
        "counterfoil-rules-tests",
        &[
            "counterfoil-execution",
            "counterfoil-contracts",
            "counterfoil-types",
            "counterfoil-proto",
        ],
    ),
];

/// Where everything must come out the same on every validator.
pub const PURE: [(&str, &str); 3] = [
    ("counterfoil-types", "types/src/"),
    ("counterfoil-contracts", "contracts/src/"),
    ("counterfoil-execution", "node/execution/src/"),
];

/// Crates with I/O, a clock or threads, and the engine.
pub const IMPURE_CRATES: [&str; 10] = [
    "tokio",
    "tokio-stream",
    "tonic",
    "axum",
    "hyper",
    "rocksdb",
    "libp2p",
    "ractor",
    "arc-malachitebft-engine",
    "arc-malachitebft-app-channel",
];

/// Keys are drawn at random here, for the command and the node; the rules draw nothing.
pub const DRAWS_SECRETS: [&str; 3] = [
    "types/src/genesis/ledger_key.rs",
    "types/src/keys.rs",
    "types/src/keys/batch.rs",
];

/// Where a hash map is only ever read by key, and sorted before all of it is taken.
pub const SORTS_ITS_MAP: &str = "node/execution/src/overlay.rs";

/// No file longer than this: a reader should hold it in mind at once.
pub const MAX_LINES: usize = 600;

/// Names that say nothing about what a folder or module owns.
pub const EMPTY_NAMES: [&str; 6] = ["common", "core", "helper", "helpers", "util", "utils"];

/// A crate's dependency on another of the workspace that has no arrow.
pub fn crate_arrow(from: &str, to: &str) -> Option<String> {
    let allowed = match ARROWS.iter().find(|(name, _)| *name == from) {
        Some((_, allowed)) => allowed.contains(&to),
        // The tests may use anything; nothing may use them.
        None => from == "counterfoil-tests" && to != "counterfoil-tests",
    };
    (!allowed).then(|| format!("{from} may not depend on {to}"))
}

/// Impure crates reached from `start` over normal dependencies. What proto brings is left
/// out: its generated code holds the services beside the messages.
pub fn impure_dependencies(start: &str, graph: &BTreeMap<String, BTreeSet<String>>) -> Vec<String> {
    let mut seen = BTreeSet::from([start.to_owned(), "counterfoil-proto".to_owned()]);
    let mut next = vec![start.to_owned()];
    while let Some(name) = next.pop() {
        for dependency in graph.get(&name).into_iter().flatten() {
            if seen.insert(dependency.clone()) {
                next.push(dependency.clone());
            }
        }
    }
    seen.iter()
        .filter(|name| IMPURE_CRATES.contains(&name.as_str()))
        .map(|name| format!("{start} reaches {name}"))
        .collect()
}

/// Clock, machine, floats and order of chance in the crates that must not know them.
pub fn impurities(source: &Source) -> Vec<String> {
    if !PURE
        .iter()
        .any(|(_, folder)| source.path.starts_with(folder))
    {
        return Vec::new();
    }
    let mut found = Vec::new();
    for path in &source.paths {
        let two: Vec<&str> = path.iter().take(2).map(String::as_str).collect();
        let forbidden = match two[..] {
            ["std", part, ..] => {
                ["env", "fs", "io", "net", "process", "thread", "time"].contains(&part)
            }
            ["rand" | "rand_core", ..] => !DRAWS_SECRETS.contains(&source.path.as_str()),
            [first, ..] => IMPURE_CRATES.contains(&first.replace('_', "-").as_str()),
            [] => false,
        };
        if forbidden {
            found.push(format!("{}: {}", source.path, path.join("::")));
        }
    }
    for word in ["HashMap", "HashSet", "f32", "f64"] {
        let is_sorted = word == "HashMap" && source.path == SORTS_ITS_MAP;
        if source.words.contains(word) && !is_sorted {
            found.push(format!("{}: {word}", source.path));
        }
    }
    found.extend(
        float_literals(&source.code)
            .into_iter()
            .map(|literal| format!("{}: {literal}", source.path)),
    );
    found
}

/// Crates that only one room may see, outside it.
pub fn strangers(source: &Source) -> Vec<String> {
    let in_any = |rooms: &[&str]| rooms.iter().any(|room| source.path.starts_with(room));
    let mut found = Vec::new();
    for path in &source.paths {
        let first = path[0].as_str();
        let at_home = if first.starts_with("malachitebft") || first == "ractor" {
            in_any(&["node/src/consensus"])
        } else if first == "tonic" || first.starts_with("tonic_") {
            in_any(&["node/src/grpc", "cli/src/client", "proto/", "tests/"])
        } else if first == "tokio_rustls" {
            in_any(&["node/src/grpc", "cli/src/client", "tests/"])
        } else if first == "rocksdb" || first == "jmt" {
            in_any(&["node/storage/"])
        } else if first == "bincode" {
            in_any(&["node/storage/src/codec"])
        } else {
            true
        };
        if !at_home {
            found.push(format!("{}: {}", source.path, path.join("::")));
        }
    }
    found
}

/// What a contract, or the kernel, imports of another contract beyond its `api`, or out of order.
pub fn contract_imports(source: &Source) -> Vec<String> {
    let Some(inner) = source.path.strip_prefix("contracts/src/") else {
        return Vec::new();
    };
    let own = inner.split('/').next().unwrap_or_default();
    let rank = |name: &str| CONTRACTS.iter().position(|c| *c == name);
    let is_test = inner.ends_with("/tests.rs") || inner.contains("/tests/");
    if is_test || (rank(own).is_none() && own != "kernel") {
        // The list of contracts names them all; tests set the scene with what they need.
        return Vec::new();
    }
    let earlier = |other: &str| rank(own).is_some() && rank(other) < rank(own);
    let mut found = Vec::new();
    for path in &source.paths {
        let segments: Vec<&str> = path.iter().map(String::as_str).collect();
        let allowed = match segments[..] {
            ["crate", other, ref rest @ ..] if rank(other).is_some() && other != own => {
                rest.first() == Some(&"api") && earlier(other)
            }
            ["counterfoil_proto", other, ..] if rank(other).is_some() && other != own => {
                earlier(other) || (own == "kernel" && other == KERNEL_KNOWS)
            }
            _ => true,
        };
        if !allowed {
            found.push(format!("{}: {}", source.path, path.join("::")));
        }
    }
    found
}

/// What the tests' model sees beyond the wire: it must not share the contracts' mistakes.
pub fn model_imports(source: &Source) -> Vec<String> {
    let inner = source.path.strip_prefix("tests/").unwrap_or_default();
    if !inner
        .split('/')
        .any(|part| part == "model" || part == "model.rs")
    {
        return Vec::new();
    }
    source
        .paths
        .iter()
        .filter(|path| {
            let ours = path[0].starts_with("counterfoil") && path[0] != "counterfoil_proto";
            let beside = path[0] == "crate" && path.get(1).is_none_or(|module| module != "model");
            ours || beside
        })
        .map(|path| format!("{}: {}", source.path, path.join("::")))
        .collect()
}

/// Folders and modules under a name that says nothing.
pub fn empty_names(path: &str) -> Option<String> {
    path.split('/')
        .map(|part| part.strip_suffix(".rs").unwrap_or(part))
        .any(|part| EMPTY_NAMES.contains(&part))
        .then(|| format!("{path}: says nothing about what it owns"))
}

pub fn too_long(path: &str, lines: usize) -> Option<String> {
    (lines > MAX_LINES).then(|| format!("{path}: {lines} lines"))
}
