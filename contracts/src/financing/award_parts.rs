//! Several banks fund one sale: each gets its part of the claims for its cash (specification 5.4).

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    Award, AwardParts, ClaimReference, Quote, QuoteFailed, QuoteState, QuoteTerms, RejectionCode,
    Request, RequestAwarded,
};
use counterfoil_proto::receivable::v1::{Claim, Lock};
use counterfoil_proto::v1::Money;
use counterfoil_types::dates::Date;
use counterfoil_types::limits::MAX_AWARD_PARTS;
use counterfoil_types::shares::pro_rata;

use super::awards::{
    check_condition, check_not_held, check_room, check_time, close, find_quote, locked_claims,
};
use super::clocks;
use super::events::emit;
use super::exposures::with_debtors;
use super::keys::{REQUESTS, find_request, put_quote};
use super::outside;
use super::policy;
use super::pricing::{Price, liabilities, price_of_parts};
use super::requests::{amount_problem, check_open, check_seller, is_sale};
use crate::cash::api::{self as cash, Payment, PaymentFault};
use crate::kernel::{Context, Failure, StateError, Store, reject};
use crate::receivable::api::{self as receivables, Liability, Taken, Taker};

/// How a part is paid.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Paid {
    InDeposits,
    /// Over the external rail, on a day to come.
    Outside,
    /// Its bank lacks the deposits.
    Not,
}

/// A bank's part of the award.
struct Part {
    quote: Quote,
    terms: QuoteTerms,
    price: Price,
    amount_minor: u64,
    paid: Paid,
    /// What its claims stay locked for, where it is paid over the external rail.
    lock: Lock,
    /// What became of it.
    claims: Vec<ClaimReference>,
}

pub(super) fn award(context: &mut Context<'_>, award: &AwardParts) -> Result<(), Failure> {
    let request = find_request(&context.store, &award.request)?;
    check_seller(context, &request)?;
    check_open(&request)?;
    check_time(context, &request)?;
    let sum_minor = check_parts(&request, award)?;
    let quotes = find_quotes(context, &request, award)?;
    check_condition(&request, sum_minor)?;
    let terms: Vec<&QuoteTerms> = quotes.iter().filter_map(|q| q.terms.as_ref()).collect();
    let pay_on = outside::check_day(context, &request, &terms, award.pay_on)?;
    let mut parts = priced(context, &request, award, (quotes, pay_on))?;
    let claims = locked_claims(context, &request)?;
    check_not_held(context, &claims)?;
    let prices: Vec<&Price> = parts.iter().map(|part| &part.price).collect();
    check_room(context, &claims, &prices)?;
    check_parts_free(context, &request, &parts)?;
    check_policy(context, &request, &claims, &parts)?;
    let mut confirmers = BTreeMap::new();
    for part in parts.iter().filter(|part| part.paid == Paid::Outside) {
        let confirmer = outside::confirmer(context, &request, &part.quote)?;
        confirmers.insert(part.quote.bank.clone(), confirmer);
    }
    check_funds(context, &request, &mut parts)?;

    for part in &mut parts {
        let proceeds = proceeds(&request, part);
        match part.paid {
            Paid::InDeposits => {
                let legs = BTreeMap::from([(request.seller.clone(), proceeds.minor)]);
                payment(part, &proceeds, &legs).make_promised(context)?;
            }
            Paid::Outside => {
                let confirmer = confirmers.remove(&part.quote.bank).unwrap_or_default();
                let paid = (proceeds, pay_on);
                part.lock = outside::instruct(context, &request, &part.quote, paid, confirmer)?;
            }
            Paid::Not => {}
        }
    }
    pass(context, claims, &mut parts)?;
    Ok(record(context, request, parts)?)
}

/// No bank, nor the deposits it pays with, is frozen.
fn check_parts_free(
    context: &Context<'_>,
    request: &Request,
    parts: &[Part],
) -> Result<(), Failure> {
    for part in parts {
        let bank = &part.quote.bank;
        let currency = proceeds(request, part).currency;
        clocks::check_free(context, request, bank)?;
        if part.paid != Paid::Outside {
            cash::check_free(context, bank, (&part.terms.issuer, &currency))?;
        }
    }
    Ok(())
}

fn check_policy(
    context: &Context<'_>,
    request: &Request,
    claims: &[Claim],
    parts: &[Part],
) -> Result<(), Failure> {
    let mut lines = BTreeMap::new();
    let mut quotes = Vec::with_capacity(parts.len());
    for part in parts {
        let bank = &part.quote.bank;
        let sums = with_debtors(&context.store, request, bank, &part.price.parts_minor)?;
        lines.extend(sums);
        quotes.push((bank.as_str(), &part.terms));
    }
    policy::check_funding(context, request, (claims, &quotes), &lines)
}

/// What an award comes to, in the request's currency.
pub(super) fn amount(store: &Store<'_>, award: &AwardParts) -> Result<Option<Money>, StateError> {
    let request = REQUESTS.get(store, &[&award.request])?;
    let asked = request.and_then(|request| request.amount);
    Ok(asked
        .zip(sum_minor(award))
        .map(|(asked, minor)| Money { minor, ..asked }))
}

/// `None` where it is more than 64 bits hold.
fn sum_minor(award: &AwardParts) -> Option<u64> {
    let mut parts = award.parts.iter();
    parts.try_fold(0u64, |sum, part| sum.checked_add(part.amount_minor))
}

/// Checks the parts for themselves, and returns what they come to.
fn check_parts(request: &Request, award: &AwardParts) -> Result<u64, Failure> {
    let parts = &award.parts;
    let fits = is_sale(request.technique())
        && (2..=MAX_AWARD_PARTS).contains(&parts.len())
        && parts.is_sorted_by(|a, b| a.bank < b.bank)
        && parts.iter().all(|part| part.amount_minor > 0);
    let is_amount =
        |sum: &u64| amount_problem(request.technique(), *sum, &request.claims).is_none();
    if let Some(sum) = sum_minor(award).filter(is_amount)
        && fits
    {
        return Ok(sum);
    }
    let message = format!(
        "take 2 to {MAX_AWARD_PARTS} parts of a sale, ascending by bank, in all what is outstanding at most, and less only of senior claims"
    );
    Err(reject(RejectionCode::InvalidAward, message))
}

fn find_quotes(
    context: &Context<'_>,
    request: &Request,
    award: &AwardParts,
) -> Result<Vec<Quote>, Failure> {
    let mut quotes = Vec::with_capacity(award.parts.len());
    for part in &award.parts {
        let quote = find_quote(context, request, &part.bank)?;
        let terms = quote.terms.clone().unwrap_or_default();
        let whole = terms.amount.as_ref().map_or(0, |amount| amount.minor);
        let smallest = match terms.smallest_part_minor {
            0 => whole,
            smallest => smallest,
        };
        if !(smallest..=whole).contains(&part.amount_minor) {
            let message = format!(
                "the quote of {} is taken in amounts from {smallest} to {whole}",
                part.bank
            );
            return Err(reject(RejectionCode::PartNotOffered, message));
        }
        quotes.push(quote);
    }
    Ok(quotes)
}

/// The parts with what they take of each claim: bank by bank pro rata to what is left of it.
fn priced(
    context: &Context<'_>,
    request: &Request,
    award: &AwardParts,
    (quotes, pay_on): (Vec<Quote>, Date),
) -> Result<Vec<Part>, Failure> {
    let left = request.claims.iter().map(|claim| claim.outstanding_minor);
    let mut left: Vec<u64> = left.collect();
    let mut parts = Vec::with_capacity(quotes.len());
    for (quote, part) in quotes.into_iter().zip(&award.parts) {
        let taken = pro_rata(part.amount_minor, &left);
        // No share is more than its weight, as the amount is at most their sum.
        for (left, taken) in left.iter_mut().zip(&taken) {
            *left -= taken;
        }
        let terms = quote.terms.clone().unwrap_or_default();
        let on = outside::value_date(context, &terms, pay_on);
        let price = price_of_parts(request, &terms, &taken, on)?;
        let price = price.ok_or_else(|| {
            let message = format!("cost and fees of {} leave the seller nothing", part.bank);
            reject(RejectionCode::NetNotPositive, message)
        })?;
        parts.push(Part {
            paid: match outside::is_outside(&terms) {
                true => Paid::Outside,
                false => Paid::Not,
            },
            quote,
            terms,
            price,
            amount_minor: part.amount_minor,
            lock: Lock::default(),
            claims: Vec::new(),
        });
    }
    Ok(parts)
}

fn proceeds(request: &Request, part: &Part) -> Money {
    Money {
        minor: part.price.proceeds_minor,
        currency: request.amount.clone().unwrap_or_default().currency,
    }
}

fn payment<'p>(
    part: &'p Part,
    proceeds: &'p Money,
    legs: &'p BTreeMap<String, u64>,
) -> Payment<'p> {
    Payment {
        issuer: &part.terms.issuer,
        payer: &part.quote.bank,
        instructed: proceeds,
        legs,
        end_to_end_id: &part.terms.end_to_end_id,
    }
}

/// Finds out which banks can pay, and whether those that can suffice.
fn check_funds(
    context: &Context<'_>,
    request: &Request,
    parts: &mut [Part],
) -> Result<(), Failure> {
    let mut paid_minor = 0;
    // What the seller would have of each bank's deposits in all, as it may take only so much of them.
    let mut received: BTreeMap<String, u64> = BTreeMap::new();
    for part in parts.iter_mut() {
        if part.paid == Paid::Outside {
            paid_minor += part.amount_minor;
            continue;
        }
        let proceeds = proceeds(request, part);
        let before = received
            .get(&part.terms.issuer)
            .copied()
            .unwrap_or_default();
        // Proceeds of one amount, which is at most 10^18.
        let all_minor = before + proceeds.minor;
        let legs = BTreeMap::from([(request.seller.clone(), all_minor)]);
        part.paid = match payment(part, &proceeds, &legs).check_funds(context) {
            Ok(()) => Paid::InDeposits,
            Err(PaymentFault::NotEnough { .. } | PaymentFault::IssuedTooMuch(_)) => Paid::Not,
            Err(fault) => return Err(fault.under::<RejectionCode>()),
        };
        if part.paid == Paid::InDeposits {
            paid_minor += part.amount_minor;
            received.insert(part.terms.issuer.clone(), all_minor);
        }
    }
    let all = parts.iter().all(|part| part.paid != Paid::Not);
    if paid_minor == 0 || (request.all_or_none && !all) || paid_minor < request.minimum_minor {
        // What a bank has is not for the seller to read; that it fails is.
        let failing = parts.iter().filter(|part| part.paid == Paid::Not);
        let failing: Vec<&str> = failing.map(|part| &*part.quote.bank).collect();
        let message = format!(
            "{} cannot pay what was quoted, and the rest is not what the request asks for",
            failing.join(", ")
        );
        return Err(reject(RejectionCode::NotEnoughDeposits, message));
    }
    Ok(())
}

/// Divides the claims: what is paid for passes to its bank, the rest is the seller's.
fn pass(
    context: &mut Context<'_>,
    claims: Vec<Claim>,
    parts: &mut [Part],
) -> Result<(), StateError> {
    let undertaken = parts
        .iter()
        .map(|part| liabilities(&part.terms, &part.price.parts_minor));
    let undertaken: Vec<Vec<Liability>> = undertaken.collect();
    for (at, claim) in claims.into_iter().enumerate() {
        let receivable = claim.receivable.clone();
        let takers: Vec<usize> = (0..parts.len())
            .filter(|n| parts[*n].price.parts_minor[at] > 0)
            .collect();
        let taken = takers.iter().map(|n| (&parts[*n], &undertaken[*n][at]));
        let taken = taken.map(|(part, liability)| Taken {
            minor: part.price.parts_minor[at],
            by: match part.paid {
                Paid::InDeposits => Taker::Buyer(&part.quote.bank, liability.clone()),
                Paid::Outside => Taker::Awaiting(&part.lock),
                Paid::Not => Taker::Seller,
            },
        });
        let taken: Vec<Taken<'_>> = taken.collect();
        let numbers = receivables::sell(context, claim, &taken)?;
        for (n, number) in takers.into_iter().zip(numbers) {
            let receivable = receivable.clone();
            parts[n].claims.push(ClaimReference { receivable, number });
        }
    }
    Ok(())
}

fn record(context: &mut Context<'_>, request: Request, parts: Vec<Part>) -> Result<(), StateError> {
    let mut failed = Vec::new();
    for part in parts {
        let proceeds = proceeds(&request, &part);
        let award = Award {
            bank: part.quote.bank.clone(),
            amount: Some(Money {
                minor: part.amount_minor,
                ..proceeds.clone()
            }),
            cost_minor: part.price.cost_minor,
            fees_minor: part.price.fees_minor,
            proceeds_minor: part.price.proceeds_minor,
            annual_cost_ppm: part.price.annual_cost_ppm,
            awarded_on: Some(context.ledger_date.to_proto()),
            loan: Vec::new(),
        };
        let state = match part.paid {
            Paid::Outside => {
                let waiting = (part.lock.payment, part.claims);
                outside::take(context, &request, part.quote, award, waiting);
                continue;
            }
            Paid::InDeposits => QuoteState::Awarded,
            Paid::Not => QuoteState::Failed,
        };
        let quote = Quote {
            state: state.into(),
            award: Some(award.clone()),
            ..part.quote
        };
        put_quote(&mut context.store, &quote);
        if part.paid == Paid::InDeposits {
            let awarded = RequestAwarded {
                request: request.id.clone(),
                seller: request.seller.clone(),
                award: Some(award),
                claims: part.claims,
            };
            let concerned = [request.seller.as_str(), &quote.bank];
            emit(context, &concerned, Kind::Awarded(awarded));
        } else {
            failed.push((quote.bank, proceeds));
        }
    }
    for (bank, proceeds) in failed {
        let told = QuoteFailed {
            request: request.id.clone(),
            bank: bank.clone(),
            proceeds: Some(proceeds),
        };
        let concerned = [request.seller.as_str(), &bank];
        emit(context, &concerned, Kind::QuoteFailed(told));
    }
    close(context, request, None)
}
