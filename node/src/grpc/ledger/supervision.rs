//! Policy packs, freezes, and what waits in suspense.

use std::sync::Arc;

use counterfoil_contracts::{cash, supervision};
use counterfoil_proto::cash::v1::{Suspense, SuspenseState};
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, known};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::filters::{is, matches};
use crate::grpc::pages::Page;

pub async fn get_policy_pack(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetPolicyPackRequest,
) -> Result<wire::GetPolicyPackResponse, Status> {
    let version = request.version;
    let key = supervision::api::pack_key(version);
    let missing = errors::not_found("supervision", format!("policy pack {version}"));
    let pack = service.get(caller, key, rules::pack, missing).await?;
    Ok(wire::GetPolicyPackResponse { pack })
}

pub async fn list_policy_packs(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListPolicyPacksRequest,
) -> Result<wire::ListPolicyPacksResponse, Status> {
    let page = Page::new(&caller, r.page_size, &r.page_token, "policy_packs", &[])?;
    let prefix = supervision::api::pack_prefix();
    let (packs, next_page_token) = service
        .list(caller, page, prefix, rules::pack, |_| true)
        .await?;
    Ok(wire::ListPolicyPacksResponse {
        packs,
        next_page_token,
    })
}

pub async fn get_freeze(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetFreezeRequest,
) -> Result<wire::GetFreezeResponse, Status> {
    if request.record.is_empty() {
        return Err(errors::invalid("record", "is missing".to_owned()));
    }
    let key = supervision::api::freeze_key(&request.record);
    let record = String::from_utf8_lossy(&request.record).into_owned();
    let missing = errors::not_found("supervision", format!("freeze of {record}"));
    let freeze = service.get(caller, key, rules::freeze, missing).await?;
    Ok(wire::GetFreezeResponse { freeze })
}

pub async fn list_freezes(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListFreezesRequest,
) -> Result<wire::ListFreezesResponse, Status> {
    let page = Page::new(&caller, r.page_size, &r.page_token, "freezes", &[])?;
    let prefix = supervision::api::freeze_prefix();
    let (freezes, next_page_token) = service
        .list(caller, page, prefix, rules::freeze, |_| true)
        .await?;
    Ok(wire::ListFreezesResponse {
        freezes,
        next_page_token,
    })
}

pub async fn get_suspense(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetSuspenseRequest,
) -> Result<wire::GetSuspenseResponse, Status> {
    let id = errors::hash("id", &request.id)?;
    let key = cash::api::suspense_key(id.as_ref());
    let missing = errors::not_found("cash", format!("suspense {id}"));
    let suspense = service.get(caller, key, rules::suspense, missing).await?;
    Ok(wire::GetSuspenseResponse { suspense })
}

pub async fn list_suspense(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListSuspenseRequest,
) -> Result<wire::ListSuspenseResponse, Status> {
    let state = known::<SuspenseState>("state", r.state)?;
    let filters: [&[u8]; 2] = [r.payee.as_bytes(), &state.to_be_bytes()];
    let page = Page::new(&caller, r.page_size, &r.page_token, "suspense", &filters)?;
    let filter = move |x: &Suspense| matches(&r.payee, &x.payee) && is(state, x.state);
    let prefix = cash::api::suspense_prefix();
    let (suspense, next_page_token) = service
        .list(caller, page, prefix, rules::suspense, filter)
        .await?;
    Ok(wire::ListSuspenseResponse {
        suspense,
        next_page_token,
    })
}
