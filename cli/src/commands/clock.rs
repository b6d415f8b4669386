//! `counterfoil clock`: the ledger's date.

use clap::Subcommand;
use counterfoil_proto::calendar::v1 as calendar;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;

use crate::arguments::Sending;
use crate::failure::Failure;
use crate::output::{Answer, View};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Move the ledger to 00:00 of a later date; an operator may, on a network with a simulated clock
    ///
    /// Changes the date that due dates, penalties and registrations are judged by, for everyone.
    Roll {
        /// The date, such as 2012-01-31
        to: Date,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show the ledger's date; every organization may, reads only
    Show,
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let client = session.client().await?;
    match command {
        Command::Roll { to, sending } => {
            let roll = calendar::RollClock {
                to: Some(to.to_proto()),
            };
            let action = calendar::action::Action::Roll(roll);
            session
                .execute(&client, action, &sending, |_, view| view)
                .await
        }
        Command::Show => {
            let (genesis, _) = client.genesis().await?;
            let status = client.status().await?;
            let kind = match genesis.clock() {
                wire::ClockKind::Simulated => "simulated",
                _ => "wall",
            };
            let view = View::new()
                .date("ledger_date", status.ledger_date.as_ref())
                .text("clock", kind)
                .number("height", status.height);
            Ok(Answer::record(view))
        }
    }
}
