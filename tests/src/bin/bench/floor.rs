//! What the work cannot go below: one verification of one signature.

use std::hint::black_box;
use std::time::{Duration, Instant};

use counterfoil_types::keys::{SigningKey, verify_zip215};
use rustix::time::{ClockId, clock_gettime};

/// About the size of a transaction.
const MESSAGE_BYTES: usize = 300;
const TIMED: Duration = Duration::from_secs(1);
const KEYS: u8 = 64;

/// Processor time of one ZIP-215 verification while every processor does nothing else.
pub fn verification() -> Duration {
    let processors = std::thread::available_parallelism().map_or(1, usize::from);
    let timed: Vec<Duration> = std::thread::scope(|scope| {
        let threads: Vec<_> = (0..processors).map(|_| scope.spawn(verify)).collect();
        let timed = threads.into_iter().map(|thread| thread.join());
        timed.map(|one| one.expect("it does not panic")).collect()
    });
    timed.iter().sum::<Duration>() / u32::try_from(processors).expect("few")
}

fn verify() -> Duration {
    let message = [7; MESSAGE_BYTES];
    let signed: Vec<_> = (0..KEYS)
        .map(|seed| {
            let key = SigningKey::from_seed([seed; 32]);
            (*key.public_key().as_bytes(), key.sign(&message).0)
        })
        .collect();
    let (began, before) = (Instant::now(), thread_time());
    let mut verified = 0;
    while began.elapsed() < TIMED {
        for (key, signature) in &signed {
            assert!(verify_zip215(
                black_box(key),
                &message,
                black_box(signature)
            ));
            verified += 1;
        }
    }
    (thread_time() - before) / verified
}

fn thread_time() -> Duration {
    let time = clock_gettime(ClockId::ThreadCPUTime);
    Duration::new(
        u64::try_from(time.tv_sec).expect("time goes forward"),
        u32::try_from(time.tv_nsec).expect("below a second"),
    )
}
