//! The engine's vocabulary in the project's types: heights, addresses, votes,
//! proposals, parts and validator sets. A value is a block's hash; blocks travel as parts.

use std::fmt;
use std::sync::Arc;

use bytes::Bytes;
use counterfoil_proto::v1 as wire;
use counterfoil_types::hash::Hash;
use counterfoil_types::keys::{PublicKey, Signature, SigningKey};
use malachitebft_core_types::{self as engine, NilOrVal, Round, SignedExtension, VoteType};

use super::absent::Waits;
use super::error::ConsensusError;
use super::signing::Ed25519;

/// Binds the engine's type parameters together.
#[derive(Clone, Debug)]
pub struct Ctx;

/// A block's height. The first block has 1.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Height(pub u64);

impl fmt::Display for Height {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl engine::Height for Height {
    const ZERO: Self = Self(0);
    const INITIAL: Self = Self(1);

    // Saturating: heights arrive from the network, and no chain gets there.
    fn increment_by(&self, n: u64) -> Self {
        Self(self.0.saturating_add(n))
    }

    fn decrement_by(&self, n: u64) -> Option<Self> {
        self.0.checked_sub(n).map(Self)
    }

    fn as_u64(&self) -> u64 {
        self.0
    }
}

/// A validator's address.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Address(pub Hash);

impl fmt::Display for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for Address {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl engine::Address for Address {}

impl Address {
    /// The address of a validator's key; for a node that has none, one that no key has.
    pub fn of(key: Option<&SigningKey>) -> Self {
        Self(key.map_or_else(Hash::default, |key| key.public_key().address()))
    }
}

/// What is decided: the hash of a block.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct BlockHash(pub Hash);

impl fmt::Display for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl fmt::Debug for BlockHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl engine::Value for BlockHash {
    type Id = BlockHash;

    fn id(&self) -> BlockHash {
        *self
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Validator {
    address: Address,
    public_key: PublicKey,
    power: u64,
}

impl Validator {
    pub fn new(public_key: PublicKey, power: u64) -> Self {
        Self {
            address: Address(public_key.address()),
            public_key,
            power,
        }
    }
}

impl engine::Validator<Ctx> for Validator {
    fn address(&self) -> &Address {
        &self.address
    }

    fn public_key(&self) -> &PublicKey {
        &self.public_key
    }

    fn voting_power(&self) -> u64 {
        self.power
    }
}

/// The validators of one height, sorted by address.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ValidatorSet(Arc<Vec<Validator>>);

impl ValidatorSet {
    pub fn new(mut validators: Vec<Validator>) -> Self {
        validators.sort_by_key(|v| v.address);
        Self(Arc::new(validators))
    }
}

impl TryFrom<&wire::ValidatorSet> for ValidatorSet {
    type Error = ConsensusError;

    fn try_from(set: &wire::ValidatorSet) -> Result<Self, ConsensusError> {
        let validators = set.validators.iter().map(|v| {
            PublicKey::enrol(&v.public_key)
                .map(|key| Validator::new(key, v.power))
                .map_err(|e| ConsensusError::ValidatorSet(e.to_string()))
        });
        Ok(Self::new(validators.collect::<Result<_, _>>()?))
    }
}

impl engine::ValidatorSet<Ctx> for ValidatorSet {
    fn count(&self) -> usize {
        self.0.len()
    }

    fn total_voting_power(&self) -> u64 {
        self.0.iter().map(|v| v.power).sum()
    }

    fn get_by_address(&self, address: &Address) -> Option<&Validator> {
        let found = self.0.binary_search_by_key(address, |v| v.address).ok()?;
        self.0.get(found)
    }

    fn get_by_index(&self, index: usize) -> Option<&Validator> {
        self.0.get(index)
    }
}

/// One message of a proposed block's stream: the first, the block's bytes in
/// pieces, and the last, by which its proposer answers for the whole.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Part {
    First {
        height: Height,
        round: Round,
        valid_round: Round,
        proposer: Address,
    },
    Body(Bytes),
    Last {
        signature: Signature,
    },
}

impl engine::ProposalPart<Ctx> for Part {
    fn is_first(&self) -> bool {
        matches!(self, Self::First { .. })
    }

    fn is_last(&self) -> bool {
        matches!(self, Self::Last { .. })
    }
}

#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Proposal {
    pub height: Height,
    pub round: Round,
    pub value: BlockHash,
    pub pol_round: Round,
    pub proposer: Address,
}

impl engine::Proposal<Ctx> for Proposal {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &BlockHash {
        &self.value
    }

    fn take_value(self) -> BlockHash {
        self.value
    }

    fn pol_round(&self) -> Round {
        self.pol_round
    }

    fn validator_address(&self) -> &Address {
        &self.proposer
    }
}

/// A vote. The chain uses no vote extensions, so a vote has no room for one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Vote {
    pub kind: VoteType,
    pub height: Height,
    pub round: Round,
    pub value: NilOrVal<BlockHash>,
    pub voter: Address,
}

impl engine::Vote<Ctx> for Vote {
    fn height(&self) -> Height {
        self.height
    }

    fn round(&self) -> Round {
        self.round
    }

    fn value(&self) -> &NilOrVal<BlockHash> {
        &self.value
    }

    fn take_value(self) -> NilOrVal<BlockHash> {
        self.value
    }

    fn vote_type(&self) -> VoteType {
        self.kind
    }

    fn validator_address(&self) -> &Address {
        &self.voter
    }

    fn extension(&self) -> Option<&SignedExtension<Ctx>> {
        None
    }

    fn take_extension(&mut self) -> Option<SignedExtension<Ctx>> {
        None
    }

    fn extend(self, _extension: SignedExtension<Ctx>) -> Self {
        self
    }
}

impl engine::Context for Ctx {
    type Address = Address;
    type Height = Height;
    type ProposalPart = Part;
    type Proposal = Proposal;
    type Validator = Validator;
    type ValidatorSet = ValidatorSet;
    type Timeouts = Waits;
    type Value = BlockHash;
    type Vote = Vote;
    type Extension = ();
    type SigningScheme = Ed25519;

    /// In turn by address: each height begins one further, each round goes one on.
    fn select_proposer<'a>(
        &self,
        validators: &'a ValidatorSet,
        height: Height,
        round: Round,
    ) -> &'a Validator {
        let turn = u128::from(height.0) + u128::from(round.as_u32().unwrap_or(0));
        let index = usize::try_from(turn % validators.0.len() as u128)
            .expect("a remainder of a length fits the length's type");
        &validators.0[index]
    }

    fn new_proposal(
        &self,
        height: Height,
        round: Round,
        value: BlockHash,
        pol_round: Round,
        proposer: Address,
    ) -> Proposal {
        Proposal {
            height,
            round,
            value,
            pol_round,
            proposer,
        }
    }

    fn new_prevote(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockHash>,
        voter: Address,
    ) -> Vote {
        Vote {
            kind: VoteType::Prevote,
            height,
            round,
            value,
            voter,
        }
    }

    fn new_precommit(
        &self,
        height: Height,
        round: Round,
        value: NilOrVal<BlockHash>,
        voter: Address,
    ) -> Vote {
        Vote {
            kind: VoteType::Precommit,
            height,
            round,
            value,
            voter,
        }
    }
}

#[cfg(test)]
mod tests {
    use malachitebft_core_types::{Context as _, Validator as _, ValidatorSet as _};

    use super::*;

    #[test]
    fn proposers_take_turns_by_address() {
        let keys = (1..=4).map(|i| SigningKey::from_seed([i; 32]).public_key());
        let set = ValidatorSet::new(keys.map(|k| Validator::new(k, 1)).collect());
        let order: Vec<_> = set.iter().map(|v| *v.address()).collect();
        assert!(order.is_sorted());
        let at = |h, r| {
            *Ctx.select_proposer(&set, Height(h), Round::new(r))
                .address()
        };
        assert_eq!([at(4, 0), at(5, 0), at(6, 0), at(7, 0)].as_slice(), order);
        assert_eq!(at(4, 3), order[3]);
        // No height and round overflow the sum.
        assert!(order.contains(&at(u64::MAX, u32::MAX)));
        assert_eq!(set.get_by_address(&order[2]).unwrap().address(), &order[2]);
        assert!(set.get_by_address(&Address(Hash::default())).is_none());
    }
}
