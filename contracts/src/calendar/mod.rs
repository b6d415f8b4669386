//! Contract 9, calendar: the ledger's date (specification 2.2), and which days are business days (specification 2.3).

mod actions;
pub mod api;
mod errors;
mod keys;

use counterfoil_proto::calendar::v1::{Action, action};
use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Calendar;

impl Contract for Calendar {
    const NUMBER: u32 = counterfoil_types::transaction::contract::CALENDAR;
    const NAME: &'static str = "calendar";
    type Action = Action;

    fn authority(_: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        Ok(action.action.as_ref().map(|action| match action {
            action::Action::Roll(_) => Authority::of(ActionClass::Roll),
            action::Action::Publish(_) => Authority::of(ActionClass::Administration),
        }))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        match action.action {
            Some(action::Action::Roll(roll)) => actions::roll(context, &roll),
            Some(action::Action::Publish(publish)) => actions::publish(context, publish),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
