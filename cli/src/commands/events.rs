//! `counterfoil events`: what happens, as the node tells it, in one line each.

mod line;
mod state;

use std::io::{self, Write as _};
use std::path::PathBuf;

use crate::amounts::Currencies;
use crate::client::Follower;
use crate::events;
use crate::failure::Failure;
use crate::interrupt::interrupted;
use crate::output::{Answer, Format};
use crate::session::Session;
use state::State;

/// Show what happened, as far as your organization may read it; reads only
///
/// One event a line: the block's height, the ledger date, the contract, and what happened. With `-o json` one
/// JSON object a line (JSON lines), as the list need not end. Height, index and position name an event for good.
///
/// With `--follow` it goes on as blocks are committed, and over restarts of the node, until it is interrupted,
/// which is no failure.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The first block to tell of; 0 for the next one to be committed
    #[arg(long, value_name = "HEIGHT", default_value_t = 1)]
    from: u64,
    /// Go on with what happens from now on
    #[arg(long)]
    follow: bool,
    /// Only events of one contract
    #[arg(long, value_name = "NAME", value_parser = contract)]
    contract: Option<u32>,
    /// Keep in this file where to go on, and go on from there the next time
    ///
    /// It is written after a block's events are printed. A command that is killed between the two prints them
    /// once more the next time: none is lost, and height, index and position tell which it was.
    #[arg(long, value_name = "FILE")]
    state: Option<PathBuf>,
}

fn contract(name: &str) -> Result<u32, String> {
    let known = events::CONTRACTS.iter().find(|(_, known)| *known == name);
    let names = events::CONTRACTS.map(|(_, name)| name).join(", ");
    let number = known.map(|(number, _)| *number);
    number.ok_or_else(|| format!("the contracts that tell of events are {names}"))
}

pub async fn execute(arguments: Arguments, session: &Session) -> Result<Answer, Failure> {
    tokio::select! {
        told = tell(arguments, session) => told?,
        // Only while it waits: what is printed is kept in the state file too.
        () = interrupted() => {}
    }
    Ok(Answer::printed())
}

async fn tell(arguments: Arguments, session: &Session) -> Result<(), Failure> {
    let client = session.client().await?;
    let (genesis, _) = client.genesis().await?;
    let currencies = Currencies::of(&genesis);
    let tip = client.status().await?.height;
    let state = match arguments.state {
        Some(path) => {
            let organization = session.organization()?.as_str();
            Some(State::open(path, &genesis.chain_id, organization)?)
        }
        None => None,
    };
    let from = match state.as_ref().and_then(State::next_height) {
        Some(kept) => kept,
        None if arguments.from == 0 => tip + 1,
        None => arguments.from,
    };
    let mut follower = Follower::new(client, || session.client(), from);
    while arguments.follow || follower.next_height() <= tip {
        let message = follower.next().await?;
        let told = message.events.iter().filter_map(|entry| {
            let event = entry.event.as_ref()?;
            let wanted = arguments.contract.is_none_or(|c| c == event.contract);
            wanted.then(|| match session.global().output {
                Format::Table => line::text(&message, event, &currencies),
                Format::Json => line::json(&message, entry, event, &currencies),
            })
        });
        match print(told) {
            Ok(()) => {}
            // Whoever read it has seen enough. These lines do not count as told.
            Err(e) if e.kind() == io::ErrorKind::BrokenPipe => return Ok(()),
            Err(e) => return Err(Failure::Failed(format!("cannot print events: {e}"))),
        }
        if let Some(state) = &state {
            state.keep(message.next_height)?;
        }
    }
    Ok(())
}

/// Prints lines, and sees to it that they are out of this process.
fn print(lines: impl Iterator<Item = String>) -> io::Result<()> {
    let mut stdout = io::stdout().lock();
    for line in lines {
        writeln!(stdout, "{line}")?;
    }
    stdout.flush()
}
