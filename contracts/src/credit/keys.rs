//! Where histories, profiles and shares stand.

use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead, Profile, ProfileShare};

use crate::kernel::Table;

pub(super) const HISTORIES: Table<HistoryHead> = Table::new("credit/history");
/// Of histories under a version of the rules before 9.
pub(super) const ENTRIES: Table<HistoryEntry> = Table::new("credit/entry");
pub(super) const PROFILES: Table<Profile> = Table::new("credit/profile");
pub(super) const SHARES: Table<ProfileShare> = Table::new("credit/share");

/// The list of the encoded entries of a history, by their sequence: those that are no records.
pub fn entry_list(organization: &str) -> Vec<u8> {
    ENTRIES.key(&[organization.as_bytes(), b""])
}

/// The list of the roots that each of these completes in the tree over them, by its position there: of the subtrees of 1, 2, 4 leaves and so
/// on that end with it, 32 bytes each.
pub fn subtree_list(organization: &str) -> Vec<u8> {
    [b"credit/subtree/", organization.as_bytes(), b"/"].concat()
}
