//! `counterfoil status`: what one node says of itself.

use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;
use crate::views;

/// Show what the node says of itself; every organization may, reads only
#[derive(clap::Args, Debug)]
pub struct Arguments {}

pub async fn execute(_: Arguments, session: &Session) -> Result<Answer, Failure> {
    let client = session.client().await?;
    let (_, genesis_hash) = client.genesis().await?;
    let view = views::status(&client.status().await?)
        .id("genesis_hash", &genesis_hash)
        .text("node", client.node());
    Ok(Answer::record(view))
}
