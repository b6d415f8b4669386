//! Registering an invoice: which fingerprints it takes, what it succeeds, what it is like (specification 3.2, 3.3).

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{
    CollisionRelease, Invoice, InvoiceReference, InvoiceRegistered, InvoiceState, InvoiceWarned,
    RegisterInvoice, RejectionCode, Warning, WarningKind,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_types::ids::InvoiceId;
use counterfoil_types::invoice_number::normalise;

use super::collisions::check_strict;
use super::details::{self, date_of, gross};
use super::events::{emit, emit_to_seller};
use super::fingerprints;
use super::keys::{DOCUMENTS, INVOICES, LOOSE, STRICT};
use super::policy;
use crate::kernel::{Context, Failure, Fingerprints, StateError, reject, reject_repeated};
use crate::membership::api as membership;

pub(super) fn register(
    context: &mut Context<'_>,
    mut register: RegisterInvoice,
) -> Result<(), Failure> {
    details::check_known_terms(register.terms.as_ref())?;
    if !membership::has_role(&context.caller, Role::Supplier) {
        let message = "only a supplier registers invoices";
        return Err(reject(RejectionCode::WrongRole, message));
    }
    let seller = context.caller.id.clone();
    check_buyer(context, &seller, &register.buyer)?;
    details::check(context, &seller, &register)?;
    let succeeds = std::mem::take(&mut register.succeeds);
    let release = register.release.take();
    let invoice = details::proposed(InvoiceId::of(context.tx_id), seller, register);
    enter(context, invoice, succeeds, release.as_ref())
}

pub(super) fn check_buyer(context: &Context<'_>, seller: &str, buyer: &str) -> Result<(), Failure> {
    let wrong = |message: String| Err(reject(RejectionCode::WrongBuyer, message));
    if buyer == seller {
        return wrong("seller and buyer are the same organization".into());
    }
    if !membership::is_in_role(&context.store, buyer, Role::CoreEnterprise)? {
        return wrong(format!("{buyer:?} is not a core enterprise on this ledger"));
    }
    Ok(())
}

/// Registers an invoice that was checked, with the rest of the checks: those of what else is registered.
pub(super) fn enter(
    context: &mut Context<'_>,
    mut invoice: Invoice,
    succeeds: Vec<u8>,
    release: Option<&CollisionRelease>,
) -> Result<(), Failure> {
    let predecessor = find_predecessor(context, &invoice.seller, &succeeds)?;
    let keys = context.rules.ledger_keys;
    let number = normalise(&invoice.number);
    let issued = date_of(invoice.issue_date)?;
    let strict = |year| fingerprints::strict(keys, &invoice.seller, &number, year);
    let adjacent_years = [issued.year() - 1, issued.year() + 1].map(strict);
    let strict = strict(issued.year());
    let released_from = check_strict(context, &strict, &invoice, &succeeds, release)?;
    check_document(context, &invoice.document_hash, &succeeds)?;
    let due = date_of(invoice.due_date)?;
    let gross = gross(&invoice);
    let loose = fingerprints::loose(keys, &invoice.seller, &invoice.buyer, &gross, due);
    let mut warnings = find_warnings(context, &adjacent_years, &loose, &succeeds)?;
    if !released_from.is_empty() {
        warnings.push(Warning {
            kind: WarningKind::ReleasedCollision.into(),
            invoice: released_from.clone(),
        });
    }
    policy::check_registration(context, &invoice)?;

    let reference = InvoiceReference {
        invoice: invoice.id.clone(),
    };
    let (strict, loose) = (strict.newest(), loose.newest());
    STRICT.put(&mut context.store, &[strict.as_ref()], &reference);
    LOOSE.put(&mut context.store, &[loose.as_ref()], &reference);
    DOCUMENTS.put(&mut context.store, &[&invoice.document_hash], &reference);
    if let Some(predecessor) = predecessor {
        let succeeded = Invoice {
            succeeded_by: invoice.id.clone(),
            ..predecessor
        };
        INVOICES.put(&mut context.store, &[&succeeded.id], &succeeded);
    }
    let kinds: Vec<i32> = warnings.iter().map(|warning| warning.kind).collect();
    invoice.state = InvoiceState::Registered.into();
    invoice.strict_fingerprint = strict.to_vec();
    invoice.loose_fingerprint = loose.to_vec();
    invoice.succeeds = succeeds;
    invoice.registered_on = Some(context.ledger_date.to_proto());
    // They were found in order of their kinds.
    invoice.warnings.clone_from(&kinds);
    invoice.warnings.dedup();
    invoice.released_from = released_from;
    INVOICES.put(&mut context.store, &[&invoice.id], &invoice);
    let registered = InvoiceRegistered {
        invoice: invoice.id.clone(),
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
        gross: Some(gross),
        warnings: kinds,
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

/// Checks that a document is nobody's, or the predecessor's.
pub(super) fn check_document(
    context: &Context<'_>,
    document: &[u8],
    predecessor: &[u8],
) -> Result<(), Failure> {
    let held = DOCUMENTS.get(&context.store, &[document])?;
    match other_than(predecessor, held) {
        None => Ok(()),
        Some(first) => {
            let message = "this document is registered already";
            let first = hex_of(&first);
            Err(reject_repeated(
                RejectionCode::DuplicateDocument,
                message,
                first,
            ))
        }
    }
}

/// An invoice's id as rejections name it.
pub(super) fn hex_of(id: &[u8]) -> String {
    InvoiceId::try_from(id)
        .map(|id| id.to_string())
        .unwrap_or_default()
}

/// The invoice that holds a fingerprint or document hash, unless it is the predecessor.
fn other_than(predecessor: &[u8], holder: Option<InvoiceReference>) -> Option<Vec<u8>> {
    holder
        .map(|holder| holder.invoice)
        .filter(|id| id != predecessor)
}

fn find_warnings(
    context: &Context<'_>,
    adjacent_years: &[Fingerprints],
    loose: &Fingerprints,
    predecessor: &[u8],
) -> Result<Vec<Warning>, StateError> {
    let years = adjacent_years
        .iter()
        .map(|year| (WarningKind::AdjacentYear, year, STRICT));
    let mut warnings = Vec::new();
    for (kind, fingerprints, table) in years.chain([(WarningKind::LooseMatch, loose, LOOSE)]) {
        let holder = fingerprints.find(&context.store, table)?;
        if let Some(invoice) = other_than(predecessor, holder) {
            let kind = kind.into();
            warnings.push(Warning { kind, invoice });
        }
    }
    Ok(warnings)
}
