//! What a quote costs the seller and pays out, and how quotes rank (specification 5.3).

use std::cmp::Reverse;

use counterfoil_proto::financing::v1::{Quote, QuoteTerms, Request};
use counterfoil_types::dates::Date;
use counterfoil_types::interest::{DayCount, accrued, round_half_even};
use counterfoil_types::shares::pro_rata;

use super::requests::is_sale;
use crate::kernel::{StateError, stored_date};

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
    let day_count = DayCount::of(terms.day_count())
        .ok_or_else(|| StateError::corrupt("financing/quote", "no day count"))?;
    let amount_minor = terms.amount.as_ref().map_or(0, |amount| amount.minor);
    let parts = if is_sale(request.technique()) {
        sold(request, amount_minor)?
    } else {
        vec![(amount_minor, falls_due(request)?)]
    };
    let parts_minor = if is_sale(request.technique()) {
        Some(parts.iter().map(|(minor, _)| *minor).collect())
    } else {
        None
    };
    Ok(outcome(
        terms,
        amount_minor,
        &parts,
        parts_minor,
        day_count,
        value_date,
    ))
}

/// The price of a part of a quote for a sale, of which so much is taken of each claim.
pub(super) fn price_of_part(
    request: &Request,
    terms: &QuoteTerms,
    parts_minor: Vec<u64>,
    value_date: Date,
) -> Result<Option<Price>, StateError> {
    let day_count = DayCount::of(terms.day_count())
        .ok_or_else(|| StateError::corrupt("financing/quote", "no day count"))?;
    let mut parts = Vec::with_capacity(parts_minor.len());
    for (claim, minor) in request.claims.iter().zip(&parts_minor) {
        parts.push((
            *minor,
            stored_date("financing/request", claim.adjusted_due_date)?,
        ));
    }
    // Parts of what is outstanding, of which no more than 10^18 is taken.
    let amount_minor = parts_minor.iter().sum();
    let parts_minor = Some(parts_minor);
    Ok(outcome(
        terms,
        amount_minor,
        &parts,
        parts_minor,
        day_count,
        value_date,
    ))
}

/// What an amount comes to in these parts; `None` where it leaves the seller nothing. Without `sold_minor` it is lent.
fn outcome(
    terms: &QuoteTerms,
    amount_minor: u64,
    parts: &[(u64, Date)],
    sold_minor: Option<Vec<u64>>,
    day_count: DayCount,
    value_date: Date,
) -> Option<Price> {
    let cost_minor = cost(parts, terms.rate_ppm, day_count, value_date)?;
    // At most 8 of 10^18 each.
    let fees_minor: u64 = terms.fees.iter().map(|fee| fee.amount_minor).sum();
    let net = amount_minor.checked_sub(cost_minor);
    let net = net.and_then(|net| net.checked_sub(fees_minor));
    let net_minor = net.filter(|net| *net > 0)?;
    let mut price = Price {
        parts_minor: Vec::new(),
        cost_minor,
        fees_minor,
        proceeds_minor: amount_minor - fees_minor,
        net_minor,
        annual_cost_ppm: 0,
    };
    if let Some(sold_minor) = sold_minor {
        price.parts_minor = sold_minor;
        price.proceeds_minor = net_minor;
    }
    price.annual_cost_ppm = annual_cost_ppm(&price, parts, value_date);
    Some(price)
}

/// The day on which a loan on a request's claims falls due: the latest adjusted due date.
pub(super) fn falls_due(request: &Request) -> Result<Date, StateError> {
    let mut last = Date::MIN;
    for claim in &request.claims {
        last = last.max(stored_date("financing/request", claim.adjusted_due_date)?);
    }
    Ok(last)
}

/// What is sold of each claim, and when it falls due.
fn sold(request: &Request, amount_minor: u64) -> Result<Vec<(u64, Date)>, StateError> {
    let outstanding = request.claims.iter().map(|claim| claim.outstanding_minor);
    let outstanding: Vec<u64> = outstanding.collect();
    let mut parts = Vec::with_capacity(outstanding.len());
    for (claim, part) in request
        .claims
        .iter()
        .zip(pro_rata(amount_minor, &outstanding))
    {
        parts.push((
            part,
            stored_date("financing/request", claim.adjusted_due_date)?,
        ));
    }
    Ok(parts)
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
            terms.amount == request.amount && terms.recourse == request.recourse && stands(terms)
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
