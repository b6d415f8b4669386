//! Contract 3, cash: deposits that banks issue, holders pass on, and banks redeem, payments that banks
//! make outside of the ledger (specification 6.1 to 6.3), and what waits in suspense (7.2).

mod acceptance;
mod actions;
pub mod api;
mod errors;
mod events;
mod keys;
mod payments;
mod redemptions;
mod suspense;

use counterfoil_proto::cash::v1::{Action, action};
use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Cash;

impl Contract for Cash {
    const NUMBER: u32 = counterfoil_types::transaction::contract::CASH;
    const NAME: &'static str = "cash";
    type Action = Action;

    fn authority(context: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        use ActionClass as Class;
        use action::Action::*;
        let Some(action) = &action.action else {
            return Ok(None);
        };
        Ok(Some(match action {
            Issue(issue) => Authority::of(Class::Issue).over(issue.amount.clone()),
            Transfer(transfer) => {
                Authority::of(Class::TransferDeposit).over(transfer.amount.clone())
            }
            RequestRedemption(request) => Authority::of(Class::Redeem)
                .over(request.amount.clone())
                .discharging(),
            ConfirmRedemption(confirm) => {
                let holder = &context.caller.id;
                let amount = redemptions::amount(&context.store, holder, &confirm.end_to_end_id)?;
                Authority::of(Class::Redeem).over(amount).discharging()
            }
            DeclineRedemption(decline) => {
                let id = &decline.end_to_end_id;
                let amount = redemptions::amount(&context.store, &decline.holder, id)?;
                Authority::of(Class::Redeem).over(amount).discharging()
            }
            AcceptIssuers(_) => Authority::of(Class::Administration),
            CollectSuspense(collect) => {
                let amount = suspense::amount(&context.store, &collect.suspense)?;
                Authority::of(Class::Redeem).over(amount).discharging()
            }
            RuleOnSuspense(rule) => {
                let amount = suspense::amount(&context.store, &rule.suspense)?;
                Authority::of(Class::Supervise).over(amount)
            }
            AssertPayment(_) | ContestPayment(_) => Authority::of(Class::Attest).discharging(),
        }))
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Issue(issue)) => actions::issue(context, issue),
            Some(Transfer(transfer)) => actions::transfer(context, transfer),
            Some(RequestRedemption(request)) => redemptions::request(context, request),
            Some(ConfirmRedemption(confirm)) => redemptions::confirm(context, &confirm),
            Some(DeclineRedemption(decline)) => redemptions::decline(context, decline),
            Some(AcceptIssuers(accept)) => acceptance::accept(context, accept),
            Some(AssertPayment(assert)) => payments::assert(context, assert),
            Some(ContestPayment(contest)) => payments::contest(context, contest),
            Some(CollectSuspense(collect)) => suspense::collect(context, &collect),
            Some(RuleOnSuspense(rule)) => suspense::rule(context, rule),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
