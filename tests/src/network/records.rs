//! Every record that the API lists, to compare two moments or two nodes.

use counterfoil_proto::v1 as wire;
use counterfoil_proto::{cash, financing, invoice, membership, receivable};

use super::Client;

/// All of a node's records at one moment.
#[derive(Debug, Default, PartialEq)]
pub struct Records {
    pub organizations: Vec<membership::v1::Organization>,
    pub invoices: Vec<invoice::v1::Invoice>,
    pub receivables: Vec<receivable::v1::Receivable>,
    pub claims: Vec<receivable::v1::Claim>,
    pub endorsements: Vec<receivable::v1::Endorsement>,
    pub requests: Vec<financing::v1::Request>,
    pub loans: Vec<financing::v1::Loan>,
    pub balances: Vec<cash::v1::Balance>,
    pub issuances: Vec<cash::v1::Issuance>,
    pub redemptions: Vec<cash::v1::Redemption>,
}

/// Reads a list to its end, in pages small enough that there are several.
macro_rules! listed {
    ($client:expr, $method:ident, $request:ident, $field:ident) => {{
        let mut all = Vec::new();
        let mut request = wire::$request {
            page_size: 3,
            ..Default::default()
        };
        loop {
            let answer = $client.ledger().$method(request.clone()).await;
            let page = answer.expect("records are listed").into_inner();
            all.extend(page.$field);
            if page.next_page_token.is_empty() {
                break all;
            }
            request.page_token = page.next_page_token;
        }
    }};
}

impl Records {
    pub async fn of(client: &Client) -> Self {
        Self {
            organizations: listed!(
                client,
                list_organizations,
                ListOrganizationsRequest,
                organizations
            ),
            invoices: listed!(client, list_invoices, ListInvoicesRequest, invoices),
            receivables: listed!(
                client,
                list_receivables,
                ListReceivablesRequest,
                receivables
            ),
            claims: listed!(client, list_claims, ListClaimsRequest, claims),
            endorsements: listed!(
                client,
                list_endorsements,
                ListEndorsementsRequest,
                endorsements
            ),
            requests: listed!(client, list_requests, ListRequestsRequest, requests),
            loans: listed!(client, list_loans, ListLoansRequest, loans),
            balances: listed!(client, list_balances, ListBalancesRequest, balances),
            issuances: listed!(client, list_issuances, ListIssuancesRequest, issuances),
            redemptions: listed!(
                client,
                list_redemptions,
                ListRedemptionsRequest,
                redemptions
            ),
        }
    }
}
