//! `counterfoil org`: who takes part, in which roles.

use clap::Subcommand;
use counterfoil_proto::membership::v1::{Organization, Role};
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::OrganizationId;

use crate::arguments::{Page, enum_value};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show one organization; every organization may, reads only
    Show {
        /// The organization's id
        id: OrganizationId,
    },
    /// List organizations; every organization may, reads only
    List {
        /// Only those with this role: core-enterprise, supplier, bank, guarantor, regulator, operator
        #[arg(long, value_parser = role)]
        role: Option<Role>,
        #[command(flatten)]
        page: Page,
    },
}

fn role(text: &str) -> Result<Role, String> {
    enum_value("ROLE", text, Role::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let client = session.client().await?;
    match command {
        Command::Show { id } => {
            let found = get(&client, &id).await?;
            Ok(Answer::record(views::organization(&found)))
        }
        Command::List { role, page } => {
            let fetch = async |page_size, page_token| {
                let role = role.unwrap_or_default().into();
                let request = wire::ListOrganizationsRequest {
                    page_size,
                    page_token,
                    role,
                };
                let answer = client.ledger().list_organizations(request).await;
                let answer = answer.map_err(|s| client.failure(s))?.into_inner();
                Ok((answer.organizations, answer.next_page_token))
            };
            let list = session.list(&page, fetch, views::organization).await?;
            Ok(Answer::list(
                "organizations",
                &["id", "legal_name", "roles"],
                list,
            ))
        }
    }
}

pub async fn get(client: &Client, id: &OrganizationId) -> Result<Organization, Failure> {
    let request = wire::GetOrganizationRequest { id: id.to_string() };
    let answer = client.ledger().get_organization(request).await;
    let found = answer
        .map_err(|s| client.failure(s))?
        .into_inner()
        .organization;
    found.ok_or_else(|| client.incomplete("an organization"))
}
