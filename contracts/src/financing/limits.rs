//! How much a bank may have outstanding with a debtor or borrower (specification 5.8).

use counterfoil_proto::financing::v1::event::Event as Kind;
use counterfoil_proto::financing::v1::{
    Limit, LimitSet, QuoteTerms, RejectionCode, Request, Reservation, SetLimit,
};
use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::v1::Money;
use counterfoil_types::limits::{MAX_MINOR, MAX_RESERVATIONS};

use super::clocks::quote_last_day;
use super::events::emit;
use super::exposures::{Line, line, put_line, quoted, used};
use super::keys::REQUESTS;
use crate::kernel::{Context, Failure, StateError, reject, stored_date};
use crate::membership::api as membership;

pub(super) fn set(context: &mut Context<'_>, set: SetLimit) -> Result<(), Failure> {
    let grantor = context.caller.id.clone();
    if !membership::has_role(&context.caller, Role::Bank) {
        return Err(reject(RejectionCode::WrongRole, "only a bank sets a limit"));
    }
    let subject = membership::organization(&context.store, &set.subject)?;
    let borrows = subject.is_some_and(|subject| {
        membership::has_role(&subject, Role::CoreEnterprise)
            || membership::has_role(&subject, Role::Supplier)
    });
    if !borrows || set.subject == grantor {
        let message = format!(
            "{:?} is no core enterprise or supplier, or is the bank itself",
            set.subject
        );
        return Err(reject(RejectionCode::InvalidSubject, message));
    }
    let cap = set.cap.clone().unwrap_or_default();
    if context.rules.genesis.currency(&cap.currency).is_none() {
        let message = format!("{:?} is not a currency of this ledger", cap.currency);
        return Err(reject(RejectionCode::WrongCurrency, message));
    }
    if cap.minor > MAX_MINOR {
        let message = "a limit is at most 10^18 minor units";
        return Err(reject(RejectionCode::InvalidAmount, message));
    }

    let mut limit = line(
        &context.store,
        &Line {
            grantor: grantor.clone(),
            subject: set.subject.clone(),
            currency: cap.currency.clone(),
        },
    )?;
    limit.cap_minor = Some(cap.minor);
    put_line(&mut context.store, &limit);
    let told = LimitSet {
        grantor: grantor.clone(),
        subject: set.subject,
        cap: set.cap,
    };
    emit(context, &[&grantor], Kind::LimitSet(told));
    Ok(())
}

/// Checks that a quote can be reserved in its bank's limits.
pub(super) fn check_reservation(
    context: &Context<'_>,
    request: &Request,
    bank: &str,
    terms: &QuoteTerms,
) -> Result<(), Failure> {
    for (on, minor) in quoted(&context.store, request, bank, terms)? {
        let limit = line(&context.store, &on)?;
        if limit.reserved.len() >= MAX_RESERVATIONS {
            let message = format!(
                "{MAX_RESERVATIONS} quotes of {bank} about {} have not ended",
                on.subject
            );
            return Err(reject(RejectionCode::LimitExceeded, message));
        }
        check(context, &limit, minor)?;
    }
    Ok(())
}

/// Checks that a bank may have so much more outstanding with a subject.
pub(super) fn check_exposure(
    context: &Context<'_>,
    (grantor, subject): (&str, &str),
    amount: &Money,
) -> Result<(), Failure> {
    let on = Line {
        grantor: grantor.to_owned(),
        subject: subject.to_owned(),
        currency: amount.currency.clone(),
    };
    check(context, &line(&context.store, &on)?, amount.minor)
}

/// Checks that so much more fits in a limit today.
fn check(context: &Context<'_>, limit: &Limit, minor: u64) -> Result<(), Failure> {
    let Some(cap_minor) = limit.cap_minor else {
        return Ok(());
    };
    if in_use(context, limit)? + u128::from(minor) <= u128::from(cap_minor) {
        return Ok(());
    }
    let message = format!(
        "the limit of {} for {} in {} would be passed",
        limit.grantor, limit.subject, limit.currency
    );
    Err(reject(RejectionCode::LimitExceeded, message))
}

/// What counts today.
fn in_use(context: &Context<'_>, limit: &Limit) -> Result<u128, StateError> {
    let mut sum = used(limit);
    for reservation in &limit.reserved {
        if binds(context, limit, reservation)? {
            sum += u128::from(reservation.minor);
        }
    }
    Ok(sum)
}

/// Whether the quote of a reservation still binds its bank: freezes may have moved its last day.
fn binds(
    context: &Context<'_>,
    limit: &Limit,
    reservation: &Reservation,
) -> Result<bool, StateError> {
    let today = context.ledger_date;
    if stored_date("financing/limit", reservation.expires_on)? >= today {
        return Ok(true);
    }
    let request = REQUESTS
        .get(&context.store, &[&reservation.request])?
        .ok_or_else(|| StateError::corrupt("financing/request", "a reservation has none"))?;
    let bank = &limit.grantor;
    Ok(quote_last_day(context, &request, bank, reservation.expires_on)? >= today)
}
