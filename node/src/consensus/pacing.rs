//! Pacing: an idle chain makes no empty blocks but its heartbeat, a busy one none that cannot be judged in time.
//!
//! Only the answer to `Finalized` is ever held, which keeps the engine at the
//! decided height while it serves sync and buffers votes. Holding anything else would block it.

use std::time::Duration;

use tokio::sync::watch;
use tokio::time::Instant;

use crate::mempool::Pool;

/// What is known of a height when the engine has finished it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Finished {
    pub height: u64,
    /// Decided by votes, not taken from another node's store.
    pub live: bool,
    pub pool_empty: bool,
    /// Highest height that a listed peer has voted in, proposed for or reached.
    pub seen: u64,
}

/// Whether to wait before the next height. A node that follows others never waits.
pub fn holds(finished: Finished) -> bool {
    finished.live && finished.pool_empty && finished.seen <= finished.height
}

/// Resolves when a held height is to be left: at the first transaction, a sign of
/// a higher height, or the heartbeat.
pub async fn released(height: u64, until: Instant, pool: &Pool, seen: &watch::Sender<u64>) {
    let mut changed = pool.changed();
    let mut seen = seen.subscribe();
    let transaction = async {
        while pool.is_empty() {
            if changed.changed().await.is_err() {
                // Without a pool there will be none.
                std::future::pending::<()>().await;
            }
        }
    };
    tokio::select! {
        () = transaction => {}
        _ = seen.wait_for(|seen| *seen > height) => {}
        () = tokio::time::sleep_until(until) => {}
    }
}

/// When a height decided now is left at the latest.
pub fn heartbeat(heartbeat_ms: u64) -> Instant {
    Instant::now() + Duration::from_millis(heartbeat_ms)
}

/// Blocks of less work say little of how long it takes.
const TELLING: usize = 256;
/// The least work that a proposal has room for.
const LEAST_ROOM: usize = 2_048;
/// What a transaction or a changed record takes, as far as is known before the first block.
const ASSUMED: Duration = Duration::from_micros(25);
/// Parts of the time for a proposal: its maker executes it, it is sent, the others execute it.
const SHARES: u32 = 3;

/// What the room of a proposal is counted in, and what is left of it at least.
const WHOLE: u32 = 256;
const LEAST_OF_WHOLE: u32 = WHOLE / 4;

/// How long this node takes for a block's work, as it found of late.
///
/// Whoever waits for a proposal gives up after the chain's time-out. A proposer that filled its block without regard to that would, on
/// machines with too much to do, make blocks that nobody judges in time, round after round. Work is counted in
/// transactions and changed records, as one transaction may change thousands.
///
/// How long the others take, nobody tells it. A turn that passed in spite of all that is a sign: it takes a quarter of the room away, and
/// every other height gives 1/256 of the whole back. Everybody hears of it by the same certificates, whoever's turn it was.
#[derive(Debug, Default)]
pub struct Speed {
    of_one: Option<Duration>,
    /// Parts of the whole room that are taken away.
    away: u32,
}

impl Speed {
    /// Takes a block's execution into account.
    pub fn note(&mut self, work: usize, took: Duration) {
        let Ok(count) = u32::try_from(work) else {
            return;
        };
        if work < TELLING {
            return;
        }
        let now = took / count;
        // A quarter of what was just seen, and no more than twice what it was: one slow block means little, several do.
        let of_one = |before: Duration| (before * 3 + now.min(before * 2)) / 4;
        self.of_one = Some(self.of_one.map_or(now, of_one));
    }

    /// Takes a decided height into account: whether somebody's turn passed who was not known to be down.
    pub fn decided(&mut self, turn_passed: bool) {
        self.away = match turn_passed {
            true => (self.away + (WHOLE - self.away) / 4).min(WHOLE - LEAST_OF_WHOLE),
            false => self.away.saturating_sub(1),
        };
    }

    /// How much work this node can expect to see judged within the time for a proposal.
    pub fn enough(&self, timeout_propose: Duration) -> usize {
        let of_one = self.of_one.unwrap_or(ASSUMED);
        let time = timeout_propose * (WHOLE - self.away) / WHOLE / SHARES;
        let room = time.as_nanos() / of_one.as_nanos().max(1);
        usize::try_from(room).unwrap_or(usize::MAX).max(LEAST_ROOM)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn room_follows_what_executing_took() {
        let timeout = Duration::from_millis(600);
        let mut speed = Speed::default();
        assert_eq!(speed.enough(timeout), 8_000);
        speed.note(TELLING - 1, Duration::from_secs(1));
        assert_eq!(speed.enough(timeout), 8_000);
        speed.note(10_000, Duration::from_millis(100));
        assert_eq!(speed.enough(timeout), 20_000);
        // A burst of other work is felt, and forgotten.
        speed.note(10_000, Duration::from_millis(500));
        assert_eq!(speed.enough(timeout), 16_000);
        for _ in 0..30 {
            speed.note(10_000, Duration::from_millis(100));
        }
        assert!((19_900..=20_000).contains(&speed.enough(timeout)));
        for _ in 0..30 {
            speed.note(1_000, Duration::from_secs(100));
        }
        assert_eq!(speed.enough(timeout), LEAST_ROOM);
    }

    #[test]
    fn a_turn_that_passed_takes_room_away_for_a_while() {
        let timeout = Duration::from_millis(600);
        let mut speed = Speed::default();
        let whole = speed.enough(timeout);
        speed.decided(false);
        assert_eq!(speed.enough(timeout), whole);
        speed.decided(true);
        assert_eq!(speed.enough(timeout), whole * 3 / 4);
        for _ in 0..64 {
            assert!(speed.enough(timeout) < whole);
            speed.decided(false);
        }
        assert_eq!(speed.enough(timeout), whole);
        // However many pass, blocks go on.
        for _ in 0..100 {
            speed.decided(true);
        }
        assert_eq!(speed.enough(timeout), LEAST_ROOM);
        assert_eq!(speed.enough(timeout * 10), whole * 10 / 4);
    }

    #[test]
    fn only_a_live_idle_tip_is_held() {
        let idle = Finished {
            height: 7,
            live: true,
            pool_empty: true,
            seen: 7,
        };
        assert!(holds(idle));
        assert!(holds(Finished { seen: 0, ..idle }));
        let synced = Finished {
            live: false,
            ..idle
        };
        let busy = Finished {
            pool_empty: false,
            ..idle
        };
        let behind = Finished { seen: 8, ..idle };
        for finished in [synced, busy, behind] {
            assert!(!holds(finished), "{finished:?}");
        }
    }
}
