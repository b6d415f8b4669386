//! What execution hands to credit, and what others may ask of it.

use super::keys::{ENTRIES, HISTORIES, PROFILES, SHARES};

pub use super::history::{Done, Histories};
pub use super::keys::{entry_list, subtree_list};
pub use super::shares::is_in_force;

/// Where an organization's profile stands.
pub fn profile_key(organization: &str) -> Vec<u8> {
    PROFILES.key(&[organization.as_bytes()])
}

/// Where the head of an organization's history stands.
pub fn history_key(organization: &str) -> Vec<u8> {
    HISTORIES.key(&[organization.as_bytes()])
}

/// Where an entry stands that is a record, being older than the tree over the entries.
pub fn entry_key(organization: &str, sequence: u64) -> Vec<u8> {
    ENTRIES.key(&[organization.as_bytes(), &sequence.to_be_bytes()])
}

/// Where it stands whether an organization lets another read its profile.
pub fn share_key(organization: &str, reader: &str) -> Vec<u8> {
    SHARES.key(&[organization.as_bytes(), reader.as_bytes()])
}

/// What the keys of all shares begin with.
pub fn share_prefix() -> Vec<u8> {
    SHARES.prefix()
}
