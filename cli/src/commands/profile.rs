//! `counterfoil profile`: what organizations' histories add up to, whether they do, and who else may read it.

mod shares;
mod verify;

use clap::Subcommand;
use counterfoil_proto::credit::v1::Profile;
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{OrganizationId, TxId};
use counterfoil_types::profile::scorecard::{SCORECARD, Score, scores};

use crate::arguments::{Page, Sending};
use crate::client::Client;
use crate::commands::org;
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
    /// Show an organization's figures and its scores with their reasons; itself, the regulator and those it lets read it may, reads only
    ///
    /// The formula of each figure is docs/profiles.md, the scorecard docs/scorecard.md. Both are computed from the ledger's sums by
    /// this command.
    Show {
        /// The organization's id
        organization: OrganizationId,
    },
    /// List the transactions that concerned an organization, each with the figures it moved; itself, the regulator and those it lets read it may,
    /// reads only
    History {
        /// The organization's id
        organization: OrganizationId,
        #[command(flatten)]
        page: Page,
    },
    /// Recompute an organization's profile from its whole history and compare; itself, the regulator and those it lets read it may, reads
    /// only
    ///
    /// Reads every entry of the history and the receipt of each transaction. Fails where an entry is not in its place, names other
    /// figures than its events move, or the sums are others than the ledger's. The receipts are the organization's and the regulator's alone: for
    /// others this compares the entries with the profile, so that none is missing, and not the sums.
    Verify {
        /// The organization's id
        organization: OrganizationId,
    },
    /// Let another organization read your profile and history up to a day; any organization may, its administrators sign
    ///
    /// It sees every figure, your buyers and what they confirmed among them, and of each transaction of your history its id, its place and
    /// the figures it moved; no more of the transactions than before. Whom you let read already reads up to this day instead. What it has read you cannot take back.
    Share {
        /// The organization that may read
        #[arg(value_name = "ORG")]
        reader: OrganizationId,
        /// The last day, at most 366 days ahead
        #[arg(long, value_name = "DAY")]
        until: Date,
        #[command(flatten)]
        sending: Sending,
    },
    /// Let an organization read your profile and history no more; the organization that let it may, suspended or not
    ///
    /// From the next block on it reads as little as any other. One account is enough to sign it.
    Unshare {
        /// The organization that may read no more
        #[arg(value_name = "ORG")]
        reader: OrganizationId,
        #[command(flatten)]
        sending: Sending,
    },
    /// List who lets whom read a profile, or did: your shares, given and received, and for a regulator all; every organization may, reads only
    Shares {
        /// Only of this organization's profile
        #[arg(long, value_name = "ORG")]
        of: Option<OrganizationId>,
        /// Only to this reader
        #[arg(long, value_name = "ORG")]
        reader: Option<OrganizationId>,
        #[command(flatten)]
        page: Page,
    },
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    match command {
        Command::Show { organization } => {
            let profile = get(&client, &organization).await?.ok_or_else(|| {
                Failure::failed(format!(
                    "{organization} has no profile that you may read\n  what to do: a profile begins with the first invoice or quote, and \
                     is shown to the organization itself, to regulators, and to those it lets read it (counterfoil profile shares)"
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
            let columns = ["on", "height", "index", "tx_id", "figures"];
            Ok(Answer::list("entries", &columns, list))
        }
        Command::Verify { organization } => {
            let profile = get(&client, &organization).await?;
            let mut recomputation = Recomputation::new(&organization, profile);
            let whole = reads_receipts(&client, session.organization()?, &organization).await?;
            read_history(&client, &organization, whole, &mut recomputation).await?;
            let verified = recomputation.finish().map_err(|problem| {
                Failure::failed(format!(
                    "the profile of {organization} is not what its history adds up to: {problem}\n  what to do: ask another node; where two \
                     answer alike, tell the regulator"
                ))
            })?;
            let view = View::new()
                .text("organization", &organization)
                .flag("verified", true)
                .text(
                    "compared",
                    if whole { "entries and sums" } else { "entries" },
                )
                .number("entries", verified.entries)
                .number("moving", verified.moving)
                .number("newer", verified.newer);
            Ok(Answer::record(view))
        }
        Command::Share {
            reader,
            until,
            sending,
        } => shares::share(session, &client, reader, until, &sending).await,
        Command::Unshare { reader, sending } => {
            shares::unshare(session, &client, reader, &sending).await
        }
        Command::Shares { of, reader, page } => {
            shares::list(session, &client, of, reader, &page).await
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

/// Whether the caller sees what every transaction of a history says. Of others' it sees the events that concern itself,
/// which are not those that the figures come from.
async fn reads_receipts(
    client: &Client,
    caller: &OrganizationId,
    organization: &OrganizationId,
) -> Result<bool, Failure> {
    let found = org::get(client, caller).await?;
    let regulates = found.roles().any(|role| role == Role::Regulator);
    Ok(regulates || caller == organization)
}

async fn read_history(
    client: &Client,
    organization: &OrganizationId,
    whole: bool,
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
            let receipt = match whole {
                true => {
                    let id = TxId::try_from(entry.tx_id.as_slice()).map_err(Failure::failed)?;
                    Some(client.receipt(id).await?)
                }
                false => None,
            };
            recomputation
                .add(&entry, receipt.as_ref())
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
