//! Who takes part in a random network, and its genesis.

use std::collections::BTreeMap;

use counterfoil_proto::membership::v1::{
    Account, ConsensusSettings, Organization, OrganizationStatus, Permission as ModelPermission,
    Role as ModelRole,
};
use counterfoil_proto::v1::{self as wire, Validator, ValidatorSet};
use counterfoil_types::genesis::{
    ClockKind, ConsensusParams, Genesis, GenesisAccount, GenesisCurrency, GenesisOrganization,
    GenesisValidator, LedgerKey, OLDEST_PROTOCOL_VERSION, PROTOCOL_VERSION, Permission, Role,
};
use counterfoil_types::keys::SigningKey;
use rand::Rng;
use rand::rngs::StdRng;
use rand::seq::SliceRandom;

use super::keyring::{key, known_keys};
use crate::model::Model;
use crate::model::arithmetic::date;
use crate::model::calendar::Clock;
use crate::model::membership::Beginning;

/// Every organization with its roles. Some have several, so that no rule can
/// hide behind the habit of one role each.
pub const ROSTER: [(&str, &[ModelRole]); 15] = [
    ("airline", &[ModelRole::CoreEnterprise]),
    ("bank-east", &[ModelRole::Bank]),
    ("bank-west", &[ModelRole::Bank]),
    ("builder", &[ModelRole::CoreEnterprise]),
    (
        "conglomerate",
        &[ModelRole::CoreEnterprise, ModelRole::Supplier],
    ),
    ("farmer", &[ModelRole::Supplier]),
    ("guarantor", &[ModelRole::Guarantor]),
    (
        "house-bank",
        &[
            ModelRole::CoreEnterprise,
            ModelRole::Supplier,
            ModelRole::Bank,
        ],
    ),
    ("miller", &[ModelRole::Supplier]),
    ("operator", &[ModelRole::Operator]),
    ("operator-2", &[ModelRole::Regulator, ModelRole::Operator]),
    ("refinery", &[ModelRole::CoreEnterprise]),
    ("regulator", &[ModelRole::Regulator]),
    ("smith", &[ModelRole::Supplier]),
    (
        "utility",
        &[ModelRole::CoreEnterprise, ModelRole::Guarantor],
    ),
];

/// Sorted, with their exponents.
pub const CURRENCIES: [(&str, u32); 4] = [("EUR", 2), ("JPY", 0), ("KWD", 3), ("USD", 2)];

pub const CHAIN_ID: &str = "workload-1";

/// 2023-11-14, some time after noon in UTC.
const GENESIS_MS: u64 = 1_700_000_000_000;

/// The ledger keys that the network begins with and is rotated to.
pub fn ledger_keys() -> [LedgerKey; 17] {
    std::array::from_fn(|at| LedgerKey::from_bytes([7 + at as u8; 32]))
}

/// A network before its first block.
pub struct World {
    pub genesis: Genesis,
    /// The key of the account that each organization begins with.
    pub keys: BTreeMap<String, SigningKey>,
    /// A key that is nobody's.
    pub stranger: SigningKey,
    /// The model of the same genesis.
    pub model: Model,
}

/// An account that a network begins with: its key's number, and what it may do.
type Member = (u16, &'static [ModelPermission]);

/// What an account may do that may do everything.
pub const ALL: &[ModelPermission] = &[
    ModelPermission::View,
    ModelPermission::Make,
    ModelPermission::Approve,
    ModelPermission::Admin,
];

/// Ways in which an organization shares its work among accounts; in each of them there is somebody for everything.
const SHARES: [&[&[ModelPermission]]; 5] = [
    &[ALL, ALL],
    &[
        &[ModelPermission::Make, ModelPermission::Admin],
        &[ModelPermission::Approve, ModelPermission::Admin],
    ],
    &[
        &[ModelPermission::View, ModelPermission::Make],
        &[ModelPermission::Make, ModelPermission::Approve],
        &[ModelPermission::Approve],
        &[ModelPermission::Admin],
        &[ModelPermission::Admin],
    ],
    &[ALL, &[ModelPermission::View]],
    &[ALL, ALL, ALL],
];

const VALIDATOR: u16 = 200;
const STRANGER: u16 = 201;
const FIRST_FURTHER_ACCOUNT: u16 = 210;

impl World {
    /// A network whose clock is drawn from `rng`: mostly simulated, sometimes of the wall. Some of
    /// its organizations have several accounts.
    pub fn random(rng: &mut StdRng) -> World {
        let utc_offset_minutes = rng.gen_range(-840..=840);
        // From 2000-01-01 to 2030-12-31.
        let first_day = rng.gen_bool(0.85).then(|| rng.gen_range(10_957..22_280));
        let mut members = members(0);
        let mut further = FIRST_FURTHER_ACCOUNT..;
        for (_, _, accounts) in members.iter_mut() {
            if rng.gen_bool(0.35) {
                let share = SHARES.choose(rng).expect("some way");
                let (first, _) = accounts[0];
                let keys = std::iter::once(first).chain(&mut further);
                *accounts = keys.zip(share.iter().copied()).collect();
            }
        }
        let version = rng.gen_range(OLDEST_PROTOCOL_VERSION..=PROTOCOL_VERSION);
        World::of(&members, first_day, utc_offset_minutes, version)
    }

    /// A network with a simulated clock from `first_day` on, or else one of the wall, and with
    /// so many banks beside the roster's. Every organization has one account.
    pub fn new(first_day: Option<i64>, utc_offset_minutes: i32, more_banks: u16) -> World {
        let members = members(more_banks);
        World::of(&members, first_day, utc_offset_minutes, PROTOCOL_VERSION)
    }

    /// A network that begins under an earlier version of the rules.
    pub fn of_version(first_day: Option<i64>, version: u32) -> World {
        World::of(&members(0), first_day, 0, version)
    }

    fn of(
        members: &[(String, &'static [ModelRole], Vec<Member>)],
        first_day: Option<i64>,
        utc_offset_minutes: i32,
        version: u32,
    ) -> World {
        let keys: BTreeMap<String, SigningKey> = members
            .iter()
            .map(|(id, _, accounts)| (id.clone(), key(accounts[0].0)))
            .collect();
        let [ledger_key, ..] = ledger_keys();
        let params = ConsensusParams {
            // As the oldest version has it, too.
            transaction_lifetime_ms: 0,
            ..ConsensusParams::default()
        };
        let mut genesis = Genesis {
            protocol_version: version,
            chain_id: CHAIN_ID.to_owned(),
            time_ms: GENESIS_MS,
            development: true,
            clock: if first_day.is_some() {
                ClockKind::Simulated
            } else {
                ClockKind::Wall
            },
            first_date: first_day.map(|day| (&date(day)).try_into().expect("a date")),
            utc_offset_minutes,
            ledger_key_hash: ledger_key.hash(),
            currencies: CURRENCIES
                .iter()
                .map(|(code, exponent)| GenesisCurrency {
                    code: code.parse().expect("an ISO 4217 code"),
                    exponent: *exponent,
                })
                .collect(),
            organizations: members
                .iter()
                .map(|(id, roles, accounts)| genesis_organization(id, roles, accounts))
                .collect(),
            validators: vec![GenesisValidator {
                organization: "bank-east".parse().expect("a slug"),
                public_key: key(VALIDATOR).public_key(),
                power: 1,
            }],
            params: params.clone(),
        };
        genesis.sort();
        genesis.validate().expect("the workload's genesis is valid");
        let clock = match first_day {
            Some(day) => Clock::simulated(utc_offset_minutes, day, GENESIS_MS),
            None => Clock::wall(utc_offset_minutes),
        };
        let organizations = members
            .iter()
            .map(|(id, roles, accounts)| (id.clone(), organization(id, roles, accounts)))
            .collect();
        let consensus = ConsensusSettings {
            validators: Some(ValidatorSet {
                validators: vec![Validator {
                    organization: "bank-east".into(),
                    public_key: key(VALIDATOR).public_key().to_vec(),
                    power: 1,
                }],
            }),
            params: Some(wire::ConsensusParams {
                max_block_bytes: params.max_block_bytes,
                timeout_propose_ms: params.timeout_propose_ms,
                timeout_vote_ms: params.timeout_vote_ms,
                timeout_delta_ms: params.timeout_delta_ms,
                heartbeat_ms: params.heartbeat_ms,
                transaction_lifetime_ms: 0,
            }),
            ..ConsensusSettings::default()
        };
        let beginning = Beginning {
            version,
            ledger_key_hash: genesis.ledger_key_hash.to_vec(),
        };
        let currencies = CURRENCIES
            .iter()
            .map(|(code, _)| (*code).to_owned())
            .collect();
        World {
            genesis,
            keys,
            stranger: key(STRANGER),
            model: Model::new(
                CHAIN_ID,
                organizations,
                consensus,
                beginning,
                known_keys(),
                currencies,
                clock,
            ),
        }
    }
}

/// The key of the account that an organization of the roster begins with.
pub fn first_key(organization: &str) -> SigningKey {
    let numbers = ROSTER.iter().zip(1..);
    let mut found = numbers.filter(|((id, _), _)| *id == organization);
    key(found.next().expect("an organization of the roster").1)
}

/// Who takes part, each with one account.
fn members(more_banks: u16) -> Vec<(String, &'static [ModelRole], Vec<Member>)> {
    let banks = (100..100 + more_banks).map(|n| (format!("bank-{n}"), &[ModelRole::Bank][..]));
    ROSTER
        .iter()
        .map(|(id, roles)| ((*id).to_owned(), *roles))
        .chain(banks)
        .zip(1..)
        .map(|((id, roles), number)| (id, roles, vec![(number, ALL)]))
        .collect()
}

fn organization(id: &str, roles: &[ModelRole], accounts: &[Member]) -> Organization {
    let mut accounts: Vec<Account> = accounts
        .iter()
        .map(|(number, permissions)| Account {
            public_key: key(*number).public_key().to_vec(),
            permissions: permissions.iter().map(|p| *p as i32).collect(),
            from_height: 0,
            until_height: 0,
        })
        .collect();
    accounts.sort_by(|a, b| a.public_key.cmp(&b.public_key));
    let mut roles: Vec<i32> = roles.iter().map(|role| *role as i32).collect();
    roles.sort_unstable();
    Organization {
        id: id.to_owned(),
        legal_name: id.to_uppercase(),
        lei: String::new(),
        national_id: format!("workload:{id}"),
        roles,
        accounts,
        approval_rule: Vec::new(),
        status: OrganizationStatus::Active.into(),
    }
}

fn genesis_organization(id: &str, roles: &[ModelRole], accounts: &[Member]) -> GenesisOrganization {
    let account = |(number, permissions): &Member| GenesisAccount {
        key: key(*number).public_key(),
        permissions: permissions.iter().map(|p| genesis_permission(*p)).collect(),
    };
    GenesisOrganization {
        id: id.parse().expect("a slug"),
        legal_name: id.to_uppercase(),
        lei: String::new(),
        national_id: format!("workload:{id}"),
        roles: roles.iter().map(|role| genesis_role(*role)).collect(),
        accounts: accounts.iter().map(account).collect(),
    }
}

fn genesis_permission(permission: ModelPermission) -> Permission {
    match permission {
        ModelPermission::View => Permission::View,
        ModelPermission::Make => Permission::Make,
        ModelPermission::Approve => Permission::Approve,
        ModelPermission::Admin => Permission::Admin,
        ModelPermission::Unspecified => panic!("accounts have real permissions"),
    }
}

fn genesis_role(role: ModelRole) -> Role {
    match role {
        ModelRole::CoreEnterprise => Role::CoreEnterprise,
        ModelRole::Supplier => Role::Supplier,
        ModelRole::Bank => Role::Bank,
        ModelRole::Guarantor => Role::Guarantor,
        ModelRole::Regulator => Role::Regulator,
        ModelRole::Operator => Role::Operator,
        ModelRole::Unspecified => panic!("the roster names real roles"),
    }
}
