//! `counterfoil profile`: what organizations' histories add up to, and whether they do.

mod verify;

use clap::Subcommand;
use counterfoil_proto::credit::v1::Profile;
use counterfoil_proto::v1 as wire;
use counterfoil_types::ids::{OrganizationId, TxId};
use counterfoil_types::profile::scorecard::{SCORECARD, Score, scores};

use crate::arguments::Page;
use crate::client::Client;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::{Answer, View, table};
use crate::session::Session;
use crate::views;

use verify::Recomputation;

/// Entries of a history that are read at once.
const CHUNK: u32 = 1_000;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show an organization's figures and its scores with their reasons; itself and the regulator may, reads only
    ///
    /// The formula of each figure is docs/profiles.md, the scorecard docs/scorecard.md. Both are computed from the ledger's sums by
    /// this command.
    Show {
        /// The organization's id
        organization: OrganizationId,
    },
    /// List the transactions that concerned an organization, each with the figures it moved; itself and the regulator may, reads only
    History {
        /// The organization's id
        organization: OrganizationId,
        #[command(flatten)]
        page: Page,
    },
    /// Recompute an organization's profile from its whole history and compare; itself and the regulator may, reads only
    ///
    /// Reads every entry of the history and the receipt of each transaction. Fails where an entry is not in its place, names other
    /// figures than its events move, or the sums are others than the ledger's.
    Verify {
        /// The organization's id
        organization: OrganizationId,
    },
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    match command {
        Command::Show { organization } => {
            let profile = get(&client, &organization).await?.ok_or_else(|| {
                Failure::failed(format!(
                    "{organization} has no profile that you may read\n  what to do: a profile begins with the first invoice or quote, and \
                     is shown to the organization itself and to regulators"
                ))
            })?;
            let scores = scores(&profile);
            let lines = scores.iter().flat_map(score_lines);
            let columns = ["capacity", "figure", "value", "points", "of"];
            let lines: Vec<View> = lines.collect();
            let view = views::profile(&profile, &currencies)
                .hidden("scorecard", SCORECARD)
                .hidden_records("scores", scores.iter().map(score_view).collect());
            Ok(Answer::record(view).below(table(&columns, &lines)))
        }
        Command::History { organization, page } => {
            let filter = wire::ListHistoryRequest {
                organization: organization.into(),
                ..Default::default()
            };
            let list = session
                .list(&page, pages(&client, filter), views::history_entry)
                .await?;
            let columns = ["height", "index", "tx_id", "figures"];
            Ok(Answer::list("entries", &columns, list))
        }
        Command::Verify { organization } => {
            let profile = get(&client, &organization).await?;
            let mut recomputation = Recomputation::new(&organization, profile);
            read_history(&client, &organization, &mut recomputation).await?;
            let verified = recomputation.finish().map_err(|problem| {
                Failure::failed(format!(
                    "the profile of {organization} is not what its history adds up to: {problem}\n  what to do: ask another node; where two \
                     answer alike, tell the regulator"
                ))
            })?;
            let view = View::new()
                .text("organization", &organization)
                .flag("verified", true)
                .number("entries", verified.entries)
                .number("moving", verified.moving)
                .number("newer", verified.newer);
            Ok(Answer::record(view))
        }
    }
}

/// `None` where there is no profile, or none for the caller.
async fn get(client: &Client, organization: &OrganizationId) -> Result<Option<Profile>, Failure> {
    let request = wire::GetProfileRequest {
        organization: organization.to_string(),
    };
    let answer = client.found(client.ledger().get_profile(request).await)?;
    Ok(answer.and_then(|answer| answer.profile))
}

async fn read_history(
    client: &Client,
    organization: &OrganizationId,
    recomputation: &mut Recomputation,
) -> Result<(), Failure> {
    let filter = wire::ListHistoryRequest {
        organization: organization.to_string(),
        ..Default::default()
    };
    let mut page = pages(client, filter);
    let mut token = String::new();
    loop {
        let (entries, next) = page(CHUNK, token).await?;
        for entry in entries {
            let id = TxId::try_from(entry.tx_id.as_slice()).map_err(Failure::failed)?;
            let receipt = client.receipt(id).await?;
            recomputation
                .add(&entry, &receipt)
                .map_err(Failure::failed)?;
        }
        if next.is_empty() {
            return Ok(());
        }
        token = next;
    }
}

/// A score's reasons, a row each, with the sum at the end.
fn score_lines(score: &Score) -> Vec<View> {
    let capacity = format!("{:?}", score.capacity);
    let mut lines: Vec<View> = score
        .reasons
        .iter()
        .map(|reason| {
            View::new()
                .text("capacity", &capacity)
                .text("figure", reason.figure)
                .text("value", reason.value.map_or("–".into(), |v| v.to_string()))
                .number("points", reason.points)
                .number("of", reason.of)
        })
        .collect();
    lines.push(
        View::new()
            .text("capacity", &capacity)
            .text("figure", "score")
            .text("value", "")
            .number("points", score.points)
            .number(
                "of",
                score.reasons.iter().map(|reason| reason.of).sum::<u32>(),
            ),
    );
    lines
}

fn score_view(score: &Score) -> View {
    let reasons = score.reasons.iter().map(|reason| {
        View::new()
            .text("figure", reason.figure)
            .hidden("value", reason.value)
            .number("points", reason.points)
            .number("of", reason.of)
    });
    View::new()
        .text("capacity", format_args!("{:?}", score.capacity))
        .number("points", score.points)
        .hidden_records("reasons", reasons.collect())
}
