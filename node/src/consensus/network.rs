//! The allow-list. The engine checks who a peer is only when the peer identifies
//! itself; votes, parts and sync requests of one that never does would reach it. So all
//! events pass through here first, and those of unlisted peers end here.
//!
//! The gate stands in for the engine's network actor. For each subscriber it puts a
//! relay between the two, which lets only listed peers' events through.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use malachitebft_app::streaming::{StreamContent, StreamMessage};
use malachitebft_app::types::PeerId;
use malachitebft_core_types::{Proposal as _, Vote as _};
use malachitebft_engine::network::{NetworkEvent, NetworkMsg, NetworkRef, Subscriber};
use malachitebft_network::validator_proof::ProofVerificationResult;
use ractor::{Actor, ActorProcessingErr, ActorRef, SpawnErr};
use tokio::sync::watch;

use super::context::{Ctx, Part};
use super::streams::StreamKey;

/// How long the network has to close its connections.
const NETWORK_END: Duration = Duration::from_secs(2);

/// Who is listened to, and what has been heard from them.
#[derive(Clone)]
pub struct Ears {
    pub listed: Arc<BTreeSet<PeerId>>,
    /// The highest height that a listed peer has spoken of.
    pub seen: watch::Sender<u64>,
    /// What listed peers say they have committed.
    pub told: PeerHeights,
    /// Whether the engine's network listens yet.
    pub listening: watch::Sender<bool>,
}

impl Ears {
    pub fn new(listed: BTreeSet<PeerId>) -> Self {
        Self {
            listed: Arc::new(listed),
            seen: watch::Sender::new(0),
            told: PeerHeights::default(),
            listening: watch::Sender::new(false),
        }
    }

    /// Whether an event may reach the engine.
    fn admits(&self, event: &NetworkEvent<Ctx>) -> bool {
        sender(event).is_none_or(|peer| self.listed.contains(peer))
    }

    /// Remembers the height that a listed peer's event tells of.
    fn note(&self, event: &NetworkEvent<Ctx>) {
        if matches!(event, NetworkEvent::Listening(_)) {
            self.listening.send_replace(true);
        }
        match event {
            NetworkEvent::Status(peer, status) => self.told.tell(*peer, status.tip_height.0),
            NetworkEvent::PeerDisconnected(peer) => self.told.forget(peer),
            _ => {}
        }
        if let Some(height) = height(event) {
            self.seen.send_if_modified(|seen| {
                let higher = height > *seen;
                *seen = height.max(*seen);
                higher
            });
        }
    }
}

/// The heights that connected peers say they have committed: their word, and no proof. Clones share it.
#[derive(Clone, Debug, Default)]
pub struct PeerHeights(Arc<Mutex<BTreeMap<PeerId, u64>>>);

impl PeerHeights {
    /// 0 before any has told.
    pub fn greatest(&self) -> u64 {
        let told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.values().copied().max().unwrap_or(0)
    }

    fn tell(&self, peer: PeerId, height: u64) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.insert(peer, height);
    }

    fn forget(&self, peer: &PeerId) {
        let mut told = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        told.remove(peer);
    }
}

/// The peer an event comes from; none for events of this node itself.
fn sender(event: &NetworkEvent<Ctx>) -> Option<&PeerId> {
    match event {
        NetworkEvent::Listening(_) => None,
        NetworkEvent::PeerConnected(peer)
        | NetworkEvent::PeerDisconnected(peer)
        | NetworkEvent::PeerSubscribed(peer, _)
        | NetworkEvent::Vote(peer, _)
        | NetworkEvent::Proposal(peer, _)
        | NetworkEvent::ProposalPart(peer, _, _)
        | NetworkEvent::PolkaCertificate(peer, _)
        | NetworkEvent::RoundCertificate(peer, _)
        | NetworkEvent::ValidatorProofReceived { peer_id: peer, .. }
        | NetworkEvent::Status(peer, _)
        | NetworkEvent::SyncRequest(_, peer, _)
        | NetworkEvent::SyncResponse(_, peer, _)
        | NetworkEvent::SyncRequestFailed(_, peer, _)
        | NetworkEvent::SyncInboundRequestFailed(_, peer) => Some(peer),
    }
}

/// The height in which the sender takes part, or which it has reached.
fn height(event: &NetworkEvent<Ctx>) -> Option<u64> {
    match event {
        NetworkEvent::Vote(_, vote) => Some(vote.height().0),
        NetworkEvent::Proposal(_, proposal) => Some(proposal.height().0),
        NetworkEvent::ProposalPart(_, _, part) => part_height(part),
        NetworkEvent::PolkaCertificate(_, certificate) => Some(certificate.height.0),
        NetworkEvent::RoundCertificate(_, certificate) => Some(certificate.height.0),
        NetworkEvent::Status(_, status) => Some(status.tip_height.0),
        _ => None,
    }
}

fn part_height(message: &StreamMessage<Part>) -> Option<u64> {
    match &message.content {
        StreamContent::Data(_) => StreamKey::decode(&message.stream_id).map(|key| key.height),
        StreamContent::Fin => None,
    }
}

/// Stands in for the engine's network actor.
pub struct Gate {
    ears: Ears,
}

impl Gate {
    pub async fn spawn(ears: Ears, network: NetworkRef<Ctx>) -> Result<NetworkRef<Ctx>, SpawnErr> {
        let (gate, _) = Actor::spawn(None, Self { ears }, network).await?;
        Ok(gate)
    }
}

#[async_trait]
impl Actor for Gate {
    type Msg = NetworkMsg<Ctx>;
    type State = NetworkRef<Ctx>;
    type Arguments = NetworkRef<Ctx>;

    async fn pre_start(
        &self,
        myself: ActorRef<Self::Msg>,
        network: NetworkRef<Ctx>,
    ) -> Result<Self::State, ActorProcessingErr> {
        // The engine supervises the gate only; when the network ends, the gate does.
        network.link(myself.get_cell());
        Ok(network)
    }

    async fn handle(
        &self,
        myself: ActorRef<Self::Msg>,
        message: Self::Msg,
        network: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        let NetworkMsg::Subscribe(subscriber) = message else {
            return Ok(network.cast(message)?);
        };
        let relay = Relay {
            ears: self.ears.clone(),
            network: network.clone(),
        };
        let (relay, _) = Actor::spawn(None, relay, subscriber).await?;
        relay.link(myself.get_cell());
        // Subscribing anew makes the network repeat what it has told earlier subscribers.
        network.cast(NetworkMsg::Subscribe(Box::new(relay)))?;
        Ok(())
    }

    async fn post_stop(
        &self,
        myself: ActorRef<Self::Msg>,
        network: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        // Unlinked, so that it may close its connections instead of being killed with the gate.
        network.unlink(myself.get_cell());
        network.stop_and_wait(None, Some(NETWORK_END)).await?;
        Ok(())
    }
}

/// Passes events of listed peers on to one subscriber.
struct Relay {
    ears: Ears,
    network: NetworkRef<Ctx>,
}

struct Heard(NetworkEvent<Ctx>);

impl From<NetworkEvent<Ctx>> for Heard {
    fn from(event: NetworkEvent<Ctx>) -> Self {
        Self(event)
    }
}

impl Relay {
    /// Frees what the network keeps for an unlisted peer, and shuts the door: an
    /// invalid proof is what makes the network disconnect someone.
    fn turn_away(&self, event: NetworkEvent<Ctx>) -> Result<(), ActorProcessingErr> {
        let Some(peer) = sender(&event).copied() else {
            return Ok(());
        };
        tracing::debug!(%peer, "dropped an event of an unlisted peer");
        if matches!(event, NetworkEvent::PeerDisconnected(_)) {
            return Ok(());
        }
        if let NetworkEvent::SyncRequest(request, _, _) = event {
            self.network
                .cast(NetworkMsg::CancelInboundRequest(request))?;
        }
        self.network.cast(NetworkMsg::ValidatorProofVerified {
            peer_id: peer,
            result: ProofVerificationResult::Invalid,
            public_key: None,
        })?;
        Ok(())
    }
}

#[async_trait]
impl Actor for Relay {
    type Msg = Heard;
    type State = Box<dyn Subscriber<NetworkEvent<Ctx>>>;
    type Arguments = Box<dyn Subscriber<NetworkEvent<Ctx>>>;

    async fn pre_start(
        &self,
        _myself: ActorRef<Heard>,
        subscriber: Self::Arguments,
    ) -> Result<Self::State, ActorProcessingErr> {
        Ok(subscriber)
    }

    async fn handle(
        &self,
        _myself: ActorRef<Heard>,
        Heard(event): Heard,
        subscriber: &mut Self::State,
    ) -> Result<(), ActorProcessingErr> {
        if !self.ears.admits(&event) {
            return self.turn_away(event);
        }
        self.ears.note(&event);
        subscriber.send(event);
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use bytes::Bytes;
    use counterfoil_types::hash::Hash;
    use counterfoil_types::keys::Signature;
    use malachitebft_core_types::{NilOrVal, Round, SignedMessage, VoteType};
    use malachitebft_engine::network::Status;
    use malachitebft_sync::{InboundRequestId, Request, ValueRequest};

    use super::super::context::{Address, Height, Vote};
    use super::*;

    fn peer(n: u8) -> PeerId {
        let keypair = libp2p::identity::Keypair::ed25519_from_bytes([n; 32]).unwrap();
        PeerId::from_bytes(&keypair.public().to_peer_id().to_bytes()).unwrap()
    }

    fn vote(from: u8, height: u64) -> NetworkEvent<Ctx> {
        let vote = Vote {
            kind: VoteType::Prevote,
            height: Height(height),
            round: Round::new(0),
            value: NilOrVal::Nil,
            voter: Address(Hash::default()),
        };
        NetworkEvent::Vote(peer(from), SignedMessage::new(vote, Signature([0; 64])))
    }

    fn part(from: u8, height: u64) -> NetworkEvent<Ctx> {
        let key = StreamKey {
            height,
            round: 0,
            nonce: 1,
        };
        let content = StreamContent::Data(Part::Body(Bytes::from_static(b"x")));
        // Whom the message claims to be published by does not count.
        let message = StreamMessage::new(key.encode(), 1, content);
        NetworkEvent::ProposalPart(peer(from), Some(peer(1)), message)
    }

    fn sync_request(from: u8) -> NetworkEvent<Ctx> {
        let request = Request::ValueRequest(ValueRequest::new(Height(1)..=Height(2)));
        NetworkEvent::SyncRequest(InboundRequestId::new("1"), peer(from), request)
    }

    fn status(from: u8, tip: u64) -> NetworkEvent<Ctx> {
        NetworkEvent::Status(peer(from), Status::new(Height(tip), Height(1)))
    }

    #[test]
    fn only_listed_peers_are_heard() {
        let ears = Ears::new([peer(1)].into());
        for (from, admitted) in [(1, true), (2, false)] {
            for event in [
                vote(from, 1),
                part(from, 1),
                sync_request(from),
                status(from, 1),
                NetworkEvent::PeerConnected(peer(from)),
            ] {
                assert_eq!(ears.admits(&event), admitted, "{event:?}");
            }
        }
        let own = NetworkEvent::Listening("/ip4/127.0.0.1/tcp/1".parse().unwrap());
        assert!(ears.admits(&own));
        ears.note(&own);
        assert!(*ears.listening.borrow());
    }

    #[test]
    fn the_highest_height_heard_is_remembered() {
        let ears = Ears::new([peer(1)].into());
        for (event, seen) in [
            (vote(1, 5), 5),
            (part(1, 7), 7),
            (vote(1, 6), 7),
            (status(1, 9), 9),
            (sync_request(1), 9),
        ] {
            ears.note(&event);
            assert_eq!(*ears.seen.borrow(), seen);
        }
    }

    #[test]
    fn the_greatest_height_is_that_of_a_peer_which_is_there() {
        let ears = Ears::new([peer(1), peer(2)].into());
        assert_eq!(ears.told.greatest(), 0);
        // Votes are for heights that nobody has committed yet.
        ears.note(&vote(1, 50));
        ears.note(&status(1, 9));
        ears.note(&status(2, 12));
        assert_eq!(ears.told.greatest(), 12);
        ears.note(&NetworkEvent::PeerDisconnected(peer(2)));
        assert_eq!(ears.told.greatest(), 9);
    }
}
