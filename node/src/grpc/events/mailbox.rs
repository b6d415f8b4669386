//! What was found for one subscriber and is not sent yet: a bounded queue between who reads the ledger
//! and the transport. Nothing is lost with it: the ledger has it all.

use std::collections::VecDeque;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll, Waker};
use std::time::Duration;

use counterfoil_proto::v1::SubscribeResponse;
use futures::Stream;
use prost::Message as _;
use tokio::sync::Notify;
use tokio::time::Instant;
use tonic::Status;

use crate::grpc::errors;

/// Messages that wait for the transport.
const MAX_MESSAGES: usize = 64;
/// Their bytes. One message alone may be longer: a block's events are not cut in two.
const MAX_BYTES: usize = 256 * 1024;

/// The end that is filled.
pub struct Sender(Arc<Shared>);

/// The end that the transport takes from.
pub struct Mailbox(Arc<Shared>);

/// The subscriber has gone.
#[derive(Debug)]
pub struct Gone;

struct Shared {
    queue: Mutex<Queue>,
    /// Told of every change that the sender's end may wait for.
    changed: Notify,
}

struct Queue {
    messages: VecDeque<(SubscribeResponse, usize)>,
    bytes: usize,
    /// The first height of which the transport has nothing.
    resume: u64,
    /// When the transport last took something, or something came to be taken.
    moved: Instant,
    /// What ends the stream; told once.
    end: Option<Status>,
    /// Nothing more is told.
    closed: bool,
    transport: Option<Waker>,
}

/// A mailbox for a subscriber that is told of blocks from a height on.
pub fn open(from: u64) -> (Sender, Mailbox) {
    let queue = Queue {
        messages: VecDeque::new(),
        bytes: 0,
        resume: from,
        moved: Instant::now(),
        end: None,
        closed: false,
        transport: None,
    };
    let shared = Arc::new(Shared {
        queue: Mutex::new(queue),
        changed: Notify::new(),
    });
    (Sender(shared.clone()), Mailbox(shared))
}

impl Sender {
    /// Adds a message, once there is room for it.
    pub async fn send(&self, message: SubscribeResponse) -> Result<(), Gone> {
        let bytes = message.encoded_len();
        let mut message = Some(message);
        let sent = self.until(|queue| {
            if queue.closed {
                return Some(Err(Gone));
            }
            let full = queue.messages.len() == MAX_MESSAGES || queue.bytes + bytes > MAX_BYTES;
            if full && !queue.messages.is_empty() {
                return None;
            }
            if queue.messages.is_empty() {
                queue.moved = Instant::now();
            }
            queue.messages.push_back((message.take()?, bytes));
            queue.bytes += bytes;
            queue.wake_transport();
            Some(Ok(()))
        });
        let sent = sent.await;
        // Whoever waits for something to be there to take.
        self.0.changed.notify_waiters();
        sent
    }

    /// Resolves when the subscriber has gone.
    pub async fn gone(&self) {
        self.until(|queue| queue.closed.then_some(())).await;
    }

    /// Resolves when something has been there to be taken for so long, and nothing was.
    pub async fn overdue(&self, patience: Duration) {
        loop {
            let moved = self
                .until(|queue| (!queue.messages.is_empty()).then_some(queue.moved))
                .await;
            tokio::time::sleep_until(moved + patience).await;
            let queue = self.0.lock();
            if queue.moved == moved && !queue.messages.is_empty() {
                return;
            }
        }
    }

    /// Ends the stream with a status, which says from which height to resume. What waits is dropped at
    /// once: no memory is kept for who was too slow to take it.
    pub fn end(self, status: Status) {
        let mut queue = self.0.lock();
        queue.messages = VecDeque::new();
        queue.bytes = 0;
        queue.end = Some(errors::resuming(status, queue.resume));
        queue.wake_transport();
    }

    /// Looks at the queue now and after every change, until there is an outcome.
    async fn until<T>(&self, mut look: impl FnMut(&mut Queue) -> Option<T>) -> T {
        loop {
            let mut changed = std::pin::pin!(self.0.changed.notified());
            // From here on no change is missed.
            changed.as_mut().enable();
            if let Some(outcome) = look(&mut self.0.lock()) {
                return outcome;
            }
            changed.await;
        }
    }
}

impl Drop for Sender {
    /// A subscription that ended without a word still ends the stream.
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        if queue.end.is_none() {
            queue.closed = true;
        }
        queue.wake_transport();
    }
}

impl Shared {
    /// A panic elsewhere cannot leave the queue half-changed: nothing under the lock panics.
    fn lock(&self) -> MutexGuard<'_, Queue> {
        self.queue.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Queue {
    fn wake_transport(&mut self) {
        if let Some(waker) = self.transport.take() {
            waker.wake();
        }
    }
}

impl Stream for Mailbox {
    type Item = Result<SubscribeResponse, Status>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let mut queue = self.0.lock();
        if let Some((message, bytes)) = queue.messages.pop_front() {
            queue.bytes -= bytes;
            queue.resume = message.next_height;
            queue.moved = Instant::now();
            self.0.changed.notify_waiters();
            return Poll::Ready(Some(Ok(message)));
        }
        if let Some(status) = queue.end.take() {
            queue.closed = true;
            return Poll::Ready(Some(Err(status)));
        }
        if queue.closed {
            return Poll::Ready(None);
        }
        queue.transport = Some(context.waker().clone());
        Poll::Pending
    }
}

impl Drop for Mailbox {
    fn drop(&mut self) {
        let mut queue = self.0.lock();
        queue.closed = true;
        queue.messages = VecDeque::new();
        queue.bytes = 0;
        self.0.changed.notify_waiters();
    }
}

#[cfg(test)]
impl Mailbox {
    /// Whether it waits for its end to be taken, and for nothing else.
    pub fn is_cut_off(&self) -> bool {
        let queue = self.0.lock();
        queue.end.is_some() && queue.messages.is_empty() && queue.bytes == 0
    }
}

#[cfg(test)]
mod tests {
    use counterfoil_proto::v1::EventEntry;
    use futures::{FutureExt as _, StreamExt as _};
    use tonic_types::StatusExt as _;

    use super::*;

    /// A message of a block, of at least so many bytes.
    fn message(height: u64, bytes: usize) -> SubscribeResponse {
        SubscribeResponse {
            height,
            events: vec![EventEntry {
                tx_id: vec![1; bytes],
                ..EventEntry::default()
            }],
            next_height: height + 1,
            ..SubscribeResponse::default()
        }
    }

    fn resume_height(status: &Status) -> String {
        let info = status.get_details_error_info().unwrap();
        assert_eq!(info.reason, "STOPPING");
        info.metadata["resume_height"].clone()
    }

    #[tokio::test]
    async fn there_is_room_for_so_many_messages_and_for_no_more() {
        let (sender, mut mailbox) = open(1);
        for height in 1..=MAX_MESSAGES as u64 {
            assert!(sender.send(message(height, 1)).now_or_never().is_some());
        }
        let mut one_more = Box::pin(sender.send(message(65, 1)));
        assert!(futures::poll!(&mut one_more).is_pending());
        assert_eq!(mailbox.next().await.unwrap().unwrap().height, 1);
        assert!(one_more.now_or_never().is_some());
    }

    #[tokio::test]
    async fn there_is_room_for_so_many_bytes_or_for_one_message_of_any_length() {
        let (sender, mut mailbox) = open(1);
        let half = message(1, MAX_BYTES / 2 - 20);
        assert!(2 * half.encoded_len() <= MAX_BYTES);
        for _ in 0..2 {
            assert!(sender.send(half.clone()).now_or_never().is_some());
        }
        assert!(sender.send(message(2, 40)).now_or_never().is_none());
        for _ in 0..2 {
            mailbox.next().await.unwrap().unwrap();
        }
        let long = message(3, 2 * MAX_BYTES);
        assert!(sender.send(long).now_or_never().is_some());
        assert!(sender.send(message(4, 1)).now_or_never().is_none());
        mailbox.next().await.unwrap().unwrap();
        assert!(sender.send(message(4, 1)).now_or_never().is_some());
    }

    #[tokio::test]
    async fn who_takes_nothing_is_overdue_and_who_takes_is_not() {
        const PATIENCE: Duration = Duration::from_millis(20);
        let (sender, mut mailbox) = open(1);
        // With nothing to take nobody is slow.
        let waited = tokio::time::timeout(3 * PATIENCE, sender.overdue(PATIENCE)).await;
        assert!(waited.is_err());
        sender.send(message(1, 1)).await.unwrap();
        sender.send(message(2, 1)).await.unwrap();
        let begun = Instant::now();
        let mut overdue = Box::pin(sender.overdue(PATIENCE));
        assert!(futures::poll!(&mut overdue).is_pending());
        assert_eq!(mailbox.next().await.unwrap().unwrap().height, 1);
        let taken = Instant::now();
        overdue.await;
        assert!(Instant::now() >= taken + PATIENCE && taken >= begun);
        sender.end(errors::stopping());
        // Message 2 was never taken: it is gone, and where to resume says so.
        let end = mailbox.next().await.unwrap().unwrap_err();
        assert_eq!(resume_height(&end), "2");
        assert!(mailbox.next().await.is_none());
    }

    #[tokio::test]
    async fn what_waited_is_freed_when_either_end_goes() {
        let (sender, mailbox) = open(7);
        sender.send(message(7, 1)).await.unwrap();
        let shared = sender.0.clone();
        sender.end(errors::stopping());
        assert!(shared.lock().messages.is_empty());
        drop(mailbox);
        let (sender, mailbox) = open(7);
        sender.send(message(7, 1)).await.unwrap();
        drop(mailbox);
        assert!(sender.0.lock().messages.is_empty());
        assert!(sender.gone().now_or_never().is_some());
        assert!(sender.send(message(8, 1)).await.is_err());
    }
}
