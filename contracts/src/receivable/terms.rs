//! Terms of payment: their bounds, and what they make of a delay.

use counterfoil_proto::receivable::v1::{BusinessDayConvention, DayCount, Terms};
use counterfoil_types::dates::Date;
use counterfoil_types::interest;
use counterfoil_types::limits::{MAX_ARBITERS, MAX_FEES, MAX_GRACE_DAYS, MAX_MINOR, MAX_RATE_PPM};

use crate::calendar::api as calendars;
use crate::kernel::{StateError, Store};
use crate::membership::api as membership;

/// Whether the terms name only values that this version knows (specification 10.2).
pub fn terms_are_known(terms: &Terms) -> bool {
    DayCount::try_from(terms.day_count).is_ok()
        && BusinessDayConvention::try_from(terms.convention).is_ok()
}

/// What is wrong with terms, in words; `None` when they may stand.
pub fn terms_problem(store: &Store<'_>, terms: &Terms) -> Result<Option<String>, StateError> {
    let problem = |text: &str| Ok(Some(text.to_owned()));
    if day_count(terms).is_none() {
        return problem("the terms' day count is not A001, A004 or A005");
    }
    if let Some(wrong) = calendar_problem(store, terms)? {
        return Ok(Some(wrong));
    }
    if terms.grace_days > MAX_GRACE_DAYS {
        return problem("the terms' grace is longer than 365 days");
    }
    if terms.penalty_rate_ppm > MAX_RATE_PPM {
        return problem("the terms' penalty rate is over 1,000,000 ppm a year");
    }
    if terms.fees.len() > MAX_FEES {
        return problem("the terms name more than 8 fees");
    }
    for fee in &terms.fees {
        if !(1..=MAX_MINOR).contains(&fee.cap_minor) {
            return problem("a fee's cap is not from 1 to 10^18 minor units");
        }
        if membership::organization(store, &fee.payee)?.is_none() {
            return Ok(Some(format!(
                "the fee's payee {:?} is not an organization",
                fee.payee
            )));
        }
    }
    if !terms.arbiter.is_empty() && membership::organization(store, &terms.arbiter)?.is_none() {
        return Ok(Some(format!(
            "the terms' arbiter {:?} is not an organization",
            terms.arbiter
        )));
    }
    arbiters_problem(store, terms)
}

fn calendar_problem(store: &Store<'_>, terms: &Terms) -> Result<Option<String>, StateError> {
    let calendar = &terms.calendar;
    let problem = match terms.convention() {
        BusinessDayConvention::Unspecified => {
            "the terms have no business-day convention".to_owned()
        }
        BusinessDayConvention::None if calendar.is_empty() => return Ok(None),
        BusinessDayConvention::None => {
            "the terms name a calendar, but their convention is None".to_owned()
        }
        _ if calendar.is_empty() => "the terms' convention needs a calendar".to_owned(),
        _ if calendars::exists(store, calendar)? => return Ok(None),
        _ => format!("the terms' calendar {calendar:?} is not published"),
    };
    Ok(Some(problem))
}

/// A due date under terms, by their calendar as it stands; `None` where that does not know the days that decide it.
pub fn adjusted(
    store: &Store<'_>,
    terms: &Terms,
    due_date: Date,
) -> Result<Option<Date>, StateError> {
    let days = calendars::business_days(store, &terms.calendar)?;
    Ok(days.adjust(due_date, terms.convention()))
}

fn arbiters_problem(store: &Store<'_>, terms: &Terms) -> Result<Option<String>, StateError> {
    let arbiters = &terms.arbiters;
    if arbiters.len() > MAX_ARBITERS || !arbiters.is_sorted_by(|a, b| a < b) {
        return Ok(Some(format!(
            "the terms name more than {MAX_ARBITERS} arbiters, or not in ascending order"
        )));
    }
    for arbiter in arbiters {
        if membership::organization(store, arbiter)?.is_none() {
            return Ok(Some(format!(
                "the terms' arbiter {arbiter:?} is not an organization"
            )));
        }
    }
    let least = usize::from(!arbiters.is_empty());
    let threshold = terms.arbiter_threshold as usize;
    Ok((!(least..=arbiters.len()).contains(&threshold)).then(|| {
        format!(
            "of the terms' arbiters {least} to {} must rule the same",
            arbiters.len()
        )
    }))
}

/// The day count of terms that are on the ledger or may be.
pub(super) fn day_count(terms: &Terms) -> Option<interest::DayCount> {
    interest::DayCount::of(terms.day_count())
}
