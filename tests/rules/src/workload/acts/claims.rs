//! Actions on claims.

use counterfoil_proto::receivable::v1::action::Action as Kind;
use counterfoil_proto::receivable::v1::{
    AcceptOffer, Action, DeclineOffer, ExpireOffer, GiveGuarantee, GiveNotice, MergeClaims,
    OfferClaim, Purpose, Recourse, RecourseLimit, SplitClaim,
};

use super::{ISSUER, RECIPIENT, TODAY, usd};
use crate::model::Act;
use crate::model::arithmetic::date;

fn act(kind: Kind) -> Act {
    Act::Receivable(Action { action: Some(kind) })
}

pub fn split(receivable: &[u8], number: u32, parts: &[u64]) -> Act {
    act(Kind::Split(SplitClaim {
        receivable: receivable.to_vec(),
        number,
        parts_minor: parts.to_vec(),
    }))
}

pub fn merge(receivable: &[u8], numbers: &[u32]) -> Act {
    act(Kind::Merge(MergeClaims {
        receivable: receivable.to_vec(),
        numbers: numbers.to_vec(),
    }))
}

/// Offers a claim in payment.
pub fn offer(receivable: &[u8], number: u32, to: &str, last_day: i64) -> Act {
    act(Kind::Offer(OfferClaim {
        receivable: receivable.to_vec(),
        number,
        to: to.into(),
        purpose: Purpose::Payment.into(),
        price: None,
        expires_on: Some(date(last_day)),
        issuer: String::new(),
        recourse: Recourse::None.into(),
        recourse_limit: None,
    }))
}

/// Offers a claim in payment, with recourse: up to a cap and a day, or in full.
pub fn offer_with_recourse(
    receivable: &[u8],
    number: u32,
    to: &str,
    limit: Option<(u64, i64)>,
) -> Act {
    let Act::Receivable(Action {
        action: Some(Kind::Offer(offer)),
    }) = offer(receivable, number, to, TODAY)
    else {
        unreachable!("an offer")
    };
    act(Kind::Offer(OfferClaim {
        recourse: match limit {
            Some(_) => Recourse::Limited.into(),
            None => Recourse::Full.into(),
        },
        recourse_limit: limit.map(|(cap_minor, last)| RecourseLimit {
            cap_minor,
            expires_on: Some(date(last)),
        }),
        ..offer
    }))
}

/// Guarantees the seller's claim.
pub fn guarantee(receivable: &[u8], number: u32, controller: &str, cap_minor: u64) -> Act {
    act(Kind::GiveGuarantee(GiveGuarantee {
        receivable: receivable.to_vec(),
        number,
        controller: controller.into(),
        cap: usd(cap_minor),
        expires_on: None,
    }))
}

pub fn notice(receivable: &[u8], number: u32, undertaking: &[u8]) -> Act {
    act(Kind::GiveNotice(GiveNotice {
        receivable: receivable.to_vec(),
        number,
        undertaking: undertaking.to_vec(),
    }))
}

/// Offers a claim to the recipient for a price.
pub fn sell(receivable: &[u8], number: u32, price: u64, last_day: i64) -> Act {
    act(Kind::Offer(OfferClaim {
        receivable: receivable.to_vec(),
        number,
        to: RECIPIENT.into(),
        purpose: Purpose::Sale.into(),
        price: usd(price),
        expires_on: Some(date(last_day)),
        issuer: ISSUER.into(),
        recourse: Recourse::None.into(),
        recourse_limit: None,
    }))
}

/// Takes a claim, where there is a price with a payment of this name.
pub fn accept(receivable: &[u8], number: u32, end_to_end_id: &str) -> Act {
    act(Kind::Accept(AcceptOffer {
        receivable: receivable.to_vec(),
        number,
        end_to_end_id: end_to_end_id.into(),
    }))
}

pub fn decline(receivable: &[u8], number: u32) -> Act {
    act(Kind::Decline(DeclineOffer {
        receivable: receivable.to_vec(),
        number,
    }))
}

pub fn expire_offer(receivable: &[u8], number: u32) -> Act {
    act(Kind::Expire(ExpireOffer {
        receivable: receivable.to_vec(),
        number,
    }))
}
