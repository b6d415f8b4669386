//! Which block times this node votes for.
//!
//! The proposer sets `max(parent + 1 ms, its clock)`. A block proposed afresh in
//! the current round must be near the local clock. Anything older skips the rule: a
//! block that others locked on, decided or replayed must not be refused
//! because time has passed, or because this node's clock is wrong.

use std::time::{SystemTime, UNIX_EPOCH};

use malachitebft_core_types::Round;

/// How far ahead of the local clock a fresh block may be.
pub const MAX_AHEAD_MS: u64 = 2_000;
/// How far behind the local clock a fresh block may be.
pub const MAX_BEHIND_MS: u64 = 10_000;

/// Milliseconds since the Unix epoch by this node's clock.
pub fn clock_ms() -> u64 {
    let since = SystemTime::now().duration_since(UNIX_EPOCH);
    since.map_or(0, |d| u64::try_from(d.as_millis()).unwrap_or(u64::MAX))
}

/// Whether the rule applies to a block received for `round`: it was not valid in
/// an earlier round, and this node has not gone past that round.
pub fn applies(round: Round, valid_round: Round, current: Round) -> bool {
    valid_round.is_nil() && round >= current
}

/// Whether a fresh block's time is near enough to the clock.
pub fn accepts(block_time_ms: u64, clock_ms: u64) -> bool {
    block_time_ms <= clock_ms.saturating_add(MAX_AHEAD_MS)
        && block_time_ms.saturating_add(MAX_BEHIND_MS) >= clock_ms
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_fresh_block_is_within_two_seconds_ahead_and_ten_behind() {
        let clock = 1_000_000;
        for (time, accepted) in [
            (clock, true),
            (clock + MAX_AHEAD_MS, true),
            (clock + MAX_AHEAD_MS + 1, false),
            (clock - MAX_BEHIND_MS, true),
            (clock - MAX_BEHIND_MS - 1, false),
            (u64::MAX, false),
            (0, false),
        ] {
            assert_eq!(accepts(time, clock), accepted, "{time}");
        }
    }

    #[test]
    fn the_rule_is_for_fresh_blocks_only() {
        let round = Round::new;
        assert!(applies(round(0), Round::Nil, round(0)));
        assert!(applies(round(3), Round::Nil, round(2)));
        // Late parts of a round this node has left, and blocks valid in an earlier round.
        assert!(!applies(round(1), Round::Nil, round(2)));
        assert!(!applies(round(2), round(0), round(2)));
    }
}
