//! `counterfoil key`: private keys in files.

use std::path::PathBuf;

use clap::Subcommand;
use counterfoil_keystore::{self as keystore, Keystore, PasswordSource};
use counterfoil_types::genesis::LedgerKey;
use counterfoil_types::keys::SigningKey;

use crate::failure::Failure;
use crate::output::{Answer, View};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Make a new key; anyone may, and nothing changes on the ledger
    ///
    /// Writes an Ed25519 private key as PKCS#8 PEM that only you may read, encrypted under a
    /// password, and prints its public key, which a genesis enrols as an organization's account.
    /// The password is the first line of --password-file, or COUNTERFOIL_PASSWORD; else you are asked.
    New {
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
        /// Leave the key unencrypted: whoever reads the file has it. For test networks
        #[arg(long)]
        plain: bool,
    },
    /// Make a new ledger key; anyone may, and nothing changes on the ledger
    ///
    /// Writes a file that only you may read, and prints the hash that a genesis or `decision rotate-ledger-key` names. The members
    /// hand the key to each other outside the ledger; each adds it to its node's ledger key file as a line.
    Ledger {
        /// The file to write; it must not exist
        #[arg(long, value_name = "FILE")]
        out: PathBuf,
    },
    /// Print the public key of the file that --key names; reads only
    ///
    /// An encrypted file needs its password even for that: the public key is not kept beside the private one.
    Show,
    /// Change the password of the file that --key names, or encrypt it where it is plain
    ///
    /// The file changes as a whole or not at all. Whoever has a copy of the old file and its password still has the key.
    Password {
        /// The first line of this file is the new password; you are asked if left out
        #[arg(long, env = "COUNTERFOIL_NEW_PASSWORD_FILE", value_name = "FILE")]
        new_password_file: Option<PathBuf>,
    },
}

pub fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    let (key, view) = match command {
        Command::New { out, plain } => {
            let key = SigningKey::generate();
            if plain {
                keystore::write_plain_key(&out, &key)?;
                eprintln!(
                    "{} is not encrypted: whoever reads it can sign as its owner",
                    out.display()
                );
            } else {
                session.keystore().write_key(&out, &key)?;
            }
            (key, View::new().text("file", out.display()))
        }
        Command::Ledger { out } => {
            let key = LedgerKey::generate();
            keystore::write_secret(&out, &key.to_hex())?;
            let view = View::new()
                .text("file", out.display())
                .text("key_hash", key.hash());
            return Ok(Answer::record(view));
        }
        Command::Show => (session.key()?, View::new()),
        Command::Password { new_password_file } => {
            let file = session.key_file()?;
            let key = session.key()?;
            let new = Keystore::new(PasswordSource {
                file: new_password_file,
                option: "--new-password-file",
                variable: "COUNTERFOIL_NEW_PASSWORD",
            });
            new.replace_key(file, &key)?;
            (key, View::new().text("file", file.display()))
        }
    };
    Ok(Answer::record(view.text("public_key", key.public_key())))
}
