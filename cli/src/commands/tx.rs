//! `counterfoil tx`: what became of transactions.

use std::time::Duration;

use clap::Subcommand;
use counterfoil_types::ids::TxId;

use crate::client::executed;
use crate::failure::Failure;
use crate::output::{Answer, View};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Show the receipt of a committed transaction; its signer and whom it concerns may, reads only
    Show {
        /// The transaction's id, 64 hexadecimal digits
        id: TxId,
    },
    /// Wait until a transaction is committed; its signer and whom it concerns may, reads only
    ///
    /// Ends with exit code 3 where the transaction was rejected.
    Wait {
        /// The transaction's id, 64 hexadecimal digits
        id: TxId,
        /// Seconds to wait
        #[arg(long, default_value_t = 60, value_parser = clap::value_parser!(u64).range(1..=3600))]
        timeout: u64,
    },
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let receipt = match command {
        Command::Show { id } => client.receipt(id).await?,
        Command::Wait { id, timeout } => {
            executed(client.wait(id, Duration::from_secs(timeout)).await?)?
        }
    };
    Ok(Answer::record(views::receipt(
        View::new(),
        &receipt,
        &currencies,
    )))
}
