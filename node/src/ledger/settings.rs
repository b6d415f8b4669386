//! Who decides the next block, and under which parameters and rules, as the state says (specification 1.5, 10.2).

use std::collections::BTreeSet;

use counterfoil_contracts::kernel::{StateReader, Store, Writes};
use counterfoil_contracts::membership;
use counterfoil_proto::membership::v1::{ConsensusSettings, LedgerKeyRotation, Upgrade};
use counterfoil_proto::v1::{ConsensusParams, ValidatorSet};
use counterfoil_types::genesis::transaction_lifetime_ms;
use counterfoil_types::strict;

use super::LedgerError;

/// What holds for one height.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    pub validators: ValidatorSet,
    pub params: ConsensusParams,
    pub upgrades: Vec<Upgrade>,
    pub rotations: Vec<LedgerKeyRotation>,
}

impl Settings {
    /// Those of the height after a state.
    pub(super) fn of(state: &dyn StateReader) -> Result<Self, LedgerError> {
        whole(membership::api::settings(&Store::new(state))?)
    }

    /// How far ahead of block time a transaction may expire.
    pub fn transaction_lifetime_ms(&self) -> u64 {
        transaction_lifetime_ms(&self.params)
    }

    /// The heights after this one from which on another version of the rules or ledger key holds, ascending.
    pub(super) fn changes_after(&self, height: u64) -> BTreeSet<u64> {
        let upgrades = self.upgrades.iter().map(|upgrade| upgrade.from_height);
        let rotations = self.rotations.iter().map(|rotation| rotation.from_height);
        upgrades
            .chain(rotations)
            .filter(|from| *from > height)
            .collect()
    }

    /// Those of the height after a block that is decided under these and leaves these writes.
    pub(super) fn after(&self, writes: &Writes) -> Result<Self, LedgerError> {
        match writes.get(&membership::api::settings_key()) {
            None => Ok(self.clone()),
            Some(written) => {
                let bytes = written.as_deref().unwrap_or_default();
                let written = strict::decode::<ConsensusSettings>(bytes);
                whole(written.map_err(|e| LedgerError::corrupt(format!("{WHERE}: {e}")))?)
            }
        }
    }
}

const WHERE: &str = "the record of who decides blocks";

/// Nothing decides without validators, which the contract sees to.
fn whole(settings: ConsensusSettings) -> Result<Settings, LedgerError> {
    match (settings.validators, settings.params) {
        (Some(validators), Some(params)) if !validators.validators.is_empty() => Ok(Settings {
            validators,
            params,
            upgrades: settings.upgrades,
            rotations: settings.rotations,
        }),
        _ => Err(LedgerError::corrupt(format!("{WHERE} lacks them"))),
    }
}
