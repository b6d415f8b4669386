//! `replay`: executes every stored block anew, from genesis and the ledger key,
//! in a store of its own, and compares whatever can be compared.

use std::path::PathBuf;

use counterfoil_proto::v1::{CommitCertificate, Receipt, ValidatorSet};
use counterfoil_storage::{Storage, StorageError, StoredBlock};
use counterfoil_types::block::{receipt_leaf, verify_certificate};
use counterfoil_types::hash::Hash;
use prost::Message as _;
use serde::Serialize;

use super::{AppError, Output, print_table, progress, read_genesis};
use crate::config::{Config, keys};
use crate::ledger::{Ledger, LedgerError};

#[derive(clap::Args)]
pub struct Arguments {
    /// The home of a node that is stopped.
    #[arg(long)]
    home: PathBuf,
    /// The last height to replay; the last stored one if it is left out.
    #[arg(long, value_parser = clap::value_parser!(u64).range(1..))]
    to: Option<u64>,
    /// How the result is printed.
    #[arg(short, long, value_enum, default_value = "table")]
    output: Output,
}

#[derive(Debug, thiserror::Error)]
pub enum ReplayError {
    #[error("{0} holds no ledger; has this node ever run?")]
    NoLedger(PathBuf),
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error("the node has stored {tip} blocks; --to {to} is beyond them")]
    Beyond { tip: u64, to: u64 },
    #[error("no room for the replay's own store: {0}; set TMPDIR to a folder with enough of it")]
    Scratch(#[source] std::io::Error),
    #[error("the replay differs from what is stored, first at height {height}: {what}")]
    Differs { height: u64, what: String },
}

/// What a replay found.
#[derive(Serialize)]
struct Report {
    chain_id: String,
    /// Blocks that were replayed and agree.
    heights: u64,
    transactions: u64,
    /// The recomputed root after the last of them.
    state_root: String,
    ok: bool,
    /// The first difference.
    #[serde(skip_serializing_if = "Option::is_none")]
    difference: Option<Difference>,
}

#[derive(Serialize)]
struct Difference {
    height: u64,
    what: String,
}

pub fn replay(arguments: &Arguments) -> Result<(), AppError> {
    let config = Config::load(&arguments.home)?;
    let genesis = read_genesis(&config.genesis)?;
    let ledger_keys = keys::read_ledger_keys(&config.ledger_key, &genesis)?;
    let folder = config.ledger_dir();
    if !folder.exists() {
        return Err(ReplayError::NoLedger(folder).into());
    }
    let stored = Storage::open(&folder).map_err(ReplayError::from)?;
    let tip = match stored.tip().map_err(ReplayError::from)? {
        Some(tip) => tip.height,
        None => return Err(ReplayError::NoLedger(folder).into()),
    };
    let to = arguments.to.unwrap_or(tip);
    if to > tip {
        return Err(ReplayError::Beyond { tip, to }.into());
    }
    let scratch = tempfile::Builder::new()
        .prefix("counterfoil-replay-")
        .tempdir()
        .map_err(ReplayError::Scratch)?;
    let fresh = Ledger::open(scratch.path(), genesis, ledger_keys)?;

    let (report, difference) = compare(&stored, &fresh, to)?;
    print(&report, arguments.output);
    match difference {
        None => Ok(()),
        Some(error) => Err(error.into()),
    }
}

/// Replays up to a height, or to the first difference.
fn compare(
    stored: &Storage,
    fresh: &Ledger,
    to: u64,
) -> Result<(Report, Option<ReplayError>), AppError> {
    let bar = progress::bar(to, "blocks");
    let mut report = Report {
        chain_id: fresh.chain_id().to_owned(),
        heights: 0,
        transactions: 0,
        state_root: fresh.tip().state_root.to_string(),
        ok: true,
        difference: None,
    };
    for height in 1..=to {
        match replay_block(stored, fresh, height)? {
            Ok(transactions) => report.transactions += transactions,
            Err(what) => {
                bar.abandon();
                report.ok = false;
                report.difference = Some(Difference {
                    height,
                    what: what.clone(),
                });
                return Ok((report, Some(ReplayError::Differs { height, what })));
            }
        }
        report.heights = height;
        report.state_root = fresh.tip().state_root.to_string();
        bar.inc(1);
    }
    bar.finish_and_clear();
    Ok((report, None))
}

/// The number of the block's transactions; inside, what differs.
fn replay_block(
    stored: &Storage,
    fresh: &Ledger,
    height: u64,
) -> Result<Result<u64, String>, AppError> {
    let Some(block) = stored.block(height).map_err(ReplayError::from)? else {
        return Ok(Err("the block is missing".to_owned()));
    };
    let validators = fresh.settings()?.validators;
    let certificate = match check_certificate(fresh, &block, height, &validators) {
        Ok(certificate) => certificate,
        Err(what) => return Ok(Err(what)),
    };
    let candidate = match fresh.validate_decided(&block.block, height) {
        Ok(candidate) => candidate,
        Err(LedgerError::InvalidBlock(what)) => return Ok(Err(format!("the block: {what}"))),
        Err(error) => return Err(error.into()),
    };
    if candidate.block_hash() != block.hash {
        let what = format!(
            "the block's hash is {}, it is stored under {}",
            candidate.block_hash(),
            block.hash
        );
        return Ok(Err(what));
    }
    // Without the wording of rejections, which may differ between versions.
    let receipts = stored.receipts(height).map_err(ReplayError::from)?;
    let stored_receipts: Result<Vec<Receipt>, _> = receipts
        .iter()
        .flatten()
        .map(|bytes| Receipt::decode(bytes.as_slice()))
        .collect();
    let same = stored_receipts.is_ok_and(|stored| {
        let leaves = candidate.receipts().iter().map(receipt_leaf);
        leaves.eq(stored.iter().map(receipt_leaf))
    });
    if !same {
        return Ok(Err("the stored receipts are others".to_owned()));
    }
    fresh.commit(&candidate, &certificate)?;
    let root = |storage: &Storage| storage.state_root(height).map_err(ReplayError::from);
    let header = Hash::try_from(candidate.header().state_root.as_slice()).ok();
    let own = root(fresh.storage())?;
    if own != header {
        return Ok(Err(
            "the replayed tree's root is not the header's".to_owned()
        ));
    }
    // Older roots of the node's own tree are pruned.
    match root(stored)? {
        Some(theirs) if Some(theirs) != own => Ok(Err(format!(
            "the stored tree's root is {theirs}, which is not the header's"
        ))),
        _ => Ok(Ok(candidate.receipts().len() as u64)),
    }
}

fn check_certificate(
    fresh: &Ledger,
    block: &StoredBlock,
    height: u64,
    validators: &ValidatorSet,
) -> Result<CommitCertificate, String> {
    let certificate = CommitCertificate::decode(block.certificate.as_slice())
        .map_err(|e| format!("the certificate: {e}"))?;
    verify_certificate(
        fresh.chain_id(),
        &certificate,
        height,
        &block.hash,
        validators,
    )
    .map_err(|e| e.to_string())?;
    Ok(certificate)
}

fn print(report: &Report, output: Output) {
    match output {
        Output::Json => {
            let json = serde_json::to_string(report).expect("a report has string keys only");
            println!("{json}");
        }
        Output::Table => print_table(&[
            ("chain", report.chain_id.clone()),
            ("blocks replayed", report.heights.to_string()),
            ("transactions", report.transactions.to_string()),
            ("state root", report.state_root.clone()),
            ("ok", report.ok.to_string()),
        ]),
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_types::genesis::Genesis;

    use super::*;
    use crate::fixture;

    fn fresh(genesis: Genesis) -> (tempfile::TempDir, Ledger) {
        let folder = tempfile::tempdir().unwrap();
        let ledger = Ledger::open(folder.path(), genesis, fixture::ledger_key()).unwrap();
        (folder, ledger)
    }

    fn difference(stored: &Ledger, genesis: Genesis, to: u64) -> (Report, String) {
        let (_folder, fresh) = fresh(genesis);
        let (report, difference) = compare(stored.storage(), &fresh, to).unwrap();
        assert_eq!(report.ok, difference.is_none());
        (
            report,
            difference.map_or_else(String::new, |d| d.to_string()),
        )
    }

    #[test]
    fn a_replay_agrees_with_what_it_was_made_from() {
        let (_folder, stored) = fresh(fixture::genesis());
        for nonce in 0..3 {
            fixture::commit(&stored, &[&fixture::good(nonce).1]);
        }
        fixture::commit(&stored, &[]);
        let (report, difference) = difference(&stored, fixture::genesis(), 4);
        assert_eq!(difference, "");
        assert_eq!((report.heights, report.transactions), (4, 3));
        assert_eq!(report.state_root, stored.tip().state_root.to_string());
    }

    #[test]
    fn the_first_difference_is_named() {
        let (_folder, stored) = fresh(fixture::genesis());
        fixture::commit(&stored, &[]);
        let mut renamed = fixture::genesis();
        renamed.organizations[0].legal_name = "Another Bank".into();
        let (report, found) = difference(&stored, renamed, 1);
        assert_eq!(report.heights, 0);
        assert!(
            found.contains("height 1") && found.contains("parent"),
            "{found}"
        );
        let (_, found) = difference(&stored, fixture::genesis(), 2);
        assert!(
            found.contains("height 2") && found.contains("missing"),
            "{found}"
        );
    }

    #[test]
    fn each_height_has_validators_of_its_own() {
        let (_folder, stored) = fresh(fixture::genesis());
        let successor = fixture::key(4);
        fixture::hand_over(&stored, &successor);
        fixture::commit_by(&successor, &stored, &[&fixture::good(1).1]);
        let (report, found) = difference(&stored, fixture::genesis(), 2);
        assert_eq!((report.heights, found.as_str()), (2, ""));
        // The one before it has no say any more.
        fixture::commit(&stored, &[]);
        let (report, found) = difference(&stored, fixture::genesis(), 3);
        assert_eq!(report.heights, 2);
        assert!(
            found.contains("height 3") && found.contains("not a validator"),
            "{found}"
        );
    }

    #[test]
    fn a_block_without_a_certificate_is_a_difference() {
        let (_folder, stored) = fresh(fixture::genesis());
        fixture::commit(&stored, &[]);
        let address = fixture::validator_key().public_key().address();
        let unsigned = stored
            .propose(2, fixture::now_ms(), address, Vec::new(), usize::MAX)
            .unwrap();
        let certificate = CommitCertificate {
            signatures: Vec::new(),
            ..fixture::certificate(2, &unsigned.block_hash())
        };
        stored.commit(&unsigned, &certificate).unwrap();
        let (report, found) = difference(&stored, fixture::genesis(), 2);
        assert_eq!(report.heights, 1);
        assert!(
            found.contains("height 2") && found.contains("two thirds"),
            "{found}"
        );
    }
}
