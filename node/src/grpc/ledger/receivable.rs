//! Receivables, their claims and endorsements, and what is undertaken for them.

use std::sync::Arc;

use counterfoil_contracts::receivable;
use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, DebtPayment, Endorsement, Receivable, ReceivableState, Undertaking,
    UndertakingKind,
};
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, known};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::filters::{is, is_offered_to, matches};
use crate::grpc::pages::Page;

pub async fn get_receivable(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetReceivableRequest,
) -> Result<wire::GetReceivableResponse, Status> {
    let id = errors::hash("id", &request.id)?;
    let key = receivable::api::receivable_key(id.as_ref());
    let missing = errors::not_found("receivable", format!("receivable {id}"));
    let receivable = service.get(caller, key, rules::receivable, missing).await?;
    Ok(wire::GetReceivableResponse { receivable })
}

pub async fn list_receivables(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListReceivablesRequest,
) -> Result<wire::ListReceivablesResponse, Status> {
    let state = known::<ReceivableState>("state", r.state)?;
    let filters: [&[u8]; 2] = [r.debtor.as_bytes(), &state.to_be_bytes()];
    let page = Page::new(&caller, r.page_size, &r.page_token, "receivables", &filters)?;
    let filter = move |x: &Receivable| matches(&r.debtor, &x.debtor) && is(state, x.state);
    let prefix = receivable::api::receivable_prefix();
    let (receivables, next_page_token) = service
        .list(caller, page, prefix, rules::receivable, filter)
        .await?;
    Ok(wire::ListReceivablesResponse {
        receivables,
        next_page_token,
    })
}

pub async fn get_claim(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::GetClaimRequest,
) -> Result<wire::GetClaimResponse, Status> {
    let id = errors::hash("receivable", &r.receivable)?;
    let key = receivable::api::claim_key(id.as_ref(), r.number);
    let missing = errors::not_found("receivable", format!("claim {id}#{}", r.number));
    let claim = service.get(caller, key, rules::claim, missing).await?;
    Ok(wire::GetClaimResponse { claim })
}

pub async fn list_claims(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListClaimsRequest,
) -> Result<wire::ListClaimsResponse, Status> {
    let state = known::<ClaimState>("state", r.state)?;
    let prefix = of_receivable(
        &r.receivable,
        receivable::api::claim_prefix,
        receivable::api::claims_of_prefix,
    )?;
    let filters: [&[u8]; 4] = [
        &r.receivable,
        r.controller.as_bytes(),
        &state.to_be_bytes(),
        r.offered_to.as_bytes(),
    ];
    let page = Page::new(&caller, r.page_size, &r.page_token, "claims", &filters)?;
    let filter = move |c: &Claim| {
        matches(&r.controller, &c.controller)
            && is(state, c.state)
            && is_offered_to(&r.offered_to, c)
    };
    let (claims, next_page_token) = service
        .list(caller, page, prefix, rules::claim, filter)
        .await?;
    Ok(wire::ListClaimsResponse {
        claims,
        next_page_token,
    })
}

pub async fn list_endorsements(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListEndorsementsRequest,
) -> Result<wire::ListEndorsementsResponse, Status> {
    let prefix = of_receivable(
        &r.receivable,
        receivable::api::endorsement_prefix,
        receivable::api::endorsements_of_prefix,
    )?;
    let filters: [&[u8]; 1] = [&r.receivable];
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "endorsements",
        &filters,
    )?;
    let all = |_: &Endorsement| true;
    let (endorsements, next_page_token) = service
        .list(caller, page, prefix, rules::endorsement, all)
        .await?;
    Ok(wire::ListEndorsementsResponse {
        endorsements,
        next_page_token,
    })
}

pub async fn list_debt_payments(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListDebtPaymentsRequest,
) -> Result<wire::ListDebtPaymentsResponse, Status> {
    let prefix = of_receivable(
        &r.receivable,
        receivable::api::debt_payment_prefix,
        receivable::api::debt_payments_of_prefix,
    )?;
    let filters: [&[u8]; 1] = [&r.receivable];
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "debt_payments",
        &filters,
    )?;
    let all = |_: &DebtPayment| true;
    let (payments, next_page_token) = service
        .list(caller, page, prefix, rules::debt_payment, all)
        .await?;
    Ok(wire::ListDebtPaymentsResponse {
        payments,
        next_page_token,
    })
}

pub async fn list_undertakings(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListUndertakingsRequest,
) -> Result<wire::ListUndertakingsResponse, Status> {
    let kind = known::<UndertakingKind>("kind", r.kind)?;
    let prefix = of_receivable(
        &r.receivable,
        receivable::api::undertaking_prefix,
        receivable::api::undertakings_of_prefix,
    )?;
    let filters: [&[u8]; 3] = [&r.receivable, r.by.as_bytes(), &kind.to_be_bytes()];
    let page = Page::new(
        &caller,
        r.page_size,
        &r.page_token,
        "undertakings",
        &filters,
    )?;
    let filter = move |x: &Undertaking| matches(&r.by, &x.by) && is(kind, x.kind);
    let (undertakings, next_page_token) = service
        .list(caller, page, prefix, rules::undertaking, filter)
        .await?;
    Ok(wire::ListUndertakingsResponse {
        undertakings,
        next_page_token,
    })
}

/// What keys begin with: those of one receivable or, where none is named, of all.
fn of_receivable(
    id: &[u8],
    all: impl Fn() -> Vec<u8>,
    of: impl Fn(&[u8]) -> Vec<u8>,
) -> Result<Vec<u8>, Status> {
    match id {
        [] => Ok(all()),
        id => Ok(of(errors::hash("receivable", id)?.as_ref())),
    }
}
