//! One `SubmitStream` call: transactions are admitted in the order they come,
//! several at a time, and each is answered as soon as there is something to say.

use std::sync::Arc;
use std::time::Duration;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::RefusalCode;
use counterfoil_proto::v1::submit_stream_response::Outcome;
use counterfoil_types::hash::Hash;
use futures::future::{BoxFuture, FutureExt as _};
use futures::stream::{FuturesUnordered, StreamExt as _};
use prost::Message as _;
use tokio::sync::{mpsc, watch};
use tokio::time::Instant;
use tokio_stream::wrappers::ReceiverStream;
use tonic::{Status, Streaming};

use super::access::{Caller, signer};
use super::receipts::{TooManyWait, Waiter};
use super::transactions::Service;
use super::{errors, stopped};
use crate::mempool::pool::Origin;
use crate::mempool::{Admission, AdmitError};

/// Requests that are admitted together, when so many have come.
const CHUNK: usize = 256;
/// From one admission to the next, for each that was admitted and at most: what comes meanwhile is checked together, at a third of
/// what each would cost alone.
const PACE_EACH: Duration = Duration::from_micros(2_500);
const PACE: Duration = Duration::from_millis(25);
/// Answers that wait for the caller to take them. Few: each can be a long receipt, and calls are many.
const ANSWER_QUEUE: usize = 64;
/// A caller that takes no answer for so long is gone.
const PATIENCE: Duration = Duration::from_secs(30);
/// Transactions of one call that wait for their block; while there are so many, no more is read.
const MAX_WAITING: usize = 8_192;
/// A call that sends nothing and waits for nothing for so long is ended.
const IDLE_TIMEOUT: Duration = Duration::from_secs(600);

type Answers = mpsc::Sender<Result<wire::SubmitStreamResponse, Status>>;
type Waiting = FuturesUnordered<BoxFuture<'static, Awaited>>;

/// What became of a transaction that waited for its block.
struct Awaited {
    sequence: u64,
    id: Hash,
    signer: Option<String>,
    /// None once no block can have it any more.
    receipt: Result<Option<wire::Receipt>, Status>,
}

/// Answers a call from a task of its own.
pub fn answer(
    service: Service,
    caller: Arc<Caller>,
    requests: Streaming<wire::SubmitStreamRequest>,
) -> ReceiverStream<Result<wire::SubmitStreamResponse, Status>> {
    let (answers, stream) = mpsc::channel(ANSWER_QUEUE);
    tokio::spawn(run(service, caller, requests, answers));
    ReceiverStream::new(stream)
}

/// Ends when the caller has sent and got everything, goes away, or the node stops. A node that drains
/// reads no more, and gives what answers it still can.
async fn run(
    service: Service,
    caller: Arc<Caller>,
    requests: Streaming<wire::SubmitStreamRequest>,
    answers: Answers,
) {
    // Read no faster than the organization's signatures are checked.
    let requests = requests.then(async |request| {
        service
            .limiter
            .next_verification(&caller.organization)
            .await;
        request
    });
    let mut requests = std::pin::pin!(requests.ready_chunks(CHUNK));
    let mut waiting = Waiting::new();
    let mut pause = std::pin::pin!(tokio::time::sleep(Duration::ZERO));
    let mut open = true;
    let mut cut_off = false;
    let mut draining = service.draining.clone();
    let mut stopping = service.stopping.clone();
    while open || !waiting.is_empty() {
        tokio::select! {
            Some(first) = waiting.next(), if !waiting.is_empty() => {
                let mut awaited = vec![first];
                // A block wakes many at once.
                while awaited.len() < ANSWER_QUEUE
                    && let Some(Some(next)) = waiting.next().now_or_never()
                {
                    awaited.push(next);
                }
                match tell(&service, &caller, awaited, &answers, &mut stopping).await {
                    Ok(()) => {}
                    Err(Closed) => return,
                }
            }
            () = pause.as_mut(), if !pause.is_elapsed() => {}
            chunk = requests.next(), if open && pause.is_elapsed() && waiting.len() < MAX_WAITING => match chunk {
                Some(chunk) => {
                    let count = u32::try_from(chunk.len()).unwrap_or(u32::MAX);
                    let rest = PACE_EACH.saturating_mul(count).min(PACE);
                    pause.as_mut().reset(Instant::now() + rest);
                    match submit(&service, &caller, chunk, &answers, &mut waiting).await {
                        Ok(()) => {}
                        Err(Closed) => return,
                    }
                }
                None => open = false,
            },
            () = tokio::time::sleep(IDLE_TIMEOUT), if waiting.is_empty() => {
                // An error means that nobody listens any more.
                let _ = answers.send_timeout(Err(idle()), PATIENCE).await;
                return;
            }
            () = answers.closed() => return,
            () = stopped(&mut draining), if open => {
                open = false;
                cut_off = true;
            }
            () = stopped(&mut stopping) => {
                let _ = answers.send_timeout(Err(errors::stopping()), PATIENCE).await;
                return;
            }
        }
    }
    if cut_off {
        // An error means that nobody listens any more.
        let _ = answers
            .send_timeout(Err(errors::stopping()), PATIENCE)
            .await;
    }
}

/// The caller has gone, takes nothing, or sent what is no request.
struct Closed;

async fn submit(
    service: &Service,
    caller: &Arc<Caller>,
    chunk: Vec<Result<wire::SubmitStreamRequest, Status>>,
    answers: &Answers,
    waiting: &mut Waiting,
) -> Result<(), Closed> {
    let mut broken = None;
    let mut sent = Vec::with_capacity(chunk.len());
    for request in chunk {
        match request {
            Ok(request) => sent.push(request),
            // What follows is no longer at the boundary of a message.
            Err(status) => {
                broken = Some(status);
                break;
            }
        }
    }
    let mut batch = Vec::with_capacity(sent.len());
    let mut senders = Vec::with_capacity(sent.len());
    for request in sent {
        let signed = request.transaction.unwrap_or_default();
        let id = service.id(&signed);
        // Before admission, which looks into the store: no block comes unseen between the two.
        let waiter = request.wait.then(|| service.receipts.wait(id));
        batch.push(signed.encode_to_vec());
        senders.push((request.sequence, id, signer(&signed).ok(), waiter));
    }
    let admitted = service.mempool.admit_all(batch, Origin::Client).await;
    for ((sequence, id, signer, waiter), admission) in senders.into_iter().zip(admitted) {
        let outcome = match (admission, waiter) {
            (Ok(Admission::Committed { receipt }), _) => {
                outcome(service.shown(caller, receipt, signer).await)
            }
            (Ok(Admission::Held { .. }), None) => Outcome::Accepted(wire::Accepted {}),
            (Ok(Admission::Held { expires_at_ms }), Some(Ok(waiter))) => {
                let service = service.clone();
                waiting.push(Box::pin(async move {
                    let receipt = receipt(&service, id, waiter, expires_at_ms).await;
                    Awaited {
                        sequence,
                        id,
                        signer,
                        receipt,
                    }
                }));
                continue;
            }
            // It is in the pool all the same; its receipt is to be asked for.
            (Ok(Admission::Held { .. }), Some(Err(TooManyWait))) => {
                Outcome::Accepted(wire::Accepted {})
            }
            (Err(AdmitError::Refused(refusal)), _) => refused(refusal.code, refusal.message),
            (Err(error), _) => {
                // An error means that nobody listens any more.
                let refused = Err(errors::not_admitted(&error, &id));
                let _ = answers.send_timeout(refused, PATIENCE).await;
                return Err(Closed);
            }
        };
        let answer = response(sequence, &id, outcome);
        let sent = answers.send_timeout(Ok(answer), PATIENCE).await;
        sent.map_err(|_| Closed)?;
    }
    match broken {
        None => Ok(()),
        Some(status) => {
            let _ = answers.send_timeout(Err(status), PATIENCE).await;
            Err(Closed)
        }
    }
}

/// Waits for a receipt until there can be none any more: block time only grows, so a
/// transaction that no block up to its expiry holds is in none.
async fn receipt(
    service: &Service,
    id: Hash,
    waiter: Waiter,
    expires_at_ms: u64,
) -> Result<Option<wire::Receipt>, Status> {
    let mut tips = service.reader.ledger().tip_watch();
    // An error means that the node stops, and then nothing will come any more either.
    let past = async move {
        let _ = tips.wait_for(|tip| tip.time_ms >= expires_at_ms).await;
    };
    tokio::select! {
        Some(receipt) = waiter.receipt() => Ok(Some(Arc::unwrap_or_clone(receipt))),
        () = past => service.stored(id).await,
    }
}

/// Answers for transactions that waited for their block.
async fn tell(
    service: &Service,
    caller: &Arc<Caller>,
    awaited: Vec<Awaited>,
    answers: &Answers,
    stopping: &mut watch::Receiver<bool>,
) -> Result<(), Closed> {
    let mut receipts = Vec::with_capacity(awaited.len());
    let mut senders = Vec::with_capacity(awaited.len());
    for Awaited {
        sequence,
        id,
        signer,
        receipt,
    } in awaited
    {
        let otherwise = match receipt {
            Ok(Some(receipt)) => {
                receipts.push((receipt, signer));
                None
            }
            Ok(None) => Some(refused(
                RefusalCode::Expired,
                "it expired before a block had it; sign it anew with a later expiry",
            )),
            // What became of it cannot be read here; the receipt is to be asked for.
            Err(_) => Some(Outcome::Accepted(wire::Accepted {})),
        };
        senders.push((sequence, id, otherwise));
    }
    let shown = service.shown_all(caller, receipts).await;
    let mut shown = shown.unwrap_or_default().into_iter();
    for (sequence, id, otherwise) in senders {
        let outcome = otherwise.unwrap_or_else(|| outcome(shown.next().unwrap_or(Ok(None))));
        let answer = response(sequence, &id, outcome);
        tokio::select! {
            sent = answers.send_timeout(Ok(answer), PATIENCE) => sent.map_err(|_| Closed)?,
            // The caller is told so next.
            () = stopped(stopping) => return Ok(()),
        }
    }
    Ok(())
}

/// A receipt as the caller sees it; who may not read it hears what it would of one in the pool.
fn outcome(shown: Result<Option<wire::Receipt>, Status>) -> Outcome {
    match shown {
        Ok(Some(receipt)) => Outcome::Receipt(receipt),
        Ok(None) | Err(_) => Outcome::Accepted(wire::Accepted {}),
    }
}

fn refused(code: RefusalCode, message: impl Into<String>) -> Outcome {
    Outcome::Refusal(wire::Refusal {
        code: code.into(),
        message: message.into(),
    })
}

fn response(sequence: u64, id: &Hash, outcome: Outcome) -> wire::SubmitStreamResponse {
    wire::SubmitStreamResponse {
        sequence,
        tx_id: id.to_vec(),
        outcome: Some(outcome),
    }
}

fn idle() -> Status {
    let message = format!(
        "nothing was sent for {} s; open the stream again",
        IDLE_TIMEOUT.as_secs()
    );
    errors::with_reason(
        tonic::Code::DeadlineExceeded,
        errors::LEDGER,
        "STREAM_IDLE",
        message,
    )
}
