//! What a quote costs the seller and pays out, and how quotes rank (specification 5.3).

use std::cmp::Reverse;

use counterfoil_proto::financing::v1::{Quote, QuoteTerms, Request};
use counterfoil_proto::receivable::v1::RecourseLimit;
use counterfoil_types::dates::Date;
use counterfoil_types::interest::{DayCount, accrued, round_half_even};
use counterfoil_types::shares::pro_rata;

use super::requests::is_sale;
use crate::kernel::{StateError, stored_date};
use crate::receivable::api::Liability;

const PPM: i128 = 1_000_000;
const YEAR_DAYS: i128 = 365;

/// What comes of a quote on a value date.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Price {
    /// What is sold of each claim of the request; nothing of a loan's.
    pub parts_minor: Vec<u64>,
    /// Discount of a sale, interest of a loan up to the day it falls due.
    pub cost_minor: u64,
    pub fees_minor: u64,
    /// What the seller is paid.
    pub proceeds_minor: u64,
    /// Amount less cost and fees.
    pub net_minor: u64,
    pub annual_cost_ppm: u32,
}

/// The price of a quote whose terms were found good; `None` where it leaves the seller nothing.
pub fn price(
    request: &Request,
    terms: &QuoteTerms,
    value_date: Date,
) -> Result<Option<Price>, StateError> {
    let amount_minor = terms.amount.as_ref().map_or(0, |amount| amount.minor);
    if is_sale(request.technique()) {
        return price_of_parts(request, terms, &sold(request, amount_minor), value_date);
    }
    let lent = [(amount_minor, falls_due(request)?)];
    outcome(terms, &lent, value_date, Outcome::Loan)
}

/// The price under a quote for a sale where so much is taken of each claim.
pub(super) fn price_of_parts(
    request: &Request,
    terms: &QuoteTerms,
    parts_minor: &[u64],
    value_date: Date,
) -> Result<Option<Price>, StateError> {
    let mut parts = Vec::with_capacity(parts_minor.len());
    for (claim, minor) in request.claims.iter().zip(parts_minor) {
        let due = stored_date("financing/request", claim.adjusted_due_date)?;
        parts.push((*minor, due));
    }
    outcome(terms, &parts, value_date, Outcome::Sale)
}

/// What is made of the parts of an amount.
enum Outcome {
    Sale,
    Loan,
}

/// What an amount comes to, given by its parts and when each falls due; `None` where it leaves the seller nothing.
fn outcome(
    terms: &QuoteTerms,
    parts: &[(u64, Date)],
    value_date: Date,
    made: Outcome,
) -> Result<Option<Price>, StateError> {
    let day_count = DayCount::of(terms.day_count())
        .ok_or_else(|| StateError::corrupt("financing/quote", "no day count"))?;
    // No more than 10^18 in all; and at most 8 fees of that each.
    let amount_minor: u64 = parts.iter().map(|(minor, _)| minor).sum();
    let fees_minor: u64 = terms.fees.iter().map(|fee| fee.amount_minor).sum();
    let Some(cost_minor) = cost(parts, terms.rate_ppm, day_count, value_date) else {
        return Ok(None);
    };
    let net = amount_minor.checked_sub(cost_minor);
    let net = net.and_then(|net| net.checked_sub(fees_minor));
    let Some(net_minor) = net.filter(|net| *net > 0) else {
        return Ok(None);
    };
    let (parts_minor, proceeds_minor) = match made {
        Outcome::Sale => (parts.iter().map(|(minor, _)| *minor).collect(), net_minor),
        Outcome::Loan => (Vec::new(), amount_minor - fees_minor),
    };
    let mut price = Price {
        parts_minor,
        cost_minor,
        fees_minor,
        proceeds_minor,
        net_minor,
        annual_cost_ppm: 0,
    };
    price.annual_cost_ppm = annual_cost_ppm(&price, parts, value_date);
    Ok(Some(price))
}

/// The day on which a loan on a request's claims falls due: the latest adjusted due date.
pub(super) fn falls_due(request: &Request) -> Result<Date, StateError> {
    let mut last = Date::MIN;
    for claim in &request.claims {
        last = last.max(stored_date("financing/request", claim.adjusted_due_date)?);
    }
    Ok(last)
}

/// What is sold of each claim of a request.
pub(super) fn sold(request: &Request, amount_minor: u64) -> Vec<u64> {
    let outstanding = request.claims.iter().map(|claim| claim.outstanding_minor);
    pro_rata(amount_minor, &outstanding.collect::<Vec<u64>>())
}

/// What the seller undertakes of each part that it sells under a quote: its cap is for all of them.
pub(super) fn liabilities(terms: &QuoteTerms, parts_minor: &[u64]) -> Vec<Liability> {
    let whole = Liability::new(terms.recourse(), terms.recourse_limit);
    let Some(limit) = whole.limit else {
        return vec![whole; parts_minor.len()];
    };
    let caps = pro_rata(limit.cap_minor, parts_minor).into_iter();
    caps.map(|cap_minor| Liability::limited(RecourseLimit { cap_minor, ..limit }))
        .collect()
}

/// Interest on each part up to its due date; `None` where it is more than money may be.
fn cost(
    parts: &[(u64, Date)],
    rate_ppm: u32,
    day_count: DayCount,
    value_date: Date,
) -> Option<u64> {
    parts.iter().try_fold(0u64, |sum, (part, due)| {
        sum.checked_add(accrued(*part, rate_ppm, day_count, value_date, *due).ok()?)
    })
}

fn annual_cost_ppm(price: &Price, parts: &[(u64, Date)], value_date: Date) -> u32 {
    let amount: i128 = parts.iter().map(|(part, _)| i128::from(*part)).sum();
    let weighted = parts
        .iter()
        .map(|(part, due)| i128::from(*part) * i128::from(value_date.days_until(*due)));
    let days = round_half_even(weighted.sum(), amount.max(1)).max(1);
    let paid = i128::from(price.cost_minor) + i128::from(price.fees_minor);
    // At most 10^18 · 365 · 10^6, as cost and fees are below the amount.
    let ppm = round_half_even(
        paid * YEAR_DAYS * PPM,
        i128::from(price.proceeds_minor) * days,
    );
    u32::try_from(ppm).unwrap_or(u32::MAX)
}

/// A quote beside its price and rank.
#[derive(Clone, Debug, PartialEq)]
pub struct Ranked {
    pub quote: Quote,
    /// From 1; `None` for quotes that are listed apart.
    pub rank: Option<u32>,
    /// `None` where the quote is sealed or leaves the seller nothing.
    pub price: Option<Price>,
}

/// Ranks the quotes of a request by the seller's net on a value date, then by earlier commitment. Those that
/// have expired by then, or are over another amount or recourse than was asked, come last, as they came.
pub fn rank(
    request: &Request,
    quotes: Vec<Quote>,
    value_date: Date,
) -> Result<Vec<Ranked>, StateError> {
    let mut ranked = Vec::with_capacity(quotes.len());
    for quote in quotes {
        let price = match &quote.terms {
            Some(terms) => price(request, terms, value_date)?,
            None => None,
        };
        ranked.push(Ranked {
            quote,
            rank: None,
            price,
        });
    }
    let stands = |terms: &QuoteTerms| {
        Date::try_from(&terms.expires_on.unwrap_or_default()).is_ok_and(|last| value_date <= last)
    };
    let as_asked = |ranked: &Ranked| {
        let terms = ranked.quote.terms.as_ref();
        terms.is_some_and(|terms| {
            let recourse = terms.recourse == request.recourse
                && terms.recourse_limit == request.recourse_limit;
            terms.amount == request.amount && recourse && stands(terms)
        })
    };
    ranked.sort_by_key(|ranked| {
        let net = match &ranked.price {
            Some(price) if as_asked(ranked) => price.net_minor,
            _ => 0,
        };
        (Reverse(net), ranked.quote.height, ranked.quote.index)
    });
    for (rank, ranked) in (1..).zip(&mut ranked) {
        if ranked.price.is_none() || !as_asked(ranked) {
            break;
        }
        ranked.rank = Some(rank);
    }
    Ok(ranked)
}
