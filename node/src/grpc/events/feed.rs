//! Blocks as subscribers are told of them, before it is asked what each may read. The last ones are
//! read and opened once for all; earlier ones by whoever is still there.

use std::collections::VecDeque;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use counterfoil_proto::v1 as wire;
use counterfoil_storage::{StorageError, Summary};
use counterfoil_types::genesis::ClockKind;
use prost::Message as _;
use tokio::sync::{Semaphore, watch};
use tonic::Status;

use super::dates::{DateError, Dates};
use crate::grpc::errors;
use crate::grpc::reader::Reader;
use crate::ledger::{Ledger, LedgerError};

/// The last blocks, opened and kept for those who are about to be told of them.
const MAX_RECENT: usize = 64;
/// Their bytes; the last one is kept whatever it has.
const MAX_RECENT_BYTES: usize = 16 * 1024 * 1024;
/// Blocks read in one step, and the bytes of their events after which the step ends.
const STEP_BLOCKS: usize = 256;
const STEP_BYTES: usize = 1024 * 1024;
/// Subscribers for which the ledger is read at once: a few of the reads that the node does at once, so that
/// those who follow never hold up those who ask.
const MAX_READS: usize = 4;

/// A block with all its events.
pub type Block = Arc<wire::SubscribeResponse>;

/// Clones share what is kept.
#[derive(Clone)]
pub struct Feed {
    shared: Arc<Shared>,
    /// The last height that can be told of.
    told: watch::Receiver<u64>,
}

struct Shared {
    dates: Dates,
    /// In order, each one above the one before.
    recent: Mutex<VecDeque<(Block, usize)>>,
    turns: Semaphore,
}

/// Blocks cannot be read.
#[derive(Debug, thiserror::Error)]
enum FeedError {
    #[error(transparent)]
    Storage(#[from] StorageError),
    #[error(transparent)]
    Ledger(#[from] LedgerError),
    #[error(transparent)]
    Date(#[from] DateError),
    #[error("a stored block is damaged: {0}")]
    Decode(#[from] prost::DecodeError),
}

impl Feed {
    /// Also gives the task that follows the ledger.
    pub fn start(ledger: Ledger) -> (Self, impl Future<Output = ()>) {
        // A clock that somebody sets is known only from its beginning on.
        let begin = match ledger.genesis().clock {
            ClockKind::Simulated => 0,
            ClockKind::Wall => ledger.tip().height,
        };
        let (tell, told) = watch::channel(begin);
        let shared = Arc::new(Shared {
            dates: Dates::new(ledger.clone()),
            recent: Mutex::default(),
            turns: Semaphore::new(MAX_READS),
        });
        let feed = Self {
            shared: shared.clone(),
            told,
        };
        (feed, follow(shared, ledger, tell))
    }

    pub fn told(&self) -> watch::Receiver<u64> {
        self.told.clone()
    }

    /// The block of a height, if it is one of the last.
    pub fn recent(&self, height: u64) -> Option<Block> {
        let recent = self.shared.recent();
        let (first, _) = recent.front()?;
        let at = usize::try_from(height.checked_sub(first.height)?).ok()?;
        recent.get(at).map(|(block, _)| block.clone())
    }

    /// Blocks from a height on, a bounded number of them, each made into something by `open`. There is one
    /// at least where the height can be told of.
    pub async fn read<T: Send + 'static>(
        &self,
        reader: &Reader,
        from: u64,
        open: impl Fn(&Ledger, &wire::SubscribeResponse) -> Result<T, Status> + Send + 'static,
    ) -> Result<Vec<T>, Status> {
        let turn = self.shared.turns.acquire().await;
        let _turn = turn.map_err(|_| errors::stopping())?;
        let (shared, last) = (self.shared.clone(), *self.told.borrow());
        let recent = self.recent(from);
        let read = reader.read(move |ledger| {
            let blocks = match recent {
                Some(block) => vec![block],
                None => shared
                    .read(ledger, from, last)
                    .map_err(|e| errors::failed("reading events", e))?,
            };
            blocks.iter().map(|block| open(ledger, block)).collect()
        });
        read.await
    }
}

impl Shared {
    /// A panic elsewhere cannot leave the list half-changed: nothing under the lock panics.
    fn recent(&self) -> MutexGuard<'_, VecDeque<(Block, usize)>> {
        self.recent.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// One step from a height on. The dates of its blocks are known.
    fn read(&self, ledger: &Ledger, from: u64, last: u64) -> Result<Vec<Block>, FeedError> {
        let summaries = ledger.storage().summaries(from, STEP_BLOCKS)?;
        let mut blocks = Vec::with_capacity(summaries.len());
        let mut bytes = 0;
        for summary in summaries.into_iter().take_while(|s| s.height <= last) {
            let mut block = opened(ledger, summary)?;
            bytes += block.encoded_len();
            let date = self.dates.date(block.height, block.time_ms)?;
            block.ledger_date = Some(date.to_proto());
            blocks.push(Arc::new(block));
            if bytes >= STEP_BYTES {
                break;
            }
        }
        Ok(blocks)
    }

    /// The same for blocks that were never told of: what they say of the clock is learned on the way.
    fn read_new(&self, ledger: &Ledger, from: u64) -> Result<u64, FeedError> {
        let mut last = from - 1;
        for summary in ledger.storage().summaries(from, STEP_BLOCKS)? {
            let mut block = opened(ledger, summary)?;
            self.dates
                .learn(block.height, block.time_ms, &block.events)?;
            let date = self.dates.date(block.height, block.time_ms)?;
            block.ledger_date = Some(date.to_proto());
            last = block.height;
            self.keep(block);
        }
        Ok(last)
    }

    fn keep(&self, block: wire::SubscribeResponse) {
        let bytes = block.encoded_len();
        let mut recent = self.recent();
        recent.push_back((Arc::new(block), bytes));
        let mut all: usize = recent.iter().map(|(_, bytes)| bytes).sum();
        while recent.len() > MAX_RECENT || (all > MAX_RECENT_BYTES && recent.len() > 1) {
            all -= recent.pop_front().map_or(0, |(_, bytes)| bytes);
        }
    }
}

/// Opens each block after it is durable, for as long as blocks can be read.
async fn follow(shared: Arc<Shared>, ledger: Ledger, tell: watch::Sender<u64>) {
    let mut tips = ledger.tip_watch();
    loop {
        let tip = tips.borrow_and_update().height;
        let from = *tell.borrow() + 1;
        if from <= tip {
            let (shared, ledger) = (shared.clone(), ledger.clone());
            let read = tokio::task::spawn_blocking(move || shared.read_new(&ledger, from));
            match read.await {
                Ok(Ok(last)) => {
                    tell.send_replace(last);
                }
                Ok(Err(error)) => {
                    tracing::error!(%error, from, "cannot read blocks; nobody is told of events any more");
                    return;
                }
                Err(error) => {
                    tracing::error!(%error, from, "cannot read blocks; nobody is told of events any more");
                    return;
                }
            }
        } else if tips.changed().await.is_err() {
            return;
        }
    }
}

/// A block with its events, its date left out.
fn opened(ledger: &Ledger, summary: Summary) -> Result<wire::SubscribeResponse, FeedError> {
    let header = wire::Header::decode(summary.header.as_slice())?;
    let mut events = Vec::new();
    // Most blocks of a chain at rest hold nothing.
    let receipts = match summary.transactions {
        0 => None,
        _ => ledger.receipts(summary.height)?,
    };
    for receipt in receipts.iter().flat_map(|receipts| receipts.iter()) {
        for (position, event) in (0..).zip(&receipt.events) {
            events.push(wire::EventEntry {
                tx_id: receipt.tx_id.clone(),
                index: receipt.index,
                position,
                event: Some(event.clone()),
            });
        }
    }
    Ok(wire::SubscribeResponse {
        height: summary.height,
        block_hash: summary.hash.to_vec(),
        time_ms: header.time_ms,
        ledger_date: None,
        events,
        next_height: summary.height + 1,
    })
}
