//! Contract 4, invoice: registration with its fingerprints, and the buyer's
//! answer (specification 3).

mod answers;
pub mod api;
mod errors;
mod events;
mod fingerprints;
mod keys;
mod number;
mod registration;

use counterfoil_proto::invoice::v1::{Action, action};
use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Invoices;

impl Contract for Invoices {
    const NUMBER: u32 = counterfoil_types::transaction::contract::INVOICE;
    const NAME: &'static str = "invoice";
    type Action = Action;

    fn authority(_: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        use ActionClass as Class;
        use action::Action::*;
        Ok(action.action.as_ref().map(|action| match action {
            Register(register) => Authority::of(Class::Register).over(register.gross.clone()),
            Withdraw(_) => Authority::of(Class::Register).discharging(),
            Query(_) | ResolveQuery(_) | Reject(_) => Authority::of(Class::Answer).discharging(),
            Confirm(confirm) => Authority::of(Class::Confirm).over(confirm.amount.clone()),
        }))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Register(register)) => registration::register(context, register),
            Some(Query(query)) => answers::query(context, query),
            Some(ResolveQuery(resolve)) => answers::resolve_query(context, resolve),
            Some(Confirm(confirm)) => answers::confirm(context, &confirm),
            Some(Reject(reject)) => answers::reject_invoice(context, reject),
            Some(Withdraw(withdraw)) => answers::withdraw(context, &withdraw),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
