//! `counterfoil account`: the keys that act for an organization.

use std::path::PathBuf;

use clap::Subcommand;
use counterfoil_proto::membership::v1 as membership;
use counterfoil_proto::membership::v1::action::Action;
use counterfoil_proto::membership::v1::{Account, Enrolment, Permission, Revocation};
use counterfoil_types::ids::OrganizationId;
use counterfoil_types::keys::{PublicKey, Signature};
use counterfoil_types::transaction::enrolment_bytes;

use super::org;
use crate::arguments::{Sending, enum_value};
use crate::failure::Failure;
use crate::output::{Answer, Listed, View};
use crate::session::Session;
use crate::views;

#[derive(Subcommand, Debug)]
pub enum Command {
    Enrol(Enrol),
    /// Revoke an account of --org; an account with the permission admin may
    ///
    /// What it signed before stays good.
    Revoke {
        /// The account's public key, 64 hexadecimal digits
        public_key: PublicKey,
        /// The height from which on it does not act; the next one if left out
        #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
        until_height: u64,
        #[command(flatten)]
        sending: Sending,
    },
    /// Print the proof that the key named by --key is at hand, for `counterfoil account enrol` elsewhere; reads only
    Prove {
        /// The chain's id, as `counterfoil status` shows it
        #[arg(long, value_name = "ID")]
        chain_id: String,
    },
    /// List the accounts of an organization and what each may do; every organization may, reads only
    List {
        /// The organization; --org if left out
        id: Option<OrganizationId>,
    },
}

/// Enrol a key for --org, in place of another one where --revoke names it; an account with the permission admin may
///
/// The key must show that it is at hand: name its file by --new-key, or give what `counterfoil account prove` printed where the key is.
/// From the next height on it acts with the permissions given, unless a height is named. An organization with several acting accounts
/// needs two that administer, and whoever makes something another one that approves it.
#[derive(clap::Args, Debug)]
pub struct Enrol {
    /// The new account's private key, made by `counterfoil key new`
    #[arg(long, value_name = "FILE", conflicts_with_all = ["public_key", "proof"])]
    new_key: Option<PathBuf>,
    /// The new account's public key, 64 hexadecimal digits
    #[arg(long, value_name = "KEY", requires = "proof")]
    public_key: Option<PublicKey>,
    /// What `counterfoil account prove` printed as proof, 128 hexadecimal digits
    #[arg(long, value_name = "SIGNATURE", requires = "public_key")]
    proof: Option<String>,
    /// What it may do: view, make, approve, admin; several between commas
    #[arg(long, value_delimiter = ',', required = true, value_parser = permission)]
    permissions: Vec<Permission>,
    /// An account that it takes the place of, and that acts no more from the same height on
    #[arg(long, value_name = "KEY")]
    revoke: Option<PublicKey>,
    /// The first height at which it acts; the next one if left out
    #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
    from_height: u64,
    #[command(flatten)]
    sending: Sending,
}

fn permission(text: &str) -> Result<Permission, String> {
    enum_value("PERMISSION", text, Permission::from_str_name)
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    match command {
        Command::Enrol(arguments) => enrol(arguments, session).await,
        Command::Revoke {
            public_key,
            until_height,
            sending,
        } => {
            let revocation = Revocation {
                public_key: public_key.to_vec(),
                until_height,
            };
            change(session, Vec::new(), vec![revocation], &sending).await
        }
        Command::Prove { chain_id } => prove(session, &chain_id),
        Command::List { id } => {
            let id = match &id {
                Some(id) => id,
                None => session.organization()?,
            };
            let found = org::get(&session.client().await?, id).await?;
            let list = Listed {
                items: found.accounts.iter().map(views::account).collect(),
                next_page_token: String::new(),
            };
            let columns = ["public_key", "permissions", "from_height", "until_height"];
            Ok(Answer::list("accounts", &columns, list))
        }
    }
}

async fn enrol(arguments: Enrol, session: &Session) -> Result<Answer, Failure> {
    let (key, signature) = match (arguments.new_key, arguments.public_key, arguments.proof) {
        (Some(file), ..) => {
            let key = session.keystore().read_key(&file)?;
            let chain_id = session.client().await?.status().await?.chain_id;
            let organization = session.organization()?.as_str();
            let signature = key.sign(&enrolment_bytes(&chain_id, organization));
            (key.public_key(), signature)
        }
        (None, Some(key), Some(proof)) => (key, read_proof(&proof)?),
        _ => {
            let message = "name the new key: --new-key FILE, or --public-key and --proof";
            return Err(Failure::Usage(message.into()));
        }
    };
    let mut permissions: Vec<i32> = arguments.permissions.into_iter().map(Into::into).collect();
    permissions.sort_unstable();
    permissions.dedup();
    let account = Account {
        public_key: key.to_vec(),
        permissions,
        from_height: arguments.from_height,
        until_height: 0,
    };
    let enrolment = Enrolment {
        account: Some(account),
        signature: signature.to_vec(),
    };
    let revoked = arguments.revoke.map(|key| Revocation {
        public_key: key.to_vec(),
        until_height: arguments.from_height,
    });
    let revoked = revoked.into_iter().collect();
    change(session, vec![enrolment], revoked, &arguments.sending).await
}

async fn change(
    session: &Session,
    enrol: Vec<Enrolment>,
    revoke: Vec<Revocation>,
    sending: &Sending,
) -> Result<Answer, Failure> {
    let client = session.client().await?;
    let change = Action::ChangeAccounts(membership::ChangeAccounts { enrol, revoke });
    session
        .execute(&client, change, sending, |_, view| view)
        .await
}

fn read_proof(text: &str) -> Result<Signature, Failure> {
    let bytes = hex::decode(text.trim()).unwrap_or_default();
    let problem = || Failure::Usage("a proof has 128 hexadecimal digits".into());
    Signature::try_from(bytes.as_slice()).map_err(|_| problem())
}

fn prove(session: &Session, chain_id: &str) -> Result<Answer, Failure> {
    let key = session.key()?;
    let organization = session.organization()?;
    let proof = key.sign(&enrolment_bytes(chain_id, organization.as_str()));
    let view = View::new()
        .text("organization", organization)
        .text("chain_id", chain_id)
        .text("public_key", key.public_key())
        .text("proof", hex::encode(proof.0));
    Ok(Answer::record(view))
}
