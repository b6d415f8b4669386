//! Registering an invoice: what is checked, which fingerprints it takes.

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{
    Invoice, InvoiceReference, InvoiceRegistered, InvoiceState, InvoiceWarned, RegisterInvoice,
    RejectionCode, Warning, WarningKind,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::Terms;
use counterfoil_proto::v1::{KernelRejectionCode, Money};
use counterfoil_types::dates::Date;
use counterfoil_types::hash::Hash;
use counterfoil_types::ids::InvoiceId;
use counterfoil_types::limits::{MAX_REFERENCE, MAX_TENOR_DAYS};

use super::events::{emit, emit_to_seller};
use super::fingerprints;
use super::keys::{DOCUMENTS, INVOICES, LOOSE, STRICT};
use super::number::{is_invisible, normalise};
use crate::cash::api::{self as cash, AmountFault};
use crate::kernel::{Context, Failure, StateError, Table, reject, reject_repeated};
use crate::membership::api as membership;
use crate::receivable::api as receivable;

/// UNTDID 1001 codes of documents that ask for payment.
const TYPE_CODES: [u32; 5] = [326, 380, 384, 389, 393];

pub(super) fn register(
    context: &mut Context<'_>,
    register: RegisterInvoice,
) -> Result<(), Failure> {
    if !register
        .terms
        .as_ref()
        .is_none_or(receivable::terms_are_known)
    {
        let message = "the terms name a day count or convention that this version does not know";
        return Err(reject(KernelRejectionCode::MalformedAction, message));
    }
    let seller = context.caller.id.clone();
    check_parties(context, &register.buyer)?;
    let normal_number = check_number(&register.number)?;
    let (issued, due) = check_dates(context, &register)?;
    let gross = check_gross(context, register.gross.as_ref())?;
    let terms = check_rest(context, &register)?;
    let document = check_hash(&register.document_hash, "document hash")?;
    check_hash(&register.payload_root, "payload root")?;
    let predecessor = find_predecessor(context, &seller, &register.succeeds)?;
    let key = context.rules.ledger_key;
    let strict = fingerprints::strict(key, &seller, &normal_number, issued.year());
    let taken = (
        RejectionCode::DuplicateInvoice,
        "this seller's invoice of this number and year",
    );
    check_free(context, STRICT, &strict, &register.succeeds, taken)?;
    let taken = (RejectionCode::DuplicateDocument, "this document");
    check_free(context, DOCUMENTS, &document, &register.succeeds, taken)?;
    let loose = fingerprints::loose(key, &seller, &register.buyer, &gross, due);
    let years = [issued.year() - 1, issued.year() + 1]
        .map(|year| fingerprints::strict(key, &seller, &normal_number, year));
    let warnings = find_warnings(context, years, &loose, &register.succeeds)?;

    let id = InvoiceId::of(context.tx_id);
    let reference = InvoiceReference {
        invoice: id.to_vec(),
    };
    STRICT.put(&mut context.store, &[strict.as_ref()], &reference);
    LOOSE.put(&mut context.store, &[loose.as_ref()], &reference);
    DOCUMENTS.put(&mut context.store, &[document.as_ref()], &reference);
    if let Some(predecessor) = predecessor {
        let succeeded = Invoice {
            succeeded_by: id.to_vec(),
            ..predecessor
        };
        INVOICES.put(&mut context.store, &[&succeeded.id], &succeeded);
    }
    let invoice = Invoice {
        id: id.to_vec(),
        seller,
        buyer: register.buyer,
        number: register.number,
        issue_date: register.issue_date,
        due_date: register.due_date,
        delivery_date: register.delivery_date,
        gross: Some(gross.clone()),
        type_code: register.type_code,
        order_reference: register.order_reference,
        terms: Some(terms),
        document_hash: register.document_hash,
        payload_root: register.payload_root,
        state: InvoiceState::Registered.into(),
        strict_fingerprint: strict.to_vec(),
        loose_fingerprint: loose.to_vec(),
        succeeds: register.succeeds,
        succeeded_by: Vec::new(),
        registered_on: Some(context.ledger_date.to_proto()),
        query_count: 0,
        reason: String::new(),
        receivable: Vec::new(),
    };
    INVOICES.put(&mut context.store, &[&invoice.id], &invoice);
    let registered = InvoiceRegistered {
        invoice: invoice.id.clone(),
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
        gross: Some(gross),
        warnings: warnings.iter().map(|warning| warning.kind).collect(),
        registered_on: invoice.registered_on,
    };
    emit(context, &invoice, Kind::Registered(registered));
    if !warnings.is_empty() {
        let warned = InvoiceWarned {
            invoice: invoice.id.clone(),
            warnings,
        };
        emit_to_seller(context, &invoice, Kind::Warned(warned));
    }
    Ok(())
}

fn check_parties(context: &Context<'_>, buyer: &str) -> Result<(), Failure> {
    if !membership::has_role(&context.caller, Role::Supplier) {
        return Err(reject(
            RejectionCode::WrongRole,
            "only a supplier registers invoices",
        ));
    }
    let wrong = |message: String| Err(reject(RejectionCode::WrongBuyer, message));
    if buyer == context.caller.id {
        return wrong("seller and buyer are the same organization".into());
    }
    if !membership::is_in_role(&context.store, buyer, Role::CoreEnterprise)? {
        return wrong(format!("{buyer:?} is not a core enterprise on this ledger"));
    }
    Ok(())
}

fn check_number(number: &str) -> Result<String, Failure> {
    let invalid = |message: &str| Err(reject(RejectionCode::InvalidNumber, message));
    if !(1..=MAX_REFERENCE).contains(&number.chars().count()) {
        return invalid("an invoice number has 1 to 64 characters");
    }
    if number.chars().any(is_invisible) {
        return invalid("an invoice number has only characters that can be seen, and spaces");
    }
    let normal = normalise(number);
    if normal.is_empty() {
        return invalid(
            "nothing is left of the invoice number without punctuation and leading zeros",
        );
    }
    Ok(normal)
}

fn check_dates(context: &Context<'_>, register: &RegisterInvoice) -> Result<(Date, Date), Failure> {
    let invalid = |message: String| reject(RejectionCode::InvalidDate, message);
    let read = |name: &str, date: Option<counterfoil_proto::v1::Date>| {
        Date::try_from(&date.unwrap_or_default()).map_err(|e| invalid(format!("{name}: {e}")))
    };
    let issued = read("issue date", register.issue_date)?;
    let due = read("due date", register.due_date)?;
    if register.delivery_date.is_some() {
        read("delivery date", register.delivery_date)?;
    }
    let today = context.ledger_date;
    if issued > today {
        return Err(invalid(format!(
            "issued on {issued}, but the ledger date is {today}"
        )));
    }
    if !(0..=MAX_TENOR_DAYS).contains(&issued.days_until(due)) {
        let message =
            format!("due on {due}, which is not 0 to {MAX_TENOR_DAYS} days after {issued}");
        return Err(invalid(message));
    }
    Ok((issued, due))
}

fn check_gross(context: &Context<'_>, gross: Option<&Money>) -> Result<Money, Failure> {
    cash::check_amount(context.rules, gross).map_err(|fault| match fault {
        AmountFault::Currency(message) => reject(RejectionCode::UnknownCurrency, message),
        AmountFault::Amount(message) => reject(RejectionCode::InvalidAmount, message),
    })
}

/// Type code, order reference and terms.
fn check_rest(context: &Context<'_>, register: &RegisterInvoice) -> Result<Terms, Failure> {
    if !TYPE_CODES.contains(&register.type_code) {
        let message = format!(
            "type code {} is not one of {TYPE_CODES:?}",
            register.type_code
        );
        return Err(reject(RejectionCode::UnknownTypeCode, message));
    }
    if register.order_reference.chars().count() > MAX_REFERENCE {
        let message = "an order reference has at most 64 characters";
        return Err(reject(RejectionCode::InvalidOrderReference, message));
    }
    let terms = register.terms.clone().unwrap_or_default();
    match receivable::terms_problem(&context.store, &terms)? {
        Some(problem) => Err(reject(RejectionCode::InvalidTerms, problem)),
        None => Ok(terms),
    }
}

fn check_hash(bytes: &[u8], name: &str) -> Result<Hash, Failure> {
    Hash::try_from(bytes).map_err(|_| {
        let message = format!("the {name} has {} bytes, not 32", bytes.len());
        reject(RejectionCode::InvalidHash, message)
    })
}

/// The withdrawn or rejected invoice that this one succeeds.
fn find_predecessor(
    context: &Context<'_>,
    seller: &str,
    id: &[u8],
) -> Result<Option<Invoice>, Failure> {
    if id.is_empty() {
        return Ok(None);
    }
    let cannot = |message: &str| Err(reject(RejectionCode::CannotSucceed, message));
    let Some(predecessor) = INVOICES.get(&context.store, &[id])? else {
        return cannot("the invoice to succeed does not exist");
    };
    if predecessor.seller != seller {
        return cannot("the invoice to succeed is another seller's");
    }
    let ended = [InvoiceState::Withdrawn, InvoiceState::Rejected];
    if !ended.contains(&predecessor.state()) {
        return cannot("only a withdrawn or rejected invoice is succeeded");
    }
    if !predecessor.succeeded_by.is_empty() {
        return cannot("the invoice is succeeded already");
    }
    Ok(Some(predecessor))
}

/// Checks that a fingerprint or document hash is nobody's, or the predecessor's.
fn check_free(
    context: &Context<'_>,
    table: Table<InvoiceReference>,
    fingerprint: &Hash,
    predecessor: &[u8],
    (code, what): (RejectionCode, &str),
) -> Result<(), Failure> {
    match holder(context, table, fingerprint, predecessor)? {
        None => Ok(()),
        Some(first) => {
            let first = InvoiceId::try_from(first.as_slice())
                .map(|id| id.to_string())
                .unwrap_or_default();
            let message = format!("{what} is registered already");
            Err(reject_repeated(code, message, first))
        }
    }
}

/// The invoice that holds a fingerprint, unless it is the predecessor.
fn holder(
    context: &Context<'_>,
    table: Table<InvoiceReference>,
    fingerprint: &Hash,
    predecessor: &[u8],
) -> Result<Option<Vec<u8>>, StateError> {
    let found = table.get(&context.store, &[fingerprint.as_ref()])?;
    Ok(found.map(|r| r.invoice).filter(|id| id != predecessor))
}

fn find_warnings(
    context: &Context<'_>,
    adjacent_years: [Hash; 2],
    loose: &Hash,
    predecessor: &[u8],
) -> Result<Vec<Warning>, StateError> {
    let mut warnings = Vec::new();
    for year in &adjacent_years {
        if let Some(invoice) = holder(context, STRICT, year, predecessor)? {
            let kind = WarningKind::AdjacentYear.into();
            warnings.push(Warning { kind, invoice });
        }
    }
    if let Some(invoice) = holder(context, LOOSE, loose, predecessor)? {
        let kind = WarningKind::LooseMatch.into();
        warnings.push(Warning { kind, invoice });
    }
    Ok(warnings)
}
