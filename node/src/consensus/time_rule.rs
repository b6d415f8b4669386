//! Which block times this node votes for.
//!
//! The proposer sets `max(parent + 1 ms, its clock)`. A block proposed afresh in the
//! current round must be near the local clock. One of an earlier round may be as old as
//! it is: others may have locked on it, and time passes. But no undecided block may be ahead of the
//! clock, whatever round it claims: rounds are the sender's own word, and a decided time
//! far ahead would bind every later block to it. What is refused for that is good once the
//! clock has come up to it. Decided, synced and replayed blocks are not judged at all.

use malachitebft_core_types::Round;

/// How far ahead of the local clock a fresh block may be.
pub const MAX_AHEAD_MS: u64 = 2_000;
/// How far behind the local clock a fresh block may be.
pub const MAX_BEHIND_MS: u64 = 10_000;

/// Whether a block received for `round` counts as fresh: it was not valid in
/// an earlier round, and this node has not gone past that round.
pub fn is_fresh(round: Round, valid_round: Round, current: Round) -> bool {
    valid_round.is_nil() && round >= current
}

/// Whether a block's time is near enough to the clock.
pub fn accepts(block_time_ms: u64, clock_ms: u64, fresh: bool) -> bool {
    let ahead = block_time_ms > clock_ms.saturating_add(MAX_AHEAD_MS);
    let behind = block_time_ms.saturating_add(MAX_BEHIND_MS) < clock_ms;
    !ahead && (!fresh || !behind)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn none_is_two_seconds_ahead_and_a_fresh_one_not_ten_behind() {
        let clock = 1_000_000;
        for (time, fresh, old) in [
            (clock, true, true),
            (clock + MAX_AHEAD_MS, true, true),
            (clock + MAX_AHEAD_MS + 1, false, false),
            (clock - MAX_BEHIND_MS, true, true),
            (clock - MAX_BEHIND_MS - 1, false, true),
            (u64::MAX, false, false),
            (0, false, true),
        ] {
            assert_eq!(accepts(time, clock, true), fresh, "{time}");
            assert_eq!(accepts(time, clock, false), old, "{time}");
        }
    }

    #[test]
    fn blocks_of_earlier_rounds_are_not_fresh() {
        let round = Round::new;
        assert!(is_fresh(round(0), Round::Nil, round(0)));
        assert!(is_fresh(round(3), Round::Nil, round(2)));
        // Late parts of a round this node has left, and blocks valid in an earlier round.
        assert!(!is_fresh(round(1), Round::Nil, round(2)));
        assert!(!is_fresh(round(2), round(0), round(2)));
    }
}
