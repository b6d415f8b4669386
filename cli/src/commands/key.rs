//! `counterfoil key`: private keys in files.

use std::path::PathBuf;

use clap::Subcommand;
use counterfoil_types::keys::SigningKey;

use crate::failure::Failure;
use crate::keystore;
use crate::output::{Answer, View};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make a new key; anyone may, and nothing changes on the ledger
    ///
    /// Writes an Ed25519 private key as PKCS#8 PEM that only you may read, and
    /// prints its public key, which a genesis enrols as an organization's account.
    New {
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the public key of the file that --key names; reads only
    Show,
}

pub fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (key, view) = match command {
        Command::New { out } => {
            let key = SigningKey::generate();
            keystore::write_key(&out, &key)?;
            (key, View::new().text("file", out.display()))
        }
        Command::Show => (session.key()?, View::new()),
    };
    Ok(Answer::record(view.text("public_key", key.public_key())))
}
