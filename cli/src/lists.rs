//! Lists of the ledger service: a request, its filters set, names the records to be read.

use counterfoil_proto::calendar::v1::PublishedCalendar;
use counterfoil_proto::cash::v1::{Balance, Issuance, Payment, Redemption, Suspense};
use counterfoil_proto::credit::v1::{HistoryEntry, ProfileShare};
use counterfoil_proto::financing::v1::{Limit, Loan, Programme, Request, StandingQuote};
use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::membership::v1::{Organization, Proposal, ProposedDecision};
use counterfoil_proto::receivable::v1::{Claim, DebtPayment, Endorsement, Receivable, Undertaking};
use counterfoil_proto::supervision::v1::{Freeze, PolicyPack};
use counterfoil_proto::v1 as wire;

use crate::client::{self, Client};
use crate::failure::Failure;

/// A request for a list, whose page is filled in for each call.
pub trait List: Clone {
    type Record;

    async fn page(
        self,
        client: &Client,
        page_size: u32,
        page_token: String,
    ) -> Result<(Vec<Self::Record>, String), Failure>;
}

macro_rules! lists {
    ($($request:ident => $call:ident, $records:ident: $record:ty;)*) => {$(
        impl List for wire::$request {
            type Record = $record;

            async fn page(
                mut self,
                client: &Client,
                page_size: u32,
                page_token: String,
            ) -> Result<(Vec<$record>, String), Failure> {
                (self.page_size, self.page_token) = (page_size, page_token);
                let answer = client.ledger().$call(self).await;
                let answer = answer.map_err(|s| client.failure(s))?.into_inner();
                Ok((answer.$records, answer.next_page_token))
            }
        }
    )*};
}

lists! {
    ListOrganizationsRequest => list_organizations, organizations: Organization;
    ListProposalsRequest => list_proposals, proposals: Proposal;
    ListDecisionsRequest => list_decisions, decisions: ProposedDecision;
    ListCalendarsRequest => list_calendars, calendars: PublishedCalendar;
    ListInvoicesRequest => list_invoices, invoices: Invoice;
    ListReceivablesRequest => list_receivables, receivables: Receivable;
    ListClaimsRequest => list_claims, claims: Claim;
    ListEndorsementsRequest => list_endorsements, endorsements: Endorsement;
    ListUndertakingsRequest => list_undertakings, undertakings: Undertaking;
    ListDebtPaymentsRequest => list_debt_payments, payments: DebtPayment;
    ListRequestsRequest => list_requests, requests: Request;
    ListLoansRequest => list_loans, loans: Loan;
    ListProgrammesRequest => list_programmes, programmes: Programme;
    ListStandingQuotesRequest => list_standing_quotes, quotes: StandingQuote;
    ListLimitsRequest => list_limits, limits: Limit;
    ListBalancesRequest => list_balances, balances: Balance;
    ListIssuancesRequest => list_issuances, issuances: Issuance;
    ListPaymentsRequest => list_payments, payments: Payment;
    ListRedemptionsRequest => list_redemptions, redemptions: Redemption;
    ListSuspenseRequest => list_suspense, suspense: Suspense;
    ListPolicyPacksRequest => list_policy_packs, packs: PolicyPack;
    ListFreezesRequest => list_freezes, freezes: Freeze;
    ListHistoryRequest => list_history, entries: HistoryEntry;
    ListProfileSharesRequest => list_profile_shares, shares: ProfileShare;
}

/// The pages of a list, as [`crate::session::Session::list`] and [`client::all`] ask for them.
pub fn pages<L: List>(
    client: &Client,
    filter: L,
) -> impl AsyncFnMut(u32, String) -> Result<(Vec<L::Record>, String), Failure> {
    async move |page_size, page_token| filter.clone().page(client, page_size, page_token).await
}

/// Reads a list to its end.
pub async fn all<L: List>(client: &Client, filter: L) -> Result<Vec<L::Record>, Failure> {
    client::all(pages(client, filter)).await
}
