//! Awards that a bank pays over the external rail: its claims wait for the payment's outcome (specification 5.4, 6.3).

use counterfoil_proto::cash::v1::{Payment, PaymentState};
use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    Award, ClaimReference, Quote, QuoteFailed, QuoteState, QuoteTaken, QuoteTerms, RejectionCode,
    Request, RequestAwarded,
};
use counterfoil_proto::receivable::v1::{Claim, Lock};
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;

use super::awards::lend;
use super::events::emit;
use super::keys::{REQUESTS, put_quote, quote};
use super::loans::reference;
use super::pricing::liabilities;
use super::requests::is_sale;
use crate::cash::api::{self as cash, Instructed, PaidFor};
use crate::kernel::{Context, Failure, StateError, Store, reject, stored_date};
use crate::membership::api as membership;
use crate::receivable::api as receivables;
use crate::supervision::api as supervision;

pub(super) fn is_outside(terms: &QuoteTerms) -> bool {
    !terms.asserter.is_empty()
}

/// Checks the day of payment of an award that takes these quotes, and returns it; the ledger date where all pay in
/// deposits.
pub(super) fn check_day(
    context: &Context<'_>,
    request: &Request,
    quotes: &[&QuoteTerms],
    pay_on: Option<wire::Date>,
) -> Result<Date, Failure> {
    let outside = quotes.iter().any(|terms| is_outside(terms));
    if outside && (request.all_or_none || request.minimum_minor > 0) {
        let message = "all or none, or a minimum, is paid in deposits alone";
        return Err(reject(RejectionCode::DepositsOnly, message));
    }
    let today = context.ledger_date;
    let mut last = cash::deadline(context, &calendar(context, request)?)?;
    for claim in &request.claims {
        // Every claim falls due after today, and after it is paid for.
        let due = stored_date("financing/request", claim.adjusted_due_date)?;
        last = last.min(due.add_days(-1).unwrap_or(today));
    }
    match (outside, pay_on.map(|date| Date::try_from(&date))) {
        (false, None) => Ok(today),
        (true, Some(Ok(day))) if (today..=last).contains(&day) => Ok(day),
        _ => {
            let message = format!(
                "say the day of payment where a bank pays over the external rail, from {today} to {last}, and only then"
            );
            Err(reject(RejectionCode::InvalidDate, message))
        }
    }
}

/// Whose business days count for the payments of an award: those of the first claim's terms.
fn calendar(context: &Context<'_>, request: &Request) -> Result<String, StateError> {
    let Some(first) = request.claims.first() else {
        return Ok(String::new());
    };
    let receivable = receivables::receivable(&context.store, &first.receivable)?;
    let terms = receivable.and_then(|receivable| receivable.terms);
    Ok(terms.unwrap_or_default().calendar)
}

/// The day from which a quote's interest is reckoned.
pub(super) fn value_date(context: &Context<'_>, terms: &QuoteTerms, pay_on: Date) -> Date {
    match is_outside(terms) {
        true => pay_on,
        false => context.ledger_date,
    }
}

/// Who confirms that the seller was paid.
pub(super) fn confirmer(
    context: &Context<'_>,
    request: &Request,
    quote: &Quote,
) -> Result<String, Failure> {
    let terms = quote.terms.clone().unwrap_or_default();
    cash::confirmer(
        &context.store,
        &request.seller,
        &quote.bank,
        &terms.asserter,
    )
}

/// Instructs the payment of a quote that is taken. Returns what its claims stay locked for. Invariant: all was checked, and
/// the end-to-end id was used when the quote was revealed.
pub(super) fn instruct(
    context: &mut Context<'_>,
    request: &Request,
    quote: &Quote,
    (proceeds, pay_on): (wire::Money, Date),
    confirmer: String,
) -> Result<Lock, StateError> {
    let terms = quote.terms.clone().unwrap_or_default();
    let calendar = calendar(context, request)?;
    let instructed = Instructed {
        payer: &quote.bank,
        payee: &request.seller,
        amount: proceeds,
        end_to_end_id: &terms.end_to_end_id,
        asserter: &terms.asserter,
        confirmer,
        arbiter: &request.arbiter,
        paid_for: PaidFor::Request(&request.id),
        reckoned_on: pay_on,
        deadline: cash::deadline(context, &calendar)?,
        calendar,
    };
    Ok(Lock {
        request: request.id.clone(),
        payment: cash::put_instructed(context, instructed),
    })
}

/// Records that a quote is taken.
pub(super) fn take(
    context: &mut Context<'_>,
    request: &Request,
    quote: Quote,
    award: Award,
    (payment, claims): (Vec<u8>, Vec<ClaimReference>),
) {
    let taken = Quote {
        state: QuoteState::Taken.into(),
        award: Some(award.clone()),
        payment: payment.clone(),
        claims: claims.clone(),
        ..quote
    };
    put_quote(&mut context.store, &taken);
    let event = QuoteTaken {
        request: request.id.clone(),
        award: Some(award),
        payment,
        claims,
    };
    let concerned = [request.seller.as_str(), &taken.bank];
    emit(context, &concerned, Kind::QuoteTaken(event));
}

/// Rejects where claims would pass by this payment's confirmation, and they or their buyer are frozen.
pub fn check_passing(context: &Context<'_>, payment: &[u8]) -> Result<(), Failure> {
    let Some(payment) = cash::payment(&context.store, payment)? else {
        return Ok(());
    };
    if payment.request.is_empty() {
        return Ok(());
    }
    let mut records = vec![membership::organization_key(&payment.payer)];
    for claim in waiting(&context.store, &taken(&context.store, &payment)?, &payment)? {
        records.extend(receivables::records(&claim, &claim.controller));
    }
    supervision::check_free(context, &records)
}

fn missing() -> StateError {
    StateError::corrupt("financing/quote", "a payment's quote is missing")
}

/// The quote whose price a payment is.
fn taken(store: &Store<'_>, payment: &Payment) -> Result<Quote, StateError> {
    quote(store, &payment.request, &payment.payer)?.ok_or_else(missing)
}

/// The claims that wait for a payment: what the debtor paid in full is no longer locked.
fn waiting(store: &Store<'_>, quote: &Quote, payment: &Payment) -> Result<Vec<Claim>, StateError> {
    let mut claims = Vec::new();
    for reference in &quote.claims {
        let claim = receivables::claim(store, &reference.receivable, reference.number)?;
        let waits = |claim: &Claim| {
            receivables::lock_of(claim).is_some_and(|lock| lock.payment == payment.id)
        };
        claims.extend(claim.filter(waits));
    }
    Ok(claims)
}

/// Ends an award that waited for this payment.
pub fn close(context: &mut Context<'_>, payment: &Payment) -> Result<(), StateError> {
    let store = &context.store;
    let request = REQUESTS.get(store, &[&payment.request])?;
    let request = request.ok_or_else(missing)?;
    let quote = taken(store, payment)?;
    let claims = waiting(store, &quote, payment)?;
    match payment.state() {
        PaymentState::Confirmed => complete(context, &request, quote, payment, claims),
        _ => fail(context, &request, quote, payment, claims),
    }
}

fn complete(
    context: &mut Context<'_>,
    request: &Request,
    mut quote: Quote,
    payment: &Payment,
    claims: Vec<Claim>,
) -> Result<(), StateError> {
    let mut award = quote.award.clone().unwrap_or_default();
    let mut passed = Vec::with_capacity(claims.len());
    if is_sale(request.technique()) {
        let terms = quote.terms.clone().unwrap_or_default();
        let parts: Vec<u64> = claims.iter().map(|claim| claim.outstanding_minor).collect();
        for (claim, liability) in claims.into_iter().zip(liabilities(&terms, &parts)) {
            passed.push(reference(&claim));
            receivables::sell_to(context, claim, &quote.bank, &liability, &request.id)?;
        }
    } else {
        let terms = quote.terms.clone().unwrap_or_default();
        let assertion = payment.assertion.clone().unwrap_or_default();
        let on = stored_date("cash/payment", assertion.value_date)?;
        (passed, award.loan) = lend(context, request, claims, (&quote.bank, &terms), on)?;
    }
    quote.state = QuoteState::Awarded.into();
    quote.award = Some(award.clone());
    put_quote(&mut context.store, &quote);
    let awarded = RequestAwarded {
        request: request.id.clone(),
        seller: request.seller.clone(),
        award: Some(award),
        claims: passed,
    };
    let concerned = [request.seller.as_str(), &quote.bank];
    emit(context, &concerned, Kind::Awarded(awarded));
    Ok(())
}

fn fail(
    context: &mut Context<'_>,
    request: &Request,
    mut quote: Quote,
    payment: &Payment,
    claims: Vec<Claim>,
) -> Result<(), StateError> {
    for claim in claims {
        receivables::unlock(&mut context.store, claim);
    }
    quote.state = QuoteState::Failed.into();
    put_quote(&mut context.store, &quote);
    let failed = QuoteFailed {
        request: request.id.clone(),
        bank: quote.bank.clone(),
        proceeds: payment.amount.clone(),
    };
    let concerned = [request.seller.as_str(), &quote.bank];
    emit(context, &concerned, Kind::QuoteFailed(failed));
    Ok(())
}
