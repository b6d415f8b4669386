//! Events: those that concern the caller, each whole. What differs by reader is an event of its own (ADR 9).

use counterfoil_contracts::financing;
use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{Event as Financing, Request};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Event;
use counterfoil_types::transaction::contract;
use tonic::Status;

use super::{Shown, may_finance, only};
use crate::grpc::access::{Caller, Records, decoded};

/// The organizations it names; that a request was opened, also the banks that it is for. Nobody but a
/// regulator sees whom else it concerns.
pub fn event(caller: &Caller, records: &Records<'_>, event: &Event) -> Shown<Event> {
    if caller.reads_all() {
        return Ok(Some(event.clone()));
    }
    let concerned = event.organizations.iter().any(|id| caller.is(id));
    let may = concerned || opens_request_for(caller, records, event)?;
    Ok(may.then(|| Event {
        organizations: only(caller, event.organizations.clone()),
        ..event.clone()
    }))
}

/// A request without invitations concerns its seller alone, but every bank may quote for it.
fn opens_request_for(
    caller: &Caller,
    records: &Records<'_>,
    event: &Event,
) -> Result<bool, Status> {
    if event.contract != contract::FINANCING || !caller.has(Role::Bank) {
        return Ok(false);
    }
    let Some(Kind::Opened(opened)) = decoded::<Financing>(&event.body)?.event else {
        return Ok(false);
    };
    let key = financing::api::request_key(&opened.request);
    let request: Option<Request> = records.get(&key)?;
    Ok(request.is_some_and(|request| may_finance(caller, &request)))
}
