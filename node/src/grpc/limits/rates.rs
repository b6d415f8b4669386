//! So much a second, for each of many, and who is over it waits.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

/// How many seconds' worth may come at once.
const BURST_SECONDS: u32 = 2;

/// One rate for each key. Keys are accounts and organizations of genesis, and so bounded.
pub struct Rates<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    clock: DefaultClock,
    burst: NonZeroU32,
}

impl<K: Clone + Eq + Hash> Rates<K> {
    pub fn new(per_second: NonZeroU32) -> Self {
        let burst = burst(per_second);
        Self {
            limiter: DefaultKeyedRateLimiter::keyed(
                Quota::per_second(per_second).allow_burst(burst),
            ),
            clock: DefaultClock::default(),
            burst,
        }
    }

    /// The most that can be taken at a time.
    pub fn burst(&self) -> NonZeroU32 {
        self.burst
    }

    /// Takes some, or says how long to wait for it. More than the burst is taken as the burst.
    pub fn take(&self, key: &K, amount: NonZeroU32) -> Result<(), Duration> {
        match self.limiter.check_key_n(key, amount.min(self.burst)) {
            Ok(Ok(())) => Ok(()),
            Ok(Err(until)) => Err(until.wait_time_from(self.clock.now())),
            Err(_) => unreachable!("no more than the burst is asked for"),
        }
    }

    pub fn take_one(&self, key: &K) -> Result<(), Duration> {
        self.take(key, NonZeroU32::MIN)
    }
}

/// What may come at once at this rate.
pub fn burst(per_second: NonZeroU32) -> NonZeroU32 {
    per_second.saturating_mul(NonZeroU32::MIN.saturating_add(BURST_SECONDS - 1))
}
