//! What the network knows of each peer: whether it is there, when to dial it
//! again, and which of the pool's transactions it has been told.

use std::collections::BTreeMap;
use std::net::SocketAddr;
use std::time::Duration;

use libp2p::PeerId;
use tokio::time::Instant;

/// First wait after a failed or lost connection, doubled each time up to the last.
const FIRST_RETRY: Duration = Duration::from_millis(200);
const LAST_RETRY: Duration = Duration::from_secs(3);
/// Batches on their way to one peer. While one is verified there, the next gathers: the busier the nodes, the larger the
/// batches, and the less each signature in them costs.
const MAX_BATCHES_UNDER_WAY: usize = 1;
/// A peer that was told nothing for so long is sent an empty batch, to see that it is there.
const PROBE_AFTER: Duration = Duration::from_secs(5);

pub struct Peer {
    pub address: SocketAddr,
    connected: bool,
    retry: Duration,
    dial_at: Instant,
    /// The first of the pool's arrivals that it was not told yet.
    pub next: u64,
    /// Arrivals before this one were there when it connected: it is told all of them.
    pub everything_before: u64,
    pub under_way: usize,
    last_sent: Instant,
}

/// All listed peers.
pub struct Peers(BTreeMap<PeerId, Peer>);

impl Peers {
    pub fn new(listed: &[(PeerId, SocketAddr)]) -> Self {
        let now = Instant::now();
        let peer = |address| Peer {
            address,
            connected: false,
            retry: FIRST_RETRY,
            dial_at: now,
            next: 0,
            everything_before: 0,
            under_way: 0,
            last_sent: now,
        };
        Self(listed.iter().map(|(id, at)| (*id, peer(*at))).collect())
    }

    pub fn get_mut(&mut self, id: &PeerId) -> Option<&mut Peer> {
        self.0.get_mut(id)
    }

    pub fn connected(&self) -> Vec<PeerId> {
        self.ids(|peer| peer.connected)
    }

    /// Those to dial now.
    pub fn due(&self) -> Vec<PeerId> {
        let now = Instant::now();
        self.ids(|peer| !peer.connected && peer.dial_at <= now)
    }

    /// Those that were told nothing for a while.
    pub fn silent(&self) -> Vec<PeerId> {
        self.ids(|peer| {
            peer.connected && peer.under_way == 0 && peer.last_sent.elapsed() >= PROBE_AFTER
        })
    }

    fn ids(&self, which: impl Fn(&Peer) -> bool) -> Vec<PeerId> {
        let chosen = self.0.iter().filter(|(_, peer)| which(peer));
        chosen.map(|(id, _)| *id).collect()
    }
}

impl Peer {
    /// Its first connection: it may have lost what it was told before.
    pub fn came(&mut self, next_arrival: u64) {
        self.connected = true;
        self.next = 0;
        self.everything_before = next_arrival;
        self.last_sent = Instant::now();
    }

    /// It answered, so the next loss is a new one.
    pub fn answered(&mut self) {
        self.retry = FIRST_RETRY;
    }

    /// Its last connection is gone, or none came about.
    pub fn left(&mut self) {
        self.connected = false;
        self.dial_at = Instant::now() + self.retry;
        self.retry = (self.retry * 2).min(LAST_RETRY);
    }

    /// While a dial is under way it is not dialled again.
    pub fn dialled(&mut self, timeout: Duration) {
        self.dial_at = Instant::now() + timeout;
    }

    pub fn has_room(&self) -> bool {
        self.connected && self.under_way < MAX_BATCHES_UNDER_WAY
    }

    pub fn sent(&mut self) {
        self.under_way += 1;
        self.last_sent = Instant::now();
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_peer_that_stays_away_is_dialled_ever_less_often() {
        let id = PeerId::random();
        let mut peers = Peers::new(&[(id, "127.0.0.1:1".parse().unwrap())]);
        assert_eq!(peers.due(), [id]);
        let mut waits = Vec::new();
        for _ in 0..6 {
            let peer = peers.get_mut(&id).unwrap();
            waits.push(peer.retry.as_millis());
            peer.left();
            assert!(peers.due().is_empty());
        }
        assert_eq!(waits, [200, 400, 800, 1600, 3000, 3000]);
        let peer = peers.get_mut(&id).unwrap();
        peer.came(7);
        assert_eq!((peer.next, peer.everything_before), (0, 7));
        peer.answered();
        assert_eq!(peer.retry, FIRST_RETRY);
        assert_eq!(peers.connected(), [id]);
    }
}
