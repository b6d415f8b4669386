//! The node's threads. API, gossip and consensus have their own, so that the system shares the processors out among
//! them: a node whose API has more to do than it can goes on to vote in time. Proofs are made on threads that stand behind all others
//! where processors are few. Threads bear the names of what they work for.

use std::io;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use rustix::process::setpriority_process;
use tokio::runtime::{Builder, Handle, Runtime};

/// Names of at most 15 bytes, which is what the system keeps of one.
const NODE: &str = "node";
const API: &str = "api";
const GOSSIP: &str = "gossip";
const CONSENSUS: &str = "consensus";
const PROOFS: &str = "proofs";
/// How far threads that make proofs stand behind others (nice(2)): at 10 they get a tenth of what another thread gets, and all that nobody
/// else wants.
const PROOFS_BEHIND: i32 = 10;

pub struct Runtimes {
    /// What starts and stops the others.
    pub node: Runtime,
    api: Runtime,
    gossip: Runtime,
    consensus: Runtime,
    proofs: Runtime,
}

/// Where to start each part.
pub struct Handles {
    pub api: Handle,
    pub gossip: Handle,
    pub consensus: Handle,
    pub proofs: Handle,
}

impl Runtimes {
    pub fn new() -> io::Result<Self> {
        let named = |name| {
            let mut builder = Builder::new_multi_thread();
            builder.thread_name(name).enable_all();
            builder
        };
        Ok(Self {
            node: named(NODE).build()?,
            api: named(API).build()?,
            gossip: named(GOSSIP).build()?,
            consensus: named(CONSENSUS).build()?,
            proofs: named(PROOFS)
                // Proofs are made on threads beside the workers.
                .worker_threads(1)
                .on_thread_start(stand_behind)
                .build()?,
        })
    }

    pub fn handles(&self) -> Handles {
        Handles {
            api: self.api.handle().clone(),
            gossip: self.gossip.handle().clone(),
            consensus: self.consensus.handle().clone(),
            proofs: self.proofs.handle().clone(),
        }
    }

    /// Waits for work that is under way, so long for all of it.
    pub fn shut_down(self, patience: Duration) {
        let until = Instant::now() + patience;
        for runtime in [
            self.api,
            self.proofs,
            self.consensus,
            self.gossip,
            self.node,
        ] {
            runtime.shutdown_timeout(until.saturating_duration_since(Instant::now()));
        }
    }
}

fn stand_behind() {
    // On Linux each thread has a priority of its own, and none is this one's. Where it cannot be lowered, proofs are as urgent as the rest.
    let _ = setpriority_process(None, PROOFS_BEHIND);
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
