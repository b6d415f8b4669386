//! Contract 5, receivable: what a confirmed invoice's buyer owes, and the claims to it
//! (specification 4), with what others undertake to pay of them (5.6). Invoice opens one, financing locks, sells
//! and pledges its claims, settlement pays them.

pub mod api;
mod claims;
mod credits;
mod defaults;
mod division;
mod errors;
mod events;
mod keys;
mod offers;
mod payments;
mod recoveries;
mod terms;
mod undertakings;

use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::receivable::v1::{Action, action};
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Receivables;

impl Contract for Receivables {
    const NUMBER: u32 = counterfoil_types::transaction::contract::RECEIVABLE;
    const NAME: &'static str = "receivable";
    type Action = Action;

    fn authority(context: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        use ActionClass as Class;
        use action::Action::*;
        let Some(action) = &action.action else {
            return Ok(None);
        };
        Ok(Some(match action {
            Split(_) | Merge(_) => Authority::of(Class::Split),
            Offer(_) => Authority::of(Class::Transfer),
            Accept(accept) => match offers::price(&context.store, accept)? {
                None => Authority::of(Class::Transfer),
                price => Authority::of(Class::Pay).over(price),
            },
            Decline(_) | Expire(_) => Authority::of(Class::Transfer).discharging(),
            GiveGuarantee(give) => Authority::of(Class::Guarantee).over(give.cap.clone()),
            GiveNotice(_) => Authority::of(Class::Report).discharging(),
        }))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Split(split)) => division::split(context, &split),
            Some(Merge(merge)) => division::merge(context, &merge),
            Some(Offer(offer)) => offers::offer(context, offer),
            Some(Accept(accept)) => offers::accept(context, &accept),
            Some(Decline(decline)) => offers::decline(context, &decline),
            Some(Expire(expire)) => offers::expire(context, &expire),
            Some(GiveGuarantee(give)) => undertakings::guarantee(context, give),
            Some(GiveNotice(notice)) => undertakings::notice(context, &notice),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
