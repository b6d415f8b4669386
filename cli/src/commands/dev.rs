//! `counterfoil dev`: a network of one validator in the foreground, for a first hour.

use std::path::{Path, PathBuf};

use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::GenesisOrganization;

use crate::commands::localnet::{Clock, Make, new_chain_id, tour_plan};
use crate::failure::Failure;
use crate::interrupt::interrupted;
use crate::localnet::{Network, find_counterfoild, in_shell};
use crate::output::{Answer, Format, View, table};
use crate::session::Session;

/// The document of the first invoice that `dev` proposes to register.
const DOCUMENT: &str = "invoice.txt";
const DOCUMENT_TEXT: &str = "Invoice INV-1\nSupplier A to Buyer A\n1,250.00 USD\n";

/// Run a network of one validator here until Ctrl-C, for trying things out; anyone may
///
/// Makes it in a new folder with an operator, a regulator, two banks, two buyers and
/// two suppliers, whose private keys lie there in plain sight, and a date that the operator
/// rolls. Prints what there is and one command to go on with. Where the folder holds such a
/// network already, its ledger goes on.
#[derive(clap::Args, Debug)]
pub struct Arguments {
    /// The network's folder
    #[arg(long, value_name = "DIR", default_value = "dev")]
    home: PathBuf,
    /// The first date of a new ledger; today if left out
    #[arg(long, value_name = "DATE")]
    first_date: Option<Date>,
    /// Remove the network that is there, with its keys and data, and begin anew
    #[arg(long)]
    reset: bool,
    /// The node's binary; beside this command or on PATH if left out
    #[arg(long, env = "COUNTERFOILD", value_name = "FILE")]
    counterfoild: Option<PathBuf>,
    /// Let a new node speak plain text, which others on this machine can read, instead of TLS
    #[arg(long)]
    plain_text: bool,
}

pub async fn execute(arguments: Arguments, session: &Session) -> Result<Answer, Failure> {
    let home = &arguments.home;
    if arguments.reset && Network::is_at(home) {
        Network::open(home)?.clean()?;
    }
    let network = match Network::is_at(home) {
        true => reopened(home, arguments.first_date)?,
        false => made(&arguments)?,
    };
    let ended = tokio::select! {
        ended = serve(&network, session.global().output) => ended,
        () = interrupted() => Ok(()),
    };
    network.stop(&[])?;
    ended?;
    eprintln!(
        "stopped; `counterfoil dev --home {}` goes on",
        in_shell(home)
    );
    Ok(Answer::printed())
}

fn made(arguments: &Arguments) -> Result<Network, Failure> {
    let make = Make {
        validators: 1,
        counterfoild: arguments.counterfoild.clone(),
        plain_text: arguments.plain_text,
    };
    let chain_id = new_chain_id("dev");
    let plan = tour_plan(chain_id, &make, Clock::Simulated, arguments.first_date)?;
    let counterfoild = find_counterfoild(make.counterfoild.as_deref())?;
    let network = plan.create(&arguments.home, &counterfoild)?;
    let document = network.home().join(DOCUMENT);
    std::fs::write(&document, DOCUMENT_TEXT)
        .map_err(|e| Failure::Failed(format!("cannot write {}: {e}", document.display())))?;
    Ok(network)
}

fn reopened(home: &Path, first_date: Option<Date>) -> Result<Network, Failure> {
    if first_date.is_some() {
        return Err(Failure::Usage(format!(
            "{} holds a network, whose date goes on where it was: leave --first-date out, or begin anew by --reset",
            home.display()
        )));
    }
    Network::open(home)
}

/// Starts the node, says what there is, and returns when the node ends, which it should not.
async fn serve(network: &Network, format: Format) -> Result<(), Failure> {
    network.start(&[]).await?;
    introduce(network).await?.print(format);
    network.until_ended().await
}

/// What a newcomer needs: who there is, with which key, where, and what to do first.
async fn introduce(network: &Network) -> Result<Answer, Failure> {
    let states = network.states().await;
    let status = states
        .first()
        .and_then(|state| state.status.as_ref())
        .ok_or_else(|| Failure::failed("the node stopped serving while it was started"))?;
    let rows: Vec<View> = network
        .genesis()?
        .organizations
        .iter()
        .map(|enrolled| organization(network, enrolled))
        .collect();
    let node = &network.nodes()[0];
    let date = status.ledger_date.unwrap_or_default();
    let next = first_command(network, &date);
    let view = View::new()
        .text("version", &status.version)
        .text("commit", &status.commit)
        .text("chain_id", network.chain_id())
        .date("ledger_date", Some(&date))
        .text("node", &node.url)
        .text("metrics", &node.metrics)
        .text("home", network.home().display())
        .hidden(
            "organizations",
            rows.iter()
                .cloned()
                .map(Into::into)
                .collect::<Vec<serde_json::Value>>(),
        )
        .hidden("next", next.clone());
    let text = format!(
        "{}\n\n\
         DEV KEYS: whoever reads these files signs as these organizations. Put nothing real on this chain.\n\n\
         Ctrl-C stops it. In another terminal:\n\n  {next}",
        table(&["id", "roles", "key"], &rows)
    );
    Ok(Answer::record(view).below(text))
}

fn organization(network: &Network, enrolled: &GenesisOrganization) -> View {
    View::new()
        .text("id", &enrolled.id)
        .list("roles", enrolled.roles.iter().map(|r| format!("{r:?}")))
        .text("key", network.key_file(&enrolled.id).display())
}

/// Registers an invoice of the ledger's own date, due 30 days later.
fn first_command(network: &Network, date: &wire::Date) -> String {
    let today = Date::try_from(date).unwrap_or(Date::MIN);
    let due = today.add_days(30).unwrap_or(today);
    format!(
        "{} && as supplier-a invoice register --buyer buyer-a --number INV-1 \
         --issue-date {today} --due-date {due} --amount \"1250.00 USD\" --document {}",
        network.env_command(),
        in_shell(&network.home().join(DOCUMENT)),
    )
}
