//! What becomes of a registered invoice: the buyer queries, confirms or
//! rejects it, the seller withdraws it (specification 3.4, 3.5).

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{
    ConfirmInvoice, Invoice, InvoiceConfirmed, InvoiceQueried, InvoiceRejected, InvoiceState,
    InvoiceWithdrawn, QueryInvoice, QueryResolved, RejectInvoice, RejectionCode, ResolveQuery,
    WarningKind, WithdrawInvoice,
};
use counterfoil_proto::receivable::v1::{Receivable, Terms};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::InvoiceId;
use counterfoil_types::terms::terms_hash;

use super::details::{date_of, gross};
use super::events::emit;
use super::keys::INVOICES;
use super::policy;
use crate::kernel::{self, Context, Failure, StateError, check_known, reject};
use crate::receivable::api::{self as receivable, Confirmed};

/// The states from which the buyer may still answer and the seller withdraw.
pub(super) const OPEN: &[InvoiceState] = &[InvoiceState::Registered, InvoiceState::UnderQuery];

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
    check_known_warnings(&confirm.acknowledged)?;
    let invoice = find_as_buyer(context, &confirm.invoice, OPEN)?;
    let gross = gross(&invoice);
    let terms = invoice.terms.clone().unwrap_or_default();
    let repeated = (confirm.amount.as_ref(), confirm.terms_hash.as_slice());
    check_repeated((&gross, &terms), repeated)?;
    check_acknowledged(context, &invoice, &confirm.acknowledged)?;
    policy::check_confirmation(context, &invoice)?;

    let confirmation = context.named(context.tx_id.0.as_ref());
    conclude(context, invoice, gross, &terms, confirmation)
}

/// Checks that whoever binds itself to an amount and terms repeats them.
pub(super) fn check_repeated(
    (amount, terms): (&Money, &Terms),
    repeated: (Option<&Money>, &[u8]),
) -> Result<(), Failure> {
    if repeated.0 != Some(amount) {
        let message = format!(
            "the amount is {} {} minor units",
            amount.minor, amount.currency
        );
        return Err(reject(RejectionCode::AmountDiffers, message));
    }
    let hash = terms_hash(terms);
    if repeated.1 != hash.as_bytes() {
        let message = format!("the hash of the terms is {hash}");
        return Err(reject(RejectionCode::TermsDiffer, message));
    }
    Ok(())
}

/// Rejects kinds of warnings that this version does not know (specification 10.2).
pub(super) fn check_known_warnings(kinds: &[i32]) -> Result<(), Failure> {
    let mut kinds = kinds.iter();
    kinds.try_for_each(|kind| check_known::<WarningKind>(*kind, "warning"))
}

/// Checks that whoever binds itself has looked at what the invoice is like.
pub(super) fn check_acknowledged(
    context: &Context<'_>,
    invoice: &Invoice,
    kinds: &[i32],
) -> Result<(), Failure> {
    let to_acknowledge = policy::to_acknowledge(context, invoice)?;
    if to_acknowledge
        .iter()
        .map(|kind| i32::from(*kind))
        .eq(kinds.iter().copied())
    {
        return Ok(());
    }
    let kinds: Vec<String> = to_acknowledge
        .iter()
        .map(|kind| format!("{kind:?}"))
        .collect();
    let message = format!(
        "the invoice has these warnings to acknowledge, and no others: [{}]",
        kinds.join(", ")
    );
    Err(reject(RejectionCode::WarningsNotAcknowledged, message))
}

/// Confirms an invoice over an amount and under terms that its buyer has signed in a transaction, and opens the receivable.
pub(super) fn conclude(
    context: &mut Context<'_>,
    mut invoice: Invoice,
    amount: Money,
    terms: &Terms,
    confirmation: Vec<u8>,
) -> Result<(), Failure> {
    let key = "invoice/invoice";
    let id = InvoiceId::try_from(invoice.id.as_slice()).map_err(|e| StateError::corrupt(key, e))?;
    let due_date = date_of(invoice.due_date)?;
    let adjusted_due_date = adjust(context, terms, due_date)?;

    let opened = Confirmed {
        invoice: id,
        seller: &invoice.seller,
        buyer: &invoice.buyer,
        amount: &amount,
        due_date,
        adjusted_due_date,
        terms,
        confirmation,
    };
    let receivable = receivable::open(context, opened).to_vec();
    invoice.state = InvoiceState::Confirmed.into();
    invoice.receivable.clone_from(&receivable);
    put(context, &invoice);
    let event = InvoiceConfirmed {
        invoice: invoice.id.clone(),
        amount: Some(amount),
        terms_hash: terms_hash(terms).to_vec(),
        receivable,
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
        registered_on: invoice.registered_on,
        confirmed_on: Some(context.ledger_date.to_proto()),
    };
    emit(context, &invoice, Kind::Confirmed(event));
    Ok(())
}

/// The due date as the terms' calendar of today has it. No convention makes a buyer late that is not.
fn adjust(context: &Context<'_>, terms: &Terms, due_date: Date) -> Result<Date, Failure> {
    let today = context.ledger_date;
    match receivable::adjusted(&context.store, terms, due_date)? {
        None => {
            let message = format!(
                "the calendar {} does not know the business days about {due_date}",
                terms.calendar
            );
            Err(reject(RejectionCode::OutsideCalendar, message))
        }
        Some(adjusted) if adjusted < today && today <= due_date => {
            let message =
                format!("due on {due_date}, but {adjusted} once adjusted, and it is {today}");
            Err(reject(RejectionCode::AdjustedToThePast, message))
        }
        Some(adjusted) => Ok(adjusted),
    }
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
    // Conditions bind the buyer alone: its seller may give up the whole invoice.
    let from = [OPEN, &[InvoiceState::ConditionallyConfirmed]].concat();
    let mut invoice = find_as_seller(context, &withdraw.invoice, &from)?;

    invoice.conditions = None;
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

pub(super) fn find(context: &Context<'_>, id: &[u8]) -> Result<Invoice, Failure> {
    INVOICES
        .get(&context.store, &[id])?
        .ok_or_else(|| reject(RejectionCode::UnknownInvoice, "no invoice has this id"))
}

pub(super) fn find_as_buyer(
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

pub(super) fn find_as_seller(
    context: &Context<'_>,
    id: &[u8],
    states: &[InvoiceState],
) -> Result<Invoice, Failure> {
    let invoice = find(context, id)?;
    if invoice.seller != context.caller.id {
        let message = "only its seller may do this with the invoice";
        return Err(reject(RejectionCode::NotTheSeller, message));
    }
    check_state(&invoice, states)?;
    Ok(invoice)
}

/// Checks that the caller is seller or buyer.
pub(super) fn check_party(context: &Context<'_>, invoice: &Invoice) -> Result<(), Failure> {
    if [&invoice.seller, &invoice.buyer].contains(&&context.caller.id) {
        return Ok(());
    }
    let message = "only its seller or buyer may do this with the invoice";
    Err(reject(RejectionCode::NotAParty, message))
}

pub(super) fn check_state(invoice: &Invoice, allowed: &[InvoiceState]) -> Result<(), Failure> {
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

pub(super) fn check_reason(reason: &str) -> Result<(), Failure> {
    kernel::check_reason(RejectionCode::InvalidReason, reason)
}

pub(super) fn put(context: &mut Context<'_>, invoice: &Invoice) {
    INVOICES.put(&mut context.store, &[&invoice.id], invoice);
}

/// The receivable of a confirmed invoice.
pub(super) fn receivable_of(
    context: &Context<'_>,
    invoice: &Invoice,
) -> Result<Receivable, StateError> {
    let missing = || StateError::corrupt("invoice/invoice", "a confirmed one has no receivable");
    receivable::receivable(&context.store, &invoice.receivable)?.ok_or_else(missing)
}
