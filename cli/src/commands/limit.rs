//! `counterfoil limit`: how much a bank may have outstanding with a debtor or borrower.

use clap::Subcommand;
use counterfoil_proto::financing::v1 as financing;
use counterfoil_proto::financing::v1::action::Action;
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::OrganizationId;

use crate::arguments::{Page, Sending};
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Set what you may have outstanding with an organization in one currency; a bank may, about others
    ///
    /// Counts claims against it that you control, loans to it, and quotes you have revealed that have not ended. Nothing is
    /// undone where more is outstanding already; quotes that would pass the limit cannot be revealed.
    Set {
        /// The debtor or borrower
        #[arg(long, value_name = "ORG")]
        subject: OrganizationId,
        /// The most, such as "50000.00 USD"; 0.00 for nothing more
        #[arg(long, value_name = "AMOUNT")]
        cap: String,
        #[command(flatten)]
        sending: Sending,
    },
    /// List what you have outstanding with whom, and your limits for it; reads only
    List {
        /// Only with this organization
        #[arg(long, value_name = "ORG")]
        subject: Option<OrganizationId>,
        #[command(flatten)]
        page: Page,
    },
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    match command {
        Command::Set {
            subject,
            cap,
            sending,
        } => {
            let set = financing::SetLimit {
                subject: subject.into(),
                cap: Some(currencies.read(&cap, None)?),
            };
            session
                .execute(&client, Action::SetLimit(set), &sending, |_, view| view)
                .await
        }
        Command::List { subject, page } => {
            let filter = wire::ListLimitsRequest {
                subject: subject.map(String::from).unwrap_or_default(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), |limit| {
                    views::limit(limit, &currencies)
                })
                .await?;
            let columns = [
                "grantor",
                "subject",
                "currency",
                "cap_minor",
                "used_minor",
                "reserved_minor",
            ];
            Ok(Answer::list("limits", &columns, list))
        }
    }
}
