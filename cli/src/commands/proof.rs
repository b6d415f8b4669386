//! `counterfoil proof`: files that prove a trade history without a node, and checking them.

mod verdict;

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Subcommand;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::get_unfinanced_request::Of;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, ReceivableId};
use counterfoil_types::limits::MAX_PROOF_BYTES;
use counterfoil_types::payload::{self, PrivateField};
use counterfoil_types::proof;
use counterfoil_types::proof::headers::Checkpoint;
use counterfoil_types::strict;
use prost::Message as _;

use crate::arguments::{read_file, read_json};
use crate::failure::Failure;
use crate::output::{Answer, View};
use crate::session::Session;

#[derive(Subcommand, Debug)]
pub enum Command {
    /// Write the passport of a receivable: what was confirmed, by whom, who has which part of it, what encumbers it; whoever may read it may, reads only
    ///
    /// Whoever has the file and the network's genesis checks it without a node: counterfoil proof verify. What of the receivable you may not
    /// read is left out, and said to be.
    Receivable {
        /// The receivable's id, 64 hexadecimal digits
        id: ReceivableId,
        #[command(flatten)]
        target: Target,
        /// The file that `invoice register --private` wrote, of which fields are opened
        #[arg(long, value_name = "FILE", requires = "open")]
        private: Option<PathBuf>,
        /// A private field to open, by its name; may be repeated. The others stay as they are
        #[arg(long, value_name = "NAME", requires = "private")]
        open: Vec<String>,
    },
    /// Write a certificate that nothing of an invoice was financed on this ledger; its seller may, or anyone where nothing is registered, reads only
    ///
    /// It speaks for this ledger alone.
    #[command(group = clap::ArgGroup::new("of").required(true))]
    Unfinanced {
        /// An invoice of yours
        #[arg(long, value_name = "ID", group = "of")]
        invoice: Option<InvoiceId>,
        /// A strict fingerprint, 64 hexadecimal digits, as whoever has the ledger key computes it
        #[arg(long, value_name = "HASH", group = "of")]
        fingerprint: Option<Hash>,
        #[command(flatten)]
        target: Target,
    },
    /// Check a proof without a node, and print what it proves; anyone may
    ///
    /// Fails, and names the reason, where anything in the file does not hold: believe nothing of it then. Without a checkpoint it rests on the keys
    /// of every validator that ever decided; with one, on those since.
    Verify {
        /// The file
        #[arg(value_name = "FILE")]
        file: PathBuf,
        /// The network's genesis, from somebody you trust
        #[arg(long, value_name = "FILE")]
        genesis: PathBuf,
        /// A block that you know, as HEIGHT:HASH; the file must begin there
        #[arg(long, value_name = "HEIGHT:HASH")]
        checkpoint: Option<Known>,
    },
}

/// Where a proof goes, and what it is as of.
#[derive(clap::Args, Debug)]
pub struct Target {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// As of which block: one of the last 16; the last if left out
    #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
    height: u64,
    /// Height of a block that whoever checks knows, instead of beginning with genesis
    #[arg(long, value_name = "HEIGHT", default_value_t = 0)]
    checkpoint: u64,
}

/// A checkpoint as it is written.
#[derive(Clone, Copy, Debug)]
pub struct Known(Checkpoint);

impl FromStr for Known {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let form = || {
            "expected a height, a colon, and the block's hash of 64 hexadecimal digits".to_owned()
        };
        let (height, hash) = text.split_once(':').ok_or_else(form)?;
        let height = height.parse().ok().filter(|height| *height > 0);
        Ok(Self(Checkpoint {
            height: height.ok_or_else(form)?,
            hash: hash.parse().map_err(|_| form())?,
        }))
    }
}

pub async fn execute(command: Command, session: &Session) -> Result<Answer, Failure> {
    match command {
        Command::Receivable {
            id,
            target,
            private,
            open,
        } => {
            let client = session.client().await?;
            let request = wire::GetPassportRequest {
                receivable: id.to_vec(),
                base: Some(target.base()),
            };
            let answer = client.proofs().get_passport(request).await;
            let answer = answer.map_err(|status| client.failure(status))?;
            let mut proof = answer.into_inner().proof;
            if let Some(private) = private {
                proof = opened(&proof, &read_json::<Vec<PrivateField>>(&private)?, &open)?;
            }
            target.write(&proof)
        }
        Command::Unfinanced {
            invoice,
            fingerprint,
            target,
        } => {
            let client = session.client().await?;
            let invoice = invoice.map(|id| Of::Invoice(id.to_vec()));
            let request = wire::GetUnfinancedRequest {
                of: invoice.or(fingerprint.map(|print| Of::Fingerprint(print.to_vec()))),
                base: Some(target.base()),
            };
            let answer = client.proofs().get_unfinanced(request).await;
            let answer = answer.map_err(|status| client.failure(status))?;
            target.write(&answer.into_inner().proof)
        }
        Command::Verify {
            file,
            genesis,
            checkpoint,
        } => verify(
            &file,
            &genesis,
            checkpoint.map(|Known(checkpoint)| checkpoint),
        ),
    }
}

impl Target {
    fn base(&self) -> wire::ProofBase {
        wire::ProofBase {
            height: self.height,
            checkpoint: self.checkpoint,
        }
    }

    fn write(&self, proof: &[u8]) -> Result<Answer, Failure> {
        let file = self.out.display();
        fs::write(&self.out, proof)
            .map_err(|e| Failure::Failed(format!("cannot write {file}: {e}")))?;
        let view = View::new()
            .text("file", file)
            .number("size_bytes", proof.len() as u64);
        Ok(Answer::record(view)
            .below("check it with: counterfoil proof verify FILE --genesis GENESIS"))
    }
}

/// The proof with some of the invoice's private fields opened.
fn opened(proof: &[u8], fields: &[PrivateField], names: &[String]) -> Result<Vec<u8>, Failure> {
    let mut proof: wire::Proof = strict::decode(proof).map_err(Failure::failed)?;
    let mut positions = Vec::new();
    for name in names {
        let found = fields.iter().position(|field| field.name == *name);
        positions.push(found.ok_or_else(|| {
            let known: Vec<&str> = fields.iter().map(|field| field.name.as_str()).collect();
            Failure::Usage(format!(
                "there is no private field {name:?}\n  what to do: name one of {}",
                known.join(", ")
            ))
        })?);
    }
    positions.sort_unstable();
    positions.dedup();
    for position in positions {
        let field = &fields[position];
        let siblings = payload::siblings(fields, position).map_err(Failure::failed)?;
        proof.opened.push(wire::OpenedField {
            position: u32::try_from(position).map_err(Failure::failed)?,
            count: u32::try_from(fields.len()).map_err(Failure::failed)?,
            name: field.name.clone(),
            value: field.value.clone(),
            salt: field.salt.to_vec(),
            siblings: siblings.into_iter().map(Hash::to_vec).collect(),
        });
    }
    Ok(proof.encode_to_vec())
}

fn verify(file: &Path, genesis: &Path, checkpoint: Option<Checkpoint>) -> Result<Answer, Failure> {
    let text = String::from_utf8(read_file(genesis)?).map_err(|e| unusable(genesis, &e))?;
    let genesis = Genesis::from_json(&text).map_err(|e| unusable(genesis, &e))?;
    let size = fs::metadata(file).map_or(0, |file| file.len());
    // A longer one is not read to its end to be told so.
    let bytes = match size > MAX_PROOF_BYTES as u64 {
        true => return Err(not_proven(&proof::ProofError::TooLong)),
        false => read_file(file)?,
    };
    let genesis = genesis.to_proto();
    let verified =
        proof::verify(&bytes, &genesis, checkpoint).map_err(|error| not_proven(&error))?;
    Ok(verdict::answer(&verified, &genesis, checkpoint.is_some()))
}

fn unusable(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Failed(format!("{} is no genesis: {error}", file.display()))
}

fn not_proven(error: &proof::ProofError) -> Failure {
    Failure::Failed(format!(
        "NOT PROVEN: {error}\n  what to do: believe nothing of this file, and ask for it anew"
    ))
}
