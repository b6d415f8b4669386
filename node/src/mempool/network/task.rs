//! The network's one task: it owns the swarm, and never does more than pass
//! things on. Verification and reading the store happen elsewhere.

use std::collections::HashMap;
use std::net::SocketAddr;
use std::time::Duration;

use counterfoil_proto::v1::{
    BlockBodyAnswer, BlockBodyRequest, TransactionBatch, TransactionBatchAnswer,
};
use counterfoil_storage::Storage;
use counterfoil_types::hash::Hash;
use futures::StreamExt as _;
use futures::future::BoxFuture;
use futures::stream::FuturesUnordered;
use libp2p::request_response::{
    Event, Message, OutboundFailure, OutboundRequestId, ResponseChannel,
};
use libp2p::swarm::SwarmEvent;
use libp2p::swarm::dial_opts::{DialOpts, PeerCondition};
use libp2p::{PeerId, Swarm};
use tokio::sync::{mpsc, oneshot, watch};
use tokio::time::Instant;

use super::behaviour::{self, Behaviour, BehaviourEvent, MAX_BATCH_BYTES, MAX_BATCH_COUNT};
use super::peers::Peers;
use super::{NetworkError, NetworkSettings};
use crate::mempool::Mempool;
use crate::mempool::pool::Origin;

/// How long arrivals gather before they are sent, and how long at least after the last were sent, for each of those and at
/// most: a message costs as much as checking several transactions, and many are checked together at a third of what each would
/// cost alone. So a few are sent at once, and of many more together.
const GATHER: Duration = Duration::from_millis(2);
const PACE_EACH: Duration = Duration::from_millis(1);
const PACE: Duration = Duration::from_millis(50);
/// How often the task looks whom to dial or to probe.
const LOOK_AROUND: Duration = Duration::from_millis(100);
/// Longer than the transport's own time-out, which ends a dial.
const DIAL_TIMEOUT: Duration = Duration::from_secs(8);
const LISTEN_TIMEOUT: Duration = Duration::from_secs(5);
/// Fetches under way at once.
const MAX_FETCHES: usize = 8;

/// A block that is looked for, and the peers that were not asked yet.
pub struct Fetch {
    hash: Hash,
    answer: oneshot::Sender<Vec<u8>>,
    to_ask: Vec<PeerId>,
}

impl Fetch {
    pub fn new(hash: Hash, answer: oneshot::Sender<Vec<u8>>) -> Self {
        Self {
            hash,
            answer,
            to_ask: Vec::new(),
        }
    }
}

/// An answer that was worked out away from this task.
enum Answer {
    Transactions(
        ResponseChannel<TransactionBatchAnswer>,
        TransactionBatchAnswer,
    ),
    Block(ResponseChannel<BlockBodyAnswer>, BlockBodyAnswer),
}

pub struct Task {
    swarm: Swarm<Behaviour>,
    listen: SocketAddr,
    mempool: Mempool,
    storage: Storage,
    peers: Peers,
    /// Batches under way, with the arrival each began at.
    batches: HashMap<OutboundRequestId, u64>,
    fetch_queue: mpsc::Receiver<Fetch>,
    fetches: HashMap<OutboundRequestId, Fetch>,
    /// Bounded by the streams that each peer may open.
    answers: FuturesUnordered<BoxFuture<'static, Option<Answer>>>,
    connected: watch::Sender<usize>,
    /// When peers are told next, if there is anything to tell, when they may be at the earliest, and what had arrived when
    /// they were last.
    tell_at: Option<Instant>,
    rests_until: Instant,
    told: u64,
}

impl Task {
    pub async fn start(
        settings: NetworkSettings,
        mempool: Mempool,
        storage: Storage,
        fetch_queue: mpsc::Receiver<Fetch>,
        connected: watch::Sender<usize>,
    ) -> Result<Self, NetworkError> {
        let mut swarm = behaviour::swarm(&settings)?;
        let listen = listen(&mut swarm, settings.listen).await?;
        Ok(Self {
            swarm,
            listen,
            mempool,
            storage,
            peers: Peers::new(&settings.peers),
            batches: HashMap::new(),
            fetch_queue,
            fetches: HashMap::new(),
            answers: FuturesUnordered::new(),
            connected,
            tell_at: None,
            rests_until: Instant::now(),
            told: 0,
        })
    }

    pub fn listen_address(&self) -> SocketAddr {
        self.listen
    }

    pub async fn run(mut self, mut stop: oneshot::Receiver<()>) {
        let mut arrivals = self.mempool.pool().changed();
        let mut look_around = tokio::time::interval(LOOK_AROUND);
        look_around.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        loop {
            // Only reached while its branch is enabled.
            let tell_at = self.tell_at.unwrap_or_else(Instant::now);
            tokio::select! {
                _ = &mut stop => return,
                event = self.swarm.select_next_some() => self.on_event(event),
                Some(answer) = self.answers.next(), if !self.answers.is_empty() => self.answer(answer),
                Some(fetch) = self.fetch_queue.recv() => self.begin_fetch(fetch),
                Ok(()) = arrivals.changed(), if self.tell_at.is_none() => {
                    arrivals.mark_unchanged();
                    self.tell_soon();
                }
                () = tokio::time::sleep_until(tell_at), if self.tell_at.is_some() => {
                    self.tell_at = None;
                    self.rest();
                    for peer in self.peers.connected() {
                        self.tell(peer);
                    }
                }
                _ = look_around.tick() => self.look_around(),
            }
        }
    }

    fn on_event(&mut self, event: SwarmEvent<BehaviourEvent>) {
        match event {
            SwarmEvent::Behaviour(BehaviourEvent::Transactions(event)) => {
                self.on_transactions(event);
            }
            SwarmEvent::Behaviour(BehaviourEvent::Blocks(event)) => self.on_blocks(event),
            SwarmEvent::ConnectionEstablished {
                peer_id,
                num_established,
                ..
            } if num_established.get() == 1 => self.on_connected(peer_id),
            SwarmEvent::ConnectionClosed {
                peer_id,
                num_established: 0,
                ..
            } => {
                tracing::info!(peer = %peer_id, "transaction peer disconnected");
                self.on_left(peer_id);
            }
            SwarmEvent::OutgoingConnectionError {
                peer_id: Some(peer),
                error,
                ..
            } => {
                tracing::debug!(%peer, %error, "transaction peer not reached");
                if !self.swarm.is_connected(&peer) {
                    self.on_left(peer);
                }
            }
            SwarmEvent::IncomingConnectionError {
                peer_id,
                send_back_addr,
                error,
                ..
            } => {
                tracing::debug!(peer = ?peer_id, from = %send_back_addr, %error, "connection refused");
            }
            _ => {}
        }
    }

    fn on_connected(&mut self, id: PeerId) {
        let next_arrival = self.mempool.pool().next_number();
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.came(next_arrival);
            tracing::info!(peer = %id, "transaction peer connected");
        }
        self.count_connected();
        // Even when the pool is empty: the answer shows that the peer speaks for this chain.
        self.send(id, TransactionBatch::default(), 0);
        self.tell(id);
    }

    fn on_left(&mut self, id: PeerId) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.left();
        }
        self.count_connected();
    }

    fn count_connected(&self) {
        self.connected.send_replace(self.peers.connected().len());
    }

    fn tell_soon(&mut self) {
        let gathered = (Instant::now() + GATHER).max(self.rests_until);
        self.tell_at.get_or_insert(gathered);
    }

    /// What is told now is not told again soon.
    fn rest(&mut self) {
        let arrived = self.mempool.pool().next_number();
        let count = arrived.saturating_sub(std::mem::replace(&mut self.told, arrived));
        let pause = PACE_EACH.saturating_mul(u32::try_from(count).unwrap_or(u32::MAX));
        self.rests_until = Instant::now() + pause.min(PACE);
    }

    /// Sends a peer what it was not told, as long as it keeps up.
    fn tell(&mut self, id: PeerId) {
        while let Some(peer) = self.peers.get_mut(&id).filter(|peer| peer.has_room()) {
            let from = peer.next;
            let batch = self.mempool.pool().batch(
                from,
                peer.everything_before,
                MAX_BATCH_COUNT,
                MAX_BATCH_BYTES,
            );
            peer.next = batch.next;
            if batch.transactions.is_empty() {
                return;
            }
            let transactions = batch.transactions;
            self.send(id, TransactionBatch { transactions }, from);
        }
    }

    fn send(&mut self, id: PeerId, batch: TransactionBatch, from: u64) {
        if let Some(peer) = self.peers.get_mut(&id) {
            peer.sent();
            let protocol = &mut self.swarm.behaviour_mut().transactions;
            self.batches.insert(protocol.send_request(&id, batch), from);
        }
    }

    fn on_transactions(&mut self, event: Event<TransactionBatch, TransactionBatchAnswer>) {
        match event {
            Event::Message {
                message:
                    Message::Request {
                        request, channel, ..
                    },
                ..
            } => self.admit(request, channel),
            Event::Message {
                peer: id,
                message: Message::Response { request_id, .. },
                ..
            } => {
                self.batches.remove(&request_id);
                let arrived = self.mempool.pool().next_number();
                let Some(peer) = self.peers.get_mut(&id) else {
                    return;
                };
                peer.under_way -= 1;
                peer.answered();
                let untold = arrived.saturating_sub(peer.next);
                if untold >= MAX_BATCH_COUNT as u64 {
                    self.tell(id);
                } else if untold > 0 {
                    self.tell_soon();
                }
            }
            Event::OutboundFailure {
                peer: id,
                request_id,
                error,
                ..
            } => self.on_batch_lost(id, request_id, &error),
            Event::InboundFailure { peer, error, .. } => {
                tracing::debug!(%peer, %error, "batch from a peer failed");
            }
            Event::ResponseSent { .. } => {}
        }
    }

    /// What did not arrive is told again. A peer that does not answer, or speaks for another chain,
    /// is let go and dialled anew.
    fn on_batch_lost(&mut self, id: PeerId, request: OutboundRequestId, error: &OutboundFailure) {
        let from = self.batches.remove(&request);
        if let (Some(peer), Some(from)) = (self.peers.get_mut(&id), from) {
            peer.under_way -= 1;
            peer.next = peer.next.min(from);
        }
        match error {
            OutboundFailure::UnsupportedProtocols => {
                tracing::warn!(peer = %id, "a listed peer is not of this chain");
            }
            OutboundFailure::DialFailure | OutboundFailure::ConnectionClosed => return,
            OutboundFailure::Timeout | OutboundFailure::Io(_) => {
                tracing::info!(peer = %id, %error, "transaction peer does not answer");
            }
        }
        // An error means that it is disconnected already.
        let _ = self.swarm.disconnect_peer_id(id);
    }

    fn admit(
        &mut self,
        mut batch: TransactionBatch,
        channel: ResponseChannel<TransactionBatchAnswer>,
    ) {
        // No peer of this software sends more.
        batch.transactions.truncate(MAX_BATCH_COUNT);
        let mempool = self.mempool.clone();
        self.answers.push(Box::pin(async move {
            let admitted = mempool.admit_all(batch.transactions, Origin::Peer).await;
            let held = admitted.iter().filter(|result| result.is_ok()).count();
            for error in admitted.iter().filter_map(|result| result.as_ref().err()) {
                tracing::debug!(%error, "a peer's transaction was not admitted");
            }
            let held = u32::try_from(held).unwrap_or(u32::MAX);
            Some(Answer::Transactions(
                channel,
                TransactionBatchAnswer { held },
            ))
        }));
    }

    fn on_blocks(&mut self, event: Event<BlockBodyRequest, BlockBodyAnswer>) {
        match event {
            Event::Message {
                message:
                    Message::Request {
                        request, channel, ..
                    },
                ..
            } => self.read_block(request, channel),
            Event::Message {
                message:
                    Message::Response {
                        request_id,
                        response,
                    },
                ..
            } => {
                if let Some(fetch) = self.fetches.remove(&request_id) {
                    if response.block.is_empty() {
                        self.ask_next(fetch);
                    } else {
                        // An error means that nobody waits for it any more.
                        let _ = fetch.answer.send(response.block);
                    }
                }
            }
            Event::OutboundFailure { request_id, .. } => {
                if let Some(fetch) = self.fetches.remove(&request_id) {
                    self.ask_next(fetch);
                }
            }
            Event::InboundFailure { .. } | Event::ResponseSent { .. } => {}
        }
    }

    fn read_block(&mut self, request: BlockBodyRequest, channel: ResponseChannel<BlockBodyAnswer>) {
        let storage = self.storage.clone();
        self.answers.push(Box::pin(async move {
            let hash = Hash::try_from(request.hash.as_slice()).ok()?;
            let read = tokio::task::spawn_blocking(move || storage.block_body(&hash));
            let block = match read.await.ok()? {
                Ok(block) => block.unwrap_or_default(),
                Err(error) => {
                    tracing::error!(%error, "cannot read a block for a peer");
                    return None;
                }
            };
            Some(Answer::Block(channel, BlockBodyAnswer { block }))
        }));
    }

    fn answer(&mut self, answer: Option<Answer>) {
        let behaviour = self.swarm.behaviour_mut();
        // An error gives the answer back: the peer has gone meanwhile.
        match answer {
            Some(Answer::Transactions(channel, answer)) => {
                let _ = behaviour.transactions.send_response(channel, answer);
            }
            Some(Answer::Block(channel, answer)) => {
                let _ = behaviour.blocks.send_response(channel, answer);
            }
            None => {}
        }
    }

    /// Dropping a fetch tells whoever waits that no peer has the block.
    fn begin_fetch(&mut self, mut fetch: Fetch) {
        if self.fetches.len() < MAX_FETCHES {
            fetch.to_ask = self.peers.connected();
            self.ask_next(fetch);
        }
    }

    fn ask_next(&mut self, mut fetch: Fetch) {
        if fetch.answer.is_closed() {
            return;
        }
        if let Some(peer) = fetch.to_ask.pop() {
            let request = BlockBodyRequest {
                hash: fetch.hash.to_vec(),
            };
            let protocol = &mut self.swarm.behaviour_mut().blocks;
            self.fetches
                .insert(protocol.send_request(&peer, request), fetch);
        }
    }

    fn look_around(&mut self) {
        for id in self.peers.silent() {
            self.send(id, TransactionBatch::default(), u64::MAX);
        }
        for id in self.peers.due() {
            let Some(peer) = self.peers.get_mut(&id) else {
                continue;
            };
            peer.dialled(DIAL_TIMEOUT);
            let dial = DialOpts::peer_id(id)
                .condition(PeerCondition::DisconnectedAndNotDialing)
                .addresses(vec![behaviour::multiaddr(peer.address)])
                .build();
            if let Err(error) = self.swarm.dial(dial) {
                tracing::debug!(peer = %id, %error, "cannot dial");
            }
        }
    }
}

/// Listens, and waits for the address that came of it.
async fn listen(
    swarm: &mut Swarm<Behaviour>,
    address: SocketAddr,
) -> Result<SocketAddr, NetworkError> {
    let fault = |problem: String| NetworkError::Listen { address, problem };
    swarm
        .listen_on(behaviour::multiaddr(address))
        .map_err(|e| fault(e.to_string()))?;
    let listening = async {
        loop {
            match swarm.select_next_some().await {
                SwarmEvent::NewListenAddr { address, .. } => {
                    if let Some(address) = behaviour::socket_address(&address) {
                        return Ok(address);
                    }
                }
                SwarmEvent::ListenerClosed {
                    reason: Err(error), ..
                } => return Err(fault(error.to_string())),
                SwarmEvent::ListenerError { error, .. } => return Err(fault(error.to_string())),
                _ => {}
            }
        }
    };
    tokio::time::timeout(LISTEN_TIMEOUT, listening)
        .await
        .unwrap_or_else(|_| Err(fault("timed out".to_owned())))
}
