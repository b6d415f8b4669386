//! The ledger's date at each transaction, from block times and the rolls of the clock (specification 2.2).

use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;

const MINUTE_MS: i64 = 60_000;

/// Ledger date = date of (block time + offset).
#[derive(Clone, Copy, Debug, Default)]
pub struct LedgerClock {
    /// The state's offset and genesis' together.
    offset_ms: i64,
}

impl LedgerClock {
    pub fn of(genesis: &wire::Genesis) -> Self {
        let mut clock = Self {
            offset_ms: i64::from(genesis.utc_offset_minutes) * MINUTE_MS,
        };
        let first = genesis.first_date.as_ref();
        if let Some(first) = first.and_then(|date| Date::try_from(date).ok()) {
            clock.roll(genesis.time_ms, first);
        }
        clock
    }

    /// Makes it 00:00 of a date at a block's time.
    pub fn roll(&mut self, time_ms: u64, to: Date) {
        self.offset_ms = to.midnight_unix_ms().saturating_sub(signed(time_ms));
    }

    pub fn date(&self, time_ms: u64) -> Date {
        let ms = signed(time_ms).saturating_add(self.offset_ms);
        // No ledger begins before the first date; past the last one it stays there.
        Date::from_unix_ms(ms).unwrap_or(Date::MAX)
    }
}

fn signed(time_ms: u64) -> i64 {
    i64::try_from(time_ms).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn dates_go_on_from_genesis_and_from_rolls() {
        let on = |text: &str| text.parse::<Date>().unwrap();
        let genesis = wire::Genesis {
            time_ms: 1_000,
            first_date: Some(on("2012-01-01").to_proto()),
            utc_offset_minutes: 60,
            ..Default::default()
        };
        let mut clock = LedgerClock::of(&genesis);
        assert_eq!(clock.date(1_001), on("2012-01-01"));
        assert_eq!(clock.date(1_000 + 86_400_000), on("2012-01-02"));
        clock.roll(5_000, on("2013-03-01"));
        assert_eq!(clock.date(5_000), on("2013-03-01"));
        assert_eq!(clock.date(u64::MAX), Date::MAX);
        // A wall clock an hour ahead of UTC.
        let wall = LedgerClock::of(&wire::Genesis {
            first_date: None,
            ..genesis
        });
        let nearly = on("2026-01-01").midnight_unix_ms() - 60 * MINUTE_MS;
        assert_eq!(wall.date(u64::try_from(nearly).unwrap()), on("2026-01-01"));
    }
}
