//! Collecting signatures on the ledger: approvals of an organization's own accounts, and the consent of
//! other organizations to one action (specification 1.4).

use std::collections::BTreeSet;

use counterfoil_proto::membership::v1::action::Action as Own;
use counterfoil_proto::membership::v1::event::Event as Kind;
use counterfoil_proto::membership::v1::{
    Action, Approve, Approved, CarriedOut, Consent, Consented, EndProposal, Organization, Proposal,
    ProposalEnded, ProposalState, Propose, Proposed, RejectionCode,
};
use counterfoil_proto::v1::KernelRejectionCode;
use counterfoil_types::approvals::{approvals_needed, live_account, may, permissions};
use counterfoil_types::ids::ProposalId;
use counterfoil_types::limits::{MAX_CONSENTS, MAX_PROPOSAL_DAYS};
use counterfoil_types::strict;

use super::Membership;
use super::api::organization;
use super::authority::{approvals_given, check_status};
use super::events::emit;
use super::keys::PROPOSALS;
use crate::kernel::{
    Authority, Context, Contract as _, Failure, Rejection, StateError, reject, stored_date,
};

pub(super) fn propose(context: &mut Context<'_>, propose: Propose) -> Result<(), Failure> {
    let authority = authority_to_propose(context, propose.contract, &propose.action)?;
    check_consenting(context, &propose)?;
    let Context {
        caller,
        signers,
        block,
        ..
    } = &*context;
    approvals_given(caller, signers, authority.class, block.height)?;
    check_status(caller, &authority)?;
    check_consents_of(context, &propose.consents_of)?;
    let today = context.ledger_date;
    if !context.is_within(propose.expires_on, MAX_PROPOSAL_DAYS) {
        let message =
            format!("a proposal's last day is {today} or up to {MAX_PROPOSAL_DAYS} days later");
        return Err(reject(RejectionCode::InvalidDate, message));
    }

    let id = ProposalId::of(context.tx_id);
    let proposal = Proposal {
        id: id.to_vec(),
        organization: context.caller.id.clone(),
        contract: propose.contract,
        action_hash: id.action_hash(propose.contract, &propose.action).to_vec(),
        action: propose.action,
        action_class: authority.class.into(),
        signers: context.signers.clone(),
        consents_of: propose.consents_of,
        consented: Vec::new(),
        proposed_on: Some(today.to_proto()),
        expires_on: propose.expires_on,
        state: ProposalState::Open.into(),
    };
    let event = Proposed {
        proposal: proposal.id.clone(),
        organization: proposal.organization.clone(),
        action_hash: proposal.action_hash.clone(),
        consents_of: proposal.consents_of.clone(),
        expires_on: proposal.expires_on,
    };
    emit(context, parties(&proposal), Kind::Proposed(event));
    advance(context, proposal, &authority)
}

/// What an action that is proposed needs of its signers.
fn authority_to_propose(
    context: &Context<'_>,
    contract: u32,
    action: &[u8],
) -> Result<Authority, Failure> {
    let authority = (context.contracts.authority)(context, contract, action)?;
    let ends_one = matches!(own_action(contract, action), Some(Own::EndProposal(_)));
    if let Some(authority) = authority.filter(|_| !ends_one) {
        return Ok(authority);
    }
    let message = "what collects signatures itself, or ends that, is not proposed";
    Err(reject(RejectionCode::CannotBeProposed, message))
}

/// Checks that a consent that is proposed for approval is not to another consent, so that no chain of
/// proposals carries itself out.
fn check_consenting(context: &Context<'_>, propose: &Propose) -> Result<(), Failure> {
    let Some(consent) = consent_in(propose.contract, &propose.action) else {
        return Ok(());
    };
    let proposal = find(context, &consent.proposal)?;
    if propose.consents_of.is_empty() && consent_in(proposal.contract, &proposal.action).is_none() {
        return Ok(());
    }
    let message =
        "a consent is proposed to an organization's own accounts, and is no consent to a consent";
    Err(reject(RejectionCode::CannotBeProposed, message))
}

/// The consent that an action is, if it is one.
fn consent_in(contract: u32, action: &[u8]) -> Option<Consent> {
    match own_action(contract, action)? {
        Own::Consent(consent) => Some(consent),
        _ => None,
    }
}

/// An action of this contract.
fn own_action(contract: u32, action: &[u8]) -> Option<Own> {
    let own = contract == Membership::NUMBER;
    own.then(|| strict::decode::<Action>(action).ok()?.action)?
}

fn check_consents_of(context: &Context<'_>, consents_of: &[String]) -> Result<(), Failure> {
    let invalid = |message: String| Err(reject(RejectionCode::InvalidConsents, message));
    if consents_of.len() > MAX_CONSENTS || !consents_of.is_sorted_by(|a, b| a < b) {
        return invalid(format!(
            "ask at most {MAX_CONSENTS} organizations, in ascending order"
        ));
    }
    for id in consents_of {
        if *id == context.caller.id || organization(&context.store, id)?.is_none() {
            return invalid(format!("{id:?} is not another organization"));
        }
    }
    Ok(())
}

pub(super) fn approve(context: &mut Context<'_>, approve: &Approve) -> Result<(), Failure> {
    let mut proposal = find(context, &approve.proposal)?;
    if proposal.organization != context.caller.id {
        let message = "another organization proposed this; it may be asked for its consent alone";
        return Err(reject(RejectionCode::NotTheProposer, message));
    }
    check_open(context, &proposal, &approve.action_hash)?;
    let authority = authority_to_propose(context, proposal.contract, &proposal.action)?;
    let (_, permission) = permissions(authority.class);
    let Context {
        caller,
        signers,
        block,
        ..
    } = &*context;
    let may_approve = |signer: &Vec<u8>| {
        let account = live_account(caller, signer, block.height);
        account.is_some_and(|account| may(account, permission))
    };
    if !signers.iter().all(may_approve) {
        let message = "a signer may not approve this";
        return Err(reject(KernelRejectionCode::NotPermitted, message));
    }
    if signers
        .iter()
        .any(|signer| proposal.signers.contains(signer))
    {
        let message = "a signer has made or approved the proposal already";
        return Err(reject(RejectionCode::AlreadySigned, message));
    }

    proposal.signers.extend(signers.iter().cloned());
    proposal.signers.sort();
    let event = Approved {
        proposal: proposal.id.clone(),
        signers: context.signers.clone(),
    };
    emit(
        context,
        [proposal.organization.as_str()],
        Kind::Approved(event),
    );
    advance(context, proposal, &authority)
}

/// What consenting to a proposal needs of its signers: what its action would; and a right is given up by it.
pub(super) fn authority_of(
    context: &Context<'_>,
    proposal: &[u8],
) -> Result<Option<Authority>, StateError> {
    let Some(proposal) = PROPOSALS.get(&context.store, &[proposal])? else {
        return Ok(Some(Authority::of(Default::default()).discharging()));
    };
    let authority = (context.contracts.authority)(context, proposal.contract, &proposal.action);
    match authority {
        Ok(Some(authority)) => Ok(Some(authority.discharging())),
        Err(Failure::State(error)) => Err(error),
        Ok(None) | Err(Failure::Rejected(_)) => {
            Ok(Some(Authority::of(proposal.action_class()).discharging()))
        }
    }
}

pub(super) fn consent(context: &mut Context<'_>, consent: &Consent) -> Result<(), Failure> {
    let mut proposal = find(context, &consent.proposal)?;
    check_open(context, &proposal, &consent.action_hash)?;
    let caller = context.caller.id.clone();
    if !proposal.consents_of.contains(&caller) {
        let message = "the proposal does not ask for this organization's consent";
        return Err(reject(RejectionCode::NotAsked, message));
    }
    if proposal.consented.contains(&caller) {
        let message = format!("{caller} has consented already");
        return Err(reject(RejectionCode::AlreadyConsented, message));
    }
    let authority = authority_to_propose(context, proposal.contract, &proposal.action)?;

    proposal.consented.push(caller.clone());
    proposal.consented.sort();
    let event = Consented {
        proposal: proposal.id.clone(),
        organization: caller.clone(),
    };
    let concerned = [proposal.organization.as_str(), &caller];
    emit(context, concerned, Kind::Consented(event));
    advance(context, proposal, &authority)
}

pub(super) fn end(context: &mut Context<'_>, end: &EndProposal) -> Result<(), Failure> {
    let mut proposal = find(context, &end.proposal)?;
    let caller = context.caller.id.clone();
    if !parties(&proposal).any(|party| party == caller) {
        let message = "the proposal is neither this organization's nor asks for its consent";
        return Err(reject(RejectionCode::NotAParty, message));
    }
    check_state(&proposal)?;

    proposal.state = ProposalState::Ended.into();
    put(context, &proposal);
    let event = ProposalEnded {
        proposal: proposal.id.clone(),
        by: caller,
    };
    emit(context, parties(&proposal), Kind::ProposalEnded(event));
    Ok(())
}

/// Keeps a proposal, or carries its action out if nobody's signature is lacking any more.
fn advance(
    context: &mut Context<'_>,
    mut proposal: Proposal,
    authority: &Authority,
) -> Result<(), Failure> {
    let proposer = organization(&context.store, &proposal.organization)?
        .ok_or_else(|| StateError::corrupt("membership/proposal", "nobody proposed it"))?;
    let height = context.block.height;
    // Whoever has signed and acts no more does not count.
    let acts = |signer: &&Vec<u8>| live_account(&proposer, signer, height).is_some();
    let signers: Vec<Vec<u8>> = proposal.signers.iter().filter(acts).cloned().collect();
    let given = approvals_given(&proposer, &signers, authority.class, height)?;
    let needed = approvals_needed(
        &proposer,
        authority.class,
        authority.amount.as_ref(),
        height,
    );
    if given < needed || proposal.consented.len() < proposal.consents_of.len() {
        put(context, &proposal);
        return Ok(());
    }

    proposal.state = ProposalState::CarriedOut.into();
    put(context, &proposal);
    let event = CarriedOut {
        proposal: proposal.id.clone(),
    };
    emit(context, parties(&proposal), Kind::CarriedOut(event));
    carry_out(context, proposal, proposer, signers)
}

/// Runs the action as its organization, and gives the context back to whoever signed last.
fn carry_out(
    context: &mut Context<'_>,
    proposal: Proposal,
    proposer: Organization,
    signers: Vec<Vec<u8>>,
) -> Result<(), Failure> {
    let consents = BTreeSet::from_iter(proposal.consented);
    let caller = std::mem::replace(&mut context.caller, proposer);
    let signers = std::mem::replace(&mut context.signers, signers);
    let consents = std::mem::replace(&mut context.consents, consents);
    let done = (context.contracts.run)(context, proposal.contract, &proposal.action);
    done.map_err(|failure| match failure {
        // Its wording is for those who may read the proposer's records.
        Failure::Rejected(rejection) if caller.id != proposal.organization => {
            Failure::Rejected(Rejection {
                message: format!(
                    "the action that {} proposed would be rejected now",
                    proposal.organization
                ),
                first: String::new(),
                ..rejection
            })
        }
        failure => failure,
    })?;
    context.caller = caller;
    context.signers = signers;
    context.consents = consents;
    Ok(())
}

fn find(context: &Context<'_>, id: &[u8]) -> Result<Proposal, Failure> {
    PROPOSALS
        .get(&context.store, &[id])?
        .ok_or_else(|| reject(RejectionCode::UnknownProposal, "no proposal has this id"))
}

fn check_open(
    context: &Context<'_>,
    proposal: &Proposal,
    action_hash: &[u8],
) -> Result<(), Failure> {
    check_state(proposal)?;
    let last = stored_date("membership/proposal", proposal.expires_on)?;
    if context.ledger_date > last {
        let message = format!("the proposal's last day was {last}");
        return Err(reject(RejectionCode::ProposalExpired, message));
    }
    if action_hash != proposal.action_hash {
        let message = "the hash is not that of the proposal's action";
        return Err(reject(RejectionCode::HashDiffers, message));
    }
    Ok(())
}

fn check_state(proposal: &Proposal) -> Result<(), Failure> {
    if proposal.state() == ProposalState::Open {
        return Ok(());
    }
    let state = proposal.state().as_str_name();
    let state = state.strip_prefix("PROPOSAL_STATE_").unwrap_or(state);
    let message = format!("the proposal is closed: {state}");
    Err(reject(RejectionCode::ProposalClosed, message))
}

/// The organization that proposed, and those whose consent it asks.
fn parties(proposal: &Proposal) -> impl Iterator<Item = &str> {
    let asked = proposal.consents_of.iter().map(String::as_str);
    asked.chain([proposal.organization.as_str()])
}

fn put(context: &mut Context<'_>, proposal: &Proposal) {
    PROPOSALS.put(&mut context.store, &[&proposal.id], proposal);
}
