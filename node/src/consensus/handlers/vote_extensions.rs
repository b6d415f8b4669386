//! The chain has no vote extensions: none is made, and none is right.

use malachitebft_app::consensus::{VoteExtensionError, VoteExtensionVerdicts};
use malachitebft_app_channel::Reply;

use super::super::context::{Address, Ctx};

pub fn extend(reply: Reply<Option<()>>) {
    let _ = reply.send(None);
}

pub fn verify(extensions: Vec<(Address, ())>, reply: Reply<VoteExtensionVerdicts<Ctx>>) {
    let refused = |(voter, ())| (voter, Err(VoteExtensionError::InvalidVoteExtension));
    let _ = reply.send(extensions.into_iter().map(refused).collect());
}
