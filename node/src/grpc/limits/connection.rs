//! What one connection may ask for, whoever sends over it.

use std::sync::Arc;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultDirectRateLimiter, Quota};
use tokio::sync::{OwnedSemaphorePermit, Semaphore};
use tonic::Status;

use super::{beyond, rates};
use crate::config::Limits;

/// The transport gives it to every request that comes over the connection.
pub struct OfConnection {
    streams: Arc<Semaphore>,
    tokens: DefaultDirectRateLimiter,
    clock: DefaultClock,
}

impl OfConnection {
    pub fn new(limits: &Limits) -> Arc<Self> {
        let per_second = limits.tokens_per_second;
        let tokens = Quota::per_second(per_second).allow_burst(rates::burst(per_second));
        // 32 bits fit.
        let streams = limits.streams_per_connection.get() as usize;
        Arc::new(Self {
            streams: Arc::new(Semaphore::new(streams)),
            tokens: DefaultDirectRateLimiter::direct(tokens),
            clock: DefaultClock::default(),
        })
    }

    /// A place for a stream, if there is one left.
    pub(super) fn stream(&self) -> Option<OwnedSemaphorePermit> {
        self.streams.clone().try_acquire_owned().ok()
    }

    /// Before a token is checked that is not known yet, or missed.
    pub fn token(&self) -> Result<(), Status> {
        self.tokens.check().map_err(|until| {
            let wait: Duration = until.wait_time_from(self.clock.now());
            beyond("TOKENS_PER_CONNECTION", "tokens not known yet", wait)
        })
    }
}
