//! Adding a block's transactions to the histories of those whom they concern (specification 8.1, ADR 28).

use std::collections::BTreeMap;
use std::collections::btree_map::Entry;

use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead};
use counterfoil_proto::v1::Event;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::HISTORY_VERSION;
use counterfoil_types::history;
use counterfoil_types::ids::TxId;
use counterfoil_types::merkle::{self, Frontier};
use counterfoil_types::profile::{Account, Change, Movement, movements};
use prost::Message as _;

use super::keys::{ENTRIES, HISTORIES, PROFILES, entry_list, subtree_list};
use crate::kernel::{Appends, StateError, StateReader, Store, Writes};

/// A transaction that was carried out.
pub struct Done<'a> {
    pub id: TxId,
    /// In its block.
    pub index: u32,
    /// The encoded `SignedTransaction`.
    pub signed: &'a [u8],
    pub ledger_date: Date,
    pub events: &'a [Event],
}

/// The histories that a block adds to. No transaction reads them, so each head and profile is read and written once a block, and not
/// for each transaction.
pub struct Histories<'a> {
    store: Store<'a>,
    height: u64,
    in_tree: bool,
    open: BTreeMap<String, History>,
    /// Of how many of these the profile changes.
    profiles: usize,
}

/// An organization's history, with what the block adds to it.
struct History {
    head: HistoryHead,
    /// The tree over the entries from `begin` on.
    frontier: Frontier,
    begin: u64,
    /// The profile, once it is read.
    account: Option<Account>,
    entries: Vec<Vec<u8>>,
    /// The roots of the subtrees that each of these entries completes.
    subtrees: Vec<Vec<u8>>,
}

impl<'a> Histories<'a> {
    /// Above the state before the block.
    pub fn new(below: &'a dyn StateReader, version: u32, height: u64) -> Self {
        Self {
            store: Store::new(below),
            height,
            in_tree: version >= HISTORY_VERSION,
            open: BTreeMap::new(),
            profiles: 0,
        }
    }

    /// Adds the block's next transaction to the history of every organization that one of its events concerns, and what its events
    /// mean to their profiles.
    pub fn add(&mut self, done: &Done<'_>) -> Result<(), StateError> {
        let salt = history::salt(done.signed);
        for (organization, changes) in changes(done.events)? {
            let id = organization.as_bytes();
            let history = match self.open.entry(organization.to_owned()) {
                Entry::Occupied(open) => open.into_mut(),
                Entry::Vacant(unread) => unread.insert(History::read(&self.store, id)?),
            };
            let mut entry = HistoryEntry {
                tx_id: done.id.to_vec(),
                height: self.height,
                index: done.index,
                figures: Vec::new(),
                on: self.in_tree.then(|| done.ledger_date.to_proto()),
            };
            if !changes.is_empty() {
                let account = match &mut history.account {
                    Some(account) => account,
                    unread => {
                        self.profiles += 1;
                        let stored = PROFILES.get(&self.store, &[id])?;
                        let new = || Account::new(organization);
                        unread.insert(stored.map_or_else(new, Account::resume))
                    }
                };
                let moved = account.add(history.head.length, changes);
                entry.figures = moved.into_iter().map(i32::from).collect();
            }
            if self.in_tree {
                let own = done.events.iter();
                let own = own.filter(|event| history::concerns(event, organization));
                let leaf = history::leaf(&entry, &history::events_hash(&salt, own));
                history
                    .subtrees
                    .push(merkle::joined(&history.frontier.push(leaf)));
                history.entries.push(entry.encode_to_vec());
            } else {
                let sequence = history.head.length.to_be_bytes();
                ENTRIES.put(&mut self.store, &[id, &sequence], &entry);
            }
            history.head.length += 1;
        }
        Ok(())
    }

    /// How many records it changes so far.
    pub fn written(&self) -> usize {
        self.store.written() + self.open.len() + self.profiles
    }

    /// What the block changes of the state, and adds to the lists beside it.
    pub fn into_changes(self) -> (Writes, Appends) {
        let (mut store, mut appends) = (self.store, Appends::new());
        for (organization, history) in self.open {
            let id = organization.as_bytes();
            let mut head = history.head;
            if self.in_tree {
                let first = head.length - history.entries.len() as u64;
                let place = first - history.begin;
                appends.insert(entry_list(&organization), (first, history.entries));
                appends.insert(subtree_list(&organization), (place, history.subtrees));
                head = history::head(history.begin, head.length, &history.frontier);
            }
            HISTORIES.put(&mut store, &[id], &head);
            if let Some(profile) = history.account.and_then(Account::into_profile) {
                PROFILES.put(&mut store, &[id], &profile);
            }
        }
        (store.into_writes(), appends)
    }
}

impl History {
    fn read(store: &Store<'_>, id: &[u8]) -> Result<Self, StateError> {
        let corrupt = || StateError::corrupt("credit/history", "its roots do not fit its length");
        let head = HISTORIES.get(store, &[id])?.unwrap_or_default();
        Ok(Self {
            frontier: history::frontier(&head).ok_or_else(corrupt)?,
            begin: history::begin(&head),
            head,
            account: None,
            entries: Vec::new(),
            subtrees: Vec::new(),
        })
    }
}

/// What the transaction's events mean to each organization that they concern; nothing to most.
fn changes(events: &[Event]) -> Result<BTreeMap<&str, Vec<Change>>, StateError> {
    let mut changes: BTreeMap<&str, Vec<Change>> = BTreeMap::new();
    for event in events {
        for organization in &event.organizations {
            changes.entry(organization).or_default();
        }
        let moved = movements(event).map_err(|e| StateError::corrupt("an event", e))?;
        for Movement {
            organization,
            change,
        } in moved
        {
            // Whom an event does not concern has no history of it, and so no figure either.
            if let Some(changes) = changes.get_mut(organization.as_str()) {
                changes.push(change);
            }
        }
    }
    Ok(changes)
}
