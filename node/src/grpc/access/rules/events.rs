//! Events: those whom they concern, and no more of them than the rules let each read of the records.

use counterfoil_contracts::{financing, invoice as invoices};
use counterfoil_proto::financing::v1::event::Event as Financing;
use counterfoil_proto::financing::v1::{self, Loan, Request, RequestAwarded, RequestClosed};
use counterfoil_proto::invoice::v1::event::Event as Invoicing;
use counterfoil_proto::invoice::v1::{self as invoice, Invoice};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::settlement::v1::event::Event as Settling;
use counterfoil_proto::settlement::v1::{self as settlement, ReceivablePaid, Share};
use counterfoil_proto::v1::Event;
use counterfoil_types::transaction::contract;
use prost::Message;
use tonic::Status;

use super::{Shown, is_debtor, may_finance, only};
use crate::grpc::access::records::decoded;
use crate::grpc::access::{Caller, Records};

/// The organizations it names; that a request was opened, also the banks that it is for. Nobody
/// sees whom else it concerns.
pub fn event(caller: &Caller, records: &Records<'_>, event: &Event) -> Shown<Event> {
    if caller.reads_all() {
        return Ok(Some(event.clone()));
    }
    let concerned = event.organizations.iter().any(|id| caller.is(id));
    let perhaps_to_quote = event.contract == contract::FINANCING && caller.has(Role::Bank);
    if !concerned && !perhaps_to_quote {
        return Ok(None);
    }
    let body = match event.contract {
        contract::FINANCING => financing_body(caller, records, event, concerned)?,
        contract::INVOICE => Some(invoice_body(caller, records, event)?),
        contract::SETTLEMENT => Some(settlement_body(caller, records, event)?),
        _ => Some(event.body.clone()),
    };
    Ok(body.map(|body| Event {
        contract: event.contract,
        organizations: only(caller, event.organizations.clone()),
        body,
    }))
}

/// A bank sees neither who won, unless it did, nor which others came too late.
fn financing_body(
    caller: &Caller,
    records: &Records<'_>,
    event: &Event,
    concerned: bool,
) -> Shown<Vec<u8>> {
    let told: v1::Event = decoded(&event.body)?;
    let shown = match told.event {
        Some(Financing::Opened(opened)) => {
            let may = concerned || is_for(caller, records, &opened.request)?;
            return Ok(may.then(|| event.body.clone()));
        }
        _ if !concerned => return Ok(None),
        Some(Financing::Awarded(awarded)) if !caller.is(&awarded.seller) => {
            let won = awarded
                .award
                .as_ref()
                .is_some_and(|award| caller.is(&award.bank));
            Financing::Awarded(RequestAwarded {
                award: awarded.award.filter(|_| won),
                claims: if won { awarded.claims } else { Vec::new() },
                missed: only(caller, awarded.missed),
                ..awarded
            })
        }
        Some(Financing::Closed(closed)) if !caller.is(&closed.seller) => {
            Financing::Closed(RequestClosed {
                missed: only(caller, closed.missed),
                ..closed
            })
        }
        _ => return Ok(Some(event.body.clone())),
    };
    let shown = v1::Event { event: Some(shown) };
    Ok(Some(shown.encode_to_vec()))
}

fn is_for(caller: &Caller, records: &Records<'_>, request: &[u8]) -> Result<bool, Status> {
    let request: Option<Request> = records.get(&financing::api::request_key(request))?;
    Ok(request.is_some_and(|request| may_finance(caller, &request)))
}

/// A warning names another invoice, which may be one to another buyer.
fn invoice_body(caller: &Caller, records: &Records<'_>, event: &Event) -> Result<Vec<u8>, Status> {
    let told: invoice::Event = decoded(&event.body)?;
    let Some(Invoicing::Registered(mut registered)) = told.event else {
        return Ok(event.body.clone());
    };
    for warning in &mut registered.warnings {
        if !may_read_invoice(caller, records, &warning.invoice)? {
            warning.invoice.clear();
        }
    }
    let shown = invoice::Event {
        event: Some(Invoicing::Registered(registered)),
    };
    Ok(shown.encode_to_vec())
}

pub(super) fn may_read_invoice(
    caller: &Caller,
    records: &Records<'_>,
    id: &[u8],
) -> Result<bool, Status> {
    let found: Option<Invoice> = records.get(&invoices::api::invoice_key(id))?;
    match found {
        Some(found) => Ok(super::invoice(caller, records, found)?.is_some()),
        None => Ok(false),
    }
}

/// The debtor sees all that it paid; a payee, its own shares.
fn settlement_body(
    caller: &Caller,
    records: &Records<'_>,
    event: &Event,
) -> Result<Vec<u8>, Status> {
    let told: settlement::Event = decoded(&event.body)?;
    let Some(Settling::Paid(paid)) = told.event else {
        return Ok(event.body.clone());
    };
    if is_debtor(caller, records, &paid.receivable)? {
        return Ok(event.body.clone());
    }
    let mut shares = Vec::new();
    for share in paid.shares {
        if is_payee(caller, records, &share)? {
            shares.push(share);
        }
    }
    let shown = settlement::Event {
        event: Some(Settling::Paid(ReceivablePaid { shares, ..paid })),
    };
    Ok(shown.encode_to_vec())
}

fn is_payee(caller: &Caller, records: &Records<'_>, share: &Share) -> Result<bool, Status> {
    if caller.is(&share.controller) {
        return Ok(true);
    }
    if share.loan.is_empty() {
        return Ok(false);
    }
    let loan: Option<Loan> = records.get(&financing::api::loan_key(&share.loan))?;
    Ok(loan.is_some_and(|loan| caller.is(&loan.lender)))
}
