//! The wires between nodes: for each pair and swarm a TCP relay that carries
//! what one node sends to the other until it is told not to.

use std::collections::{BTreeMap, BTreeSet};
use std::net::{Ipv4Addr, SocketAddr};

use tokio::io::copy_bidirectional;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::JoinHandle;

/// Where a node reaches a peer: on the consensus swarm, then on that of transactions.
pub type Addresses = [SocketAddr; 2];

/// One relay from each node to each other, on each swarm.
pub struct Relays {
    /// Where each node listens itself.
    nodes: Vec<Addresses>,
    /// By who dials and who is dialled.
    relays: BTreeMap<(usize, usize), [Relay; 2]>,
    cut_off: BTreeSet<usize>,
}

impl Relays {
    /// Nodes reach each other where they listen, and cannot be cut off.
    pub fn none(nodes: &[Addresses]) -> Self {
        Self {
            nodes: nodes.to_vec(),
            relays: BTreeMap::new(),
            cut_off: BTreeSet::new(),
        }
    }

    /// Relays between nodes that listen at these addresses.
    pub async fn between(nodes: &[Addresses]) -> Self {
        let mut made = Self::none(nodes);
        for from in 0..nodes.len() {
            for (to, [consensus, transactions]) in nodes.iter().enumerate() {
                if from != to {
                    let pair = [Relay::to(*consensus).await, Relay::to(*transactions).await];
                    made.relays.insert((from, to), pair);
                }
            }
        }
        made
    }

    /// Where one node reaches another.
    pub fn addresses(&self, from: usize, to: usize) -> Addresses {
        match self.relays.get(&(from, to)) {
            Some(pair) => [pair[0].address, pair[1].address],
            None => self.nodes[to],
        }
    }

    pub fn cut(&mut self, nodes: &[usize]) {
        assert!(!self.relays.is_empty(), "there are wires to cut");
        self.cut_off.extend(nodes);
        self.apply();
    }

    pub fn heal(&mut self, nodes: &[usize]) {
        self.cut_off.retain(|node| !nodes.contains(node));
        self.apply();
    }

    fn apply(&self) {
        for ((from, to), pair) in &self.relays {
            let open = !self.cut_off.contains(from) && !self.cut_off.contains(to);
            for relay in pair {
                relay.open.send_replace(open);
            }
        }
    }
}

struct Relay {
    address: SocketAddr,
    /// Closing it ends the connections there are, and each new one at once.
    open: watch::Sender<bool>,
    task: JoinHandle<()>,
}

impl Relay {
    async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await;
        let listener = listener.expect("loopback has free ports");
        let address = listener.local_addr().expect("a listener has an address");
        let open = watch::Sender::new(true);
        let task = tokio::spawn(serve(listener, target, open.subscribe()));
        Self {
            address,
            open,
            task,
        }
    }
}

impl Drop for Relay {
    fn drop(&mut self) {
        // Connections end by themselves as `open` goes.
        self.task.abort();
    }
}

async fn serve(listener: TcpListener, target: SocketAddr, open: watch::Receiver<bool>) {
    loop {
        let Ok((near, _)) = listener.accept().await else {
            tokio::time::sleep(super::POLL).await;
            continue;
        };
        if *open.borrow() {
            tokio::spawn(carry(near, target, open.clone()));
        }
    }
}

async fn carry(mut near: TcpStream, target: SocketAddr, mut open: watch::Receiver<bool>) {
    // The one who dialled sees a closed connection where the target does not listen.
    let Ok(mut far) = TcpStream::connect(target).await else {
        return;
    };
    for stream in [&near, &far] {
        // Without it small messages are late, but not lost.
        let _ = stream.set_nodelay(true);
    }
    tokio::select! {
        // Either side may end, in whatever way.
        _ = copy_bidirectional(&mut near, &mut far) => {}
        _ = open.wait_for(|open| !*open) => {}
    }
}
