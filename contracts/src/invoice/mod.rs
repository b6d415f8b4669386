//! Contract 4, invoice: registration with its fingerprints, proposals, the buyer's answer, conditions
//! (specification 3), credit notes and disputes (specification 6.7, 6.8).

mod answers;
pub mod api;
mod collisions;
mod conditions;
mod credits;
mod details;
mod disputes;
mod errors;
mod events;
mod fingerprints;
mod keys;
mod policy;
mod proposals;
mod registration;

use counterfoil_proto::invoice::v1::{Action, Ruling, action};
use counterfoil_proto::membership::v1::ActionClass;
use counterfoil_proto::v1::{KernelRejectionCode, Money};

use self::keys::INVOICES;
use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Invoices;

impl Contract for Invoices {
    const NUMBER: u32 = counterfoil_types::transaction::contract::INVOICE;
    const NAME: &'static str = "invoice";
    type Action = Action;

    fn authority(context: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        use ActionClass as Class;
        use action::Action::*;
        let Some(action) = &action.action else {
            return Ok(None);
        };
        Ok(Some(match action {
            Register(register) => Authority::of(Class::Register).over(register.gross.clone()),
            Propose(propose) => {
                let invoice = propose.invoice.as_ref();
                Authority::of(Class::Register).over(invoice.and_then(|i| i.gross.clone()))
            }
            AcceptProposal(accept) => {
                let invoice = INVOICES.get(&context.store, &[&accept.invoice])?;
                Authority::of(Class::Register).over(invoice.and_then(|i| i.gross))
            }
            Withdraw(_) | TakeBackProposal(_) => Authority::of(Class::Register).discharging(),
            Query(_) | ResolveQuery(_) | Reject(_) | DeclineProposal(_) | RefuseConditions(_)
            | ExpireConditions(_) => Authority::of(Class::Answer).discharging(),
            Confirm(confirm) => Authority::of(Class::Confirm).over(confirm.amount.clone()),
            ConfirmConditionally(confirm) => {
                Authority::of(Class::Confirm).over(confirm.amount.clone())
            }
            // The rest of the invoice is given up, but a receivable begins.
            AcceptConditions(accept) => Authority::of(Class::Release).over(accept.amount.clone()),
            Credit(credit) => {
                let amount = credit.amount.clone();
                Authority::of(Class::Release).over(amount).discharging()
            }
            OpenDispute(_) => Authority::of(Class::Answer),
            RuleOnDispute(rule) => Authority::of(Class::Rule).over(upheld(rule.ruling.as_ref())),
            EndDispute(end) => {
                let amount = upheld(end.ruling.as_ref());
                Authority::of(Class::Release).over(amount).discharging()
            }
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
            Some(Propose(propose)) => proposals::propose(context, propose),
            Some(AcceptProposal(accept)) => proposals::accept(context, accept),
            Some(DeclineProposal(decline)) => proposals::decline(context, decline),
            Some(TakeBackProposal(take_back)) => proposals::take_back(context, &take_back),
            Some(ConfirmConditionally(confirm)) => conditions::confirm(context, confirm),
            Some(AcceptConditions(accept)) => conditions::accept(context, &accept),
            Some(RefuseConditions(refuse)) => conditions::refuse(context, refuse),
            Some(ExpireConditions(expire)) => conditions::expire(context, &expire),
            Some(Credit(credit)) => credits::credit(context, credit),
            Some(OpenDispute(open)) => disputes::open(context, open),
            Some(RuleOnDispute(rule)) => disputes::rule(context, rule),
            Some(EndDispute(end)) => disputes::agree(context, end),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}

/// The sum that a ruling is over; none where it dismisses.
fn upheld(ruling: Option<&Ruling>) -> Option<Money> {
    ruling.and_then(|ruling| ruling.amount.clone())
}
