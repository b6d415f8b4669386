//! Sending transactions that were signed beforehand, and hearing what became of them.

use std::time::{Duration, Instant};

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::submit_stream_response::Outcome;
use counterfoil_tests::network::{Network, Signed};
use tokio::sync::mpsc;
use tokio_stream::wrappers::ReceiverStream;

/// Sent and not yet taken by the connection.
const QUEUE: usize = 256;
/// Heard and not yet looked at: more than there are under way, so that no stream waits for whoever sends.
const ANSWERS: usize = 65_536;
/// Nothing takes so long while the network works.
const PATIENCE: Duration = Duration::from_secs(120);

/// What became of one transaction.
pub struct Answer {
    pub height: u64,
    /// From when it was due to be sent until its receipt was there.
    pub latency: Duration,
}

/// One stream to each node, which take turns: no node falls behind, so that what is sent a day later is also taken later.
pub struct Load {
    streams: Vec<mpsc::Sender<wire::SubmitStreamRequest>>,
    answers: mpsc::Receiver<(wire::SubmitStreamResponse, Instant)>,
    due: Vec<Instant>,
    is_answered: Vec<bool>,
    /// How many of the first ones are answered without a gap.
    answered_in_order: usize,
}

impl Load {
    pub async fn open(network: &Network, nodes: &[usize]) -> Self {
        let (heard, answers) = mpsc::channel(ANSWERS);
        let mut streams = Vec::new();
        for node in nodes {
            let (requests, stream) = mpsc::channel(QUEUE);
            let mut client = network.client(*node).transactions();
            let heard = heard.clone();
            tokio::spawn(async move {
                let answers = client.submit_stream(ReceiverStream::new(stream)).await;
                let mut answers = answers.expect("the node takes a stream").into_inner();
                // It ends with its node, which may be killed; whoever waits for an answer waits in vain then, and says so.
                while let Ok(Some(answer)) = answers.message().await {
                    if heard.send((answer, Instant::now())).await.is_err() {
                        return;
                    }
                }
            });
            streams.push(requests);
        }
        Self {
            streams,
            answers,
            due: Vec::new(),
            is_answered: Vec::new(),
            answered_in_order: 0,
        }
    }

    /// Transactions that were sent.
    pub fn sent(&self) -> usize {
        self.due.len()
    }

    /// Whether the first so many all have their receipts.
    pub fn answered(&self, first: usize) -> bool {
        self.answered_in_order >= first
    }

    /// Sends one that was due at a time.
    pub async fn send(&mut self, signed: Signed, due: Instant) {
        let request = wire::SubmitStreamRequest {
            sequence: self.due.len() as u64,
            transaction: Some(signed.transaction),
            wait: true,
        };
        self.due.push(due);
        self.is_answered.push(false);
        let stream = &self.streams[self.due.len() % self.streams.len()];
        let taken = tokio::time::timeout(PATIENCE, stream.send(request)).await;
        taken
            .expect("the node takes transactions")
            .expect("the stream is open");
    }

    /// Waits for the next receipt. Every transaction of the load must be executed: where one is not, nothing that is
    /// measured after it means anything.
    pub async fn answer(&mut self) -> Answer {
        let answer = tokio::time::timeout(PATIENCE, self.answers.recv()).await;
        let (answer, at) = answer.expect("a receipt comes").expect("a stream is open");
        self.read(answer, at)
    }

    /// Waits for all that is still to come; in what order it came.
    pub async fn finish(&mut self) -> Vec<Duration> {
        let mut latencies = Vec::new();
        while !self.answered(self.sent()) {
            latencies.push(self.answer().await.latency);
        }
        latencies
    }

    fn read(&mut self, answer: wire::SubmitStreamResponse, at: Instant) -> Answer {
        let number = usize::try_from(answer.sequence).expect("its own number");
        self.is_answered[number] = true;
        while self.is_answered.get(self.answered_in_order) == Some(&true) {
            self.answered_in_order += 1;
        }
        let due = self.due[number];
        match answer.outcome {
            Some(Outcome::Receipt(receipt)) if receipt.code == 0 => Answer {
                height: receipt.height,
                latency: at.duration_since(due),
            },
            other => panic!("a transaction was not executed: {other:?}"),
        }
    }
}
