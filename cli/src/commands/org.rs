//! `counterfoil org`: who takes part, in which roles.

use clap::Subcommand;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::membership::v1::action::Action;
use counterfoil_proto::membership::v1::{ActionClass, ApprovalRequirement, Organization, Role};
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::OrganizationId;

use crate::amounts::Currencies;
use crate::arguments::{Page, Sending, enum_value};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Set how many approvals --org asks, by kind of action and amount; an account with the permission admin may
    ///
    /// Replaces the whole rule, and is approved under the old one. What no requirement speaks of needs one approval where the
    /// organization has two acting accounts and the action binds, pays or administers, and none otherwise.
    Rule {
        /// A requirement, such as "pay: 1", "pay above 10000.00 EUR: 2" or "confirm: 0"; may be given several times
        ///
        /// Kinds: register, answer, confirm, split, transfer, pay, issue, redeem, transfer-deposit, request, quote, award, pledge, release,
        /// guarantee, report, rule, attest, supervise, administration, roll.
        #[arg(long, value_name = "REQUIREMENT")]
        require: Vec<String>,
        #[command(flatten)]
        sending: Sending,
    },
    /// Leave the network for good; an account with the permission admin may
    ///
    /// The organization may then still pay, be paid and release, and begin nothing.
    Leave {
        #[command(flatten)]
        sending: Sending,
    },
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

/// Reads "‹kind›[ above ‹amount›]: ‹approvals›".
fn requirement(text: &str, currencies: &Currencies) -> Result<ApprovalRequirement, Failure> {
    let malformed = |problem: String| {
        Failure::Usage(format!(
            "--require {text:?}: {problem}\n  what to do: write it as \"pay above 10000.00 EUR: 2\""
        ))
    };
    let (what, approvals) = text
        .rsplit_once(':')
        .ok_or_else(|| malformed("there is no ':'".into()))?;
    let approvals = approvals.trim().parse();
    let approvals = approvals.map_err(|_| malformed("the approvals are no number".into()))?;
    let (kind, above) = match what.split_once(" above ") {
        Some((kind, amount)) => (kind, Some(currencies.read(amount.trim(), None)?)),
        None => (what, None),
    };
    let class = enum_value("ACTION_CLASS", kind.trim(), ActionClass::from_str_name);
    Ok(ApprovalRequirement {
        action_class: class.map_err(malformed)?.into(),
        above,
        approvals,
    })
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    match command {
        Command::Rule { require, sending } => {
            let read = |text: &String| requirement(text, &currencies);
            let requirements: Result<Vec<_>, _> = require.iter().map(read).collect();
            let mut requirements = requirements?;
            requirements.sort_by_key(|r| {
                let above = r.above.clone().unwrap_or_default();
                (
                    r.action_class,
                    above.currency,
                    r.above.is_some(),
                    above.minor,
                )
            });
            let action = Action::SetApprovalRule(membership::SetApprovalRule { requirements });
            session
                .execute(&client, action, &sending, |_, view| view)
                .await
        }
        Command::Leave { sending } => {
            let action = Action::Leave(membership::Leave {});
            session
                .execute(&client, action, &sending, |_, view| view)
                .await
        }
        Command::Show { id } => {
            let found = get(&client, &id).await?;
            Ok(Answer::record(views::organization(&found, &currencies)))
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
            let list = session
                .list(&page, fetch, |o| views::organization(o, &currencies))
                .await?;
            Ok(Answer::list(
                "organizations",
                &["id", "legal_name", "roles", "status"],
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
