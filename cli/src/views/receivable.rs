//! How receivables, claims and endorsements are shown.

use counterfoil_proto::receivable::v1::{
    Claim, DebtPayment, Endorsement, Receivable, RecourseLimit, Terms, Undertaking,
    encumbrance::Encumbrance,
};
use counterfoil_types::claim::burden;
use serde_json::Value;

use super::{amount, day};
use crate::amounts::Currencies;
use crate::output::View;

pub fn terms(terms: &Terms, currency: &str, currencies: &Currencies) -> View {
    let fees = terms.fees.iter().map(|fee| {
        View::new().text("payee", &fee.payee).minor(
            "cap_minor",
            fee.cap_minor,
            currency,
            currencies,
        )
    });
    View::new()
        .text("day_count", format_args!("{:?}", terms.day_count()))
        .text("convention", format_args!("{:?}", terms.convention()))
        .text("calendar", &terms.calendar)
        .number("grace_days", terms.grace_days)
        .rate("penalty_rate_ppm", terms.penalty_rate_ppm)
        .flag("assignable", terms.assignable)
        .nested("fees", fees.collect())
        .text("arbiter", &terms.arbiter)
        .list("arbiters", terms.arbiters.iter().cloned())
        .number("arbiter_threshold", terms.arbiter_threshold)
}

pub fn receivable(receivable: &Receivable, currencies: &Currencies) -> View {
    let currency = receivable.face.as_ref().map_or("", |face| &face.currency);
    let view = View::new()
        .id("id", &receivable.id)
        .text("state", format_args!("{:?}", receivable.state()))
        .id("invoice", &receivable.invoice)
        .text("debtor", &receivable.debtor);
    let terms = receivable.terms.as_ref();
    let payments = receivable.payments.iter();
    let payments = payments.map(|id| View::new().id("id", id));
    let fees_paid = receivable.fees_paid.iter().map(|fee| {
        let view = View::new().text("payee", &fee.payee);
        view.minor("amount_minor", fee.amount_minor, currency, currencies)
    });
    amount(view, "face_minor", receivable.face.as_ref(), currencies)
        .date("due_date", receivable.due_date.as_ref())
        .date("adjusted_due_date", receivable.adjusted_due_date.as_ref())
        .inner("terms", terms.map(|t| self::terms(t, currency, currencies)))
        .minor(
            "redeemed_minor",
            receivable.redeemed_minor,
            currency,
            currencies,
        )
        .minor(
            "penalty_paid_minor",
            receivable.penalty_paid_minor,
            currency,
            currencies,
        )
        .minor(
            "credited_minor",
            receivable.credited_minor,
            currency,
            currencies,
        )
        .flag("disputed", receivable.disputed)
        .date("confirmed_on", receivable.confirmed_on.as_ref())
        .date("settled_on", receivable.settled_on.as_ref())
        .number("claim_count", receivable.claim_count)
        .numbers("live_claims", &receivable.live_claims)
        .nested("payments", payments.collect())
        .nested("fees_paid", fees_paid.collect())
}

/// A claim's amounts are in its receivable's currency.
/// What a debtor paid at one time, in the currency of the receivable.
pub fn debt_payment(payment: &DebtPayment, currency: &str, currencies: &Currencies) -> View {
    View::new()
        .number("number", payment.number)
        .date("value_date", payment.value_date.as_ref())
        .minor(
            "principal_minor",
            payment.principal_minor,
            currency,
            currencies,
        )
        .minor("penalty_minor", payment.penalty_minor, currency, currencies)
        .id("transaction", &payment.transaction)
}

pub fn claim(claim: &Claim, currency: &str, currencies: &Currencies) -> View {
    let id = format!("{}#{}", hex::encode(&claim.receivable), claim.number);
    let undertakings = claim.undertakings.iter().map(|undertaken| {
        View::new()
            .id("undertaking", &undertaken.undertaking)
            .date("noticed_on", undertaken.noticed_on.as_ref())
    });
    let view = View::new()
        .text("id", id)
        .text("state", format_args!("{:?}", claim.state()))
        .text("controller", &claim.controller)
        .id("receivable", &claim.receivable)
        .number("number", claim.number)
        .text("rank", format_args!("{:?}", claim.rank()))
        .number("depth", claim.depth)
        .numbers("parents", &claim.parents)
        .minor("face_minor", claim.face_minor, currency, currencies)
        .minor(
            "outstanding_minor",
            claim.outstanding_minor,
            currency,
            currencies,
        )
        .hidden("currency", currency)
        .id("endorsement", &claim.endorsement)
        .nested("undertakings", undertakings.collect())
        .number("behind", claim.behind);
    let view = match claim.origin {
        None => view,
        Some(origin) => view.number("origin", origin),
    };
    encumbrance(view, burden(claim), currencies)
}

/// An encumbrance in a few words, which fit a list.
pub fn burden_in_words(burden: &Encumbrance) -> String {
    match burden {
        Encumbrance::Offered(offer) => {
            format!("offered to {} until {}", offer.to, day(offer.expires_on))
        }
        Encumbrance::Locked(_) => "locked by a request".to_owned(),
        Encumbrance::Pledged(pledge) => format!("pledged to {}", pledge.pledgee),
    }
}

fn encumbrance(view: View, burden: Option<&Encumbrance>, currencies: &Currencies) -> View {
    let Some(burden) = burden else {
        return view.field("encumbrance", Value::Null, "–".into());
    };
    let of = |kind: &str| View::new().text("kind", kind);
    let (inner, more) = match burden {
        Encumbrance::Offered(offer) => {
            let offered = of("offered")
                .text("to", &offer.to)
                .text("purpose", format_args!("{:?}", offer.purpose()))
                .date("offered_on", offer.offered_on.as_ref())
                .date("expires_on", offer.expires_on.as_ref());
            match &offer.price {
                None => (offered, None),
                Some(price) => (
                    amount(offered, "price_minor", Some(price), currencies)
                        .text("issuer", &offer.issuer),
                    Some(("price", currencies.money(price))),
                ),
            }
        }
        Encumbrance::Locked(lock) => (
            of("locked")
                .id("request", &lock.request)
                .id("payment", &lock.payment),
            Some(("request", hex::encode(&lock.request))),
        ),
        Encumbrance::Pledged(pledge) => (
            of("pledged")
                .id("loan", &pledge.loan)
                .text("pledgee", &pledge.pledgee),
            Some(("loan", hex::encode(&pledge.loan))),
        ),
    };
    let view = view.field("encumbrance", inner.into(), burden_in_words(burden));
    match more {
        None => view,
        Some((name, text)) => view.shown(name, text),
    }
}

pub fn endorsement(endorsement: &Endorsement) -> View {
    View::new()
        .id("id", &endorsement.id)
        .id("previous", &endorsement.previous)
        .number("claim", endorsement.claim)
        .text("from", &endorsement.from)
        .text("to", &endorsement.to)
        .text("purpose", format_args!("{:?}", endorsement.purpose()))
        .text("recourse", format_args!("{:?}", endorsement.recourse()))
        .inner(
            "recourse_limit",
            endorsement.recourse_limit.as_ref().map(recourse_limit),
        )
        .date("at", endorsement.at.as_ref())
}

/// In the receivable's currency, which the record does not repeat.
pub fn recourse_limit(limit: &RecourseLimit) -> View {
    View::new()
        .field(
            "cap_minor",
            limit.cap_minor.to_string().into(),
            format!("{} minor units", limit.cap_minor),
        )
        .date("expires_on", limit.expires_on.as_ref())
}

pub fn undertaking(undertaking: &Undertaking, currencies: &Currencies) -> View {
    let claim = format!(
        "{}#{}",
        hex::encode(&undertaking.receivable),
        undertaking.claim
    );
    let currency = undertaking.currency.as_str();
    let view = View::new()
        .id("id", &undertaking.id)
        .text("claim", claim)
        .text("kind", format_args!("{:?}", undertaking.kind()))
        .text("by", &undertaking.by);
    let view = match undertaking.cap_minor {
        0 => view.field("cap_minor", Value::Null, "–".into()),
        cap => view.minor("cap_minor", cap, currency, currencies),
    };
    view.minor("paid_minor", undertaking.paid_minor, currency, currencies)
        .hidden("currency", currency)
        .date("expires_on", undertaking.expires_on.as_ref())
        .date("given_on", undertaking.given_on.as_ref())
}
