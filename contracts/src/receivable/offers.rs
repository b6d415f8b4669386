//! Offering a claim, and the answer to an offer (specification 4.3, 4.4).

use std::collections::BTreeMap;

use counterfoil_proto::membership::v1::Role;
use counterfoil_proto::receivable::v1::encumbrance::Encumbrance as Burden;
use counterfoil_proto::receivable::v1::event::Event as Kind;
use counterfoil_proto::receivable::v1::{
    AcceptOffer, Claim, ClaimOffered, DeclineOffer, ExpireOffer, Offer, OfferClaim, OfferDeclined,
    OfferExpired, Purpose, Receivable, Recourse, RejectionCode,
};
use counterfoil_proto::v1::Money;
use counterfoil_types::claim::burden;
use counterfoil_types::dates::Date;
use counterfoil_types::limits::{MAX_MINOR, MAX_OFFER_DAYS};

use super::claims::{
    check_free, check_not_held, encumber, endorse, find, find_free, is_assignable, money, records,
};
use super::events::emit;
use super::keys::{claim, put_claim, receivable_of};
use super::undertakings::Liability;
use crate::cash::api::{self as cash, Payment};
use crate::kernel::{Context, Failure, StateError, Store, check_known, reject, stored_date};
use crate::membership::api as membership;
use crate::supervision::api::{self as supervision, Funding, Policy};

pub(super) fn offer(context: &mut Context<'_>, offer: OfferClaim) -> Result<(), Failure> {
    check_known::<Purpose>(offer.purpose, "purpose")?;
    check_known::<Recourse>(offer.recourse, "recourse")?;
    let (claim, receivable) = find_free(context, &offer.receivable, offer.number)?;
    if !is_assignable(&receivable) {
        let message = "the invoice's terms forbid transfers of its claims";
        return Err(reject(RejectionCode::NotAssignable, message));
    }
    check_recipient(context, &receivable, &offer.to)?;
    check_purpose(context, &receivable, &offer)?;
    let today = context.ledger_date;
    if !context.is_within(offer.expires_on, MAX_OFFER_DAYS) {
        let message =
            format!("an offer's last day is {today} or up to {MAX_OFFER_DAYS} days later");
        return Err(reject(RejectionCode::InvalidExpiry, message));
    }
    let liability = Liability::new(offer.recourse(), offer.recourse_limit);
    if let Some(problem) = liability.problem_for(context, [&claim])? {
        return Err(reject(RejectionCode::InvalidRecourse, problem));
    }
    check_policy(context, (&claim, &receivable), &offer.to, offer.purpose())?;

    let from = claim.controller.clone();
    let terms = Offer {
        to: offer.to.clone(),
        purpose: offer.purpose,
        price: offer.price.clone(),
        offered_on: Some(today.to_proto()),
        expires_on: offer.expires_on,
        issuer: offer.issuer.clone(),
        recourse: offer.recourse,
        recourse_limit: offer.recourse_limit,
    };
    let offered = encumber(claim, Some(Burden::Offered(terms)));
    put_claim(&mut context.store, &offered);
    let event = ClaimOffered {
        receivable: offer.receivable,
        number: offer.number,
        from: from.clone(),
        to: offer.to.clone(),
        purpose: offer.purpose,
        price: offer.price,
        expires_on: offer.expires_on,
        issuer: offer.issuer,
        recourse: offer.recourse,
        recourse_limit: offer.recourse_limit,
    };
    emit(context, &[&from, &offer.to], Kind::Offered(event));
    Ok(())
}

/// Whether the pack in force lets a claim pass on.
fn check_policy(
    context: &Context<'_>,
    (claim, receivable): (&Claim, &Receivable),
    to: &str,
    purpose: Purpose,
) -> Result<Policy, Failure> {
    let policy = Policy::today(context)?;
    let currency = money(receivable, 0).currency;
    let parties = [claim.controller.as_str(), to];
    policy.check(context, &currency, &parties, &[&receivable.debtor])?;
    policy.check_tier(
        claim
            .depth
            .saturating_add(u32::from(purpose == Purpose::Payment)),
    )?;
    Ok(policy)
}

fn check_recipient(
    context: &Context<'_>,
    receivable: &Receivable,
    to: &str,
) -> Result<(), Failure> {
    let wrong = |message: String| Err(reject(RejectionCode::WrongRecipient, message));
    if to == context.caller.id || to == receivable.debtor {
        return wrong(format!("{to} is the claim's controller or debtor"));
    }
    let takes_claims = membership::organization(&context.store, to)?.is_some_and(|recipient| {
        let takes = [Role::Supplier, Role::Bank];
        let may_take = takes
            .iter()
            .any(|role| membership::has_role(&recipient, *role));
        may_take && membership::is_active(&recipient)
    });
    if !takes_claims {
        return wrong(format!(
            "{to:?} is neither an active supplier nor an active bank on this ledger"
        ));
    }
    Ok(())
}

/// A sale has its price and the deposits it is paid in, a payment neither.
fn check_purpose(
    context: &Context<'_>,
    receivable: &Receivable,
    offer: &OfferClaim,
) -> Result<(), Failure> {
    let invalid = |message: String| Err(reject(RejectionCode::InvalidPurpose, message));
    match offer.purpose() {
        Purpose::Unspecified | Purpose::Enforcement | Purpose::Subrogation => {
            invalid("an offer is in payment or for sale".into())
        }
        Purpose::Payment if offer.price.is_none() && offer.issuer.is_empty() => Ok(()),
        Purpose::Payment => invalid("an offer in payment has no price and no issuer".into()),
        Purpose::Sale => {
            let price = offer.price.clone().unwrap_or_default();
            let currency = money(receivable, 0).currency;
            if price.currency != currency || !(1..=MAX_MINOR).contains(&price.minor) {
                return invalid(format!(
                    "a sale has a price in {currency}, of 1 to 10^18 minor units"
                ));
            }
            cash::check_issuer(&context.store, &offer.issuer)
                .map_err(|fault| fault.under::<RejectionCode>())
        }
    }
}

pub(super) fn accept(context: &mut Context<'_>, accept: &AcceptOffer) -> Result<(), Failure> {
    let claim = find(&context.store, &accept.receivable, accept.number)?;
    let offer = offer_of(&claim)?;
    check_recipient_of(context, &offer)?;
    let last = last_day(context, &claim, &offer)?;
    if context.ledger_date > last {
        let message = format!("the offer's last day was {last}");
        return Err(reject(RejectionCode::OfferExpired, message));
    }
    let receivable = receivable_of(&context.store, &claim)?;
    check_not_held(&receivable)?;
    check_free(context, &claim)?;
    check_acceptance(context, (&claim, &receivable), &offer)?;
    match &offer.price {
        None if accept.end_to_end_id.is_empty() => {}
        None => {
            let message = "nothing is to be paid: leave out the end-to-end id";
            return Err(reject(RejectionCode::NoPriceAsked, message));
        }
        Some(price) => pay(
            context,
            &claim.controller,
            &offer,
            price,
            &accept.end_to_end_id,
        )?,
    }

    let liability = Liability::new(offer.recourse(), offer.recourse_limit);
    Ok(endorse(
        context,
        claim,
        &offer.to,
        offer.purpose(),
        &liability,
        &[],
    )?)
}

/// An offer's last day, moved by freezes of the claim or its parties.
fn last_day(context: &Context<'_>, claim: &Claim, offer: &Offer) -> Result<Date, StateError> {
    let key = "receivable/claim";
    let recipient = membership::organization_key(&offer.to);
    let records = [&records(claim, &claim.controller)[..], &[recipient]].concat();
    let offered = stored_date(key, offer.offered_on)?;
    let agreed = stored_date(key, offer.expires_on)?;
    supervision::last_day(context, &records, offered, agreed)
}

/// Whether the pack in force lets a recipient have a claim, which a bank funds.
fn check_acceptance(
    context: &Context<'_>,
    (claim, receivable): (&Claim, &Receivable),
    offer: &Offer,
) -> Result<(), Failure> {
    let policy = check_policy(context, (claim, receivable), &offer.to, offer.purpose())?;
    if !membership::is_bank(&context.store, &offer.to)? {
        return Ok(());
    }
    let funding = Funding {
        bank: &offer.to,
        debtor: &receivable.debtor,
        minor: claim.outstanding_minor,
    };
    let currency = money(receivable, 0).currency;
    policy.check_exposure(context, &claim.controller, &currency, &[funding])
}

/// What accepting a claim costs; nothing where it is not on offer.
pub(super) fn price(store: &Store<'_>, accept: &AcceptOffer) -> Result<Option<Money>, StateError> {
    let claim = claim(store, &accept.receivable, accept.number)?;
    Ok(match claim.as_ref().and_then(burden) {
        Some(Burden::Offered(offer)) => offer.price.clone(),
        _ => None,
    })
}

/// Pays an offer's price.
fn pay(
    context: &mut Context<'_>,
    payee: &str,
    offer: &Offer,
    price: &Money,
    end_to_end_id: &str,
) -> Result<(), Failure> {
    let payment = Payment {
        issuer: &offer.issuer,
        payer: &offer.to,
        instructed: price,
        legs: &BTreeMap::from([(payee.to_owned(), price.minor)]),
        end_to_end_id,
    };
    cash::check_free(context, &offer.to, (&offer.issuer, &price.currency))?;
    cash::check_end_to_end_id(&context.store, &offer.to, end_to_end_id)
        .and_then(|()| payment.check_funds(context))
        .map_err(|fault| fault.under::<RejectionCode>())?;

    Ok(payment.make(context)?)
}

pub(super) fn decline(context: &mut Context<'_>, decline: &DeclineOffer) -> Result<(), Failure> {
    let claim = find(&context.store, &decline.receivable, decline.number)?;
    let offer = offer_of(&claim)?;
    check_recipient_of(context, &offer)?;

    let event = OfferDeclined {
        receivable: claim.receivable.clone(),
        number: claim.number,
        from: claim.controller.clone(),
        to: offer.to,
    };
    end(context, claim, Kind::Declined(event.clone()), &event.to);
    Ok(())
}

pub(super) fn expire(context: &mut Context<'_>, expire: &ExpireOffer) -> Result<(), Failure> {
    let claim = find(&context.store, &expire.receivable, expire.number)?;
    let offer = offer_of(&claim)?;
    let caller = &context.caller.id;
    if *caller != claim.controller && *caller != offer.to {
        let message = "the offer is between two others";
        return Err(reject(RejectionCode::NotAParty, message));
    }
    let last = last_day(context, &claim, &offer)?;
    if context.ledger_date <= last {
        let message = format!("the offer stands until the end of {last}");
        return Err(reject(RejectionCode::OfferNotExpired, message));
    }

    let event = OfferExpired {
        receivable: claim.receivable.clone(),
        number: claim.number,
        from: claim.controller.clone(),
        to: offer.to,
    };
    end(context, claim, Kind::Expired(event.clone()), &event.to);
    Ok(())
}

/// Frees a claim from its offer.
fn end(context: &mut Context<'_>, claim: Claim, event: Kind, to: &str) {
    let controller = claim.controller.clone();
    put_claim(&mut context.store, &encumber(claim, None));
    emit(context, &[&controller, to], event);
}

fn offer_of(claim: &Claim) -> Result<Offer, Failure> {
    match burden(claim) {
        Some(Burden::Offered(offer)) => Ok(offer.clone()),
        _ => Err(reject(
            RejectionCode::NotOffered,
            "the claim is not on offer",
        )),
    }
}

fn check_recipient_of(context: &Context<'_>, offer: &Offer) -> Result<(), Failure> {
    if offer.to == context.caller.id {
        return Ok(());
    }
    let message = "the claim is offered to another organization";
    Err(reject(RejectionCode::NotTheRecipient, message))
}
