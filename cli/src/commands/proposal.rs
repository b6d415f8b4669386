//! `counterfoil proposal`: actions that wait for the signatures of others.

use clap::Subcommand;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::membership::v1::action::Action;
use counterfoil_proto::membership::v1::{Proposal, ProposalState};
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::{OrganizationId, ProposalId};

use crate::amounts::Currencies;
use crate::arguments::{Page, Sending, enum_value};
use crate::client::Client;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Approve what another account of your organization proposed; an account with the permission may
    ///
    /// Shows the action whole before it signs. The last signature that is needed carries the action out, under the
    /// rules and on the records of that moment; if the ledger rejects it then, your approval is not recorded either.
    Approve {
        /// The proposal's id, 64 hexadecimal digits
        id: ProposalId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Sign another organization's action; whose consent the proposal asks may
    ///
    /// Shows the action whole before it signs. Your organization's own approval rule holds for the consent as if the
    /// action were yours.
    Consent {
        /// The proposal's id, 64 hexadecimal digits
        id: ProposalId,
        #[command(flatten)]
        sending: Sending,
    },
    /// End a proposal that is not carried out; its organization, and whose consent it asks, may
    End {
        /// The proposal's id, 64 hexadecimal digits
        id: ProposalId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one proposal and every field of its action; its organization and whose consent it asks may, reads only
    Show {
        /// The proposal's id, 64 hexadecimal digits
        id: ProposalId,
    },
    /// List the proposals that you made or are asked to sign; reads only
    List {
        /// Only those of this organization
        #[arg(long, value_name = "ORG")]
        organization: Option<OrganizationId>,
        /// Only those that ask for this organization's consent
        #[arg(long, value_name = "ORG")]
        asking: Option<OrganizationId>,
        /// Only those in this state: open, carried-out, ended
        #[arg(long, value_parser = state)]
        state: Option<ProposalState>,
        #[command(flatten)]
        page: Page,
    },
}

fn state(text: &str) -> Result<ProposalState, String> {
    enum_value("PROPOSAL_STATE", text, ProposalState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Approve { id, sending } => {
            let proposal = get(&client, id).await?;
            let approve = membership::Approve {
                proposal: id.to_vec(),
                action_hash: seen(&proposal, id),
            };
            eprintln!("approving {}", in_words(&proposal, &currencies));
            (Action::Approve(approve), sending)
        }
        Command::Consent { id, sending } => {
            let proposal = get(&client, id).await?;
            let consent = membership::Consent {
                proposal: id.to_vec(),
                action_hash: seen(&proposal, id),
            };
            eprintln!("consenting to {}", in_words(&proposal, &currencies));
            (Action::Consent(consent), sending)
        }
        Command::End { id, sending } => {
            let proposal = id.to_vec();
            (
                Action::EndProposal(membership::EndProposal { proposal }),
                sending,
            )
        }
        Command::Show { id } => {
            let proposal = get(&client, id).await?;
            return Ok(Answer::record(views::proposal(&proposal, &currencies)));
        }
        Command::List {
            organization,
            asking,
            state,
            page,
        } => {
            let filter = wire::ListProposalsRequest {
                organization: organization.map(String::from).unwrap_or_default(),
                consent_of: asking.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let view = |p: &Proposal| views::proposal(p, &currencies);
            let list = session.list(&page, pages(&client, filter), view).await?;
            let columns = [
                "id",
                "organization",
                "actions",
                "state",
                "consents_of",
                "expires_on",
            ];
            return Ok(Answer::list("proposals", &columns, list));
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}

/// Whose action it is, and every field of it.
fn in_words(proposal: &Proposal, currencies: &Currencies) -> String {
    let action = views::action(proposal.contract, &proposal.action, currencies);
    format!("{}'s action: {}", proposal.organization, action.line())
}

/// The hash of the action that is shown: reckoned here, so that nobody signs another one than is seen.
fn seen(proposal: &Proposal, id: ProposalId) -> Vec<u8> {
    id.action_hash(proposal.contract, &proposal.action).to_vec()
}

async fn get(client: &Client, id: ProposalId) -> Result<Proposal, Failure> {
    let request = wire::GetProposalRequest { id: id.to_vec() };
    let answer = client.ledger().get_proposal(request).await;
    let proposal = answer.map_err(|s| client.failure(s))?.into_inner().proposal;
    proposal.ok_or_else(|| client.incomplete("a proposal"))
}
