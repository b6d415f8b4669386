//! `counterfoil proof`: files that prove a trade history without a node, and checking them.

mod link;
mod verdict;

use std::fs;
use std::path::{Path, PathBuf};
use std::str::FromStr;

use clap::Subcommand;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::get_unfinanced_request::Of;
use counterfoil_types::block::header_hash;
use counterfoil_types::dates::Date;
use counterfoil_types::genesis::Genesis;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::{InvoiceId, OrganizationId, ReceivableId, TxId};
use counterfoil_types::limits::MAX_PROOF_BYTES;
use counterfoil_types::payload::{self, PrivateField};
use counterfoil_types::proof;
use counterfoil_types::proof::headers::Checkpoint;
use counterfoil_types::strict;
use prost::Message as _;

use crate::arguments::{read_file, read_json};
use crate::client::Client;
use crate::failure::Failure;
use crate::output::{Answer, View};
use crate::session::Session;

use link::{Link, Particulars};

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
    /// Write an organization's history in a window of days, with nothing left out; itself, the regulator and those it lets read it may, reads only
    ///
    /// Each invoice and each settlement of these days, and whatever else concerned the organization. Without days it is the whole history, and
    /// whoever checks it adds up the profile again. To those the organization lets read its profile, what happened stays hidden but for
    /// the figures that it moved.
    History {
        organization: OrganizationId,
        /// The first ledger date; the beginning if left out
        #[arg(long, value_name = "DATE")]
        from: Option<Date>,
        /// The last ledger date; the end if left out
        #[arg(long, value_name = "DATE")]
        to: Option<Date>,
        #[command(flatten)]
        target: Target,
    },
    /// Write a committed transaction with its block's header, and what became of it; the organization that signed it may, reads only
    ///
    /// Its receipt is in the file where you may read all of it.
    Transaction {
        /// The transaction's id, 64 hexadecimal digits
        id: TxId,
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
        #[command(flatten)]
        link: Link,
    },
    /// Compute the strict fingerprint of an invoice from its particulars, under each ledger key of a file; whoever has the file may
    Fingerprint {
        #[command(flatten)]
        particulars: Particulars,
        /// The network's ledger key file
        #[arg(long, value_name = "FILE")]
        ledger_key: PathBuf,
    },
}

/// Where a proof goes, and what it is as of.
#[derive(clap::Args, Debug)]
pub struct Target {
    /// The file to write
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    /// As of which block: one of the last 16, or 4 while the network is busy; the last if left out
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
            target.write(&client, &proof).await
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
            target.write(&client, &answer.into_inner().proof).await
        }
        Command::History {
            organization,
            from,
            to,
            target,
        } => {
            let client = session.client().await?;
            let request = wire::GetHistoryRequest {
                organization: organization.into(),
                from: from.map(Date::to_proto),
                to: to.map(Date::to_proto),
                base: Some(target.base()),
            };
            let answer = client.proofs().get_history(request).await;
            let answer = answer.map_err(|status| client.failure(status))?;
            target.write(&client, &answer.into_inner().proof).await
        }
        Command::Transaction { id, target } => {
            let client = session.client().await?;
            let request = wire::GetCommittedRequest {
                transaction: id.to_vec(),
                base: Some(target.base()),
            };
            let answer = client.proofs().get_committed(request).await;
            let answer = answer.map_err(|status| client.failure(status))?;
            target.write(&client, &answer.into_inner().proof).await
        }
        Command::Verify {
            file,
            genesis,
            checkpoint,
            link,
        } => verify(
            &file,
            &genesis,
            checkpoint.map(|Known(checkpoint)| checkpoint),
            &link,
        ),
        Command::Fingerprint {
            particulars,
            ledger_key,
        } => link::fingerprints(&particulars, &ledger_key),
    }
}

impl Target {
    fn base(&self) -> wire::ProofBase {
        wire::ProofBase {
            height: self.height,
            checkpoint: self.checkpoint,
        }
    }

    /// The checkpoint that was asked for, as the file has it.
    fn first(&self, proof: &[u8]) -> Result<Option<Checkpoint>, Failure> {
        if self.checkpoint == 0 {
            return Ok(None);
        }
        let proof: wire::Proof = strict::decode(proof).map_err(Failure::failed)?;
        let first = proof.headers.first();
        let header = first.and_then(|first| first.header.as_ref());
        Ok(header.map(|header| Checkpoint {
            height: self.checkpoint,
            hash: header_hash(header),
        }))
    }

    /// Writes a proof that holds by the node's own genesis: whoever is given the file may have no node to ask again.
    async fn write(&self, client: &Client, proof: &[u8]) -> Result<Answer, Failure> {
        let (genesis, _) = client.genesis().await?;
        proof::verify(proof, &genesis, self.first(proof)?).map_err(|error| {
            Failure::Failed(format!(
                "the node's proof does not hold: {error}\n  what to do: ask another node, and tell who runs this one"
            ))
        })?;
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

fn verify(
    file: &Path,
    genesis: &Path,
    checkpoint: Option<Checkpoint>,
    link: &Link,
) -> Result<Answer, Failure> {
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
    let linked = link.check(&verified)?;
    Ok(verdict::answer(
        &verified,
        &genesis,
        checkpoint.is_some(),
        linked.as_ref(),
    ))
}

fn unusable(file: &Path, error: &dyn std::fmt::Display) -> Failure {
    Failure::Failed(format!("{} is no genesis: {error}", file.display()))
}

fn not_proven(error: &proof::ProofError) -> Failure {
    Failure::Failed(format!(
        "NOT PROVEN: {error}\n  what to do: believe nothing of this file, and ask for it anew"
    ))
}
