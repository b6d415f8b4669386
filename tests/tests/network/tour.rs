//! The README's ten minutes by hand: its own lines, run by a shell as a newcomer pastes them.

use std::fs;
use std::io::{BufRead as _, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

use counterfoil_tests::network::{Finished, PATIENCE, counterfoil, finish};
use tempfile::TempDir;

const README: &str = include_str!("../../../README.md");
const FROM: &str = "## Ten minutes by hand";
const TO: &str = "## Where things are";
/// The block that builds and starts the network; its last line runs until it is stopped.
const START: &str = "make build";
const READY: &str = "Ctrl-C stops it";

/// What a block of the README must do.
struct Step {
    /// How it begins, so that no block is taken for another.
    begins: &'static str,
    code: i32,
    /// What it prints, on stdout or stderr.
    says: &'static [&'static str],
    /// A field of its answer that the README asks to keep, and the variable it is kept in.
    keeps: Option<(&'static str, &'static str)>,
}

const fn step(begins: &'static str, says: &'static [&'static str]) -> Step {
    Step {
        begins,
        code: 0,
        says,
        keeps: None,
    }
}

const STEPS: &[Step] = &[
    step(". dev/env", &["dev-", "2026-01-01"]),
    Step {
        keeps: Some(("invoice", "INVOICE")),
        ..step(
            "as supplier-a invoice register --buyer buyer-a --number INV-2026-001",
            &["InvoiceRegistered", "1250.00 USD"],
        )
    },
    Step {
        code: 3,
        ..step(
            "as supplier-a invoice register --buyer buyer-a --number \"inv 2026 / 001\"",
            &["DUPLICATE_INVOICE (4012)", "first: $INVOICE", "what to do"],
        )
    },
    Step {
        keeps: Some(("receivable:", "RECEIVABLE")),
        ..step(
            "as buyer-a invoice query",
            &["InvoiceConfirmed", "Performing"],
        )
    },
    Step {
        code: 1,
        ..step(
            "as buyer-b invoice show",
            &["no invoice $INVOICE", "not buyer-b's to read"],
        )
    },
    step(
        "as supplier-a claim split",
        &["counterfoil claim accept $RECEIVABLE#2"],
    ),
    Step {
        keeps: Some(("request", "REQUEST")),
        ..step("as supplier-a request open", &[])
    },
    // The lower rate is the dearer quote, as it has a fee.
    step(
        "as bank-a request quote",
        &["746.77", "745.98", "6.3149 %", "7.8678 %"],
    ),
    step(
        "as supplier-a inbox",
        &["counterfoil request award $REQUEST", "746.77", "bank-a"],
    ),
    step(
        "as bank-a proof receivable",
        &["PROVEN", "confirmed by transaction", "supplier-a → bank-a"],
    ),
    step(
        "as supplier-a proof history",
        &[
            "COMPLETE HISTORY",
            "it agrees with the ledger's",
            "InvoiceRegistered",
        ],
    ),
    step(
        "as operator clock roll 2026-02-10",
        &["counterfoil receivable settle $RECEIVABLE --issuer bank-a"],
    ),
    // 1,250.00 · 8 % · 10/360 and 250.00 · 8 % · 10/360; 400.00 and 101.33 for the second supplier.
    step(
        "as operator clock roll 2026-02-20",
        &["Overdue", "250.00", "3.33", "501.33"],
    ),
    step("as supplier-a deposit redeem", &["700.00"]),
    step(
        "as supplier-b events",
        &["ClaimPaid", "101.33 USD", "end to end ids used once"],
    ),
    Step {
        code: 3,
        ..step(
            "counterfoil key new --plain --out checker.pem",
            &["AccountsChanged", "APPROVALS_LACKING (55)", "--propose"],
        )
    },
    Step {
        keeps: Some(("proposal", "PROPOSAL")),
        ..step(
            "as bank-b deposit issue --holder buyer-b --amount \"5.00 USD\" --propose",
            &["Proposed"],
        )
    },
    step(
        "as bank-b inbox --key checker.pem",
        &[
            "counterfoil proposal approve $PROPOSAL",
            "issue.amount",
            "5.00 USD",
            "CarriedOut",
            "DepositIssued",
        ],
    ),
    step(
        "counterfoil localnet init",
        &["localnet-", "validator-3", "10.00"],
    ),
    step("counterfoil localnet stop", &["blocks replayed", "removed"]),
    // Here is no terminal to ask for a password at.
    Step {
        code: 1,
        ..step("counterfoil key new", &["--password-file"])
    },
];

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_tour_goes_as_the_readme_tells() {
    let tour = README.split_once(FROM).expect("the README has the tour").1;
    let tour = tour.split_once(TO).expect("and something behind it").0;
    let mut blocks = tour.split("```").skip(1).step_by(2).map(str::trim);
    let start = blocks.next().expect("a block that starts the network");
    assert!(start.starts_with(START), "{start}");
    let folder = Folder::new();
    let dev = Dev::start(folder.path(), start.lines().last().expect("it has lines"));

    let mut kept: Vec<(&str, String)> = Vec::new();
    // Where the shell was told to look by an earlier block.
    let mut env = "";
    for (number, step) in STEPS.iter().enumerate() {
        let block = blocks.next().expect("a block for each step");
        assert!(
            block.starts_with(step.begins),
            "step {number} begins as {:?}:\n{block}",
            step.begins
        );
        let mut script = format!("set -e\n{env}\n");
        for (name, value) in &kept {
            script += &format!("{name}={value}\n");
        }
        script += block;
        let finished = folder.shell(&script).await;
        assert_eq!(finished.code, Some(step.code), "{block}\n{finished:?}");
        let said = finished.stdout.clone() + &finished.stderr;
        for words in step.says {
            let words = kept
                .iter()
                .fold((*words).to_owned(), |words, (name, value)| {
                    words.replace(&format!("${name}"), value)
                });
            assert!(said.contains(&words), "{words:?} after\n{block}\n{said}");
        }
        if let Some((field, name)) = step.keeps {
            kept.push((name, value(&finished.stdout, field)));
        }
        env = match block {
            _ if block.contains("dev/env") => ". dev/env",
            _ if block.contains("localnet/env") => "",
            _ => env,
        };
    }
    assert_eq!(blocks.next(), None, "every block of the README is a step");
    assert!(!folder.path().join("localnet").exists());
    dev.stop().await;
    assert!(folder.path().join("dev").exists(), "the ledger can go on");
}

/// A field's value in the table that a command printed.
fn value(table: &str, field: &str) -> String {
    let cells = table.lines().map(|line| line.trim_matches(['│', ' ']));
    let row = cells
        .filter_map(|line| line.split_once(char::is_whitespace))
        .find(|(label, _)| *label == field);
    let (_, value) = row.unwrap_or_else(|| panic!("no {field} in\n{table}"));
    value.trim().to_owned()
}

/// A folder in which the tour is walked, with the documents that it registers.
struct Folder(TempDir);

impl Folder {
    fn new() -> Self {
        let folder = TempDir::new().expect("temporary folders can be made");
        for document in ["README.md", "LICENSE"] {
            fs::write(folder.path().join(document), document).expect("the folder can be written");
        }
        Self(folder)
    }

    fn path(&self) -> &Path {
        self.0.path()
    }

    async fn shell(&self, script: &str) -> Finished {
        let mut shell = shell(self.path());
        shell.args(["-c", script]);
        finish(shell, PATIENCE).await
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        for home in ["localnet", "dev"] {
            if self.path().join(home).exists() {
                // What is there to do about an error is told by the test's own failure.
                let _ = Command::new(counterfoil())
                    .args(["localnet", "clean", "--home", home])
                    .current_dir(self.path())
                    .stdout(Stdio::null())
                    .status();
            }
        }
    }
}

/// A shell that finds the programs under test first.
fn shell(folder: &Path) -> Command {
    let programs = counterfoil();
    let programs = programs.parent().expect("a program lies in a folder");
    let path = std::env::var("PATH").unwrap_or_default();
    let mut shell = Command::new("bash");
    shell
        .current_dir(folder)
        .env("PATH", format!("{}:{path}", programs.display()))
        .stdin(Stdio::null());
    shell
}

/// `counterfoil dev` in its own terminal.
struct Dev(Child);

impl Dev {
    /// Runs the README's line, and waits until it says that it is ready.
    fn start(folder: &Path, line: &str) -> Self {
        assert!(line.starts_with("counterfoil dev"), "{line}");
        let mut child = shell(folder)
            .args(["-c", &format!("exec {line}")])
            .stdout(Stdio::piped())
            .spawn()
            .expect("bash runs");
        let stdout = child.stdout.take().expect("it is piped");
        let mut lines = BufReader::new(stdout).lines();
        // It fails by itself when the node does not serve in a minute, which ends the lines.
        let ready = lines.any(|line| line.is_ok_and(|line| line.contains(READY)));
        assert!(ready, "dev ended before it was ready");
        // Keeps the pipe read, so that nothing it prints can hold it up.
        std::thread::spawn(move || lines.for_each(drop));
        Self(child)
    }

    /// Ends it as Ctrl-C does.
    async fn stop(mut self) {
        let pid = self.0.id().to_string();
        let mut kill = Command::new("sh");
        kill.args(["-c", r#"kill -s INT "$1""#, "sh", &pid]);
        assert_eq!(finish(kill, PATIENCE).await.code, Some(0));
        let ended = tokio::task::spawn_blocking(move || self.0.wait()).await;
        let ended = ended
            .expect("waiting does not panic")
            .expect("a child ends");
        assert!(ended.success(), "{ended}");
    }
}
