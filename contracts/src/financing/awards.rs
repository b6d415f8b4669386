//! The award: claims and cash change hands in one transaction (specification 5.4, 5.5).

use std::collections::BTreeMap;
use std::slice;

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    Award, AwardRequest, ClaimReference, Loan, LoanOpened, Quote, QuoteState, QuoteTerms,
    RejectionCode, Request, RequestAwarded, RequestState, Schedule,
};
use counterfoil_proto::receivable::v1::Claim;
use counterfoil_proto::v1 as wire;
use counterfoil_types::dates::Date;
use counterfoil_types::ids::{LoanId, RequestId};
use counterfoil_types::limits::{MAX_CLAIMS, MAX_LIVE_CLAIMS};

use super::clocks;
use super::events::emit;
use super::exposures::quoted;
use super::keys::{find_request, put_loan, put_request, quote};
use super::loans::{begun, reference};
use super::outside;
use super::policy;
use super::pricing::{Price, falls_due, liabilities, price};
use super::requests::{check_open, check_seller, close_quotes, is_sale};
use crate::cash::api::{self as cash, Payment, PaymentFault};
use crate::kernel::{Context, Failure, StateError, reject};
use crate::receivable::api::{self as receivables, Taken, Taker};

pub(super) fn award(context: &mut Context<'_>, award: &AwardRequest) -> Result<(), Failure> {
    let request = find_request(&context.store, &award.request)?;
    check_seller(context, &request)?;
    check_open(&request)?;
    check_time(context, &request)?;
    let quote = find_quote(context, &request, &award.bank)?;
    let terms = quote.terms.clone().unwrap_or_default();
    let amount = terms.amount.clone().unwrap_or_default();
    check_condition(&request, amount.minor)?;
    let pay_on = outside::check_day(context, &request, &[&terms], award.pay_on)?;
    let price = price(&request, &terms, pay_on)?.ok_or_else(|| {
        let message = "cost and fees leave the seller nothing";
        reject(RejectionCode::NetNotPositive, message)
    })?;
    let claims = locked_claims(context, &request)?;
    check_not_held(context, &claims)?;
    check_room(context, &claims, &[&price])?;
    clocks::check_free(context, &request, &award.bank)?;
    let lines = quoted(&context.store, &request, &award.bank, &terms)?;
    let quotes = [(award.bank.as_str(), &terms)];
    policy::check_funding(context, &request, (&claims, &quotes), &lines)?;
    let proceeds = wire::Money {
        minor: price.proceeds_minor,
        currency: amount.currency.clone(),
    };
    let made = Award {
        bank: award.bank.clone(),
        amount: Some(amount),
        cost_minor: price.cost_minor,
        fees_minor: price.fees_minor,
        proceeds_minor: price.proceeds_minor,
        annual_cost_ppm: price.annual_cost_ppm,
        awarded_on: Some(context.ledger_date.to_proto()),
        loan: Vec::new(),
    };
    if outside::is_outside(&terms) {
        let confirmer = outside::confirmer(context, &request, &quote)?;

        let paid = (proceeds, pay_on);
        let lock = outside::instruct(context, &request, &quote, paid, confirmer)?;
        let claims = pass(context, claims, &price, |_| Taker::Awaiting(&lock))?;
        outside::take(context, &request, quote, made, (lock.payment, claims));
        return Ok(close(context, request, None)?);
    }
    let payment = Payment {
        issuer: &terms.issuer,
        payer: &award.bank,
        instructed: &proceeds,
        legs: &BTreeMap::from([(request.seller.clone(), price.proceeds_minor)]),
        end_to_end_id: &terms.end_to_end_id,
    };
    cash::check_free(context, &award.bank, (&terms.issuer, &proceeds.currency))?;
    payment.check_funds(context).map_err(|fault| match fault {
        // What the bank has is not for the seller to read.
        PaymentFault::NotEnough { holder, .. } => {
            let message = format!("{holder} has not enough deposits to pay what it quoted");
            reject(RejectionCode::NotEnoughDeposits, message)
        }
        fault => fault.under::<RejectionCode>(),
    })?;

    payment.make_promised(context)?;
    let (claims, loan) = if is_sale(request.technique()) {
        let liabilities = liabilities(&terms, &price.parts_minor);
        let buyer = |at: usize| Taker::Buyer(&award.bank, liabilities[at].clone());
        (pass(context, claims, &price, buyer)?, Vec::new())
    } else {
        let today = context.ledger_date;
        lend(context, &request, claims, (&award.bank, &terms), today)?
    };
    let made = Award { loan, ..made };
    Ok(record(context, request, made, claims)?)
}

/// Whether so much meets what the seller asked for.
pub(super) fn check_condition(request: &Request, minor: u64) -> Result<(), Failure> {
    let asked_minor = request.amount.as_ref().map_or(0, |amount| amount.minor);
    if (request.all_or_none && minor != asked_minor) || minor < request.minimum_minor {
        let message = "the request asks for all of its amount or none, or for more at least";
        return Err(reject(RejectionCode::ConditionNotMet, message));
    }
    Ok(())
}

/// After the deadline, once nobody may reveal any more, up to the last day.
pub(super) fn check_time(context: &Context<'_>, request: &Request) -> Result<(), Failure> {
    let today = context.ledger_date;
    let (deadline, until) = clocks::reveal_window(context, request)?;
    let all_revealed = usize::try_from(request.revealed) == Ok(request.quoting.len());
    if today <= deadline || (today <= until && !all_revealed) {
        let message = format!(
            "the award comes after {deadline}, once all quotes are revealed, and without waiting after {until}"
        );
        return Err(reject(RejectionCode::TooEarly, message));
    }
    let last = clocks::last_day(context, request)?;
    if today > last {
        let message = format!("the last day for the award was {last}");
        return Err(reject(RejectionCode::RequestExpired, message));
    }
    Ok(())
}

pub(super) fn find_quote(
    context: &Context<'_>,
    request: &Request,
    bank: &str,
) -> Result<Quote, Failure> {
    let quotes = request.quoting.iter().any(|quoting| quoting == bank);
    let quote = if quotes {
        quote(&context.store, &request.id, bank)?
    } else {
        None
    };
    let revealed = quote.filter(|quote| quote.state() == QuoteState::Revealed);
    let quote = revealed.ok_or_else(|| {
        let message = format!("{bank:?} has revealed no quote here");
        reject(RejectionCode::NoQuote, message)
    })?;
    let terms = quote.terms.as_ref();
    let expires_on = terms.and_then(|terms| terms.expires_on);
    let last = clocks::quote_last_day(context, request, bank, expires_on)?;
    if context.ledger_date > last {
        let message = format!("the quote's last day was {last}");
        return Err(reject(RejectionCode::QuoteExpired, message));
    }
    Ok(quote)
}

pub(super) fn locked_claims(
    context: &Context<'_>,
    request: &Request,
) -> Result<Vec<Claim>, StateError> {
    let missing = || StateError::corrupt("receivable/claim", "a requested claim is missing");
    let requested = request.claims.iter();
    requested
        .map(|c| receivables::claim(&context.store, &c.receivable, c.number)?.ok_or_else(missing))
        .collect()
}

/// Claims that the debtor is paying over the external rail, or that are frozen, stay with their controllers.
pub(super) fn check_not_held(context: &Context<'_>, claims: &[Claim]) -> Result<(), Failure> {
    for claim in claims {
        receivables::check_not_held(&receivables::receivable_of(&context.store, claim)?)
            .and_then(|()| receivables::check_free(context, claim))
            .map_err(|fault| fault.under::<RejectionCode>())?;
    }
    Ok(())
}

/// Checks that the receivables have room for what a sale at these prices makes of their claims: one of which several
/// have parts becomes as many.
pub(super) fn check_room(
    context: &Context<'_>,
    claims: &[Claim],
    prices: &[&Price],
) -> Result<(), Failure> {
    let mut more: BTreeMap<&[u8], usize> = BTreeMap::new();
    for (at, claim) in claims.iter().enumerate() {
        // A loan takes no parts.
        let taken = prices.iter().filter_map(|price| price.parts_minor.get(at));
        let takers = taken.clone().filter(|minor| **minor > 0).count();
        let kept = usize::from(taken.sum::<u64>() < claim.outstanding_minor);
        *more.entry(&claim.receivable).or_default() += (takers + kept).saturating_sub(1);
    }
    for (receivable, more) in more.into_iter().filter(|(_, more)| *more > 0) {
        let receivable = receivables::receivable(&context.store, receivable)?.unwrap_or_default();
        let full = receivable.live_claims.len() + more > MAX_LIVE_CLAIMS;
        if full || receivable.claim_count > MAX_CLAIMS {
            let message = format!("a receivable has at most {MAX_LIVE_CLAIMS} live claims");
            return Err(reject(RejectionCode::TooManyClaims, message));
        }
    }
    Ok(())
}

/// Passes the sold parts on, and frees the rest; of a loan, which takes none, all of it. Returns the claims that were passed on.
fn pass<'t>(
    context: &mut Context<'_>,
    claims: Vec<Claim>,
    price: &Price,
    by: impl Fn(usize) -> Taker<'t>,
) -> Result<Vec<ClaimReference>, StateError> {
    let mut passed = Vec::with_capacity(claims.len());
    for (at, claim) in claims.into_iter().enumerate() {
        let receivable = claim.receivable.clone();
        // A loan takes no parts.
        let minor = price.parts_minor.get(at).copied();
        let minor = minor.unwrap_or(claim.outstanding_minor);
        let by = by(at);
        let taken = Taken { minor, by };
        let parts = match minor {
            0 => &[],
            _ => slice::from_ref(&taken),
        };
        for number in receivables::sell(context, claim, parts)? {
            let receivable = receivable.clone();
            passed.push(ClaimReference { receivable, number });
        }
    }
    Ok(passed)
}

/// Opens a loan on the claims from a value date on. Returns them, and the loan's id.
pub(super) fn lend(
    context: &mut Context<'_>,
    request: &Request,
    claims: Vec<Claim>,
    (bank, terms): (&str, &QuoteTerms),
    on: Date,
) -> Result<(Vec<ClaimReference>, Vec<u8>), StateError> {
    let corrupt = |problem| StateError::corrupt("financing/request", problem);
    let request_id = RequestId::try_from(request.id.as_slice()).map_err(corrupt)?;
    let id = LoanId::of(request_id).to_vec();
    let mut collateral = Vec::with_capacity(claims.len());
    for claim in claims {
        collateral.push(reference(&claim));
        receivables::pledge(context, claim, &id, bank)?;
    }
    let mut loan = Loan {
        id,
        request: request.id.clone(),
        lender: bank.to_owned(),
        borrower: request.seller.clone(),
        rate_ppm: terms.rate_ppm,
        day_count: terms.day_count,
        due_date: Some(falls_due(request)?.to_proto()),
        collateral: collateral.clone(),
        issuer: terms.issuer.clone(),
        grace_days: terms.loan_grace_days,
        ..begun(terms.amount.clone().unwrap_or_default(), on)
    };
    if terms.schedule() != Schedule::Unspecified {
        loan.schedule = terms.schedule;
    }
    put_loan(&mut context.store, &loan);
    let opened = LoanOpened {
        loan: loan.id.clone(),
        request: loan.request,
        lender: loan.lender,
        borrower: loan.borrower,
        principal: loan.principal,
        rate_ppm: loan.rate_ppm,
        due_date: loan.due_date,
    };
    emit(context, &[bank, &request.seller], Kind::LoanOpened(opened));
    Ok((collateral, loan.id))
}

fn record(
    context: &mut Context<'_>,
    request: Request,
    award: Award,
    claims: Vec<ClaimReference>,
) -> Result<(), StateError> {
    let concerned = [request.seller.clone(), award.bank.clone()];
    let awarded = RequestAwarded {
        request: request.id.clone(),
        seller: request.seller.clone(),
        award: Some(award.clone()),
        claims,
    };
    let [seller, bank] = &concerned;
    emit(context, &[seller, bank], Kind::Awarded(awarded));
    close(context, request, Some(award))
}

/// Ends a request that is awarded: to one bank, or to those whose quotes say so.
pub(super) fn close(
    context: &mut Context<'_>,
    mut request: Request,
    award: Option<Award>,
) -> Result<(), StateError> {
    request.state = RequestState::Awarded.into();
    request.award = award;
    put_request(&mut context.store, &request);
    close_quotes(context, &request)
}
