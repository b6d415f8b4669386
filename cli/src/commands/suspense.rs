//! `counterfoil suspense`: deposits that wait, as what they were paid for is frozen, or is itself not yet paid for.

use clap::Subcommand;
use counterfoil_proto::cash::v1::action::Action;
use counterfoil_proto::cash::v1::{CollectSuspense, RuleOnSuspense, SuspenseState};
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::{OrganizationId, SuspenseId};

use super::freeze::Reason;
use crate::arguments::{Page, Sending, enum_value};
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Take what waited for you, once nothing that it is about is frozen any more; its payee may, or its buyer once the
    /// claim's price is confirmed
    Collect {
        /// The id, 64 hexadecimal digits
        id: SuspenseId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Decide whose the deposits are, frozen or not; a regulator may. That organization collects them
    Rule {
        /// The id, 64 hexadecimal digits
        id: SuspenseId,
        /// Who gets them
        #[arg(long, value_name = "ORG")]
        to: OrganizationId,
        #[command(flatten)]
        reason: Reason,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show what waits under one id; its bank, payer, payee and buyer may, reads only
    Show {
        /// The id, 64 hexadecimal digits
        id: SuspenseId,
    },
    /// List what waits or waited, as far as you may read it; reads only
    List {
        /// Only what is due to this organization
        #[arg(long, value_name = "ORG")]
        payee: Option<OrganizationId>,
        /// Only what is in this state: waiting, collected
        #[arg(long, value_parser = state)]
        state: Option<SuspenseState>,
        #[command(flatten)]
        page: Page,
    },
}

fn state(text: &str) -> Result<SuspenseState, String> {
    enum_value("SUSPENSE_STATE", text, SuspenseState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Collect { id, sending } => {
            let suspense = id.to_vec();
            (
                Action::CollectSuspense(CollectSuspense { suspense }),
                sending,
            )
        }
        Command::Rule {
            id,
            to,
            reason,
            sending,
        } => {
            let rule = RuleOnSuspense {
                suspense: id.to_vec(),
                payee: to.into(),
                reason_hash: reason.hash()?.to_vec(),
            };
            (Action::RuleOnSuspense(rule), sending)
        }
        Command::Show { id } => {
            let request = wire::GetSuspenseRequest { id: id.to_vec() };
            let answer = client.ledger().get_suspense(request).await;
            let answer = answer.map_err(|s| client.failure(s))?.into_inner();
            let missing = || client.incomplete("deposits in suspense");
            let suspense = answer.suspense.ok_or_else(missing)?;
            return Ok(Answer::record(views::suspense(&suspense, &currencies)));
        }
        Command::List { payee, state, page } => {
            let filter = wire::ListSuspenseRequest {
                payee: payee.map(String::from).unwrap_or_default(),
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |suspense| {
                    views::suspense(suspense, &currencies)
                })
                .await?;
            let columns = ["id", "state", "payee", "amount_minor", "issuer", "held_on"];
            return Ok(Answer::list("suspense", &columns, list));
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}
