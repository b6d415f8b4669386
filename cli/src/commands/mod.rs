//! One file a command. Here a parsed command line is handed to its command.

pub mod account;
pub mod audit;
pub mod block;
pub mod calendar;
pub mod claim;
pub mod clock;
pub mod decision;
pub mod demo;
pub mod deposit;
pub mod dev;
pub mod events;
pub mod freeze;
pub mod inbox;
pub mod invoice;
pub mod key;
pub mod limit;
pub mod loan;
pub mod localnet;
pub mod org;
pub mod payment;
pub mod policy;
pub mod profile;
pub mod programme;
pub mod proof;
pub mod proposal;
pub mod receivable;
pub mod recourse;
pub mod request;
pub mod status;
pub mod suspense;
pub mod token;
pub mod tx;
pub mod undertaking;

use crate::arguments::Command;
use crate::failure::Failure;
use crate::output::Answer;
use crate::session::Session;

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    match command {
        Command::Key(command) => key::execute(command, session),
        Command::Org(command) => org::execute(command, session).await,
        Command::Account(command) => account::execute(command, session).await,
        Command::Proposal(command) => proposal::execute(command, session).await,
        Command::Proof(command) => proof::execute(command, session).await,
        Command::Decision(command) => decision::execute(command, session).await,
        Command::Invoice(command) => invoice::execute(command, session).await,
        Command::Receivable(command) => receivable::execute(command, session).await,
        Command::Claim(command) => claim::execute(command, session).await,
        Command::Request(command) => request::execute(command, session).await,
        Command::Undertaking(command) => undertaking::execute(command, session).await,
        Command::Loan(command) => loan::execute(command, session).await,
        Command::Programme(command) => programme::execute(command, session).await,
        Command::Limit(command) => limit::execute(command, session).await,
        Command::Deposit(command) => deposit::execute(command, session).await,
        Command::Payment(command) => payment::execute(command, session).await,
        Command::Policy(command) => policy::execute(command, session).await,
        Command::Freeze(command) => freeze::execute(command, session).await,
        Command::Suspense(command) => suspense::execute(command, session).await,
        Command::Profile(command) => profile::execute(command, session).await,
        Command::Tx(command) => tx::execute(command, session).await,
        Command::Block(command) => block::execute(command, session).await,
        Command::Events(arguments) => events::execute(arguments, session).await,
        Command::Inbox(arguments) => inbox::execute(arguments, session).await,
        Command::Calendar(command) => calendar::execute(command, session).await,
        Command::Clock(command) => clock::execute(command, session).await,
        Command::Status(arguments) => status::execute(arguments, session).await,
        Command::Token(arguments) => token::execute(arguments, session).await,
        Command::Audit(arguments) => audit::execute(arguments, session).await,
        Command::Localnet(command) => localnet::execute(command).await,
        Command::Dev(arguments) => dev::execute(arguments, session).await,
        Command::Demo(arguments) => demo::execute(arguments).await,
    }
}
