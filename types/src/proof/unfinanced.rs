//! That no part of an invoice was financed on this ledger: nothing is registered under its fingerprint, or it was not
//! confirmed, or all its claims are the seller's and free. It speaks for this ledger alone.

use counterfoil_proto::invoice::v1::{Invoice, InvoiceReference};
use counterfoil_proto::receivable::v1::{Claim, Receivable, ReceivableState};
use counterfoil_proto::v1 as wire;

use super::records::{Found, Records};
use super::{ProofError, keys};
use crate::hash::Hash;
use crate::limits::MAX_SHARED_FINGERPRINT;

/// What an absence certificate says. Everything in it was proven.
#[derive(Clone, Debug, PartialEq)]
pub struct Unfinanced {
    pub fingerprint: Hash,
    /// The invoices under it, newest first, each with its receivable where it was confirmed.
    pub invoices: Vec<(Invoice, Option<Receivable>)>,
}

/// Why records do not certify it.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
pub enum UnfinancedError {
    #[error("the fingerprint has not 32 bytes")]
    Fingerprint,
    #[error("an invoice or what belongs to it is another than the one it is said to be")]
    Other,
    #[error(
        "claim {0} was passed on, or is offered, locked or pledged: something of the invoice is financed"
    )]
    Financed(u32),
}

/// Reads and checks what the certificate asks for.
pub(super) fn read(
    asked: &wire::Unfinanced,
    records: &mut Records<'_>,
) -> Result<Unfinanced, ProofError> {
    let fingerprint = Hash::try_from(asked.fingerprint.as_slice());
    let fingerprint = fingerprint.map_err(|_| UnfinancedError::Fingerprint)?;
    let mut invoices = Vec::new();
    let mut next =
        match records.find::<InvoiceReference>(&keys::strict(&fingerprint), "fingerprint")? {
            Found::There(reference) => reference.invoice,
            Found::Nothing => Vec::new(),
            Found::NotShown => return Err(ProofError::Lacks("fingerprint")),
        };
    while !next.is_empty() {
        let invoice: Invoice = records.must(&keys::invoice(&next), "invoice")?;
        let is_one_more = invoices.len() < MAX_SHARED_FINGERPRINT + 1;
        let same = invoice.id == next && invoice.strict_fingerprint == fingerprint.as_bytes();
        if !same || !is_one_more {
            return Err(UnfinancedError::Other.into());
        }
        let receivable = match invoice.receivable.as_slice() {
            [] => None,
            id => Some(free(&invoice, id, records)?),
        };
        // Under one fingerprint each names the one before it.
        next = invoice.released_from.clone();
        invoices.push((invoice, receivable));
    }
    Ok(Unfinanced {
        fingerprint,
        invoices,
    })
}

/// The receivable of an invoice, no claim of which was ever another's than the seller's or is encumbered. One that is settled has
/// nothing left to finance.
fn free(invoice: &Invoice, id: &[u8], records: &mut Records<'_>) -> Result<Receivable, ProofError> {
    let receivable: Receivable = records.must(&keys::receivable(id), "receivable")?;
    if receivable.id != id || receivable.invoice != invoice.id {
        return Err(UnfinancedError::Other.into());
    }
    if receivable.state() == ReceivableState::Settled {
        return Ok(receivable);
    }
    for number in 0..receivable.claim_count {
        let claim: Claim = records.must(&keys::claim(id, number), "claim")?;
        if claim.receivable != id || claim.number != number {
            return Err(UnfinancedError::Other.into());
        }
        if !is_free(&claim, &invoice.seller) {
            return Err(UnfinancedError::Financed(number).into());
        }
    }
    Ok(receivable)
}

/// Whether a claim is the seller's, as it was at the beginning, and nothing stands in its way.
pub fn is_free(claim: &Claim, seller: &str) -> bool {
    claim.controller == seller && claim.endorsement.is_empty() && claim.encumbrance.is_none()
}
