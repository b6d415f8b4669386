//! Recomputes profiles from receipts alone, by the function that readers of the ledger use.

use std::collections::BTreeMap;

use counterfoil_proto::credit::v1::{HistoryHead, Profile};
use counterfoil_proto::v1::Receipt;
use counterfoil_types::profile::Account;
use prost::Message as _;

use super::audit::table;
use super::rules::{Records, Rules};
use crate::model::{Id, tagged_hash};

/// Invariant 7: panics where a profile, or the figures that a history entry names, are not what the receipts
/// add up to.
pub fn check_recomputation(rules: &Rules) {
    let records = rules.records();
    let receipts: BTreeMap<&[u8], &Receipt> = rules.receipts().map(|r| (&r.tx_id[..], r)).collect();
    let mut profiles = 0;
    for organization in histories(records) {
        let entries = rules.history(&organization);
        let mut account = Account::new(&organization);
        for (sequence, entry) in (0..).zip(&entries) {
            let events = &receipts[&entry.tx_id[..]].events;
            let moved = account.add_events(sequence, events).expect("events decode");
            let moved: Vec<i32> = moved.into_iter().map(i32::from).collect();
            assert_eq!(
                moved, entry.figures,
                "invariant 7: entry {sequence} of {organization}"
            );
        }
        let recomputed = account.into_profile();
        let stored = records
            .get(format!("credit/profile/{organization}").as_bytes())
            .map(|bytes| Profile::decode(bytes.as_slice()).expect("a profile decodes"));
        assert_eq!(stored, recomputed, "invariant 7: {organization}");
        profiles += usize::from(stored.is_some());
    }
    let stored: Vec<Profile> = table(records, "credit/profile/");
    assert_eq!(stored.len(), profiles, "a profile without a history");
}

fn histories(records: &Records) -> Vec<String> {
    let prefix = b"credit/history/";
    let keys = records
        .keys()
        .filter_map(|key| key.strip_prefix(&prefix[..]));
    let ids = keys.map(|id| String::from_utf8(id.to_vec()).expect("an id is ASCII"));
    ids.collect()
}

/// Panics where the roots in a head are not those of the tree over its history: of every transaction that concerned the organization, the
/// events that did (RFC 6962, section 2.1, and the head's own proto).
pub fn check_trees(rules: &Rules) {
    let outcomes: BTreeMap<&[u8], (&[u8], &Receipt)> = rules
        .receipts()
        .zip(rules.transactions())
        .map(|(receipt, signed)| (&receipt.tx_id[..], (signed, receipt)))
        .collect();
    for organization in histories(rules.records()) {
        let key = format!("credit/history/{organization}");
        let head = HistoryHead::decode(rules.records()[key.as_bytes()].as_slice());
        let head = head.expect("a head decodes");
        let entries = rules.history(&organization);
        let in_tree = entries.iter().filter(|entry| entry.on.is_some());
        let leaves: Vec<Id> = in_tree
            .map(|entry| {
                let (signed, receipt) = outcomes[&entry.tx_id[..]];
                let mut events = tagged_hash("counterfoil/history-salt/v1", &[signed]).to_vec();
                for event in &receipt.events {
                    if event.organizations.contains(&organization) {
                        events.extend(event.contract.to_be_bytes());
                        events.extend((event.body.len() as u32).to_be_bytes());
                        events.extend_from_slice(&event.body);
                    }
                }
                let events = tagged_hash("counterfoil/history-events/v1", &[&events]);
                let parts: [&[u8]; 2] = [&events, &entry.encode_to_vec()];
                tagged_hash("\u{0}counterfoil/history-entry/v1", &parts)
            })
            .collect();
        let items = rules.list(&format!("credit/subtree/{organization}/"));
        assert_eq!(items.len(), leaves.len(), "subtrees of {organization}");
        let mut roots: Vec<u8> = Vec::new();
        let (mut at, mut left) = (0, leaves.len());
        while left > 0 {
            let size = 1 << left.ilog2();
            roots.extend(root(&leaves[at..at + size]));
            let completed = items[at + size - 1]
                .chunks_exact(32)
                .nth(size.ilog2() as usize);
            assert_eq!(completed, Some(&root(&leaves[at..at + size])[..]));
            (at, left) = (at + size, left - size);
        }
        let begin = match leaves.len() {
            0 => 0,
            in_tree => (entries.len() - in_tree) as u64,
        };
        assert_eq!((head.begin, head.roots), (begin, roots), "{organization}");
    }
}

/// The root over a power of two of leaves.
fn root(leaves: &[Id]) -> Id {
    match leaves {
        [leaf] => *leaf,
        _ => {
            let (left, right) = leaves.split_at(leaves.len() / 2);
            tagged_hash("\u{1}", &[&root(left), &root(right)])
        }
    }
}
