//! What others may ask of the calendar.

use counterfoil_proto::calendar::v1::{Clock, PublishedCalendar};
use counterfoil_types::business_days::BusinessDays;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::Genesis;

use super::keys::{CALENDARS, CLOCK};
use crate::kernel::{StateError, Store};

/// Key of a calendar.
pub fn calendar_key(code: &str) -> Vec<u8> {
    CALENDARS.key(&[code.as_bytes()])
}

/// What the keys of all calendars begin with.
pub fn calendar_prefix() -> Vec<u8> {
    CALENDARS.prefix()
}

/// Whether a calendar was published.
pub fn exists(store: &Store<'_>, code: &str) -> Result<bool, StateError> {
    Ok(calendar(store, code)?.is_some())
}

/// The business days of terms: of the calendar that they name, as it stands, or else Monday to Friday.
pub fn business_days(store: &Store<'_>, code: &str) -> Result<BusinessDays, StateError> {
    if code.is_empty() {
        return Ok(BusinessDays::monday_to_friday());
    }
    let corrupt = |problem: String| StateError::corrupt("calendar/calendar", problem);
    let published = calendar(store, code)?.unwrap_or_default();
    BusinessDays::try_from(&published.calendar.unwrap_or_default())
        .map_err(|problem| corrupt(format!("{code}: {problem}")))
}

fn calendar(store: &Store<'_>, code: &str) -> Result<Option<PublishedCalendar>, StateError> {
    CALENDARS.get(store, &[code.as_bytes()])
}

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
