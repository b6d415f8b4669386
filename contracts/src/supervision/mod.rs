//! Contract 2, supervision: policy packs and freezes (specification 7). Those that stand after it ask what the pack in
//! force forbids and what is frozen; what is paid on it, cash keeps in suspense.

pub mod api;
mod errors;
mod events;
mod exposures;
mod freezes;
mod keys;
mod packs;
mod policy;

use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::supervision::v1::{Action, action};
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Supervision;

impl Contract for Supervision {
    const NUMBER: u32 = counterfoil_types::transaction::contract::SUPERVISION;
    const NAME: &'static str = "supervision";
    type Action = Action;

    fn authority(_: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        let supervise = Authority::of(ActionClass::Supervise);
        Ok(action.action.as_ref().map(|_| supervise))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(PublishPack(publish)) => packs::publish(context, publish),
            Some(Freeze(freeze)) => freezes::freeze(context, freeze),
            Some(Release(release)) => freezes::release(context, &release),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
