//! A buyer's undertaking under conditions, and its seller's answer (specification 3.4).

use counterfoil_proto::invoice::v1::event::Event as Kind;
use counterfoil_proto::invoice::v1::{
    AcceptConditions, Conditions, ConditionsEnded, ConfirmConditionally, ExpireConditions, Invoice,
    InvoiceConditionallyConfirmed, InvoiceState, RefuseConditions, RejectionCode,
};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::limits::MAX_CONDITION_DAYS;
use counterfoil_types::terms::terms_hash;

use super::answers::{
    OPEN, check_acknowledged, check_known_warnings, check_party, check_reason, check_repeated,
    check_state, conclude, find, find_as_buyer, find_as_seller, put,
};
use super::details::{self, date_of, gross};
use super::events::emit;
use super::keys::INVOICES;
use super::policy;
use crate::kernel::{Context, Failure, StateError, reject};
use crate::supervision::api as supervision;

const CONDITIONAL: &[InvoiceState] = &[InvoiceState::ConditionallyConfirmed];

pub(super) fn confirm(
    context: &mut Context<'_>,
    confirm: ConfirmConditionally,
) -> Result<(), Failure> {
    check_known_warnings(&confirm.acknowledged)?;
    details::check_known_terms(confirm.terms.as_ref())?;
    let mut invoice = find_as_buyer(context, &confirm.invoice, OPEN)?;
    let amount = check_amount(&invoice, confirm.amount)?;
    let parties = (invoice.seller.as_str(), invoice.buyer.as_str());
    let terms = details::check_terms(context, parties, confirm.terms.as_ref())?;
    if Some(&amount) == invoice.gross.as_ref() && Some(&terms) == invoice.terms.as_ref() {
        let message = "amount and terms are the invoice's own: confirm it";
        return Err(reject(RejectionCode::NoCondition, message));
    }
    check_reason(&confirm.reason)?;
    if !context.is_within(confirm.expires_on, MAX_CONDITION_DAYS) {
        let today = context.ledger_date;
        let message =
            format!("conditions bind until {today} or up to {MAX_CONDITION_DAYS} days later");
        return Err(reject(RejectionCode::InvalidExpiry, message));
    }
    check_acknowledged(context, &invoice, &confirm.acknowledged)?;
    policy::check_confirmation(context, &invoice)?;

    let event = InvoiceConditionallyConfirmed {
        invoice: confirm.invoice,
        amount: Some(amount.clone()),
        terms_hash: terms_hash(&terms).to_vec(),
        reason: confirm.reason.clone(),
        expires_on: confirm.expires_on,
    };
    invoice.state = InvoiceState::ConditionallyConfirmed.into();
    invoice.reason = confirm.reason;
    invoice.conditions = Some(Conditions {
        amount: Some(amount),
        terms: Some(terms),
        expires_on: confirm.expires_on,
        made_on: Some(context.ledger_date.to_proto()),
        confirmation: context.named(context.tx_id.0.as_ref()),
    });
    put(context, &invoice);
    emit(context, &invoice, Kind::ConditionallyConfirmed(event));
    Ok(())
}

fn check_amount(invoice: &Invoice, amount: Option<Money>) -> Result<Money, Failure> {
    let gross = gross(invoice);
    let amount = amount.unwrap_or_default();
    if amount.currency == gross.currency && (1..=gross.minor).contains(&amount.minor) {
        return Ok(amount);
    }
    let message = format!(
        "a conditional confirmation is over 1 to {} {} minor units",
        gross.minor, gross.currency
    );
    Err(reject(RejectionCode::InvalidCondition, message))
}

pub(super) fn accept(context: &mut Context<'_>, accept: &AcceptConditions) -> Result<(), Failure> {
    let invoice = find_as_seller(context, &accept.invoice, CONDITIONAL)?;
    let conditions = conditions_of(&invoice)?;
    let last = last_day(context, &invoice, &conditions)?;
    let amount = conditions.amount.unwrap_or_default();
    let terms = conditions.terms.unwrap_or_default();
    let repeated = (accept.amount.as_ref(), accept.terms_hash.as_slice());
    check_repeated((&amount, &terms), repeated)?;
    if context.ledger_date > last {
        let message = format!("the conditions' last day was {last}");
        return Err(reject(RejectionCode::ConditionsExpired, message));
    }
    supervision::check_free(context, &[INVOICES.key(&[&invoice.id])])?;
    policy::check_confirmation(context, &invoice)?;

    conclude(context, invoice, amount, &terms, conditions.confirmation)
}

pub(super) fn refuse(context: &mut Context<'_>, refuse: RefuseConditions) -> Result<(), Failure> {
    let invoice = find_as_seller(context, &refuse.invoice, CONDITIONAL)?;
    check_reason(&refuse.reason)?;

    let refused = Invoice {
        reason: refuse.reason.clone(),
        ..invoice
    };
    end(context, refused, refuse.reason);
    Ok(())
}

pub(super) fn expire(context: &mut Context<'_>, expire: &ExpireConditions) -> Result<(), Failure> {
    let invoice = find(context, &expire.invoice)?;
    check_party(context, &invoice)?;
    check_state(&invoice, CONDITIONAL)?;
    let last = last_day(context, &invoice, &conditions_of(&invoice)?)?;
    if context.ledger_date <= last {
        let message = format!("the conditions bind the buyer until the end of {last}");
        return Err(reject(RejectionCode::ConditionsNotExpired, message));
    }

    end(context, invoice, String::new());
    Ok(())
}

/// Back to the query that the buyer's conditions are.
fn end(context: &mut Context<'_>, mut invoice: Invoice, reason: String) {
    invoice.state = InvoiceState::UnderQuery.into();
    invoice.conditions = None;
    put(context, &invoice);
    let event = ConditionsEnded {
        invoice: invoice.id.clone(),
        reason,
    };
    emit(context, &invoice, Kind::ConditionsEnded(event));
}

fn conditions_of(invoice: &Invoice) -> Result<Conditions, StateError> {
    let missing = || StateError::corrupt("invoice/invoice", "no conditions");
    invoice.conditions.clone().ok_or_else(missing)
}

/// The last day of conditions, moved by freezes of their invoice.
fn last_day(
    context: &Context<'_>,
    invoice: &Invoice,
    conditions: &Conditions,
) -> Result<Date, StateError> {
    let records = [INVOICES.key(&[&invoice.id])];
    let made = date_of(conditions.made_on)?;
    supervision::last_day(context, &records, made, date_of(conditions.expires_on)?)
}
