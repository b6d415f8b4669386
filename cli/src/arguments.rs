//! The command line: global options and the list of commands.

use std::fs;
use std::path::{Path, PathBuf};

use clap::{Parser, Subcommand};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::OrganizationId;
use serde::de::DeserializeOwned;

use crate::commands::{
    account, audit, block, calendar, claim, clock, decision, demo, deposit, dev, events, freeze,
    inbox, invoice, key, limit, loan, localnet, org, payment, policy, profile, programme, proof,
    proposal, receivable, request, status, suspense, token, tx, undertaking,
};
use crate::failure::Failure;
use crate::output::Format;
use crate::signer::new_end_to_end_id;

const VERSION: &str = concat!(
    env!("CARGO_PKG_VERSION"),
    " (commit ",
    env!("COUNTERFOIL_COMMIT"),
    ")"
);

/// Work with a Counterfoil ledger: invoices, receivables, claims, financing and deposits.
///
/// Exit codes: 0 done, 1 failed, 2 wrong usage, 3 rejected by the ledger, 4 no node reachable.
#[derive(Parser, Debug)]
#[command(name = "counterfoil", version = VERSION)]
pub struct Arguments {
    #[command(flatten)]
    pub global: Global,
    #[command(subcommand)]
    pub command: Command,
}

/// Where help lists them: apart from a command's own.
const EVERYWHERE: &str = "Options of every command";

/// Options that every command takes.
#[derive(clap::Args, Clone, Debug)]
pub struct Global {
    /// The node to ask
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        env = "COUNTERFOIL_NODE",
        value_name = "URL",
        default_value = "https://127.0.0.1:26650"
    )]
    pub node: String,
    /// The certificates of the network's authority (PEM), for a node asked by https
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        env = "COUNTERFOIL_CA",
        value_name = "FILE"
    )]
    pub ca: Option<PathBuf>,
    /// The private key that signs, and shows a node who asks (PKCS#8 PEM)
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        env = "COUNTERFOIL_KEY",
        value_name = "FILE"
    )]
    pub key: Option<PathBuf>,
    /// The first line of this file is the key's password; it is asked for at the terminal if left out
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        env = "COUNTERFOIL_PASSWORD_FILE",
        value_name = "FILE"
    )]
    pub password_file: Option<PathBuf>,
    /// The organization to act for
    #[arg(
        long,
        global = true,
        help_heading = EVERYWHERE,
        env = "COUNTERFOIL_ORG",
        value_name = "ID"
    )]
    pub org: Option<OrganizationId>,
    /// Tables for people, or one JSON object on stdout
    #[arg(
        short,
        long,
        global = true,
        help_heading = EVERYWHERE,
        env = "COUNTERFOIL_OUTPUT",
        value_enum,
        default_value = "table"
    )]
    pub output: Format,
}

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make and look at keys
    #[command(subcommand)]
    Key(key::Command),
    /// Organizations, their roles and what they ask of their accounts
    #[command(subcommand)]
    Org(org::Command),
    /// Accounts: the keys that act for an organization
    #[command(subcommand)]
    Account(account::Command),
    /// Actions that wait for others' signatures
    #[command(subcommand)]
    Proposal(proposal::Command),
    /// What the operators decide together: admission, suspension, validators, parameters
    #[command(subcommand)]
    Decision(decision::Command),
    /// Register, propose, query, confirm, reject, withdraw, credit and dispute invoices
    #[command(subcommand)]
    Invoice(invoice::Command),
    /// What confirmed invoices oblige their buyers to pay
    #[command(subcommand)]
    Receivable(receivable::Command),
    /// Rights to receivables: split, merge and pass them on
    #[command(subcommand)]
    Claim(claim::Command),
    /// Put claims to the banks, quote under seal, and award
    #[command(subcommand)]
    Request(request::Command),
    /// Recourse and guarantees: given, called on, and paid after a default
    #[command(subcommand)]
    Undertaking(undertaking::Command),
    /// Loans on pledged claims
    #[command(subcommand)]
    Loan(loan::Command),
    /// Payables finance: early payment of suppliers by banks, opened by the buyer
    #[command(subcommand)]
    Programme(programme::Command),
    /// What a bank may have outstanding with a debtor or borrower
    #[command(subcommand)]
    Limit(limit::Command),
    /// Bank deposits on the ledger
    #[command(subcommand)]
    Deposit(deposit::Command),
    /// Payments through banks, outside the ledger
    #[command(subcommand)]
    Payment(payment::Command),
    /// What may be confirmed, offered and funded, by the policy packs of this ledger
    #[command(subcommand)]
    Policy(policy::Command),
    /// Records that a regulator keeps from being transferred or funded
    #[command(subcommand)]
    Freeze(freeze::Command),
    /// Deposits that wait, as what they were paid for is frozen
    #[command(subcommand)]
    Suspense(suspense::Command),
    /// Trade histories: figures, scores, and whether they add up
    #[command(subcommand)]
    Profile(profile::Command),
    /// Files that prove a trade history without a node, and checking them
    #[command(subcommand)]
    Proof(proof::Command),
    /// Receipts of transactions
    #[command(subcommand)]
    Tx(tx::Command),
    /// Blocks
    #[command(subcommand)]
    Block(block::Command),
    Events(events::Arguments),
    Inbox(inbox::Arguments),
    /// Calendars: which days are business days
    #[command(subcommand)]
    Calendar(calendar::Command),
    /// The ledger's date
    #[command(subcommand)]
    Clock(clock::Command),
    Status(status::Arguments),
    Token(token::Arguments),
    Audit(audit::Arguments),
    /// Networks of plain processes on this machine
    #[command(subcommand)]
    Localnet(localnet::Command),
    Dev(dev::Arguments),
    Demo(demo::Arguments),
}

/// How a signed transaction is sent.
#[derive(clap::Args, Clone, Debug)]
pub struct Sending {
    /// Seconds after which the transaction can no longer be committed
    #[arg(long, value_name = "SECONDS", default_value_t = crate::signer::DEFAULT_LIFETIME.as_secs(),
          value_parser = clap::value_parser!(u64).range(1..=3600))]
    pub expires_in: u64,
    /// The private key of another account of the organization that approves; several keys sign one transaction
    #[arg(long, value_name = "FILE")]
    pub approver_key: Vec<PathBuf>,
    /// Propose the action on the ledger instead, for others to sign: it is carried out with the last signature
    #[arg(long)]
    pub propose: bool,
    /// Another organization whose consent the proposed action needs; may be given several times
    #[arg(long, value_name = "ORG", requires = "propose")]
    pub consent_of: Vec<OrganizationId>,
    /// The last day on which the proposed action may be carried out; 30 days ahead if left out
    #[arg(long, value_name = "DATE", requires = "propose")]
    pub propose_until: Option<Date>,
    /// Seconds to wait for the receipt; 0 returns once the node has taken the transaction
    #[arg(long, value_name = "SECONDS", default_value_t = 60, value_parser = clap::value_parser!(u64).range(0..=3600))]
    pub wait: u64,
}

/// What names a payment instruction.
#[derive(clap::Args, Clone, Debug)]
pub struct Instruction {
    /// Names this instruction, once for ever; a new one is made up if left out
    #[arg(long, value_name = "ID")]
    pub end_to_end_id: Option<String>,
}

impl Instruction {
    pub fn id(self, prefix: &str) -> String {
        self.end_to_end_id
            .unwrap_or_else(|| new_end_to_end_id(prefix))
    }
}

/// Which part of a list to show.
#[derive(clap::Args, Clone, Debug)]
pub struct Page {
    /// Most records to show
    #[arg(long, value_name = "N", default_value_t = 100, value_parser = clap::value_parser!(u32).range(1..=1_000_000))]
    pub limit: u32,
    /// Go on where an earlier list ended
    #[arg(long, value_name = "TOKEN", default_value = "")]
    pub page_token: String,
}

/// Splits what an option has as `organization=rest`. `how` says how to write it.
pub fn of_organization<'t>(
    option: &str,
    text: &'t str,
    how: &str,
) -> Result<(OrganizationId, &'t str), Failure> {
    let malformed = || Failure::Usage(format!("--{option} {text:?}: write {how}"));
    let (organization, rest) = text.split_once('=').ok_or_else(malformed)?;
    let organization = organization.parse().map_err(|_| malformed())?;
    Ok((organization, rest))
}

/// The SHA-256 of a document that one option names by its file, and another by its hash.
pub fn document_hash(
    file: Option<&Path>,
    hash: Option<Hash>,
    options: &str,
) -> Result<Hash, Failure> {
    match (file, hash) {
        (Some(file), _) => Ok(Hash::of_document(&read_file(file)?)),
        (None, Some(hash)) => Ok(hash),
        (None, None) => Err(Failure::Usage(format!("give {options}"))),
    }
}

pub fn read_file(file: &Path) -> Result<Vec<u8>, Failure> {
    fs::read(file).map_err(|e| Failure::Failed(format!("cannot read {}: {e}", file.display())))
}

/// Reads a file of JSON.
pub fn read_json<T: DeserializeOwned>(file: &Path) -> Result<T, Failure> {
    serde_json::from_slice(&read_file(file)?)
        .map_err(|e| Failure::Usage(format!("{}: {e}", file.display())))
}

/// A protobuf enum's value from its name without prefix, in any case, `-` or `_` between words.
pub fn enum_value<T>(
    prefix: &str,
    text: &str,
    from_name: fn(&str) -> Option<T>,
) -> Result<T, String> {
    let name = text.to_ascii_uppercase().replace('-', "_");
    match from_name(&format!("{prefix}_{name}")) {
        Some(value) if name != "UNSPECIFIED" => Ok(value),
        _ => Err(format!(
            "no such {}",
            prefix.to_ascii_lowercase().replace('_', " ")
        )),
    }
}

#[cfg(test)]
mod tests {
    use clap::CommandFactory as _;
    use counterfoil_proto::invoice::v1::InvoiceState;

    use super::*;

    #[test]
    fn the_command_line_is_consistent() {
        Arguments::command().debug_assert();
    }

    #[test]
    fn every_command_explains_itself() {
        fn check(command: &clap::Command) {
            assert!(command.get_about().is_some(), "{}", command.get_name());
            command.get_subcommands().for_each(check);
        }
        check(&Arguments::command());
    }

    #[test]
    fn enum_values_are_named_as_people_write_them() {
        let state = |text| enum_value("INVOICE_STATE", text, InvoiceState::from_str_name);
        assert_eq!(state("under-query"), Ok(InvoiceState::UnderQuery));
        assert_eq!(state("Confirmed"), Ok(InvoiceState::Confirmed));
        assert!(state("unspecified").is_err() && state("paid").is_err());
    }
}
