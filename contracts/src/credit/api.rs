//! What the kernel hands to credit, and what others may ask of it.

use std::collections::BTreeSet;

use counterfoil_proto::credit::v1::HistoryEntry;

use super::keys::{ENTRIES, HISTORIES};
use crate::kernel::{Context, StateError};

/// Adds a transaction to the history of every organization that one of its events concerns.
pub fn record(context: &mut Context<'_>) -> Result<(), StateError> {
    let concerned: BTreeSet<String> = context
        .events
        .iter()
        .flat_map(|event| event.organizations.iter().cloned())
        .collect();
    let entry = HistoryEntry {
        tx_id: context.tx_id.to_vec(),
        height: context.block.height,
        index: context.index,
    };
    for organization in concerned {
        let id = organization.as_bytes();
        let mut head = HISTORIES.get(&context.store, &[id])?.unwrap_or_default();
        ENTRIES.put(
            &mut context.store,
            &[id, &head.length.to_be_bytes()],
            &entry,
        );
        head.length += 1;
        HISTORIES.put(&mut context.store, &[id], &head);
    }
    Ok(())
}
