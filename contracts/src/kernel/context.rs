//! Who calls a contract, when, and under which rules.

use std::collections::BTreeSet;

use counterfoil_proto::membership::v1::Organization;
use counterfoil_proto::v1::{self as wire, Event, KernelRejectionCode};
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::{Genesis, LedgerKey, NAMING_VERSION};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::TxId;
use prost::Message;

use super::authority::Authority;
use super::rejection::{Failure, reject};
use super::store::Store;

/// What is the same for every transaction of a height.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub genesis: &'a Genesis,
    /// The version in force.
    pub version: u32,
    /// Those in force, the newest first; never none.
    pub ledger_keys: &'a [&'a LedgerKey],
}

/// What is the same for every transaction of a block.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext {
    pub height: u64,
    pub time_ms: u64,
    /// Hash of the block before this one; of genesis for block 1.
    pub parent: Hash,
}

/// Asks what an action of a contract's number needs of its signers.
pub type AuthorityOf = fn(&Context<'_>, u32, &[u8]) -> Result<Option<Authority>, Failure>;

/// What a contract that carries out another's action needs of the list of contracts, which the kernel does not know.
#[derive(Clone, Copy)]
pub struct Contracts {
    /// What an action of a contract's number needs of its signers. Rejects what is no action.
    pub authority: AuthorityOf,
    /// Carries out an action on behalf of the context's caller, whose signers are checked first.
    pub run: fn(&mut Context<'_>, u32, &[u8]) -> Result<(), Failure>,
}

/// One transaction being carried out.
pub struct Context<'a> {
    pub contracts: Contracts,
    pub rules: Rules<'a>,
    pub block: BlockContext,
    pub tx_id: TxId,
    /// The transaction's position in the block.
    pub index: u32,
    pub ledger_date: Date,
    /// The organization that signed.
    pub caller: Organization,
    /// Its accounts that signed, or made and approved the proposal that is carried out.
    pub signers: Vec<Vec<u8>>,
    /// Other organizations that signed for this very action: those that consented to the proposal that is carried out.
    pub consents: BTreeSet<String>,
    pub store: Store<'a>,
    pub events: Vec<Event>,
}

impl Context<'_> {
    /// Whether an organization is the caller or has consented to this very action.
    pub fn is_signed_by(&self, organization: &str) -> bool {
        self.caller.id == organization || self.consents.contains(organization)
    }

    /// Rejects unless an organization has signed this very action.
    pub fn check_consent(&self, organization: &str) -> Result<(), Failure> {
        if self.is_signed_by(organization) {
            return Ok(());
        }
        let message = format!(
            "{organization} must sign this, too: make it a proposal that asks for its consent"
        );
        Err(reject(KernelRejectionCode::ConsentLacking, message))
    }

    /// An id for a record to name, from the version on in which records do.
    pub fn named(&self, id: &[u8]) -> Vec<u8> {
        match self.rules.version < NAMING_VERSION {
            true => Vec::new(),
            false => id.to_vec(),
        }
    }

    /// Whether a date is today or at most so many days later.
    pub fn is_within(&self, date: Option<wire::Date>, days: i64) -> bool {
        let date = Date::try_from(&date.unwrap_or_default());
        date.is_ok_and(|date| (0..=days).contains(&self.ledger_date.days_until(date)))
    }

    /// Tells what happened, to whom it concerns.
    pub fn emit(&mut self, contract: u32, organizations: &[&str], event: &impl Message) {
        let mut organizations: Vec<String> =
            organizations.iter().map(|id| (*id).to_owned()).collect();
        organizations.sort();
        organizations.dedup();
        self.events.push(Event {
            contract,
            organizations,
            body: event.encode_to_vec(),
        });
    }
}
