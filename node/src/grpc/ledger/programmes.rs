//! Payables finance programmes, standing quotes, and what banks have outstanding.

use std::sync::Arc;

use counterfoil_contracts::financing;
use counterfoil_proto::financing::v1::{Limit, Programme, ProgrammeState, StandingQuote};
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, known};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::filters::{is, matches};
use crate::grpc::pages::Page;

pub async fn get_programme(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetProgrammeRequest,
) -> Result<wire::GetProgrammeResponse, Status> {
    let id = errors::hash("id", &request.id)?;
    let key = financing::api::programme_key(id.as_ref());
    let missing = errors::not_found("financing", format!("programme {id}"));
    let programme = service.get(caller, key, rules::programme, missing).await?;
    Ok(wire::GetProgrammeResponse { programme })
}

pub async fn list_programmes(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListProgrammesRequest,
) -> Result<wire::ListProgrammesResponse, Status> {
    let state = known::<ProgrammeState>("state", r.state)?;
    let filters: [&[u8]; 2] = [r.buyer.as_bytes(), &state.to_be_bytes()];
    let page = Page::new(&caller, r.page_size, &r.page_token, "programmes", &filters)?;
    let filter = move |x: &Programme| matches(&r.buyer, &x.buyer) && is(state, x.state);
    let prefix = financing::api::programme_prefix();
    let (programmes, next_page_token) = service
        .list(caller, page, prefix, rules::programme, filter)
        .await?;
    Ok(wire::ListProgrammesResponse {
        programmes,
        next_page_token,
    })
}

pub async fn list_standing_quotes(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListStandingQuotesRequest,
) -> Result<wire::ListStandingQuotesResponse, Status> {
    let filters: [&[u8]; 1] = [&r.programme];
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "standing_quotes",
        &filters,
    )?;
    let filter = move |x: &StandingQuote| r.programme.is_empty() || r.programme == x.programme;
    let prefix = financing::api::standing_prefix();
    let (quotes, next_page_token) = service
        .list(caller, page, prefix, rules::standing_quote, filter)
        .await?;
    Ok(wire::ListStandingQuotesResponse {
        quotes,
        next_page_token,
    })
}

pub async fn list_limits(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListLimitsRequest,
) -> Result<wire::ListLimitsResponse, Status> {
    let filters: [&[u8]; 2] = [r.grantor.as_bytes(), r.subject.as_bytes()];
    let page = Page::new(&caller, r.page_size, &r.page_token, "limits", &filters)?;
    let filter =
        move |x: &Limit| matches(&r.grantor, &x.grantor) && matches(&r.subject, &x.subject);
    let prefix = financing::api::limit_prefix();
    let (limits, next_page_token) = service
        .list(caller, page, prefix, rules::limit, filter)
        .await?;
    Ok(wire::ListLimitsResponse {
        limits,
        next_page_token,
    })
}
