//! Who takes part in a random network, and its genesis.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::membership::v1::Role as ModelRole;
use counterfoil_types::genesis::{
    ClockKind, ConsensusParams, Genesis, GenesisAccount, GenesisCurrency, GenesisOrganization,
    GenesisValidator, LedgerKey, PROTOCOL_VERSION, Role,
};
use counterfoil_types::keys::SigningKey;
use rand::Rng;
use rand::rngs::StdRng;

use crate::model::Model;
use crate::model::arithmetic::date;
use crate::model::calendar::Clock;

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
const LEDGER_KEY: [u8; 32] = [7; 32];

/// A network before its first block.
pub struct World {
    pub genesis: Genesis,
    pub ledger_key: LedgerKey,
    /// The key of each organization's account.
    pub keys: BTreeMap<String, SigningKey>,
    /// A key that is nobody's.
    pub stranger: SigningKey,
    /// The model of the same genesis.
    pub model: Model,
}

impl World {
    /// A network whose clock is drawn from `rng`: mostly simulated, sometimes of the wall.
    pub fn random(rng: &mut StdRng) -> World {
        let utc_offset_minutes = rng.gen_range(-840..=840);
        // From 2000-01-01 to 2030-12-31.
        let first_day = rng.gen_bool(0.85).then(|| rng.gen_range(10_957..22_280));
        World::new(first_day, utc_offset_minutes, 0)
    }

    /// A network with a simulated clock from `first_day` on, or else one of the wall, and with
    /// so many banks beside the roster's.
    pub fn new(first_day: Option<i64>, utc_offset_minutes: i32, more_banks: usize) -> World {
        let key =
            |seed: usize| SigningKey::from_seed([u8::try_from(seed).expect("a small network"); 32]);
        let banks = (100..100 + more_banks).map(|n| (format!("bank-{n}"), &[ModelRole::Bank][..]));
        let members: Vec<(String, &[ModelRole])> = ROSTER
            .iter()
            .map(|(id, roles)| ((*id).to_owned(), *roles))
            .chain(banks)
            .collect();
        let keys: BTreeMap<String, SigningKey> = members
            .iter()
            .zip(1..)
            .map(|((id, _), seed)| (id.clone(), key(seed)))
            .collect();
        let ledger_key = LedgerKey::from_bytes(LEDGER_KEY);
        let mut genesis = Genesis {
            protocol_version: PROTOCOL_VERSION,
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
                .map(|(id, roles)| organization(id, roles, &keys[id]))
                .collect(),
            validators: vec![GenesisValidator {
                organization: "bank-east".parse().expect("a slug"),
                public_key: key(200).public_key(),
                power: 1,
            }],
            params: ConsensusParams::default(),
        };
        genesis.sort();
        genesis.validate().expect("the workload's genesis is valid");
        let clock = match first_day {
            Some(day) => Clock::simulated(utc_offset_minutes, day, GENESIS_MS),
            None => Clock::wall(utc_offset_minutes),
        };
        let organizations = members
            .iter()
            .map(|(id, roles)| (id.clone(), roles.iter().copied().collect::<BTreeSet<_>>()))
            .collect();
        let currencies = CURRENCIES
            .iter()
            .map(|(code, _)| (*code).to_owned())
            .collect();
        World {
            genesis,
            ledger_key,
            keys,
            stranger: key(201),
            model: Model::new(CHAIN_ID, organizations, currencies, clock),
        }
    }
}

fn organization(id: &str, roles: &[ModelRole], key: &SigningKey) -> GenesisOrganization {
    GenesisOrganization {
        id: id.parse().expect("a slug"),
        legal_name: id.to_uppercase(),
        lei: String::new(),
        national_id: format!("workload:{id}"),
        roles: roles.iter().map(|role| genesis_role(*role)).collect(),
        accounts: vec![GenesisAccount::of(key.public_key())],
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
