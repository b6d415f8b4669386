//! The README's ten minutes by hand, as programs run them: each command's one
//! JSON object, and its exit code.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use counterfoil_tests::network::{Finished, PATIENCE, counterfoil, counterfoild, finish};
use serde_json::Value;
use tempfile::TempDir;

const REJECTED: i32 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_goes_as_the_readme_tells() {
    let tour = Tour::begin();
    let made = tour
        .run("localnet init --first-date 2026-01-01")
        .await
        .json();
    assert_eq!(made["nodes"].as_array().map(Vec::len), Some(4));
    let node = made["nodes"][0].as_str().expect("a URL").to_owned();
    let unreachable = tour.at(&node, "status").await;
    assert_eq!(unreachable.code, Some(4), "{unreachable:?}");
    tour.run("localnet start").await.json();
    let as_ = |who: &str, words: &str| {
        let words = format!("{words} --org {who} --key localnet/keys/{who}.pem");
        let (tour, node) = (&tour, node.as_str());
        async move { tour.at(node, &words).await }
    };

    // Register, and the same number again in another spelling.
    let register = "invoice register --buyer buyer-a --issue-date 2026-01-01 --due-date";
    let first = "2026-01-31 --amount 1250.00_USD --number INV-2026-001 --document invoice.txt";
    let registered = as_("supplier-a", &format!("{register} {first}"))
        .await
        .json();
    let invoice = text(&registered, "invoice");
    let again = "2026-03-31 --amount 999.00_USD --number inv_2026_/_001 --document other.txt";
    let again = as_("supplier-a", &format!("{register} {again}")).await;
    let error = rejected(&again);
    assert_eq!(
        (&error["code"], text(&error, "first")),
        (&4012.into(), invoice.clone())
    );
    assert!(again.stderr.contains("DUPLICATE_INVOICE") && again.stderr.contains("what to do"));

    // Answer.
    as_(
        "buyer-a",
        &format!("invoice query {invoice} --reason Which_order?"),
    )
    .await
    .json();
    as_(
        "buyer-a",
        &format!("invoice resolve {invoice} --reason Order_4711"),
    )
    .await
    .json();
    let stranger = as_("buyer-b", &format!("invoice confirm {invoice}")).await;
    assert_eq!(rejected(&stranger)["code"], 4021);
    as_("buyer-a", &format!("invoice confirm {invoice}"))
        .await
        .json();
    let owed = tour
        .at(&node, "receivable list --debtor buyer-a")
        .await
        .json();
    let receivable = text(&owed["receivables"][0], "id");
    assert_eq!(receivable, text(&registered, "receivable_if_confirmed"));

    // Pay late: 1,250.00 · 8 % · 10/360 on top.
    as_("operator", "clock roll 2026-02-10").await.json();
    as_(
        "bank-a",
        "deposit issue --holder buyer-a --amount 1252.78_USD",
    )
    .await
    .json();
    as_(
        "buyer-a",
        &format!("receivable settle {receivable} --issuer bank-a"),
    )
    .await
    .json();
    let balance = "deposit balance --holder supplier-a --issuer bank-a --currency USD";
    let paid = tour.at(&node, balance).await.json();
    assert_eq!(paid["available_minor"], "125278");
    let redeem = "deposit redeem --issuer bank-a --amount 1000.00_USD --end-to-end-id PAYOUT-1";
    as_("supplier-a", redeem).await.json();
    as_("supplier-a", "deposit confirm --end-to-end-id PAYOUT-1")
        .await
        .json();
    let left = tour.at(&node, balance).await.json();
    assert_eq!(
        (&left["available_minor"], &left["locked_minor"]),
        (&"25278".into(), &"0".into())
    );

    // Look.
    let report = as_("regulator", "audit --home localnet").await.json();
    assert_eq!(
        (&report["invoices"], &report["late"]),
        (&1.into(), &1.into())
    );
    assert_eq!(report["transactions"]["rejected"], 2);
    let blocks = tour
        .at(&node, "block list --with-transactions")
        .await
        .json();
    assert!(
        blocks["blocks"]
            .as_array()
            .is_some_and(|blocks| !blocks.is_empty())
    );

    // Break it.
    assert_eq!(
        tour.run("localnet stop validator-3").await.json()["stopped"],
        1
    );
    let deposit = "deposit issue --holder buyer-b --amount 10.00_EUR";
    let height = as_("bank-b", deposit).await.json()["height"].as_u64();
    let started = tour.run("localnet start validator-3").await.json();
    assert!(
        started["nodes"]
            .as_array()
            .is_some_and(|nodes| nodes.len() == 4)
    );
    assert_eq!(tour.run("localnet stop").await.json()["stopped"], 4);
    let mut replay = Command::new(counterfoild());
    replay.args(["replay", "-o", "json", "--home"]);
    replay.arg(tour.folder.path().join("localnet/nodes/validator-0"));
    let replayed = finish(replay, PATIENCE).await.json();
    assert_eq!(replayed["ok"], true);
    assert!(replayed["heights"].as_u64() >= height);
    tour.run("localnet clean").await.json();
    assert!(!tour.folder.path().join("localnet").exists());

    // What is no command at all.
    assert_eq!(tour.run("invoice invent").await.code, Some(2));
}

fn text(value: &Value, field: &str) -> String {
    let text = value[field].as_str();
    text.unwrap_or_else(|| panic!("{field} in {value}"))
        .to_owned()
}

/// The error that a rejected command prints.
fn rejected(finished: &Finished) -> Value {
    assert_eq!(finished.code, Some(REJECTED), "{finished:?}");
    let error = finished.json_whatever_the_code()["error"].take();
    assert_eq!(error["kind"], "rejected");
    error
}

/// A folder in which commands are run.
struct Tour {
    folder: TempDir,
}

impl Tour {
    fn begin() -> Self {
        let folder = TempDir::new().expect("temporary folders can be made");
        for document in ["invoice.txt", "other.txt"] {
            fs::write(folder.path().join(document), document).expect("the folder can be written");
        }
        Self { folder }
    }

    /// Runs the command with these words, in which `_` stands for a space.
    async fn run(&self, words: &str) -> Finished {
        self.at("http://127.0.0.1:1", words).await
    }

    /// The same, asking this node.
    async fn at(&self, node: &str, words: &str) -> Finished {
        let mut command = Command::new(counterfoil());
        command
            .current_dir(self.folder.path())
            .env("COUNTERFOIL_NODE", node);
        command.args(words.split(' ').map(|word| word.replace('_', " ")));
        command.args(["-o", "json"]);
        finish(command, PATIENCE).await
    }
}

impl Drop for Tour {
    fn drop(&mut self) {
        let home: PathBuf = self.folder.path().join("localnet");
        if home.exists() {
            // What is there to do about an error is told by the test's own failure.
            let _ = Command::new(counterfoil())
                .args(["localnet", "clean", "--home"])
                .arg(home)
                .stdout(Stdio::null())
                .status();
        }
    }
}
