//! `counterfoil policy`: what may be confirmed, offered and funded on this ledger.

use std::path::PathBuf;

use clap::Subcommand;
use counterfoil_proto::supervision::v1::action::Action;
use counterfoil_proto::supervision::v1::{PolicyPack, PublishPack};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::policy::PolicyFile;

use crate::arguments::{Page, Sending, read_file};
use crate::client::Client;
use crate::failure::Failure;
use crate::lists::{all, pages};
use crate::output::Answer;
use crate::owed::{ledger_date, read_date};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Publish the next policy pack; a regulator may, and where there is none, more than two thirds of the operators together
    ///
    /// From its day on the pack says what may be confirmed, offered and funded; it never stops what pays a debt, and is never changed. A later
    /// version takes its place. Operators propose it with --propose and --consent-of.
    Publish {
        /// The rules, a JSON file such as those in docs/policies
        file: PathBuf,
        /// Its first day, the ledger's date or later
        #[arg(long, value_name = "DATE")]
        from: Date,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one policy pack, rule by rule; everybody may, reads only
    Show {
        /// The pack's version; the one in force if left out
        version: Option<u32>,
    },
    /// List policy packs, those to come too; everybody may, reads only
    List {
        #[command(flatten)]
        page: Page,
    },
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    match command {
        Command::Publish {
            file,
            from,
            sending,
        } => {
            let text = String::from_utf8_lossy(&read_file(&file)?).into_owned();
            let policy = PolicyFile::from_json(&text).map_err(|e| {
                Failure::Usage(format!("{}: {e}; see docs/policies", file.display()))
            })?;
            let packs = packs(&client).await?;
            let version = packs.last().map_or(0, |pack| pack.version) + 1;
            eprintln!("publishing version {version}: {}", policy.title);
            let publish = PublishPack {
                version,
                effective_from: Some(from.to_proto()),
                rules: Some(policy.rules()),
            };
            session
                .execute(
                    &client,
                    Action::PublishPack(publish),
                    &sending,
                    |_, view| view.number("version", version),
                )
                .await
        }
        Command::Show { version } => {
            let pack = match version {
                Some(version) => Some(get(&client, version).await?),
                None => in_force(&client, ledger_date(&client).await?).await?,
            };
            match pack {
                Some(pack) => Ok(Answer::record(views::pack_in_full(&pack, &currencies))),
                None => Err(Failure::Failed(
                    "no policy pack is in force: nothing is forbidden".into(),
                )),
            }
        }
        Command::List { page } => {
            let filter = wire::ListPolicyPacksRequest::default();
            let list = session
                .list(&page, pages(&client, filter), views::pack)
                .await?;
            let columns = ["version", "effective_from", "published_by", "published_on"];
            Ok(Answer::list("packs", &columns, list))
        }
    }
}

async fn get(client: &Client, version: u32) -> Result<PolicyPack, Failure> {
    let request = wire::GetPolicyPackRequest { version };
    let answer = client.ledger().get_policy_pack(request).await;
    let answer = answer.map_err(|s| client.failure(s))?.into_inner();
    answer
        .pack
        .ok_or_else(|| client.incomplete("a policy pack"))
}

/// Ascending by version, as their keys are.
async fn packs(client: &Client) -> Result<Vec<PolicyPack>, Failure> {
    all(client, wire::ListPolicyPacksRequest::default()).await
}

/// The latest version whose day has come today.
pub async fn in_force(client: &Client, today: Date) -> Result<Option<PolicyPack>, Failure> {
    let mut found = None;
    for pack in packs(client).await? {
        if read_date(pack.effective_from)? <= today {
            found = Some(pack);
        }
    }
    Ok(found)
}
