//! Credit notes on a confirmed invoice: the claims they reduce, and what the seller owes for them
//! (specification 6.7).

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{
    ClaimCredit, CreditInvoice, CreditNote, Invoice, InvoiceCredited, InvoiceReference,
    InvoiceState, RejectionCode,
};
use counterfoil_proto::receivable::v1::Receivable;
use counterfoil_proto::v1::Money;
use counterfoil_types::limits::{MAX_CREDIT_NOTES, MAX_CREDITED_CLAIMS};

use super::answers::{check_reason, find_as_seller, put, receivable_of};
use super::details::{check_date, check_hash, check_number, date_of};
use super::events::emit;
use super::fingerprints;
use super::keys::{CREDIT_NOTES, DOCUMENTS};
use super::registration::{check_document, hex_of};
use crate::kernel::{Context, Failure, Fingerprints, reject, reject_repeated};
use crate::receivable::api::{self as receivables, Credit};

pub(super) fn credit(context: &mut Context<'_>, credit: CreditInvoice) -> Result<(), Failure> {
    let mut invoice = find_as_seller(context, &credit.invoice, &[InvoiceState::Confirmed])?;
    let fingerprints = check_note(context, &invoice, &credit)?;
    let receivable = receivable_of(context, &invoice)?;
    let amount = check_amount(context, &invoice, &receivable, credit.amount.as_ref())?;
    let of_claims_minor = check_form(&credit.claims, amount.minor)?;
    if let Some(held) = fingerprints.find(&context.store, CREDIT_NOTES)? {
        let message = "this seller's credit note of this number and year is on the ledger already";
        let first = hex_of(&held.invoice);
        return Err(reject_repeated(
            RejectionCode::DuplicateCreditNote,
            message,
            first,
        ));
    }
    check_document(context, &credit.document_hash, &[])?;
    check_consents(context, &invoice.buyer, &credit.claims)?;
    let credits = find_claims(context, &receivable, &credit.claims)?;

    let reference = InvoiceReference {
        invoice: invoice.id.clone(),
    };
    let fingerprint = fingerprints.newest();
    CREDIT_NOTES.put(&mut context.store, &[fingerprint.as_ref()], &reference);
    DOCUMENTS.put(&mut context.store, &[&credit.document_hash], &reference);
    let currency = amount.currency.clone();
    let money = |minor: u64| {
        Some(Money {
            minor,
            currency: currency.clone(),
        })
    };
    let owed_to_buyer_minor = amount.minor - of_claims_minor;
    let event = InvoiceCredited {
        invoice: credit.invoice,
        number: credit.number.clone(),
        document_hash: credit.document_hash.clone(),
        amount: Some(amount.clone()),
        of_claims: money(of_claims_minor),
        owed_to_buyer: money(owed_to_buyer_minor),
        reason: credit.reason.clone(),
        seller: invoice.seller.clone(),
        buyer: invoice.buyer.clone(),
    };
    invoice.credit_notes.push(CreditNote {
        number: credit.number,
        issue_date: credit.issue_date,
        document_hash: credit.document_hash,
        amount: Some(amount),
        reason: credit.reason,
        claims: credit.claims,
        owed_to_buyer_minor,
        credited_on: Some(context.ledger_date.to_proto()),
    });
    put(context, &invoice);
    emit(context, &invoice, Kind::Credited(event));
    if !credits.is_empty() {
        receivables::credit(context, receivable, &invoice.seller, &credits)?;
    }
    Ok(())
}

/// What the credit note says of itself, and its fingerprints.
fn check_note(
    context: &Context<'_>,
    invoice: &Invoice,
    credit: &CreditInvoice,
) -> Result<Fingerprints, Failure> {
    let number = check_number(&credit.number)?;
    let issued = check_date("issue date", credit.issue_date)?;
    let first = date_of(invoice.issue_date)?;
    let today = context.ledger_date;
    if !(first..=today).contains(&issued) {
        let message = format!(
            "issued on {issued}, which is not between the invoice's issue date {first} and the ledger date {today}"
        );
        return Err(reject(RejectionCode::InvalidDate, message));
    }
    check_hash(&credit.document_hash, "document hash")?;
    check_reason(&credit.reason)?;
    if invoice.credit_notes.len() >= MAX_CREDIT_NOTES {
        let message = format!("an invoice has at most {MAX_CREDIT_NOTES} credit notes");
        return Err(reject(RejectionCode::TooManyCreditNotes, message));
    }
    Ok(fingerprints::credit_note(
        context.rules.ledger_keys,
        &invoice.seller,
        &number,
        issued.year(),
    ))
}

/// What the seller owes the buyer already is paid by the debtor in full, and is not credited again.
fn check_amount(
    context: &Context<'_>,
    invoice: &Invoice,
    receivable: &Receivable,
    amount: Option<&Money>,
) -> Result<Money, Failure> {
    let claims = receivables::live_claims(&context.store, receivable)?;
    let outstanding: u64 = claims.iter().map(|claim| claim.outstanding_minor).sum();
    let notes = invoice.credit_notes.iter();
    let owed: u64 = notes.map(|note| note.owed_to_buyer_minor).sum();
    let most = receivables::money(receivable, outstanding.saturating_sub(owed));
    let amount = amount.cloned().unwrap_or_default();
    if amount.currency == most.currency && (1..=most.minor).contains(&amount.minor) {
        return Ok(amount);
    }
    let message = format!(
        "a credit note is above zero, and here at most {} {} minor units",
        most.minor, most.currency
    );
    Err(reject(RejectionCode::InvalidCredit, message))
}

/// Checks the list of claims by itself, and adds it up.
fn check_form(claims: &[ClaimCredit], amount_minor: u64) -> Result<u64, Failure> {
    let sum: u128 = claims.iter().map(|claim| u128::from(claim.minor)).sum();
    let well_formed = claims.len() <= MAX_CREDITED_CLAIMS
        && claims.is_sorted_by(|a, b| a.number < b.number)
        && claims.iter().all(|claim| claim.minor > 0);
    match u64::try_from(sum) {
        Ok(sum) if well_formed && sum <= amount_minor => Ok(sum),
        _ => {
            let message = format!(
                "name at most {MAX_CREDITED_CLAIMS} claims in ascending order, each with a sum above zero, \
                 together at most the credit note's amount"
            );
            Err(reject(RejectionCode::InvalidClaimCredits, message))
        }
    }
}

/// Of those that the credit note names, so that nobody learns from it who controls a claim.
fn check_consents(
    context: &Context<'_>,
    buyer: &str,
    claims: &[ClaimCredit],
) -> Result<(), Failure> {
    context.check_consent(buyer)?;
    for claim in claims {
        context.check_consent(&claim.controller)?;
        if !claim.pledgee.is_empty() {
            context.check_consent(&claim.pledgee)?;
        }
    }
    Ok(())
}

fn find_claims(
    context: &Context<'_>,
    receivable: &Receivable,
    named: &[ClaimCredit],
) -> Result<Vec<Credit>, Failure> {
    let mut credits = Vec::with_capacity(named.len());
    for ClaimCredit {
        number,
        controller,
        pledgee,
        minor,
    } in named
    {
        let claim = receivables::claim(&context.store, &receivable.id, *number)?;
        let as_named = claim.filter(|claim| {
            let pledge = receivables::pledge_of(claim);
            let actual = pledge.map_or("", |pledge| pledge.pledgee.as_str());
            claim.controller == *controller && actual == pledgee
        });
        let Some(claim) = as_named else {
            let message = format!("claim {number} is not controlled and pledged as named");
            return Err(reject(RejectionCode::ClaimDiffers, message));
        };
        let pledged = receivables::pledge_of(&claim).is_some();
        let most = claim.outstanding_minor.saturating_sub(u64::from(pledged));
        // What a payment under way brings was divided by what was outstanding.
        let free = !receivables::is_under_way(receivable)
            && (pledged || !receivables::is_encumbered(&claim));
        if !free || *minor > most {
            let message = format!(
                "claim {number} is offered or locked, a payment is under way, or at most {most} minor units of it can \
                 be credited"
            );
            return Err(reject(RejectionCode::ClaimNotCreditable, message));
        }
        receivables::check_free(context, &claim)?;
        credits.push(Credit {
            claim,
            minor: *minor,
        });
    }
    Ok(credits)
}
