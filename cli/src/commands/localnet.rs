//! `counterfoil localnet`: networks of plain processes on this machine.

use std::path::{Path, PathBuf};

use clap::{Subcommand, ValueEnum};
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::Role;
use counterfoil_types::limits::MAX_VALIDATORS;

use crate::demo::data::Data;
use crate::failure::Failure;
use crate::localnet::{Member, Network, NodeState, Plan, Transport, find_counterfoild, today};
use crate::output::{Answer, Listed, View};

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make a network's keys, genesis and nodes in a new folder; starts nothing
    ///
    /// Enrols an operator, a regulator, two banks, two buyers and two suppliers
    /// with one key each in keys/‹organization›.pem, or with --genesis-from
    /// those of a file of invoices.
    Init {
        #[command(flatten)]
        home: Home,
        #[command(flatten)]
        make: Make,
        /// Take the organizations and the first date from this CSV file of invoices, as `demo` does
        #[arg(long, value_name = "FILE", conflicts_with_all = ["clock", "first_date"])]
        genesis_from: Option<PathBuf>,
        /// Whether the ledger's date is rolled by the operator or follows the wall clock
        #[arg(long, value_enum, default_value = "simulated")]
        clock: Clock,
        /// The first date of a simulated clock; today if left out
        #[arg(long, value_name = "DATE")]
        first_date: Option<Date>,
        /// The chain's id; a new one is made up if left out
        #[arg(long, value_name = "ID")]
        chain_id: Option<String>,
    },
    /// Start those nodes that do not run, and wait until they serve
    Start {
        #[command(flatten)]
        home: Home,
        /// Only these nodes, such as validator-0
        names: Vec<String>,
    },
    /// Show each node's process, height and date; reads only
    Status {
        #[command(flatten)]
        home: Home,
    },
    /// Stop nodes; their data stays
    Stop {
        #[command(flatten)]
        home: Home,
        /// Only these nodes, such as validator-0
        names: Vec<String>,
    },
    /// Stop the network and remove its folder with all keys and data
    Clean {
        #[command(flatten)]
        home: Home,
    },
}

#[derive(clap::Args, Debug)]
pub struct Home {
    /// The network's folder
    #[arg(long, value_name = "DIR", default_value = "localnet")]
    home: PathBuf,
}

/// How a network is made.
#[derive(clap::Args, Debug)]
pub struct Make {
    /// How many validators
    #[arg(long, value_name = "N", default_value_t = 4, value_parser = validators)]
    pub validators: usize,
    /// The node's binary; beside this command or on PATH if left out
    #[arg(long, env = "COUNTERFOILD", value_name = "FILE")]
    pub counterfoild: Option<PathBuf>,
    /// Let the nodes speak plain text, which others on this machine can read, instead of TLS
    #[arg(long)]
    pub plain_text: bool,
}

impl Make {
    pub fn transport(&self) -> Transport {
        match self.plain_text {
            true => Transport::PlainText,
            false => Transport::Tls,
        }
    }
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, ValueEnum)]
pub enum Clock {
    Simulated,
    Wall,
}

fn validators(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(n) if (1..=MAX_VALIDATORS).contains(&n) => Ok(n),
        _ => Err(format!("give a number from 1 to {MAX_VALIDATORS}")),
    }
}

pub async fn execute(command: Command) -> Result<Answer, Failure> {
    match command {
        Command::Init {
            home,
            make,
            genesis_from,
            clock,
            first_date,
            chain_id,
        } => {
            let chain_id = chain_id.unwrap_or_else(|| new_chain_id("localnet"));
            let plan = match genesis_from {
                Some(file) => Data::read(&file)?.plan(chain_id, make.validators, make.transport()),
                None => tour_plan(chain_id, &make, clock, first_date)?,
            };
            let counterfoild = find_counterfoild(make.counterfoild.as_deref())?;
            let network = plan.create(&home.home, &counterfoild)?;
            let view = View::new()
                .text("home", network.home().display())
                .text("chain_id", network.chain_id())
                .hidden(
                    "authority",
                    network.authority().map(|file| file.display().to_string()),
                )
                .number("organizations", plan.members.len() as u64)
                .list("nodes", network.nodes().iter().map(|node| node.url.clone()));
            Ok(Answer::record(view))
        }
        Command::Start { home, names } => {
            let network = Network::open(&home.home)?;
            network.start(&names).await?;
            eprintln!("now: {}", network.env_command());
            Ok(states(network.states().await))
        }
        Command::Status { home } => Ok(states(Network::open(&home.home)?.states().await)),
        Command::Stop { home, names } => {
            let stopped = Network::open(&home.home)?.stop(&names)?;
            Ok(Answer::record(
                View::new().number("stopped", stopped as u64),
            ))
        }
        Command::Clean { home } => {
            Network::open(&home.home)?.clean()?;
            Ok(Answer::record(
                View::new().text("removed", Path::new(&home.home).display()),
            ))
        }
    }
}

/// A chain id that no other network has, so that nothing signed for one counts on another.
pub fn new_chain_id(prefix: &str) -> String {
    format!("{prefix}-{}", hex::encode(rand::random::<[u8; 4]>()))
}

/// A small network to try things out on.
pub fn tour_plan(
    chain_id: String,
    make: &Make,
    clock: Clock,
    first_date: Option<Date>,
) -> Result<Plan, Failure> {
    let first_date = match (clock, first_date) {
        (Clock::Wall, None) => None,
        (Clock::Wall, Some(_)) => {
            return Err(Failure::Usage(
                "a clock that follows the wall has no --first-date".into(),
            ));
        }
        (Clock::Simulated, Some(date)) => Some(date),
        (Clock::Simulated, None) => Some(today()?),
    };
    let member = |id: &str, legal_name: &str, role| Member {
        id: id.parse().expect("the ids below are organization ids"),
        legal_name: legal_name.to_owned(),
        role,
        checked: false,
    };
    Ok(Plan {
        chain_id,
        first_date,
        currencies: ["EUR", "USD"]
            .map(|code| code.parse().expect("an ISO 4217 code"))
            .to_vec(),
        members: vec![
            member("operator", "Operator", Role::Operator),
            member("bank-a", "Bank A", Role::Bank),
            member("bank-b", "Bank B", Role::Bank),
            member("regulator", "Regulator", Role::Regulator),
            member("buyer-a", "Buyer A", Role::CoreEnterprise),
            member("buyer-b", "Buyer B", Role::CoreEnterprise),
            member("supplier-a", "Supplier A", Role::Supplier),
            member("supplier-b", "Supplier B", Role::Supplier),
        ],
        validators: make.validators,
        transport: make.transport(),
    })
}

fn states(states: Vec<NodeState>) -> Answer {
    let view = |state: NodeState| {
        let view = View::new()
            .text("name", &state.node.name)
            .text("organization", &state.node.organization)
            .text("url", &state.node.url)
            .flag("running", state.pid.is_some())
            .flag("serving", state.status.is_some());
        let view = match state.pid {
            Some(pid) => view.number("pid", pid),
            None => view,
        };
        match state.status {
            Some(status) => view
                .number("height", status.height)
                .date("ledger_date", status.ledger_date.as_ref())
                .number("peers", status.peers)
                .number("pool_transactions", status.pool_transactions),
            None => view,
        }
    };
    let items = states.into_iter().map(view).collect();
    let columns = [
        "name",
        "organization",
        "url",
        "running",
        "serving",
        "pid",
        "height",
        "ledger_date",
        "peers",
    ];
    Answer::list(
        "nodes",
        &columns,
        Listed {
            items,
            next_page_token: String::new(),
        },
    )
}
