//! Which version of the rules, and which ledger keys, hold at a height (specification 3.2, 10.2).

use counterfoil_proto::membership::v1::{
    LedgerKeyRotation, RejectionCode as Code, Upgrade, action::Action, decision::Decision as Kind,
};
use counterfoil_proto::v1::Date;

use crate::model::{Act, Model, Rejected, ensure};

const MOST_KEYS: usize = 16;
const MOST_HEIGHTS_AHEAD: u64 = 1_000_000;
/// The version from which on a lifetime and another ledger key can be decided on.
const LIFETIMES_AND_KEYS: u32 = 7;

/// The version from which on records name what they come of.
const NAMES: u32 = 8;
/// The version from which on entries of histories have a date and stand beside the state, and each payment of a receivable is recorded.
const HISTORIES: u32 = 9;

/// What genesis says of the rules.
#[derive(Clone)]
pub struct Beginning {
    pub version: u32,
    pub ledger_key_hash: Vec<u8>,
}

impl Model {
    /// The version of the rules in a block of this height.
    pub fn version(&self, height: u64) -> u32 {
        let mut version = self.beginning.version;
        for upgrade in &self.consensus.upgrades {
            if upgrade.from_height <= height {
                version = upgrade.version;
            }
        }
        version
    }

    /// An id where records name it.
    pub(in crate::model) fn named(&self, id: &[u8], height: u64) -> Vec<u8> {
        match self.version(height) {
            0..NAMES => Vec::new(),
            _ => id.to_vec(),
        }
    }

    /// The hashes of the ledger keys that were ever in force by this height, the newest last.
    pub fn ledger_keys(&self, height: u64) -> Vec<Vec<u8>> {
        let mut hashes = vec![self.beginning.ledger_key_hash.clone()];
        for rotation in &self.consensus.rotations {
            if rotation.from_height <= height {
                hashes.push(rotation.key_hash.clone());
            }
        }
        hashes
    }

    /// The date for an entry of a history, from the version on in which these have one.
    pub(in crate::model) fn dated(&self, today: Date, height: u64) -> Option<Date> {
        (self.version(height) >= HISTORIES).then_some(today)
    }

    /// Whether each payment of a receivable has a record of its own.
    pub(in crate::model) fn records_payments(&self, height: u64) -> bool {
        self.version(height) >= HISTORIES
    }

    /// Whether the version in force has everything that is in an action.
    pub(in crate::model) fn knows(&self, act: &Act, height: u64) -> bool {
        let Act::Membership(action) = act else {
            return true;
        };
        let Some(Action::ProposeDecision(propose)) = &action.action else {
            return true;
        };
        let decision = propose.decision.as_ref();
        let is_new = match decision.and_then(|decision| decision.decision.as_ref()) {
            Some(Kind::RotateLedgerKey(_)) => true,
            Some(Kind::Params(params)) => params.transaction_lifetime_ms > 0,
            _ => false,
        };
        !is_new || self.version(height) >= LIFETIMES_AND_KEYS
    }

    pub(super) fn check_upgrade(&self, upgrade: &Upgrade, height: u64) -> Result<(), Rejected> {
        let version = self.version(height);
        let follows = upgrade.version == version || upgrade.version == version + 1;
        ensure(
            follows && is_ahead(upgrade.from_height, height),
            Code::InvalidActivation,
        )
    }

    pub(super) fn check_rotation(
        &self,
        rotation: &LedgerKeyRotation,
        height: u64,
    ) -> Result<(), Rejected> {
        let keys = self.ledger_keys(height);
        let is_newest = keys.last() == Some(&rotation.key_hash);
        let is_new = !keys.contains(&rotation.key_hash) && keys.len() < MOST_KEYS;
        ensure(
            rotation.key_hash.len() == 32
                && (is_newest || is_new)
                && is_ahead(rotation.from_height, height),
            Code::InvalidActivation,
        )
    }

    pub(super) fn upgrade(&mut self, upgrade: Upgrade, height: u64) {
        let stands = self.version(height) == upgrade.version;
        let upgrades = &mut self.consensus.upgrades;
        upgrades.retain(|earlier| earlier.from_height <= height);
        if !stands {
            upgrades.push(upgrade);
        }
    }

    pub(super) fn rotate(&mut self, rotation: LedgerKeyRotation, height: u64) {
        let stands = self.ledger_keys(height).last() == Some(&rotation.key_hash);
        let rotations = &mut self.consensus.rotations;
        rotations.retain(|earlier| earlier.from_height <= height);
        if !stands {
            rotations.push(rotation);
        }
    }
}

fn is_ahead(from: u64, height: u64) -> bool {
    from > height && from <= height + MOST_HEIGHTS_AHEAD
}
