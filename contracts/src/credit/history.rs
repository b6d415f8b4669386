//! Adding transactions to the histories of those whom they concern (specification 8.1, ADR 28).

use std::collections::BTreeMap;

use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead};
use counterfoil_proto::v1::Event;
use counterfoil_types::genesis::HISTORY_VERSION;
use counterfoil_types::hash::Hash;
use counterfoil_types::history;
use counterfoil_types::merkle;
use counterfoil_types::profile::{Account, Change, Movement, movements};
use prost::Message as _;

use super::keys::{ENTRIES, HISTORIES, PROFILES, entry_list, subtree_list};
use crate::kernel::{Context, StateError, Store};

/// Adds a transaction to the history of every organization that one of its events concerns, and what its events mean to
/// their profiles.
pub fn record(context: &mut Context<'_>) -> Result<(), StateError> {
    let in_tree = context.rules.version >= HISTORY_VERSION;
    let salt = history::salt(context.signed);
    for (organization, changes) in changes(&context.events)? {
        let id = organization.as_bytes();
        let head = HISTORIES.get(&context.store, &[id])?.unwrap_or_default();
        let mut entry = HistoryEntry {
            tx_id: context.tx_id.to_vec(),
            height: context.block.height,
            index: context.index,
            figures: Vec::new(),
            on: in_tree.then(|| context.ledger_date.to_proto()),
        };
        if !changes.is_empty() {
            let mut account = match PROFILES.get(&context.store, &[id])? {
                Some(profile) => Account::resume(profile),
                None => Account::new(&organization),
            };
            let moved = account.add(head.length, changes);
            entry.figures = moved.into_iter().map(i32::from).collect();
            if let Some(profile) = account.into_profile() {
                PROFILES.put(&mut context.store, &[id], &profile);
            }
        }
        let head = match in_tree {
            true => {
                let own = context.events.iter();
                let own = own.filter(|event| history::concerns(event, &organization));
                let leaf = history::leaf(&entry, &history::events_hash(&salt, own));
                grow(&mut context.store, &organization, &head, &entry, leaf)?
            }
            false => {
                let sequence = head.length.to_be_bytes();
                ENTRIES.put(&mut context.store, &[id, &sequence], &entry);
                HistoryHead {
                    length: head.length + 1,
                    ..head
                }
            }
        };
        HISTORIES.put(&mut context.store, &[id], &head);
    }
    Ok(())
}

/// Adds an entry to the tree over a history: to its head the leaf, and beside the state what proofs are made of.
fn grow(
    store: &mut Store<'_>,
    organization: &str,
    head: &HistoryHead,
    entry: &HistoryEntry,
    leaf: Hash,
) -> Result<HistoryHead, StateError> {
    let corrupt = || StateError::corrupt("credit/history", "its roots do not fit its length");
    let (begin, sequence) = (history::begin(head), head.length);
    let mut frontier = history::frontier(head).ok_or_else(corrupt)?;
    let completed = merkle::joined(&frontier.push(leaf));
    store.append(entry_list(organization), sequence, entry.encode_to_vec());
    store.append(subtree_list(organization), sequence - begin, completed);
    Ok(history::head(begin, sequence + 1, &frontier))
}

/// What the transaction's events mean to each organization that they concern; nothing to most.
fn changes(events: &[Event]) -> Result<BTreeMap<String, Vec<Change>>, StateError> {
    let mut changes: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for event in events {
        for organization in &event.organizations {
            changes.entry(organization.clone()).or_default();
        }
        let moved = movements(event).map_err(|e| StateError::corrupt("an event", e))?;
        for Movement {
            organization,
            change,
        } in moved
        {
            // Whom an event does not concern has no history of it, and so no figure either.
            if let Some(changes) = changes.get_mut(&organization) {
                changes.push(change);
            }
        }
    }
    Ok(changes)
}
