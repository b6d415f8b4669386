//! What holds from a height on, and so on every node at once: the version of the rules, and the ledger key
//! (specification 3.2, 10.2).

use counterfoil_proto::membership::v1::decision::Decision;
use counterfoil_proto::membership::v1::{
    Action, LedgerKeyRotation, RejectionCode, Upgrade, action,
};
use counterfoil_types::genesis::{OLDEST_PROTOCOL_VERSION, ROTATION_VERSION};
use counterfoil_types::hash::Hash;
use counterfoil_types::limits::{MAX_HEIGHTS_AHEAD, MAX_LEDGER_KEYS};

use super::keys::change_settings;
use crate::kernel::{Context, Failure, StateError, reject};

/// The version of the rules at a height of a chain that began under the first.
pub fn version_at(first: u32, upgrades: &[Upgrade], height: u64) -> u32 {
    let last = upgrades.iter().rfind(|u| u.from_height <= height);
    last.map_or(first, |upgrade| upgrade.version)
}

/// The hashes of the ledger keys in force at a height of a chain that began under the first, the newest first.
pub fn ledger_keys_at<'a>(
    first: &'a Hash,
    rotations: &'a [LedgerKeyRotation],
    height: u64,
) -> impl Iterator<Item = &'a [u8]> {
    let begun = rotations
        .iter()
        .rev()
        .filter(move |r| r.from_height <= height);
    begun
        .map(|rotation| rotation.key_hash.as_slice())
        .chain([first.as_bytes().as_slice()])
}

/// The first version of the rules that knows an action with all that is in it.
pub(super) fn since(action: &Action) -> u32 {
    let Some(action::Action::ProposeDecision(propose)) = &action.action else {
        return OLDEST_PROTOCOL_VERSION;
    };
    let decision = propose.decision.as_ref();
    match decision.and_then(|decision| decision.decision.as_ref()) {
        Some(Decision::RotateLedgerKey(_)) => ROTATION_VERSION,
        Some(Decision::Params(params)) if params.transaction_lifetime_ms != 0 => ROTATION_VERSION,
        _ => OLDEST_PROTOCOL_VERSION,
    }
}

pub(super) fn check_upgrade(context: &Context<'_>, upgrade: &Upgrade) -> Result<(), Failure> {
    let version = context.rules.version;
    if ![Some(version), version.checked_add(1)].contains(&Some(upgrade.version)) {
        let message = format!(
            "version {version} is in force: the next is the one after it, and {version} takes back an upgrade that is \
             still to come"
        );
        return Err(reject(RejectionCode::InvalidActivation, message));
    }
    check_height(context, upgrade.from_height)
}

pub(super) fn check_rotation(
    context: &Context<'_>,
    rotation: &LedgerKeyRotation,
) -> Result<(), Failure> {
    let invalid = |message: String| Err(reject(RejectionCode::InvalidActivation, message));
    let Ok(hash) = Hash::try_from(rotation.key_hash.as_slice()) else {
        return invalid("the hash of a ledger key has 32 bytes".to_owned());
    };
    let keys = context.rules.ledger_keys;
    match keys.iter().position(|key| key.hash() == hash) {
        // It takes back a rotation that is still to come.
        Some(0) => {}
        Some(_) => {
            return invalid("this ledger key was in force before: make a new one".to_owned());
        }
        None if keys.len() >= MAX_LEDGER_KEYS => {
            return invalid(format!(
                "there were {MAX_LEDGER_KEYS} ledger keys: no more are taken"
            ));
        }
        None => {}
    }
    check_height(context, rotation.from_height)
}

fn check_height(context: &Context<'_>, from: u64) -> Result<(), Failure> {
    let now = context.block.height;
    if (now + 1..=now + MAX_HEIGHTS_AHEAD).contains(&from) {
        return Ok(());
    }
    let message = format!(
        "it holds from height {} to {} on, not from {from}",
        now + 1,
        now + MAX_HEIGHTS_AHEAD
    );
    Err(reject(RejectionCode::InvalidActivation, message))
}

/// Sets when the next version holds. Invariant: it was checked in this transaction.
pub(super) fn upgrade(context: &mut Context<'_>, upgrade: Upgrade) -> Result<(), StateError> {
    let (height, version) = (context.block.height, context.rules.version);
    change_settings(&mut context.store, |settings| {
        settings
            .upgrades
            .retain(|earlier| earlier.from_height <= height);
        if upgrade.version != version {
            settings.upgrades.push(upgrade);
        }
    })
}

/// Sets when another ledger key holds. Invariant: it was checked in this transaction.
pub(super) fn rotate(
    context: &mut Context<'_>,
    rotation: LedgerKeyRotation,
) -> Result<(), StateError> {
    let height = context.block.height;
    let newest = context.rules.ledger_keys.first();
    let is_new = newest.is_none_or(|key| key.hash().as_bytes() != rotation.key_hash.as_slice());
    change_settings(&mut context.store, |settings| {
        settings
            .rotations
            .retain(|earlier| earlier.from_height <= height);
        if is_new {
            settings.rotations.push(rotation);
        }
    })
}
