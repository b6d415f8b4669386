//! Proofs that hold without a node (docs/verify.md): whoever has a file and the genesis checks it alone.
//!
//! A proof is a header with what makes it trusted ([`headers`]), and records under its state root ([`state`]). What
//! they mean together is its subject: a receivable's [`passport`], that an invoice is [`unfinanced`], the [`history`] of an
//! organization with nothing left out, or that a transaction is [`committed`].

pub mod committed;
pub mod headers;
pub mod history;
pub mod keys;
pub mod passport;
mod records;
mod signatures;
pub mod state;
pub mod unfinanced;

use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::proof::Subject as Asked;

use crate::limits::MAX_PROOF_BYTES;
use crate::strict::{self, StrictError};

use committed::{Committed, CommittedError};
use headers::{Checkpoint, Followed, HeadersError};
use history::{History, HistoryError};
use passport::{Passport, PassportError};
use records::Records;
use signatures::Signatures;
use state::StateProofError;
use unfinanced::{Unfinanced, UnfinancedError};

/// The form of proofs that this software makes and checks.
pub const FORMAT: u32 = 1;

/// What was checked.
#[derive(Clone, Debug, PartialEq)]
pub struct Verified {
    /// The header it is as of, and whose keys that rests on.
    pub as_of: Followed,
    pub subject: Subject,
    /// Signatures that were verified.
    pub signatures: usize,
}

#[derive(Clone, Debug, PartialEq)]
pub enum Subject {
    Passport(Box<Passport>),
    Unfinanced(Unfinanced),
    History(Box<History>),
    Committed(Box<Committed>),
}

/// Why a proof does not hold. Each names what is wrong: whoever checks believes nothing of the file then.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum ProofError {
    #[error("the file is longer than {MAX_PROOF_BYTES} bytes")]
    TooLong,
    #[error("the file is no proof: {0}")]
    NotAProof(#[from] StrictError),
    #[error("the proof is of format {0}, and this software knows format {FORMAT}")]
    Format(u32),
    #[error("the proof has no subject")]
    NoSubject,
    #[error(transparent)]
    Headers(#[from] HeadersError),
    #[error(transparent)]
    State(#[from] StateProofError),
    #[error("the proof has no proof of the state")]
    NoState,
    #[error("the records do not ascend by key")]
    RecordsOrder,
    #[error("the transactions do not ascend by id, or one is no transaction of this chain")]
    Transactions,
    #[error("a record of the kind {0} is not what the ledger writes")]
    Damaged(&'static str),
    #[error("the {0} is missing from the proof")]
    Lacks(&'static str),
    #[error("the proof holds {0} that its subject does not ask for")]
    Stray(&'static str),
    #[error(transparent)]
    Passport(#[from] PassportError),
    #[error(transparent)]
    Unfinanced(#[from] UnfinancedError),
    #[error(transparent)]
    History(#[from] HistoryError),
    #[error(transparent)]
    Committed(#[from] CommittedError),
}

/// Checks a file against a genesis that was validated. Without a checkpoint, it rests on the keys of all validators that ever
/// decided, as [`Followed::believed`] names them.
pub fn verify(
    file: &[u8],
    genesis: &wire::Genesis,
    checkpoint: Option<Checkpoint>,
) -> Result<Verified, ProofError> {
    if file.len() > MAX_PROOF_BYTES {
        return Err(ProofError::TooLong);
    }
    let proof: wire::Proof = strict::decode(file)?;
    if proof.format != FORMAT {
        return Err(ProofError::Format(proof.format));
    }
    let subject = proof.subject.as_ref().ok_or(ProofError::NoSubject)?;
    // Nothing is believed before all of them were verified, at the end.
    let mut signatures = Signatures::<ProofError>::default();
    let as_of = headers::read(genesis, checkpoint, &proof.headers, &mut signatures)?;
    let mut records = Records::prove(&proof, &genesis.chain_id, &as_of.header, &mut signatures)?;
    let range = proof.range.as_ref();
    if range.is_some() && !matches!(subject, Asked::History(_)) {
        return Err(ProofError::Stray("entries"));
    }
    let place = proof.inclusion.as_ref();
    if place.is_some() && !matches!(subject, Asked::Committed(_)) {
        return Err(ProofError::Stray("places of transactions"));
    }
    if !proof.opened.is_empty() && !matches!(subject, Asked::Passport(_)) {
        return Err(ProofError::Stray("private fields"));
    }
    let subject = match subject {
        Asked::Passport(asked) => {
            let passport = passport::read(asked, &mut records, &proof.opened)?;
            Subject::Passport(Box::new(passport))
        }
        Asked::Unfinanced(asked) => Subject::Unfinanced(unfinanced::read(asked, &mut records)?),
        Asked::History(asked) => {
            let history = history::read(asked, range, &mut records)?;
            Subject::History(Box::new(history))
        }
        Asked::Committed(asked) => {
            let committed = committed::read(asked, place, &as_of.header, &mut records)?;
            Subject::Committed(Box::new(committed))
        }
    };
    records.finish()?;
    Ok(Verified {
        as_of,
        subject,
        signatures: signatures.verify()?,
    })
}
