//! `LedgerService`: records as of the last committed block, as their rules let each caller see them.

use std::sync::Arc;

use counterfoil_contracts::{cash, financing, invoice, membership, receivable};
use counterfoil_proto::cash::v1::{Balance, Issuance, Redemption, RedemptionState};
use counterfoil_proto::financing::v1::{
    Loan, LoanState, Request as FinancingRequest, RequestState,
};
use counterfoil_proto::invoice::v1::{Invoice, InvoiceState};
use counterfoil_proto::membership::v1::{Organization, Role};
use counterfoil_proto::receivable::v1::{
    Claim, ClaimState, Endorsement, Receivable, ReceivableState,
};
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::ledger_service_server::LedgerService;
use counterfoil_types::ids::OrganizationId;
use prost::Message;
use tonic::{Request, Response, Status};

use super::access::rules::{self, Shown};
use super::access::{Caller, Records, caller};
use super::errors;
use super::filters::{is, is_for_bank, is_offered_to, matches};
use super::pages::Page;
use super::ranking;
use super::reader::Reader;

/// No id of a record is longer.
const MAX_TEXT_ID: usize = 64;

pub struct Service {
    pub reader: Reader,
}

/// The rule of a kind of record.
type Rule<R> = fn(&Caller, &Records<'_>, R) -> Shown<R>;

impl Service {
    /// The record of a key as the caller may see it; `missing` where there is none, or none for the caller.
    async fn get<R: Message + Default + 'static>(
        &self,
        caller: Arc<Caller>,
        key: Vec<u8>,
        rule: Rule<R>,
        missing: Status,
    ) -> Result<Option<R>, Status> {
        let read = self.reader.read(move |ledger| {
            let records = Records::new(ledger);
            match records.get(&key)? {
                Some(record) => rule(&caller, &records, record),
                None => Ok(None),
            }
        });
        read.await?.map(Some).ok_or(missing)
    }

    /// A page of the records that the caller may read, by what it may see of them.
    async fn list<R: Message + Default + 'static>(
        &self,
        caller: Arc<Caller>,
        page: Page,
        prefix: Vec<u8>,
        rule: Rule<R>,
        matches: impl Fn(&R) -> bool + Send + 'static,
    ) -> Result<(Vec<R>, String), Status> {
        let read = self.reader.read(move |ledger| {
            let records = Records::new(ledger);
            page.records(&records, &prefix, |record| {
                let shown = rule(&caller, &records, record)?;
                Ok(shown.filter(&matches))
            })
        });
        read.await
    }
}

/// Checks that an enum's number is one of its values.
fn known<E: TryFrom<i32>>(field: &str, number: i32) -> Result<i32, Status> {
    match E::try_from(number) {
        Ok(_) => Ok(number),
        Err(_) => Err(errors::invalid(field, format!("no value {number}"))),
    }
}

/// Checks a textual id that is part of a key.
fn text(field: &str, id: String) -> Result<String, Status> {
    let problem = match id.len() {
        0 => "is missing",
        1..=MAX_TEXT_ID => return Ok(id),
        _ => "is longer than any id",
    };
    Err(errors::invalid(field, problem))
}

/// Checks an organization's id that is part of a key: with a '/' in it, it would spell another key.
fn organization(field: &str, id: String) -> Result<String, Status> {
    match id.parse::<OrganizationId>() {
        Ok(_) => Ok(id),
        Err(problem) => Err(errors::invalid(field, problem.to_string())),
    }
}

#[tonic::async_trait]
impl LedgerService for Service {
    async fn get_organization(
        &self,
        request: Request<wire::GetOrganizationRequest>,
    ) -> Result<Response<wire::GetOrganizationResponse>, Status> {
        let caller = caller(&request)?;
        let id = organization("id", request.into_inner().id)?;
        let key = membership::api::organization_key(&id);
        let missing = errors::not_found("membership", format!("organization {id:?}"));
        let organization = self.get(caller, key, rules::organization, missing).await?;
        Ok(Response::new(wire::GetOrganizationResponse {
            organization,
        }))
    }

    async fn list_organizations(
        &self,
        request: Request<wire::ListOrganizationsRequest>,
    ) -> Result<Response<wire::ListOrganizationsResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
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
        let (organizations, next_page_token) = self
            .list(caller, page, prefix, rules::organization, filter)
            .await?;
        Ok(Response::new(wire::ListOrganizationsResponse {
            organizations,
            next_page_token,
        }))
    }

    async fn get_invoice(
        &self,
        request: Request<wire::GetInvoiceRequest>,
    ) -> Result<Response<wire::GetInvoiceResponse>, Status> {
        let caller = caller(&request)?;
        let id = errors::hash("id", &request.into_inner().id)?;
        let key = invoice::api::invoice_key(id.as_ref());
        let missing = errors::not_found("invoice", format!("invoice {id}"));
        let invoice = self.get(caller, key, rules::invoice, missing).await?;
        Ok(Response::new(wire::GetInvoiceResponse { invoice }))
    }

    async fn list_invoices(
        &self,
        request: Request<wire::ListInvoicesRequest>,
    ) -> Result<Response<wire::ListInvoicesResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let state = known::<InvoiceState>("state", r.state)?;
        let filters: [&[u8]; 3] = [
            r.seller.as_bytes(),
            r.buyer.as_bytes(),
            &state.to_be_bytes(),
        ];
        let page = Page::new(&caller, r.page_size, &r.page_token, "invoices", &filters)?;
        let filter = move |i: &Invoice| {
            matches(&r.seller, &i.seller) && matches(&r.buyer, &i.buyer) && is(state, i.state)
        };
        let prefix = invoice::api::invoice_prefix();
        let (invoices, next_page_token) = self
            .list(caller, page, prefix, rules::invoice, filter)
            .await?;
        Ok(Response::new(wire::ListInvoicesResponse {
            invoices,
            next_page_token,
        }))
    }

    async fn get_receivable(
        &self,
        request: Request<wire::GetReceivableRequest>,
    ) -> Result<Response<wire::GetReceivableResponse>, Status> {
        let caller = caller(&request)?;
        let id = errors::hash("id", &request.into_inner().id)?;
        let key = receivable::api::receivable_key(id.as_ref());
        let missing = errors::not_found("receivable", format!("receivable {id}"));
        let receivable = self.get(caller, key, rules::receivable, missing).await?;
        Ok(Response::new(wire::GetReceivableResponse { receivable }))
    }

    async fn list_receivables(
        &self,
        request: Request<wire::ListReceivablesRequest>,
    ) -> Result<Response<wire::ListReceivablesResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let state = known::<ReceivableState>("state", r.state)?;
        let filters: [&[u8]; 2] = [r.debtor.as_bytes(), &state.to_be_bytes()];
        let page = Page::new(&caller, r.page_size, &r.page_token, "receivables", &filters)?;
        let filter = move |x: &Receivable| matches(&r.debtor, &x.debtor) && is(state, x.state);
        let prefix = receivable::api::receivable_prefix();
        let (receivables, next_page_token) = self
            .list(caller, page, prefix, rules::receivable, filter)
            .await?;
        Ok(Response::new(wire::ListReceivablesResponse {
            receivables,
            next_page_token,
        }))
    }

    async fn get_claim(
        &self,
        request: Request<wire::GetClaimRequest>,
    ) -> Result<Response<wire::GetClaimResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let id = errors::hash("receivable", &r.receivable)?;
        let key = receivable::api::claim_key(id.as_ref(), r.number);
        let missing = errors::not_found("receivable", format!("claim {id}#{}", r.number));
        let claim = self.get(caller, key, rules::claim, missing).await?;
        Ok(Response::new(wire::GetClaimResponse { claim }))
    }

    async fn list_claims(
        &self,
        request: Request<wire::ListClaimsRequest>,
    ) -> Result<Response<wire::ListClaimsResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let state = known::<ClaimState>("state", r.state)?;
        let prefix = if r.receivable.is_empty() {
            receivable::api::claim_prefix()
        } else {
            let id = errors::hash("receivable", &r.receivable)?;
            receivable::api::claims_of_prefix(id.as_ref())
        };
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
        let (claims, next_page_token) = self
            .list(caller, page, prefix, rules::claim, filter)
            .await?;
        Ok(Response::new(wire::ListClaimsResponse {
            claims,
            next_page_token,
        }))
    }

    async fn list_endorsements(
        &self,
        request: Request<wire::ListEndorsementsRequest>,
    ) -> Result<Response<wire::ListEndorsementsResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let prefix = if r.receivable.is_empty() {
            receivable::api::endorsement_prefix()
        } else {
            let id = errors::hash("receivable", &r.receivable)?;
            receivable::api::endorsements_of_prefix(id.as_ref())
        };
        let filters: [&[u8]; 1] = [&r.receivable];
        let page = Page::new(
            &caller,
            r.page_size,
            &r.page_token,
            "endorsements",
            &filters,
        )?;
        let all = |_: &Endorsement| true;
        let (endorsements, next_page_token) = self
            .list(caller, page, prefix, rules::endorsement, all)
            .await?;
        Ok(Response::new(wire::ListEndorsementsResponse {
            endorsements,
            next_page_token,
        }))
    }

    async fn get_request(
        &self,
        request: Request<wire::GetRequestRequest>,
    ) -> Result<Response<wire::GetRequestResponse>, Status> {
        let caller = caller(&request)?;
        let id = errors::hash("id", &request.into_inner().id)?;
        let key = financing::api::request_key(id.as_ref());
        let missing = errors::not_found("financing", format!("request {id}"));
        let request = self.get(caller, key, rules::request, missing).await?;
        Ok(Response::new(wire::GetRequestResponse { request }))
    }

    async fn list_requests(
        &self,
        request: Request<wire::ListRequestsRequest>,
    ) -> Result<Response<wire::ListRequestsResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let state = known::<RequestState>("state", r.state)?;
        let filters: [&[u8]; 3] = [r.seller.as_bytes(), r.bank.as_bytes(), &state.to_be_bytes()];
        let page = Page::new(&caller, r.page_size, &r.page_token, "requests", &filters)?;
        let filter = move |x: &FinancingRequest| {
            matches(&r.seller, &x.seller) && is_for_bank(&r.bank, x) && is(state, x.state)
        };
        let prefix = financing::api::request_prefix();
        let (requests, next_page_token) = self
            .list(caller, page, prefix, rules::request, filter)
            .await?;
        Ok(Response::new(wire::ListRequestsResponse {
            requests,
            next_page_token,
        }))
    }

    async fn rank_quotes(
        &self,
        request: Request<wire::RankQuotesRequest>,
    ) -> Result<Response<wire::RankQuotesResponse>, Status> {
        let caller = caller(&request)?;
        let id = errors::hash("request", &request.into_inner().request)?;
        let ranked = self
            .reader
            .read(move |ledger| ranking::rank_quotes(ledger, &caller, &id));
        Ok(Response::new(ranked.await?))
    }

    async fn get_loan(
        &self,
        request: Request<wire::GetLoanRequest>,
    ) -> Result<Response<wire::GetLoanResponse>, Status> {
        let caller = caller(&request)?;
        let id = errors::hash("id", &request.into_inner().id)?;
        let key = financing::api::loan_key(id.as_ref());
        let missing = errors::not_found("financing", format!("loan {id}"));
        let loan = self.get(caller, key, rules::loan, missing).await?;
        Ok(Response::new(wire::GetLoanResponse { loan }))
    }

    async fn list_loans(
        &self,
        request: Request<wire::ListLoansRequest>,
    ) -> Result<Response<wire::ListLoansResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
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
        let (loans, next_page_token) = self.list(caller, page, prefix, rules::loan, filter).await?;
        Ok(Response::new(wire::ListLoansResponse {
            loans,
            next_page_token,
        }))
    }

    async fn get_balance(
        &self,
        request: Request<wire::GetBalanceRequest>,
    ) -> Result<Response<wire::GetBalanceResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let holder = organization("holder", r.holder)?;
        let issuer = organization("issuer", r.issuer)?;
        let currency = text("currency", r.currency)?;
        let key = cash::api::balance_key(&holder, &issuer, &currency);
        let what = format!("balance of {holder:?} in {currency:?} deposits of {issuer:?}");
        let missing = errors::not_found("cash", what);
        let nothing = Balance {
            issuer,
            holder,
            currency,
            available_minor: 0,
            locked_minor: 0,
        };
        // Whether there is a balance or none, the rule is the same: it asks for the two parties.
        let read = self.reader.read(move |ledger| {
            let records = Records::new(ledger);
            let found = records.get(&key)?.unwrap_or(nothing);
            rules::balance(&caller, &records, found)
        });
        let balance = read.await?.ok_or(missing)?;
        Ok(Response::new(wire::GetBalanceResponse {
            balance: Some(balance),
        }))
    }

    async fn list_balances(
        &self,
        request: Request<wire::ListBalancesRequest>,
    ) -> Result<Response<wire::ListBalancesResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let filters = [r.holder.as_bytes(), r.issuer.as_bytes()];
        let page = Page::new(&caller, r.page_size, &r.page_token, "balances", &filters)?;
        let filter =
            move |b: &Balance| matches(&r.holder, &b.holder) && matches(&r.issuer, &b.issuer);
        let prefix = cash::api::balance_prefix();
        let (balances, next_page_token) = self
            .list(caller, page, prefix, rules::balance, filter)
            .await?;
        Ok(Response::new(wire::ListBalancesResponse {
            balances,
            next_page_token,
        }))
    }

    async fn list_issuances(
        &self,
        request: Request<wire::ListIssuancesRequest>,
    ) -> Result<Response<wire::ListIssuancesResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let page = Page::new(
            &caller,
            r.page_size,
            &r.page_token,
            "issuances",
            &[r.issuer.as_bytes()],
        )?;
        let filter = move |i: &Issuance| matches(&r.issuer, &i.issuer);
        let prefix = cash::api::issuance_prefix();
        let (issuances, next_page_token) = self
            .list(caller, page, prefix, rules::issuance, filter)
            .await?;
        Ok(Response::new(wire::ListIssuancesResponse {
            issuances,
            next_page_token,
        }))
    }

    async fn get_redemption(
        &self,
        request: Request<wire::GetRedemptionRequest>,
    ) -> Result<Response<wire::GetRedemptionResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let holder = organization("holder", r.holder)?;
        let end_to_end_id = text("end_to_end_id", r.end_to_end_id)?;
        let key = cash::api::redemption_key(&holder, &end_to_end_id);
        let what = format!("redemption {end_to_end_id:?} of {holder:?}");
        let missing = errors::not_found("cash", what);
        let redemption = self.get(caller, key, rules::redemption, missing).await?;
        Ok(Response::new(wire::GetRedemptionResponse { redemption }))
    }

    async fn list_redemptions(
        &self,
        request: Request<wire::ListRedemptionsRequest>,
    ) -> Result<Response<wire::ListRedemptionsResponse>, Status> {
        let caller = caller(&request)?;
        let r = request.into_inner();
        let state = known::<RedemptionState>("state", r.state)?;
        let filters: [&[u8]; 3] = [
            r.holder.as_bytes(),
            r.issuer.as_bytes(),
            &state.to_be_bytes(),
        ];
        let page = Page::new(&caller, r.page_size, &r.page_token, "redemptions", &filters)?;
        let filter = move |x: &Redemption| {
            matches(&r.holder, &x.holder) && matches(&r.issuer, &x.issuer) && is(state, x.state)
        };
        let prefix = cash::api::redemption_prefix();
        let (redemptions, next_page_token) = self
            .list(caller, page, prefix, rules::redemption, filter)
            .await?;
        Ok(Response::new(wire::ListRedemptionsResponse {
            redemptions,
            next_page_token,
        }))
    }
}
