//! `counterfoil decision`: what the operators decide together.

use std::path::PathBuf;

use clap::Subcommand;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::membership::v1::action::Action;
use counterfoil_proto::membership::v1::decision::Decision as Outcome;
use counterfoil_proto::membership::v1::{
    Amendment, Decision, DecisionState, LedgerKeyRotation, Organization, ProposedDecision, Role,
    Suspension, Upgrade,
};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::{GenesisOrganization, GenesisValidator};
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{DecisionId, OrganizationId};
use counterfoil_types::transaction::decision_hash;

use crate::amounts::Currencies;
use crate::arguments::{Page, Sending, enum_value, read_json};
use crate::client::Client;
use crate::commands::org;
use crate::failure::Failure;
use crate::lists::pages;
use crate::output::{Answer, View};
use crate::owed::last_day;
use crate::session::Session;
use crate::views;

/// How long a decision stands for votes unless told otherwise.
const VOTING_DAYS: i64 = 30;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Propose to admit an organization, and vote for it; an operator may
    ///
    /// The file is JSON of what stands under `organizations` in a genesis: id, legal_name, lei or national_id, roles, and accounts with
    /// their key and permissions. It takes part from the next height on, once more than two thirds of the operators are for it.
    Admit {
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        voting: Voting,
    },
    /// Propose to suspend an organization, and vote for it; an operator may
    ///
    /// It may then still pay, be paid and release, and begin nothing.
    Suspend {
        /// The organization
        id: OrganizationId,
        /// Why, 1 to 280 characters
        #[arg(long, value_name = "TEXT")]
        reason: String,
        #[command(flatten)]
        voting: Voting,
    },
    /// Propose to reinstate a suspended organization, and vote for it; an operator may
    Reinstate {
        /// The organization
        id: OrganizationId,
        #[command(flatten)]
        voting: Voting,
    },
    /// Propose what the law calls an organization and what it may do, and vote for it; an operator may
    ///
    /// What is left out stays as it is. Roles are added; only that of an operator can be taken. Former legal ids stay its own.
    Amend(Amend),
    /// Propose who decides blocks from the next height on, and vote for it; an operator may
    ///
    /// The file is JSON of what stands under `validators` in a genesis, all of them: organization, public_key and power of each. A validator that
    /// is new must be in the others' list of peers before.
    Validators {
        #[arg(long, value_name = "FILE")]
        file: PathBuf,
        #[command(flatten)]
        voting: Voting,
    },
    /// Propose parameters of consensus from the next height on, and vote for them; an operator may
    ///
    /// What is left out stays as it is.
    Params(Params),
    /// Propose that the next version of the rules holds from a height on, and vote for it; an operator may
    ///
    /// A node whose software does not know the version stops before that height: install the release everywhere first, and leave
    /// time for it. Naming the version in force takes back an upgrade that is still to come.
    Upgrade {
        /// The version: the next, or the one in force
        #[arg(value_name = "VERSION")]
        version: u32,
        #[arg(long, value_name = "HEIGHT")]
        from_height: u64,
        #[command(flatten)]
        voting: Voting,
    },
    /// Propose that fingerprints are computed under another ledger key from a height on, and vote for it; an operator may
    ///
    /// The key itself is not sent: its hash is. Every node needs it as a further line of its ledger key file, and a restart, before that
    /// height; one without it stops there. The former keys stay in the file: what was registered under them still collides. Naming
    /// the key in force takes back a rotation that is still to come.
    RotateLedgerKey {
        /// The new key's hash, 64 hexadecimal digits, as `key ledger` prints it
        #[arg(value_name = "HASH")]
        key_hash: Hash,
        #[arg(long, value_name = "HEIGHT")]
        from_height: u64,
        #[command(flatten)]
        voting: Voting,
    },
    /// Vote for a decision, after looking at it; an operator may
    ///
    /// Shows it whole before it signs. It is carried out with the vote that makes more than two thirds of the active operators.
    Vote {
        /// The decision's id, 64 hexadecimal digits
        id: DecisionId,
        #[command(flatten)]
        sending: Sending,
    },
    /// Show one decision and who is for it; operators and whom it is about may, reads only
    Show {
        /// The decision's id, 64 hexadecimal digits
        id: DecisionId,
    },
    /// List decisions; operators see all, others what is about them, reads only
    List {
        /// Only those in this state: open, carried-out
        #[arg(long, value_parser = state)]
        state: Option<DecisionState>,
        #[command(flatten)]
        page: Page,
    },
    /// Show who decides blocks, and under which parameters, versions and ledger keys; every organization may, reads only
    Settings,
}

#[derive(clap::Args, Debug)]
pub struct Params {
    /// Most bytes of transactions in a block
    #[arg(long, value_name = "BYTES")]
    max_block_bytes: Option<u64>,
    /// Milliseconds the first round waits for a proposal
    #[arg(long, value_name = "MS")]
    timeout_propose_ms: Option<u64>,
    /// Milliseconds the first round waits for votes
    #[arg(long, value_name = "MS")]
    timeout_vote_ms: Option<u64>,
    /// Milliseconds each further round waits longer
    #[arg(long, value_name = "MS")]
    timeout_delta_ms: Option<u64>,
    /// Milliseconds after which an idle network makes a block
    #[arg(long, value_name = "MS")]
    heartbeat_ms: Option<u64>,
    /// Milliseconds ahead of block time at which a transaction may expire at most; 0 for an hour
    #[arg(long, value_name = "MS")]
    transaction_lifetime_ms: Option<u64>,
    #[command(flatten)]
    voting: Voting,
}

#[derive(clap::Args, Debug)]
pub struct Amend {
    /// The organization
    id: OrganizationId,
    /// Its legal name
    #[arg(long, value_name = "NAME")]
    legal_name: Option<String>,
    /// Its LEI (ISO 17442)
    #[arg(long, value_name = "LEI")]
    lei: Option<String>,
    /// Its national id
    #[arg(long, value_name = "ID")]
    national_id: Option<String>,
    /// A role that it is given; may be repeated: core-enterprise, supplier, bank, guarantor, regulator, operator
    #[arg(long = "add-role", value_name = "ROLE", value_parser = role)]
    add_roles: Vec<Role>,
    /// It operates the network no more
    #[arg(long)]
    drop_operator: bool,
    #[command(flatten)]
    voting: Voting,
}

fn role(text: &str) -> Result<Role, String> {
    enum_value("ROLE", text, Role::from_str_name)
}

/// How a decision is put to the vote.
#[derive(clap::Args, Debug)]
pub struct Voting {
    /// The last day for votes; 30 days ahead if left out
    #[arg(long, value_name = "DATE")]
    until: Option<Date>,
    #[command(flatten)]
    sending: Sending,
}

fn state(text: &str) -> Result<DecisionState, String> {
    enum_value("DECISION_STATE", text, DecisionState::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (client, currencies) = session.ledger().await?;
    let (outcome, voting) = match command {
        Command::Admit { file, voting } => {
            let mut admitted: GenesisOrganization = read_json(&file)?;
            admitted.sort();
            (Outcome::Admit(admitted.to_proto()), voting)
        }
        Command::Suspend { id, reason, voting } => {
            let organization = id.to_string();
            (
                Outcome::Suspend(Suspension {
                    organization,
                    reason,
                }),
                voting,
            )
        }
        Command::Reinstate { id, voting } => (Outcome::Reinstate(id.to_string()), voting),
        Command::Amend(amended) => {
            let standing = org::get(&client, &amended.id).await?;
            (Outcome::Amend(amended.over(standing)), amended.voting)
        }
        Command::Validators { file, voting } => {
            let mut validators: Vec<GenesisValidator> = read_json(&file)?;
            validators.sort_by_key(|validator| validator.public_key.address());
            let validators = validators.iter().map(GenesisValidator::to_proto).collect();
            (
                Outcome::Validators(wire::ValidatorSet { validators }),
                voting,
            )
        }
        Command::Params(changed) => {
            let params = client.settings().await?.params.unwrap_or_default();
            (Outcome::Params(changed.over(params)), changed.voting)
        }
        Command::Upgrade {
            version,
            from_height,
            voting,
        } => {
            let upgrade = Upgrade {
                version,
                from_height,
            };
            (Outcome::Upgrade(upgrade), voting)
        }
        Command::RotateLedgerKey {
            key_hash,
            from_height,
            voting,
        } => {
            let rotation = LedgerKeyRotation {
                key_hash: key_hash.to_vec(),
                from_height,
            };
            (Outcome::RotateLedgerKey(rotation), voting)
        }
        Command::Vote { id, sending } => {
            return vote(session, (&client, &currencies), id, &sending).await;
        }
        Command::Show { id } => {
            let found = get(&client, id).await?;
            return Ok(Answer::record(views::decision(&found, &currencies)));
        }
        Command::List { state, page } => {
            let filter = wire::ListDecisionsRequest {
                state: state.unwrap_or_default().into(),
                ..Default::default()
            };
            let view = |d: &ProposedDecision| views::decision(d, &currencies);
            let list = session.list(&page, pages(&client, filter), view).await?;
            let columns = ["id", "proposed_by", "state", "votes", "expires_on"];
            return Ok(Answer::list("decisions", &columns, list));
        }
        Command::Settings => {
            return Ok(Answer::record(views::settings(&client.settings().await?)));
        }
    };
    propose(session, &client, outcome, voting).await
}

async fn propose(
    session: &Session,
    client: &Client,
    outcome: Outcome,
    voting: Voting,
) -> Result<Answer, Failure> {
    let until = last_day(client, voting.until, VOTING_DAYS).await?;
    let propose = membership::ProposeDecision {
        decision: Some(Decision {
            decision: Some(outcome),
        }),
        expires_on: Some(until.to_proto()),
    };
    let action = Action::ProposeDecision(propose);
    let made = |tx_id, view: View| view.text("decision", DecisionId::of(tx_id));
    session.execute(client, action, &voting.sending, made).await
}

async fn vote(
    session: &Session,
    (client, currencies): (&Client, &Currencies),
    id: DecisionId,
    sending: &Sending,
) -> Result<Answer, Failure> {
    let proposed = get(client, id).await?;
    let decision = proposed.decision.clone().unwrap_or_default();
    // Reckoned here, so that nobody votes for another one than is seen.
    let hash = decision_hash(&decision);
    eprintln!(
        "voting for: {}",
        views::decision(&proposed, currencies).line()
    );
    let vote = membership::Vote {
        decision: id.to_vec(),
        decision_hash: hash.to_vec(),
    };
    session
        .execute(client, Action::Vote(vote), sending, |_, view| view)
        .await
}

impl Amend {
    /// These where they are given, and for the rest what stands.
    fn over(&self, standing: Organization) -> Amendment {
        let or = |given: &Option<String>, standing| given.clone().unwrap_or(standing);
        let operator = i32::from(Role::Operator);
        let mut roles = standing.roles;
        roles.extend(self.add_roles.iter().map(|role| i32::from(*role)));
        roles.retain(|role| !self.drop_operator || *role != operator);
        roles.sort_unstable();
        roles.dedup();
        Amendment {
            organization: standing.id,
            legal_name: or(&self.legal_name, standing.legal_name),
            lei: or(&self.lei, standing.lei),
            national_id: or(&self.national_id, standing.national_id),
            roles,
        }
    }
}

impl Params {
    /// These where they are given, and for the rest what stands.
    fn over(&self, standing: wire::ConsensusParams) -> wire::ConsensusParams {
        wire::ConsensusParams {
            max_block_bytes: self.max_block_bytes.unwrap_or(standing.max_block_bytes),
            timeout_propose_ms: self
                .timeout_propose_ms
                .unwrap_or(standing.timeout_propose_ms),
            timeout_vote_ms: self.timeout_vote_ms.unwrap_or(standing.timeout_vote_ms),
            timeout_delta_ms: self.timeout_delta_ms.unwrap_or(standing.timeout_delta_ms),
            heartbeat_ms: self.heartbeat_ms.unwrap_or(standing.heartbeat_ms),
            transaction_lifetime_ms: self
                .transaction_lifetime_ms
                .unwrap_or(standing.transaction_lifetime_ms),
        }
    }
}

async fn get(client: &Client, id: DecisionId) -> Result<ProposedDecision, Failure> {
    let request = wire::GetDecisionRequest { id: id.to_vec() };
    let answer = client.ledger().get_decision(request).await;
    let found = answer.map_err(|s| client.failure(s))?.into_inner().decision;
    found.ok_or_else(|| client.incomplete("a decision"))
}
