//! What a decision needs to be carried out, and what it changes (specification 1.1, 1.5).

use counterfoil_proto::membership::v1::decision::Decision as Outcome;
use counterfoil_proto::membership::v1::{
    Amendment, Organization, OrganizationStatus, ProposedDecision, RejectionCode, Role, Suspension,
};
use counterfoil_proto::v1::{ConsensusParams, ValidatorSet};
use counterfoil_types::approvals::rule_can_be_met;
use counterfoil_types::genesis::{organization_problem, params_problem, validator_set_problem};
use counterfoil_types::limits::MAX_ORGANIZATIONS;

use super::accounts::{has_a_checker, rule_problem};
use super::activations;
use super::api::{
    admit, enter, has_role, is_active, legal_fingerprints, organization, put_legal_ids,
};
use super::keys::{
    ACCOUNTS, LEGAL_IDENTITIES, change_settings, put_organization, put_roster, roster,
};
use crate::kernel::{Context, Failure, StateError, check_reason, reject};

/// Whom a decision is about, where it is about one organization.
pub fn subject(proposed: &ProposedDecision) -> Option<&str> {
    match proposed.decision.as_ref()?.decision.as_ref()? {
        Outcome::Admit(admitted) => Some(&admitted.id),
        Outcome::Suspend(suspension) => Some(&suspension.organization),
        Outcome::Reinstate(id) => Some(id),
        Outcome::Amend(amendment) => Some(&amendment.organization),
        Outcome::Validators(_)
        | Outcome::Params(_)
        | Outcome::Upgrade(_)
        | Outcome::RotateLedgerKey(_) => None,
    }
}

pub(super) fn check(context: &Context<'_>, outcome: &Outcome) -> Result<(), Failure> {
    match outcome {
        Outcome::Admit(admitted) => check_admission(context, admitted),
        Outcome::Suspend(suspension) => check_suspension(context, suspension),
        Outcome::Reinstate(id) => {
            find_in(context, id, OrganizationStatus::Suspended)?;
            Ok(())
        }
        Outcome::Amend(amendment) => check_amendment(context, amendment),
        Outcome::Validators(set) => check_validators(context, set),
        Outcome::Params(params) => check_params(params),
        Outcome::Upgrade(upgrade) => activations::check_upgrade(context, upgrade),
        Outcome::RotateLedgerKey(rotation) => activations::check_rotation(context, rotation),
    }
}

fn check_admission(context: &Context<'_>, admitted: &Organization) -> Result<(), Failure> {
    let invalid = |problem: String| Err(reject(RejectionCode::InvalidOrganization, problem));
    if let Some(problem) = organization_problem(admitted) {
        return invalid(problem);
    }
    if let Some(problem) = rule_problem(context.rules, &admitted.approval_rule) {
        return invalid(problem.to_owned());
    }
    let later = |height: &u64| *height != 0;
    let heights = admitted.accounts.iter();
    let mut heights = heights.flat_map(|account| [account.from_height, account.until_height]);
    if admitted.status() != OrganizationStatus::Active || heights.any(|height| later(&height)) {
        return invalid("it is admitted Active, its accounts without a height".to_owned());
    }
    let height = context.block.height + 1;
    if !rule_can_be_met(admitted, height) || !has_a_checker(context.rules, admitted, height) {
        return invalid("its accounts could not make and approve what is asked of them".to_owned());
    }
    let store = &context.store;
    if organization(store, &admitted.id)?.is_some() {
        let message = format!("the id {} is taken", admitted.id);
        return Err(reject(RejectionCode::IdTaken, message));
    }
    check_legal_ids(context, admitted)?;
    for account in &admitted.accounts {
        if ACCOUNTS.get(store, &[&account.public_key])?.is_some() {
            let message = "a key of it is, or was, an account already";
            return Err(reject(RejectionCode::KeyTaken, message));
        }
    }
    if roster(store)?.organizations as usize >= MAX_ORGANIZATIONS {
        let message = format!("{MAX_ORGANIZATIONS} organizations take part: no more are admitted");
        return Err(reject(RejectionCode::TooManyOrganizations, message));
    }
    Ok(())
}

/// Checks that no other organization is, or was, known by one of these legal ids.
fn check_legal_ids(context: &Context<'_>, organization: &Organization) -> Result<(), Failure> {
    for fingerprints in legal_fingerprints(context.rules, organization) {
        let known = fingerprints.find(&context.store, LEGAL_IDENTITIES)?;
        if known.is_some_and(|known| known.organization != organization.id) {
            let message =
                "its LEI or national id is another organization's: one legal entity has one id";
            return Err(reject(RejectionCode::LegalIdTaken, message));
        }
    }
    Ok(())
}

fn check_amendment(context: &Context<'_>, amendment: &Amendment) -> Result<(), Failure> {
    let invalid = |problem: String| Err(reject(RejectionCode::InvalidOrganization, problem));
    let before = find(context, &amendment.organization)?;
    if before.status() == OrganizationStatus::Left {
        return Err(wrong_status(&before, OrganizationStatus::Active));
    }
    let amended = amended(before.clone(), amendment);
    if let Some(problem) = organization_problem(&amended) {
        return invalid(problem);
    }
    let operator = i32::from(Role::Operator);
    let dropped = |role: &&i32| !amended.roles.contains(role) && **role != operator;
    if before.roles.iter().find(dropped).is_some() {
        return invalid("it keeps its roles, but for that of an operator".to_owned());
    }
    if !has_a_checker(context.rules, &amended, context.block.height + 1) {
        return invalid("a core enterprise or bank has two accounts at least".to_owned());
    }
    check_legal_ids(context, &amended)?;
    match has_role(&amended, Role::Operator) {
        true => Ok(()),
        false => check_an_operator_stays(context, &before.id),
    }
}

fn amended(before: Organization, amendment: &Amendment) -> Organization {
    Organization {
        legal_name: amendment.legal_name.clone(),
        lei: amendment.lei.clone(),
        national_id: amendment.national_id.clone(),
        roles: amendment.roles.clone(),
        ..before
    }
}

/// Checks that somebody operates the network without an organization.
fn check_an_operator_stays(context: &Context<'_>, without: &str) -> Result<(), Failure> {
    let operators = roster(&context.store)?.operators;
    if operators.iter().any(|operator| operator != without) {
        return Ok(());
    }
    let message = "nobody would be left to operate the network";
    Err(reject(RejectionCode::LastOperator, message))
}

fn check_suspension(context: &Context<'_>, suspension: &Suspension) -> Result<(), Failure> {
    let suspended = find_in(
        context,
        &suspension.organization,
        OrganizationStatus::Active,
    )?;
    check_reason(RejectionCode::InvalidReason, &suspension.reason)?;
    check_an_operator_stays(context, &suspended.id)
}

fn find(context: &Context<'_>, id: &str) -> Result<Organization, Failure> {
    organization(&context.store, id)?.ok_or_else(|| {
        let message = format!("{id:?} is not an organization on this ledger");
        reject(RejectionCode::UnknownOrganization, message)
    })
}

fn find_in(
    context: &Context<'_>,
    id: &str,
    status: OrganizationStatus,
) -> Result<Organization, Failure> {
    let found = find(context, id)?;
    match found.status() == status {
        true => Ok(found),
        false => Err(wrong_status(&found, status)),
    }
}

fn wrong_status(found: &Organization, status: OrganizationStatus) -> Failure {
    let name = |status: OrganizationStatus| {
        let name = status.as_str_name();
        name.strip_prefix("ORGANIZATION_STATUS_").unwrap_or(name)
    };
    let (is, id) = (name(found.status()), &found.id);
    let message = format!("{id} is {is}, not {}", name(status));
    reject(RejectionCode::WrongStatus, message)
}

fn check_validators(context: &Context<'_>, set: &ValidatorSet) -> Result<(), Failure> {
    for validator in &set.validators {
        let id = &validator.organization;
        if !organization(&context.store, id)?.is_some_and(|found| is_active(&found)) {
            let message = format!("validators: {id:?} is not an active organization");
            return Err(reject(RejectionCode::InvalidSettings, message));
        }
    }
    match validator_set_problem(set, |_| true) {
        Some(problem) => {
            let message = format!("validators: {problem}");
            Err(reject(RejectionCode::InvalidSettings, message))
        }
        None => Ok(()),
    }
}

fn check_params(params: &ConsensusParams) -> Result<(), Failure> {
    match params_problem(params) {
        Some((field, problem)) => {
            let message = format!("params.{field} {problem}");
            Err(reject(RejectionCode::InvalidSettings, message))
        }
        None => Ok(()),
    }
}

/// Carries out a decision. Invariant: it was checked in this transaction.
pub(super) fn carry_out(context: &mut Context<'_>, outcome: Outcome) -> Result<(), StateError> {
    match outcome {
        Outcome::Admit(mut admitted) => {
            for account in &mut admitted.accounts {
                account.from_height = context.block.height + 1;
            }
            admit(&mut context.store, context.rules, &admitted)
        }
        Outcome::Suspend(suspension) => set_status(
            context,
            &suspension.organization,
            OrganizationStatus::Suspended,
        ),
        Outcome::Reinstate(id) => set_status(context, &id, OrganizationStatus::Active),
        Outcome::Amend(amendment) => {
            let before = known(context, &amendment.organization)?;
            let amended = amended(before, &amendment);
            put_legal_ids(&mut context.store, context.rules, &amended);
            put_organization(&mut context.store, &amended);
            keep_roster(context, &amended)
        }
        Outcome::Validators(validators) => change_settings(&mut context.store, |settings| {
            settings.validators = Some(validators);
        }),
        Outcome::Params(params) => change_settings(&mut context.store, |settings| {
            settings.params = Some(params);
        }),
        Outcome::Upgrade(upgrade) => activations::upgrade(context, upgrade),
        Outcome::RotateLedgerKey(rotation) => activations::rotate(context, rotation),
    }
}

/// An organization that was found in this transaction.
fn known(context: &Context<'_>, id: &str) -> Result<Organization, StateError> {
    organization(&context.store, id)?
        .ok_or_else(|| StateError::corrupt("membership/organization", "it is missing"))
}

fn set_status(
    context: &mut Context<'_>,
    id: &str,
    status: OrganizationStatus,
) -> Result<(), StateError> {
    let changed = Organization {
        status: status.into(),
        ..known(context, id)?
    };
    put_organization(&mut context.store, &changed);
    keep_roster(context, &changed)
}

/// Keeps the lists of those who decide for all as an organization now stands.
fn keep_roster(context: &mut Context<'_>, changed: &Organization) -> Result<(), StateError> {
    let mut roster = roster(&context.store)?;
    roster.operators.retain(|operator| *operator != changed.id);
    roster
        .regulators
        .retain(|regulator| *regulator != changed.id);
    if is_active(changed) {
        enter(&mut roster, changed);
    }
    put_roster(&mut context.store, &roster);
    Ok(())
}
