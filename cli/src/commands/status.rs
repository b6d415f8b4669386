//! `counterfoil status`: what one node says of itself, and what of that its operator should look into.

use counterfoil_proto::v1 as wire;

use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

/// An idle chain makes a block each heartbeat; after so many without one something is wrong.
const MISSED_HEARTBEATS: u64 = 3;
/// A node may be so many blocks behind while it takes part.
const USUAL_LAG: u64 = 5;
/// A node stops by itself at a part of this (`disk.reserve_mib`); this leaves time to make room.
const LOW_DISK_BYTES: u64 = 1024 * 1024 * 1024;

/// Show what the node says of itself; every organization may, reads only
///
/// Below the table it warns of what its operator should look into: a chain that stands still, a
/// node that is behind, peers that are away, a disk that is nearly full. The exit code stays 0.
#[derive(clap::Args, Debug)]
pub struct Arguments {}

pub async fn execute(_: Arguments, session: &Session) -> Result<Answer, Failure> {
    let client = session.client().await?;
    let (_, genesis_hash) = client.genesis().await?;
    let params = client.settings().await?.params;
    let heartbeat_ms = params.map_or(0, |params| params.heartbeat_ms);
    let status = client.status().await?;
    let warnings = warnings(&status, heartbeat_ms);
    let view = views::status(&status)
        .id("genesis_hash", &genesis_hash)
        .text("node", client.node())
        .hidden("warnings", warnings.clone());
    let answer = Answer::record(view);
    Ok(warnings.iter().fold(answer, |answer, warning| {
        answer.below(format_args!("warning: {warning}"))
    }))
}

fn warnings(status: &wire::GetStatusResponse, heartbeat_ms: u64) -> Vec<String> {
    let mut warnings = Vec::new();
    // Before the first block there is only genesis, which may be of any age.
    if status.height > 0 && status.block_age_ms > MISSED_HEARTBEATS * heartbeat_ms {
        warnings.push(format!(
            "no block for {}, with a heartbeat of {}: too few validators may be up, or one of them was restored and \
             does not vote yet, or this node is cut off; see its log",
            views::seconds(status.block_age_ms),
            views::seconds(heartbeat_ms)
        ));
    }
    let behind = status.peers_height.saturating_sub(status.height);
    if behind > USUAL_LAG {
        warnings.push(format!(
            "{behind} blocks behind what a peer says: the node catches up, or cannot"
        ));
    }
    if status.peers < status.peers_listed {
        warnings.push(format!(
            "peers not connected: {} of the {} in node.toml",
            status.peers_listed - status.peers,
            status.peers_listed
        ));
    }
    if status.disk_free_bytes < LOW_DISK_BYTES {
        warnings.push(format!(
            "{} free on the disk: the node stops when it is nearly full; make room",
            views::bytes(status.disk_free_bytes)
        ));
    }
    warnings
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_off_is_warned_of_and_nothing_else() {
        let well = wire::GetStatusResponse {
            height: 7,
            block_age_ms: 30_000,
            peers: 3,
            peers_listed: 3,
            peers_height: 12,
            disk_free_bytes: LOW_DISK_BYTES,
            ..Default::default()
        };
        assert_eq!(warnings(&well, 10_000), Vec::<String>::new());
        type Change = fn(&mut wire::GetStatusResponse);
        let changes: [(&str, Change); 4] = [
            ("no block for 30.0 s", |s| s.block_age_ms += 1),
            ("6 blocks behind", |s| s.peers_height += 1),
            ("1 of the 3 in", |s| s.peers -= 1),
            ("1023 MiB free", |s| s.disk_free_bytes -= 1),
        ];
        for (words, change) in changes {
            let mut status = well.clone();
            change(&mut status);
            let found = warnings(&status, 10_000);
            assert_eq!(found.len(), 1, "{found:?}");
            assert!(found[0].contains(words), "{found:?}");
        }
        let new = wire::GetStatusResponse {
            height: 0,
            block_age_ms: 86_400_000,
            peers_height: 0,
            ..well
        };
        assert_eq!(warnings(&new, 10_000), Vec::<String>::new());
    }
}
