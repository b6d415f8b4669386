//! Contract 1, membership: organizations, their roles and accounts, whose signatures an action
//! needs and how they are collected, and what the operators decide together (specification 1).

mod accounts;
mod activations;
pub mod api;
mod authority;
mod decisions;
mod errors;
mod events;
mod keys;
mod outcomes;
mod proposals;

use counterfoil_proto::membership::v1::{Action, ActionClass, action};
use counterfoil_proto::v1::KernelRejectionCode;

use crate::kernel::{Authority, Context, Contract, Failure, StateError, reject};

pub struct Membership;

impl Contract for Membership {
    const NUMBER: u32 = counterfoil_types::transaction::contract::MEMBERSHIP;
    const NAME: &'static str = "membership";
    type Action = Action;

    fn since(action: &Action) -> u32 {
        activations::since(action)
    }

    fn authority(context: &Context<'_>, action: &Action) -> Result<Option<Authority>, StateError> {
        use action::Action::*;
        let administration = Authority::of(ActionClass::Administration);
        Ok(match &action.action {
            // They collect signatures, and so ask for them themselves.
            None | Some(Propose(_) | Approve(_)) => None,
            // It takes something back.
            Some(EndProposal(_)) => Some(Authority::of(ActionClass::Register).discharging()),
            Some(Consent(consent)) => proposals::authority_of(context, &consent.proposal)?,
            Some(ChangeAccounts(_) | SetApprovalRule(_) | Leave(_)) => {
                Some(administration.discharging())
            }
            Some(ProposeDecision(_) | Vote(_)) => Some(administration),
        })
    }

    fn execute(context: &mut Context<'_>, action: Action) -> Result<(), Failure> {
        use action::Action::*;
        match action.action {
            Some(Propose(propose)) => proposals::propose(context, propose),
            Some(Approve(approve)) => proposals::approve(context, &approve),
            Some(Consent(consent)) => proposals::consent(context, &consent),
            Some(EndProposal(end)) => proposals::end(context, &end),
            Some(ChangeAccounts(change)) => accounts::change(context, change),
            Some(SetApprovalRule(rule)) => accounts::set_rule(context, rule),
            Some(Leave(_)) => accounts::leave(context),
            Some(ProposeDecision(propose)) => decisions::propose(context, propose),
            Some(Vote(vote)) => decisions::vote(context, &vote),
            None => Err(reject(
                KernelRejectionCode::MalformedAction,
                "the action names none",
            )),
        }
    }
}
