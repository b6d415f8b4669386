//! One handler for each message of the engine. All answer at once, but for
//! `Finalized` (idle pacing) and what waits for a missing block.

mod consensus_ready;
pub mod decided;
mod finalized;
mod get_decided_values;
mod get_history_min_height;
mod get_value;
mod process_synced_value;
mod received_proposal_part;
mod restream_proposal;
mod started_round;
mod vote_extensions;

use malachitebft_app_channel::AppMsg;
use tokio::task::block_in_place;

use super::context::Ctx;
use super::error::ConsensusError;
use super::host::Host;

/// Hands a message to its handler. The ledger's work is done in place, off the
/// runtime's other tasks, so that the order of messages is kept.
pub async fn dispatch(host: &mut Host, message: AppMsg<Ctx>) -> Result<(), ConsensusError> {
    match message {
        AppMsg::ConsensusReady { reply } => consensus_ready::handle(host, reply),
        AppMsg::StartedRound {
            height,
            round,
            reply_value,
            ..
        } => block_in_place(|| started_round::handle(host, height, round, reply_value)),
        AppMsg::GetValue {
            height,
            round,
            reply,
            ..
        } => get_value::handle(host, height, round, reply).await,
        AppMsg::RestreamProposal {
            height,
            round,
            valid_round,
            address,
            value_id,
        } => restream_proposal::handle(host, height, round, valid_round, address, value_id).await,
        AppMsg::ReceivedProposalPart {
            from, part, reply, ..
        } => block_in_place(|| received_proposal_part::handle(host, from, part, reply)),
        AppMsg::Decided {
            certificate, reply, ..
        } => block_in_place(|| decided::handle(host, &certificate, reply)),
        AppMsg::Finalized {
            certificate,
            evidence,
            reply,
            ..
        } => finalized::handle(host, &certificate, &evidence, reply),
        AppMsg::ProcessSyncedValue {
            height,
            round,
            proposer,
            value_bytes,
            reply,
        } => block_in_place(|| {
            process_synced_value::handle(host, height, round, proposer, &value_bytes, reply)
        }),
        AppMsg::GetDecidedValues { range, reply } => {
            block_in_place(|| get_decided_values::handle(host, range, reply))
        }
        AppMsg::GetHistoryMinHeight { reply } => {
            get_history_min_height::handle(reply);
            Ok(())
        }
        AppMsg::ExtendVote { reply, .. } => {
            vote_extensions::extend(reply);
            Ok(())
        }
        AppMsg::VerifyVoteExtensions {
            extensions, reply, ..
        } => {
            vote_extensions::verify(extensions, reply);
            Ok(())
        }
    }
}
