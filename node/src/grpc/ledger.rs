//! `LedgerService`: records as of the last committed block, as their rules let each caller see them.

mod calendar;
mod cash;
mod credit;
mod financing;
mod invoice;
mod membership;
mod programmes;
mod receivable;
mod supervision;

use std::sync::Arc;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::ledger_service_server::LedgerService;
use counterfoil_types::ids::OrganizationId;
use prost::Message;
use tonic::{Request, Response, Status};

use super::access::rules::Shown;
use super::access::{Caller, Records, caller};
use super::errors;
use super::pages::Page;
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

    /// The same where no record says as much as one of this content: the rule is asked about either alike.
    async fn get_or<R: Message + Default + 'static>(
        &self,
        caller: Arc<Caller>,
        (key, nothing): (Vec<u8>, R),
        rule: Rule<R>,
        missing: Status,
    ) -> Result<Option<R>, Status> {
        let read = self.reader.read(move |ledger| {
            let records = Records::new(ledger);
            let found = records.get(&key)?.unwrap_or(nothing);
            rule(&caller, &records, found)
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

/// The service's methods: each is a function of the room named beside it.
macro_rules! reads {
    ($($room:ident::$method:ident($request:ident) -> $response:ident;)*) => {
        #[tonic::async_trait]
        impl LedgerService for Service {$(
            async fn $method(
                &self,
                request: Request<wire::$request>,
            ) -> Result<Response<wire::$response>, Status> {
                let caller = caller(&request)?;
                let answer = $room::$method(self, caller, request.into_inner()).await;
                answer.map(Response::new)
            }
        )*}
    };
}

reads! {
    membership::get_organization(GetOrganizationRequest) -> GetOrganizationResponse;
    membership::list_organizations(ListOrganizationsRequest) -> ListOrganizationsResponse;
    membership::get_proposal(GetProposalRequest) -> GetProposalResponse;
    membership::list_proposals(ListProposalsRequest) -> ListProposalsResponse;
    membership::get_decision(GetDecisionRequest) -> GetDecisionResponse;
    membership::list_decisions(ListDecisionsRequest) -> ListDecisionsResponse;
    membership::get_consensus_settings(GetConsensusSettingsRequest) -> GetConsensusSettingsResponse;
    calendar::get_calendar(GetCalendarRequest) -> GetCalendarResponse;
    calendar::list_calendars(ListCalendarsRequest) -> ListCalendarsResponse;
    invoice::get_invoice(GetInvoiceRequest) -> GetInvoiceResponse;
    invoice::list_invoices(ListInvoicesRequest) -> ListInvoicesResponse;
    receivable::get_receivable(GetReceivableRequest) -> GetReceivableResponse;
    receivable::list_receivables(ListReceivablesRequest) -> ListReceivablesResponse;
    receivable::get_claim(GetClaimRequest) -> GetClaimResponse;
    receivable::list_claims(ListClaimsRequest) -> ListClaimsResponse;
    receivable::list_endorsements(ListEndorsementsRequest) -> ListEndorsementsResponse;
    receivable::list_undertakings(ListUndertakingsRequest) -> ListUndertakingsResponse;
    receivable::list_debt_payments(ListDebtPaymentsRequest) -> ListDebtPaymentsResponse;
    financing::get_request(GetRequestRequest) -> GetRequestResponse;
    financing::list_requests(ListRequestsRequest) -> ListRequestsResponse;
    financing::rank_quotes(RankQuotesRequest) -> RankQuotesResponse;
    financing::get_loan(GetLoanRequest) -> GetLoanResponse;
    financing::list_loans(ListLoansRequest) -> ListLoansResponse;
    programmes::get_programme(GetProgrammeRequest) -> GetProgrammeResponse;
    programmes::list_programmes(ListProgrammesRequest) -> ListProgrammesResponse;
    programmes::list_standing_quotes(ListStandingQuotesRequest) -> ListStandingQuotesResponse;
    programmes::list_limits(ListLimitsRequest) -> ListLimitsResponse;
    cash::get_balance(GetBalanceRequest) -> GetBalanceResponse;
    cash::list_balances(ListBalancesRequest) -> ListBalancesResponse;
    cash::list_issuances(ListIssuancesRequest) -> ListIssuancesResponse;
    cash::get_redemption(GetRedemptionRequest) -> GetRedemptionResponse;
    cash::list_redemptions(ListRedemptionsRequest) -> ListRedemptionsResponse;
    cash::get_acceptance(GetAcceptanceRequest) -> GetAcceptanceResponse;
    cash::get_payment(GetPaymentRequest) -> GetPaymentResponse;
    cash::list_payments(ListPaymentsRequest) -> ListPaymentsResponse;
    supervision::get_suspense(GetSuspenseRequest) -> GetSuspenseResponse;
    supervision::list_suspense(ListSuspenseRequest) -> ListSuspenseResponse;
    supervision::get_policy_pack(GetPolicyPackRequest) -> GetPolicyPackResponse;
    supervision::list_policy_packs(ListPolicyPacksRequest) -> ListPolicyPacksResponse;
    supervision::get_freeze(GetFreezeRequest) -> GetFreezeResponse;
    supervision::list_freezes(ListFreezesRequest) -> ListFreezesResponse;
    credit::get_profile(GetProfileRequest) -> GetProfileResponse;
    credit::list_history(ListHistoryRequest) -> ListHistoryResponse;
    credit::list_profile_shares(ListProfileSharesRequest) -> ListProfileSharesResponse;
}
