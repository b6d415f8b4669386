//! An organization's own administration: its accounts, its approval rule, and its leaving
//! (specification 1.1, 1.3, 1.4).

use std::collections::BTreeSet;

use counterfoil_proto::membership::v1::event::Event as Kind;
use counterfoil_proto::membership::v1::{
    AccountOwner, AccountsChanged, ActionClass, ApprovalRequirement, ApprovalRuleSet,
    ChangeAccounts, Enrolment, Organization, OrganizationLeft, OrganizationStatus, RejectionCode,
    Revocation, Role, SetApprovalRule,
};
use counterfoil_types::approvals::{acting, rule_can_be_met};
use counterfoil_types::genesis::permissions_are_good;
use counterfoil_types::keys::{PublicKey, Signature};
use counterfoil_types::limits::{
    MAX_ACCOUNT_CHANGES, MAX_ACCOUNTS, MAX_APPROVAL_REQUIREMENTS, MAX_APPROVALS, MAX_HEIGHTS_AHEAD,
    MAX_MINOR,
};
use counterfoil_types::transaction::enrolment_bytes;

use super::events::emit;
use super::keys::{ACCOUNTS, put_organization, put_roster, roster};
use crate::kernel::{Context, Failure, Rules, reject};

pub(super) fn change(context: &mut Context<'_>, change: ChangeAccounts) -> Result<(), Failure> {
    let enrolled: Vec<Vec<u8>> = change.enrol.iter().map(key).collect();
    let revoked: Vec<Vec<u8>> = change.revoke.iter().map(|r| r.public_key.clone()).collect();
    let named: BTreeSet<&Vec<u8>> = enrolled.iter().chain(&revoked).collect();
    let changes = enrolled.len() + revoked.len();
    if !(1..=MAX_ACCOUNT_CHANGES).contains(&changes) || named.len() < changes {
        let message = format!("name 1 to {MAX_ACCOUNT_CHANGES} keys, each once");
        return Err(reject(RejectionCode::InvalidChanges, message));
    }
    let mut changed = context.caller.clone();
    for enrolment in &change.enrol {
        enrol(context, &mut changed, enrolment)?;
    }
    for revocation in &change.revoke {
        revoke(context, &mut changed, revocation)?;
    }
    if changed.accounts.len() > MAX_ACCOUNTS {
        let message = format!("an organization has at most {MAX_ACCOUNTS} accounts in its life");
        return Err(reject(RejectionCode::InvalidAccounts, message));
    }
    changed
        .accounts
        .sort_by(|a, b| a.public_key.cmp(&b.public_key));
    check_not_locked_out(context, &changed)?;

    let owner = AccountOwner {
        organization: changed.id.clone(),
    };
    for key in &enrolled {
        ACCOUNTS.put(&mut context.store, &[key], &owner);
    }
    put_organization(&mut context.store, &changed);
    let event = AccountsChanged {
        organization: changed.id.clone(),
        enrolled,
        revoked,
    };
    emit(context, [changed.id.as_str()], Kind::AccountsChanged(event));
    Ok(())
}

fn key(enrolment: &Enrolment) -> Vec<u8> {
    let account = enrolment.account.as_ref();
    account
        .map(|account| account.public_key.clone())
        .unwrap_or_default()
}

fn enrol(
    context: &Context<'_>,
    organization: &mut Organization,
    enrolment: &Enrolment,
) -> Result<(), Failure> {
    let mut account = enrolment.account.clone().unwrap_or_default();
    let is_at_hand = || {
        let key = PublicKey::enrol(&account.public_key).ok()?;
        let signature = Signature::try_from(enrolment.signature.as_slice()).ok()?;
        let signed = enrolment_bytes(&context.rules.genesis.chain_id, &organization.id);
        Some(key.verify(&signed, &signature))
    };
    if is_at_hand() != Some(true) {
        let message =
            "an account's key is not canonical, or its signature does not show that it is at hand";
        return Err(reject(RejectionCode::InvalidKey, message));
    }
    if ACCOUNTS
        .get(&context.store, &[&account.public_key])?
        .is_some()
    {
        let message = "a key is, or was, an account already: make a new one";
        return Err(reject(RejectionCode::KeyTaken, message));
    }
    if !permissions_are_good(&account.permissions) {
        let message = "permissions are at least one of VIEW, MAKE, APPROVE and ADMIN, in this order, each once";
        return Err(reject(RejectionCode::InvalidPermissions, message));
    }
    if account.until_height != 0 {
        return Err(invalid_height(context));
    }
    account.from_height = height_ahead(context, account.from_height)?;
    organization.accounts.push(account);
    Ok(())
}

fn revoke(
    context: &Context<'_>,
    organization: &mut Organization,
    revocation: &Revocation,
) -> Result<(), Failure> {
    let until = height_ahead(context, revocation.until_height)?;
    let mut accounts = organization.accounts.iter_mut();
    let ends_later = |end: u64| end == 0 || end > until;
    match accounts.find(|account| account.public_key == revocation.public_key) {
        Some(account) if ends_later(account.until_height) => {
            account.until_height = until;
            Ok(())
        }
        _ => {
            let message =
                "a key to revoke is no account of the organization, or ends earlier already";
            Err(reject(RejectionCode::InvalidAccounts, message))
        }
    }
}

/// A height that is ahead; 0 stands for the next one.
fn height_ahead(context: &Context<'_>, height: u64) -> Result<u64, Failure> {
    let now = context.block.height;
    match height {
        0 => Ok(now + 1),
        _ if height > now && height - now <= MAX_HEIGHTS_AHEAD => Ok(height),
        _ => Err(invalid_height(context)),
    }
}

fn invalid_height(context: &Context<'_>) -> Failure {
    let now = context.block.height;
    let message = format!(
        "accounts begin and end {} to {} (this is height {now}), and begin without an end",
        now + 1,
        now.saturating_add(MAX_HEIGHTS_AHEAD)
    );
    reject(RejectionCode::InvalidHeight, message)
}

/// Checks that whatever begins or ends later, there is never a height at which the organization cannot act.
fn check_not_locked_out(context: &Context<'_>, changed: &Organization) -> Result<(), Failure> {
    let now = context.block.height + 1;
    let turns = changed.accounts.iter();
    let turns = turns.flat_map(|account| [account.from_height, account.until_height]);
    let heights: BTreeSet<u64> = turns.filter(|height| *height > now).chain([now]).collect();
    let met = |height: &u64| {
        rule_can_be_met(changed, *height) && has_a_checker(context.rules, changed, *height)
    };
    match heights.iter().find(|height| !met(height)) {
        None => Ok(()),
        Some(height) => {
            let message = format!(
                "from height {height} on the accounts could not make and approve what the approval rule asks"
            );
            Err(reject(RejectionCode::LockedOut, message))
        }
    }
}

/// Whether a core enterprise or bank has the two accounts that it needs, at a height.
pub(super) fn has_a_checker(rules: Rules<'_>, organization: &Organization, height: u64) -> bool {
    let binds = [Role::CoreEnterprise, Role::Bank];
    let must = organization.roles().any(|role| binds.contains(&role));
    rules.genesis.development || !must || acting(organization, height) > 1
}

pub(super) fn set_rule(context: &mut Context<'_>, rule: SetApprovalRule) -> Result<(), Failure> {
    if let Some(problem) = rule_problem(context.rules, &rule.requirements) {
        return Err(reject(RejectionCode::InvalidRule, problem));
    }
    let changed = Organization {
        approval_rule: rule.requirements,
        ..context.caller.clone()
    };
    check_not_locked_out(context, &changed)?;

    put_organization(&mut context.store, &changed);
    let event = ApprovalRuleSet {
        organization: changed.id.clone(),
    };
    emit(context, [changed.id.as_str()], Kind::ApprovalRuleSet(event));
    Ok(())
}

/// What is wrong with an approval rule, in words.
pub(super) fn rule_problem(
    rules: Rules<'_>,
    requirements: &[ApprovalRequirement],
) -> Option<&'static str> {
    let place = |r: &ApprovalRequirement| {
        let above = r.above.clone().unwrap_or_default();
        (
            r.action_class,
            above.currency,
            r.above.is_some(),
            above.minor,
        )
    };
    if requirements.len() > MAX_APPROVAL_REQUIREMENTS
        || !requirements.is_sorted_by(|a, b| place(a) < place(b))
    {
        return Some(
            "a rule has at most 64 requirements, sorted by class, currency and amount, each once",
        );
    }
    for requirement in requirements {
        let class = ActionClass::try_from(requirement.action_class);
        if class.is_err() || class == Ok(ActionClass::Unspecified) {
            return Some("a requirement names no class of actions that this version knows");
        }
        if requirement.approvals > MAX_APPROVALS {
            return Some("a requirement asks for at most 7 approvals");
        }
        if let Some(above) = &requirement.above
            && (rules.genesis.currency(&above.currency).is_none() || above.minor > MAX_MINOR)
        {
            return Some(
                "a requirement's amount is in a currency of the genesis, and at most 10^18",
            );
        }
    }
    None
}

pub(super) fn leave(context: &mut Context<'_>) -> Result<(), Failure> {
    let caller = &context.caller;
    if caller.status() == OrganizationStatus::Left {
        let message = format!("{} has left already", caller.id);
        return Err(reject(RejectionCode::HasLeft, message));
    }
    let mut roster = roster(&context.store)?;
    roster.operators.retain(|operator| *operator != caller.id);
    roster.regulators.retain(|other| *other != caller.id);
    if roster.operators.is_empty() {
        let message = "nobody would be left to operate the network";
        return Err(reject(RejectionCode::LastOperator, message));
    }

    let left = Organization {
        status: OrganizationStatus::Left.into(),
        ..caller.clone()
    };
    put_organization(&mut context.store, &left);
    put_roster(&mut context.store, &roster);
    let event = OrganizationLeft {
        organization: left.id.clone(),
    };
    let concerned: Vec<&str> = roster.operators.iter().map(String::as_str).collect();
    emit(
        context,
        concerned.into_iter().chain([left.id.as_str()]),
        Kind::Left(event),
    );
    Ok(())
}
