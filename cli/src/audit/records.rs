//! Every record of the ledger that the audit looks at.

use counterfoil_proto::cash::v1::{Balance, Issuance, Suspense};
use counterfoil_proto::financing::v1::{Loan, Request};
use counterfoil_proto::invoice::v1::Invoice;
use counterfoil_proto::membership::v1::Organization;
use counterfoil_proto::receivable::v1::{Claim, Endorsement, Receivable, Undertaking};
use counterfoil_proto::v1 as wire;

use crate::client::Client;
use crate::failure::Failure;
use crate::lists::all;

#[derive(Default)]
pub struct Records {
    pub organizations: Vec<Organization>,
    pub invoices: Vec<Invoice>,
    pub receivables: Vec<Receivable>,
    pub claims: Vec<Claim>,
    pub endorsements: Vec<Endorsement>,
    pub undertakings: Vec<Undertaking>,
    pub requests: Vec<Request>,
    pub loans: Vec<Loan>,
    pub balances: Vec<Balance>,
    pub issuances: Vec<Issuance>,
    pub suspense: Vec<Suspense>,
}

impl Records {
    pub async fn read(client: &Client) -> Result<Self, Failure> {
        Ok(Self {
            organizations: all(client, wire::ListOrganizationsRequest::default()).await?,
            invoices: all(client, wire::ListInvoicesRequest::default()).await?,
            receivables: all(client, wire::ListReceivablesRequest::default()).await?,
            claims: all(client, wire::ListClaimsRequest::default()).await?,
            endorsements: all(client, wire::ListEndorsementsRequest::default()).await?,
            undertakings: all(client, wire::ListUndertakingsRequest::default()).await?,
            requests: all(client, wire::ListRequestsRequest::default()).await?,
            loans: all(client, wire::ListLoansRequest::default()).await?,
            balances: all(client, wire::ListBalancesRequest::default()).await?,
            issuances: all(client, wire::ListIssuancesRequest::default()).await?,
            suspense: all(client, wire::ListSuspenseRequest::default()).await?,
        })
    }
}
