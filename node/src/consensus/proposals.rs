//! The proposed blocks of the height in progress: what was made of each, and
//! their executed form while memory is spent on it. Their bytes are in the store.

use counterfoil_storage::Undecided;
use counterfoil_types::hash::Hash;
use malachitebft_app::types::ProposedValue;
use malachitebft_core_types::{Round, Validity};

use super::context::{Address, BlockHash, Ctx, Height};
use crate::ledger::Candidate;

/// Blocks of one round that are looked at; the engine keeps two.
pub const MAX_BLOCKS_PER_ROUND: usize = 2;
/// Executed blocks kept; another one is executed again when it is decided.
const MAX_CANDIDATES: usize = 4;

/// What this node makes of a proposed block.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// Valid, and stored.
    Valid,
    /// Valid but for its time, and stored: others may lock on it.
    Untimely,
    /// Not valid, not stored.
    Invalid,
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    pub round: Round,
    pub valid_round: Round,
    pub proposer: Address,
    pub hash: Hash,
    pub verdict: Verdict,
}

#[derive(Default)]
pub struct Proposals {
    height: u64,
    entries: Vec<Entry>,
    candidates: Vec<(Hash, Candidate)>,
}

/// A round as it is stored.
pub fn round_of(stored: i64) -> Round {
    u32::try_from(stored).map_or(Round::Nil, Round::new)
}

impl Proposals {
    /// Begins a height with what was stored for it before a crash, judged as it was then:
    /// the engine's WAL holds the vote that followed.
    pub fn begin(height: u64, stored: &[Undecided]) -> Self {
        let entries = stored.iter().map(|row| Entry {
            round: round_of(row.round),
            valid_round: round_of(row.valid_round),
            proposer: Address(row.proposer),
            hash: row.block_hash,
            verdict: if row.timely {
                Verdict::Valid
            } else {
                Verdict::Untimely
            },
        });
        Self {
            height,
            entries: entries.collect(),
            candidates: Vec::new(),
        }
    }

    pub fn height(&self) -> u64 {
        self.height
    }

    pub fn entry(&self, round: Round, hash: &Hash) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|e| e.round == round && e.hash == *hash)
    }

    /// Whether the block's bytes are in the store.
    pub fn is_stored(&self, hash: &Hash) -> bool {
        self.entries
            .iter()
            .any(|e| e.hash == *hash && e.verdict != Verdict::Invalid)
    }

    /// Whether another block in this round is one too many.
    pub fn is_full(&self, round: Round, hash: &Hash) -> bool {
        let of_round = self.entries.iter().filter(|e| e.round == round);
        self.entry(round, hash).is_none() && of_round.count() >= MAX_BLOCKS_PER_ROUND
    }

    /// The block that `proposer` made for this round itself.
    pub fn own(&self, round: Round, proposer: Address) -> Option<&Entry> {
        self.entries
            .iter()
            .find(|e| e.round == round && e.proposer == proposer && e.valid_round.is_nil())
    }

    /// Notes an entry, in place of an earlier one of the same round and block.
    pub fn note(&mut self, entry: Entry) {
        self.entries
            .retain(|e| e.round != entry.round || e.hash != entry.hash);
        self.entries.push(entry);
    }

    /// What the engine is to know of a round.
    pub fn values(&self, round: Round) -> Vec<ProposedValue<Ctx>> {
        let of_round = self.entries.iter().filter(|e| e.round == round);
        of_round.map(|e| self.value(e)).collect()
    }

    pub fn value(&self, entry: &Entry) -> ProposedValue<Ctx> {
        ProposedValue {
            height: Height(self.height),
            round: entry.round,
            valid_round: entry.valid_round,
            proposer: entry.proposer,
            value: BlockHash(entry.hash),
            validity: Validity::from_bool(entry.verdict == Verdict::Valid),
        }
    }

    pub fn keep(&mut self, candidate: Candidate) {
        if self.candidates.len() == MAX_CANDIDATES {
            self.candidates.remove(0);
        }
        self.candidates.push((candidate.block_hash(), candidate));
    }

    pub fn candidate(&self, hash: &Hash) -> Option<&Candidate> {
        let found = self.candidates.iter().find(|(of, _)| of == hash);
        found.map(|(_, candidate)| candidate)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn entry(round: u32, hash: u8, verdict: Verdict) -> Entry {
        Entry {
            round: Round::new(round),
            valid_round: Round::Nil,
            proposer: Address(Hash::from_bytes([round as u8; 32])),
            hash: Hash::from_bytes([hash; 32]),
            verdict,
        }
    }

    #[test]
    fn two_blocks_a_round_are_looked_at() {
        let mut proposals = Proposals::begin(5, &[]);
        let (first, second, third) = (
            entry(0, 1, Verdict::Invalid),
            entry(0, 2, Verdict::Valid),
            entry(0, 3, Verdict::Valid),
        );
        proposals.note(first);
        assert!(!proposals.is_full(second.round, &second.hash));
        proposals.note(second.clone());
        assert!(proposals.is_full(third.round, &third.hash));
        // One that is known already, and the next round's, still count.
        assert!(!proposals.is_full(second.round, &second.hash));
        assert!(!proposals.is_full(Round::new(1), &third.hash));
        assert_eq!(proposals.values(Round::new(0)).len(), 2);
        assert_eq!(proposals.values(Round::new(1)).len(), 0);
    }

    #[test]
    fn an_untimely_block_is_invalid_for_now_but_stored() {
        let mut proposals = Proposals::begin(5, &[]);
        let untimely = entry(0, 1, Verdict::Untimely);
        proposals.note(untimely.clone());
        assert!(proposals.is_stored(&untimely.hash));
        assert!(proposals.values(untimely.round)[0].validity.is_invalid());
        proposals.note(entry(0, 1, Verdict::Valid));
        let values = proposals.values(untimely.round);
        assert_eq!(values.len(), 1);
        assert!(values[0].validity.is_valid());
    }

    #[test]
    fn blocks_stored_before_a_crash_come_back() {
        let row = |round, proposer: u8, hash: u8, timely| Undecided {
            height: 5,
            round,
            valid_round: -1,
            block_hash: Hash::from_bytes([hash; 32]),
            proposer: Hash::from_bytes([proposer; 32]),
            signature: vec![0; 64],
            timely,
            block: vec![1],
        };
        let proposals = Proposals::begin(5, &[row(0, 7, 1, false), row(2, 8, 2, true)]);
        let value = &proposals.values(Round::new(2))[0];
        assert_eq!(value.height, Height(5));
        assert!(value.validity.is_valid() && value.valid_round.is_nil());
        let refused = &proposals.values(Round::new(0))[0];
        assert!(refused.validity.is_invalid());
        let me = Address(Hash::from_bytes([8; 32]));
        assert_eq!(
            proposals.own(Round::new(2), me).unwrap().hash,
            Hash::from_bytes([2; 32])
        );
        assert_eq!(proposals.own(Round::new(0), me), None);
    }
}
