//! What banks have outstanding with debtors and borrowers, kept in their limits (specification 5.8).
//!
//! Exposures follow records, not actions: after each transaction they are brought up to date from the claims, loans and quotes
//! that it wrote, whichever contract wrote them. So their sums are always those of the records.

use std::collections::{BTreeMap, BTreeSet};

use counterfoil_proto::financing::v1::{
    Limit, Loan, LoanState, Quote, QuoteState, QuoteTerms, Request, Reservation,
};
use counterfoil_proto::receivable::v1::Claim;
use counterfoil_types::dates::Date;

use super::keys::{LIMITS, LOANS, QUOTES, REQUESTS};
use super::pricing::sold;
use super::requests::is_sale;
use crate::kernel::{Context, StateError, Store};
use crate::membership::api as membership;
use crate::receivable::api as receivables;
use crate::supervision::api as supervision;

/// Whose exposure, with whom, in what.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(super) struct Line {
    pub grantor: String,
    pub subject: String,
    pub currency: String,
}

pub(super) fn line(store: &Store<'_>, line: &Line) -> Result<Limit, StateError> {
    let Line {
        grantor,
        subject,
        currency,
    } = line;
    let parts = [grantor.as_bytes(), subject.as_bytes(), currency.as_bytes()];
    let limit = LIMITS.get(store, &parts)?;
    Ok(limit.unwrap_or_else(|| Limit {
        grantor: grantor.clone(),
        subject: subject.clone(),
        currency: currency.clone(),
        ..Limit::default()
    }))
}

pub(super) fn put_line(store: &mut Store<'_>, limit: &Limit) {
    let parts = [
        limit.grantor.as_bytes(),
        limit.subject.as_bytes(),
        limit.currency.as_bytes(),
    ];
    LIMITS.put(store, &parts, limit);
}

/// What counts in a limit beside reservations, of which one record field holds the upper 64 bits.
pub(super) fn used(limit: &Limit) -> u128 {
    (u128::from(limit.used_high) << 64) + u128::from(limit.used_minor)
}

/// What a transaction changes of one line.
#[derive(Default)]
struct Change {
    more: u128,
    less: u128,
    /// Requests whose reservations end.
    ended: BTreeSet<Vec<u8>>,
    reserved: Vec<Reservation>,
}

/// Brings exposures up to date with what a transaction wrote.
pub fn keep(context: &mut Context<'_>) -> Result<(), StateError> {
    let mut changes: BTreeMap<Line, Change> = BTreeMap::new();
    let store = &context.store;
    for (before, now) in receivables::changed_claims(store)? {
        let (before, now) = (counted(before.as_ref()), counted(now.as_ref()));
        // Most changes of a claim leave whose it is: then its bank, if it is one's, is looked up once.
        let line = bought(store, before)?;
        let next = match before.map(of) == now.map(of) {
            true => line.clone(),
            false => bought(store, now)?,
        };
        if let Some((line, claim)) = line.zip(before) {
            changes.entry(line).or_default().less += u128::from(claim.outstanding_minor);
        }
        if let Some((line, claim)) = next.zip(now) {
            changes.entry(line).or_default().more += u128::from(claim.outstanding_minor);
        }
    }
    for (before, now) in LOANS.changes(store)? {
        if let Some((line, minor)) = before.as_ref().and_then(lent) {
            changes.entry(line).or_default().less += u128::from(minor);
        }
        if let Some((line, minor)) = now.as_ref().and_then(lent) {
            changes.entry(line).or_default().more += u128::from(minor);
        }
    }
    for (before, now) in QUOTES.changes(store)? {
        for (line, _) in reserved(store, before.as_ref())? {
            let ended = &mut changes.entry(line).or_default().ended;
            ended.extend(before.iter().map(|quote| quote.request.clone()));
        }
        for (line, reservation) in reserved(store, now.as_ref())? {
            changes.entry(line).or_default().reserved.push(reservation);
        }
    }
    for (at, change) in changes {
        let on = (
            at.grantor.as_str(),
            at.subject.as_str(),
            at.currency.as_str(),
        );
        supervision::move_exposure(&mut context.store, on, change.more, change.less)?;
        let mut limit = line(&context.store, &at)?;
        let used = (used(&limit) + change.more)
            .checked_sub(change.less)
            .ok_or_else(|| StateError::corrupt("financing/limit", "less is used than ends"))?;
        let high = u64::try_from(used >> 64);
        limit.used_high = high.map_err(|e| StateError::corrupt("financing/limit", e))?;
        let low = u64::try_from(used & u128::from(u64::MAX));
        limit.used_minor = low.map_err(|e| StateError::corrupt("financing/limit", e))?;
        limit
            .reserved
            .retain(|r| !change.ended.contains(&r.request));
        limit.reserved.extend(change.reserved);
        limit.reserved.sort_by(|a, b| a.request.cmp(&b.request));
        put_line(&mut context.store, &limit);
    }
    Ok(())
}

/// A claim that is an exposure of what is outstanding, if it is a bank's.
fn counted(claim: Option<&Claim>) -> Option<&Claim> {
    claim.filter(|claim| claim.outstanding_minor > 0 && receivables::pledge_of(claim).is_none())
}

/// Of which receivable a claim is, and whose.
fn of(claim: &Claim) -> (&[u8], &str) {
    (&claim.receivable, &claim.controller)
}

/// Where a claim counts: with a bank that controls it, for its debtor.
fn bought(store: &Store<'_>, claim: Option<&Claim>) -> Result<Option<Line>, StateError> {
    let Some(claim) = claim else {
        return Ok(None);
    };
    if !membership::is_bank(store, &claim.controller)? {
        return Ok(None);
    }
    let receivable = receivables::receivable_of(store, claim)?;
    Ok(Some(Line {
        grantor: claim.controller.clone(),
        currency: receivables::money(&receivable, 0).currency,
        subject: receivable.debtor,
    }))
}

/// The exposure of a loan.
fn lent(loan: &Loan) -> Option<(Line, u64)> {
    let line = Line {
        grantor: loan.lender.clone(),
        subject: loan.borrower.clone(),
        currency: loan.principal.clone().unwrap_or_default().currency,
    };
    (loan.state() != LoanState::Repaid).then_some((line, loan.outstanding_minor))
}

/// What a quote reserves that is revealed, or taken and not yet paid.
fn reserved(
    store: &Store<'_>,
    quote: Option<&Quote>,
) -> Result<Vec<(Line, Reservation)>, StateError> {
    let reserves =
        |quote: &&Quote| matches!(quote.state(), QuoteState::Revealed | QuoteState::Taken);
    let Some(quote) = quote.filter(reserves) else {
        return Ok(Vec::new());
    };
    let mut terms = quote.terms.clone().unwrap_or_default();
    if let Some(award) = &quote.award {
        terms.amount.clone_from(&award.amount);
        terms.expires_on = Some(Date::MAX.to_proto());
    }
    let request = REQUESTS
        .get(store, &[&quote.request])?
        .ok_or_else(|| StateError::corrupt("financing/request", "a quote has none"))?;
    let reserved = quoted(store, &request, &quote.bank, &terms)?.into_iter();
    let reservation = |minor| Reservation {
        request: quote.request.clone(),
        minor,
        expires_on: terms.expires_on,
    };
    Ok(reserved
        .map(|(line, minor)| (line, reservation(minor)))
        .collect())
}

/// What a quote would make a bank's exposures: of a sale with each debtor, of a loan with the seller.
pub(super) fn quoted(
    store: &Store<'_>,
    request: &Request,
    bank: &str,
    terms: &QuoteTerms,
) -> Result<BTreeMap<Line, u64>, StateError> {
    let amount = terms.amount.clone().unwrap_or_default();
    if !is_sale(request.technique()) {
        let line = Line {
            grantor: bank.to_owned(),
            subject: request.seller.clone(),
            currency: amount.currency,
        };
        return Ok(BTreeMap::from([(line, amount.minor)]));
    }
    with_debtors(store, request, bank, &sold(request, amount.minor))
}

/// What parts of a request's claims would be as a bank's exposures with each debtor.
pub(super) fn with_debtors(
    store: &Store<'_>,
    request: &Request,
    bank: &str,
    parts: &[u64],
) -> Result<BTreeMap<Line, u64>, StateError> {
    let currency = request.amount.clone().unwrap_or_default().currency;
    let mut sums = BTreeMap::new();
    for (claim, part) in request.claims.iter().zip(parts) {
        let receivable = receivables::receivable(store, &claim.receivable)?
            .ok_or_else(|| StateError::corrupt("receivable/receivable", "a claim has none"))?;
        // Parts of one amount, which is at most 10^18.
        let line = Line {
            grantor: bank.to_owned(),
            subject: receivable.debtor,
            currency: currency.clone(),
        };
        *sums.entry(line).or_default() += part;
    }
    sums.retain(|_, minor| *minor > 0);
    Ok(sums)
}
