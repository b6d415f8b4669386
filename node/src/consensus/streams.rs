//! Putting proposed blocks together from their parts, in bounded memory.
//!
//! A stream belongs to the peer that sent it, so nothing one peer sends can
//! displace or complete what another sends. Parts of a stream may arrive in any order.

use std::collections::BTreeMap;

use bytes::Bytes;
use counterfoil_types::keys::Signature;
use counterfoil_types::limits::MAX_BLOCK_BYTES;
use malachitebft_app::streaming::{StreamContent, StreamId, StreamMessage};
use malachitebft_app::types::PeerId;
use malachitebft_core_types::Round;

use super::context::{Address, Height, Part};

/// Bytes of a block in one part: well below the engine's largest message.
pub const PART_BYTES: usize = 128 * 1024;
/// Largest encoded block: its transactions, their framing and the header.
pub const MAX_ENCODED_BLOCK: usize = MAX_BLOCK_BYTES as usize + 256 * 1024;
/// Parts of the largest block, with the first and the last.
const MAX_PARTS: u64 = MAX_ENCODED_BLOCK.div_ceil(PART_BYTES) as u64 + 2;
/// Unfinished streams that one peer may have open; its oldest gives way.
pub const MAX_STREAMS_PER_SENDER: usize = 8;
/// Bytes of unfinished streams held for one peer; its oldest give way.
pub const MAX_BYTES_PER_SENDER: usize = 2 * MAX_ENCODED_BLOCK;
/// Heights above the current one whose parts are kept. Validators that
/// committed sooner send them early, and nobody sends them twice.
pub const EARLY_HEIGHTS: u64 = 4;
/// Rounds above the current one whose parts are kept, as far as the engine keeps votes.
pub const EARLY_ROUNDS: u32 = 10;

const STREAM_ID_LEN: usize = 24;

/// Names a stream. The nonce tells apart streams of one block that a node sends twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct StreamKey {
    pub height: u64,
    pub round: u32,
    pub nonce: u64,
}

impl StreamKey {
    pub fn encode(self) -> StreamId {
        let round = u64::from(self.round).to_be_bytes();
        let bytes = [self.height.to_be_bytes(), round, self.nonce.to_be_bytes()].concat();
        StreamId::new(bytes.into())
    }

    pub fn decode(id: &StreamId) -> Option<Self> {
        let bytes: [u8; STREAM_ID_LEN] = id.to_bytes().as_ref().try_into().ok()?;
        let word = |at: usize| {
            u64::from_be_bytes(
                bytes[at..at + 8]
                    .try_into()
                    .expect("a slice of eight bytes"),
            )
        };
        Some(Self {
            height: word(0),
            round: u32::try_from(word(8)).ok()?,
            nonce: word(16),
        })
    }
}

/// All parts of a stream, in order; nothing of it is checked yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Assembled {
    pub height: u64,
    pub round: u32,
    pub valid_round: Round,
    pub proposer: Address,
    pub block: Vec<u8>,
    pub signature: Signature,
}

/// The parts of a stream in the order they are sent.
pub fn split(assembled: &Assembled, nonce: u64) -> Vec<StreamMessage<Part>> {
    let key = StreamKey {
        height: assembled.height,
        round: assembled.round,
        nonce,
    };
    let first = Part::First {
        height: Height(assembled.height),
        round: Round::new(assembled.round),
        valid_round: assembled.valid_round,
        proposer: assembled.proposer,
    };
    let block = Bytes::from(assembled.block.clone());
    let body = (0..block.len())
        .step_by(PART_BYTES)
        .map(|from| Part::Body(block.slice(from..block.len().min(from + PART_BYTES))));
    let last = Part::Last {
        signature: assembled.signature,
    };
    std::iter::once(first)
        .chain(body)
        .chain(std::iter::once(last))
        .zip(0..)
        .map(|(part, at)| StreamMessage::new(key.encode(), at, StreamContent::Data(part)))
        .collect()
}

#[derive(Default)]
struct Stream {
    /// When it was opened, counted over all streams.
    opened: u64,
    parts: BTreeMap<u64, Part>,
    last: Option<u64>,
    bytes: usize,
}

/// The streams that are not complete yet.
#[derive(Default)]
pub struct Streams {
    height: u64,
    round: u32,
    opened: u64,
    open: BTreeMap<(PeerId, StreamKey), Stream>,
}

impl Streams {
    /// Moves to a round of a height. Parts of lower heights are of no more use.
    pub fn enter(&mut self, height: u64, round: u32) {
        self.height = height;
        self.round = round;
        self.open.retain(|(_, key), _| key.height >= height);
    }

    /// Takes a part, and gives the stream back when it is complete by it.
    pub fn insert(&mut self, sender: PeerId, message: StreamMessage<Part>) -> Option<Assembled> {
        let key = StreamKey::decode(&message.stream_id).filter(|key| self.is_near(key))?;
        let StreamContent::Data(part) = message.content else {
            return None;
        };
        if !has_its_place(&part, message.sequence) {
            return None;
        }
        let id = (sender, key);
        if !self.open.contains_key(&id) {
            self.opened += 1;
            let stream = Stream {
                opened: self.opened,
                ..Stream::default()
            };
            self.open.insert(id, stream);
        }
        let stream = self.open.get_mut(&id).expect("it was just opened");
        if stream.parts.contains_key(&message.sequence) {
            return None;
        }
        if let Part::Body(bytes) = &part {
            stream.bytes += bytes.len();
        }
        if matches!(part, Part::Last { .. }) && stream.last.is_none() {
            stream.last = Some(message.sequence);
        }
        stream.parts.insert(message.sequence, part);
        if stream.bytes > MAX_ENCODED_BLOCK {
            self.open.remove(&id);
            return None;
        }
        let complete = stream.last.is_some_and(|last| {
            stream.parts.len() as u64 == last + 1 && stream.parts.keys().next_back() == Some(&last)
        });
        if complete {
            let stream = self.open.remove(&id).expect("it was just extended");
            return assemble(key, stream);
        }
        self.make_room(&sender);
        None
    }

    fn is_near(&self, key: &StreamKey) -> bool {
        let round = if key.height == self.height {
            self.round
        } else {
            0
        };
        (self.height..=self.height.saturating_add(EARLY_HEIGHTS)).contains(&key.height)
            && key.round <= round.saturating_add(EARLY_ROUNDS)
    }

    /// Invariant: no sender holds more than its bounds once a part is taken in.
    fn make_room(&mut self, sender: &PeerId) {
        loop {
            let of_sender = || self.open.iter().filter(|((peer, _), _)| peer == sender);
            let bytes: usize = of_sender().map(|(_, stream)| stream.bytes).sum();
            if of_sender().count() <= MAX_STREAMS_PER_SENDER && bytes <= MAX_BYTES_PER_SENDER {
                return;
            }
            let oldest = of_sender().min_by_key(|(_, stream)| stream.opened);
            let Some(id) = oldest.map(|(id, _)| *id) else {
                return;
            };
            self.open.remove(&id);
        }
    }
}

/// The first part is number 0; body parts are neither empty nor too large.
fn has_its_place(part: &Part, sequence: u64) -> bool {
    let in_range = (1..MAX_PARTS).contains(&sequence);
    match part {
        Part::First { .. } => sequence == 0,
        Part::Body(bytes) => in_range && (1..=PART_BYTES).contains(&bytes.len()),
        Part::Last { .. } => in_range,
    }
}

/// Joins a complete stream; one whose first part tells otherwise than its id is dropped.
fn assemble(key: StreamKey, stream: Stream) -> Option<Assembled> {
    let mut parts = stream.parts.into_values();
    let Some(Part::First {
        height,
        round,
        valid_round,
        proposer,
    }) = parts.next()
    else {
        return None;
    };
    if height.0 != key.height || round != Round::new(key.round) {
        return None;
    }
    let mut block = Vec::with_capacity(stream.bytes);
    for part in parts {
        match part {
            Part::Body(bytes) => block.extend_from_slice(&bytes),
            Part::Last { signature } => {
                return Some(Assembled {
                    height: key.height,
                    round: key.round,
                    valid_round,
                    proposer,
                    block,
                    signature,
                });
            }
            Part::First { .. } => return None,
        }
    }
    None
}

#[cfg(test)]
mod tests {
    use counterfoil_types::hash::Hash;

    use super::*;

    fn peer(n: u8) -> PeerId {
        let keypair = libp2p::identity::Keypair::ed25519_from_bytes([n; 32]).unwrap();
        PeerId::from_bytes(&keypair.public().to_peer_id().to_bytes()).unwrap()
    }

    fn block(height: u64, round: u32, length: usize) -> Assembled {
        Assembled {
            height,
            round,
            valid_round: Round::Nil,
            proposer: Address(Hash::default()),
            block: (0..length).map(|i| i as u8).collect(),
            signature: Signature([7; 64]),
        }
    }

    fn at(height: u64, round: u32) -> Streams {
        let mut streams = Streams::default();
        streams.enter(height, round);
        streams
    }

    /// Inserts parts in the given order and returns what came out of each.
    fn feed(
        streams: &mut Streams,
        sender: u8,
        parts: impl IntoIterator<Item = StreamMessage<Part>>,
    ) -> Vec<Assembled> {
        let sender = peer(sender);
        parts
            .into_iter()
            .filter_map(|part| streams.insert(sender, part))
            .collect()
    }

    fn body(key: StreamKey, sequence: u64, length: usize) -> StreamMessage<Part> {
        let part = Part::Body(vec![0; length].into());
        StreamMessage::new(key.encode(), sequence, StreamContent::Data(part))
    }

    #[test]
    fn parts_make_the_block_in_any_order() {
        for length in [1, PART_BYTES, PART_BYTES + 1, MAX_ENCODED_BLOCK] {
            let block = block(5, 1, length);
            let mut parts = split(&block, 3);
            assert_eq!(parts.len(), length.div_ceil(PART_BYTES) + 2);
            let in_order = feed(&mut at(5, 0), 1, parts.clone());
            assert_eq!(in_order, std::slice::from_ref(&block));
            parts.reverse();
            assert_eq!(feed(&mut at(5, 0), 1, parts), [block]);
        }
    }

    #[test]
    fn a_block_past_the_bound_is_dropped() {
        let parts = split(&block(5, 0, MAX_ENCODED_BLOCK + 1), 0);
        let mut streams = at(5, 0);
        assert_eq!(feed(&mut streams, 1, parts), []);
        assert!(streams.open.len() <= 1);
    }

    #[test]
    fn junk_of_others_does_not_stop_the_right_stream() {
        let block = block(5, 0, 3 * PART_BYTES);
        let parts = split(&block, 1);
        let mut streams = at(5, 0);
        let (early, late) = parts.split_at(2);
        assert_eq!(feed(&mut streams, 1, early.to_vec()), []);
        // Another peer opens streams without end, of the same name too.
        for nonce in 0..1_000 {
            let key = StreamKey {
                height: 5,
                round: 0,
                nonce,
            };
            feed(&mut streams, 2, [body(key, 1, PART_BYTES)]);
        }
        assert_eq!(feed(&mut streams, 1, late.to_vec()), [block]);
    }

    #[test]
    fn a_sender_has_at_most_its_bounds_open() {
        let mut streams = at(5, 0);
        let key = |nonce| StreamKey {
            height: 5,
            round: 0,
            nonce,
        };
        for nonce in 0..MAX_STREAMS_PER_SENDER as u64 {
            feed(&mut streams, 1, [body(key(nonce), 1, 10)]);
        }
        assert!(streams.open.contains_key(&(peer(1), key(0))));
        feed(&mut streams, 1, [body(key(99), 1, 10)]);
        assert_eq!(streams.open.len(), MAX_STREAMS_PER_SENDER);
        assert!(!streams.open.contains_key(&(peer(1), key(0))));
        // By bytes: two streams just fit, a third displaces the oldest.
        let mut streams = at(5, 0);
        let fill = |nonce| {
            (1..=MAX_ENCODED_BLOCK.div_ceil(PART_BYTES) as u64)
                .map(move |sequence| body(key(nonce), sequence, PART_BYTES))
        };
        feed(&mut streams, 1, fill(0));
        feed(&mut streams, 1, fill(1));
        assert_eq!(streams.open.len(), 2);
        feed(&mut streams, 1, [body(key(2), 1, PART_BYTES)]);
        assert_eq!(streams.open.len(), 2);
        assert!(!streams.open.contains_key(&(peer(1), key(0))));
    }

    #[test]
    fn early_parts_are_kept_and_old_ones_pruned() {
        let mut streams = at(5, 0);
        let next = block(6, 0, 2 * PART_BYTES);
        let parts = split(&next, 1);
        let (early, late) = parts.split_at(2);
        feed(&mut streams, 1, early.to_vec());
        feed(&mut streams, 1, split(&block(5, 0, 10), 2)[..1].to_vec());
        streams.enter(5, 3);
        assert_eq!(streams.open.len(), 2);
        streams.enter(6, 0);
        assert_eq!(streams.open.len(), 1);
        assert_eq!(feed(&mut streams, 1, late.to_vec()), [next]);
        // Outside the window in height or round, nothing is kept.
        for (height, round, kept) in [
            (5, 0, false),
            (6 + EARLY_HEIGHTS, 0, true),
            (7 + EARLY_HEIGHTS, 0, false),
            (6, EARLY_ROUNDS, true),
            (6, EARLY_ROUNDS + 1, false),
        ] {
            let block = block(height, round, 10);
            let out = feed(&mut streams, 1, split(&block, 9));
            assert_eq!(!out.is_empty(), kept, "{height} {round}");
        }
    }

    #[test]
    fn misplaced_parts_are_ignored() {
        let mut streams = at(5, 0);
        let key = StreamKey {
            height: 5,
            round: 0,
            nonce: 0,
        };
        let last = |sequence| {
            let part = Part::Last {
                signature: Signature([0; 64]),
            };
            StreamMessage::new(key.encode(), sequence, StreamContent::Data(part))
        };
        let unknown_id = StreamMessage::new(
            StreamId::new(Bytes::from_static(b"short")),
            1,
            StreamContent::Data(Part::Body(Bytes::from_static(b"x"))),
        );
        let end = StreamMessage::new(key.encode(), 1, StreamContent::Fin);
        let misplaced = [
            body(key, 0, 1),
            body(key, 1, 0),
            body(key, 1, PART_BYTES + 1),
            body(key, MAX_PARTS, 1),
            last(0),
            last(u64::MAX),
            unknown_id,
            end,
        ];
        assert_eq!(feed(&mut streams, 1, misplaced), []);
        assert!(streams.open.is_empty());
        // The first part must tell what the stream's id tells.
        let mut parts = split(&block(5, 0, 10), 0);
        let other = split(&block(5, 1, 10), 0);
        let StreamContent::Data(first) = other[0].content.clone() else {
            panic!("a stream begins with a part");
        };
        parts[0].content = StreamContent::Data(first);
        assert_eq!(feed(&mut streams, 1, parts), []);
    }
}
