//! Who decides blocks, and under which parameters and rules, followed along a chain of blocks without executing them
//! (specification 1.5, 10.2).
//!
//! A header names the validators of its block and of the next by their hashes. The sets themselves stand in genesis and in
//! the decisions that operators propose, which are in the blocks: what has the hash is the set.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::v1 as wire;

use crate::block::{params_hash, validator_set_hash};
use crate::hash::Hash;
use crate::strict;
use crate::transaction::contract;

/// Why a block does not follow those before it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum SettingsError {
    #[error("its validators are not those that the block before it names")]
    OtherValidators,
    #[error("nobody has proposed the validators that it names for the next block")]
    UnknownValidators,
    #[error("neither genesis nor a decision has the parameters it is decided under")]
    UnknownParams,
    #[error("nobody has proposed that the version of the rules that it names begins with it")]
    UnknownVersion,
    #[error("its transactions have more bytes than its parameters allow")]
    TooLarge,
}

/// What genesis and the blocks so far name.
pub struct Settings {
    sets: BTreeMap<Hash, wire::ValidatorSet>,
    params: BTreeMap<Hash, wire::ConsensusParams>,
    /// The set that decides the next block.
    next: wire::ValidatorSet,
    /// The version of the rules of the last block.
    version: u32,
    /// What was proposed to begin, as versions and heights.
    upgrades: BTreeSet<(u32, u64)>,
}

impl Settings {
    /// Those of the first block.
    pub fn of(genesis: &wire::Genesis) -> Self {
        let set = genesis.validators.clone().unwrap_or_default();
        let params = genesis.params.unwrap_or_default();
        Self {
            sets: BTreeMap::from([(validator_set_hash(&set), set.clone())]),
            params: BTreeMap::from([(params_hash(&params), params)]),
            next: set,
            version: genesis.protocol_version,
            upgrades: BTreeSet::new(),
        }
    }

    /// The validators of the next block.
    pub fn validators(&self) -> &wire::ValidatorSet {
        &self.next
    }

    /// Takes the next block: its header, and its encoded `SignedTransaction`s.
    pub fn follow(
        &mut self,
        header: &wire::Header,
        transactions: &[Vec<u8>],
    ) -> Result<(), SettingsError> {
        if header.validators_hash != validator_set_hash(&self.next).as_bytes() {
            return Err(SettingsError::OtherValidators);
        }
        let begins = (header.version, header.height);
        if header.version != self.version && !self.upgrades.contains(&begins) {
            return Err(SettingsError::UnknownVersion);
        }
        self.version = header.version;
        let named = Hash::try_from(header.params_hash.as_slice()).ok();
        let params = named.and_then(|hash| self.params.get(&hash));
        let params = params.ok_or(SettingsError::UnknownParams)?;
        let bytes: u64 = transactions.iter().map(|t| t.len() as u64).sum();
        if bytes > params.max_block_bytes {
            return Err(SettingsError::TooLarge);
        }
        for outcome in transactions.iter().filter_map(|signed| proposed(signed)) {
            match outcome {
                membership::decision::Decision::Validators(set) => {
                    self.sets.insert(validator_set_hash(&set), set);
                }
                membership::decision::Decision::Params(params) => {
                    self.params.insert(params_hash(&params), params);
                }
                membership::decision::Decision::Upgrade(upgrade) => {
                    self.upgrades.insert((upgrade.version, upgrade.from_height));
                }
                _ => {}
            }
        }
        if header.next_validators_hash == header.validators_hash {
            return Ok(());
        }
        let named = Hash::try_from(header.next_validators_hash.as_slice()).ok();
        let next = named.and_then(|hash| self.sets.get(&hash));
        self.next = next.ok_or(SettingsError::UnknownValidators)?.clone();
        Ok(())
    }
}

/// What a transaction proposes that the operators decide: itself, or as an action to be approved first.
fn proposed(signed: &[u8]) -> Option<membership::decision::Decision> {
    let signed: wire::SignedTransaction = strict::decode(signed).ok()?;
    let transaction: wire::Transaction = strict::decode(&signed.transaction).ok()?;
    let action = action(transaction.contract, &transaction.action)?;
    let action = match action {
        membership::action::Action::Propose(proposal) => {
            self::action(proposal.contract, &proposal.action)?
        }
        action => action,
    };
    match action {
        membership::action::Action::ProposeDecision(proposal) => proposal.decision?.decision,
        _ => None,
    }
}

fn action(contract: u32, bytes: &[u8]) -> Option<membership::action::Action> {
    if contract != contract::MEMBERSHIP {
        return None;
    }
    strict::decode::<membership::Action>(bytes).ok()?.action
}

#[cfg(test)]
mod tests {
    use prost::Message as _;

    use super::*;

    fn set(key: u8) -> wire::ValidatorSet {
        let validator = wire::Validator {
            organization: "bank-a".into(),
            public_key: vec![key; 32],
            power: 1,
        };
        wire::ValidatorSet {
            validators: vec![validator],
        }
    }

    fn params(max_block_bytes: u64) -> wire::ConsensusParams {
        wire::ConsensusParams {
            max_block_bytes,
            ..Default::default()
        }
    }

    fn genesis() -> wire::Genesis {
        wire::Genesis {
            validators: Some(set(1)),
            params: Some(params(1_000)),
            ..Default::default()
        }
    }

    fn header(set: &wire::ValidatorSet, next: &wire::ValidatorSet, bytes: u64) -> wire::Header {
        wire::Header {
            validators_hash: validator_set_hash(set).to_vec(),
            next_validators_hash: validator_set_hash(next).to_vec(),
            params_hash: params_hash(&params(bytes)).to_vec(),
            ..Default::default()
        }
    }

    fn signed(action: membership::action::Action) -> Vec<u8> {
        let transaction = wire::Transaction {
            contract: contract::MEMBERSHIP,
            action: encoded(action),
            ..Default::default()
        };
        wire::SignedTransaction {
            transaction: transaction.encode_to_vec(),
            signatures: Vec::new(),
        }
        .encode_to_vec()
    }

    fn encoded(action: membership::action::Action) -> Vec<u8> {
        let action = membership::Action {
            action: Some(action),
        };
        action.encode_to_vec()
    }

    #[test]
    fn a_version_begins_where_it_was_proposed_to() {
        let set = set(1);
        let at = |version: u32, height: u64| wire::Header {
            version,
            height,
            ..header(&set, &set, 1_000)
        };
        let upgrade = membership::Upgrade {
            version: 7,
            from_height: 3,
        };
        let proposal = signed(decision(membership::decision::Decision::Upgrade(upgrade)));
        let begun = || {
            let mut settings = Settings::of(&wire::Genesis {
                protocol_version: 6,
                ..genesis()
            });
            settings
                .follow(&at(6, 1), std::slice::from_ref(&proposal))
                .unwrap();
            settings
        };
        for (version, height) in [(7, 2), (8, 3), (5, 3), (0, 2)] {
            let refused = begun().follow(&at(version, height), &[]);
            assert_eq!(refused, Err(SettingsError::UnknownVersion), "{version}");
        }
        let mut settings = begun();
        settings.follow(&at(7, 3), &[]).unwrap();
        settings.follow(&at(7, 4), &[]).unwrap();
        let back = settings.follow(&at(6, 5), &[]);
        assert_eq!(back, Err(SettingsError::UnknownVersion));
    }

    fn decision(outcome: membership::decision::Decision) -> membership::action::Action {
        membership::action::Action::ProposeDecision(membership::ProposeDecision {
            decision: Some(membership::Decision {
                decision: Some(outcome),
            }),
            expires_on: None,
        })
    }

    #[test]
    fn what_decisions_name_is_found_where_it_counts() {
        use membership::decision::Decision::{Params, Validators};
        let mut settings = Settings::of(&genesis());
        let nested = membership::action::Action::Propose(membership::Propose {
            contract: contract::MEMBERSHIP,
            action: encoded(decision(Validators(set(2)))),
            ..Default::default()
        });
        let smaller = signed(decision(Params(params(400))));
        let first = [signed(nested), smaller];
        settings
            .follow(&header(&set(1), &set(1), 1_000), &first)
            .unwrap();
        assert_eq!(settings.validators(), &set(1));
        // Decided in this block, and so in force from the next one on.
        settings
            .follow(&header(&set(1), &set(2), 400), &[])
            .unwrap();
        assert_eq!(settings.validators(), &set(2));
        settings
            .follow(&header(&set(2), &set(1), 1_000), &[])
            .unwrap();
    }

    #[test]
    fn what_does_not_follow_is_named() {
        let follow = |header: wire::Header, transactions: &[Vec<u8>]| {
            Settings::of(&genesis()).follow(&header, transactions)
        };
        let one = set(1);
        assert_eq!(
            follow(header(&set(2), &one, 1_000), &[]),
            Err(SettingsError::OtherValidators)
        );
        assert_eq!(
            follow(header(&one, &set(2), 1_000), &[]),
            Err(SettingsError::UnknownValidators)
        );
        assert_eq!(
            follow(header(&one, &one, 999), &[]),
            Err(SettingsError::UnknownParams)
        );
        assert_eq!(
            follow(header(&one, &one, 1_000), &[vec![0; 1_001]]),
            Err(SettingsError::TooLarge)
        );
    }
}
