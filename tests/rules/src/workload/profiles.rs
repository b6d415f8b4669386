//! Recomputes profiles from receipts alone, by the function that readers of the ledger use.

use std::collections::BTreeMap;

use counterfoil_proto::credit::v1::{HistoryEntry, Profile};
use counterfoil_proto::v1::Receipt;
use counterfoil_types::profile::Account;
use prost::Message as _;

use super::audit::table;
use super::rules::Records;

/// Invariant 7: panics where a profile, or the figures that a history entry names, are not what the receipts
/// add up to.
pub fn check_recomputation<'a>(records: &Records, receipts: impl Iterator<Item = &'a Receipt>) {
    let receipts: BTreeMap<&[u8], &Receipt> = receipts.map(|r| (&r.tx_id[..], r)).collect();
    let mut profiles = 0;
    for organization in histories(records) {
        let prefix = format!("credit/entry/{organization}/");
        let entries: Vec<HistoryEntry> = table(records, &prefix);
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
