//! `counterfoil claim`: rights to receivables.

use std::collections::BTreeMap;

use clap::Subcommand;
use counterfoil_proto::receivable::v1::{Claim, ClaimState};
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::{ClaimId, OrganizationId, ReceivableId};

use crate::arguments::{Page, enum_value};
use crate::client::{Client, listed};
use crate::commands::receivable;
use crate::failure::Failure;
use crate::output::{Answer, Listed};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show one claim; anyone may, reads only
    Show {
        /// The claim's id: the receivable's 64 hexadecimal digits, '#', the claim's number
        id: ClaimId,
    },
    /// List claims; anyone may, reads only
    List {
        /// Only those to this receivable
        #[arg(long, value_name = "ID")]
        receivable: Option<ReceivableId>,
        /// Only those this organization is paid
        #[arg(long, value_name = "ORG")]
        controller: Option<OrganizationId>,
        /// Only those in this state: live, spent
        #[arg(long, value_parser = state)]
        state: Option<ClaimState>,
        #[command(flatten)]
        page: Page,
    },
}

fn state(text: &str) -> Result<ClaimState, String> {
    enum_value("CLAIM_STATE", text, ClaimState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    match command {
        Command::Show { id } => {
            let request = wire::GetClaimRequest {
                receivable: id.receivable.to_vec(),
                number: id.number,
            };
            let answer = client.ledger().get_claim(request).await;
            let claim = answer.map_err(|s| client.failure(s))?.into_inner().claim;
            let claim = claim.ok_or_else(|| client.incomplete("a claim"))?;
            let currency = currency(&client, &claim).await?;
            Ok(Answer::record(views::claim(&claim, &currency, &currencies)))
        }
        Command::List {
            receivable,
            controller,
            state,
            page,
        } => {
            let fetch = async |page_size, page_token| {
                let request = wire::ListClaimsRequest {
                    page_size,
                    page_token,
                    receivable: receivable.map(ReceivableId::to_vec).unwrap_or_default(),
                    controller: controller
                        .as_ref()
                        .map(ToString::to_string)
                        .unwrap_or_default(),
                    state: state.unwrap_or_default().into(),
                };
                let answer = client.ledger().list_claims(request).await;
                let answer = answer.map_err(|s| client.failure(s))?.into_inner();
                Ok((answer.claims, answer.next_page_token))
            };
            let limit = usize::try_from(page.limit).expect("32 bits fit");
            let list: Listed<Claim> = listed(limit, page.page_token, fetch).await?;
            let mut of_receivable = BTreeMap::new();
            let mut items = Vec::with_capacity(list.items.len());
            for claim in &list.items {
                if !of_receivable.contains_key(&claim.receivable) {
                    of_receivable.insert(claim.receivable.clone(), currency(&client, claim).await?);
                }
                items.push(views::claim(
                    claim,
                    &of_receivable[&claim.receivable],
                    &currencies,
                ));
            }
            let list = Listed {
                items,
                next_page_token: list.next_page_token,
            };
            Ok(Answer::list(
                "claims",
                &[
                    "id",
                    "controller",
                    "state",
                    "face_minor",
                    "outstanding_minor",
                ],
                list,
            ))
        }
    }
}

/// A claim's currency is its receivable's.
async fn currency(client: &Client, claim: &Claim) -> Result<String, Failure> {
    let receivable = receivable::get(client, claim.receivable.clone()).await?;
    Ok(receivable.face.unwrap_or_default().currency)
}
