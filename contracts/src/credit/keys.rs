//! Where histories, profiles and shares stand.

use counterfoil_proto::credit::v1::{HistoryEntry, HistoryHead, Profile, ProfileShare};

use crate::kernel::Table;

pub(super) const HISTORIES: Table<HistoryHead> = Table::new("credit/history");
pub(super) const ENTRIES: Table<HistoryEntry> = Table::new("credit/entry");
pub(super) const PROFILES: Table<Profile> = Table::new("credit/profile");
pub(super) const SHARES: Table<ProfileShare> = Table::new("credit/share");
