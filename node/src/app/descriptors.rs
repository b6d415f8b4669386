//! File descriptors: how many connections the system lets this process hold.

use rustix::process::{Resource, Rlimit, getrlimit, setrlimit};

/// Kept for the store, the swarms and the log; of a limit below twice as much, half of it.
const KEPT_BACK: u64 = 1_024;

/// Raises this process's limit to the highest it may set, and tells how many of the connections
/// that are wanted it has room for.
pub fn connections(wanted: usize) -> usize {
    let before = getrlimit(Resource::Nofile);
    let highest = Rlimit {
        current: before.maximum,
        ..before
    };
    let limit = match setrlimit(Resource::Nofile, highest) {
        Ok(()) => before.maximum,
        Err(error) => {
            tracing::warn!(%error, "the limit of open files stays as it is");
            before.current
        }
    };
    let room = room(limit, wanted);
    if room < wanted {
        tracing::warn!(
            "room for {room} connections, not for {wanted}: this process may open {} files, of which some are for \
             other things; raise that limit (ulimit -n, or systemd's LimitNOFILE), or lower limits.connections",
            limit.unwrap_or(u64::MAX)
        );
    } else {
        tracing::info!("room for {room} connections");
    }
    room
}

fn room(limit: Option<u64>, wanted: usize) -> usize {
    let Some(limit) = limit else {
        return wanted;
    };
    let room = limit - KEPT_BACK.min(limit / 2);
    usize::try_from(room).map_or(wanted, |room| wanted.min(room))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_the_node_needs_itself_is_kept_back() {
        assert_eq!(room(None, 16_384), 16_384);
        assert_eq!(room(Some(16_384 + 1_024), 16_384), 16_384);
        assert_eq!(room(Some(16_384 + 1_023), 16_384), 16_383);
        assert_eq!(room(Some(2_048), 16_384), 1_024);
        assert_eq!(room(Some(1_024), 16_384), 512);
    }
}
