//! Financing requests, quotes and loans.

use std::sync::Arc;

use counterfoil_contracts::financing;
use counterfoil_proto::financing::v1::{Loan, LoanState, Request, RequestState};
use counterfoil_proto::v1 as wire;
use tonic::Status;

use super::{Service, known};
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;
use crate::grpc::filters::{is, is_for_bank, matches};
use crate::grpc::pages::Page;
use crate::grpc::ranking;

pub async fn get_request(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetRequestRequest,
) -> Result<wire::GetRequestResponse, Status> {
    let id = errors::hash("id", &request.id)?;
    let key = financing::api::request_key(id.as_ref());
    let missing = errors::not_found("financing", format!("request {id}"));
    let request = service.get(caller, key, rules::request, missing).await?;
    Ok(wire::GetRequestResponse { request })
}

pub async fn list_requests(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListRequestsRequest,
) -> Result<wire::ListRequestsResponse, Status> {
    let state = known::<RequestState>("state", r.state)?;
    let filters: [&[u8]; 3] = [r.seller.as_bytes(), r.bank.as_bytes(), &state.to_be_bytes()];
    let page = Page::new(&caller, r.page_size, &r.page_token, "requests", &filters)?;
    let filter = move |x: &Request| {
        matches(&r.seller, &x.seller) && is_for_bank(&r.bank, x) && is(state, x.state)
    };
    let prefix = financing::api::request_prefix();
    let (requests, next_page_token) = service
        .list(caller, page, prefix, rules::request, filter)
        .await?;
    Ok(wire::ListRequestsResponse {
        requests,
        next_page_token,
    })
}

pub async fn rank_quotes(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::RankQuotesRequest,
) -> Result<wire::RankQuotesResponse, Status> {
    let id = errors::hash("request", &request.request)?;
    let ranked = service
        .reader
        .read(move |ledger| ranking::rank_quotes(ledger, &caller, &id));
    ranked.await
}

pub async fn get_loan(
    service: &Service,
    caller: Arc<Caller>,
    request: wire::GetLoanRequest,
) -> Result<wire::GetLoanResponse, Status> {
    let id = errors::hash("id", &request.id)?;
    let key = financing::api::loan_key(id.as_ref());
    let missing = errors::not_found("financing", format!("loan {id}"));
    let loan = service.get(caller, key, rules::loan, missing).await?;
    Ok(wire::GetLoanResponse { loan })
}

pub async fn list_loans(
    service: &Service,
    caller: Arc<Caller>,
    r: wire::ListLoansRequest,
) -> Result<wire::ListLoansResponse, Status> {
    let state = known::<LoanState>("state", r.state)?;
    let filters: [&[u8]; 3] = [
        r.borrower.as_bytes(),
        r.lender.as_bytes(),
        &state.to_be_bytes(),
    ];
    let page = Page::new(&caller, r.page_size, &r.page_token, "loans", &filters)?;
    let filter = move |x: &Loan| {
        matches(&r.borrower, &x.borrower) && matches(&r.lender, &x.lender) && is(state, x.state)
    };
    let prefix = financing::api::loan_prefix();
    let (loans, next_page_token) = service
        .list(caller, page, prefix, rules::loan, filter)
        .await?;
    Ok(wire::ListLoansResponse {
        loans,
        next_page_token,
    })
}
