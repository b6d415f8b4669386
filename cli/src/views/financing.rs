//! How financing requests, quotes, awards and loans are shown.

use counterfoil_proto::financing::v1::{
    Award, ClaimReference, Limit, Loan, Programme, QuoteTerms, Request, StandingQuote,
    StandingTerms,
};
use counterfoil_proto::v1 as wire;
use counterfoil_types::schedule::Instalment;

use super::amount;
use crate::amounts::Currencies;
use crate::output::View;

pub fn claim_reference(claim: &ClaimReference) -> String {
    format!("{}#{}", hex::encode(&claim.receivable), claim.number)
}

pub fn request(request: &Request, currencies: &Currencies) -> View {
    let currency = request.amount.as_ref().map_or("", |a| &a.currency);
    let view = View::new()
        .id("id", &request.id)
        .text("state", format_args!("{:?}", request.state()))
        .text("seller", &request.seller)
        .text("technique", format_args!("{:?}", request.technique()));
    let claims = request.claims.iter().map(|claim| {
        View::new()
            .text(
                "claim",
                format_args!("{}#{}", hex::encode(&claim.receivable), claim.number),
            )
            .minor(
                "outstanding_minor",
                claim.outstanding_minor,
                currency,
                currencies,
            )
            .text("rank", format_args!("{:?}", claim.rank()))
            .date("adjusted_due_date", claim.adjusted_due_date.as_ref())
    });
    amount(view, "amount_minor", request.amount.as_ref(), currencies)
        .text("recourse", format_args!("{:?}", request.recourse()))
        .inner(
            "recourse_limit",
            request.recourse_limit.as_ref().map(super::recourse_limit),
        )
        .nested("claims", claims.collect())
        .list("debtors", request.debtors.iter().cloned())
        .list("invited", request.invited.iter().cloned())
        .date("opened_on", request.opened_on.as_ref())
        .date("deadline", request.deadline.as_ref())
        .date("expires_on", request.expires_on.as_ref())
        .flag("all_or_none", request.all_or_none)
        .minor("minimum_minor", request.minimum_minor, currency, currencies)
        .text("arbiter", &request.arbiter)
        .list("quoting", request.quoting.iter().cloned())
        .number("revealed", request.revealed)
        .inner(
            "award",
            request.award.as_ref().map(|a| award(a, currencies)),
        )
}

pub fn award(award: &Award, currencies: &Currencies) -> View {
    let currency = award.amount.as_ref().map_or("", |a| &a.currency);
    let minor = |view: View, name, minor| view.minor(name, minor, currency, currencies);
    let view = View::new().text("bank", &award.bank);
    let view = amount(view, "amount_minor", award.amount.as_ref(), currencies);
    let view = minor(view, "cost_minor", award.cost_minor);
    let view = minor(view, "fees_minor", award.fees_minor);
    minor(view, "proceeds_minor", award.proceeds_minor)
        .rate("annual_cost_ppm", award.annual_cost_ppm)
        .date("awarded_on", award.awarded_on.as_ref())
        .id("loan", &award.loan)
}

pub fn quote_terms(terms: &QuoteTerms, currencies: &Currencies) -> View {
    let currency = terms.amount.as_ref().map_or("", |a| &a.currency);
    let fees = terms.fees.iter().map(|fee| {
        View::new().text("name", &fee.name).minor(
            "amount_minor",
            fee.amount_minor,
            currency,
            currencies,
        )
    });
    let view = amount(
        View::new(),
        "amount_minor",
        terms.amount.as_ref(),
        currencies,
    );
    view.rate("rate_ppm", terms.rate_ppm)
        .text("day_count", format_args!("{:?}", terms.day_count()))
        .nested("fees", fees.collect())
        .text("recourse", format_args!("{:?}", terms.recourse()))
        .inner(
            "recourse_limit",
            terms.recourse_limit.as_ref().map(super::recourse_limit),
        )
        .date("expires_on", terms.expires_on.as_ref())
        .text("issuer", &terms.issuer)
        .text("asserter", &terms.asserter)
        .text("end_to_end_id", &terms.end_to_end_id)
        .text("schedule", format_args!("{:?}", terms.schedule()))
        .number("loan_grace_days", terms.loan_grace_days)
        .minor(
            "smallest_part_minor",
            terms.smallest_part_minor,
            currency,
            currencies,
        )
}

/// A quote among the others of its request. It has figures once it is revealed.
pub fn ranked_quote(ranked: &wire::RankedQuote, currencies: &Currencies) -> View {
    let quote = ranked.quote.clone().unwrap_or_default();
    let view = match ranked.rank {
        0 => View::new().field("rank", 0.into(), "–".into()),
        rank => View::new().number("rank", rank),
    };
    let view = view
        .text("bank", &quote.bank)
        .text("state", format_args!("{:?}", quote.state()))
        .number("height", quote.height)
        .number("index", quote.index)
        .id("commitment", &quote.commitment)
        .inner(
            "terms",
            quote.terms.as_ref().map(|t| quote_terms(t, currencies)),
        )
        .inner("award", quote.award.as_ref().map(|a| award(a, currencies)))
        .id("payment", &quote.payment);
    let Some(terms) = &quote.terms else {
        return view;
    };
    let currency = terms.amount.as_ref().map_or("", |a| &a.currency);
    let minor = |view: View, name, minor| view.minor(name, minor, currency, currencies);
    let view = amount(view, "amount_minor", terms.amount.as_ref(), currencies)
        .rate("rate_ppm", terms.rate_ppm);
    let view = minor(view, "cost_minor", ranked.cost_minor);
    let view = minor(view, "fees_minor", ranked.fees_minor);
    let view = minor(view, "net_minor", ranked.net_minor);
    minor(view, "proceeds_minor", ranked.proceeds_minor)
        .rate("annual_cost_ppm", ranked.annual_cost_ppm)
}

pub fn loan(loan: &Loan, currencies: &Currencies) -> View {
    let currency = loan.principal.as_ref().map_or("", |p| &p.currency);
    let minor = |view: View, name, minor| view.minor(name, minor, currency, currencies);
    let view = View::new()
        .id("id", &loan.id)
        .text("state", format_args!("{:?}", loan.state()))
        .id("request", &loan.request)
        .text("lender", &loan.lender)
        .text("issuer", &loan.issuer)
        .text("borrower", &loan.borrower);
    let view = amount(view, "principal_minor", loan.principal.as_ref(), currencies);
    let view = minor(view, "outstanding_minor", loan.outstanding_minor)
        .rate("rate_ppm", loan.rate_ppm)
        .text("day_count", format_args!("{:?}", loan.day_count()))
        .text("schedule", format_args!("{:?}", loan.schedule()))
        .date("opened_on", loan.opened_on.as_ref())
        .date("due_date", loan.due_date.as_ref());
    minor(view, "interest_paid_minor", loan.interest_paid_minor)
        .list("collateral", loan.collateral.iter().map(claim_reference))
        .date("repaid_on", loan.repaid_on.as_ref())
        .number("grace_days", loan.grace_days)
        .date("plan_from", loan.plan_from.as_ref())
        .date("defaulted_on", loan.defaulted_on.as_ref())
}

pub fn programme(programme: &Programme) -> View {
    View::new()
        .id("id", &programme.id)
        .text("state", format_args!("{:?}", programme.state()))
        .text("buyer", &programme.buyer)
        .list("banks", programme.banks.iter().cloned())
        .date("opened_on", programme.opened_on.as_ref())
        .date("closed_on", programme.closed_on.as_ref())
}

pub fn standing_quote(quote: &StandingQuote, currencies: &Currencies) -> View {
    let terms = quote.terms.clone().unwrap_or_default();
    let currency = terms.cap.clone().unwrap_or_default().currency;
    let view = View::new().text("bank", &quote.bank);
    standing_terms(view, &terms, currencies)
        .minor("used_minor", quote.used_minor, &currency, currencies)
        .date("made_on", quote.made_on.as_ref())
}

/// What a bank has outstanding with an organization; without a limit its cap is none.
pub fn limit(limit: &Limit, currencies: &Currencies) -> View {
    let view = View::new()
        .text("grantor", &limit.grantor)
        .text("subject", &limit.subject)
        .text("currency", &limit.currency);
    let minor = |view: View, name, minor| view.minor(name, minor, &limit.currency, currencies);
    let view = match limit.cap_minor {
        Some(cap) => minor(view, "cap_minor", cap),
        None => view.field("cap_minor", serde_json::Value::Null, "–".into()),
    };
    // More than 64 bits hold is shown as what they hold.
    let used = match limit.used_high {
        0 => limit.used_minor,
        _ => u64::MAX,
    };
    let reserved = limit.reserved.iter().map(|reservation| reservation.minor);
    let reserved = reserved.fold(0, u64::saturating_add);
    minor(minor(view, "used_minor", used), "reserved_minor", reserved)
}

pub fn standing_terms(view: View, terms: &StandingTerms, currencies: &Currencies) -> View {
    amount(view, "cap_minor", terms.cap.as_ref(), currencies)
        .rate("rate_ppm", terms.rate_ppm)
        .text("day_count", format_args!("{:?}", terms.day_count()))
        .number("minimum_days", terms.minimum_days)
        .date("expires_on", terms.expires_on.as_ref())
        .rate("extension_rate_ppm", terms.extension_rate_ppm)
        .number("extension_days", terms.extension_days)
}

/// One payment of a loan's plan.
pub fn instalment(instalment: &Instalment, loan: &Loan, currencies: &Currencies) -> View {
    let currency = loan.principal.as_ref().map_or("", |p| &p.currency);
    let minor = |view: View, name, minor| view.minor(name, minor, currency, currencies);
    let view = View::new().date("due", Some(&instalment.due.to_proto()));
    let view = minor(view, "principal_minor", instalment.principal_minor);
    let view = minor(view, "interest_minor", instalment.interest_minor);
    minor(view, "left_minor", instalment.left_minor)
}
