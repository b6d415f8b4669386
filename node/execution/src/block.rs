//! Executing a block's transactions in order.

use std::sync::Arc;

use counterfoil_contracts::credit::api::{Done, Histories};
use counterfoil_contracts::kernel::{
    Appends, BlockContext, Failure, Record, Rules, StateError, StateReader, Store, Writes,
};
use counterfoil_contracts::{calendar, dispatch, membership};
use counterfoil_proto::membership::v1::{ConsensusSettings, LedgerKeyRotation, Upgrade};
use counterfoil_proto::v1::{Receipt, Rejection};
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::{Genesis, LedgerKey, LedgerKeys, PROTOCOL_VERSION};
use counterfoil_types::limits::MAX_BLOCK_RECEIPT_BYTES;
use counterfoil_types::proof::keys;
use prost::Message as _;

use crate::check::VerifiedTransaction;
use crate::overlay::Overlay;

/// What a block leaves: the state's changes, what is added to lists beside it, and a receipt for each transaction that it has room for.
#[derive(Debug, Clone, PartialEq)]
pub struct Outcome {
    pub writes: Writes,
    pub appends: Appends,
    pub receipts: Vec<Receipt>,
}

/// What a block asks of who judges it: each transaction is checked and executed, and each record that is changed is hashed and
/// stored.
pub fn work(transactions: usize, writes: usize) -> usize {
    transactions + writes
}

/// The rules of one chain.
pub struct Executor {
    genesis: Arc<Genesis>,
    ledger_keys: LedgerKeys,
}

/// The rules in force at one height.
pub struct HeightRules<'a> {
    genesis: &'a Genesis,
    version: u32,
    ledger_keys: Vec<&'a LedgerKey>,
}

impl HeightRules<'_> {
    /// The version that the header names.
    pub fn version(&self) -> u32 {
        self.version
    }

    fn rules(&self) -> Rules<'_> {
        Rules {
            genesis: self.genesis,
            version: self.version,
            ledger_keys: &self.ledger_keys,
        }
    }
}

/// What a node lacks for a height. It makes and judges no block from there on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum Unprepared {
    #[error(
        "block {height} is made under version {version} of the rules, and this software knows up to {PROTOCOL_VERSION}: \
         install a newer release, then start the node again"
    )]
    Version { height: u64, version: u32 },
    #[error(
        "block {height} needs the ledger key of hash {hash}: ask another member for it, add it to the ledger key file as \
         a line, then start the node again"
    )]
    LedgerKey { height: u64, hash: String },
}

impl Executor {
    pub fn new(genesis: Arc<Genesis>, ledger_keys: LedgerKeys) -> Self {
        Self {
            genesis,
            ledger_keys,
        }
    }

    /// The rules at a height, as the upgrades and rotations of the ledger key in the state before it have them.
    pub fn rules_at(
        &self,
        height: u64,
        upgrades: &[Upgrade],
        rotations: &[LedgerKeyRotation],
    ) -> Result<HeightRules<'_>, Unprepared> {
        let genesis = self.genesis.as_ref();
        let first = genesis.protocol_version;
        let version = membership::api::version_at(first, upgrades, height);
        if version > PROTOCOL_VERSION {
            return Err(Unprepared::Version { height, version });
        }
        let first = &genesis.ledger_key_hash;
        let hashes = membership::api::ledger_keys_at(first, rotations, height);
        let keys = hashes.map(|hash| {
            let key = self.ledger_keys.get(hash);
            key.ok_or_else(|| Unprepared::LedgerKey {
                height,
                hash: hex::encode(hash),
            })
        });
        Ok(HeightRules {
            genesis,
            version,
            ledger_keys: keys.collect::<Result<_, _>>()?,
        })
    }

    /// The records that stand before the first block.
    pub fn genesis_writes(&self) -> Result<Writes, Unprepared> {
        let settings = ConsensusSettings {
            validators: Some(self.genesis.validator_set()),
            params: Some(self.genesis.params.to_proto()),
            ..ConsensusSettings::default()
        };
        let rules = self.rules_at(0, &[], &[])?;
        let mut store = Store::new(&Nothing);
        for organization in &self.genesis.organizations {
            membership::api::admit(&mut store, rules.rules(), &organization.to_proto())
                .expect("nothing is read from a state that is empty");
        }
        membership::api::begin(&mut store, &settings);
        if let Some(first) = self.genesis.first_date {
            calendar::api::set_date(&mut store, &self.genesis, self.genesis.time_ms, first);
        }
        Ok(store.into_writes())
    }

    /// Executes a block's transactions on the state before it. Rejected ones
    /// leave a receipt and nothing else. It ends before the first whose receipt does not fit into a block any
    /// more, and once there is as much work in it as asked for: that one and those after it have none.
    pub fn execute(
        &self,
        state: &dyn StateReader,
        rules: &HeightRules<'_>,
        block: &BlockContext,
        transactions: &[VerifiedTransaction],
        enough: usize,
    ) -> Result<Outcome, StateError> {
        let mut overlay = Overlay::new(state);
        // One certificate then proves every earlier header.
        overlay.apply(Writes::from([(
            keys::block(block.height - 1),
            Some(Record::from(&block.parent.as_bytes()[..])),
        )]));
        let mut histories = Histories::new(state, rules.version, block.height);
        let mut receipts = Vec::with_capacity(transactions.len());
        let mut room = MAX_BLOCK_RECEIPT_BYTES;
        for (index, tx) in (0u32..).zip(transactions) {
            let writes = overlay.written() + histories.written();
            if !receipts.is_empty() && work(receipts.len(), writes) >= enough {
                break;
            }
            let placed = dispatch::Placed {
                id: tx.id(),
                index,
                transaction: tx.transaction(),
            };
            let mut receipt = Receipt {
                tx_id: tx.id().to_vec(),
                height: block.height,
                index,
                ..Receipt::default()
            };
            let (mut executed, mut rejected) = (None, None);
            match dispatch::execute(&overlay, rules.rules(), *block, placed) {
                Ok(done) => {
                    receipt.events = done.events;
                    executed = Some((done.writes, done.ledger_date));
                }
                Err(Failure::Rejected(rejection)) => {
                    receipt.code = rejection.code;
                    rejected = Some(rejection);
                }
                Err(Failure::State(error)) => return Err(error),
            }
            // The wording of a rejection is not under consensus, and so does not count.
            let Some(left) = room.checked_sub(receipt.encoded_len()) else {
                break;
            };
            room = left;
            if let Some((writes, ledger_date)) = executed {
                overlay.apply(writes);
                histories.add(&Done {
                    id: tx.id(),
                    index,
                    signed: tx.bytes(),
                    ledger_date,
                    events: &receipt.events,
                })?;
            }
            receipt.rejection = rejected.map(|rejection| Rejection {
                contract: rejection.contract.to_owned(),
                reason: rejection.reason.to_owned(),
                message: rejection.message,
                first: rejection.first,
            });
            receipts.push(receipt);
        }
        let (writes, appends) = histories.into_changes();
        overlay.apply(writes);
        Ok(Outcome {
            writes: overlay.into_writes(),
            appends,
            receipts,
        })
    }

    /// The ledger date at a time.
    pub fn ledger_date(&self, state: &dyn StateReader, time_ms: u64) -> Result<Date, StateError> {
        calendar::api::ledger_date(&Store::new(state), &self.genesis, time_ms)
    }
}

/// The state before genesis.
struct Nothing;

impl StateReader for Nothing {
    fn get(&self, _key: &[u8]) -> Result<Option<Record>, StateError> {
        Ok(None)
    }
}
