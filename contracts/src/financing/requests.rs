//! Putting claims to the banks, and how a request ends without an award (specification 5.1).

use std::collections::BTreeSet;

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    CancelRequest, ClaimReference, ExpireRequest, OpenRequest, QuoteClosed, QuoteState,
    RejectionCode, Request, RequestClosed, RequestOpened, RequestState, RequestedClaim, Technique,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::{Claim, Lock, Rank, Receivable, Recourse};
use counterfoil_types::dates::Date;
use counterfoil_types::ids::RequestId;
use counterfoil_types::limits::{
    MAX_INVITED, MAX_MINOR, MAX_REQUEST_CLAIMS, MAX_REQUEST_DAYS, REVEAL_WINDOW_DAYS,
};

use super::clocks;
use super::events::emit;
use super::keys::{REQUESTS, find_request, put_quote, put_request, quote};
use super::policy;
use crate::kernel::{Context, Failure, StateError, check_known, reject, stored_date};
use crate::membership::api as membership;
use crate::receivable::api::{self as receivables, Liability};

pub(super) fn open(context: &mut Context<'_>, open: OpenRequest) -> Result<(), Failure> {
    check_known::<Technique>(open.technique, "technique")?;
    check_known::<Recourse>(open.recourse, "recourse")?;
    if !membership::has_role(&context.caller, Role::Supplier) {
        let message = "only a supplier asks for finance on its claims";
        return Err(reject(RejectionCode::WrongRole, message));
    }
    let claims = find_claims(context, &open.claims)?;
    let last = check_dates(context, &open)?;
    let requested = describe(&claims, last)?;
    check_terms(context, &open, &claims, &requested)?;
    let debtors: BTreeSet<&String> = claims.iter().map(|(_, r)| &r.debtor).collect();
    let debtors: Vec<String> = debtors.into_iter().cloned().collect();
    check_banks(context, &open.invited, &debtors)?;
    if !open.arbiter.is_empty()
        && membership::organization(&context.store, &open.arbiter)?.is_none()
    {
        let message = format!("the arbiter {:?} is not an organization", open.arbiter);
        return Err(reject(RejectionCode::UnknownArbiter, message));
    }
    policy::check_opening(context, &claims, &debtors)?;

    let id = RequestId::of(context.tx_id).to_vec();
    let lock = Lock {
        request: id.clone(),
        payment: Vec::new(),
    };
    for (claim, _) in claims {
        receivables::lock(&mut context.store, claim, &lock);
    }
    let request = Request {
        id,
        seller: context.caller.id.clone(),
        claims: requested,
        technique: open.technique,
        amount: open.amount,
        recourse: open.recourse,
        opened_on: Some(context.ledger_date.to_proto()),
        deadline: open.deadline,
        expires_on: open.expires_on,
        invited: open.invited,
        debtors,
        state: RequestState::Open.into(),
        quoting: Vec::new(),
        revealed: 0,
        award: None,
        all_or_none: open.all_or_none,
        minimum_minor: open.minimum_minor,
        arbiter: open.arbiter,
        recourse_limit: open.recourse_limit,
    };
    put_request(&mut context.store, &request);
    let opened = RequestOpened {
        request: request.id.clone(),
        seller: request.seller.clone(),
        technique: request.technique,
        amount: request.amount.clone(),
        deadline: request.deadline,
        expires_on: request.expires_on,
    };
    let invited = request.invited.iter().map(String::as_str);
    let concerned: Vec<&str> = invited.chain([request.seller.as_str()]).collect();
    emit(context, &concerned, Kind::Opened(opened));
    Ok(())
}

fn find_claims(
    context: &Context<'_>,
    references: &[ClaimReference],
) -> Result<Vec<(Claim, Receivable)>, Failure> {
    let ascend = |a: &ClaimReference, b: &ClaimReference| {
        (&a.receivable, a.number) < (&b.receivable, b.number)
    };
    if !(1..=MAX_REQUEST_CLAIMS).contains(&references.len()) || !references.is_sorted_by(ascend) {
        let message = format!("name 1 to {MAX_REQUEST_CLAIMS} claims in ascending order");
        return Err(reject(RejectionCode::InvalidClaims, message));
    }
    let mut claims = Vec::with_capacity(references.len());
    for reference in references {
        claims.push(find_claim(context, reference)?);
    }
    Ok(claims)
}

pub(super) fn find_claim(
    context: &Context<'_>,
    reference: &ClaimReference,
) -> Result<(Claim, Receivable), Failure> {
    let (claim, receivable) =
        receivables::find_free(context, &reference.receivable, reference.number)
            .map_err(|fault| fault.under::<RejectionCode>())?;
    if !receivables::is_assignable(&receivable) {
        let message = "the invoice's terms forbid transfers and pledges";
        return Err(reject(RejectionCode::NotAssignable, message));
    }
    Ok((claim, receivable))
}

/// The last day.
fn check_dates(context: &Context<'_>, open: &OpenRequest) -> Result<Date, Failure> {
    let invalid = |message: String| reject(RejectionCode::InvalidDate, message);
    let read = |name: &str, date: Option<counterfoil_proto::v1::Date>| {
        Date::try_from(&date.unwrap_or_default()).map_err(|e| invalid(format!("{name}: {e}")))
    };
    let deadline = read("deadline", open.deadline)?;
    let last = read("last day", open.expires_on)?;
    let today = context.ledger_date;
    if !(0..=MAX_REQUEST_DAYS).contains(&today.days_until(deadline)) {
        let message = format!("the deadline is {today} or up to {MAX_REQUEST_DAYS} days later");
        return Err(invalid(message));
    }
    // Whoever does not reveal leaves a day for the award.
    let first = REVEAL_WINDOW_DAYS + 1;
    if !(first..=MAX_REQUEST_DAYS).contains(&deadline.days_until(last)) {
        let message =
            format!("the last day is {first} to {MAX_REQUEST_DAYS} days after {deadline}");
        return Err(invalid(message));
    }
    Ok(last)
}

/// The claims as the request keeps them. Each falls due after the request's last day.
fn describe(claims: &[(Claim, Receivable)], last: Date) -> Result<Vec<RequestedClaim>, Failure> {
    let mut requested = Vec::with_capacity(claims.len());
    for (claim, receivable) in claims {
        let due = stored_date("receivable/receivable", receivable.adjusted_due_date)?;
        if due <= last {
            let message = format!(
                "claim {} falls due on {due}, not after {last}",
                claim.number
            );
            return Err(reject(RejectionCode::DueTooSoon, message));
        }
        requested.push(RequestedClaim {
            receivable: claim.receivable.clone(),
            number: claim.number,
            outstanding_minor: claim.outstanding_minor,
            rank: claim.rank,
            adjusted_due_date: receivable.adjusted_due_date,
        });
    }
    Ok(requested)
}

/// Currency, technique, recourse, amount, conditions.
fn check_terms(
    context: &Context<'_>,
    open: &OpenRequest,
    claims: &[(Claim, Receivable)],
    requested: &[RequestedClaim],
) -> Result<(), Failure> {
    let amount = open.amount.clone().unwrap_or_default();
    let is_other = |r: &Receivable| receivables::money(r, 0).currency != amount.currency;
    if claims.iter().any(|(_, receivable)| is_other(receivable)) {
        let message = format!("a claim is not in {:?}", amount.currency);
        return Err(reject(RejectionCode::WrongCurrency, message));
    }
    if open.technique() == Technique::Unspecified {
        let message = "say the technique";
        return Err(reject(RejectionCode::InvalidTechnique, message));
    }
    let liability = Liability::new(open.recourse(), open.recourse_limit);
    if let Some(problem) = recourse_problem(context, open.technique(), requested, &liability)? {
        return Err(reject(RejectionCode::InvalidTechnique, problem));
    }
    if let Some(problem) = amount_problem(open.technique(), amount.minor, requested) {
        return Err(reject(RejectionCode::InvalidAmount, problem));
    }
    let conditional = open.all_or_none || open.minimum_minor > 0;
    if (conditional && !is_sale(open.technique()))
        || (open.all_or_none && open.minimum_minor > 0)
        || open.minimum_minor > amount.minor
    {
        let message = "of a sale ask for all or none, or for a minimum of at most the amount";
        return Err(reject(RejectionCode::InvalidCondition, message));
    }
    Ok(())
}

/// What is wrong with the recourse of a sale or loan, in words; `None` where nothing is.
pub(super) fn recourse_problem(
    context: &Context<'_>,
    technique: Technique,
    claims: &[RequestedClaim],
    liability: &Liability,
) -> Result<Option<String>, StateError> {
    if !is_sale(technique) && *liability != Liability::none() {
        return Ok(Some("a loan is owed anyway: say no recourse".into()));
    }
    let find = |claim: &RequestedClaim| {
        receivables::claim(&context.store, &claim.receivable, claim.number)
    };
    let claims: Vec<_> = claims.iter().map(find).collect::<Result<_, _>>()?;
    liability.problem_for(context, claims.iter().flatten())
}

/// What is wrong with an amount to be sold or lent on claims, in words; `None` where nothing is.
pub(super) fn amount_problem(
    technique: Technique,
    minor: u64,
    claims: &[RequestedClaim],
) -> Option<String> {
    let outstanding = outstanding(claims);
    if minor == 0 || minor > MAX_MINOR || u128::from(minor) > outstanding {
        return Some(format!(
            "the amount is from 1 to {outstanding} minor units, and at most 10^18"
        ));
    }
    let in_part = u128::from(minor) < outstanding && is_sale(technique);
    if in_part && claims.iter().any(|claim| claim.rank() != Rank::Senior) {
        return Some("only the whole of a retained claim is sold".into());
    }
    None
}

fn outstanding(claims: &[RequestedClaim]) -> u128 {
    let outstanding = claims.iter().map(|claim| claim.outstanding_minor);
    outstanding.map(u128::from).sum()
}

pub(super) fn is_sale(technique: Technique) -> bool {
    technique != Technique::LoanAgainstReceivables
}

/// Checks a list of banks that may quote: none of them is the caller, or one of these.
pub(super) fn check_banks(
    context: &Context<'_>,
    invited: &[String],
    others: &[String],
) -> Result<(), Failure> {
    let invalid = |message: String| Err(reject(RejectionCode::InvalidInvitation, message));
    if invited.len() > MAX_INVITED || !invited.is_sorted_by(|a, b| a < b) {
        return invalid(format!(
            "invite at most {MAX_INVITED} banks, in ascending order"
        ));
    }
    for bank in invited {
        if *bank == context.caller.id || others.contains(bank) {
            return invalid(format!("{bank} is the caller or a debtor of the claims"));
        }
        if !membership::is_in_role(&context.store, bank, Role::Bank)? {
            return invalid(format!("{bank:?} is not a bank on this ledger"));
        }
    }
    Ok(())
}

pub(super) fn cancel(context: &mut Context<'_>, cancel: &CancelRequest) -> Result<(), Failure> {
    let request = find_request(&context.store, &cancel.request)?;
    check_seller(context, &request)?;
    check_open(&request)?;

    Ok(end(context, request, RequestState::Cancelled)?)
}

pub(super) fn expire(context: &mut Context<'_>, expire: &ExpireRequest) -> Result<(), Failure> {
    let request = find_request(&context.store, &expire.request)?;
    let caller = &context.caller.id;
    if *caller != request.seller && !request.quoting.contains(caller) {
        let message = "only its seller and the banks that quoted end a request";
        return Err(reject(RejectionCode::NotAParty, message));
    }
    check_open(&request)?;
    let last = clocks::last_day(context, &request)?;
    if context.ledger_date <= last {
        let message = format!("the request may be awarded until the end of {last}");
        return Err(reject(RejectionCode::RequestNotExpired, message));
    }

    Ok(end(context, request, RequestState::Expired)?)
}

pub(super) fn check_seller(context: &Context<'_>, request: &Request) -> Result<(), Failure> {
    if request.seller == context.caller.id {
        return Ok(());
    }
    let message = "this is for the request's seller";
    Err(reject(RejectionCode::NotTheSeller, message))
}

pub(super) fn check_open(request: &Request) -> Result<(), Failure> {
    if request.state() == RequestState::Open {
        return Ok(());
    }
    let state = request.state().as_str_name();
    let state = state.strip_prefix("REQUEST_STATE_").unwrap_or(state);
    let message = format!("the request has ended: {state}");
    Err(reject(RejectionCode::RequestClosed, message))
}

/// Ends a request without an award, and frees its claims.
pub(super) fn end(
    context: &mut Context<'_>,
    mut request: Request,
    state: RequestState,
) -> Result<(), StateError> {
    for requested in &request.claims {
        let RequestedClaim {
            receivable, number, ..
        } = requested;
        let claim = receivables::claim(&context.store, receivable, *number)?;
        // A claim that was paid in full is no longer locked.
        let locked = claim.filter(|claim| receivables::lock_of(claim).is_some());
        if let Some(claim) = locked {
            receivables::unlock(&mut context.store, claim);
        }
    }
    request.state = state.into();
    put_request(&mut context.store, &request);
    let closed = RequestClosed {
        request: request.id.clone(),
        seller: request.seller.clone(),
        state: state.into(),
    };
    emit(context, &[&request.seller], Kind::Closed(closed));
    close_quotes(context, &request)
}

/// The deadline, and the last day on which quotes are revealed, as they were agreed: freezes move them.
pub(super) fn agreed_window(request: &Request) -> Result<(Date, Date), StateError> {
    let deadline = stored_date("financing/request", request.deadline)?;
    // A deadline at the end of the calendar leaves no day to reveal.
    Ok((
        deadline,
        deadline.add_days(REVEAL_WINDOW_DAYS).unwrap_or(Date::MAX),
    ))
}

/// Gives every quote of a request that has ended its own end, and tells each bank, and the seller, of that bank's
/// alone: competitors do not learn of each other who quoted, nor who failed to reveal.
pub(super) fn close_quotes(context: &mut Context<'_>, request: &Request) -> Result<(), StateError> {
    let (_, until) = clocks::reveal_window(context, request)?;
    let over = context.ledger_date > until;
    let awarded = request.award.as_ref().map(|award| &award.bank);
    for bank in &request.quoting {
        let mut quote = quote(&context.store, &request.id, bank)?
            .ok_or_else(|| StateError::corrupt("financing/quote", "a commitment is missing"))?;
        let state = match quote.state() {
            // It has its end already, as part of an award.
            QuoteState::Awarded | QuoteState::Failed | QuoteState::Taken => continue,
            _ if awarded == Some(bank) => QuoteState::Awarded,
            QuoteState::Committed if over => QuoteState::Missed,
            _ => QuoteState::Declined,
        };
        quote.state = state.into();
        put_quote(&mut context.store, &quote);
        if state != QuoteState::Awarded {
            let closed = QuoteClosed {
                request: quote.request,
                bank: quote.bank,
                state: state.into(),
            };
            let concerned = [request.seller.as_str(), bank];
            emit(context, &concerned, Kind::QuoteClosed(closed));
        }
    }
    Ok(())
}

/// Ends the open request that locked a claim of which the debtor has paid something.
pub(super) fn overtake(context: &mut Context<'_>, id: &[u8]) -> Result<(), StateError> {
    let request = REQUESTS.get(&context.store, &[id])?;
    let request = request
        .ok_or_else(|| StateError::corrupt("financing/request", "a lock's request is missing"))?;
    end(context, request, RequestState::Overtaken)
}
