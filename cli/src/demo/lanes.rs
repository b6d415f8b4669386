//! One lasting stream of transactions to each validator, used in turn.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::submit_stream_response::Outcome;
use tokio::sync::{mpsc, oneshot};
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use crate::client::Client;
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
    sent: u64,
}

struct Lane {
    requests: mpsc::Sender<wire::SubmitStreamRequest>,
    waiting: Waiting,
}

/// A transaction on its way.
pub struct Pending(oneshot::Receiver<Answer>);

impl Lanes {
    pub async fn open(nodes: &[String]) -> Result<Self, Failure> {
        let mut lanes = Vec::new();
        for node in nodes {
            lanes.push(Lane::open(&Client::connect(node).await?).await?);
        }
        Ok(Self { lanes, sent: 0 })
    }

    /// Sends a transaction to the validator whose turn it is.
    pub async fn send(&mut self, transaction: wire::SignedTransaction) -> Result<Pending, Failure> {
        let sequence = self.sent;
        self.sent += 1;
        let turn = sequence % self.lanes.len() as u64;
        let lane = &self.lanes[usize::try_from(turn).expect("less than the number of lanes")];
        let (answer, pending) = oneshot::channel();
        lock(&lane.waiting).insert(sequence, answer);
        let request = wire::SubmitStreamRequest { sequence, transaction: Some(transaction), wait: true };
        let ended = |_| Failure::Unreachable("a validator ended the stream of transactions".into());
        lane.requests.send(request).await.map_err(ended)?;
        Ok(Pending(pending))
    }
}

impl Pending {
    pub async fn receipt(self) -> Answer {
        match tokio::time::timeout(PATIENCE, self.0).await {
            Ok(Ok(answer)) => answer,
            Ok(Err(_)) => Err(Failure::Unreachable("a validator ended the stream of transactions".into())),
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
        let answers = client.transactions().submit_stream(ReceiverStream::new(queue)).await;
        let answers = answers.map_err(|s| client.failure(s))?.into_inner();
        let waiting = Waiting::default();
        tokio::spawn(hand_out(answers, waiting.clone(), client.clone()));
        Ok(Self { requests, waiting })
    }
}

/// Gives each answer to whoever waits for it, until the stream ends.
async fn hand_out(mut answers: Streaming<wire::SubmitStreamResponse>, waiting: Waiting, client: Client) {
    loop {
        match answers.message().await {
            Ok(Some(response)) => {
                if let Some(sender) = lock(&waiting).remove(&response.sequence) {
                    // Whoever no longer waits needs no answer.
                    let _ = sender.send(outcome(response));
                }
            }
            end => {
                let status = end.err().unwrap_or_else(|| Status::unavailable("the stream ended"));
                for (_, sender) in std::mem::take(&mut *lock(&waiting)) {
                    let _ = sender.send(Err(client.failure(status.clone())));
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
            reason: refusal.code().as_str_name().trim_start_matches("REFUSAL_CODE_").to_owned(),
            message: refusal.message,
            first: String::new(),
            tx_id: hex::encode(response.tx_id),
            height: None,
        }))),
        Some(Outcome::Accepted(_)) | None => Err(Failure::Failed("a validator answered without a receipt".into())),
    }
}

/// No code panics while it holds this lock, so its content is whole in any case.
fn lock<T>(mutex: &Mutex<T>) -> std::sync::MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}
