//! Transactions, their receipts, and what blocks tell of them.

use counterfoil_contracts::invoice as invoices;
use counterfoil_contracts::kernel::RejectionCode as _;
use counterfoil_proto::invoice::v1::{Invoice, RejectionCode as InvoiceCode};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::{Event, Receipt, Rejection};
use counterfoil_types::hash::Hash;
use tonic::Status;

use super::{Shown, event, invoice, to_parties};
use crate::grpc::access::{Caller, Records};

/// The bytes of a transaction: the organization that signed it.
pub fn transaction(caller: &Caller, signer: &str) -> bool {
    to_parties(caller, &[signer])
}

/// How many transactions a block has, and how many were rejected: those who run the network.
pub fn counts(caller: &Caller) -> bool {
    caller.reads_all() || caller.has(Role::Operator)
}

/// The organization that signed the transaction, and whoever may read one of its events; of the events,
/// each those it may read. Where the caller knows who signed it, it says so in `signer`.
pub fn receipt(
    caller: &Caller,
    records: &Records<'_>,
    receipt: Receipt,
    signer: Option<&str>,
) -> Shown<Receipt> {
    if caller.reads_all() {
        return Ok(Some(receipt));
    }
    let events = events(caller, records, &receipt)?;
    if events.is_empty() && !is_signer(caller, records, &receipt, signer)? {
        return Ok(None);
    }
    let rejection = match receipt.rejection {
        Some(rejection) => Some(without_first(caller, records, rejection)?),
        None => None,
    };
    Ok(Some(Receipt {
        rejection,
        events,
        ..receipt
    }))
}

fn events(caller: &Caller, records: &Records<'_>, receipt: &Receipt) -> Result<Vec<Event>, Status> {
    let shown = receipt
        .events
        .iter()
        .map(|told| event(caller, records, told));
    shown.filter_map(Result::transpose).collect()
}

fn is_signer(
    caller: &Caller,
    records: &Records<'_>,
    receipt: &Receipt,
    signer: Option<&str>,
) -> Result<bool, Status> {
    match signer {
        Some(signer) => Ok(caller.is(signer)),
        None => Ok(records
            .signer(receipt)?
            .is_some_and(|signer| caller.is(&signer))),
    }
}

/// Leaves out what came first, where the caller may not read that: another buyer's invoice, say, with this document.
fn without_first(
    caller: &Caller,
    records: &Records<'_>,
    rejection: Rejection,
) -> Result<Rejection, Status> {
    let Ok(first) = rejection.first.parse::<Hash>() else {
        return Ok(rejection);
    };
    let may = if rejection.contract == InvoiceCode::CONTRACT {
        may_read_invoice(caller, records, &first)?
    } else {
        may_read_receipt(caller, records, &first)?
    };
    Ok(Rejection {
        first: if may { rejection.first } else { String::new() },
        ..rejection
    })
}

fn may_read_invoice(caller: &Caller, records: &Records<'_>, id: &Hash) -> Result<bool, Status> {
    let found: Option<Invoice> = records.get(&invoices::api::invoice_key(id.as_ref()))?;
    match found {
        Some(found) => Ok(invoice(caller, records, found)?.is_some()),
        None => Ok(false),
    }
}

/// Of a payment's id it is the transaction that came first.
fn may_read_receipt(caller: &Caller, records: &Records<'_>, id: &Hash) -> Result<bool, Status> {
    let Some(receipt) = records.receipt(id)? else {
        return Ok(false);
    };
    let events = events(caller, records, &receipt)?;
    Ok(!events.is_empty() || is_signer(caller, records, &receipt, None)?)
}
