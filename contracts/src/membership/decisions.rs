//! What the operators decide together: proposed by one, carried out once more than two thirds
//! of the active ones are for it (specification 1.5).

use counterfoil_proto::membership::v1::event::Event as Kind;
use counterfoil_proto::membership::v1::{
    DecisionCarriedOut, DecisionProposed, DecisionState, DecisionVoted, ProposeDecision,
    ProposedDecision, RejectionCode, Role, Vote,
};
use counterfoil_proto::v1::KernelRejectionCode;
use counterfoil_types::ids::DecisionId;
use counterfoil_types::limits::MAX_PROPOSAL_DAYS;
use counterfoil_types::transaction::decision_hash;

use super::api::has_role;
use super::events::emit;
use super::keys::{DECISIONS, roster};
use super::outcomes::{self, subject};
use crate::kernel::{Context, Failure, StateError, reject, stored_date};

pub(super) fn propose(context: &mut Context<'_>, propose: ProposeDecision) -> Result<(), Failure> {
    check_operator(context)?;
    let decision = propose.decision.unwrap_or_default();
    let Some(outcome) = &decision.decision else {
        return Err(reject(
            RejectionCode::NoDecision,
            "say what is to be decided",
        ));
    };
    if !context.is_within(propose.expires_on, MAX_PROPOSAL_DAYS) {
        let today = context.ledger_date;
        let message =
            format!("the last day for votes is {today} or up to {MAX_PROPOSAL_DAYS} days later");
        return Err(reject(RejectionCode::InvalidExpiry, message));
    }
    outcomes::check(context, outcome)?;

    let hash = decision_hash(&decision);
    let proposed = ProposedDecision {
        id: DecisionId::of(context.tx_id).to_vec(),
        decision: Some(decision),
        decision_hash: hash.to_vec(),
        proposed_by: context.caller.id.clone(),
        votes: vec![context.caller.id.clone()],
        expires_on: propose.expires_on,
        state: DecisionState::Open.into(),
    };
    let event = DecisionProposed {
        decision: proposed.id.clone(),
        by: proposed.proposed_by.clone(),
        decision_hash: proposed.decision_hash.clone(),
        expires_on: proposed.expires_on,
    };
    tell(context, &proposed, Kind::DecisionProposed(event))?;
    advance(context, proposed)
}

pub(super) fn vote(context: &mut Context<'_>, vote: &Vote) -> Result<(), Failure> {
    check_operator(context)?;
    let mut proposed = DECISIONS
        .get(&context.store, &[&vote.decision])?
        .ok_or_else(|| reject(RejectionCode::UnknownDecision, "no decision has this id"))?;
    if proposed.state() != DecisionState::Open {
        let message = "the decision is carried out already";
        return Err(reject(RejectionCode::DecisionClosed, message));
    }
    let last = stored_date("membership/decision", proposed.expires_on)?;
    if context.ledger_date > last {
        let message = format!("the last day for votes was {last}");
        return Err(reject(RejectionCode::DecisionExpired, message));
    }
    if vote.decision_hash != proposed.decision_hash {
        let message = "the hash is not that of the decision";
        return Err(reject(RejectionCode::DecisionDiffers, message));
    }
    let caller = context.caller.id.clone();
    if proposed.votes.contains(&caller) {
        let message = format!("{caller} has voted for it already");
        return Err(reject(RejectionCode::AlreadyVoted, message));
    }

    proposed.votes.push(caller.clone());
    proposed.votes.sort();
    let event = DecisionVoted {
        decision: proposed.id.clone(),
        by: caller,
    };
    tell(context, &proposed, Kind::DecisionVoted(event))?;
    advance(context, proposed)
}

fn check_operator(context: &Context<'_>) -> Result<(), Failure> {
    if has_role(&context.caller, Role::Operator) {
        return Ok(());
    }
    let message = "only operators decide for the consortium";
    Err(reject(RejectionCode::WrongRole, message))
}

/// Keeps a decision, or carries it out if more than two thirds of the active operators are for it.
fn advance(context: &mut Context<'_>, mut proposed: ProposedDecision) -> Result<(), Failure> {
    let operators = roster(&context.store)?.operators;
    if !carries(&operators, |operator| proposed.votes.contains(operator)) {
        DECISIONS.put(&mut context.store, &[&proposed.id], &proposed);
        return Ok(());
    }
    let decided = proposed.decision.clone().unwrap_or_default().decision;
    let outcome =
        decided.ok_or_else(|| StateError::corrupt("membership/decision", "it decides nothing"))?;
    outcomes::check(context, &outcome)?;

    proposed.state = DecisionState::CarriedOut.into();
    DECISIONS.put(&mut context.store, &[&proposed.id], &proposed);
    let event = DecisionCarriedOut {
        decision: proposed.id.clone(),
    };
    tell(context, &proposed, Kind::DecisionCarriedOut(event))?;
    Ok(outcomes::carry_out(context, outcome)?)
}

/// Whether more than two thirds of the active operators are for something.
fn carries(operators: &[String], is_for_it: impl Fn(&String) -> bool) -> bool {
    let votes = operators.iter().filter(|id| is_for_it(id)).count();
    3 * votes > 2 * operators.len()
}

/// Rejects unless more than two thirds of the active operators sign an action, by its caller and those that consent to it.
pub fn check_consortium(context: &Context<'_>) -> Result<(), Failure> {
    let operators = roster(&context.store)?.operators;
    if carries(&operators, |operator| context.is_signed_by(operator)) {
        return Ok(());
    }
    let message = format!(
        "more than two thirds of the {} active operators must sign this: make it a proposal that asks for the \
         others' consents",
        operators.len()
    );
    Err(reject(KernelRejectionCode::ConsentLacking, message))
}

/// Tells the active operators, and whom the decision is about.
fn tell(
    context: &mut Context<'_>,
    proposed: &ProposedDecision,
    kind: Kind,
) -> Result<(), StateError> {
    let operators = roster(&context.store)?.operators;
    let operators = operators.iter().map(String::as_str);
    emit(context, operators.chain(subject(proposed)), kind);
    Ok(())
}
