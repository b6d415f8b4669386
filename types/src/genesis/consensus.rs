//! Who decides blocks, and under which parameters: as a chain begins, and as the operators may decide later.

use counterfoil_proto::v1 as wire;
use serde::{Deserialize, Serialize};

use crate::ids::OrganizationId;
use crate::keys::PublicKey;
use crate::limits;

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisValidator {
    pub organization: OrganizationId,
    pub public_key: PublicKey,
    pub power: u64,
}

impl GenesisValidator {
    pub fn to_proto(&self) -> wire::Validator {
        wire::Validator {
            organization: self.organization.to_string(),
            public_key: self.public_key.to_vec(),
            power: self.power,
        }
    }
}

/// Rules of consensus; the fields are those of `counterfoil.v1.ConsensusParams`.
#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ConsensusParams {
    pub max_block_bytes: u64,
    pub timeout_propose_ms: u64,
    pub timeout_vote_ms: u64,
    pub timeout_delta_ms: u64,
    pub heartbeat_ms: u64,
    /// 0 for an hour.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub transaction_lifetime_ms: u64,
}

fn is_zero(number: &u64) -> bool {
    *number == 0
}

impl Default for ConsensusParams {
    /// For a local network: a dead proposer costs about 1.4 s.
    fn default() -> Self {
        Self {
            max_block_bytes: 1024 * 1024,
            timeout_propose_ms: 600,
            timeout_vote_ms: 300,
            timeout_delta_ms: 200,
            heartbeat_ms: 10_000,
            transaction_lifetime_ms: limits::DEFAULT_TRANSACTION_LIFETIME_MS,
        }
    }
}

impl ConsensusParams {
    pub fn to_proto(&self) -> wire::ConsensusParams {
        wire::ConsensusParams {
            max_block_bytes: self.max_block_bytes,
            timeout_propose_ms: self.timeout_propose_ms,
            timeout_vote_ms: self.timeout_vote_ms,
            timeout_delta_ms: self.timeout_delta_ms,
            heartbeat_ms: self.heartbeat_ms,
            transaction_lifetime_ms: self.transaction_lifetime_ms,
        }
    }
}

/// How far ahead of block time a transaction may expire (specification 10.3).
pub fn transaction_lifetime_ms(params: &wire::ConsensusParams) -> u64 {
    match params.transaction_lifetime_ms {
        0 => limits::DEFAULT_TRANSACTION_LIFETIME_MS,
        lifetime => lifetime,
    }
}

/// Which parameter is outside its bounds, and what they are.
pub fn params_problem(params: &wire::ConsensusParams) -> Option<(&'static str, &'static str)> {
    let smallest = limits::MAX_TRANSACTION_BYTES as u64;
    if !(smallest..=limits::MAX_BLOCK_BYTES).contains(&params.max_block_bytes) {
        return Some(("max_block_bytes", "is from 64 KiB to 4 MiB"));
    }
    let times = [
        ("timeout_propose_ms", params.timeout_propose_ms),
        ("timeout_vote_ms", params.timeout_vote_ms),
        ("timeout_delta_ms", params.timeout_delta_ms),
        ("heartbeat_ms", params.heartbeat_ms),
    ];
    if let Some((name, _)) = times.iter().find(|(_, ms)| !(10..=60_000).contains(ms)) {
        return Some((name, "is from 10 to 60,000"));
    }
    let lifetime = transaction_lifetime_ms(params);
    let bounds = limits::MIN_TRANSACTION_LIFETIME_MS..=limits::MAX_TRANSACTION_LIFETIME_MS;
    match bounds.contains(&lifetime) {
        true => None,
        false => Some((
            "transaction_lifetime_ms",
            "is 0, for an hour, or from 60,000 to 86,400,000",
        )),
    }
}

/// What is wrong with a set of validators, in words. `may_validate` says whether an organization may run one.
pub fn validator_set_problem(
    set: &wire::ValidatorSet,
    may_validate: impl Fn(&str) -> bool,
) -> Option<String> {
    if !(1..=limits::MAX_VALIDATORS).contains(&set.validators.len()) {
        return Some("there are 1 to 100".into());
    }
    let mut addresses = Vec::with_capacity(set.validators.len());
    for validator in &set.validators {
        let organization = &validator.organization;
        match PublicKey::enrol(&validator.public_key) {
            Ok(key) => addresses.push(key.address()),
            Err(problem) => return Some(format!("a key of {organization}: {problem}")),
        }
        if !may_validate(organization) {
            return Some(format!("{organization} is not an active organization"));
        }
        if !(1..=1_000_000_000).contains(&validator.power) {
            return Some("voting power is from 1 to 10^9".into());
        }
    }
    if !addresses.is_sorted_by(|a, b| a < b) {
        return Some("are sorted by address, each key once".into());
    }
    None
}
