//! `verify`: holds what is stored against its own hashes and signatures, without executing anything
//! (`replay` does that, from genesis). It changes nothing, and needs no secret.
//!
//! It does not cover the wording of rejections, which no hash does, nor blocks that are not decided.

mod histories;

use std::path::{Path, PathBuf};

use counterfoil_proto::v1::{Block, CommitCertificate, Header, Receipt};
use counterfoil_storage::{Storage, StorageError, StoredBlock, Summary, Tip};
use counterfoil_types::block::{header_hash, receipts_root, transactions_root, verify_certificate};
use counterfoil_types::genesis::Genesis;
use counterfoil_types::hash::Hash;
use counterfoil_types::settings::Settings;
use counterfoil_types::strict;
use prost::Message as _;
use serde::Serialize;

use super::backup::Backup;
use super::{AppError, Output, print_table, progress, read_genesis};
use crate::config::Config;
use crate::ledger::State;
use histories::Histories;

/// Blocks whose summaries are read at a time.
const SUMMARIES: usize = 1_000;
/// How often progress is shown, in rows.
const SHOW_EVERY: u64 = 10_000;

#[derive(clap::Args)]
pub struct Arguments {
    /// The home of a node that is stopped.
    #[arg(long, required_unless_present = "backup", conflicts_with = "backup")]
    home: Option<PathBuf>,
    /// A backup.
    #[arg(long)]
    backup: Option<PathBuf>,
    /// How the result is printed.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Debug, thiserror::Error)]
pub enum VerifyError {
    #[error("{0} holds no ledger; has this node ever run?")]
    NoLedger(PathBuf),
    #[error("{0} is in use: stop the node first, or verify a backup of it")]
    Running(PathBuf),
    #[error("no room to compute the tree anew: {0}; set TMPDIR to a folder with enough of it")]
    Scratch(#[source] std::io::Error),
    #[error(
        "what is stored is damaged: {0}. Restore a backup, or sync from the peers (`restore --from-peers`)"
    )]
    Damaged(String),
}

/// What was looked at, and found.
#[derive(Default, Serialize)]
struct Report {
    chain_id: String,
    genesis_hash: String,
    height: u64,
    transactions: u64,
    records: u64,
    state_root: String,
    ok: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    problem: Option<String>,
}

pub fn verify(arguments: &Arguments) -> Result<(), AppError> {
    let (ledger, genesis) = match (&arguments.home, &arguments.backup) {
        (_, Some(folder)) => {
            let backup = Backup::open(folder)?;
            (backup.ledger(), read_genesis(&backup.genesis())?)
        }
        (Some(home), None) => {
            let config = Config::load(home)?;
            (config.ledger_dir(), read_genesis(&config.genesis)?)
        }
        (None, None) => unreachable!("clap asks for one of the two"),
    };
    if !ledger.exists() {
        return Err(VerifyError::NoLedger(ledger).into());
    }
    let scratch = tempfile::Builder::new()
        .prefix("counterfoil-verify-")
        .tempdir()
        .map_err(VerifyError::Scratch)?;
    let (report, found) = examine(&ledger, &genesis, scratch.path());
    match arguments.output {
        Output::Json => {
            let json = serde_json::to_string(&report).expect("a report has string keys only");
            println!("{json}");
        }
        Output::Table => print_table(&[
            ("chain", report.chain_id),
            ("genesis", report.genesis_hash),
            ("blocks", report.height.to_string()),
            ("transactions", report.transactions.to_string()),
            ("records", report.records.to_string()),
            ("state root", report.state_root),
            ("ok", report.ok.to_string()),
        ]),
    }
    Ok(found?)
}

fn examine(ledger: &Path, genesis: &Genesis, scratch: &Path) -> (Report, Result<(), VerifyError>) {
    let mut report = Report {
        chain_id: genesis.chain_id.clone(),
        genesis_hash: genesis.hash().to_string(),
        ..Report::default()
    };
    let found = Examination {
        genesis,
        report: &mut report,
    }
    .run(ledger, scratch);
    report.ok = found.is_ok();
    report.problem = found.as_ref().err().map(ToString::to_string);
    (report, found)
}

struct Examination<'a> {
    genesis: &'a Genesis,
    report: &'a mut Report,
}

impl Examination<'_> {
    fn run(&mut self, ledger: &Path, scratch: &Path) -> Result<(), VerifyError> {
        let storage = match Storage::open_read_only(ledger) {
            Err(StorageError::InUse { dir }) => {
                return Err(VerifyError::Running(dir));
            }
            opened => opened.map_err(damaged)?,
        };
        let bar = progress::count("rows read");
        let read = storage.read_all(|rows| {
            if rows % SHOW_EVERY == 0 {
                bar.set_position(rows);
            }
        });
        bar.finish_and_clear();
        read.map_err(damaged)?;
        let tip = self.chain(&storage)?;
        self.records(&storage, &tip, scratch)
    }

    /// Every block, from genesis to the tip, which it gives.
    fn chain(&mut self, storage: &Storage) -> Result<Tip, VerifyError> {
        let stored = storage.genesis_hash().map_err(damaged)?;
        let mut parent = self.genesis.hash();
        if stored != Some(parent) {
            return Err(damaged("it is the ledger of another genesis"));
        }
        let tip = storage.tip().map_err(damaged)?;
        let tip = tip.ok_or_else(|| damaged("there is no tip"))?;
        let bar = progress::bar(tip.height, "blocks");
        let (mut height, mut time_ms) = (0, self.genesis.time_ms);
        let mut settings = Settings::of(&self.genesis.to_proto());
        let mut histories = Histories::new(State(storage.snapshot()));
        // Genesis has no header to state one.
        let mut root = tip.state_root.to_vec();
        while height < tip.height {
            let summaries = storage.summaries(height + 1, SUMMARIES).map_err(damaged)?;
            if summaries.is_empty() {
                return Err(damaged(format!("block {} is missing", height + 1)));
            }
            for summary in summaries {
                height += 1;
                let block = storage.block(height).map_err(damaged)?;
                let header = block
                    .ok_or_else(|| "it is missing".to_owned())
                    .and_then(|block| {
                        let receipts = receipts(storage, height)?;
                        let (header, transactions) =
                            self.block(height, &summary, &block, &receipts, &mut settings)?;
                        follows(&header, &parent, time_ms)?;
                        histories.block(header.version, &transactions, &receipts)?;
                        Ok(header)
                    })
                    .map_err(|problem| damaged(format!("block {height}: {problem}")))?;
                parent = summary.hash;
                time_ms = header.time_ms;
                root = header.state_root;
                self.report.height = height;
                self.report.transactions += u64::from(summary.transactions);
                bar.inc(1);
            }
        }
        bar.finish_and_clear();
        if parent != tip.block_hash || root != tip.state_root.to_vec() {
            return Err(damaged("the tip is not what the last block states"));
        }
        histories.finish().map_err(damaged)?;
        Ok(tip)
    }

    /// One block by itself: its hash, what its header says of its contents, its line in lists; and its certificate, by the
    /// validators of its height. Gives its header and transactions.
    fn block(
        &self,
        height: u64,
        summary: &Summary,
        stored: &StoredBlock,
        receipts: &[Receipt],
        settings: &mut Settings,
    ) -> Result<(Header, Vec<Vec<u8>>), String> {
        let Block {
            header,
            transactions,
        } = strict::decode(&stored.block).map_err(|e| e.to_string())?;
        let header = header.ok_or("it has no header")?;
        let certificate = CommitCertificate::decode(stored.certificate.as_slice())
            .map_err(|e| format!("the certificate: {e}"))?;
        let rejected = receipts.iter().filter(|receipt| receipt.code != 0).count();
        let checks = [
            ("hash", header_hash(&header) == stored.hash),
            ("height", header.height == height),
            ("chain", header.chain_id == self.genesis.chain_id),
            (
                "transactions",
                transactions_root(&transactions).as_bytes()[..] == header.transactions_root[..],
            ),
            (
                "receipts",
                receipts_root(receipts).as_bytes()[..] == header.receipts_root[..],
            ),
            (
                "line in lists",
                summary.hash == stored.hash
                    && summary.header == header.encode_to_vec()
                    && summary.round == certificate.round
                    && summary.transactions as usize == transactions.len()
                    && summary.rejected as usize == rejected,
            ),
        ];
        if let Some((what, _)) = checks.iter().find(|(_, agrees)| !agrees) {
            return Err(format!("its {what} is not what its header says"));
        }
        verify_certificate(
            &self.genesis.chain_id,
            &certificate,
            height,
            &stored.hash,
            settings.validators(),
        )
        .map_err(|e| e.to_string())?;
        settings
            .follow(&header, &transactions)
            .map_err(|e| e.to_string())?;
        Ok((header, transactions))
    }

    /// The records as a whole, against the root that the last header states.
    fn records(&mut self, storage: &Storage, tip: &Tip, scratch: &Path) -> Result<(), VerifyError> {
        let bar = progress::count("records");
        let computed = storage.recompute_root(scratch, |records| bar.set_position(records));
        bar.finish_and_clear();
        let (root, records) = computed.map_err(damaged)?;
        self.report.records = records;
        self.report.state_root = root.to_string();
        if root != tip.state_root {
            return Err(damaged(format!(
                "the records have the root {root}, and the last header states {}",
                tip.state_root
            )));
        }
        Ok(())
    }
}

/// Whether a header follows the block before it.
fn follows(header: &Header, parent: &Hash, time_ms: u64) -> Result<(), String> {
    if header.parent != parent.to_vec() {
        return Err("its parent is not the block before it".to_owned());
    }
    if header.time_ms <= time_ms {
        return Err("its time is not later than its parent's".to_owned());
    }
    Ok(())
}

fn damaged(problem: impl ToString) -> VerifyError {
    VerifyError::Damaged(problem.to_string())
}

/// A block's receipts, each found by its transaction as well.
fn receipts(storage: &Storage, height: u64) -> Result<Vec<Receipt>, String> {
    let stored = storage.receipts(height).map_err(|e| e.to_string())?;
    let stored = stored.iter().flatten();
    let receipts = stored.map(|bytes| Receipt::decode(bytes.as_slice()));
    let receipts: Vec<Receipt> = receipts
        .collect::<Result<_, _>>()
        .map_err(|e| format!("a receipt: {e}"))?;
    for (index, receipt) in (0..).zip(&receipts) {
        let tx_id = Hash::try_from(receipt.tx_id.as_slice()).map_err(|e| e.to_string())?;
        let place = storage.place(&tx_id).map_err(|e| e.to_string())?;
        if place != Some((height, index)) {
            return Err(format!("transaction {tx_id} is not found by its id"));
        }
    }
    Ok(receipts)
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use counterfoil_contracts::credit;
    use counterfoil_proto::credit::v1::HistoryEntry;
    use counterfoil_storage::Commit;

    use super::*;
    use crate::fixture;
    use crate::ledger::Ledger;

    fn verified(folder: &Path) -> Report {
        let scratch = tempfile::tempdir().unwrap();
        examine(folder, &fixture::genesis(), scratch.path()).0
    }

    #[test]
    fn what_a_node_stores_is_found_whole() {
        let folder = tempfile::tempdir().unwrap();
        let stored = fixture::ledger(folder.path());
        let root = stored.tip().state_root.to_string();
        drop(stored);
        let genesis = verified(folder.path());
        assert_eq!((genesis.problem, genesis.height), (None, 0));
        assert_eq!(genesis.state_root, root);

        let stored = fixture::ledger(folder.path());
        fixture::commit(&stored, &[&fixture::good(1).1, &fixture::good(2).1]);
        fixture::commit(&stored, &[]);
        let in_use = verified(folder.path());
        assert!(in_use.problem.unwrap().contains("stop the node"));
        let root = stored.tip().state_root.to_string();
        drop(stored);
        let report = verified(folder.path());
        assert_eq!((report.problem, report.ok), (None, true));
        assert_eq!((report.height, report.transactions), (2, 2));
        assert_eq!(report.state_root, root);
    }

    /// Stores the next block with one thing about it changed, and says what is found.
    fn found(change: impl FnOnce(&mut Commit)) -> String {
        let folder = tempfile::tempdir().unwrap();
        let stored = fixture::ledger(folder.path());
        fixture::commit(&stored, &[]);
        let mut commit = next(&stored);
        change(&mut commit);
        stored.storage().commit(commit).unwrap();
        drop(stored);
        let report = verified(folder.path());
        assert!(!report.ok);
        assert_eq!(report.height, 1);
        report.problem.unwrap()
    }

    fn next(stored: &Ledger) -> Commit {
        let height = stored.tip().height + 1;
        let address = fixture::validator_key().public_key().address();
        let transactions = vec![fixture::verified(&fixture::good(5).1)];
        let candidate = stored
            .propose(height, fixture::now_ms(), address, transactions, usize::MAX)
            .unwrap();
        let certificate = fixture::certificate(height, &candidate.block_hash());
        stored.prepare(&candidate, &certificate)
    }

    #[test]
    fn what_differs_is_named() {
        let of_another = |commit: &mut Commit| {
            let hash = Hash::tagged("another", &[]);
            commit.certificate = fixture::certificate(commit.height, &hash).encode_to_vec();
        };
        let other_block = |commit: &mut Commit| {
            let mut block = Block::decode(commit.block.as_slice()).unwrap();
            block.transactions.clear();
            commit.block = block.encode_to_vec();
        };
        let other_receipt = |commit: &mut Commit| {
            let mut receipt = Receipt::decode(commit.receipts[0].1.as_slice()).unwrap();
            receipt.events.clear();
            commit.receipts[0].1 = receipt.encode_to_vec();
        };
        let found_elsewhere =
            |commit: &mut Commit| commit.receipts[0].0 = Hash::tagged("another", &[]);
        let other_entry = |commit: &mut Commit| {
            let list = credit::api::entry_list(fixture::BANK);
            let (_, entries) = Arc::make_mut(&mut commit.appends).get_mut(&list).unwrap();
            let mut entry = HistoryEntry::decode(entries[0].as_slice()).unwrap();
            entry.on.as_mut().unwrap().day ^= 1;
            entries[0] = entry.encode_to_vec();
        };
        let other_subtree = |commit: &mut Commit| {
            let list = credit::api::subtree_list(fixture::BANK);
            let (_, roots) = Arc::make_mut(&mut commit.appends).get_mut(&list).unwrap();
            roots[0][0] ^= 1;
        };
        for (words, problem) in [
            ("the history of bank-a: entry 0", found(other_entry)),
            ("the history of bank-a: entry 0", found(other_subtree)),
            (
                "the history of bank-a: entry 0 is missing",
                found(|commit| Arc::make_mut(&mut commit.appends).clear()),
            ),
            ("block 2: transaction", found(found_elsewhere)),
            ("block 2: the certificate is for another", found(of_another)),
            ("block 2: its transactions", found(other_block)),
            ("block 2: its receipts", found(other_receipt)),
            (
                "block 2: its line in lists",
                found(|commit| commit.rejected += 1),
            ),
            (
                "block 2: its line in lists",
                found(|commit| commit.round += 1),
            ),
        ] {
            assert!(problem.contains(words), "{words}: {problem}");
        }
    }

    #[test]
    fn each_height_has_validators_of_its_own() {
        let folder = tempfile::tempdir().unwrap();
        let stored = fixture::ledger(folder.path());
        let successor = fixture::key(4);
        assert_eq!(
            fixture::hand_over(&stored, &successor).receipts()[0].code,
            0
        );
        fixture::commit_by(&successor, &stored, &[&fixture::good(1).1]);
        drop(stored);
        let report = verified(folder.path());
        assert_eq!((report.problem, report.height), (None, 2));
        // The one before it has no say any more.
        let stored = fixture::ledger(folder.path());
        fixture::commit(&stored, &[]);
        drop(stored);
        let problem = verified(folder.path()).problem.unwrap();
        assert!(
            problem.contains("block 3") && problem.contains("not a validator"),
            "{problem}"
        );
    }

    #[test]
    fn the_ledger_of_another_genesis_is_told() {
        let folder = tempfile::tempdir().unwrap();
        drop(fixture::ledger(folder.path()));
        let mut other = fixture::genesis();
        other.organizations[0].legal_name = "Another Bank".into();
        let scratch = tempfile::tempdir().unwrap();
        let (report, _) = examine(folder.path(), &other, scratch.path());
        assert!(report.problem.unwrap().contains("another genesis"));
    }
}
