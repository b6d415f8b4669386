//! So much a second, for each of many, and who is over it waits.

use std::hash::Hash;
use std::num::NonZeroU32;
use std::sync::atomic::{AtomicU32, Ordering};
use std::time::Duration;

use governor::clock::{Clock as _, DefaultClock};
use governor::{DefaultKeyedRateLimiter, Quota};

/// How many seconds' worth may come at once.
const BURST_SECONDS: u32 = 2;

/// How many are taken between two times that keys are forgotten.
const SWEEP_EVERY: u32 = 10_000;

/// One rate for each key. Keys are accounts and organizations of the ledger; those that have taken nothing lately, and so
/// stand where one that is not known yet does, are forgotten from time to time.
pub struct Rates<K: Clone + Eq + Hash> {
    limiter: DefaultKeyedRateLimiter<K>,
    /// Wraps around.
    taken: AtomicU32,
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
            taken: AtomicU32::new(0),
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
        if self.taken.fetch_add(1, Ordering::Relaxed) % SWEEP_EVERY == SWEEP_EVERY - 1 {
            self.limiter.retain_recent();
        }
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

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_that_take_nothing_any_more_are_forgotten() {
        // One that took a microsecond's worth is as good as new a microsecond later.
        let rates = Rates::new(NonZeroU32::new(1_000_000).unwrap());
        for key in 0..2 * SWEEP_EVERY {
            rates.take_one(&key).unwrap();
        }
        assert!(rates.limiter.len() <= SWEEP_EVERY as usize);
    }
}
