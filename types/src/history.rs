//! The tree over an organization's history (ADR 28): what its leaves are hashes of, and how the head of the history holds it.
//!
//! A leaf says which transaction it was, and vouches for the events of it that concern the organization. Their hash is salted, so that
//! whoever is shown an entry without its events cannot guess them.

use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead};
use counterfoil_proto::v1::Event;
use prost::Message;

use crate::hash::Hash;
use crate::merkle::{self, Frontier};

/// What the hash of a transaction's events is salted with: who has the transaction, signatures and all, has it.
pub fn salt(signed_transaction: &[u8]) -> Hash {
    Hash::tagged("counterfoil/history-salt/v1", &[signed_transaction])
}

/// The hash of a transaction's events, as far as they concern the organization, in their order. Whom else they concern is not in it: that
/// is not the organization's to know.
pub fn events_hash<'a>(salt: &Hash, events: impl IntoIterator<Item = &'a Event>) -> Hash {
    let mut bytes = salt.to_vec();
    for event in events {
        let length = u32::try_from(event.body.len()).expect("a transaction's events are small");
        bytes.extend(event.contract.to_be_bytes());
        bytes.extend(length.to_be_bytes());
        bytes.extend_from_slice(&event.body);
    }
    Hash::tagged("counterfoil/history-events/v1", &[&bytes])
}

/// The hash of the leaf of an entry.
pub fn leaf(entry: &HistoryEntry, events: &Hash) -> Hash {
    let mut bytes = b"counterfoil/history-entry/v1".to_vec();
    bytes.extend_from_slice(events.as_bytes());
    entry
        .encode(&mut bytes)
        .expect("a vector grows as it is written to");
    merkle::leaf(&bytes)
}

/// Whether an event concerns an organization.
pub fn concerns(event: &Event, organization: &str) -> bool {
    event.organizations.iter().any(|one| one == organization)
}

/// The sequence of the first entry in the tree of a head; its length where the tree has none.
pub fn begin(head: &HistoryHead) -> u64 {
    match head.roots.is_empty() {
        true => head.length,
        false => head.begin,
    }
}

/// The tree that a head holds, over the entries from its [`begin`] on; none where its roots are not those of so many.
pub fn frontier(head: &HistoryHead) -> Option<Frontier> {
    let count = head.length.checked_sub(begin(head))?;
    Frontier::new(count, merkle::parted(&head.roots)?)
}

/// The head of a history with this tree.
pub fn head(begin: u64, length: u64, frontier: &Frontier) -> HistoryHead {
    HistoryHead {
        length,
        begin,
        roots: merkle::joined(frontier.roots()),
    }
}
