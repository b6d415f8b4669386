//! A bare peer that speaks the nodes' transport and one of their protocols, and
//! never says who it is beyond the key that the handshake proves.

use std::io;
use std::net::SocketAddr;
use std::time::Duration;

use futures::{AsyncRead, AsyncReadExt as _, AsyncWrite, AsyncWriteExt as _, StreamExt as _};
use libp2p::identity::Keypair;
use libp2p::multiaddr::Protocol;
use libp2p::request_response::{self, Message, ProtocolSupport};
use libp2p::swarm::dial_opts::DialOpts;
use libp2p::swarm::{NetworkBehaviour, SwarmEvent};
use libp2p::{Multiaddr, PeerId, StreamProtocol, SwarmBuilder, noise, tcp, yamux};

/// How the engine's broadcasts are named. A node closes connections on which nobody takes them.
const BROADCAST: &str = "/ax/broadcast/1.0.0";
const MOST_BYTES: u64 = 16 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(20);

/// What is said to a node.
#[derive(Clone, Debug)]
pub enum Question {
    /// A message behind its length in four bytes, on the protocol of this name; an answer is expected.
    Request { protocol: String, message: Vec<u8> },
    /// A packet of the engine's broadcasts, to which there is no answer.
    Broadcast(Vec<u8>),
}

/// Lengths are variable in broadcasts, four bytes elsewhere.
#[derive(Clone, Copy)]
struct Codec {
    broadcast: bool,
}

#[async_trait::async_trait]
impl request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read(io).await
    }

    async fn read_response<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let answer = read(io).await?;
        match answer.split_first_chunk::<4>() {
            Some((length, message)) if u32::from_be_bytes(*length) as usize == message.len() => {
                Ok(message.to_vec())
            }
            None if self.broadcast && answer.is_empty() => Ok(answer),
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    async fn write_request<T>(
        &mut self,
        _: &StreamProtocol,
        io: &mut T,
        message: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        let length = u32::try_from(message.len()).map_err(io::Error::other)?;
        if self.broadcast {
            io.write_all(&varint(length)).await?;
        } else {
            io.write_all(&length.to_be_bytes()).await?;
        }
        io.write_all(&message).await?;
        io.flush().await
    }

    async fn write_response<T>(
        &mut self,
        _: &StreamProtocol,
        _: &mut T,
        _: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        Ok(())
    }
}

async fn read(io: &mut (impl AsyncRead + Unpin + Send)) -> io::Result<Vec<u8>> {
    let mut bytes = Vec::new();
    io.take(MOST_BYTES).read_to_end(&mut bytes).await?;
    Ok(bytes)
}

fn varint(mut number: u32) -> Vec<u8> {
    let mut bytes = Vec::new();
    while number >= 0x80 {
        bytes.push((number & 0x7f) as u8 | 0x80);
        number >>= 7;
    }
    bytes.push(number as u8);
    bytes
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    asks: request_response::Behaviour<Codec>,
    listens: request_response::Behaviour<Codec>,
}

/// Says one thing to the node of this peer id that listens at an address. Gives its answer,
/// empty where it closed the connection after a broadcast; otherwise says what became of it.
pub async fn ask(
    key: &Keypair,
    address: SocketAddr,
    node: &str,
    question: Question,
) -> Result<Vec<u8>, String> {
    let asked = conversation(key, address, node, question);
    match tokio::time::timeout(PATIENCE, asked).await {
        Ok(answer) => answer,
        Err(_) => Err("nothing was answered, and the connection stays open".to_owned()),
    }
}

async fn conversation(
    key: &Keypair,
    address: SocketAddr,
    node: &str,
    question: Question,
) -> Result<Vec<u8>, String> {
    let (protocol, message, broadcast) = match question {
        Question::Request { protocol, message } => (protocol, message, false),
        Question::Broadcast(message) => (BROADCAST.to_owned(), message, true),
    };
    let protocol = StreamProtocol::try_from_owned(protocol).expect("a protocol's name");
    let speaks = |protocol, support, broadcast| {
        let config = request_response::Config::default().with_request_timeout(PATIENCE);
        let codec = Codec { broadcast };
        request_response::Behaviour::with_codec(codec, [(protocol, support)], config)
    };
    let behaviour = Behaviour {
        asks: speaks(protocol, ProtocolSupport::Outbound, broadcast),
        listens: speaks(
            StreamProtocol::new(BROADCAST),
            ProtocolSupport::Inbound,
            true,
        ),
    };
    let mut swarm = SwarmBuilder::with_existing_identity(key.clone())
        .with_tokio()
        .with_tcp(
            tcp::Config::default(),
            noise::Config::new,
            yamux::Config::default,
        )
        .expect("the transport is what nodes use")
        .with_behaviour(|_| behaviour)
        .expect("the behaviour is made already")
        .with_swarm_config(|config| config.with_idle_connection_timeout(PATIENCE))
        .build();
    let node: PeerId = node.parse().expect("a peer id");
    let address = Multiaddr::from(address.ip()).with(Protocol::Tcp(address.port()));
    let dial = DialOpts::peer_id(node).addresses(vec![address]).build();
    swarm.dial(dial).map_err(|e| format!("cannot dial: {e}"))?;
    loop {
        match swarm.select_next_some().await {
            SwarmEvent::ConnectionEstablished { .. } => {
                swarm
                    .behaviour_mut()
                    .asks
                    .send_request(&node, message.clone());
            }
            SwarmEvent::OutgoingConnectionError { error, .. } => {
                return Err(format!("not let in: {error}"));
            }
            SwarmEvent::ConnectionClosed { .. } if broadcast => return Ok(Vec::new()),
            SwarmEvent::ConnectionClosed { cause, .. } => {
                return Err(format!("the connection was closed: {cause:?}"));
            }
            SwarmEvent::Behaviour(BehaviourEvent::Asks(event)) => match event {
                // Sent; what matters is what the node does then.
                _ if broadcast => {}
                request_response::Event::Message {
                    message: Message::Response { response, .. },
                    ..
                } => return Ok(response),
                request_response::Event::OutboundFailure { error, .. } => {
                    return Err(format!("no answer: {error}"));
                }
                _ => {}
            },
            _ => {}
        }
    }
}
