//! What banks have outstanding in all, and which debtors are in default: kept by the contracts whose records these are
//! for packs to be held against.

use counterfoil_proto::supervision::v1::{Defaults, Exposure};

use super::keys::{DEFAULTS, EXPOSURES};
use crate::kernel::{StateError, Store};

/// What a bank is about to have more outstanding with a debtor or borrower.
pub struct Funding<'f> {
    pub bank: &'f str,
    pub debtor: &'f str,
    pub minor: u64,
}

/// By bank, debtor and currency; of all banks or debtors where one is empty.
type On<'o> = (&'o str, &'o str, &'o str);

fn record(store: &Store<'_>, (bank, debtor, currency): On<'_>) -> Result<Exposure, StateError> {
    let parts = [bank.as_bytes(), debtor.as_bytes(), currency.as_bytes()];
    let found = EXPOSURES.get(store, &parts)?;
    Ok(found.unwrap_or_else(|| Exposure {
        bank: bank.to_owned(),
        debtor: debtor.to_owned(),
        currency: currency.to_owned(),
        ..Exposure::default()
    }))
}

fn sum(exposure: &Exposure) -> u128 {
    (u128::from(exposure.high) << 64) + u128::from(exposure.minor)
}

pub(super) fn exposure(store: &Store<'_>, on: On<'_>) -> Result<u128, StateError> {
    Ok(sum(&record(store, on)?))
}

/// Brings what a bank has outstanding with a debtor or borrower up to date.
pub fn move_exposure(
    store: &mut Store<'_>,
    (bank, debtor, currency): On<'_>,
    more: u128,
    less: u128,
) -> Result<(), StateError> {
    if more == less {
        return Ok(());
    }
    let key = "supervision/exposure";
    let sums = [(bank, debtor), (bank, ""), ("", debtor)];
    for (bank, debtor) in sums {
        let mut moved = record(store, (bank, debtor, currency))?;
        let now = (sum(&moved) + more)
            .checked_sub(less)
            .ok_or_else(|| StateError::corrupt(key, "less is outstanding than ends"))?;
        moved.high = u64::try_from(now >> 64).map_err(|e| StateError::corrupt(key, e))?;
        let low = u64::try_from(now & u128::from(u64::MAX));
        moved.minor = low.map_err(|e| StateError::corrupt(key, e))?;
        let parts = [bank.as_bytes(), debtor.as_bytes(), currency.as_bytes()];
        EXPOSURES.put(store, &parts, &moved);
    }
    Ok(())
}

/// Counts a receivable of a debtor that has gone into default, or has been settled since.
pub fn count_default(
    store: &mut Store<'_>,
    debtor: &str,
    is_in_default: bool,
) -> Result<(), StateError> {
    let found = DEFAULTS.get(store, &[debtor.as_bytes()])?;
    let outstanding = found.map_or(0, |found| found.outstanding);
    let counted = match is_in_default {
        true => outstanding.checked_add(1),
        false => outstanding.checked_sub(1),
    };
    let outstanding = counted
        .ok_or_else(|| StateError::corrupt("supervision/default", "more are settled than were"))?;
    let defaults = Defaults {
        debtor: debtor.to_owned(),
        outstanding,
    };
    DEFAULTS.put(store, &[debtor.as_bytes()], &defaults);
    Ok(())
}
