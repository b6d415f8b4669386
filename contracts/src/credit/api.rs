//! What the kernel hands to credit, and what others may ask of it.

use std::collections::BTreeMap;

use counterfoil_proto::credit::v1::HistoryEntry;
use counterfoil_types::profile::{Account, Change, Movement, movements};

use super::keys::{ENTRIES, HISTORIES, PROFILES, SHARES};
use crate::kernel::{Context, StateError};

pub use super::shares::is_in_force;

/// Adds a transaction to the history of every organization that one of its events concerns, and what its events mean to
/// their profiles.
pub fn record(context: &mut Context<'_>) -> Result<(), StateError> {
    for (organization, changes) in changes(context)? {
        let id = organization.as_bytes();
        let mut head = HISTORIES.get(&context.store, &[id])?.unwrap_or_default();
        let mut entry = HistoryEntry {
            tx_id: context.tx_id.to_vec(),
            height: context.block.height,
            index: context.index,
            figures: Vec::new(),
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
        let sequence = head.length.to_be_bytes();
        ENTRIES.put(&mut context.store, &[id, &sequence], &entry);
        head.length += 1;
        HISTORIES.put(&mut context.store, &[id], &head);
    }
    Ok(())
}

/// What the transaction's events mean to each organization that they concern; nothing to most.
fn changes(context: &Context<'_>) -> Result<BTreeMap<String, Vec<Change>>, StateError> {
    let mut changes: BTreeMap<String, Vec<Change>> = BTreeMap::new();
    for event in &context.events {
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

/// Where an organization's profile stands.
pub fn profile_key(organization: &str) -> Vec<u8> {
    PROFILES.key(&[organization.as_bytes()])
}

/// What the keys of an organization's history begin with.
pub fn history_prefix(organization: &str) -> Vec<u8> {
    ENTRIES.key(&[organization.as_bytes(), b""])
}

/// Where it stands whether an organization lets another read its profile.
pub fn share_key(organization: &str, reader: &str) -> Vec<u8> {
    SHARES.key(&[organization.as_bytes(), reader.as_bytes()])
}

/// What the keys of all shares begin with.
pub fn share_prefix() -> Vec<u8> {
    SHARES.prefix()
}
