//! Who calls a contract, when, and under which rules.

use counterfoil_proto::membership::v1::Organization;
use counterfoil_proto::v1::Event;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::{Genesis, LedgerKey};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::TxId;
use prost::Message;

use super::store::Store;

/// What is the same for every transaction of a chain.
#[derive(Clone, Copy)]
pub struct Rules<'a> {
    pub genesis: &'a Genesis,
    pub ledger_key: &'a LedgerKey,
}

/// What is the same for every transaction of a block.
#[derive(Clone, Copy, Debug)]
pub struct BlockContext {
    pub height: u64,
    pub time_ms: u64,
    /// Hash of the block before this one; of genesis for block 1.
    pub parent: Hash,
}

/// One transaction being carried out.
pub struct Context<'a> {
    pub rules: Rules<'a>,
    pub block: BlockContext,
    pub tx_id: TxId,
    /// The transaction's position in the block.
    pub index: u32,
    pub ledger_date: Date,
    /// The organization that signed.
    pub caller: Organization,
    pub store: Store<'a>,
    pub events: Vec<Event>,
}

impl Context<'_> {
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
