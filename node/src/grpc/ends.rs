//! When a stream that lasts ends by itself.

use std::time::Duration;

use counterfoil_types::hash::Hash;
use tokio::sync::watch;
use tonic::Status;

use super::access::Caller;
use super::{errors, stopped};
use crate::clock::clock_ms;

/// What ends streams of a node. Clones are told of the same end.
#[derive(Clone)]
pub struct Ends {
    pub chain_id: String,
    /// What a token for this node must name.
    pub node: Hash,
    pub stopping: watch::Receiver<bool>,
}

impl Ends {
    /// Resolves when the caller's token expires, or the node stops.
    pub fn of(&self, caller: &Caller) -> impl Future<Output = Status> + Send + use<> {
        let left = Duration::from_millis(caller.expires_at_ms.saturating_sub(clock_ms()));
        let message = "the token has expired; ask again with a new one";
        let (chain_id, node) = (&self.chain_id, &self.node);
        let expired = errors::unauthenticated("TOKEN_EXPIRED", message, chain_id, node);
        let mut stopping = self.stopping.clone();
        async move {
            tokio::select! {
                () = tokio::time::sleep(left) => expired,
                () = stopped(&mut stopping) => errors::stopping(),
            }
        }
    }
}
