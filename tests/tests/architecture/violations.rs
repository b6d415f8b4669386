//! Made-up violations, one for each rule: a check that cannot fail holds nothing.

use std::collections::BTreeMap;

use crate::assert_none;
use crate::checks::*;
use crate::source::Source;

#[test]
fn a_wrong_crate_arrow_is_found() {
    for (from, to) in [
        ("counterfoil-types", "counterfoil-contracts"),
        ("counterfoil-storage", "counterfoil-contracts"),
        ("counterfoil-storage", "counterfoil-proto"),
        ("counterfoil-cli", "counterfoil-storage"),
        ("counterfoil-cli", "counterfoild"),
        ("counterfoild", "counterfoil-tests"),
        ("counterfoil-rules-tests", "counterfoild"),
        ("counterfoil-proto", "counterfoil-types"),
    ] {
        assert!(crate_arrow(from, to).is_some(), "{from} to {to}");
    }
    assert_eq!(
        crate_arrow("counterfoil-contracts", "counterfoil-types"),
        None
    );
    assert_eq!(
        crate_arrow("counterfoil-tests", "counterfoil-storage"),
        None
    );
}

#[test]
fn an_impure_crate_behind_another_is_found() {
    let edge =
        |from: &str, to: &[&str]| (from.to_owned(), to.iter().map(|t| t.to_string()).collect());
    let graph = BTreeMap::from([
        edge("counterfoil-contracts", &["middle", "counterfoil-proto"]),
        edge("middle", &["tokio"]),
        edge("counterfoil-proto", &["tonic"]),
    ]);
    let found = impure_dependencies("counterfoil-contracts", &graph);
    assert_eq!(found, ["counterfoil-contracts reaches tokio"]);
}

#[test]
fn an_impure_import_is_found() {
    let pure = |text| impurities(&Source::new("contracts/src/cash/actions.rs", text));
    for text in [
        "use std::time::SystemTime;",
        "use std::{fmt, env};",
        "fn f() { std::fs::read(\"x\"); }",
        "use std::collections::HashMap;",
        "fn f(x: f64) {}",
        "const HALF: u64 = (0.5 * 2) as u64;",
        "use rand::Rng;",
        "async fn f() { tokio::task::yield_now().await }",
    ] {
        assert!(!pure(text).is_empty(), "{text}");
    }
    assert_none(pure(
        "use std::{collections::BTreeMap, fmt}; // not std::fs\nfn f(x: (u8, (u8, u8))) { x.1.0; }",
    ));
    assert_none(pure(
        "#[cfg(test)]\nmod tests {\n use std::fs; }\nfn f() { let s = \"tokio::\"; }",
    ));
    assert_none(impurities(&Source::new(
        "cli/src/main.rs",
        "use std::time::Instant;",
    )));
}

#[test]
fn a_stranger_is_found() {
    for (path, text) in [
        ("node/src/app.rs", "use malachitebft_app::types::Keypair;"),
        ("node/src/mempool/pool.rs", "use tonic::Status;"),
        ("cli/src/demo/mod.rs", "fn f() -> tonic::Status { todo() }"),
        ("node/src/ledger/mod.rs", "use {rocksdb::DB, std::fmt};"),
        ("node/storage/src/db.rs", "use bincode::config;"),
        ("cli/src/main.rs", "use jmt::KeyHash;"),
    ] {
        assert!(
            !strangers(&Source::new(path, text)).is_empty(),
            "{path}: {text}"
        );
    }
    assert_none(strangers(&Source::new(
        "node/src/grpc/mod.rs",
        "use tonic::Status;",
    )));
    assert_none(strangers(&Source::new(
        "node/src/consensus/mod.rs",
        "use ractor::Actor;",
    )));
}

#[test]
fn a_wrong_import_between_contracts_is_found() {
    let imports = |path: &str, text: &str| {
        contract_imports(&Source::new(&format!("contracts/src/{path}"), text))
    };
    for (path, text) in [
        (
            "invoice/actions.rs",
            "use crate::receivable::records::Receivable;",
        ),
        (
            "invoice/actions.rs",
            "use crate::{kernel::Context, receivable::{api, keys}};",
        ),
        ("invoice/actions.rs", "use crate::receivable;"),
        (
            "invoice/actions/confirm.rs",
            "use super::super::super::receivable::records;",
        ),
        ("cash/mod.rs", "use super::invoice::api;"),
        ("cash/mod.rs", "fn f() { crate::settlement::api::settle() }"),
        (
            "receivable/records.rs",
            "use counterfoil_proto::invoice::v1::Invoice;",
        ),
        ("kernel/context.rs", "use crate::membership::api;"),
        ("kernel/table.rs", "use counterfoil_proto::cash::v1;"),
    ] {
        assert!(!imports(path, text).is_empty(), "{path}: {text}");
    }
    for (path, text) in [
        (
            "invoice/actions.rs",
            "use crate::receivable::api as receivable;",
        ),
        (
            "invoice/actions.rs",
            "use super::keys; use crate::invoice::records;",
        ),
        (
            "invoice/records.rs",
            "use counterfoil_proto::receivable::v1::Terms;",
        ),
        (
            "kernel/mod.rs",
            "use counterfoil_proto::membership::v1::Organization;",
        ),
        ("invoice/tests.rs", "use crate::receivable::records;"),
        ("lib.rs", "use crate::invoice::Invoices;"),
    ] {
        assert_none(imports(path, text));
    }
}

#[test]
fn a_model_that_peeps_is_found() {
    let model = |text| model_imports(&Source::new("tests/rules/src/model/cash.rs", text));
    for text in [
        "use counterfoil_contracts::cash;",
        "use counterfoil_types::money::Money;",
        "use crate::workload::Generator;",
    ] {
        assert!(!model(text).is_empty(), "{text}");
    }
    assert_none(model(
        "use counterfoil_proto::cash::v1::Balance; use crate::model::Ledger; use super::Ledger;",
    ));
}

#[test]
fn long_files_and_empty_names_are_found() {
    assert!(too_long("node/src/app.rs", MAX_LINES + 1).is_some());
    assert!(too_long("node/src/app.rs", MAX_LINES).is_none());
    for path in [
        "node/src/utils.rs",
        "types/src/common/mod.rs",
        "cli/core/main.rs",
    ] {
        assert!(empty_names(path).is_some(), "{path}");
    }
    assert!(empty_names("node/src/score.rs").is_none());
}
