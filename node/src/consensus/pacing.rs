//! Idle pacing: an idle chain makes no empty blocks but its heartbeat.
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

#[cfg(test)]
mod tests {
    use super::*;

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
