//! Profiles and the histories that they add up.

use std::sync::Arc;

use counterfoil_contracts::credit;
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, organization};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::pages::Page;

pub async fn get_profile(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetProfileRequest,
) -> Result<wire::GetProfileResponse, Status> {
    let id = organization("organization", request.organization)?;
    let key = credit::api::profile_key(&id);
    let missing = errors::not_found("credit", format!("profile of {id:?}"));
    let profile = service.get(caller, key, rules::profile, missing).await?;
    Ok(wire::GetProfileResponse { profile })
}

pub async fn list_history(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListHistoryRequest,
) -> Result<wire::ListHistoryResponse, Status> {
    let id = organization("organization", r.organization)?;
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "history",
        &[id.as_bytes()],
    )?;
    // To others it is the history of one whom nothing concerned.
    if !rules::history(&caller, &id) {
        return Ok(wire::ListHistoryResponse::default());
    }
    let prefix = credit::api::history_prefix(&id);
    let (entries, next_page_token) = service
        .list(
            caller,
            page,
            prefix,
            |_, _, entry| Ok(Some(entry)),
            |_| true,
        )
        .await?;
    Ok(wire::ListHistoryResponse {
        entries,
        next_page_token,
    })
}
