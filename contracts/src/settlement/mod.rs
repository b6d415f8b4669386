//! Contract 7, settlement: debtors pay, and what is not paid is reported (specification 6.4, 6.5).

mod errors;
mod events;
mod payments;
mod reports;

use counterfoil_proto::settlement::v1::{Action, action};
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Context, Contract, Failure, reject};

pub struct Settlement;

impl Contract for Settlement {
    const NUMBER: u32 = counterfoil_types::transaction::contract::SETTLEMENT;
    const NAME: &'static str = "settlement";
    type Action = Action;

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
