//! Organizations, their proposals, and what the operators decide.

use std::sync::Arc;

use counterfoil_contracts::membership;
use counterfoil_proto::membership::v1::{
    DecisionState, Organization, Proposal, ProposalState, ProposedDecision, Role,
};
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, known, organization};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::filters::{is, matches};
use crate::grpc::pages::Page;

pub async fn get_organization(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetOrganizationRequest,
) -> Result<wire::GetOrganizationResponse, Status> {
    let id = organization("id", request.id)?;
    let key = membership::api::organization_key(&id);
    let missing = errors::not_found("membership", format!("organization {id:?}"));
    let organization = service
        .get(caller, key, rules::organization, missing)
        .await?;
    Ok(wire::GetOrganizationResponse { organization })
}

pub async fn list_organizations(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListOrganizationsRequest,
) -> Result<wire::ListOrganizationsResponse, Status> {
    let role = known::<Role>("role", r.role)?;
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "organizations",
        &[&role.to_be_bytes()],
    )?;
    let prefix = membership::api::organization_prefix();
    let filter = move |o: &Organization| role == 0 || o.roles.contains(&role);
    let (organizations, next_page_token) = service
        .list(caller, page, prefix, rules::organization, filter)
        .await?;
    Ok(wire::ListOrganizationsResponse {
        organizations,
        next_page_token,
    })
}

pub async fn get_proposal(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetProposalRequest,
) -> Result<wire::GetProposalResponse, Status> {
    let id = errors::hash("id", &request.id)?;
    let key = membership::api::proposal_key(id.as_ref());
    let missing = errors::not_found("membership", format!("proposal {id}"));
    let proposal = service.get(caller, key, rules::proposal, missing).await?;
    Ok(wire::GetProposalResponse { proposal })
}

pub async fn list_proposals(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListProposalsRequest,
) -> Result<wire::ListProposalsResponse, Status> {
    let state = known::<ProposalState>("state", r.state)?;
    let filters: [&[u8]; 3] = [
        r.organization.as_bytes(),
        r.consent_of.as_bytes(),
        &state.to_be_bytes(),
    ];
    let page = Page::new(&caller, r.page_size, &r.page_token, "proposals", &filters)?;
    let filter = move |p: &Proposal| {
        let asks = r.consent_of.is_empty() || p.consents_of.contains(&r.consent_of);
        matches(&r.organization, &p.organization) && asks && is(state, p.state)
    };
    let prefix = membership::api::proposal_prefix();
    let (proposals, next_page_token) = service
        .list(caller, page, prefix, rules::proposal, filter)
        .await?;
    Ok(wire::ListProposalsResponse {
        proposals,
        next_page_token,
    })
}

pub async fn get_decision(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetDecisionRequest,
) -> Result<wire::GetDecisionResponse, Status> {
    let id = errors::hash("id", &request.id)?;
    let key = membership::api::decision_key(id.as_ref());
    let missing = errors::not_found("membership", format!("decision {id}"));
    let decision = service.get(caller, key, rules::decision, missing).await?;
    Ok(wire::GetDecisionResponse { decision })
}

pub async fn list_decisions(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListDecisionsRequest,
) -> Result<wire::ListDecisionsResponse, Status> {
    let state = known::<DecisionState>("state", r.state)?;
    let filters: [&[u8]; 1] = [&state.to_be_bytes()];
    let page = Page::new(&caller, r.page_size, &r.page_token, "decisions", &filters)?;
    let filter = move |d: &ProposedDecision| is(state, d.state);
    let prefix = membership::api::decision_prefix();
    let (decisions, next_page_token) = service
        .list(caller, page, prefix, rules::decision, filter)
        .await?;
    Ok(wire::ListDecisionsResponse {
        decisions,
        next_page_token,
    })
}

pub async fn get_consensus_settings(
    service: &Service,
    caller: Arc<Caller>,
    _: wire::GetConsensusSettingsRequest,
) -> Result<wire::GetConsensusSettingsResponse, Status> {
    let key = membership::api::settings_key();
    let missing = errors::not_found("membership", "the settings of consensus");
    let settings = service.get(caller, key, rules::settings, missing).await?;
    Ok(wire::GetConsensusSettingsResponse { settings })
}
