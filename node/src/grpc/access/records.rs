//! What the rules look up beside a record: one reading of the ledger, which counts its look-ups.

use std::cell::{Cell, RefCell};
use std::collections::BTreeSet;
use std::num::NonZeroUsize;

use bytes::Bytes;
use counterfoil_execution::Record;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::OrganizationId;
use lru::LruCache;
use prost::{DecodeError, Message};
use tonic::Status;

use crate::grpc::errors;
use crate::ledger::{Ledger, State};

/// Records kept for the next look-up: those beside neighbouring records are often the same.
const KEPT: NonZeroUsize = NonZeroUsize::new(64).expect("above zero");

/// The ledger as of one block, for one question.
pub struct Records<'a> {
    ledger: &'a Ledger,
    state: State,
    kept: RefCell<LruCache<Vec<u8>, Option<Record>>>,
    looked_up: Cell<usize>,
    title: RefCell<Option<Title>>,
}

/// The endorsements behind the live claims of a receivable that an organization may read.
struct Title {
    organization: OrganizationId,
    receivable: Vec<u8>,
    endorsements: BTreeSet<Vec<u8>>,
}

impl<'a> Records<'a> {
    /// As of the last block.
    pub fn new(ledger: &'a Ledger) -> Self {
        Self::of(ledger, ledger.state())
    }

    pub fn of(ledger: &'a Ledger, state: State) -> Self {
        Self {
            ledger,
            state,
            kept: RefCell::new(LruCache::new(KEPT)),
            looked_up: Cell::new(0),
            title: RefCell::new(None),
        }
    }

    pub fn state(&self) -> &State {
        &self.state
    }

    /// How many records were read from the store so far.
    pub fn looked_up(&self) -> usize {
        self.looked_up.get()
    }

    /// The record of a key.
    pub fn get<R: Message + Default>(&self, key: &[u8]) -> Result<Option<R>, Status> {
        let kept = self.kept.borrow_mut().get(key).cloned();
        let bytes = match kept {
            Some(bytes) => bytes,
            None => {
                self.count();
                let bytes = self.state.0.get(key);
                let bytes = bytes.map_err(|e| errors::failed("reading a record", e))?;
                self.kept.borrow_mut().put(key.to_vec(), bytes.clone());
                bytes
            }
        };
        bytes.map(|bytes| decoded(&bytes)).transpose()
    }

    /// Whether an endorsement is among those that stand behind a receivable, found once for neighbours.
    pub fn in_title(
        &self,
        organization: &OrganizationId,
        receivable: &[u8],
        endorsement: &[u8],
        find: impl FnOnce() -> Result<BTreeSet<Vec<u8>>, Status>,
    ) -> Result<bool, Status> {
        let same =
            |title: &Title| title.organization == *organization && title.receivable == receivable;
        let known = self.title.borrow().as_ref().is_some_and(same);
        if !known {
            let endorsements = find()?;
            *self.title.borrow_mut() = Some(Title {
                organization: organization.clone(),
                receivable: receivable.to_vec(),
                endorsements,
            });
        }
        let title = self.title.borrow();
        Ok(title
            .as_ref()
            .is_some_and(|t| t.endorsements.contains(endorsement)))
    }

    /// The ledger date, which may be that of a later block than the records are of.
    pub fn ledger_date(&self) -> Result<Date, Status> {
        self.count();
        let dated = self.ledger.dated_state();
        let (_, date) = dated.map_err(|e| errors::failed("reading the ledger date", e))?;
        Ok(date)
    }

    /// The receipt of a committed transaction, whole.
    pub fn receipt(&self, transaction: &Hash) -> Result<Option<wire::Receipt>, Status> {
        self.count();
        let stored = self.ledger.storage().receipt(transaction);
        let stored = stored.map_err(|e| errors::failed("reading a receipt", e))?;
        stored.map(|bytes| decoded(&bytes)).transpose()
    }

    /// The organization that signed the transaction of a receipt, as its block has it.
    pub fn signer(&self, receipt: &wire::Receipt) -> Result<Option<String>, Status> {
        let signed = self.transaction(receipt)?;
        signed.map(|bytes| signer_of(&bytes)).transpose()
    }

    /// The encoded `SignedTransaction` of a receipt, as its block has it.
    pub fn transaction(&self, receipt: &wire::Receipt) -> Result<Option<Vec<u8>>, Status> {
        let Some(block) = self.encoded_block(receipt.height)? else {
            return Ok(None);
        };
        let block = Transactions::decode(Bytes::from(block)).map_err(unreadable)?;
        let transaction = block.transactions.get(receipt.index as usize);
        Ok(transaction.map(|bytes| bytes.to_vec()))
    }

    /// A committed block.
    pub fn block(&self, height: u64) -> Result<Option<wire::Block>, Status> {
        let block = self.encoded_block(height)?;
        block.map(|block| decoded(&block)).transpose()
    }

    fn encoded_block(&self, height: u64) -> Result<Option<Vec<u8>>, Status> {
        self.count();
        let stored = self.ledger.storage().block(height);
        let stored = stored.map_err(|e| errors::failed("reading a block", e))?;
        Ok(stored.map(|stored| stored.block))
    }

    fn count(&self) {
        self.looked_up.set(self.looked_up.get() + 1);
    }
}

/// The organization in whose name an encoded `SignedTransaction` is signed.
pub fn signer_of(signed: &[u8]) -> Result<String, Status> {
    signer(&decoded(signed)?)
}

/// The organization in whose name a good transaction is signed.
pub fn signer(signed: &wire::SignedTransaction) -> Result<String, Status> {
    let transaction: wire::Transaction = decoded(&signed.transaction)?;
    Ok(transaction.organization)
}

/// The transactions of an encoded [`wire::Block`], each where it stands among its bytes: none is copied to read one of them.
#[derive(Clone, PartialEq, Message)]
struct Transactions {
    #[prost(bytes = "bytes", repeated, tag = "2")]
    transactions: Vec<Bytes>,
}

/// Reads what this node has stored.
pub fn decoded<M: Message + Default>(bytes: &[u8]) -> Result<M, Status> {
    M::decode(bytes).map_err(unreadable)
}

fn unreadable(error: DecodeError) -> Status {
    errors::failed("reading what is stored", error)
}
