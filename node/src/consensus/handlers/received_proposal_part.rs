//! A part of somebody's proposal. A block that is complete by it is checked
//! against its proposer's signature before anything else is done with it.

use malachitebft_app::streaming::StreamMessage;
use malachitebft_app::types::{PeerId, ProposedValue};
use malachitebft_app_channel::Reply;
use malachitebft_core_types::Round;

use super::super::context::{Ctx, Part};
use super::super::error::ConsensusError;
use super::super::host::Host;
use super::super::received::Received;

pub fn handle(
    host: &mut Host,
    from: PeerId,
    part: StreamMessage<Part>,
    reply: Reply<Option<ProposedValue<Ctx>>>,
) -> Result<(), ConsensusError> {
    let value = take(host, from, part)?;
    let _ = reply.send(value);
    Ok(())
}

fn take(
    host: &mut Host,
    from: PeerId,
    part: StreamMessage<Part>,
) -> Result<Option<ProposedValue<Ctx>>, ConsensusError> {
    let Some(assembled) = host.streams.insert(from, part) else {
        return Ok(None);
    };
    let (height, round) = (assembled.height, Round::new(assembled.round));
    if height <= host.ledger.tip().height {
        return Ok(None);
    }
    let proposer = host.proposer(height, round)?;
    match Received::verify(assembled, &host.chain_id, &proposer) {
        Err(junk) => {
            tracing::warn!(%from, height, %round, %junk, "dropped a stream that is no proposal");
            Ok(None)
        }
        // The engine is told when the height begins.
        Ok(received) if height > host.proposals.height() => {
            host.keep_early(received);
            Ok(None)
        }
        Ok(received) => host.judge(received),
    }
}
