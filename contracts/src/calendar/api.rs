//! What others may ask of the calendar.

use counterfoil_proto::calendar::v1::Clock;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::Genesis;

use super::keys::CLOCK;
use crate::kernel::{StateError, Store};

/// The ledger date: of (block time + state offset + genesis' UTC offset).
pub fn ledger_date(store: &Store<'_>, genesis: &Genesis, time_ms: u64) -> Result<Date, StateError> {
    let clock = CLOCK.get(store, &[])?.unwrap_or_default();
    let corrupt = |problem: String| StateError::Corrupt {
        key: "calendar/clock".into(),
        problem,
    };
    i64::try_from(time_ms)
        .ok()
        .and_then(|ms| ms.checked_add(clock.offset_ms))
        .and_then(|ms| ms.checked_add(utc_offset_ms(genesis)))
        .ok_or_else(|| corrupt("the ledger's time is out of range".into()))
        .and_then(|ms| Date::from_unix_ms(ms).map_err(|e| corrupt(e.to_string())))
}

/// Sets the clock so that at a block's time it is 00:00 of a date.
/// Invariant: block times lie between 1990 and 2199, as genesis' does and clocks do.
pub fn set_date(store: &mut Store<'_>, genesis: &Genesis, time_ms: u64, date: Date) {
    let offset_ms = date.midnight_unix_ms() - utc_offset_ms(genesis) - time_ms.cast_signed();
    CLOCK.put(store, &[], &Clock { offset_ms });
}

fn utc_offset_ms(genesis: &Genesis) -> i64 {
    i64::from(genesis.utc_offset_minutes) * 60_000
}
