//! The engine is ready: begin after the last committed height.

use malachitebft_app::engine::host::HeightParams;
use malachitebft_app_channel::Reply;

use super::super::context::{Ctx, Height};
use super::super::error::ConsensusError;
use super::super::host::Host;

pub fn handle(
    host: &mut Host,
    reply: Reply<(Height, HeightParams<Ctx>)>,
) -> Result<(), ConsensusError> {
    let height = host.ledger.tip().height + 1;
    tracing::info!(height, "consensus begins");
    let params = host.params()?;
    let _ = reply.send((Height(height), params));
    Ok(())
}
