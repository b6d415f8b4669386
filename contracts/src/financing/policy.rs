//! What the policy pack in force says of requests, quotes and funding (specification 7.1).

use std::collections::BTreeMap;

use counterfoil_proto::financing::v1::{QuoteTerms, Request, StandingTerms};
use counterfoil_proto::receivable::v1::{Claim, Receivable};
use counterfoil_proto::v1::Money;

use super::exposures::Line;
use crate::kernel::{Context, Failure};
use crate::receivable::api as receivables;
use crate::supervision::api::{Funding, Policy};

pub(super) fn check_opening(
    context: &Context<'_>,
    claims: &[(Claim, Receivable)],
    debtors: &[String],
) -> Result<(), Failure> {
    let policy = Policy::today(context)?;
    let debtors: Vec<&str> = debtors.iter().map(String::as_str).collect();
    // They are in one currency.
    let receivable = claims.first().map(|(_, receivable)| receivable);
    let currency = receivable.map_or(String::new(), |r| receivables::money(r, 0).currency);
    policy.check(context, &currency, &[&context.caller.id], &debtors)?;
    for (claim, _) in claims {
        policy.check_tier(claim.depth)?;
    }
    Ok(())
}

/// Whether a bank may quote for a request, as far as its terms are under seal.
pub(super) fn check_quoting(
    context: &Context<'_>,
    request: &Request,
    bank: &str,
) -> Result<(), Failure> {
    check_parties(context, &Policy::today(context)?, request, bank)
}

fn check_parties(
    context: &Context<'_>,
    policy: &Policy,
    request: &Request,
    bank: &str,
) -> Result<(), Failure> {
    let debtors: Vec<&str> = request.debtors.iter().map(String::as_str).collect();
    let asked = request.amount.clone().unwrap_or_default();
    let parties = [request.seller.as_str(), bank];
    policy.check(context, &asked.currency, &parties, &debtors)
}

/// Whether banks may fund claims of a request: on their quotes' terms, so that these are their exposures.
pub(super) fn check_funding(
    context: &Context<'_>,
    request: &Request,
    (claims, quotes): (&[Claim], &[(&str, &QuoteTerms)]),
    lines: &BTreeMap<Line, u64>,
) -> Result<(), Failure> {
    let policy = Policy::today(context)?;
    for (bank, _) in quotes {
        check_parties(context, &policy, request, bank)?;
    }
    for claim in claims {
        policy.check_tier(claim.depth)?;
    }
    for (_, terms) in quotes {
        policy.check_rate(terms.rate_ppm)?;
    }
    let fundings: Vec<Funding<'_>> = lines.iter().map(funding).collect();
    let asked = request.amount.clone().unwrap_or_default();
    policy.check_exposure(context, &request.seller, &asked.currency, &fundings)
}

fn funding<'l>((line, minor): (&'l Line, &u64)) -> Funding<'l> {
    Funding {
        bank: &line.grantor,
        debtor: &line.subject,
        minor: *minor,
    }
}

pub(super) fn check_standing(
    context: &Context<'_>,
    (bank, buyer): (&str, &str),
    terms: &StandingTerms,
) -> Result<(), Failure> {
    let policy = Policy::today(context)?;
    let cap = terms.cap.clone().unwrap_or_default();
    policy.check(context, &cap.currency, &[bank], &[buyer])?;
    policy.check_rate(terms.rate_ppm)?;
    match terms.extension_days {
        0 => Ok(()),
        _ => policy.check_rate(terms.extension_rate_ppm),
    }
}

/// Whether a bank may buy a claim under a programme.
pub(super) fn check_purchase(
    context: &Context<'_>,
    (bank, buyer): (&str, &str),
    (claim, rate_ppm): (&Claim, u32),
    amount: &Money,
) -> Result<(), Failure> {
    let policy = Policy::today(context)?;
    let seller = claim.controller.as_str();
    policy.check(context, &amount.currency, &[seller, bank], &[buyer])?;
    policy.check_tier(claim.depth)?;
    policy.check_rate(rate_ppm)?;
    let funding = Funding {
        bank,
        debtor: buyer,
        minor: amount.minor,
    };
    policy.check_exposure(context, seller, &amount.currency, &[funding])
}

/// Whether a bank may lend to a programme's buyer.
pub(super) fn check_extension(
    context: &Context<'_>,
    (bank, buyer): (&str, &str),
    rate_ppm: u32,
    amount: &Money,
) -> Result<(), Failure> {
    let policy = Policy::today(context)?;
    policy.check(context, &amount.currency, &[bank], &[buyer])?;
    policy.check_rate(rate_ppm)?;
    let funding = Funding {
        bank,
        debtor: buyer,
        minor: amount.minor,
    };
    policy.check_exposure(context, "", &amount.currency, &[funding])
}
