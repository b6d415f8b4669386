//! Contract 7, settlement: debtors pay, and what is not paid is reported (specification 6.4, 6.5).

mod errors;
mod events;
mod payments;
mod reports;

use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::settlement::v1::{Action, action};
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Settlement;

impl Contract for Settlement {
    const NUMBER: u32 = counterfoil_types::transaction::contract::SETTLEMENT;
    const NAME: &'static str = "settlement";
    type Action = Action;

    fn authority(_: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        use ActionClass as Class;
        use action::Action::*;
        Ok(action.action.as_ref().map(|action| match action {
            Settle(settle) => Authority::of(Class::Pay)
                .over(settle.amount.clone())
                .discharging(),
            ReportOverdue(_) | ReportDefault(_) => Authority::of(Class::Report).discharging(),
        }))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Settle(settle)) => payments::settle(context, settle),
            Some(ReportOverdue(report)) => reports::overdue(context, &report),
            Some(ReportDefault(report)) => reports::default(context, &report),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
