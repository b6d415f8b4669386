//! That no part of an invoice was financed here: what stands under its fingerprint, and what became of it.

use counterfoil_proto::invoice::v1::{Invoice, InvoiceReference};
use counterfoil_proto::receivable::v1::{Claim, Receivable, ReceivableState};
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::get_unfinanced_request::Of as Asked;
use counterfoil_types::hash::Hash;
use counterfoil_types::proof::{keys, unfinanced};
use tonic::{Code, Status};

use super::PROOF;
use super::collector::Collector;
use crate::grpc::access::{Caller, rules};
use crate::grpc::errors;

/// What it is asked of.
#[derive(Clone, Copy)]
pub enum Of {
    Invoice(Hash),
    Fingerprint(Hash),
}

impl Of {
    pub fn read(asked: Option<Asked>) -> Result<Self, Status> {
        match asked {
            Some(Asked::Invoice(id)) => Ok(Self::Invoice(errors::hash("invoice", &id)?)),
            Some(Asked::Fingerprint(print)) => {
                Ok(Self::Fingerprint(errors::hash("fingerprint", &print)?))
            }
            None => Err(errors::invalid(
                "of",
                "an invoice or a fingerprint is missing",
            )),
        }
    }
}

pub fn collect(
    collector: &mut Collector<'_>,
    caller: &Caller,
    of: Of,
) -> Result<wire::proof::Subject, Status> {
    let fingerprint = match of {
        Of::Fingerprint(fingerprint) => fingerprint,
        Of::Invoice(id) => fingerprint_of(collector, caller, &id)?,
    };
    let key = keys::strict(&fingerprint);
    let held: Option<InvoiceReference> = collector.read(&key)?;
    collector.take(key)?;
    let mut next = held.map(|held| held.invoice).unwrap_or_default();
    while !next.is_empty() {
        let key = keys::invoice(&next);
        let invoice: Option<Invoice> = collector.read(&key)?;
        let invoice = invoice.filter(|invoice| is_party(caller, invoice));
        let invoice = invoice.ok_or_else(not_yours)?;
        collector.take(key)?;
        if !invoice.receivable.is_empty() {
            free(collector, &invoice)?;
        }
        next = invoice.released_from;
    }
    Ok(wire::proof::Subject::Unfinanced(wire::Unfinanced {
        fingerprint: fingerprint.to_vec(),
    }))
}

fn fingerprint_of(collector: &Collector<'_>, caller: &Caller, id: &Hash) -> Result<Hash, Status> {
    let missing = || errors::not_found("invoice", format!("invoice {id}"));
    let found: Option<Invoice> = collector.read(&keys::invoice(id.as_ref()))?;
    let found = found.ok_or_else(missing)?;
    let shown = rules::invoice(caller, &collector.records, found)?;
    let invoice = shown.ok_or_else(missing)?;
    Hash::try_from(invoice.strict_fingerprint.as_slice()).map_err(|_| {
        let message = "the invoice is a proposal, and holds no fingerprint";
        errors::with_reason(Code::FailedPrecondition, PROOF, "NO_FINGERPRINT", message)
    })
}

/// Seller and regulator: they alone read every claim of it, free or not.
fn is_party(caller: &Caller, invoice: &Invoice) -> bool {
    caller.reads_all() || caller.is(&invoice.seller)
}

fn not_yours() -> Status {
    let message = "an invoice is registered under this fingerprint, and its seller alone can have this certificate";
    errors::with_reason(Code::PermissionDenied, PROOF, "NOT_THE_SELLER", message)
}

/// Takes the receivable of an invoice and all its claims, if they are free.
fn free(collector: &mut Collector<'_>, invoice: &Invoice) -> Result<(), Status> {
    let id = &invoice.receivable;
    let lost = |what: &str| errors::failed("reading a record", format!("{what} is missing"));
    let key = keys::receivable(id);
    let receivable: Receivable = collector.read(&key)?.ok_or_else(|| lost("a receivable"))?;
    collector.take(key)?;
    if receivable.state() == ReceivableState::Settled {
        return Ok(());
    }
    for number in 0..receivable.claim_count {
        let key = keys::claim(id, number);
        let claim: Claim = collector.read(&key)?.ok_or_else(|| lost("a claim"))?;
        if !unfinanced::is_free(&claim, &invoice.seller) {
            let message = format!(
                "claim {number} of receivable {} was passed on, or is offered, locked or pledged",
                Hash::try_from(id.as_slice()).unwrap_or_default()
            );
            return Err(errors::with_reason(
                Code::FailedPrecondition,
                PROOF,
                "FINANCED",
                message,
            ));
        }
        collector.take(key)?;
    }
    Ok(())
}
