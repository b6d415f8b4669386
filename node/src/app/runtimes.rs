//! The node's threads, which bear the names of what they work for: a node whose API has more to do than it can goes on to vote in time.
//!
//! Where processors are few, those that consensus works on come first, as everybody waits for its blocks, then gossip, the API and proofs.

use std::io;
use std::panic::resume_unwind;
use std::time::{Duration, Instant};

use rustix::process::{getpriority_process, setpriority_process};
use tokio::runtime::{Builder, Handle, Runtime};

/// Names of at most 15 bytes, which is what the system keeps of one.
const NODE: &str = "node";
const API: &str = "api";
const GOSSIP: &str = "gossip";
const CONSENSUS: &str = "consensus";
const PROOFS: &str = "proofs";

/// How far threads stand behind those of consensus (nice(2)): each five have a third of what those before them have, and all that
/// nobody else wants.
const GOSSIP_BEHIND: i32 = 5;
const API_BEHIND: i32 = 10;
const PROOFS_BEHIND: i32 = 15;

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
        // What the operator gave the node is the rank of its first.
        let first = getpriority_process(None).unwrap_or(0);
        let runtime = |name, behind| {
            Builder::new_multi_thread()
                .thread_name(name)
                .on_thread_start(move || take_rank(first + behind))
                .enable_all()
                .build()
        };
        Ok(Self {
            node: runtime(NODE, 0)?,
            api: runtime(API, API_BEHIND)?,
            gossip: runtime(GOSSIP, GOSSIP_BEHIND)?,
            consensus: runtime(CONSENSUS, 0)?,
            proofs: runtime(PROOFS, PROOFS_BEHIND)?,
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

fn take_rank(rank: i32) {
    // `None` is this thread: on Linux each has a priority of its own. Where it cannot be lowered, all are as urgent.
    let _ = setpriority_process(None, rank);
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
