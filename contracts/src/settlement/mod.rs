//! Contract 7, settlement: debtors pay, in deposits or over the external rail, what is not paid is reported, and
//! endorsers and guarantors pay in the debtor's place (specification 6.3 to 6.6).

mod errors;
mod events;
mod external;
mod fees;
mod payments;
mod recoveries;
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
                .over(fees::with_fees(settle))
                .discharging(),
            InstructPayment(instruct) => Authority::of(Class::Pay)
                .over(instruct.amount.clone())
                .discharging(),
            Honour(honour) => Authority::of(Class::Pay)
                .over(honour.amount.clone())
                .discharging(),
            ConfirmPayment(_) => Authority::of(Class::Attest).discharging(),
            CancelPayment(_) => Authority::of(Class::Release).discharging(),
            RulePayment(_) => Authority::of(Class::Rule).discharging(),
            TimeOutPayment(_) => Authority::of(Class::Report).discharging(),
            ReportOverdue(_) | ReportDefault(_) => Authority::of(Class::Report).discharging(),
        }))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Settle(settle)) => payments::settle(context, settle),
            Some(Honour(honour)) => recoveries::honour(context, honour),
            Some(InstructPayment(instruct)) => external::instruct(context, instruct),
            Some(ConfirmPayment(confirm)) => external::confirm(context, &confirm),
            Some(CancelPayment(cancel)) => external::cancel(context, &cancel),
            Some(RulePayment(ruling)) => external::rule(context, &ruling),
            Some(TimeOutPayment(time_out)) => external::time_out(context, &time_out),
            Some(ReportOverdue(report)) => reports::overdue(context, &report),
            Some(ReportDefault(report)) => reports::default(context, &report),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
