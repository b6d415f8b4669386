//! One lasting stream of transactions to each validator. Batches go to them in
//! turn: what reaches one validator together is gossiped together, and so stands
//! in one block, while single transactions spread over all would stand in several.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::submit_stream_response::Outcome;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;

use crate::client::{Access, Answers, Client};
use crate::failure::{Failure, Rejected};

/// Transactions a lane may hold that the node has not read yet.
const QUEUE: usize = 256;
/// How long a transaction may take from here to its receipt.
const PATIENCE: Duration = Duration::from_secs(60);

type Answer = Result<wire::Receipt, Failure>;
/// Who waits for the answer to which request.
type Waiting = Arc<Mutex<BTreeMap<u64, oneshot::Sender<Answer>>>>;

/// Streams to all validators.
pub struct Lanes {
    lanes: Vec<Lane>,
    /// Whose turn it is.
    turn: usize,
    sequence: u64,
}

struct Lane {
    requests: mpsc::Sender<wire::SubmitStreamRequest>,
    waiting: Waiting,
}

/// A transaction on its way.
pub struct Pending(oneshot::Receiver<Answer>);

impl Lanes {
    pub async fn open(nodes: &[String], access: &Access) -> Result<Self, Failure> {
        let mut lanes = Vec::new();
        for node in nodes {
            lanes.push(Lane::open(&Client::connect(node, access).await?).await?);
        }
        Ok(Self {
            lanes,
            turn: 0,
            sequence: 0,
        })
    }

    /// Sends a batch to the validator whose turn it is.
    pub async fn send(
        &mut self,
        batch: Vec<wire::SignedTransaction>,
    ) -> Result<Vec<Pending>, Failure> {
        let lane = &self.lanes[self.turn];
        self.turn = (self.turn + 1) % self.lanes.len();
        let mut pending = Vec::with_capacity(batch.len());
        for transaction in batch {
            pending.push(lane.send(self.sequence, transaction).await?);
            self.sequence += 1;
        }
        Ok(pending)
    }
}

impl Pending {
    pub async fn receipt(self) -> Answer {
        match tokio::time::timeout(PATIENCE, self.0).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(stream_ended()),
            Err(_) => Err(Failure::Failed(format!(
                "a transaction is not committed after {} s: do more than two thirds of the validators run?",
                PATIENCE.as_secs()
            ))),
        }
    }
}

impl Lane {
    async fn open(client: &Client) -> Result<Self, Failure> {
        let (requests, queue) = mpsc::channel(QUEUE);
        let answers = client
            .transactions()
            .submit_stream(ReceiverStream::new(queue))
            .await;
        let answers = answers.map_err(|s| client.failure(s))?.into_inner();
        let waiting = Waiting::default();
        tokio::spawn(hand_out(answers, waiting.clone(), client.clone()));
        Ok(Self { requests, waiting })
    }

    async fn send(
        &self,
        sequence: u64,
        transaction: wire::SignedTransaction,
    ) -> Result<Pending, Failure> {
        let (answer, pending) = oneshot::channel();
        lock(&self.waiting).insert(sequence, answer);
        let request = wire::SubmitStreamRequest {
            sequence,
            transaction: Some(transaction),
            wait: true,
        };
        self.requests.send(request).await.map_err(|_| ended())?;
        Ok(Pending(pending))
    }
}

fn ended() -> Failure {
    Failure::Unreachable("a validator ended the stream of transactions".into())
}

/// Gives each answer to whoever waits for it, until the stream ends.
async fn hand_out(mut answers: Answers, waiting: Waiting, client: Client) {
    loop {
        match answers.message().await {
            Ok(Some(response)) => {
                if let Some(sender) = lock(&waiting).remove(&response.sequence) {
                    // Whoever no longer waits needs no answer.
                    let _ = sender.send(outcome(response));
                }
            }
            end => {
                for (_, sender) in std::mem::take(&mut *lock(&waiting)) {
                    let _ = sender.send(Err(match &end {
                        Err(status) => client.failure(status.clone()),
                        Ok(_) => stream_ended(),
                    }));
                }
                return;
            }
        }
    }
}

fn outcome(response: wire::SubmitStreamResponse) -> Answer {
    match response.outcome {
        Some(Outcome::Receipt(receipt)) => Ok(receipt),
        Some(Outcome::Refusal(refusal)) => Err(Failure::Rejected(Box::new(Rejected {
            contract: "transaction".into(),
            code: refusal.code.unsigned_abs(),
            reason: refusal
                .code()
                .as_str_name()
                .trim_start_matches("REFUSAL_CODE_")
                .to_owned(),
            message: refusal.message,
            first: String::new(),
            tx_id: hex::encode(response.tx_id),
            height: None,
        }))),
        Some(Outcome::Accepted(_)) | None => Err(Failure::Failed(
            "a validator answered without a receipt".into(),
        )),
    }
}

fn stream_ended() -> Failure {
    Failure::Unreachable("a validator ended the stream of transactions".into())
}

/// No code panics while it holds this lock, so its content is whole in any case.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
