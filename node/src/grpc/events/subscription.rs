//! One subscription: reads the ledger from a height on, and puts what its caller may read into the mailbox.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_proto::v1 as wire;
use tokio::sync::watch;
use tokio::time::Instant;
use tonic::{Code, Status};

use super::feed::Feed;
use super::mailbox::{Gone, Sender};
use crate::grpc::access::{Caller, Records, rules};
use crate::grpc::errors;
use crate::grpc::reader::Reader;
use crate::ledger::Ledger;

/// Who has nothing to read is told how far the ledger is: after so many blocks, or so long.
pub(super) const PROGRESS_BLOCKS: u64 = 1_000;
const PROGRESS_INTERVAL: Duration = Duration::from_secs(5);

pub struct Subscription {
    feed: Feed,
    told: watch::Receiver<u64>,
    reader: Reader,
    caller: Arc<Caller>,
    /// The first block not looked at yet.
    next: u64,
    /// The last block looked at, without its events.
    last: Option<wire::SubscribeResponse>,
    /// The first height that no message covers, and when the last message was sent.
    sent: u64,
    sent_at: Instant,
    /// The last height at the beginning: who has come so far is told at once that there is no more.
    goal: u64,
}

/// Why nothing more can be told.
enum End {
    Gone,
    Failed(Status),
}

impl From<Gone> for End {
    fn from(Gone: Gone) -> Self {
        Self::Gone
    }
}

impl From<Status> for End {
    fn from(status: Status) -> Self {
        Self::Failed(status)
    }
}

impl Subscription {
    pub fn new(feed: Feed, reader: Reader, caller: Arc<Caller>, from: u64) -> Self {
        Self {
            told: feed.told(),
            feed,
            goal: reader.ledger().tip().height,
            reader,
            caller,
            next: from,
            last: None,
            sent: from,
            sent_at: Instant::now(),
        }
    }

    /// Goes on until the caller goes away, takes nothing for as long as the node has patience, or
    /// until `ended` says why there is no more.
    pub async fn run(
        mut self,
        mailbox: Sender,
        patience: Duration,
        ended: impl Future<Output = Status>,
    ) {
        let status = tokio::select! {
            // In this order: a node that stops also reads no more blocks, which is then no failure.
            biased;
            () = mailbox.gone() => return,
            status = ended => status,
            () = mailbox.overdue(patience) => slow_reader(patience),
            end = self.follow(&mailbox) => match end {
                End::Gone => return,
                End::Failed(status) => status,
            },
        };
        mailbox.end(status);
    }

    async fn follow(&mut self, mailbox: &Sender) -> End {
        loop {
            let told = *self.told.borrow_and_update();
            let step = match self.next <= told {
                true => self.look(mailbox).await,
                false => self.wait(mailbox).await,
            };
            if let Err(end) = step {
                return end;
            }
        }
    }

    /// Looks at the next blocks, one or several.
    async fn look(&mut self, mailbox: &Sender) -> Result<(), End> {
        let caller = self.caller.clone();
        let open = move |ledger: &Ledger, block: &_| shown(&caller, ledger, block);
        let looked = match self.feed.recent(self.next) {
            // With nothing to read in it, the ledger need not be asked.
            Some(block) if block.events.is_empty() => vec![wire::SubscribeResponse::clone(&block)],
            _ => self.feed.read(&self.reader, self.next, open).await?,
        };
        if looked.is_empty() {
            let missing = format!("block {} is not in the store", self.next);
            return Err(errors::failed("reading events", missing).into());
        }
        for message in looked {
            self.next = message.next_height;
            let head = wire::SubscribeResponse {
                events: Vec::new(),
                ..message.clone()
            };
            self.last = Some(head);
            let caught_up = message.height == self.goal;
            let far = self.next - self.sent >= PROGRESS_BLOCKS;
            if !message.events.is_empty() || caught_up || far {
                self.send(mailbox, message).await?;
            }
        }
        Ok(())
    }

    /// Waits for the next block. Meanwhile it is time to tell how far the ledger is, if that was not told.
    async fn wait(&mut self, mailbox: &Sender) -> Result<(), End> {
        let untold = self
            .last
            .clone()
            .filter(|last| last.next_height > self.sent);
        tokio::select! {
            changed = self.told.changed() => match changed {
                Ok(()) => Ok(()),
                Err(_) => Err(errors::failed("following the ledger", "nobody reads blocks any more").into()),
            },
            Some(progress) = async {
                tokio::time::sleep_until(self.sent_at + PROGRESS_INTERVAL).await;
                untold
            } => self.send(mailbox, progress).await.map_err(End::from),
        }
    }

    async fn send(
        &mut self,
        mailbox: &Sender,
        message: wire::SubscribeResponse,
    ) -> Result<(), Gone> {
        let next = message.next_height;
        mailbox.send(message).await?;
        self.sent = next;
        self.sent_at = Instant::now();
        Ok(())
    }
}

/// What a caller may see of a block's events, counted as it sees them: a gap would tell of others.
fn shown(
    caller: &Caller,
    ledger: &Ledger,
    block: &wire::SubscribeResponse,
) -> Result<wire::SubscribeResponse, Status> {
    let records = Records::new(ledger);
    let mut shown = wire::SubscribeResponse {
        events: Vec::new(),
        ..block.clone()
    };
    for entry in &block.events {
        let Some(event) = &entry.event else { continue };
        if let Some(event) = rules::event(caller, &records, event)? {
            let before = shown
                .events
                .last()
                .filter(|before| before.index == entry.index);
            let position = before.map_or(0, |before| before.position + 1);
            shown.events.push(wire::EventEntry {
                event: Some(event),
                position,
                ..entry.clone()
            });
        }
    }
    Ok(shown)
}

fn slow_reader(patience: Duration) -> Status {
    let message = format!(
        "nothing of what was sent was taken for {} s; subscribe again from `resume_height`",
        patience.as_secs()
    );
    errors::with_reason(
        Code::ResourceExhausted,
        errors::LEDGER,
        "SLOW_READER",
        message,
    )
}
