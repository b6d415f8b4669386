//! An invoice's life as programs drive the command: each command's one JSON
//! object, and its exit code.

use std::fs;
use std::path::PathBuf;
use std::process::{Command, Stdio};

use counterfoil_tests::network::{Finished, PATIENCE, counterfoil, counterfoild, finish};
use serde_json::{Value, json};
use tempfile::TempDir;

const REJECTED: i32 = 3;

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn programs_get_one_json_object_and_an_exit_code() {
    let tour = Tour::begin();
    let made = tour
        .run("localnet init --first-date 2026-01-01")
        .await
        .json();
    assert_eq!(made["nodes"].as_array().map(Vec::len), Some(4));
    let node = made["nodes"][0].as_str().expect("a URL").to_owned();
    let as_ = |who: &str, words: &str| {
        let words = format!("{words} --org {who} --key localnet/keys/{who}.pem");
        let (tour, node) = (&tour, node.as_str());
        async move { tour.at(node, &words).await }
    };
    let nobody = tour.at(&node, "status").await;
    assert_eq!(nobody.code, Some(2), "{nobody:?}");
    let unreachable = as_("operator", "status").await;
    assert_eq!(unreachable.code, Some(4), "{unreachable:?}");
    tour.run("localnet start").await.json();

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
    assert_eq!(stranger.code, Some(1), "{stranger:?}");
    assert!(
        stranger.stderr.contains("buyer-b's to read"),
        "{stranger:?}"
    );
    as_("buyer-a", &format!("invoice confirm {invoice}"))
        .await
        .json();
    let owed = as_("buyer-a", "receivable list").await.json();
    let receivable = text(&owed["receivables"][0], "id");
    assert_eq!(receivable, text(&registered, "receivable_if_confirmed"));

    // Split, pass on: the inbox names the command that answers the offer.
    let claim = |number: u32| format!("{receivable}#{number}");
    let split = format!("claim split {} --parts 750.00,500.00", claim(0));
    as_("supplier-a", &split).await.json();
    let offer = format!("claim offer {} --to supplier-b --purpose payment", claim(2));
    as_("supplier-a", &offer).await.json();
    let accept = waiting(&as_("supplier-b", "inbox").await.json());
    assert_eq!(accept, [format!("claim accept {}", claim(2))]);
    as_("supplier-b", &accept[0]).await.json();

    // Finance: the lower rate is the dearer quote, as it has a fee.
    let dates = "--deadline 2026-01-05 --until 2026-01-15";
    let open = format!(
        "request open --claim {} --technique discounting {dates}",
        claim(1)
    );
    let request = text(&as_("supplier-a", &open).await.json(), "request");
    let quote = format!("request quote {request} --rate");
    as_("bank-a", &format!("{quote} 6.2%")).await.json();
    as_("bank-b", &format!("{quote} 5.8% --fee handling=1.00"))
        .await
        .json();
    let reveal = format!("request reveal {request}");
    let early = as_("bank-a", &reveal).await;
    assert_eq!(early.code, Some(1), "{early:?}");
    as_("operator", "clock roll 2026-01-06").await.json();
    for bank in ["bank-a", "bank-b"] {
        assert_eq!(waiting(&as_(bank, "inbox").await.json()), [reveal.as_str()]);
        as_(bank, &reveal).await.json();
    }
    let show = format!("request show {request}");
    let others = as_("bank-b", &show).await.json()["quotes"].take();
    assert_eq!(others.as_array().map(Vec::len), Some(1));
    assert_eq!(
        json!([others[0]["rank"], others[0]["bank"]]),
        json!([2, "bank-b"])
    );
    let ranked = as_("supplier-a", &show).await.json()["quotes"].take();
    let figures = |at: usize| {
        let quote = &ranked[at];
        ["rank", "bank", "net_minor", "annual_cost_ppm"].map(|field| quote[field].clone())
    };
    assert_eq!(json!(figures(0)), json!([1, "bank-a", "74677", 63_149]));
    assert_eq!(json!(figures(1)), json!([2, "bank-b", "74598", 78_678]));
    let award = waiting(&as_("supplier-a", "inbox").await.json());
    assert_eq!(award, [format!("request award {request}")]);
    as_("supplier-a", &award[0]).await.json();
    let balance = "deposit balance --issuer bank-a --currency USD";
    let available =
        async |holder: &str| text(&as_(holder, balance).await.json(), "available_minor");
    assert_eq!(available("supplier-a").await, "74677");
    let sold = as_("bank-a", &format!("claim show {}", claim(1)))
        .await
        .json();
    assert_eq!(sold["controller"], "bank-a");
    assert_eq!(sold["endorsements"][0]["from"], "supplier-a");
    // The claim it was split from is the supplier's to read, and its debtor's.
    assert_eq!(sold["family"].as_array().map(Vec::len), Some(1));
    let whole = as_("buyer-a", &format!("claim show {}", claim(1)))
        .await
        .json();
    assert_eq!(whole["family"].as_array().map(Vec::len), Some(3));

    // Take it away: the bank's proof of what it bought.
    let passport = format!("proof receivable {receivable} --out passport.proof");
    as_("bank-a", &passport).await.json();
    let financed = as_(
        "supplier-a",
        &format!("proof unfinanced --invoice {invoice} --out none.proof"),
    );
    let financed = financed.await;
    assert_eq!(financed.code, Some(1), "{financed:?}");
    assert!(financed.stderr.contains("was passed on"), "{financed:?}");

    // Pay late: 1,250.00 · 8 % · 10/360 on top, then 250.00 · 8 % · 10/360 more.
    as_("operator", "clock roll 2026-02-10").await.json();
    let overdue = format!("receivable report-overdue {receivable}");
    as_("supplier-b", &overdue).await.json();
    let settle = format!("receivable settle {receivable} --issuer");
    let deposit = "deposit issue --holder buyer-a --amount 1253.33_USD";
    as_("bank-a", deposit).await.json();
    let owing = waiting(&as_("buyer-a", "inbox").await.json());
    assert_eq!(owing, [format!("{settle} bank-a")]);
    let in_part = format!("{settle} bank-a --amount 1000.00_USD");
    as_("buyer-a", &in_part).await.json();
    assert_eq!(available("supplier-b").await, "40000");
    as_("operator", "clock roll 2026-02-20").await.json();
    let owed = as_("buyer-a", &format!("receivable show {receivable}"))
        .await
        .json();
    assert_eq!(
        (
            &owed["state"],
            &owed["owed_principal_minor"],
            &owed["owed_penalty_minor"]
        ),
        (&"Overdue".into(), &"25000".into(), &"333".into())
    );
    as_("buyer-a", &format!("{settle} bank-a")).await.json();
    assert_eq!(available("supplier-b").await, "50133");
    assert_eq!(available("buyer-a").await, "0");
    let redeem = "deposit redeem --issuer bank-a --amount 700.00_USD --end-to-end-id PAYOUT-1";
    as_("supplier-a", redeem).await.json();
    let confirm = waiting(&as_("supplier-a", "inbox").await.json());
    assert_eq!(confirm, ["deposit confirm --end-to-end-id PAYOUT-1"]);
    as_("supplier-a", &confirm[0]).await.json();
    let left = as_("supplier-a", balance).await.json();
    assert_eq!(
        (&left["available_minor"], &left["locked_minor"]),
        (&"4677".into(), &"0".into())
    );

    // Look.
    let report = as_("regulator", "audit --home localnet").await.json();
    assert_eq!(
        (&report["invoices"], &report["late"]),
        (&1.into(), &1.into())
    );
    assert_eq!(report["transactions"]["rejected"], 1);
    for (who, sees) in [("operator", true), ("buyer-b", false)] {
        let blocks = as_(who, "block list --with-transactions").await.json();
        let first = &blocks["blocks"][0];
        assert!(first["height"].is_u64());
        assert_eq!(first["transactions"].is_u64(), sees, "{who}: {first}");
    }

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
    // Without a node: the file and the genesis are enough, and another file is none.
    let verify = "proof verify passport.proof --genesis localnet/genesis.json";
    let proven = tour.run(verify).await.json();
    assert_eq!(proven["receivable"]["debtor"], "buyer-a");
    assert_eq!(proven["claims"][0]["controller"], "bank-a");
    assert_eq!(proven["endorsements"][0]["from"], "supplier-a");
    assert_eq!(proven["quotes_taken"][0]["terms"]["rate_ppm"], 62_000);
    let file = tour.folder.path().join("passport.proof");
    let mut bytes = fs::read(&file).expect("the file is there");
    let middle = bytes.len() / 2;
    bytes[middle] ^= 1;
    fs::write(&file, bytes).expect("the file can be written");
    let refused = tour.run(verify).await;
    assert_eq!(refused.code, Some(1), "{refused:?}");
    assert!(refused.stderr.contains("NOT PROVEN"), "{refused:?}");
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

/// The commands that answer what an inbox shows, without the program's name.
fn waiting(inbox: &Value) -> Vec<String> {
    let entries = inbox["entries"].as_array().expect("a list of entries");
    let command = |entry: &Value| {
        let command = text(entry, "command");
        let words = command.strip_prefix("counterfoil ");
        words.expect("a command of this program").to_owned()
    };
    entries.iter().map(command).collect()
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
            .env("COUNTERFOIL_NODE", node)
            .env("COUNTERFOIL_CA", "localnet/ca.pem");
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
