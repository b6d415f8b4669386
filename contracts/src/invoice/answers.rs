//! What becomes of a registered invoice: the buyer queries, confirms or
//! rejects it, the seller withdraws it (specification 3.4, 3.5).

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{
    ConfirmInvoice, Invoice, InvoiceConfirmed, InvoiceQueried, InvoiceRejected, InvoiceState,
    InvoiceWithdrawn, QueryInvoice, QueryResolved, RejectInvoice, RejectionCode, ResolveQuery,
    WithdrawInvoice,
};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::InvoiceId;
use counterfoil_types::limits::MAX_REASON;

use super::events::emit;
use super::keys::INVOICES;
use crate::kernel::{Context, Failure, StateError, reject};
use crate::receivable::api::{self as receivable, Confirmed};

/// The states from which the buyer may still answer and the seller withdraw.
const OPEN: &[InvoiceState] = &[InvoiceState::Registered, InvoiceState::UnderQuery];

pub(super) fn query(context: &mut Context<'_>, query: QueryInvoice) -> Result<(), Failure> {
    let mut invoice = find_as_buyer(context, &query.invoice, &[InvoiceState::Registered])?;
    check_reason(&query.reason)?;

    invoice.state = InvoiceState::UnderQuery.into();
    invoice.query_count += 1;
    invoice.reason.clone_from(&query.reason);
    put(context, &invoice);
    let event = InvoiceQueried {
        invoice: query.invoice,
        reason: query.reason,
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
    };
    emit(context, &invoice, Kind::Queried(event));
    Ok(())
}

pub(super) fn resolve_query(
    context: &mut Context<'_>,
    resolve: ResolveQuery,
) -> Result<(), Failure> {
    let mut invoice = find_as_buyer(context, &resolve.invoice, &[InvoiceState::UnderQuery])?;
    check_reason(&resolve.reason)?;

    invoice.state = InvoiceState::Registered.into();
    invoice.reason.clone_from(&resolve.reason);
    put(context, &invoice);
    let event = QueryResolved {
        invoice: resolve.invoice,
        reason: resolve.reason,
    };
    emit(context, &invoice, Kind::QueryResolved(event));
    Ok(())
}

pub(super) fn confirm(context: &mut Context<'_>, confirm: &ConfirmInvoice) -> Result<(), Failure> {
    let mut invoice = find_as_buyer(context, &confirm.invoice, OPEN)?;
    let gross = invoice.gross.clone().unwrap_or_default();
    if confirm.amount.as_ref() != Some(&gross) {
        let message = format!(
            "the invoice is over {} {} minor units",
            gross.minor, gross.currency
        );
        return Err(reject(RejectionCode::AmountDiffers, message));
    }
    let terms = invoice.terms.clone().unwrap_or_default();
    let terms_hash = receivable::terms_hash(&terms);
    if confirm.terms_hash != terms_hash.as_bytes() {
        let message = format!("the hash of the invoice's terms is {terms_hash}");
        return Err(reject(RejectionCode::TermsDiffer, message));
    }
    let corrupt = |problem: String| StateError::Corrupt {
        key: "invoice/invoice".into(),
        problem,
    };
    let due_date = Date::try_from(&invoice.due_date.unwrap_or_default())
        .map_err(|e| corrupt(e.to_string()))?;
    let id = InvoiceId::try_from(invoice.id.as_slice()).map_err(|e| corrupt(e.to_string()))?;

    let opened = Confirmed {
        invoice: id,
        seller: &invoice.seller,
        buyer: &invoice.buyer,
        amount: &gross,
        due_date,
        terms: &terms,
    };
    let receivable = receivable::open(context, &opened).to_vec();
    invoice.state = InvoiceState::Confirmed.into();
    invoice.receivable.clone_from(&receivable);
    put(context, &invoice);
    let event = InvoiceConfirmed {
        invoice: invoice.id.clone(),
        amount: Some(gross),
        terms_hash: terms_hash.to_vec(),
        receivable,
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
        registered_on: invoice.registered_on,
        confirmed_on: Some(context.ledger_date.to_proto()),
    };
    emit(context, &invoice, Kind::Confirmed(event));
    Ok(())
}

pub(super) fn reject_invoice(
    context: &mut Context<'_>,
    rejected: RejectInvoice,
) -> Result<(), Failure> {
    let mut invoice = find_as_buyer(context, &rejected.invoice, OPEN)?;
    check_reason(&rejected.reason)?;

    invoice.state = InvoiceState::Rejected.into();
    invoice.reason.clone_from(&rejected.reason);
    put(context, &invoice);
    let event = InvoiceRejected {
        invoice: rejected.invoice,
        reason: rejected.reason,
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
    };
    emit(context, &invoice, Kind::Rejected(event));
    Ok(())
}

pub(super) fn withdraw(
    context: &mut Context<'_>,
    withdraw: &WithdrawInvoice,
) -> Result<(), Failure> {
    let mut invoice = find(context, &withdraw.invoice)?;
    if invoice.seller != context.caller.id {
        let message = "only its seller may withdraw the invoice";
        return Err(reject(RejectionCode::NotTheSeller, message));
    }
    check_state(&invoice, OPEN)?;

    invoice.state = InvoiceState::Withdrawn.into();
    put(context, &invoice);
    let event = InvoiceWithdrawn {
        invoice: invoice.id.clone(),
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
    };
    emit(context, &invoice, Kind::Withdrawn(event));
    Ok(())
}

fn find(context: &Context<'_>, id: &[u8]) -> Result<Invoice, Failure> {
    INVOICES
        .get(&context.store, &[id])?
        .ok_or_else(|| reject(RejectionCode::UnknownInvoice, "no invoice has this id"))
}

fn find_as_buyer(
    context: &Context<'_>,
    id: &[u8],
    states: &[InvoiceState],
) -> Result<Invoice, Failure> {
    let invoice = find(context, id)?;
    if invoice.buyer != context.caller.id {
        let message = "only its buyer may answer the invoice";
        return Err(reject(RejectionCode::NotTheBuyer, message));
    }
    check_state(&invoice, states)?;
    Ok(invoice)
}

fn check_state(invoice: &Invoice, allowed: &[InvoiceState]) -> Result<(), Failure> {
    if allowed.contains(&invoice.state()) {
        return Ok(());
    }
    let name = |state: &InvoiceState| {
        let name = state.as_str_name();
        name.strip_prefix("INVOICE_STATE_")
            .unwrap_or(name)
            .to_owned()
    };
    let expected: Vec<String> = allowed.iter().map(name).collect();
    let is = name(&invoice.state());
    let message = format!("the invoice is {is}; this needs {}", expected.join(" or "));
    Err(reject(RejectionCode::WrongState, message))
}

fn check_reason(reason: &str) -> Result<(), Failure> {
    if (1..=MAX_REASON).contains(&reason.chars().count()) {
        return Ok(());
    }
    let message = format!("a reason has 1 to {MAX_REASON} characters");
    Err(reject(RejectionCode::InvalidReason, message))
}

fn put(context: &mut Context<'_>, invoice: &Invoice) {
    INVOICES.put(&mut context.store, &[&invoice.id], invoice);
}
