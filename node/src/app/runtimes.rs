//! The node's threads. API, gossip and consensus have their own, so that the system shares the processors out among
//! them: a node whose API has more to do than it can goes on to vote in time. Threads bear the names of what they work for.

use std::io;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use tokio::runtime::{Builder, Handle, Runtime};

/// Names of at most 15 bytes, which is what the system keeps of one.
const NODE: &str = "node";
const API: &str = "api";
const GOSSIP: &str = "gossip";
const CONSENSUS: &str = "consensus";

pub struct Runtimes {
    /// What starts and stops the others.
    pub node: Runtime,
    api: Runtime,
    gossip: Runtime,
    consensus: Runtime,
}

/// Where to start each part.
pub struct Handles {
    pub api: Handle,
    pub gossip: Handle,
    pub consensus: Handle,
}

impl Runtimes {
    pub fn new() -> io::Result<Self> {
        let named = |name| {
            Builder::new_multi_thread()
                .thread_name(name)
                .enable_all()
                .build()
        };
        Ok(Self {
            node: named(NODE)?,
            api: named(API)?,
            gossip: named(GOSSIP)?,
            consensus: named(CONSENSUS)?,
        })
    }

    pub fn handles(&self) -> Handles {
        Handles {
            api: self.api.handle().clone(),
            gossip: self.gossip.handle().clone(),
            consensus: self.consensus.handle().clone(),
        }
    }

    /// Waits for work that is under way, so long for all of it.
    pub fn shut_down(self, patience: Duration) {
        let until = Instant::now() + patience;
        for runtime in [self.api, self.consensus, self.gossip, self.node] {
            runtime.shutdown_timeout(until.saturating_duration_since(Instant::now()));
        }
    }
}

/// Starts a part on its own threads; what it spawns stays there.
pub async fn start_on<T: Send + 'static>(
    runtime: &Handle,
    part: impl Future<Output = T> + Send + 'static,
) -> T {
    match runtime.spawn(part).await {
        Ok(started) => started,
        // Nothing cancels it.
        Err(ended) => resume_unwind(ended.into_panic()),
    }
}
