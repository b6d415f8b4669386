//! Every record of the ledger that the audit looks at.

use counterfoil_proto::cash::v1::{Balance, Issuance};
use counterfoil_proto::financing::v1::{Loan, Request};
use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::membership::v1::Organization;
use counterfoil_proto::receivable::v1::{Claim, Endorsement, Receivable};
use counterfoil_proto::v1 as wire;

use crate::client::{Client, all};
use crate::failure::Failure;

#[derive(Default)]
pub struct Records {
    pub organizations: Vec<Organization>,
    pub invoices: Vec<Invoice>,
    pub receivables: Vec<Receivable>,
    pub claims: Vec<Claim>,
    pub endorsements: Vec<Endorsement>,
    pub requests: Vec<Request>,
    pub loans: Vec<Loan>,
    pub balances: Vec<Balance>,
    pub issuances: Vec<Issuance>,
}

/// Reads one kind of record to its end.
macro_rules! read_all {
    ($client:expr, $call:ident, $request:ident, $field:ident) => {
        all(async |page_size, page_token| {
            let request = wire::$request {
                page_size,
                page_token,
                ..Default::default()
            };
            let answer = $client.ledger().$call(request).await;
            let answer = answer.map_err(|s| $client.failure(s))?.into_inner();
            Ok((answer.$field, answer.next_page_token))
        })
        .await?
    };
}

impl Records {
    pub async fn read(client: &Client) -> Result<Self, Failure> {
        Ok(Self {
            organizations: read_all!(
                client,
                list_organizations,
                ListOrganizationsRequest,
                organizations
            ),
            invoices: read_all!(client, list_invoices, ListInvoicesRequest, invoices),
            receivables: read_all!(
                client,
                list_receivables,
                ListReceivablesRequest,
                receivables
            ),
            claims: read_all!(client, list_claims, ListClaimsRequest, claims),
            endorsements: read_all!(
                client,
                list_endorsements,
                ListEndorsementsRequest,
                endorsements
            ),
            requests: read_all!(client, list_requests, ListRequestsRequest, requests),
            loans: read_all!(client, list_loans, ListLoansRequest, loans),
            balances: read_all!(client, list_balances, ListBalancesRequest, balances),
            issuances: read_all!(client, list_issuances, ListIssuancesRequest, issuances),
        })
    }
}
