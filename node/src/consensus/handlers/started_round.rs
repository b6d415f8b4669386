//! A round begins: tell the engine what was already proposed in it, before a
//! crash or while this node was still at the height before.

use malachitebft_app::types::ProposedValue;
use malachitebft_app_channel::Reply;
use malachitebft_core_types::Round;

use super::super::context::{Ctx, Height};
use super::super::error::ConsensusError;
use super::super::host::Host;

pub fn handle(
    host: &mut Host,
    height: Height,
    round: Round,
    reply: Reply<Vec<ProposedValue<Ctx>>>,
) -> Result<(), ConsensusError> {
    host.enter(height.0, round)?;
    let _ = reply.send(host.proposals.values(round));
    Ok(())
}
