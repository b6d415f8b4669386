//! Where packs, freezes, exposures and defaults stand.

use counterfoil_proto::supervision::v1::{Defaults, Exposure, Freeze, PolicyPack, Schedule};

use crate::kernel::{StateError, Store, Table};

const PACKS: Table<PolicyPack> = Table::new("supervision/pack");
const SCHEDULE: Table<Schedule> = Table::new("supervision/schedule");
pub(super) const FREEZES: Table<Freeze> = Table::new("supervision/freeze");
pub(super) const EXPOSURES: Table<Exposure> = Table::new("supervision/exposure");
pub(super) const DEFAULTS: Table<Defaults> = Table::new("supervision/default");

/// Key of a policy pack.
pub fn pack_key(version: u32) -> Vec<u8> {
    PACKS.key(&[&version.to_be_bytes()])
}

/// What the keys of all policy packs begin with.
pub fn pack_prefix() -> Vec<u8> {
    PACKS.prefix()
}

/// Key of what was ever frozen of a record.
pub fn freeze_key(record: &[u8]) -> Vec<u8> {
    FREEZES.key(&[record])
}

/// What the keys of all freezes begin with.
pub fn freeze_prefix() -> Vec<u8> {
    FREEZES.prefix()
}

pub(super) fn pack(store: &Store<'_>, version: u32) -> Result<PolicyPack, StateError> {
    PACKS
        .get(store, &[&version.to_be_bytes()])?
        .ok_or_else(|| StateError::corrupt("supervision/pack", "a scheduled pack is missing"))
}

pub(super) fn put_pack(store: &mut Store<'_>, pack: &PolicyPack) {
    PACKS.put(store, &[&pack.version.to_be_bytes()], pack);
}

pub(super) fn schedule(store: &Store<'_>) -> Result<Schedule, StateError> {
    Ok(SCHEDULE.get(store, &[])?.unwrap_or_default())
}

pub(super) fn put_schedule(store: &mut Store<'_>, schedule: &Schedule) {
    SCHEDULE.put(store, &[], schedule);
}
