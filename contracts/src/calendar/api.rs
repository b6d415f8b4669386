//! What others may ask of the calendar.

use counterfoil_proto::calendar::v1::Clock;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::Genesis;

use super::keys::CLOCK;
use crate::kernel::{StateError, Store};

/// The ledger date: of (block time + state offset + genesis' UTC offset). It stays
/// on the calendar's last day once time has passed it, so that no time stops the ledger.
pub fn ledger_date(store: &Store<'_>, genesis: &Genesis, time_ms: u64) -> Result<Date, StateError> {
    let clock = CLOCK.get(store, &[])?.unwrap_or_default();
    let shifted =
        i128::from(time_ms) + i128::from(clock.offset_ms) + i128::from(utc_offset_ms(genesis));
    let first = i128::from(Date::MIN.midnight_unix_ms());
    let last = i128::from(Date::MAX.midnight_unix_ms());
    let within = i64::try_from(shifted.clamp(first, last)).ok();
    Ok(within
        .and_then(|ms| Date::from_unix_ms(ms).ok())
        .expect("a time from midnight of the first day to midnight of the last has a date"))
}

/// Sets the clock so that at a block's time it is 00:00 of a date.
pub fn set_date(store: &mut Store<'_>, genesis: &Genesis, time_ms: u64, date: Date) {
    let midnight = i128::from(date.midnight_unix_ms());
    let offset = midnight - i128::from(utc_offset_ms(genesis)) - i128::from(time_ms);
    // Only for block times of the far future is it out of range.
    let offset_ms = i64::try_from(offset).unwrap_or(i64::MIN);
    CLOCK.put(store, &[], &Clock { offset_ms });
}

fn utc_offset_ms(genesis: &Genesis) -> i64 {
    i64::from(genesis.utc_offset_minutes) * 60_000
}
