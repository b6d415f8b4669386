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
use libp2p::{Multiaddr, PeerId, StreamProtocol, Swarm, SwarmBuilder, noise, tcp, yamux};

/// What the engine calls its broadcasts, on every chain.
const BROADCAST: &str = "/ax/broadcast/1.0.0";
const MOST_BYTES: u64 = 16 * 1024 * 1024;
const PATIENCE: Duration = Duration::from_secs(20);

/// A key with which one thing at a time is said to a node.
pub struct BarePeer {
    pub key: Keypair,
    pub chain_id: String,
}

/// What is said. Parts are those of a chain's protocols and topics, `/counterfoil/‹chain›/‹part›/1`.
#[derive(Clone, Debug)]
pub enum Question {
    /// Is answered.
    Request {
        part: &'static str,
        message: Vec<u8>,
    },
    /// Asks for the broadcasts of a topic.
    Subscribe { part: &'static str },
    /// Is broadcast; there is no answer.
    Say {
        part: &'static str,
        message: Vec<u8>,
    },
}

impl BarePeer {
    /// The peer id under which nodes know the key.
    pub fn peer_id(&self) -> PeerId {
        self.key.public().to_peer_id()
    }

    fn named(&self, part: &str) -> String {
        format!("/counterfoil/{}/{part}/1", self.chain_id)
    }

    /// Connects to the node of this peer id at an address, asks, and disconnects. Gives the
    /// answer, empty where the node closed the connection after a broadcast; otherwise says
    /// what became of it.
    pub async fn ask(
        &self,
        node: &str,
        address: SocketAddr,
        question: Question,
    ) -> Result<Vec<u8>, String> {
        let asked = self.conversation(node, address, question);
        match tokio::time::timeout(PATIENCE, asked).await {
            Ok(answer) => answer,
            Err(_) => Err("nothing was answered, and the connection stays open".to_owned()),
        }
    }

    async fn conversation(
        &self,
        node: &str,
        address: SocketAddr,
        question: Question,
    ) -> Result<Vec<u8>, String> {
        let (protocol, message) = match question {
            Question::Request { part, message } => (self.named(part), message),
            Question::Subscribe { part } => (BROADCAST.to_owned(), self.packet(0, part, &[])),
            Question::Say { part, message } => {
                (BROADCAST.to_owned(), self.packet(1, part, &message))
            }
        };
        let broadcast = protocol == BROADCAST;
        let mut swarm = self.swarm(protocol);
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
                SwarmEvent::Behaviour(BehaviourEvent::Asks(event)) if !broadcast => match event {
                    request_response::Event::Message {
                        message: Message::Response { response, .. },
                        ..
                    } => return Ok(response),
                    request_response::Event::OutboundFailure { error, .. } => {
                        return Err(format!("no answer: {error}"));
                    }
                    _ => {}
                },
                SwarmEvent::Behaviour(BehaviourEvent::Answers(
                    request_response::Event::Message {
                        message: Message::Request { channel, .. },
                        ..
                    },
                )) => {
                    // An error means that the node has gone.
                    let answers = &mut swarm.behaviour_mut().answers;
                    let _ = answers.send_response(channel, Vec::new());
                }
                _ => {}
            }
        }
    }

    /// A packet of the engine's broadcasts: kind and length of the topic in one byte, topic, message.
    fn packet(&self, kind: u8, part: &str, message: &[u8]) -> Vec<u8> {
        let topic = self.named(part);
        let length = u8::try_from(topic.len()).expect("topics are short");
        [&[length << 2 | kind], topic.as_bytes(), message].concat()
    }

    fn swarm(&self, asked: String) -> Swarm<Behaviour> {
        let name = |name| StreamProtocol::try_from_owned(name).expect("a protocol's name");
        let config = || request_response::Config::default().with_request_timeout(PATIENCE);
        let [broadcast, transactions] = [BROADCAST.to_owned(), self.named("transactions")];
        let answered = [broadcast, transactions].map(|p| (name(p), ProtocolSupport::Inbound));
        let asked = [(name(asked), ProtocolSupport::Outbound)];
        let behaviour = Behaviour {
            asks: request_response::Behaviour::with_codec(Codec, asked, config()),
            answers: request_response::Behaviour::with_codec(Codec, answered, config()),
        };
        SwarmBuilder::with_existing_identity(self.key.clone())
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
            .build()
    }
}

#[derive(NetworkBehaviour)]
struct Behaviour {
    asks: request_response::Behaviour<Codec>,
    /// Nodes close connections on which nobody takes their broadcasts or batches.
    answers: request_response::Behaviour<Codec>,
}

/// Messages stand behind their length: in broadcasts a number of variable length, elsewhere four bytes.
#[derive(Clone, Copy)]
struct Codec;

#[async_trait::async_trait]
impl request_response::Codec for Codec {
    type Protocol = StreamProtocol;
    type Request = Vec<u8>;
    type Response = Vec<u8>;

    /// What nodes say by themselves matters to nobody here.
    async fn read_request<T>(&mut self, _: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        read_all(io).await
    }

    async fn read_response<T>(&mut self, name: &StreamProtocol, io: &mut T) -> io::Result<Vec<u8>>
    where
        T: AsyncRead + Unpin + Send,
    {
        let answer = read_all(io).await?;
        if name.as_ref() == BROADCAST {
            return Ok(answer);
        }
        match answer.split_first_chunk() {
            Some((length, message)) if u32::from_be_bytes(*length) as usize == message.len() => {
                Ok(message.to_vec())
            }
            _ => Err(io::ErrorKind::UnexpectedEof.into()),
        }
    }

    async fn write_request<T>(
        &mut self,
        name: &StreamProtocol,
        io: &mut T,
        message: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        let length = u32::try_from(message.len()).map_err(io::Error::other)?;
        if name.as_ref() == BROADCAST {
            io.write_all(&varint(length)).await?;
        } else {
            io.write_all(&length.to_be_bytes()).await?;
        }
        io.write_all(&message).await?;
        io.flush().await
    }

    async fn write_response<T>(
        &mut self,
        name: &StreamProtocol,
        io: &mut T,
        message: Vec<u8>,
    ) -> io::Result<()>
    where
        T: AsyncWrite + Unpin + Send,
    {
        match name.as_ref() {
            BROADCAST => Ok(()),
            _ => self.write_request(name, io, message).await,
        }
    }
}

async fn read_all(io: &mut (impl AsyncRead + Unpin + Send)) -> io::Result<Vec<u8>> {
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
