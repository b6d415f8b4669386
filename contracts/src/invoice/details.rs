//! What an invoice says of itself, and what is checked of it before anybody registers or proposes it
//! (specification 3.1).

use counterfoil_proto::invoice::v1::{Invoice, InvoiceState, RegisterInvoice, RejectionCode};
use counterfoil_proto::receivable::v1::Terms;
use counterfoil_proto::v1 as wire;
use counterfoil_proto::v1::{KernelRejectionCode, Money};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::InvoiceId;
use counterfoil_types::invoice_number::{is_invisible, normalise};
use counterfoil_types::limits::{MAX_REFERENCE, MAX_TENOR_DAYS};

use crate::cash::api as cash;
use crate::kernel::{Context, Failure, StateError, reject, stored_date};
use crate::receivable::api as receivable;

/// UNTDID 1001 codes of documents that ask for payment.
const TYPE_CODES: [u32; 5] = [326, 380, 384, 389, 393];

/// Rejects terms that name what this version does not know (specification 10.2).
pub(super) fn check_known_terms(terms: Option<&Terms>) -> Result<(), Failure> {
    if terms.is_none_or(receivable::terms_are_known) {
        return Ok(());
    }
    let message = "the terms name a day count or convention that this version does not know";
    Err(reject(KernelRejectionCode::MalformedAction, message))
}

/// Checks all that an invoice says of itself, its parties aside.
pub(super) fn check(
    context: &Context<'_>,
    seller: &str,
    details: &RegisterInvoice,
) -> Result<(), Failure> {
    check_number(&details.number)?;
    check_dates(context, details)?;
    cash::check_amount(context.rules, details.gross.as_ref()).map_err(|fault| {
        fault.under(RejectionCode::UnknownCurrency, RejectionCode::InvalidAmount)
    })?;
    check_codes(details)?;
    let parties = (seller, details.buyer.as_str());
    check_terms(context, parties, details.terms.as_ref())?;
    check_hash(&details.document_hash, "document hash")?;
    check_hash(&details.payload_root, "payload root")?;
    Ok(())
}

/// Checks the number as it is printed, and gives what is left of it once normalised.
pub(super) fn check_number(number: &str) -> Result<String, Failure> {
    let invalid = |message: &str| Err(reject(RejectionCode::InvalidNumber, message));
    if !(1..=MAX_REFERENCE).contains(&number.chars().count()) {
        return invalid("a number has 1 to 64 characters");
    }
    if number.chars().any(is_invisible) {
        return invalid("a number has only characters that can be seen, and spaces");
    }
    let normal = normalise(number);
    if normal.is_empty() {
        return invalid("nothing is left of the number without punctuation and leading zeros");
    }
    Ok(normal)
}

/// Reads a date of an action.
pub(super) fn check_date(name: &str, date: Option<wire::Date>) -> Result<Date, Failure> {
    Date::try_from(&date.unwrap_or_default())
        .map_err(|e| reject(RejectionCode::InvalidDate, format!("{name}: {e}")))
}

fn check_dates(context: &Context<'_>, details: &RegisterInvoice) -> Result<(), Failure> {
    let invalid = |message: String| Err(reject(RejectionCode::InvalidDate, message));
    let issued = check_date("issue date", details.issue_date)?;
    let due = check_date("due date", details.due_date)?;
    if details.delivery_date.is_some() {
        check_date("delivery date", details.delivery_date)?;
    }
    let today = context.ledger_date;
    if issued > today {
        return invalid(format!(
            "issued on {issued}, but the ledger date is {today}"
        ));
    }
    if !(0..=MAX_TENOR_DAYS).contains(&issued.days_until(due)) {
        return invalid(format!(
            "due on {due}, which is not 0 to {MAX_TENOR_DAYS} days after {issued}"
        ));
    }
    Ok(())
}

/// Type code and order reference.
fn check_codes(details: &RegisterInvoice) -> Result<(), Failure> {
    if !TYPE_CODES.contains(&details.type_code) {
        let message = format!(
            "type code {} is not one of {TYPE_CODES:?}",
            details.type_code
        );
        return Err(reject(RejectionCode::UnknownTypeCode, message));
    }
    if details.order_reference.chars().count() > MAX_REFERENCE {
        let message = "an order reference has at most 64 characters";
        return Err(reject(RejectionCode::InvalidOrderReference, message));
    }
    Ok(())
}

/// Checks terms between a seller and a buyer, who do not rule on their own dispute.
pub(super) fn check_terms(
    context: &Context<'_>,
    (seller, buyer): (&str, &str),
    terms: Option<&Terms>,
) -> Result<Terms, Failure> {
    let terms = terms.cloned().unwrap_or_default();
    if let Some(problem) = receivable::terms_problem(&context.store, &terms)? {
        return Err(reject(RejectionCode::InvalidTerms, problem));
    }
    if terms.arbiters.iter().any(|id| id == seller || id == buyer) {
        let message = "the terms name seller or buyer as an arbiter of their dispute";
        return Err(reject(RejectionCode::InvalidTerms, message));
    }
    Ok(terms)
}

pub(super) fn check_hash(bytes: &[u8], name: &str) -> Result<Hash, Failure> {
    Hash::try_from(bytes).map_err(|_| {
        let message = format!("the {name} has {} bytes, not 32", bytes.len());
        reject(RejectionCode::InvalidHash, message)
    })
}

/// The record of a checked invoice before it is registered.
pub(super) fn proposed(id: InvoiceId, seller: String, details: RegisterInvoice) -> Invoice {
    Invoice {
        id: id.to_vec(),
        seller,
        buyer: details.buyer,
        number: details.number,
        issue_date: details.issue_date,
        due_date: details.due_date,
        delivery_date: details.delivery_date,
        gross: details.gross,
        type_code: details.type_code,
        order_reference: details.order_reference,
        terms: details.terms,
        document_hash: details.document_hash,
        payload_root: details.payload_root,
        state: InvoiceState::Proposed.into(),
        ..Invoice::default()
    }
}

/// An invoice's currency and amount, which it has.
pub(super) fn gross(invoice: &Invoice) -> Money {
    invoice.gross.clone().unwrap_or_default()
}

/// A date of an invoice's record.
pub(super) fn date_of(date: Option<wire::Date>) -> Result<Date, StateError> {
    stored_date("invoice/invoice", date)
}
