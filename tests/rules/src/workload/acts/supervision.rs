//! Policy packs, freezes, and what waits in suspense.

use counterfoil_proto::cash::v1::action::Action as Cash;
use counterfoil_proto::cash::v1::{CollectSuspense, RuleOnSuspense};
use counterfoil_proto::supervision::v1::{
    Action, FreezeRecord, PublishPack, ReleaseRecord, Rules, action::Action as Kind,
};

use super::{TODAY, cash_act};
use crate::model::Act;
use crate::model::arithmetic::date;
use crate::model::tagged_hash;

fn supervision_act(kind: Kind) -> Act {
    Act::Supervision(Action { action: Some(kind) })
}

/// Publishes rules that are in force from a day on.
pub fn publish_pack_from(version: u32, day: i64, rules: Rules) -> Act {
    supervision_act(Kind::PublishPack(PublishPack {
        version,
        effective_from: Some(date(day)),
        rules: Some(rules),
    }))
}

/// The same from [`TODAY`] on.
pub fn publish_pack(version: u32, rules: Rules) -> Act {
    publish_pack_from(version, TODAY, rules)
}

/// Freezes the record of a key, and tells these organizations.
pub fn freeze(record: &[u8], told: &[&str]) -> Act {
    supervision_act(Kind::Freeze(FreezeRecord {
        record: record.to_vec(),
        reason_hash: vec![9; 32],
        last_day: None,
        organizations: told.iter().map(|id| (*id).to_owned()).collect(),
    }))
}

/// The same up to a day.
pub fn freeze_until(record: &[u8], last_day: i64) -> Act {
    supervision_act(Kind::Freeze(FreezeRecord {
        record: record.to_vec(),
        reason_hash: vec![9; 32],
        last_day: Some(date(last_day)),
        organizations: Vec::new(),
    }))
}

/// Releases a record.
pub fn lift(record: &[u8]) -> Act {
    supervision_act(Kind::Release(ReleaseRecord {
        record: record.to_vec(),
    }))
}

/// What waits of a payment, by its place.
pub fn suspense_of(tx_id: &[u8], place: u32) -> Vec<u8> {
    let parts: [&[u8]; 2] = [tx_id, &place.to_be_bytes()];
    tagged_hash("counterfoil/suspense-id/v1", &parts).to_vec()
}

pub fn collect_suspense(id: &[u8]) -> Act {
    cash_act(Cash::CollectSuspense(CollectSuspense {
        suspense: id.to_vec(),
    }))
}

pub fn rule_on_suspense(id: &[u8], payee: &str) -> Act {
    cash_act(Cash::RuleOnSuspense(RuleOnSuspense {
        suspense: id.to_vec(),
        payee: payee.to_owned(),
        reason_hash: vec![8; 32],
    }))
}
