//! The ledger date in any block. The state has the clock of now; that of earlier blocks is what genesis and
//! the clock's rolls since made of it.

use std::collections::BTreeMap;
use std::sync::{Mutex, MutexGuard, PoisonError};

use counterfoil_contracts::calendar;
use counterfoil_contracts::kernel::{Record, StateError, StateReader, Store, Writes};
use counterfoil_proto::calendar::v1::{Event, event};
use counterfoil_proto::v1::EventEntry;
use counterfoil_types::dates::{Date, NotADate};
use counterfoil_types::transaction::contract;
use prost::Message as _;

use crate::ledger::{Ledger, LedgerError};

/// The clock's record, from each height on at which it changed.
pub struct Dates {
    ledger: Ledger,
    clocks: Mutex<BTreeMap<u64, Clock>>,
}

/// A state that holds the clock alone.
#[derive(Default)]
struct Clock(Writes);

impl StateReader for Clock {
    fn get(&self, key: &[u8]) -> Result<Option<Record>, StateError> {
        Ok(self.0.get(key).cloned().flatten())
    }
}

impl Dates {
    /// Knows genesis only.
    pub fn new(ledger: Ledger) -> Self {
        let genesis = ledger.genesis();
        let begin = genesis.first_date.map(|date| (genesis.time_ms, date));
        let clocks = BTreeMap::from([(0, clock(&ledger, begin))]);
        Self {
            ledger,
            clocks: Mutex::new(clocks),
        }
    }

    /// Takes over what a block's events say of the clock.
    pub fn learn(&self, height: u64, time_ms: u64, events: &[EventEntry]) -> Result<(), DateError> {
        for event in events.iter().filter_map(|entry| entry.event.as_ref()) {
            if event.contract != contract::CALENDAR {
                continue;
            }
            let rolled = Event::decode(event.body.as_slice())?;
            let Some(event::Event::Rolled(rolled)) = rolled.event else {
                continue;
            };
            let date = Date::try_from(&rolled.to.unwrap_or_default())?;
            let clock = clock(&self.ledger, Some((time_ms, date)));
            self.lock().insert(height, clock);
        }
        Ok(())
    }

    /// The date when a block was done. What it and earlier ones say of the clock must be learned.
    pub fn date(&self, height: u64, time_ms: u64) -> Result<Date, DateError> {
        let clocks = self.lock();
        // There is always genesis'.
        let clock = clocks.range(..=height).next_back().map(|(_, clock)| clock);
        let executor = self.ledger.executor();
        let date = executor.ledger_date(clock.unwrap_or(&Clock::default()), time_ms);
        Ok(date.map_err(LedgerError::from)?)
    }

    /// A panic elsewhere cannot leave the clocks half-changed: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, BTreeMap<u64, Clock>> {
        self.clocks.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A clock that was set to a date at a block's time, or one that never was set.
fn clock(ledger: &Ledger, set: Option<(u64, Date)>) -> Clock {
    let nothing = Clock::default();
    let mut store = Store::new(&nothing);
    if let Some((time_ms, date)) = set {
        calendar::api::set_date(&mut store, ledger.genesis(), time_ms, date);
    }
    Clock(store.into_writes())
}

/// A stored event of the clock that is none.
#[derive(Debug, thiserror::Error)]
pub enum DateError {
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error("a stored event of the clock is damaged: {0}")]
    Event(#[from] prost::DecodeError),
    #[error("a stored event of the clock is damaged: {0}")]
    Date(#[from] NotADate),
}
