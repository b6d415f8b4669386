//! The chain's beginning: what every node of a network shares, as an editable
//! JSON file and, for hashing, as the canonical message `counterfoil.v1.Genesis`.

use std::collections::BTreeSet;
use std::fmt;

use counterfoil_proto::v1 as wire;
use prost::Message;
use serde::{Deserialize, Serialize};

use crate::approvals::rule_can_be_met;
use crate::dates::Date;
use crate::hash::Hash;
use crate::ids::OrganizationId;
use crate::limits;
use crate::money::Currency;

mod consensus;
mod ledger_key;
mod organizations;

pub use consensus::{
    ConsensusParams, GenesisValidator, params_problem, transaction_lifetime_ms,
    validator_set_problem,
};
pub use ledger_key::{LedgerKey, LedgerKeys, NoLedgerKeys};
pub use organizations::{
    GenesisAccount, GenesisOrganization, Permission, Role, organization_problem,
    permissions_are_good,
};

/// The newest version of the rules and bytes that this software speaks: that of new networks.
pub const PROTOCOL_VERSION: u32 = 9;
/// The oldest one. A network of it goes on under it until its operators decide on the next (specification 10.2).
pub const OLDEST_PROTOCOL_VERSION: u32 = 6;
/// The version from which on the ledger key can be rotated, and a transaction's lifetime set.
pub const ROTATION_VERSION: u32 = 7;
/// The version from which on records name the transactions and requests that they come of, by which proofs are put together.
pub const NAMING_VERSION: u32 = 8;
/// The version from which on the entries of histories stand beside the state, in a tree that the head of each holds, and each payment of a
/// receivable is a record.
pub const HISTORY_VERSION: u32 = 9;

#[derive(Clone, Copy, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum ClockKind {
    /// The ledger date follows block time.
    Wall,
    /// An operator rolls the ledger date.
    Simulated,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct GenesisCurrency {
    pub code: Currency,
    pub exponent: u32,
}

#[derive(Clone, PartialEq, Eq, Debug, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Genesis {
    pub protocol_version: u32,
    pub chain_id: String,
    pub time_ms: u64,
    /// Whether core enterprises and banks may do with one account, and so without a second pair of eyes.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub development: bool,
    pub clock: ClockKind,
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub first_date: Option<Date>,
    #[serde(default)]
    pub utc_offset_minutes: i32,
    pub ledger_key_hash: Hash,
    pub currencies: Vec<GenesisCurrency>,
    pub organizations: Vec<GenesisOrganization>,
    pub validators: Vec<GenesisValidator>,
    #[serde(default)]
    pub params: ConsensusParams,
}

/// What is wrong with a genesis, by field.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("genesis: {field}: {problem}")]
pub struct GenesisError {
    pub field: String,
    pub problem: String,
}

fn fault<T>(field: impl Into<String>, problem: impl fmt::Display) -> Result<T, GenesisError> {
    Err(GenesisError {
        field: field.into(),
        problem: problem.to_string(),
    })
}

impl Genesis {
    /// Reads and checks the JSON file's text.
    pub fn from_json(text: &str) -> Result<Self, GenesisError> {
        let mut genesis: Self = serde_json::from_str(text).or_else(|e| fault("file", e))?;
        genesis.sort();
        genesis.validate()?;
        Ok(genesis)
    }

    pub fn to_json(&self) -> String {
        serde_json::to_string_pretty(self).expect("a genesis has string keys only")
    }

    /// Puts every list in the order its hash is taken in.
    pub fn sort(&mut self) {
        self.currencies.sort_by_key(|c| c.code);
        self.organizations.sort_by(|a, b| a.id.cmp(&b.id));
        for organization in &mut self.organizations {
            organization.sort();
        }
        self.validators.sort_by_key(|v| v.public_key.address());
    }

    pub fn hash(&self) -> Hash {
        Hash::tagged(
            "counterfoil/genesis/v1",
            &[&self.to_proto().encode_to_vec()],
        )
    }

    pub fn currency(&self, code: &str) -> Option<&GenesisCurrency> {
        self.currencies.iter().find(|c| c.code.code() == code)
    }

    pub fn validator_set(&self) -> wire::ValidatorSet {
        wire::ValidatorSet {
            validators: self
                .validators
                .iter()
                .map(GenesisValidator::to_proto)
                .collect(),
        }
    }

    pub fn to_proto(&self) -> wire::Genesis {
        let clock = match self.clock {
            ClockKind::Wall => wire::ClockKind::Wall,
            ClockKind::Simulated => wire::ClockKind::Simulated,
        };
        wire::Genesis {
            protocol_version: self.protocol_version,
            chain_id: self.chain_id.clone(),
            time_ms: self.time_ms,
            clock: clock.into(),
            first_date: self.first_date.map(Date::to_proto),
            utc_offset_minutes: self.utc_offset_minutes,
            ledger_key_hash: self.ledger_key_hash.to_vec(),
            currencies: self
                .currencies
                .iter()
                .map(|c| wire::Currency {
                    code: c.code.code().to_owned(),
                    exponent: c.exponent,
                })
                .collect(),
            organizations: self
                .organizations
                .iter()
                .map(GenesisOrganization::to_proto)
                .collect(),
            validators: Some(self.validator_set()),
            params: Some(self.params.to_proto()),
            development: self.development,
        }
    }

    /// Checks everything a network relies on. Lists must be sorted ([`Self::sort`]).
    pub fn validate(&self) -> Result<(), GenesisError> {
        let version = self.protocol_version;
        if !(OLDEST_PROTOCOL_VERSION..=PROTOCOL_VERSION).contains(&version) {
            let problem = format!(
                "is {version}, this software speaks {OLDEST_PROTOCOL_VERSION} to {PROTOCOL_VERSION}"
            );
            return fault("protocol_version", problem);
        }
        if version < ROTATION_VERSION && self.params.transaction_lifetime_ms != 0 {
            let problem = format!("is known from version {ROTATION_VERSION} on: leave it out");
            return fault("params.transaction_lifetime_ms", problem);
        }
        if self.chain_id.len() > limits::MAX_CHAIN_ID
            || self.chain_id.parse::<OrganizationId>().is_err()
        {
            return fault(
                "chain_id",
                "has 1 to 32 of a–z, 0–9 and '-', and begins and ends with a letter or digit",
            );
        }
        match (self.clock, self.first_date) {
            (ClockKind::Simulated, None) => {
                return fault("first_date", "a simulated clock needs one");
            }
            (ClockKind::Wall, Some(_)) => {
                return fault("first_date", "only a simulated clock has one");
            }
            _ => {}
        }
        if self.utc_offset_minutes.unsigned_abs() > 14 * 60 {
            return fault("utc_offset_minutes", "is from −840 to 840");
        }
        if i64::try_from(self.time_ms)
            .ok()
            .and_then(|ms| Date::from_unix_ms(ms).ok())
            .is_none()
        {
            return fault("time_ms", "is no time from 1990 to 2199");
        }
        self.validate_currencies()?;
        self.validate_organizations()?;
        let members: BTreeSet<&str> = self.organizations.iter().map(|o| o.id.as_str()).collect();
        if let Some(problem) =
            validator_set_problem(&self.validator_set(), |id| members.contains(id))
        {
            return fault("validators", problem);
        }
        match params_problem(&self.params.to_proto()) {
            Some((field, problem)) => fault(format!("params.{field}"), problem),
            None => Ok(()),
        }
    }

    fn validate_currencies(&self) -> Result<(), GenesisError> {
        if self.currencies.is_empty() {
            return fault("currencies", "at least one is needed");
        }
        if !self.currencies.is_sorted_by(|a, b| a.code < b.code) {
            return fault("currencies", "are sorted by code, each once");
        }
        match self
            .currencies
            .iter()
            .find(|c| Some(c.exponent) != c.code.iso_exponent())
        {
            Some(c) => fault(
                "currencies",
                format!("{} has another exponent in ISO 4217", c.code),
            ),
            None => Ok(()),
        }
    }

    fn validate_organizations(&self) -> Result<(), GenesisError> {
        if !(1..=limits::MAX_ORGANIZATIONS).contains(&self.organizations.len()) {
            return fault("organizations", "there are 1 to 10,000");
        }
        if !self.organizations.is_sorted_by(|a, b| a.id < b.id) {
            return fault("organizations", "are sorted by id, each once");
        }
        let (mut accounts, mut legal_ids) = (BTreeSet::new(), BTreeSet::new());
        for organization in &self.organizations {
            let field = format!("organizations.{}", organization.id);
            let enrolled = organization.to_proto();
            if let Some(problem) = organization_problem(&enrolled) {
                return fault(&field, problem);
            }
            if !rule_can_be_met(&enrolled, 1) {
                let problem = "permissions: some account makes and another approves, for administration both `admin`; one \
                               account alone does all";
                return fault(&field, problem);
            }
            if !self.development && !organization.has_a_checker() {
                let problem = "a core enterprise or bank has at least two accounts, but on a development network";
                return fault(&field, problem);
            }
            if !organization.accounts.iter().all(|a| accounts.insert(a.key)) {
                return fault(
                    &field,
                    "an account of it is there twice, or another organization's too",
                );
            }
            if !organization.legal_ids().all(|id| legal_ids.insert(id)) {
                return fault(
                    &field,
                    "its LEI or national id is another organization's too",
                );
            }
        }
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::keys::SigningKey;

    fn genesis() -> Genesis {
        let key = |seed| SigningKey::from_seed([seed; 32]).public_key();
        let organization = |id: &str, role, seed| GenesisOrganization {
            id: id.parse().unwrap(),
            legal_name: id.to_uppercase(),
            lei: String::new(),
            national_id: format!("test:{id}"),
            roles: vec![role],
            accounts: vec![GenesisAccount::of(key(seed))],
        };
        let mut genesis = Genesis {
            protocol_version: PROTOCOL_VERSION,
            chain_id: "test-1".into(),
            time_ms: 1_700_000_000_000,
            development: true,
            clock: ClockKind::Simulated,
            first_date: Some("2012-01-01".parse().unwrap()),
            utc_offset_minutes: 0,
            ledger_key_hash: LedgerKey::from_bytes([9; 32]).hash(),
            currencies: vec![GenesisCurrency {
                code: "USD".parse().unwrap(),
                exponent: 2,
            }],
            organizations: vec![
                organization("operator", Role::Operator, 1),
                organization("bank-a", Role::Bank, 2),
            ],
            validators: vec![GenesisValidator {
                organization: "bank-a".parse().unwrap(),
                public_key: key(3),
                power: 1,
            }],
            params: ConsensusParams::default(),
        };
        genesis.sort();
        genesis
    }

    #[test]
    fn json_reads_back_to_the_same_hash() {
        let genesis = genesis();
        let read = Genesis::from_json(&genesis.to_json()).unwrap();
        assert_eq!(read, genesis);
        assert_eq!(read.hash(), genesis.hash());
        assert!(Genesis::from_json("{}").is_err());
    }

    #[test]
    fn each_fault_is_named() {
        type Change = fn(&mut Genesis);
        let faults: [(&str, Change); 18] = [
            ("protocol_version", |g| g.protocol_version += 1),
            ("chain_id", |g| g.chain_id = "Test".into()),
            ("chain_id", |g| g.chain_id = "x".repeat(33)),
            ("first_date", |g| g.first_date = None),
            ("first_date", |g| g.clock = ClockKind::Wall),
            ("utc_offset_minutes", |g| g.utc_offset_minutes = 841),
            ("utc_offset_minutes", |g| g.utc_offset_minutes = i32::MIN),
            ("time_ms", |g| g.time_ms = u64::MAX),
            ("currencies", |g| g.currencies[0].exponent = 3),
            ("organizations", |g| g.organizations.reverse()),
            ("organizations.bank-a", |g| {
                g.organizations[0].national_id.clear()
            }),
            ("organizations.operator", |g| {
                g.organizations[1].accounts = g.organizations[0].accounts.clone()
            }),
            ("organizations.operator", |g| {
                g.organizations[1].national_id = g.organizations[0].national_id.clone()
            }),
            ("organizations.bank-a", |g| g.development = false),
            ("organizations.operator", |g| {
                g.organizations[1].accounts[0].permissions = vec![Permission::View]
            }),
            ("organizations.operator", |g| {
                g.organizations[1].accounts[0].permissions.reverse()
            }),
            ("validators", |g| g.validators.clear()),
            ("params.heartbeat_ms", |g| g.params.heartbeat_ms = 0),
        ];
        for (field, break_it) in faults {
            let mut broken = genesis();
            break_it(&mut broken);
            assert_eq!(broken.validate().unwrap_err().field, field);
        }
        assert_eq!(genesis().validate(), Ok(()));
    }
}
