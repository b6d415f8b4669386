//! Who takes part in a trade, and its genesis.

use std::collections::BTreeMap;

use counterfoil_types::genesis::{
    ClockKind, ConsensusParams, Genesis, GenesisAccount, GenesisCurrency, GenesisOrganization,
    LedgerKey, PROTOCOL_VERSION, Role,
};
use counterfoil_types::keys::SigningKey;

use super::now_ms;

/// Who takes part. Validators are run by the first ones.
pub const MEMBERS: [(&str, Role); 8] = [
    ("bank-a", Role::Bank),
    ("bank-b", Role::Bank),
    ("operator", Role::Operator),
    ("regulator", Role::Regulator),
    ("buyer-a", Role::CoreEnterprise),
    ("buyer-b", Role::CoreEnterprise),
    ("seller-a", Role::Supplier),
    ("seller-b", Role::Supplier),
];

pub const CURRENCIES: [&str; 2] = ["EUR", "USD"];

/// The ledger's date until an operator rolls it.
pub const FIRST_DATE: &str = "2024-03-01";

/// Who takes part: [`MEMBERS`], then so many further buyers and sellers: `buyer-1`, `seller-1` and so on.
pub fn members(further: usize) -> Vec<(String, Role)> {
    let mut members: Vec<_> = MEMBERS
        .iter()
        .map(|(id, role)| ((*id).to_owned(), *role))
        .collect();
    for number in 1..=further {
        members.push((format!("buyer-{number}"), Role::CoreEnterprise));
        members.push((format!("seller-{number}"), Role::Supplier));
    }
    members
}

/// A genesis of members with one account each, from now on. Its validators are still to be named.
pub fn genesis(
    chain_id: String,
    members: &[(String, Role)],
    keys: &BTreeMap<String, SigningKey>,
    ledger_key: &LedgerKey,
) -> Genesis {
    let organization = |(id, role): &(String, Role)| GenesisOrganization {
        id: id.parse().expect("members have well-formed ids"),
        legal_name: format!("{id} plc"),
        lei: String::new(),
        national_id: format!("test:{id}"),
        roles: vec![*role],
        accounts: vec![GenesisAccount::of(keys[id].public_key())],
    };
    Genesis {
        protocol_version: PROTOCOL_VERSION,
        chain_id,
        time_ms: now_ms(),
        development: true,
        clock: ClockKind::Simulated,
        first_date: Some(FIRST_DATE.parse().expect("a date")),
        utc_offset_minutes: 0,
        ledger_key_hash: ledger_key.hash(),
        currencies: CURRENCIES
            .iter()
            .map(|code| GenesisCurrency {
                code: code.parse().expect("a currency"),
                exponent: 2,
            })
            .collect(),
        organizations: members.iter().map(organization).collect(),
        validators: Vec::new(),
        params: ConsensusParams::default(),
    }
}
