//! Contract 8, credit: each organization's history in an unbroken sequence, and the profile that adds it up
//! (specification 8.1). The formula is `counterfoil_types::profile`, which readers recompute by, too. Its actions say who
//! else may read them.

pub mod api;
mod errors;
mod history;
mod keys;
mod shares;

use counterfoil_proto::credit::v1::{Action, action};
use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Credit;

impl Contract for Credit {
    const NUMBER: u32 = counterfoil_types::transaction::contract::CREDIT;
    const NAME: &'static str = "credit";
    type Action = Action;

    fn authority(_: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        use action::Action::*;
        Ok(action.action.as_ref().map(|action| match action {
            // What was read once is known for good: two decide on it, as on whatever else the organization is to others.
            Share(_) => Authority::of(ActionClass::Administration),
            // It takes something back, which one alone does fastest.
            Unshare(_) => Authority::of(ActionClass::Register).discharging(),
        }))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Share(share)) => shares::share(context, share),
            Some(Unshare(unshare)) => shares::unshare(context, &unshare),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
