//! `ProofService`: proofs that hold without a node, of what the caller may read.
//!
//! They are read from a snapshot of one height and so never wait for blocks, nor blocks for them.

mod collector;
mod committed;
mod headers;
mod history;
mod passport;
mod unfinanced;

use std::sync::Arc;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::proof_service_server::ProofService;
use tonic::{Code, Request, Response, Status};

use super::access::{Caller, caller};
use super::ends::Ends;
use super::errors;
use super::reader::Reader;
use crate::ledger::{Ledger, Start, State};

use collector::Collector;

const PROOF: &str = "proof";

pub struct Service {
    pub reader: Reader,
    pub ends: Ends,
}

#[tonic::async_trait]
impl ProofService for Service {
    type WatchHeadersStream = headers::Headers;

    async fn get_passport(
        &self,
        request: Request<wire::GetPassportRequest>,
    ) -> Result<Response<wire::GetProofResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let id = errors::hash("receivable", &r.receivable)?;
        let base = r.base.unwrap_or_default();
        self.prove(caller, base, move |collector, caller| {
            passport::collect(collector, caller, &id)
        })
        .await
    }

    async fn get_unfinanced(
        &self,
        request: Request<wire::GetUnfinancedRequest>,
    ) -> Result<Response<wire::GetProofResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let of = unfinanced::Of::read(r.of)?;
        let base = r.base.unwrap_or_default();
        self.prove(caller, base, move |collector, caller| {
            unfinanced::collect(collector, caller, of)
        })
        .await
    }

    async fn get_history(
        &self,
        request: Request<wire::GetHistoryRequest>,
    ) -> Result<Response<wire::GetProofResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let base = r.base.unwrap_or_default();
        let asked = wire::History {
            organization: r.organization,
            from: r.from,
            to: r.to,
        };
        self.prove(caller, base, move |collector, caller| {
            history::collect(collector, caller, asked)
        })
        .await
    }

    async fn get_committed(
        &self,
        request: Request<wire::GetCommittedRequest>,
    ) -> Result<Response<wire::GetProofResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let id = errors::hash("transaction", &r.transaction)?;
        let base = r.base.unwrap_or_default();
        self.prove(caller, base, move |collector, caller| {
            committed::collect(collector, caller, &id)
        })
        .await
    }

    async fn watch_headers(
        &self,
        request: Request<wire::WatchHeadersRequest>,
    ) -> Result<Response<headers::Headers>, Status> {
        let caller = caller(&request)?;
        let from = request.into_inner().from_height;
        let headers = headers::watch(&self.reader, self.ends.of(&caller), from)?;
        Ok(Response::new(headers))
    }
}

impl Service {
    /// Collects what a subject asks for, as of the height asked for, and puts the proof together.
    async fn prove(
        &self,
        caller: Arc<Caller>,
        base: wire::ProofBase,
        collect: impl FnOnce(&mut Collector<'_>, &Caller) -> Result<wire::proof::Subject, Status>
        + Send
        + 'static,
    ) -> Result<Response<wire::GetProofResponse>, Status> {
        let read = self.reader.read(move |ledger| {
            let (state, start) = begin(ledger, &base)?;
            let mut collector = Collector::new(ledger, state);
            let subject = collect(&mut collector, &caller)?;
            let proof = collector.finish(subject, start)?;
            Ok(wire::GetProofResponse { proof })
        });
        read.await.map(Response::new)
    }
}

/// The records as of the height asked for, and where the way to its header begins.
fn begin(ledger: &Ledger, base: &wire::ProofBase) -> Result<(State, Start), Status> {
    let state = match base.height {
        0 => Some(ledger.state()),
        height => ledger.state_at(height),
    };
    let state = state.ok_or_else(|| {
        let message = format!(
            "height {} is none of the last ones that can be proven; leave it out for the last",
            base.height
        );
        errors::with_reason(Code::OutOfRange, PROOF, "NO_SUCH_HEIGHT", message)
    })?;
    if state.height() == 0 {
        let message = "there is no block yet, and so nothing to prove";
        return Err(errors::with_reason(
            Code::OutOfRange,
            PROOF,
            "NO_BLOCK",
            message,
        ));
    }
    let start = match base.checkpoint {
        0 => Start::Genesis,
        height if height <= state.height() => Start::Checkpoint(height),
        height => {
            let problem = format!(
                "{height} is above {}, which the proof is of",
                state.height()
            );
            return Err(errors::invalid("base.checkpoint", problem));
        }
    };
    Ok((state, start))
}
