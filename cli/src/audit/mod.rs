//! The audit: every figure and every invariant that can be seen from outside,
//! read from the validators through gRPC alone.

mod chain;
mod checks;
mod claims;
mod clock;
mod compare;
mod deposits;
mod evidence;
mod expected;
mod figures;
mod financing;
#[cfg(test)]
mod fixture;
mod freezes;
mod receivables;
mod records;
mod recoveries;
mod report;
mod undertakings;

use std::time::{Duration, Instant};

use counterfoil_proto::invoice::v1::InvoiceState;
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::ReceivableState;
use counterfoil_proto::v1 as wire;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::money::Currency;

use self::chain::Chain;
pub use self::expected::{Expected, Figures, Financing, Transactions};
use self::records::Records;
pub use self::report::Report;
use crate::client::{Access, Client, listed};
use crate::failure::Failure;

/// How long validators may take to reach a common height.
const CATCH_UP: Duration = Duration::from_secs(30);
const CATCH_UP_POLL: Duration = Duration::from_millis(100);

/// What one validator says of the common height.
pub struct Witness {
    pub name: String,
    pub address: Vec<u8>,
    pub genesis_hash: Vec<u8>,
    /// Its own tree's root.
    pub state_root: Vec<u8>,
    pub block_hash: Vec<u8>,
    /// The root in its own copy of the header.
    pub header_root: Vec<u8>,
}

/// The names under which invoices and receivables are counted by state.
pub fn state_names() -> Vec<String> {
    use InvoiceState::{Confirmed, Registered, Rejected, UnderQuery, Withdrawn};
    use ReceivableState::{Defaulted, Overdue, Performing, Settled};
    let invoices =
        [Registered, UnderQuery, Confirmed, Rejected, Withdrawn].map(|s| format!("{s:?}"));
    let receivables = [Performing, Overdue, Defaulted, Settled].map(|s| format!("{s:?}"));
    invoices.into_iter().chain(receivables).collect()
}

/// Audits the ledger that these validators keep.
pub async fn run(
    nodes: &[String],
    access: &Access,
    expected: Option<Expected>,
) -> Result<Report, Failure> {
    let mut clients = Vec::new();
    for node in nodes {
        clients.push(Client::connect(node, access).await?);
    }
    let first = clients
        .first()
        .ok_or_else(|| Failure::Usage("name the validators to audit".into()))?;
    admit(first, &access.account.organization).await?;
    let (genesis, genesis_hash) = first.genesis().await?;
    let height = common_height(&clients).await?;
    let records = Records::read(first).await?;
    let chain = Chain::read(first, &genesis, &genesis_hash, height).await?;
    let mut witnesses = Vec::new();
    for client in &clients {
        witnesses.push(witness(client, height).await?);
    }
    still_there(first, height).await?;
    let currencies = currencies(&genesis)?;
    Ok(checks::report(
        &genesis, &records, &chain, height, witnesses, currencies, expected,
    ))
}

/// Lets only a regulator audit: nobody else reads all that an audit must see.
async fn admit(client: &Client, auditor: &OrganizationId) -> Result<(), Failure> {
    let id = auditor.to_string();
    let answer = client
        .ledger()
        .get_organization(wire::GetOrganizationRequest { id })
        .await;
    let organization = answer
        .map_err(|s| client.failure(s))?
        .into_inner()
        .organization;
    let organization = organization.ok_or_else(|| client.incomplete("an organization"))?;
    if !organization.roles().any(|role| role == Role::Regulator) {
        return Err(Failure::Failed(format!(
            "{auditor} is no regulator on this ledger: name one by --org (counterfoil org list --role regulator)"
        )));
    }
    Ok(())
}

/// A height that every validator has committed, at or after the last transaction any of them knows.
async fn common_height(clients: &[Client]) -> Result<u64, Failure> {
    let mut height = 0;
    for client in clients {
        height = height.max(client.status().await?.height);
    }
    let until = Instant::now() + CATCH_UP;
    for client in clients {
        while client.status().await?.height < height {
            if Instant::now() >= until {
                return Err(Failure::Failed(format!(
                    "{} has not reached height {height} after {} s: is it cut off?",
                    client.node(),
                    CATCH_UP.as_secs()
                )));
            }
            tokio::time::sleep(CATCH_UP_POLL).await;
        }
    }
    Ok(height)
}

async fn witness(client: &Client, height: u64) -> Result<Witness, Failure> {
    let status = client.status().await?;
    let (_, genesis_hash) = client.genesis().await?;
    let root = client
        .nodes()
        .get_state_root(wire::GetStateRootRequest { height })
        .await;
    let state_root = root.map_err(|s| client.failure(s))?.into_inner().state_root;
    let (block_hash, header_root) = match height {
        // Before the first block there is no header to compare with.
        0 => (status.block_hash, state_root.clone()),
        _ => {
            let block = client
                .blocks()
                .get_block(wire::GetBlockRequest { height })
                .await;
            let block = block.map_err(|s| client.failure(s))?.into_inner();
            let header = block.header.ok_or_else(|| client.incomplete("a header"))?;
            (block.hash, header.state_root)
        }
    };
    Ok(Witness {
        name: status.moniker,
        address: status.address,
        genesis_hash,
        state_root,
        block_hash,
        header_root,
    })
}

/// Records are read as they are now: no transaction may have come since the common height.
async fn still_there(client: &Client, height: u64) -> Result<(), Failure> {
    let later = listed(1, String::new(), async |page_size, page_token| {
        let request = wire::ListBlocksRequest {
            page_size,
            page_token,
            from_height: height + 1,
            with_transactions: true,
        };
        let answer = client.blocks().list_blocks(request).await;
        let answer = answer.map_err(|s| client.failure(s))?.into_inner();
        Ok::<_, Failure>((answer.blocks, answer.next_page_token))
    });
    if later.await?.items.is_empty() {
        return Ok(());
    }
    Err(Failure::Failed(
        "the ledger moved on while it was read: audit it again when it is quiet".into(),
    ))
}

/// The reporting currency, US dollars where the network has them, else its first; and the others.
fn currencies(genesis: &wire::Genesis) -> Result<(Currency, Vec<Currency>), Failure> {
    let mut currencies = Vec::new();
    for currency in &genesis.currencies {
        currencies.push(currency.code.parse::<Currency>().map_err(Failure::failed)?);
    }
    if currencies.is_empty() {
        return Err(Failure::Failed("the genesis has no currency".into()));
    }
    let at = currencies
        .iter()
        .position(|currency| currency.code() == "USD");
    let reporting = currencies.remove(at.unwrap_or(0));
    Ok((reporting, currencies))
}

/// Whether bytes are this hash.
fn is(hash: &Hash, bytes: &[u8]) -> bool {
    hash.as_bytes() == bytes
}
