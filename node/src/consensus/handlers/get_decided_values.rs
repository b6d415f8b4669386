//! A node that catches up asks for decided blocks: answer with as many, in
//! order, as fit one message of the engine.

use std::ops::RangeInclusive;

use bytes::Bytes;
use counterfoil_proto::v1 as wire;
use malachitebft_app::types::sync::RawDecidedValue;
use malachitebft_app_channel::Reply;
use prost::Message as _;

use super::super::certificate;
use super::super::context::{Ctx, Height};
use super::super::error::ConsensusError;
use super::super::host::Host;

/// The engine takes messages of 10 MiB; certificates and framing need a little of it.
const MAX_RESPONSE_BYTES: usize = 8 * 1024 * 1024;

pub fn handle(
    host: &mut Host,
    range: RangeInclusive<Height>,
    reply: Reply<Vec<RawDecidedValue<Ctx>>>,
) -> Result<(), ConsensusError> {
    let last = range.end().0.min(host.ledger.tip().height);
    let (mut values, mut bytes) = (Vec::new(), 0);
    for height in range.start().0..=last {
        let Some(value) = stored(host, height)? else {
            break;
        };
        bytes += value.value_bytes.len();
        if bytes > MAX_RESPONSE_BYTES && !values.is_empty() {
            break;
        }
        values.push(value);
    }
    let _ = reply.send(values);
    Ok(())
}

fn stored(host: &Host, height: u64) -> Result<Option<RawDecidedValue<Ctx>>, ConsensusError> {
    let Some(block) = host.storage().block(height)? else {
        return Ok(None);
    };
    let certificate = wire::CommitCertificate::decode(block.certificate.as_slice())
        .ok()
        .and_then(|c| certificate::from_wire(&c));
    if certificate.is_none() {
        tracing::error!(
            height,
            "the stored certificate is damaged; restore a backup"
        );
    }
    Ok(certificate.map(|c| RawDecidedValue::new(Bytes::from(block.block), c)))
}
