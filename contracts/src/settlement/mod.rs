//! Contract 7, settlement: debtors pay (specification 6.4).

mod actions;
mod errors;

use counterfoil_proto::settlement::v1::{Action, action};
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Context, Contract, Failure, reject};

pub struct Settlement;

impl Contract for Settlement {
    const NUMBER: u32 = counterfoil_types::transaction::contract::SETTLEMENT;
    const NAME: &'static str = "settlement";
    type Action = Action;

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        match action.action {
            Some(action::Action::Settle(settle)) => actions::settle(context, settle),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
