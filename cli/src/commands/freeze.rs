//! `counterfoil freeze`: what a regulator keeps from being transferred or funded.

use std::path::PathBuf;

use clap::Subcommand;
use counterfoil_proto::supervision::v1::action::Action;
use counterfoil_proto::supervision::v1::{FreezeRecord, ReleaseRecord};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::OrganizationId;

use crate::arguments::{Page, Sending, document_hash};
use crate::failure::Failure;
use crate::frozen::Record;
use crate::lists::pages;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Freeze a record, such as claim:ID#NUMBER or organization:ORG; a regulator may
    ///
    /// It stays as it is, and is not transferred or funded. Offers, requests, quotes and conditions about it neither run out nor are taken. Its debtor
    /// pays all the same: the frozen share waits in suspense.
    Place {
        /// organization:ORG, invoice:ID, receivable:ID, claim:ID#NUMBER, balance:HOLDER/BANK/CURRENCY, request:ID,
        /// quote:REQUEST/BANK, loan:ID, programme:ID, standing:PROGRAMME/BANK or key:HEX
        record: Record,
        #[command(flatten)]
        reason: Reason,
        /// The last day; until it is released if left out
        #[arg(long, value_name = "DATE")]
        until: Option<Date>,
        /// Whom to tell, such as the claim's controller; may be repeated, up to 16 times
        #[arg(long = "tell", value_name = "ORG")]
        told: Vec<OrganizationId>,
        #[command(flatten)]
        sending: Sending,
    },
    /// End a freeze at once; a regulator may. What waits in suspense is its payee's to collect
    Release {
        /// The record, named as it was frozen
        record: Record,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show when a record was or is frozen; a regulator and those who were told may, reads only
    Show {
        /// The record, named as it was frozen
        record: Record,
    },
    /// List freezes that you were told of, past ones too; reads only
    List {
        #[command(flatten)]
        page: Page,
    },
}

/// The reason, of which the hash goes on the ledger.
#[derive(clap::Args, Debug)]
#[group(required = true, multiple = false)]
pub struct Reason {
    /// The reason in a file, whose SHA-256 goes on the ledger; the file itself does not
    #[arg(long, value_name = "FILE")]
    reason: Option<PathBuf>,
    /// The reason's SHA-256, 64 hexadecimal digits
    #[arg(long, value_name = "HASH")]
    reason_hash: Option<Hash>,
}

impl Reason {
    pub fn hash(&self) -> Result<Hash, Failure> {
        let options = "--reason or --reason-hash";
        document_hash(self.reason.as_deref(), self.reason_hash, options)
    }
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, _) = session.ledger().await?;
    let (action, sending) = match command {
        Command::Place {
            record,
            reason,
            until,
            mut told,
            sending,
        } => {
            told.sort_unstable();
            told.dedup();
            let freeze = FreezeRecord {
                record: record.key(),
                reason_hash: reason.hash()?.to_vec(),
                last_day: until.map(Date::to_proto),
                organizations: told.into_iter().map(String::from).collect(),
            };
            (Action::Freeze(freeze), sending)
        }
        Command::Release { record, sending } => {
            let record = record.key();
            (Action::Release(ReleaseRecord { record }), sending)
        }
        Command::Show { record } => {
            let request = wire::GetFreezeRequest {
                record: record.key(),
            };
            let answer = client.ledger().get_freeze(request).await;
            let answer = answer.map_err(|s| client.failure(s))?.into_inner();
            let freeze = answer.freeze.ok_or_else(|| client.incomplete("a freeze"))?;
            return Ok(Answer::record(views::freeze(&freeze)));
        }
        Command::List { page } => {
            let filter = wire::ListFreezesRequest::default();
            let list = session
                .list(&page, pages(&client, filter), views::freeze)
                .await?;
            let columns = ["record", "from", "until", "reason_hash"];
            return Ok(Answer::list("freezes", &columns, list));
        }
    };
    session
        .execute(&client, action, &sending, |_, view| view)
        .await
}
