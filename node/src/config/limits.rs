//! What a node grants its callers, each connection, account and organization: `[limits]` of `node.toml`.
//!
//! None of them is a rule of the ledger: each node sets its own, for its own machine.

use std::num::NonZeroU32;
use std::time::Duration;

use serde::{Deserialize, Serialize};

/// Connections to the API at once.
const CONNECTIONS: usize = 16_384;
/// Calls that an account may begin in a second.
const REQUESTS: NonZeroU32 = NonZeroU32::new(2_000).expect("above zero");
/// Bytes of messages that an account may send and be sent in a second.
const BYTES: NonZeroU32 = NonZeroU32::new(64 * 1024 * 1024).expect("above zero");
/// Transactions whose signatures are checked for an organization in a second: several times what a validator commits.
const VERIFICATIONS: NonZeroU32 = NonZeroU32::new(20_000).expect("above zero");
/// Tokens that are checked for a connection in a second, beside those that are known already.
const TOKENS: NonZeroU32 = NonZeroU32::new(200).expect("above zero");
/// Calls of an account at once that are no streams; each may hold an answer of 16 MiB that is not taken yet.
const CALLS: NonZeroU32 = NonZeroU32::new(64).expect("above zero");
/// Streams at once: half of the calls that a connection may have, so that there is always room for a question.
const STREAMS_PER_CONNECTION: NonZeroU32 = NonZeroU32::new(128).expect("above zero");
const STREAMS_PER_ACCOUNT: NonZeroU32 = NonZeroU32::new(512).expect("above zero");
const STREAMS_PER_ORGANIZATION: NonZeroU32 = NonZeroU32::new(1_024).expect("above zero");
/// How long a subscriber may take nothing of what waits for it.
const SUBSCRIBER_PATIENCE_MS: NonZeroU32 = NonZeroU32::new(30_000).expect("above zero");

/// What two seconds grant may come at once. What is left out of the file has its default.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Limits {
    /// As far as the system lets the process have them.
    pub connections: usize,
    pub requests_per_second: NonZeroU32,
    pub bytes_per_second: NonZeroU32,
    pub verifications_per_second: NonZeroU32,
    pub tokens_per_second: NonZeroU32,
    pub calls_per_account: NonZeroU32,
    pub streams_per_connection: NonZeroU32,
    pub streams_per_account: NonZeroU32,
    pub streams_per_organization: NonZeroU32,
    pub subscriber_patience_ms: NonZeroU32,
}

impl Limits {
    pub fn subscriber_patience(&self) -> Duration {
        Duration::from_millis(self.subscriber_patience_ms.get().into())
    }
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            connections: CONNECTIONS,
            requests_per_second: REQUESTS,
            bytes_per_second: BYTES,
            verifications_per_second: VERIFICATIONS,
            tokens_per_second: TOKENS,
            calls_per_account: CALLS,
            streams_per_connection: STREAMS_PER_CONNECTION,
            streams_per_account: STREAMS_PER_ACCOUNT,
            streams_per_organization: STREAMS_PER_ORGANIZATION,
            subscriber_patience_ms: SUBSCRIBER_PATIENCE_MS,
        }
    }
}
